import { createDecide } from '../../functions/decide/decide.ts';
import type { People } from '../../functions/decide/decide.ts';
import { createChance } from '../../local/virtual/chance.ts';
import { createEventSource } from '../../local/virtual/event-source.ts';
import { invoke } from '../../local/virtual/invocation.ts';
import type { Invocation } from '../../local/virtual/invocation.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import type { Service } from '../../local/virtual/network.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import { gateId } from '../../shared/gate/gate-id.ts';
import { isOver, opened, votesOf } from '../../shared/gate/gate.ts';
import type { ApprovalPoint, Ending, Gate, GatePoint, ReadyPoint, Verdict } from '../../shared/gate/gate.ts';
import type { Known, Platform, Seen } from '../../shared/gate/platform.ts';
import { gateItem } from '../../shared/gate/stored-gate.ts';
import { parseVoteMessage, voteText } from '../../shared/gate/vote-message.ts';
import type { VoteMessage } from '../../shared/gate/vote-message.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { deliveryKey, gateKey, gateOf, gatePk } from '../../shared/store/keys.ts';
import { aPolicy } from '../support/gates.ts';
import { createFaultyNetwork, drawPlan } from './faults.ts';

/** What came of a world of gates: what it broke, how often AWS was made to decide, how often something went wrong. */
export type SimulatedGates = {
  readonly problems: readonly string[];
  readonly effective: number;
  readonly faults: number;
  /** Of the gates that are over, how many ended as they were decided here. */
  readonly applied: number;
  /** Of those, how many a rule of the policy has decided, alone or together with people. */
  readonly byRule: { readonly alone: number; readonly together: number };
};

const BEGIN = Date.UTC(2026, 10, 20, 10);
const MINUTE_MS = 60_000;
const DECIDE = { timeoutMs: 30_000, visibilityMs: 60_000, maxReceives: 100, batchSize: 1, maximumConcurrency: 20 };
const TS = '1700000000.000100';
const RULE = 'in time';

const APPROVERS = ['UADA', 'UGRACE', 'UHOPPER', 'ULINUS'] as const;
const OTHERS = ['UMALLORY', 'UGUEST', 'UBOT'] as const;

const fail = (): never => {
  throw new Error('There is at least one point');
};

const PLACE = { partition: 'aws', account: '111122223333', region: 'eu-west-1' } as const;

const anApproval = (index: number): ApprovalPoint => ({
  kind: 'pipeline-approval',
  rollout: { source: 'codepipeline', ...PLACE, name: 'shop-prod', executionId: `execution-${index}` },
  stage: 'Approve',
  action: 'ProdGate',
  actionExecutionId: `action-${index}`,
});

const aDeployment = (index: number): ReadyPoint => ({
  kind: 'deployment-ready',
  rollout: { source: 'codedeploy', ...PLACE, application: 'shop', group: 'prod', executionId: `d-${index}` },
});

/** A point as the platform has it: only approvals have tokens, and only of them it keeps who decided. */
type Pending = { readonly id: string; readonly token: string | undefined; end?: Ending; isByUs?: true };

/** So long the traffic of a deployment is on its way: until then it can be stopped, whoever has let it go. */
const SHIFT_MS = 2 * 60_000;

/** As in `ready-deployments.ts`: what is in progress may not have been ready yet. */
const LAG_MS = 60_000;

