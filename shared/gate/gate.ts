import { cutText } from '../message/cut-text.ts';
import type { Deployment, PipelineExecution, RolloutId, ServiceDeployment } from '../rollout/rollout.ts';
import type { Step } from '../store/change-item.ts';

/** Where a rollout waits for people. */
export type GatePoint = ApprovalPoint | ReadyPoint | PausePoint | RunPoint;

/** An approval action of a pipeline. */
export type ApprovalPoint = {
  readonly kind: 'pipeline-approval';
  readonly rollout: PipelineExecution;
  readonly stage: string;
  readonly action: string;
  /** A retry of the stage asks anew, under another id. */
  readonly actionExecutionId: string;
};

/** A blue/green deployment whose replacement is ready, and that waits to be told to move the traffic there. */
export type ReadyPoint = { readonly kind: 'deployment-ready'; readonly rollout: Deployment };

/** A pause hook at which a deployment of an ECS service waits; each step of a traffic shift asks anew, under another id. */
export type PausePoint = {
  readonly kind: 'ecs-pause';
  readonly rollout: ServiceDeployment;
  readonly hookId: string;
  readonly lifecycleStage: string;
};

/** A run of validation that asks people: at a check of its own, or because its checks could not say. */
export type RunPoint = {
  readonly kind: 'validation';
  readonly rollout: RolloutId;
  readonly run: string;
  readonly suite: string;
  /** Empty: about the whole. */
  readonly check: string;
};

export type Verdict = 'approve' | 'reject';

/** What people are shown of what they decide, as it was looked up when they were asked. */
export type Shown = {
  readonly revisions: readonly Revision[];
  /** What the same stage last let through: the changes since are what is decided about. */
  readonly running?: Revision;
};

export type Revision = {
  readonly source: string;
  readonly id: string;
  /** The first line of the commit's message, or what else there is. */
  readonly summary?: string;
  /** An https address. */
  readonly url?: string;
};

/** One click: what somebody said, and what came of it. */
export type Click = {
  /** The platform's own name for the click: the same key again is a replay. */
  readonly key: string;
  readonly user: string;
  readonly name?: string;
  readonly verdict: Verdict;
  readonly note?: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly requestId: string;
  readonly outcome: 'counted' | Refusal;
};

/** Why a click counts for nothing. */
export type Refusal =
  | 'not-an-approver'
  | 'group-unread'
  | 'person-unread'
  | 'other-workspace'
  | 'bot'
  | 'guest'
  | 'started-it'
  | 'wrote-it'
  | 'author-unknown'
  | 'two-steps'
  | 'other-app'
  | 'other-message'
  | 'no-policy'
  | 'over';

/** That a rule of the gate's policy approves in the place of people, and by which facts. */
export type RuleApproval = {
  /** The name of the rule, as `gatehouse.yml` has it. */
  readonly rule: string;
  /** What held, in words. */
  readonly because: string;
  /** Epoch milliseconds. */
  readonly at: number;
};

/** What was decided, before anything is done about it: a crash repeats this, never something else. */
export type Decision = {
  readonly verdict: Verdict;
  /** `policy`: no vote was needed. */
  readonly why: 'votes' | 'policy' | 'superseded' | 'expired';
  /** Ids of Slack users, those whose votes made it. */
  readonly by: readonly string[];
  /** Which of the policy's rules approved in the place of people; absent: none. */
  readonly byRule?: readonly RuleApproval[];
  /** Their names as Slack tells them, in the same order. */
  readonly names: readonly string[];
  readonly note?: string;
  /** The execution that has come in its place. */
  readonly newer?: string;
  /** Epoch milliseconds. */
  readonly at: number;
};

/** How the platform says that it ended; `unasked`: it goes on by itself, and nobody was ever to be asked. */
export type Ending = {
  readonly as: 'approved' | 'rejected' | 'expired' | 'stopped' | 'gone' | 'unasked';
  /** In the platform's words, who and why. */
  readonly by?: string;
  readonly summary?: string;
  /** Epoch milliseconds. */
  readonly at: number;
};

export type GateState =
  | { readonly kind: 'open' }
  | { readonly kind: 'decided'; readonly decision: Decision }
  /** Done as it was decided here. */
  | { readonly kind: 'applied'; readonly decision: Decision; readonly at: number }
  /** Ended elsewhere: in the console, by time, with the execution. */
  | { readonly kind: 'ended'; readonly ending: Ending };

