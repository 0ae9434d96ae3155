import type { ActionsBlock, Button, ContextBlock, HeaderBlock, RichTextElement } from '@slack/types';
import type { Confirm, GatePolicy } from '../config/config.ts';
import type { Labels } from '../config/labels.ts';
import { APPROVE, APPROVE_IN_MODAL, REJECT_IN_MODAL } from '../gate/buttons.ts';
import { reasonOf, rulesIn, votesOf } from '../gate/gate.ts';
import type { Click, Decision, Ending, Gate, GatePoint, Revision } from '../gate/gate.ts';
import { deadlineOf } from '../gate/gate-time.ts';
import { tallyOf } from '../gate/tally.ts';
import type { Members } from '../gate/tally.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { cleanText } from './clean-text.ts';
import { consoleLink, consoleName } from './console-link.ts';
import { cutText } from './cut-text.ts';
import { labelled } from './describe-rollout.ts';
import { describeStart } from './describe-trigger.ts';
import { escapeMrkdwn } from './escape-mrkdwn.ts';
import { momentOf } from './moment.ts';
import { effectOf, pointName, pointTitle } from './point-name.ts';
import { bold, code, date, linkTo, MOST_LINK, mrkdwn, person, quote, richText, section, text } from './rich-text.ts';
import type { RichTextPart } from './rich-text.ts';
import { rolloutName, shortName } from './rollout-name.ts';
import type { SlackMessage } from './slack-message.ts';

const MOST_REVISIONS = 5;

/** Draws a gate: what would be approved, by whom, and once it is over how it ended. Undefined policy: nobody may decide. */
export const gateMessage = (
  id: string,
  gate: Gate,
  rollout: Rollout | undefined,
  labels: Labels,
  policy: GatePolicy | undefined,
): SlackMessage => ({
  text: escapeMrkdwn(describeGate(gate, labels), 600),
  blocks: [
    header(gate, labels),
    ...richText([...where(gate, policy), ...revisions(gate), ...lines(describeStart(rollout?.facts ?? {}))]),
    ...richText([...request(gate), ...effect(gate, policy)]),
    ...richText([...votes(gate, policy), ...outcome(gate)]),
    ...buttons(id, gate, labels, policy),
    context(gate, labels),
  ],
});

/** One sentence without a full stop: `shop-prod (production) waits for approval at Approve / ProdGate: 3f2a1bc Fix login`. */
export const describeGate = (gate: Gate, { environment }: Labels): string => {
  const { point, shown } = gate;
  const [revision] = shown?.revisions ?? [];
  return [
    rolloutName(point.rollout, 50),
    ...(environment === undefined ? [] : [`(${shortName(environment)})`]),
    `${wordsOf(gate).predicate} at ${pointName(point)}`,
  ]
    .join(' ')
    .concat(revision === undefined ? '' : `: ${revisionName(revision)}`);
};

type Words = { readonly emoji: string; readonly label: string; readonly predicate: string };

const wordsOf = ({ state }: Gate): Words => {
  switch (state.kind) {
    case 'open':
      return { emoji: '✋', label: 'approval needed', predicate: 'waits for approval' };
    case 'decided':
    case 'applied':
      return decisionWords(state.decision);
    case 'ended':
      return ENDING_WORDS[state.ending.as];
  }
};

const decisionWords = ({ why, verdict }: Decision): Words => {
  switch (why) {
    case 'votes':
      return DECISION_WORDS[verdict];
    case 'policy':
      return { emoji: '✅', label: 'approved by policy', predicate: 'was approved by policy' };
    case 'superseded':
    case 'expired':
      return DECISION_WORDS[why];
  }
};

const DECISION_WORDS: Readonly<Record<Decision['verdict'] | 'superseded' | 'expired', Words>> = {
  approve: { emoji: '✅', label: 'approved', predicate: 'was approved' },
  reject: { emoji: '⛔', label: 'rejected', predicate: 'was rejected' },
  superseded: { emoji: '⏭️', label: 'superseded', predicate: 'was superseded' },
  expired: { emoji: '⌛', label: 'approval expired', predicate: 'expired' },
};

const ENDING_WORDS: Readonly<Record<Ending['as'], Words>> = {
  approved: { emoji: '✅', label: 'approved outside Slack', predicate: 'was approved outside Slack' },
  rejected: { emoji: '⛔', label: 'rejected outside Slack', predicate: 'was rejected outside Slack' },
  expired: { emoji: '⌛', label: 'approval expired', predicate: 'expired' },
  stopped: { emoji: '🛑', label: 'stopped', predicate: 'was stopped' },
  gone: { emoji: '❔', label: 'no longer waiting', predicate: 'is not waiting any more' },
  unasked: { emoji: '⏩', label: 'goes on by itself', predicate: 'goes on by itself' },
};

const header = (gate: Gate, { environment }: Labels): HeaderBlock => {
  const { emoji, label } = wordsOf(gate);
  const place = environment === undefined ? '' : ` · ${cutText(shortName(environment), 30)}`;
  const name = rolloutName(gate.point.rollout, 70);
  return { type: 'header', text: { type: 'plain_text', text: `${emoji} ${name} ${label}${place}`, emoji: false } };
};

