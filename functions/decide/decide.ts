import { asError } from '../../shared/as-error.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Config, GatePolicy } from '../../shared/config/config.ts';
import { askFor } from '../../shared/delivery/ask-for.ts';
import { deliveryItem, noteWanted, wanted } from '../../shared/delivery/delivery.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import { approvedByRule, NO_RULES } from '../../shared/gate/approve-by-rule.ts';
import type { ByRule } from '../../shared/gate/approve-by-rule.ts';
import {
  applied,
  counted,
  ended,
  isAsked,
  isOver,
  lapsed,
  looked,
  needsToken,
  reopened,
  rulesIn,
  summaryOf,
  superseded,
  voted,
  votesOf,
} from '../../shared/gate/gate.ts';
import type { Click, Gate, GatePoint, Refusal, Voted } from '../../shared/gate/gate.ts';
import { gateNotes } from '../../shared/gate/gate-notes.ts';
import { deadlineOf, dueAfter, remindersDue } from '../../shared/gate/gate-time.ts';
import type { Described, Platform, Seen } from '../../shared/gate/platform.ts';
import { policyAt } from '../../shared/gate/policy.ts';
import { involvedIn, refusalOf, selfRefusalOf } from '../../shared/gate/standing.ts';
import { gateItem } from '../../shared/gate/stored-gate.ts';
import { tallyOf } from '../../shared/gate/tally.ts';
import type { Members } from '../../shared/gate/tally.ts';
import type { Vote, VoteMessage } from '../../shared/gate/vote-message.ts';
import type { Log } from '../../shared/log.ts';
import { answerTo } from '../../shared/message/vote-answer.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { deliveryKey, gateKey, gatePk, rolloutKey, rolloutPk } from '../../shared/store/keys.ts';

/** What Slack knows of people, and how one of them is told something. Nothing here rejects. */
export type People = {
  /** Who is in a user group; undefined: nobody can tell. */
  readonly members: (group: string) => Promise<ReadonlySet<string> | undefined>;
  /** Undefined: nobody can tell. */
  readonly profile: (user: string) => Promise<{ readonly isBot: boolean; readonly isGuest: boolean } | undefined>;
  /** Shows a person something that nobody else sees. */
  readonly tell: (channel: string, user: string, text: string) => Promise<void>;
  /** Where Slack shows a message; undefined: nobody can tell. */
  readonly linkTo: (channel: string, ts: string) => Promise<string | undefined>;
};

/** What a message of the votes queue led to. */
export type Decided = 'counted' | 'repeated' | 'refused' | 'looked' | 'not-looked' | 'unknown-gate' | 'given-up';

export type Decide = (message: VoteMessage) => Promise<Decided>;

