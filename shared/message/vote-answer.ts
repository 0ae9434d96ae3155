import type { GatePolicy } from '../config/config.ts';
import type { Decision, Gate, Refusal, Verdict } from '../gate/gate.ts';
import { rulesIn } from '../gate/gate.ts';
import { cleanText } from './clean-text.ts';
import { escapeMrkdwn } from './escape-mrkdwn.ts';

/** What came of a click that did not count. */
export type VoteAnswer =
  | { readonly kind: 'unknown-gate' }
  /** AWS has not answered in time. `isCounted`: the vote is on record all the same. */
  | { readonly kind: 'given-up'; readonly isCounted: boolean }
  | {
      readonly kind: 'refused';
      readonly why: Refusal;
      readonly verdict: Verdict;
      readonly gate: Gate;
      readonly policy: GatePolicy | undefined;
    };

/** Tells whoever clicked, and only them, why it did not count and who could decide. In mrkdwn. */
export const answerTo = (answer: VoteAnswer): string => {
  switch (answer.kind) {
    case 'unknown-gate':
      return 'Your click was not counted: Gatehouse does not know this request any more.';
    case 'given-up':
      return answer.isCounted
        ? 'Your click counts, but AWS has not taken the decision for a quarter of an hour. Gatehouse goes on trying; if it cannot wait, decide in the console.'
        : 'Your click had no effect: AWS did not answer for a quarter of an hour. Click again, or decide in the console.';
    case 'refused':
      return `Your click was not counted: ${whyOf(answer)}`;
  }
};

const whyOf = (answer: VoteAnswer & { readonly kind: 'refused' }): string => {
  const { why, policy, gate } = answer;
  const decidedBy = `${approvers(policy)} can decide here.`;
  switch (why) {
    case 'not-an-approver':
      return `you are not one of those who decide here. ${decidedBy}`;
    case 'no-policy':
      return 'gatehouse.yml does not say who decides here. Decide in the console.';
    case 'group-unread':
      return 'Slack does not say who is in the user groups that decide here. Click again in a minute.';
    case 'person-unread':
      return 'Slack does not say who you are. Click again in a minute.';
    case 'other-workspace':
      return `you are not of this workspace. ${decidedBy}`;
    case 'bot':
      return `bots do not decide. ${decidedBy}`;
    case 'guest':
      return `guests do not decide. ${decidedBy}`;
    case 'started-it':
      return `you started it yourself. ${others(policy)}`;
    case 'wrote-it':
      return `you wrote what it ships. ${others(policy)}`;
    case 'author-unknown':
      return 'nobody knows who wrote what it ships, and gatehouse.yml does not allow that (unknownAuthor). Decide in the console, or add the author to people.';
    case 'two-steps':
      return 'here a decision takes a second step. Click the button again and send the form.';
    case 'other-app':
      return 'it was not a click in the app that gatehouse.yml names.';
    case 'other-message':
      return 'it was not a click on the message that asks. Use the buttons of that one.';
    case 'over':
      return overWords(gate);
  }
};

const approvers = (policy: GatePolicy | undefined): string =>
  escapeMrkdwn((policy?.rules ?? []).map(({ name }) => cleanText(name)).join(' and ') || 'Nobody', 500);

const others = (policy: GatePolicy | undefined): string => `Somebody else of ${approvers(policy)} has to approve it.`;

const overWords = ({ state }: Gate): string => {
  switch (state.kind) {
    case 'open':
      return 'it is not waiting any more.';
    case 'decided':
    case 'applied':
      return decisionWords(state.decision);
    case 'ended': {
      const { as, by } = state.ending;
      const who = by === undefined ? '' : ` by ${escapeMrkdwn(by, 200)}`;
      return `${ENDINGS[as]}${who}.`;
    }
  }
};

const decisionWords = (decision: Decision): string => {
  const { why, verdict, by, newer } = decision;
  switch (why) {
    case 'superseded':
      return `a newer execution has come in its place: ${escapeMrkdwn(newer ?? 'unknown', 100)}.`;
    case 'expired':
      return 'nobody decided in time, and it was rejected.';
    case 'policy':
      return `it was approved by ${escapeMrkdwn(rulesIn(decision), 200)} already.`;
    case 'votes':
      return `it was ${verdict === 'approve' ? 'approved' : 'rejected'} by ${by.map((user) => `<@${user}>`).join(', ')} already.`;
  }
};

const ENDINGS: Readonly<Record<(Gate['state'] & { readonly kind: 'ended' })['ending']['as'], string>> = {
  approved: 'it was approved outside Slack already',
  rejected: 'it was rejected outside Slack already',
  expired: 'the time to decide is over',
  stopped: 'it was stopped',
  gone: 'it is not waiting any more',
  unasked: 'it goes on by itself',
};