/** One point at which a rollout waits, who was asked, and everything that came of it. */
export type Gate = {
  readonly point: GatePoint;
  /** Ids of the channels that were asked. */
  readonly channels: readonly string[];
  /** Epoch milliseconds: since when it waits. */
  readonly openedAt: number;
  /** Epoch milliseconds: when the platform gives up waiting. */
  readonly expiresAt?: number;
  /** What the platform wants to see with a decision. It never leaves the store but to the platform. */
  readonly token?: string;
  /** What the action's author wants approvers to know. */
  readonly request?: { readonly text?: string; readonly url?: string };
  /** Absent until it was looked up. */
  readonly shown?: Shown;
  readonly state: GateState;
  readonly clicks: readonly Click[];
  /** Which of the policy's rules approved when it was last looked at; absent: none. */
  readonly byRule?: readonly RuleApproval[];
  /** How many of the policy's reminders have been sent. */
  readonly reminded: number;
  /** Where Slack shows the gate's and the rollout's messages. */
  readonly links?: { readonly gate?: string; readonly rollout?: string };
  /** Whether it has raised the alarm for being open too long. */
  readonly overdue?: true;
  /** Epoch milliseconds from when the sweep has it looked at. */
  readonly dueAt?: number;
};

/** Clicks that count for nothing are kept up to here, then only logged: a crowd cannot fill the item. */
const MOST_CLICKS = 200;

/** What opens a gate, by whichever way it was heard of. */
export type Opening = Pick<Gate, 'point' | 'openedAt' | 'channels'> &
  Partial<Pick<Gate, 'token' | 'expiresAt' | 'request'>>;

/**
 * Opens a gate, or adds what the second to tell of it knows; one that is over stays as it is, and without its token. True:
 * it has not been looked at yet.
 */
export const opened =
  (opening: Opening, now: number) =>
  (gate: Gate | undefined): Step<Gate, boolean> => {
    if (gate === undefined) {
      return { body: { ...opening, state: { kind: 'open' }, clicks: [], reminded: 0, dueAt: now }, outcome: true };
    }
    if (isOver(gate)) {
      return { outcome: false };
    }
    const { token, expiresAt, request } = opening;
    const isUnseen = gate.state.kind === 'open' && gate.shown === undefined;
    const knows =
      (token === undefined || gate.token === token) &&
      (expiresAt === undefined || gate.expiresAt === expiresAt) &&
      (request === undefined || gate.request !== undefined);
    return knows
      ? { outcome: isUnseen }
      : {
          body: {
            ...opening,
            ...gate,
            ...(token !== undefined && { token }),
            ...(expiresAt !== undefined && { expiresAt }),
          },
          outcome: isUnseen,
        };
  };

/** What votes come to so far. */
export type Tally = {
  /** Undefined: not decided yet. */
  readonly verdict: Verdict | undefined;
  /** The votes that make the decision. */
  readonly by: readonly Click[];
  /** What approves in the place of people, as far as it makes the decision; absent: nothing. */
  readonly byRule?: readonly RuleApproval[];
  /** Of each rule, how many of its seats are filled. */
  readonly filled: readonly number[];
};

/** What a click came to. */
export type Voted =
  { readonly kind: 'counted' | 'repeated'; readonly gate: Gate } | { readonly kind: 'refused'; readonly why: Refusal };

/**
 * Records a click, and the decision when it makes one. `refusal`: why it counts for nothing, as far as that is about the
 * person; `count`: what the votes come to. Asked again about its own write it says the same.
 */
export const voted =
  (click: Omit<Click, 'outcome'>, refusal: Refusal | undefined, count: (clicks: readonly Click[]) => Tally) =>
  (gate: Gate | undefined): Step<Gate, Voted> => {
    if (gate === undefined) {
      return { outcome: { kind: 'refused', why: 'over' } };
    }
    const known = gate.clicks.find(({ key, user }) => key === click.key && user === click.user);
    if (known !== undefined) {
      return {
        outcome: known.outcome === 'counted' ? { kind: 'repeated', gate } : { kind: 'refused', why: known.outcome },
      };
    }
    const why = gate.state.kind === 'open' ? refusal : 'over';
    if (why !== undefined) {
      const isFull = gate.clicks.length >= MOST_CLICKS;
      return {
        ...(!isFull && { body: { ...gate, clicks: [...gate.clicks, { ...click, outcome: why }] } }),
        outcome: { kind: 'refused', why },
      };
    }
    const clicks: readonly Click[] = [...gate.clicks, { ...click, outcome: 'counted' }];
    const tally = count(clicks);
    const next: Gate = {
      ...gate,
      clicks,
      ...(tally.verdict !== undefined && {
        state: { kind: 'decided', decision: decisionOf(tally.verdict, tally, click) },
        dueAt: click.at,
      }),
    };
    return { body: next, outcome: { kind: 'counted', gate: next } };
  };

