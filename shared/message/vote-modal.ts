import type { ModalView, PlainTextElement, SectionBlock } from '@slack/types';
import { MOST_NOTE } from '../gate/vote-message.ts';
import { NOTE_FIELD } from '../interaction/read-interaction.ts';
import type { GatePlace } from '../interaction/read-interaction.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';

type Verdict = 'approve' | 'reject';

const WORDS = {
  approve: {
    title: 'Approve',
    warning: '⚠️ Approving cannot be taken back here: what waits goes on as soon as enough people have approved.',
    label: 'Note',
    optional: true,
  },
  reject: {
    title: 'Reject',
    warning: '⚠️ Rejecting cannot be taken back here: what waits does not go on.',
    label: 'Reason',
    optional: false,
  },
} as const;

const MOST_TEXT = 600;

/**
 * The form in which a vote is given: what it is about, in the words of the message that was clicked, and room for a note or,
 * to reject, for a reason.
 */
export const voteModal = (verdict: Verdict, { gate, channel, ts }: GatePlace, message: string): ModalView => {
  const { title, warning, label, optional } = WORDS[verdict];
  const about = cutText(cleanText(withoutEntities(message)), MOST_TEXT);
  return {
    type: 'modal',
    callback_id: `gate.${verdict}`,
    private_metadata: JSON.stringify({ gate, channel, ts }),
    title: plain(title),
    submit: plain(title),
    close: plain('Cancel'),
    blocks: [
      ...(about === '' ? [] : [section(about)]),
      section(warning),
      {
        type: 'input',
        block_id: NOTE_FIELD,
        optional,
        label: plain(label),
        element: {
          type: 'plain_text_input',
          action_id: NOTE_FIELD,
          multiline: true,
          max_length: MOST_NOTE,
          ...(!optional && { min_length: 3 }),
        },
      },
    ],
  };
};

const plain = (text: string): PlainTextElement => ({ type: 'plain_text', text, emoji: false });

const section = (text: string): SectionBlock => ({ type: 'section', text: plain(text) });

/** A message's text is mrkdwn, in which these three stand for themselves; a form shows plain text. */
const withoutEntities = (mrkdwn: string): string =>
  mrkdwn.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
