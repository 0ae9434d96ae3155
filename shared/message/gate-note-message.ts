import type { Labels } from '../config/labels.ts';
import type { GateNote } from '../delivery/note.ts';
import { reasonOf, rulesIn } from '../gate/gate.ts';
import type { Decision, Gate } from '../gate/gate.ts';
import { formatDuration } from './duration.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { escapeMrkdwn } from './escape-mrkdwn.ts';
import { describeGate } from './gate-message.ts';
import { written } from './note-message.ts';
import { person, quote, richText, section, text } from './rich-text.ts';
import type { RichTextPart } from './rich-text.ts';
import type { SlackMessage } from './slack-message.ts';

/** Draws a line of a gate's thread. Undefined: it tells of a vote that nobody knows. */
export const gateNoteMessage = (gate: Gate, labels: Labels, note: GateNote, now: number): SlackMessage | undefined => {
  switch (note.kind) {
    case 'vote': {
      const click = gate.clicks.find(({ key }) => key === note.click);
      return click && told([click.user], click.verdict === 'approve' ? 'approves' : 'rejects', click.note);
    }
    case 'reminder':
      return told(
        note.mentions,
        `${describeGate(gate, labels)}, for ${formatDuration(now - gate.openedAt)} now`,
        undefined,
      );
    case 'outcome':
      return told([], describeGate(gate, labels), reasonIn(gate));
  }
};

const reasonIn = ({ state }: Gate): string | undefined => {
  switch (state.kind) {
    case 'open':
      return undefined;
    case 'decided':
    case 'applied':
      return saidOf(state.decision);
    case 'ended':
      return state.ending.summary;
  }
};

/** Whose decision it was is said where it was nobody's. */
const saidOf = (decision: Decision): string | undefined =>
  decision.why === 'policy' ? `By ${rulesIn(decision)}: ${reasonOf(decision) ?? ''}` : reasonOf(decision);

const told = (mentions: readonly string[], says: string, reason: string | undefined): SlackMessage => {
  const people = mentions.flatMap((mention) => [person(mention), text(' ')]);
  const why = cutText(cleanText(reason ?? ''), 500);
  const parts: readonly RichTextPart[] = [section(...people, text(says)), ...(why === '' ? [] : [quote(why)])];
  return {
    text: [...mentions.map(written), escapeMrkdwn(why === '' ? says : `${says}: ${why}`, 600)].join(' '),
    blocks: richText(parts),
  };
};