const where = (gate: Gate, policy: GatePolicy | undefined): readonly RichTextPart[] => {
  const since = momentOf(gate.openedAt);
  const ends = Math.min(deadlineOf(gate, policy), gate.expiresAt ?? Infinity);
  const until = gate.state.kind === 'open' ? momentOf(ends) : undefined;
  return [
    section(
      bold(pointTitle(gate.point)),
      ...(since === undefined
        ? []
        : [text(gate.state.kind === 'open' ? ' · waiting since ' : ' · asked '), date(since)]),
      ...(until === undefined ? [] : [text(' · expires '), date(until)]),
    ),
  ];
};

const revisions = ({ shown }: Gate): readonly RichTextPart[] => {
  if (shown === undefined) {
    return [];
  }
  const { revisions: all, running } = shown;
  const [first] = all;
  const compare = first === undefined || running === undefined ? undefined : comparison(running, first);
  return [
    ...all.slice(0, MOST_REVISIONS).map((revision) => section(...revisionParts(revision))),
    ...(all.length > MOST_REVISIONS ? [section(text(`and ${all.length - MOST_REVISIONS} more sources`))] : []),
    ...(running === undefined
      ? []
      : [
          section(
            text(first?.id === running.id ? 'Runs already: ' : 'Runs now: '),
            ...revisionParts(running),
            ...(compare === undefined ? [] : [text(' · '), compare]),
          ),
        ]),
  ];
};

const revisionParts = (revision: Revision): readonly RichTextElement[] => {
  const link = linkTo(revision.url, 'commit');
  const summary = summaryOf(revision);
  return [
    code(shortRevision(revision.id)),
    ...(summary === '' ? [] : [text(` ${summary}`)]),
    ...(link === undefined ? [] : [text(' · '), link]),
  ];
};

const revisionName = (revision: Revision): string => `${shortRevision(revision.id)} ${summaryOf(revision)}`.trim();

const summaryOf = ({ summary = '' }: Revision): string => cutText(cleanText(summary), 120);

const shortRevision = (id: string): string =>
  /^[0-9a-f]{40,64}$/.test(id) ? id.slice(0, 7) : cutText(cleanText(id), 40) || '(unnamed)';

const GITHUB_COMMIT = /^https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\/commit\/([0-9a-f]{40})$/;

/** What has changed between two commits of one repository, where it is known how to ask for that. */
const comparison = (running: Revision, next: Revision): RichTextElement | undefined => {
  const [, ours, from] = GITHUB_COMMIT.exec(running.url ?? '') ?? [];
  const [, theirs, to] = GITHUB_COMMIT.exec(next.url ?? '') ?? [];
  return ours === undefined || ours !== theirs || from === undefined || to === undefined || from === to
    ? undefined
    : linkTo(`https://github.com/${ours}/compare/${from}...${to}`, 'changes');
};

const lines = (all: readonly string[]): readonly RichTextPart[] =>
  all.length === 0 ? [] : [section(text(all.join('\n')))];

const request = ({ request: asked }: Gate): readonly RichTextPart[] => {
  const words = cutText(cleanText(asked?.text ?? ''), 500);
  const link = linkTo(asked?.url, 'to be reviewed');
  return [...(words === '' ? [] : [quote(words)]), ...(link === undefined ? [] : [section(link)])];
};

/** What a decision does, where that goes without saying for nobody. */
const effect = ({ point, state }: Gate, policy: GatePolicy | undefined): readonly RichTextPart[] => {
  const words = state.kind === 'open' && policy !== undefined ? effectOf(point) : undefined;
  return words === undefined ? [] : [section(text(words))];
};

/** Whose votes are there, and whose are still needed. */
const votes = (gate: Gate, policy: GatePolicy | undefined): readonly RichTextPart[] => {
  const cast = votesOf(gate.clicks);
  const said = cast.map((click) =>
    section(person(click.user), text(click.verdict === 'approve' ? ' approves' : ' rejects')),
  );
  if (gate.state.kind !== 'open') {
    return cast.length > 1 ? said : [];
  }
  if (policy === undefined) {
    return [section(text('Nobody may decide here: no gate of gatehouse.yml matches. Decide in the console.'))];
  }
  // Whoever was counted is one of a rule's people: who else is in a group makes no difference to what is shown.
  const { filled } = tallyOf(policy, asCounted(policy, cast), gate.clicks, gate.byRule);
  return [
    ...said,
    ...byRule(gate),
    ...policy.rules.map(({ name, quorum }, index) =>
      section(
        text(
          `${filled[index] ?? 0} of ${quorum} ${quorum === 1 ? 'approval' : 'approvals'} by ${cutText(cleanText(name), 200)}`,
        ),
      ),
    ),
  ];
};