/** Plays votes on some gates at once, in any order, doubled and replayed, while calls fail and `decide` dies and stands still. */
export const simulateGates = async (
  seed: number,
  { harsh = false, trace }: { readonly harsh?: boolean; readonly trace?: (line: string) => void } = {},
): Promise<SimulatedGates> => {
  const chance = createChance(seed);
  const kernel = createKernel(BEGIN);
  const { clock } = kernel;
  const table = createMemoryTable();
  const quorum = chance.between(1, 3);
  const rejections = chance.between(1, 2);
  const lasts = chance.between(1, 20) * MINUTE_MS;
  // In some worlds a rule approves from some moment on: alone, or what nobody here can approve, beside people.
  const auto = chance.oneOf('none', 'none', 'alone', 'together');
  const opensAt = BEGIN + chance.between(0, lasts);
  const frozen = { freeze: [{ from: 0, to: opensAt, why: 'not yet' }] };
  const people = { name: 'all', users: ['UADA', 'UGRACE', 'UGUEST', 'UBOT'], groups: ['SRELEASE'], quorum };
  const policy = aPolicy({
    rules: [people, ...(auto === 'together' ? [{ name: 'ops', users: ['UNOBODY'], groups: [], quorum: 1 }] : [])],
    rejections,
    ...(auto !== 'none' && {
      auto: [
        { name: 'never', fills: [0], when: { ref: ['main'] } },
        { name: RULE, fills: [auto === 'alone' ? 0 : 1], when: frozen },
      ],
    }),
  });
  const config: Config = {
    slack: { workspace: 'T1', channels: { approvals: 'C1' } },
    environments: [],
    routes: [],
    gates: [policy, { ...policy, match: { application: ['*'] } }],
  };
  const plan = drawPlan(chance, BEGIN, BEGIN + lasts, harsh);
  const faulty = createFaultyNetwork(kernel, plan, chance, ({ by, operation }, befell) => {
    trace?.(`${clock.now() - BEGIN} decide ${by.number} ${operation}: ${befell}`);
  });
  const problems: string[] = [];

  const points: readonly GatePoint[] = Array.from({ length: chance.between(1, 3) }, (_, index) =>
    chance.happens(0.5) ? anApproval(index) : aDeployment(index),
  );
  const pending = new Map<string, Pending>(
    points.map((point) => {
      const id = gateId(point);
      return [id, { id, token: point.kind === 'pipeline-approval' ? `token-${id}` : undefined }];
    }),
  );
  let effective = 0;

  const stored = (id: string): Gate | undefined => {
    const item = table.read(gateKey(id));
    return item && gateItem.parse(item.body);
  };

  /** What the platform does with a call; who calls must have written down before what it decides. */
  const put = (point: GatePoint, token: string | undefined, verdict: Verdict, summary: string): 'done' | 'over' => {
    const owner = [...pending.values()].find((one) =>
      token === undefined ? one.id === gateId(point) : one.token === token,
    );
    const gate = stored(gateId(point));
    if (owner?.id !== gateId(point) || owner.token !== token) {
      problems.push(`P9: ${gateId(point)} used the token of another`);
      return 'over';
    }
    const isUnderWay =
      point.kind === 'deployment-ready' && owner.end?.as === 'approved' && clock.now() - owner.end.at < SHIFT_MS;
    if (owner.end !== undefined && !(isUnderWay && verdict === 'reject')) {
      return 'over';
    }
    if (gate?.state.kind !== 'decided' || gate.state.decision.verdict !== verdict) {
      problems.push(`P9: ${owner.id} acts on what is not on record`);
    }
    if (owner.isByUs) {
      problems.push(`P9: ${owner.id} acts twice`);
    }
    effective += 1;
    owner.isByUs = true;
    const as = verdict === 'approve' ? 'approved' : 'rejected';
    owner.end = { as, ...(token !== undefined && { by: 'role', summary }), at: clock.now() };
    return 'done';
  };

  const look = (point: GatePoint, { openedAt = 0 }: Known): Seen => {
    const one = pending.get(gateId(point));
    if (one?.end !== undefined) {
      const mayNotHaveBeenReady =
        point.kind === 'deployment-ready' && one.end.as === 'approved' && clock.now() - openedAt < LAG_MS;
      return mayNotHaveBeenReady ? { kind: 'unseen' } : { kind: 'ended', ending: one.end };
    }
    // Now and then AWS does not show yet what it has told of.
    const isLagging = clock.now() < plan.calmFrom && chance.happens(0.1);
    if (point.kind === 'deployment-ready') {
      return { kind: isLagging ? 'unseen' : 'pending' };
    }
    return { kind: 'pending', ...(one?.token !== undefined && !isLagging && { token: one.token }) };
  };

  let invocations = 0;
  const decideOne = async (by: Invocation, message: VoteMessage): Promise<unknown> => {
    const call = <Value>(service: Service, operation: string, effect: () => Value): Promise<Value> =>
      by.resuming(faulty.network.aws({ by, service, operation }, effect));
    const own: Clock = { now: clock.now, sleep: (ms) => by.resuming(clock.sleep(ms)) };
    const store = createMemoryStore(table, (operation, effect) => call('dynamodb', operation, effect));
    const platform: Platform = {
      look: (point, known) => call(point.rollout.source, 'look', () => look(point, known)),
      decide: (point, token, verdict, summary) =>
        call(point.rollout.source, 'decide', () => put(point, token, verdict, summary)),
      describe: () => Promise.resolve({ shown: { revisions: [] } }),
    };
    const people: People = {
      members: async () => await orElse(call('sqs', 'usergroups.users.list', () => new Set(['UHOPPER', 'ULINUS']))),
      profile: async (user) =>
        orElse(call('sqs', 'users.info', () => ({ isBot: user === 'UBOT', isGuest: user === 'UGUEST' }))),
      tell: () => Promise.resolve(),
      linkTo: () => Promise.resolve(undefined),
    };
    return createDecide({
      config,
      changeItem: createChangeItem({ store, clock: own, random: chance.random }),
      platform,
      people,
      wakeUp: () => Promise.resolve(),
      clock: own,
      log: SILENT,
    })(message);
  };

  const votes = createEventSource(kernel, {
    ...DECIDE,
    name: 'vote',
    fifo: true,
    visibilityMs: () => (faulty.strikes('overlap') ? chance.between(0, 4_000) : DECIDE.visibilityMs),
    work: async (batch) => {
      const done: (typeof batch)[number][] = [];
      for (const received of batch) {
        const message = parseVoteMessage(received.body);
        if (message === undefined) {
          problems.push(`not a vote: ${received.body}`);
          continue;
        }
        invocations += 1;
        const ending = await invoke(
          kernel,
          { name: 'decide', number: invocations, timeoutMs: DECIDE.timeoutMs },
          (by) => decideOne(by, message),
        );
        if (ending.kind === 'returned') {
          done.push(received);
        }
      }
      return done;
    },
  });
  const send = (message: VoteMessage): void => {
    votes.queue.send(voteText(message), { group: message.gate });
  };

  // The gates are open and their messages are in the channel.
  for (const point of points) {
    const id = gateId(point);
    const { body } = opened({ point, openedAt: BEGIN, channels: ['C1'] }, BEGIN)(undefined);
    table.write({
      key: gateKey(id),
      rev: 1,
      body,
      due: { kind: 'gate', at: BEGIN },
      expiresAt: Infinity,
    });
    table.write({
      key: deliveryKey({ pk: gatePk(id), channel: 'C1' }),
      rev: 1,
      body: { want: 1, done: 1, fence: 1, failures: 0, ts: TS },
      expiresAt: Infinity,
    });
    send({ kind: 'look', gate: id });
  }

  // Clicks of all kinds, some of them brought twice; and now and then somebody decides in the console.
  const sent: (VoteMessage & { kind: 'vote' })[] = [];
  for (let count = chance.between(1, 12); count > 0; count -= 1) {
    const point = chance.oneOf(points[0] ?? fail(), ...points.slice(1));
    const verdict = chance.oneOf<Verdict>('approve', 'approve', 'approve', 'reject');
    const atMs = chance.between(0, lasts);
    kernel.after(atMs, () => {
      const vote = {
        kind: 'vote',
        gate: gateId(point),
        verdict,
        step: verdict === 'reject' ? 'modal' : 'button',
        by: { user: chance.oneOf(...APPROVERS, ...OTHERS), team: chance.happens(0.05) ? 'T2' : 'T1' },
        app: 'A1',
        channel: 'C1',
        ts: chance.happens(0.05) ? '1.2' : TS,
        key: `click-${sent.length}`,
        at: clock.now(),
        requestId: `request-${sent.length}`,
      } as const;
      sent.push(vote);
      send(vote);
      if (chance.happens(0.2)) {
        kernel.after(chance.between(0, lasts), () => {
          send(vote);
        });
      }
    });
  }
  for (const one of pending.values()) {
    if (chance.happens(0.2)) {
      kernel.after(chance.between(0, lasts), () => {
        const as = chance.oneOf<Ending['as']>('approved', 'rejected', 'expired', 'stopped');
        one.end ??= { as, ...(one.token !== undefined && { by: 'bob' }), at: clock.now() };
      });
    }
  }

  // The sweep: gates that are due are looked at.
  const sweep = (): void => {
    kernel.after(MINUTE_MS, sweep);
    table.due('gate', clock.now(), 100).forEach(({ key }) => {
      const gate = gateOf(key.pk);
      if (gate !== undefined) {
        send({ kind: 'look', gate });
      }
    });
  };
  kernel.after(MINUTE_MS, sweep);
  await kernel.run(() => false, Math.max(plan.calmFrom, BEGIN + lasts) + 45 * MINUTE_MS, 400_000);

  let applied = 0;
  const byRule = { alone: 0, together: 0 };
  for (const point of points) {
    const id = gateId(point);
    const gate = stored(id);
    const one = pending.get(id);
    const end = one?.end;
    if (gate === undefined) {
      problems.push(`${id} is gone`);
      continue;
    }
    if (isOver(gate) !== (end !== undefined)) {
      problems.push(`P3: ${id} is ${gate.state.kind}, the platform says ${end?.as ?? 'pending'}`);
    }
    const keys = gate.clicks.map(({ key, user }) => `${user} ${key}`);
    if (new Set(keys).size !== keys.length) {
      problems.push(`P10: ${id} has a click twice`);
    }
    const cast = votesOf(gate.clicks);
    const strangers = cast.filter(({ user }) => !APPROVERS.some((approver) => approver === user));
    if (strangers.length > 0) {
      problems.push(`P11: ${id} counts ${strangers.map(({ user }) => user).join(', ')}`);
    }
    if (gate.state.kind === 'applied') {
      applied += 1;
      const { decision } = gate.state;
      const rules = decision.byRule ?? [];
      byRule.alone += decision.why === 'policy' ? 1 : 0;
      byRule.together += decision.why === 'votes' && rules.length > 0 ? 1 : 0;
      const isRuled = rules.length > 0;
      const mayBe =
        decision.verdict === 'approve' &&
        cast.every(({ verdict }) => verdict === 'approve') &&
        rules.every(({ rule, at }) => rule === RULE && at >= opensAt);
      if (isRuled && !mayBe) {
        problems.push(`P9: ${id} was decided by a rule that did not hold, or against somebody's will`);
      }
      if (decision.verdict === 'approve' && auto === 'together' && !isRuled) {
        problems.push(`P9: ${id} was approved by nobody for those whom nobody asked`);
      }
      const isAlone = isRuled && auto === 'alone' && decision.why === 'policy';
      const needed = decision.verdict === 'reject' ? policy.rejections : isAlone ? 0 : quorum;
      if (
        new Set(decision.by).size < needed ||
        end?.as !== (decision.verdict === 'approve' ? 'approved' : 'rejected')
      ) {
        problems.push(`P9: ${id} was decided by ${decision.by.join(', ')}, and is ${end?.as ?? 'pending'}`);
      }
    }
    if (gate.state.kind === 'ended' && one?.isByUs === true) {
      problems.push(`P9: ${id} takes its own decision for somebody else's`);
    }
    if (gate.state.kind === 'open') {
      const good = cast.filter(({ verdict }) => verdict === 'approve').length;
      const bad = cast.length - good;
      const isEnough = auto === 'together' ? good >= quorum && bad === 0 : good >= quorum;
      if (isEnough || bad >= policy.rejections) {
        problems.push(`P3: ${id} has the votes and is open`);
      }
      if (auto === 'alone' && bad === 0) {
        problems.push(`P3: ${id} could be approved by a rule and is open`);
      }
    }
  }
  problems.push(...votes.queue.deadLetters().map((body) => `P7: given up: ${body}`));
  return { problems: [...new Set(problems)], effective, faults: faulty.faultTimes().length, applied, byRule };
};

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

const orElse = async <Value>(work: Promise<Value>): Promise<Value | undefined> => {
  try {
    return await work;
  } catch {
    return undefined;
  }
};