const decisionOf = (
  verdict: Verdict,
  { by, byRule }: Pick<Tally, 'by' | 'byRule'>,
  { note, at }: Pick<Click, 'note' | 'at'>,
): Decision => {
  // What needs nobody's vote is nobody's decision, and nobody's words stand for it.
  const isByPeople = by.length > 0;
  return {
    verdict,
    why: isByPeople ? 'votes' : 'policy',
    by: by.map(({ user }) => user),
    ...(byRule !== undefined && { byRule }),
    names: by.map(({ name, user }) => name ?? user),
    ...(isByPeople && note !== undefined && { note }),
    at,
  };
};

/**
 * Decides by what is there, if it is enough by now: the votes, of which a group may not have been readable when they came,
 * and what approves by rule. `shown`: what was looked up of what is approved, should it not be on record yet.
 */
export const counted =
  (
    count: (clicks: readonly Click[]) => Tally,
    now: number,
    shown: Partial<Pick<Gate, 'shown' | 'expiresAt' | 'request'>> = {},
  ) =>
  (gate: Gate | undefined): Step<Gate, Gate | undefined> => {
    if (gate?.state.kind !== 'open') {
      return { outcome: gate };
    }
    const tally = count(gate.clicks);
    if (tally.verdict === undefined) {
      return { outcome: gate };
    }
    const body: Gate = {
      ...shown,
      ...gate,
      state: { kind: 'decided', decision: decisionOf(tally.verdict, tally, { ...tally.by.at(-1), at: now }) },
      dueAt: now,
    };
    return { body, outcome: body };
  };

/** The newest vote of each person that counts, in the order of their clicks. */
export const votesOf = (clicks: readonly Click[]): readonly Click[] => {
  const newest = new Map<string, Click>();
  for (const click of clicks) {
    if (click.outcome === 'counted') {
      newest.delete(click.user);
      newest.set(click.user, click);
    }
  }
  return [...newest.values()];
};

/** Decides by a newer execution that has come in the place of this one. */
export const superseded = (newer: string, now: number) =>
  rejectedByNobody({ verdict: 'reject', why: 'superseded', by: [], names: [], newer, at: now });

/** Decides by the time that is over. */
export const lapsed = (now: number) =>
  rejectedByNobody({ verdict: 'reject', why: 'expired', by: [], names: [], at: now });

const rejectedByNobody =
  (decision: Decision) =>
  (gate: Gate | undefined): Step<Gate, Gate | undefined> => {
    if (gate?.state.kind !== 'open') {
      return { outcome: gate };
    }
    const body: Gate = { ...gate, state: { kind: 'decided', decision }, dueAt: decision.at };
    return { body, outcome: body };
  };

/** Takes a decision back that its approvers may no longer make: it is to be asked anew. */
export const reopened = (gate: Gate | undefined): Step<Gate, Gate | undefined> => {
  if (gate?.state.kind !== 'decided') {
    return { outcome: gate };
  }
  const body: Gate = { ...gate, state: { kind: 'open' } };
  return { body, outcome: body };
};

/** Records that the platform has taken the decision. */
export const applied =
  (now: number) =>
  (gate: Gate | undefined): Step<Gate, Gate | undefined> => {
    if (gate?.state.kind !== 'decided') {
      return { outcome: gate };
    }
    const { dueAt, token, ...rest } = gate;
    const body: Gate = { ...rest, state: { kind: 'applied', decision: gate.state.decision, at: now } };
    return { body, outcome: body };
  };