/** What fills rules in the place of people, as of the last look. */
const byRule = (gate: Gate): readonly RichTextPart[] => {
  const rules = cutText(cleanText(rulesIn(gate)), 300);
  const because = (gate.byRule ?? []).map((one) => one.because).join('; ');
  return rules === ''
    ? []
    : [section(text(`Approved by ${rules}, unless somebody rejects: ${cutText(cleanText(because), 300)}`))];
};

const asCounted = ({ rules }: GatePolicy, cast: readonly Click[]): Members => {
  const voters = new Set(cast.map(({ user }) => user));
  return new Map(rules.flatMap(({ groups }) => groups.map((group) => [group, voters] as const)));
};

const outcome = ({ point, state }: Gate): readonly RichTextPart[] => {
  switch (state.kind) {
    case 'open':
      return [];
    case 'decided':
    case 'applied':
      return decisionParts(state.decision, state.kind === 'decided' ? undefined : state.at);
    case 'ended':
      return endingParts(state.ending, point);
  }
};

const decisionParts = (decision: Decision, at: number | undefined): readonly RichTextPart[] => {
  const { verdict, why, by, newer } = decision;
  const moment = at === undefined ? undefined : momentOf(at);
  const when = moment === undefined ? [text(' · telling AWS')] : [text(' · '), date(moment)];
  if (why === 'expired') {
    return [section(text('Rejected, for nobody decided in time'), ...when)];
  }
  if (why === 'superseded') {
    return [section(text(`A newer execution has arrived: ${cutText(cleanText(newer ?? ''), 100)}`), ...when)];
  }
  const people = by.flatMap((user, index) => (index === 0 ? [person(user)] : [text(', '), person(user)]));
  const rules = cutText(cleanText(rulesIn(decision)), 300);
  const reason = cutText(cleanText(reasonOf(decision) ?? ''), 500);
  return [
    section(
      text(verdict === 'approve' ? 'Approved by ' : 'Rejected by '),
      ...people,
      ...(rules === '' ? [] : [text(by.length === 0 ? rules : ` and ${rules}`)]),
      ...when,
    ),
    ...(reason === '' ? [] : [quote(reason)]),
  ];
};

const endingParts = ({ by, summary, at }: Ending, { kind }: GatePoint): readonly RichTextPart[] => {
  const moment = momentOf(at);
  const who = cutText(cleanText(by ?? ''), 200);
  const said = cutText(cleanText(summary ?? ''), 500);
  return [
    section(
      text(kind === 'validation' ? 'Nobody is asked any more' : `Ended outside Slack${who === '' ? '' : ` by ${who}`}`),
      ...(moment === undefined ? [] : [text(' · '), date(moment)]),
    ),
    ...(said === '' ? [] : [quote(said)]),
  ];
};

const buttons = (id: string, gate: Gate, labels: Labels, policy: GatePolicy | undefined): readonly ActionsBlock[] =>
  gate.state.kind !== 'open' || policy === undefined
    ? []
    : [
        {
          type: 'actions',
          elements: [
            {
              ...button('Approve', id),
              ...approveBy(policy.confirm, gate, labels),
              style: 'primary',
              accessibility_label: cutText(`Approve ${rolloutName(gate.point.rollout, 50)}`, 75),
            },
            {
              ...button('Reject…', id),
              action_id: REJECT_IN_MODAL,
              style: 'danger',
              accessibility_label: cutText(`Reject ${rolloutName(gate.point.rollout, 50)}`, 75),
            },
          ],
        },
      ];

const button = (label: string, id: string): Button => ({
  type: 'button',
  text: { type: 'plain_text', text: label, emoji: false },
  value: id,
});

const approveBy = (confirm: Confirm, gate: Gate, labels: Labels): Pick<Button, 'action_id' | 'confirm' | 'text'> => {
  const plain = (content: string) => ({ type: 'plain_text', text: content, emoji: false }) as const;
  switch (confirm) {
    case 'none':
      return { action_id: APPROVE, text: plain('Approve') };
    case 'dialog':
      return {
        action_id: APPROVE,
        text: plain('Approve'),
        confirm: {
          title: plain('Approve?'),
          text: plain(cutText(cleanText(describeGate(gate, labels)), 300)),
          confirm: plain('Approve'),
          deny: plain('Cancel'),
        },
      };
    case 'modal':
      return { action_id: APPROVE_IN_MODAL, text: plain('Approve…') };
  }
};

const context = ({ point, links }: Gate, { account, region }: Labels): ContextBlock => {
  const { rollout } = point;
  const link = consoleLink(rollout);
  const facts = [labelled(rollout.account, account), labelled(rollout.region, region), rollout.executionId];
  return {
    type: 'context',
    elements: [
      { type: 'plain_text', text: cutText(cleanText(facts.join(' · ')), 300), emoji: false },
      ...(link === undefined || link.length > MOST_LINK ? [] : [mrkdwn(`<${link}|Open in ${consoleName(rollout)}>`)]),
      ...(links?.rollout === undefined ? [] : [mrkdwn(`<${links.rollout}|How it came here>`)]),
    ],
  };
};