export type DecideDeps = {
  readonly config: Config;
  readonly changeItem: ChangeItem;
  readonly platform: Platform;
  readonly people: People;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/** So long a vote is tried again when AWS or the table will not have it; then whoever clicked is told. */
const TRIED_MS = 15 * 60_000;

/**
 * Takes a vote in, or looks at a gate: counts, reads what the platform says, and does once what was decided. Rejects when
 * a vote has to come again; everything in it may be repeated.
 */
export const createDecide =
  (deps: DecideDeps): Decide =>
  async (message) => {
    if (message.kind === 'look') {
      return lookOrNot(deps, message.gate);
    }
    try {
      return await takeVote(deps, message);
    } catch (error) {
      if (deps.clock.now() - message.at < TRIED_MS) {
        throw error;
      }
      deps.log.error('vote given up', { gate: message.gate, requestId: message.requestId, error: asError(error) });
      const isCounted = await isOnRecord(deps, message);
      await deps.people.tell(message.channel, message.by.user, answerTo({ kind: 'given-up', isCounted }));
      return 'given-up';
    }
  };

/** Whether a vote counts, though nobody could do yet what it decides: the gate is due, and the sweep goes on trying. */
const isOnRecord = async (deps: DecideDeps, { gate: id, key, by }: Vote): Promise<boolean> => {
  try {
    const gate = await readGate(deps, id);
    return votesOf(gate?.clicks ?? []).some((click) => click.key === key && click.user === by.user);
  } catch {
    return false;
  }
};

/** A gate that could not be looked at stays due: the sweep has it looked at again, and nothing waits behind it meanwhile. */
const lookOrNot = async (deps: DecideDeps, gate: string): Promise<Decided> => {
  try {
    return await look(deps, gate);
  } catch (error) {
    deps.log.error('gate not looked at', { gate, error: asError(error) });
    return 'not-looked';
  }
};

const takeVote = async (deps: DecideDeps, vote: Vote): Promise<Decided> => {
  const { changeItem, config, people, log } = deps;
  const gate = await readGate(deps, vote.gate);
  if (gate === undefined) {
    log.warn('vote for an unknown gate', { gate: vote.gate, requestId: vote.requestId });
    await people.tell(vote.channel, vote.by.user, answerTo({ kind: 'unknown-gate' }));
    return 'unknown-gate';
  }
  const policy = policyAt(gate.point, config);
  const { current, seen } = await settle(deps, vote.gate, gate, policy);
  const members = await membersOf(deps, policy);
  const refusal = isOver(current) ? 'over' : await refusalTo(deps, vote, current, policy, members);
  const { approvals } = await byRuleAt(deps, current, policy, seen);
  const { outcome } = await changeItem(
    gateKey(vote.gate),
    gateItem,
    voted(clickOf(vote), refusal, (clicks) => tallyOf(policy ?? NOBODY, members, clicks, approvals)),
  );
  log.info('vote taken', {
    gate: vote.gate,
    user: vote.by.user,
    verdict: vote.verdict,
    requestId: vote.requestId,
    outcome: outcome.kind === 'refused' ? outcome.why : outcome.kind,
  });
  const last = await shown(deps, vote.gate, () => act(deps, vote.gate, policy, members, seen));
  await answer(deps, vote, outcome, last ?? current, policy);
  return outcome.kind;
};

const NOBODY: Pick<GatePolicy, 'rules' | 'rejections'> = { rules: [], rejections: Infinity };

const clickOf = ({ key, by, verdict, note, at, requestId }: Vote): Omit<Click, 'outcome'> => ({
  key,
  user: by.user,
  ...(by.name !== undefined && { name: by.name }),
  verdict,
  ...(note !== undefined && { note }),
  at,
  requestId,
});

const answer = async (
  { people }: DecideDeps,
  { channel, by, verdict }: Vote,
  outcome: Voted,
  gate: Gate,
  policy: GatePolicy | undefined,
): Promise<void> => {
  // Who was counted sees it in the message and in its thread.
  if (outcome.kind === 'refused') {
    await people.tell(channel, by.user, answerTo({ kind: 'refused', why: outcome.why, verdict, gate, policy }));
  }
};

const readGate = async ({ changeItem }: DecideDeps, id: string): Promise<Gate | undefined> =>
  (await changeItem(gateKey(id), gateItem, unchanged)).outcome;

/** Why a vote counts for nothing: first what is wrong with the click, then with who clicked. */
const refusalTo = async (
  deps: DecideDeps,
  vote: Vote,
  { point }: Gate,
  policy: GatePolicy | undefined,
  members: Members,
): Promise<Refusal | undefined> => {
  const { changeItem, config, people } = deps;
  // `interact` has asked the same: what is in the queue is believed as little as that.
  if (config.slack.app !== undefined && vote.app !== config.slack.app) {
    return 'other-app';
  }
  const { outcome: shownThere } = await changeItem(
    deliveryKey({ pk: gatePk(vote.gate), channel: vote.channel }),
    deliveryItem,
    unchanged,
  );
  if (shownThere === undefined) {
    return 'other-message';
  }
  if (shownThere.ts === undefined) {
    // Posted, or nobody could have clicked; and not on record yet.
    throw new Error('The message that was clicked is not on record yet');
  }
  if (shownThere.ts !== vote.ts) {
    return 'other-message';
  }
  if (policy === undefined) {
    return 'no-policy';
  }
  // A reason is asked for in a modal, whatever the policy says of approvals.
  if (vote.step === 'button' && (vote.verdict === 'reject' || policy.confirm === 'modal')) {
    return 'two-steps';
  }
  const { user, team } = vote.by;
  const refusal = refusalOf(
    policy,
    members,
    { user, team, profile: await people.profile(user) },
    config.slack.workspace,
  );
  if (refusal !== undefined || vote.verdict === 'reject') {
    return refusal;
  }
  const { outcome: stored } = await changeItem(rolloutKey(rolloutPk(point.rollout)), rolloutItem, unchanged);
  return selfRefusalOf(policy, involvedIn(stored?.rollout.facts.trigger?.value, config.people ?? []), user);
};

const membersOf = async ({ people }: DecideDeps, policy: GatePolicy | undefined): Promise<Members> => {
  const groups = [...new Set((policy?.rules ?? []).flatMap(({ groups: ids }) => ids))];
  const read = await Promise.all(
    groups.map(async (group): Promise<readonly (readonly [string, ReadonlySet<string>])[]> => {
      const members = await people.members(group);
      return members === undefined ? [] : [[group, members]];
    }),
  );
  return new Map(read.flat());
};

type Settled = { readonly current: Gate; readonly seen: Seen | undefined };

/** Reads what the platform says of a gate that is not over, and records an end that came from elsewhere. */
const settle = async (
  { changeItem, platform, clock, log }: DecideDeps,
  id: string,
  gate: Gate,
  policy: GatePolicy | undefined,
): Promise<Settled> => {
  if (isOver(gate)) {
    return { current: gate, seen: undefined };
  }
  const seen = await platform.look(gate.point, gate);
  const change = async (transition: ReturnType<typeof ended>): Promise<Settled> => {
    const { outcome } = await changeItem(gateKey(id), gateItem, transition);
    return { current: outcome ?? gate, seen };
  };
  switch (seen.kind) {
    case 'unseen':
      return { current: gate, seen };
    case 'pending': {
      if (policy?.supersede === true && seen.newer !== undefined) {
        return change(superseded(seen.newer, clock.now()));
      }
      return deadlineOf(gate, policy) <= clock.now() ? change(lapsed(clock.now())) : { current: gate, seen };
    }
    case 'ended':
      log.info('gate ended elsewhere', { gate: id, as: seen.ending.as });
      return change(ended(seen.ending));
  }
};

/** Does what was decided, once: the same again after a crash, and nothing that its approvers may not decide any more. */
const act = async (
  deps: DecideDeps,
  id: string,
  policy: GatePolicy | undefined,
  members: Members,
  seen: Seen | undefined,
): Promise<Gate | undefined> => {
  const { changeItem, platform, clock, log } = deps;
  const gate = await readGate(deps, id);
  if (gate?.state.kind !== 'decided') {
    return gate;
  }
  const { decision } = gate.state;
  if (decision.why === 'votes' || decision.why === 'policy') {
    const isUnread = (policy?.rules ?? []).some(({ groups }) => groups.some((group) => !members.has(group)));
    // The facts by which a rule approved held when it did: only whether the policy still has the rule is asked again.
    if (tallyOf(policy ?? NOBODY, members, gate.clicks, decision.byRule).verdict !== decision.verdict) {
      if (decision.why === 'votes' && isUnread) {
        throw new Error('Slack does not say who is in the groups that decide');
      }
      log.warn('decision taken back', { gate: id });
      return (await changeItem(gateKey(id), gateItem, reopened)).outcome;
    }
  }
  if (!isDecidable(gate.point, seen)) {
    throw new Error('AWS does not show yet what was decided about');
  }
  const done = await platform.decide(gate.point, seen.token, decision.verdict, summaryOf(decision));
  if (done === 'done') {
    log.info('decision applied', { gate: id, verdict: decision.verdict, rules: rulesIn(decision) });
    return (await changeItem(gateKey(id), gateItem, applied(clock.now()))).outcome;
  }
  // Somebody was first, or our own call before this one was and its answer was lost: the platform knows.
  const now = await platform.look(gate.point, gate);
  if (now.kind !== 'ended') {
    throw new Error(`AWS refuses the decision (${done}) and says that it is still waiting`);
  }
  return (await changeItem(gateKey(id), gateItem, ended(now.ending))).outcome;
};

/** Looks at a gate: what the platform says, what people are to be told of it, when to look again. */
const look = async (deps: DecideDeps, id: string): Promise<Decided> => {
  const gate = await readGate(deps, id);
  if (gate === undefined) {
    return 'unknown-gate';
  }
  const policy = policyAt(gate.point, deps.config);
  const { current: before, seen } = await settle(deps, id, gate, policy);
  const members: Members = votesOf(before.clicks).length === 0 ? new Map() : await membersOf(deps, policy);
  const described = before.state.kind === 'open' && before.shown === undefined ? await describe(deps, before) : {};
  const byRule = await byRuleAt(deps, { ...described, ...before }, policy, seen);
  const current = await recount(deps, id, { gate: before, described, byRule }, policy, members);
  await shown(deps, id, async () => {
    if (current.state.kind === 'decided') {
      await act(deps, id, policy, members, seen);
    }
    if (current.state.kind === 'open') {
      await keepWatch(deps, id, { gate: current, described, byRule }, policy);
    }
  });
  return 'looked';
};

/** A gate with what has just been looked up of it: what it is about, and which rules approve it. */
type LookedAt = { readonly gate: Gate; readonly described: Described; readonly byRule: ByRule };

/**
 * Which rules of the policy approve at a gate. None before it is on record what would be approved, and none that AWS does
 * not show as waiting: nobody looks at it in their place.
 */
const byRuleAt = async (
  { changeItem, config, clock }: DecideDeps,
  { point, state, shown: about }: Gate,
  policy: GatePolicy | undefined,
  seen: Seen | undefined,
): Promise<ByRule> => {
  if (policy?.auto === undefined || state.kind !== 'open' || about === undefined || !isDecidable(point, seen)) {
    return NO_RULES;
  }
  const { outcome: stored } = await changeItem(rolloutKey(rolloutPk(point.rollout)), rolloutItem, unchanged);
  return approvedByRule(
    policy,
    {
      point,
      ...(stored !== undefined && { stored }),
      ...(seen.checks !== undefined && { checks: seen.checks }),
      people: config.people ?? [],
    },
    clock.now(),
  );
};

/** Whether the platform shows that it waits, and what it wants to see with a decision. */
const isDecidable = (point: GatePoint, seen: Seen | undefined): seen is Seen & { readonly kind: 'pending' } =>
  seen?.kind === 'pending' && !(needsToken(point) && seen.token === undefined);

const recount = async (
  { changeItem, clock }: DecideDeps,
  id: string,
  { gate, described, byRule: { approvals } }: LookedAt,
  policy: GatePolicy | undefined,
  members: Members,
): Promise<Gate> => {
  const count = (clicks: readonly Click[]) => tallyOf(policy ?? NOBODY, members, clicks, approvals);
  return count(gate.clicks).verdict === undefined
    ? gate
    : ((await changeItem(gateKey(id), gateItem, counted(count, clock.now(), described))).outcome ?? gate);
};

const keepWatch = async (
  deps: DecideDeps,
  id: string,
  { gate, described, byRule }: LookedAt,
  policy: GatePolicy | undefined,
): Promise<void> => {
  const { changeItem, clock, log } = deps;
  const links = await linksOf(deps, id, gate);
  if (links?.gate !== undefined && links.gate !== gate.links?.gate) {
    await leadThere(deps, id, gate.point, links.gate);
  }
  const now = clock.now();
  const isOverdue =
    gate.overdue !== true && policy?.openLimitMs !== undefined && gate.openedAt + policy.openLimitMs <= now;
  if (isOverdue) {
    log.warn('gate open too long', { gate: id, rollout: rolloutPk(gate.point.rollout) });
  }
  const next: Gate = { ...described, ...gate };
  await changeItem(
    gateKey(id),
    gateItem,
    looked(
      described,
      {
        ...(links && { links }),
        ...(isOverdue && { overdue: true }),
        reminded: remindersDue(gate, policy, now),
      },
      dueAfter(next, policy, now, byRule.nextAt),
      byRule.approvals,
    ),
  );
};

/** What cannot be told is left out: the gate is no less waiting. */
const describe = async ({ platform, log }: DecideDeps, gate: Gate): Promise<Described> => {
  try {
    return await platform.describe(gate.point, gate);
  } catch (error) {
    log.warn('gate not described', { rollout: rolloutPk(gate.point.rollout), error: asError(error) });
    return {};
  }
};

/** Where the messages of gate and rollout are, for each to lead to the other; the first channel's speak for all. */
const linksOf = async (
  { changeItem, people }: DecideDeps,
  id: string,
  { channels, links, point }: Gate,
): Promise<Gate['links'] | undefined> => {
  const [channel] = channels;
  if (channel === undefined || (links?.gate !== undefined && links.rollout !== undefined)) {
    return undefined;
  }
  const linkIn = async (pk: string, where: string) => {
    const { outcome: delivery } = await changeItem(deliveryKey({ pk, channel: where }), deliveryItem, unchanged);
    return delivery?.ts === undefined ? undefined : people.linkTo(where, delivery.ts);
  };
  const pk = rolloutPk(point.rollout);
  const { outcome: stored } = await changeItem(rolloutKey(pk), rolloutItem, unchanged);
  const heardIn = stored?.channels.includes(channel) === true ? channel : stored?.channels[0];
  const gate = links?.gate ?? (await linkIn(gatePk(id), channel));
  const rollout = links?.rollout ?? (heardIn === undefined ? undefined : await linkIn(pk, heardIn));
  return gate === links?.gate && rollout === links?.rollout
    ? undefined
    : { ...(gate !== undefined && { gate }), ...(rollout !== undefined && { rollout }) };
};

/** Has the rollout's messages lead to the one that asks. */
const leadThere = async (deps: DecideDeps, id: string, { rollout }: GatePoint, link: string): Promise<void> => {
  const { changeItem, clock } = deps;
  const pk = rolloutPk(rollout);
  const { outcome: channels, item } = await changeItem(rolloutKey(pk), rolloutItem, (stored) => {
    const mark = stored?.gates?.[id];
    return {
      ...(stored !== undefined &&
        mark !== undefined &&
        mark.link !== link && { body: { ...stored, gates: { ...stored.gates, [id]: { ...mark, link } } } }),
      outcome: stored?.channels ?? [],
    };
  });
  const transition = wanted(item?.rev ?? 0, clock.now());
  await askFor(
    deps,
    channels.map((channel) => ({ place: { pk, channel }, transition })),
  );
};

/** Asks for what is to be seen once something is done, and while AWS will not have it: a vote that counts is seen at once. */
const shown = async <Done>(deps: DecideDeps, id: string, work: () => Promise<Done>): Promise<Done> => {
  try {
    return await work();
  } finally {
    await showAll(deps, id);
  }
};

/** Asks for everything that is to be seen of a gate, whether it was asked for before or not. */
const showAll = async (deps: DecideDeps, id: string): Promise<void> => {
  const { changeItem, clock } = deps;
  const { outcome: gate, item } = await changeItem(gateKey(id), gateItem, unchanged);
  if (gate === undefined || item === undefined || !isAsked(gate)) {
    return;
  }
  const now = clock.now();
  const pk = gatePk(id);
  await askFor(
    deps,
    gate.channels.map((channel) => ({ place: { pk, channel }, transition: wanted(item.rev, now) })),
  );
  const notes = gateNotes(gate, policyAt(gate.point, deps.config));
  await askFor(
    deps,
    gate.channels.flatMap((channel) =>
      notes.map(({ key, note }) => ({ place: { pk, channel, note: key }, transition: noteWanted(note, now) })),
    ),
  );
};