/** Records how the platform says that it ended. What was decided here and is what the platform says was done by us. */
export const ended =
  (ending: Ending) =>
  (gate: Gate | undefined): Step<Gate, Gate | undefined> => {
    if (gate === undefined || isOver(gate)) {
      return { outcome: gate };
    }
    const { dueAt, token, ...rest } = gate;
    const state: GateState =
      gate.state.kind === 'decided' && isOurs(gate.point, gate.state.decision, ending)
        ? { kind: 'applied', decision: gate.state.decision, at: ending.at }
        : { kind: 'ended', ending };
    const body: Gate = { ...rest, state };
    return { body, outcome: body };
  };

/**
 * Where the platform keeps a summary, ours begins with what only this decision has. Where it keeps none, what was decided
 * here and came about is taken for ours.
 */
const isOurs = ({ kind }: GatePoint, decision: Decision, { as, summary }: Ending): boolean => {
  if (as !== (decision.verdict === 'approve' ? 'approved' : 'rejected')) {
    return false;
  }
  switch (kind) {
    case 'pipeline-approval':
      return summary?.startsWith(signatureOf(decision)) === true;
    case 'deployment-ready':
    case 'ecs-pause':
    case 'validation':
      return true;
  }
};

export const isOver = ({ state }: Gate): boolean => state.kind === 'applied' || state.kind === 'ended';

/** Whether anybody was ever asked: not where it turns out that a rollout goes on by itself. */
export const isAsked = ({ state }: Gate): boolean => state.kind !== 'ended' || state.ending.as !== 'unasked';

/** Whether the platform wants to see a token with a decision. */
export const needsToken = ({ kind }: GatePoint): boolean => {
  switch (kind) {
    case 'pipeline-approval':
      return true;
    case 'deployment-ready':
    case 'ecs-pause':
    case 'validation':
      return false;
  }
};

/** What a look at the gate has found out, and when it need not be looked at before. What it waits for stays as first told. */
export const looked =
  (
    described: Partial<Pick<Gate, 'shown' | 'expiresAt' | 'request'>>,
    news: Partial<Pick<Gate, 'links' | 'reminded' | 'overdue'>>,
    dueAt: number,
    approvals: readonly RuleApproval[] = [],
  ) =>
  (gate: Gate | undefined): Step<Gate, Gate | undefined> => {
    if (gate === undefined || isOver(gate)) {
      return { outcome: gate };
    }
    const { byRule, ...rest } = gate;
    const body: Gate = { ...described, ...rest, ...news, ...(approvals.length > 0 && { byRule: approvals }), dueAt };
    return { body, outcome: body };
  };

/** AWS takes 512 characters: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ApprovalResult.html */
const MOST_SUMMARY = 512;
/** The rest is for the reason, however many have decided. */
const MOST_SIGNATURE = 400;

/** What the platform is told with a decision: who and why. */
export const summaryOf = (decision: Decision): string => {
  const why = reasonOf(decision);
  return cutText(`${signatureOf(decision)}${why === undefined ? '' : `: ${why}`}`, MOST_SUMMARY);
};

/** Why it was decided so: what people wrote, otherwise the facts by which a rule approved. */
export const reasonOf = ({ note, why, byRule = [] }: Decision): string | undefined =>
  why === 'policy' ? byRule.map(({ because }) => because).join('; ') : note;

const signatureOf = (decision: Decision): string => {
  switch (decision.why) {
    case 'superseded':
      return `Rejected by Gatehouse: superseded by execution ${decision.newer ?? 'unknown'}`;
    case 'expired':
      return 'Rejected by Gatehouse: nobody decided in time';
    case 'policy':
      return cutText(`Approved by ${rulesIn(decision)} of Gatehouse`, MOST_SIGNATURE);
    case 'votes':
      return signatureOfVotes(decision);
  }
};

const signatureOfVotes = (decision: Decision): string => {
  const { verdict, by, names } = decision;
  const people = by.map((user, index) => (names[index] === user ? user : `${names[index] ?? user} (${user})`));
  const rules = rulesIn(decision);
  return cutText(
    `${verdict === 'approve' ? 'Approved' : 'Rejected'} by ${people.join(', ')} via Slack${rules === '' ? '' : `, and by ${rules}`}`,
    MOST_SIGNATURE,
  );
};

/** What approved in the place of people, by name; empty where nothing did: `the policy “small hours”`. */
export const rulesIn = ({ byRule = [] }: Pick<Decision, 'byRule'>): string =>
  byRule.length === 0
    ? ''
    : `the ${byRule.length === 1 ? 'policy' : 'policies'} ${byRule.map(({ rule }) => `“${rule}”`).join(', ')}`;
