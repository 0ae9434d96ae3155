import { failureOfStatus, failureOfWord, rateLimited } from '../../shared/delivery/slack-reply.ts';
import type { SlackFailure } from '../../shared/delivery/slack-reply.ts';
import type { Chance } from '../../local/virtual/chance.ts';
import type { FunctionName, Invocation } from '../../local/virtual/invocation.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import { LATENCY_MS } from '../../local/virtual/network.ts';
import type { Call, Network, Service } from '../../local/virtual/network.ts';
import { mayStrike, UNRESTRICTED } from './restrictions.ts';
import type { Restrictions } from './restrictions.ts';

/** Whatever may go wrong. */
export const FAULTS = [
  /** EventBridge delivers on a best effort: what is lost never reaches the queue. */
  'lost-event',
  'late-event',
  'doubled-event',
  /** A message that no one can read, or that is none of ours. */
  'poison',
  /** The invocation ends at a call, which may or may not take effect. */
  'crash',
  /** The invocation stands still for longer than its lease. */
  'freeze',
  /** AWS does nothing and says so. */
  'throttled',
  /** AWS does it, and the answer is lost: the SDK asks again, or gives up. */
  'lost-answer',
  /** For minutes one function does not reach one service. */
  'partition',
  /** The clock of an invocation is up to five minutes fast or slow: what comes later may think it came before. */
  'clock-skew',
  'lost-wake-up',
  'extra-wake-up',
  /** A message is handed out again while it is being worked on. */
  'overlap',
  'slow',
  /** What is looked up takes longer than anybody waits for it. */
  'look-up-slow',
  'look-up-denied',
  'slack-429',
  'slack-503',
  'slack-500',
  /** The client gives up; it happened, did not happen, or happens later. */
  'slack-timeout',
  /** For minutes or hours nothing reaches Slack. */
  'slack-outage',
  /** For up to an hour Slack comes and goes. */
  'slack-flapping',
  'slack-invalid-auth',
] as const;

export type FaultKind = (typeof FAULTS)[number];

export const isFaultKind = (word: string): word is FaultKind => FAULTS.some((fault) => fault === word);

type Window = { readonly from: number; readonly to: number };

type Partition = Window & { readonly name: FunctionName; readonly service: Service };

/** What may go wrong in a world, how often (per call), and until when. */
export type Plan = {
  readonly rates: ReadonlyMap<FaultKind, number>;
  readonly partitions: readonly Partition[];
  readonly outages: readonly Window[];
  readonly flapping: readonly Window[];
  readonly badTokens: readonly Window[];
  /** The most that a clock is fast or slow, in milliseconds. */
  readonly skewMs: number;
  readonly historyScope: boolean;
  /** Epoch milliseconds: from here on nothing goes wrong any more. */
  readonly calmFrom: number;
};

const MINUTE_MS = 60_000;

/** Draws what goes wrong: each fault is in some worlds only, so that none hides behind another. */
export const drawPlan = (chance: Chance, from: number, to: number, isHarsh: boolean): Plan => {
  const has = new Set(FAULTS.filter(() => chance.happens(isHarsh ? 0.7 : 0.3)));
  const windows = (fault: FaultKind, longest: number): readonly Window[] => {
    const begin = chance.between(from, to);
    return has.has(fault) ? [{ from: begin, to: begin + chance.between(1, longest) * MINUTE_MS }] : [];
  };
  const partitions = windows('partition', 20).map((window) => ({ ...window, ...chance.oneOf(...WAYS) }));
  const outages = windows('slack-outage', chance.happens(0.2) ? 240 : 20);
  const flapping = windows('slack-flapping', 60).flatMap((window) => drawFlapping(chance, window));
  const badTokens = windows('slack-invalid-auth', 30);
  const all = [...partitions, ...outages, ...flapping, ...badTokens];
  return {
    rates: new Map([...has].map((fault) => [fault, drawRate(chance, fault, isHarsh)])),
    partitions,
    outages,
    flapping,
    badTokens,
    skewMs: has.has('clock-skew') ? chance.oneOf(2_000, 30_000, 5 * MINUTE_MS) : 0,
    historyScope: chance.happens(0.7),
    calmFrom: Math.max(to, ...all.map((window) => window.to)) + chance.between(0, 3) * MINUTE_MS,
  };
};

/** From which function to which service there is a way. */
const WAYS: readonly [Omit<Partition, keyof Window>, ...Omit<Partition, keyof Window>[]] = [
  { name: 'notify', service: 'dynamodb' },
  { name: 'notify', service: 'sns' },
  { name: 'notify', service: 'sqs' },
  { name: 'notify', service: 'codedeploy' },
  { name: 'notify', service: 'codepipeline' },
  { name: 'deliver', service: 'dynamodb' },
  { name: 'deliver', service: 'sqs' },
  { name: 'deliver', service: 'slack' },
  { name: 'sweep', service: 'dynamodb' },
  { name: 'sweep', service: 'sqs' },
  { name: 'sweep', service: 'codedeploy' },
  { name: 'sweep', service: 'codepipeline' },
];

/** Up and down for seconds or minutes at a time. */
const drawFlapping = (chance: Chance, { from, to }: Window): readonly Window[] => {
  const longest = chance.oneOf(5_000, 60_000, 180_000);
  const windows: Window[] = [];
  for (let at = from; at < to;) {
    const down = { from: at, to: at + chance.between(1_000, longest) };
    windows.push(down);
    at = down.to + chance.between(1_000, longest);
  }
  return windows;
};

/** Slack is called far less often than AWS: more of the calls have to fail for anything to happen. */
const drawRate = (chance: Chance, fault: FaultKind, isHarsh: boolean): number => {
  switch (fault) {
    case 'lost-event':
      return chance.oneOf(0.1, 0.4);
    case 'late-event':
      return chance.oneOf(0.1, 0.5);
    case 'doubled-event':
      return chance.oneOf(0.05, 0.3);
    case 'poison':
    case 'look-up-slow':
    case 'look-up-denied':
      return chance.oneOf(0.1, 0.4);
    case 'clock-skew':
      return chance.oneOf(0.2, 1);
    case 'slack-429':
    case 'slack-503':
    case 'slack-500':
    case 'slack-timeout':
      return chance.oneOf(0.02, 0.1, 0.3);
    default:
      return isHarsh ? chance.oneOf(0.03, 0.08, 0.15) : chance.oneOf(0.005, 0.02, 0.06);
  }
};

export type FaultyNetwork = {
  readonly network: Network;
  /** Whether a fault that is asked for outside of calls happens now. */
  readonly strikes: (fault: FaultKind, times?: number) => boolean;
  /** Invocations whose post took effect without their being told at once. */
  readonly ambiguousPosts: () => readonly number[];
  /** Invocations that came to an end at a call, one way or another. */
  readonly interrupted: () => ReadonlySet<number>;
  /** When something went wrong, in epoch milliseconds. */
  readonly faultTimes: () => readonly number[];
};

/** A network on which things go wrong by plan, and what else does. */
type PlannedNetwork = FaultyNetwork & {
  /** Whether a fault befalls an event on its way to the queue. */
  readonly strikesOnItsWay: (fault: FaultKind, which: string, chance: Chance) => boolean;
  /** How many milliseconds the clock of an invocation is fast. */
  readonly skewOf: (by: Invocation) => number;
  /** Every single fault that struck, by its kind and which one it was. */
  readonly struck: () => readonly string[];
};

/** Longer than the client waits for Slack; shorter than a post of unknown outcome is given. */
const GIVE_UP_MS = 5_000;
const LATEST_MS = 12_000;

/** There are few calls of Slack among those of AWS, and they are what cannot be taken back. */
const SLACK_WEIGHT = 4;

const weightOf = ({ service }: Call): number => (service === 'slack' ? SLACK_WEIGHT : 1);

/** Whoever finds no way to AWS, and tries again, gives up after so long at most. */
const NO_WAY_MS = 6_000;

/** A network on which things go wrong by plan. `note` is told of each call and what befell it. */
export const createFaultyNetwork = (
  kernel: Kernel,
  plan: Plan,
  chance: Chance,
  note: (call: Call, befell: string) => void,
  restrictions: Restrictions = UNRESTRICTED,
): PlannedNetwork => {
  const { clock } = kernel;
  const times: number[] = [];
  const ambiguous: number[] = [];
  const interrupted = new Set<number>();
  const struck = new Set<string>();
  const chances = new Map<FaultKind, Chance>();
  const counts = new Map<FaultKind, number>();

  const happened = (which: string): void => {
    times.push(clock.now());
    struck.add(which);
  };
  const chanceOf = (fault: FaultKind): Chance => {
    const own = chances.get(fault) ?? chance.fork(fault);
    chances.set(fault, own);
    return own;
  };
  const rateOf = (fault: FaultKind): number | undefined =>
    clock.now() < plan.calmFrom && restrictions.without?.has(fault) !== true ? plan.rates.get(fault) : undefined;
  const strikes = (fault: FaultKind, times = 1): boolean => {
    const rate = rateOf(fault);
    if (rate === undefined || !chanceOf(fault).happens(times * rate)) {
      return false;
    }
    const count = (counts.get(fault) ?? 0) + 1;
    counts.set(fault, count);
    const which = `${fault}.${count}`;
    if (!mayStrike(restrictions, fault, which)) {
      return false;
    }
    happened(which);
    return true;
  };
  const isWithin = (fault: FaultKind, windows: readonly Window[]): boolean => {
    const now = clock.now();
    const within = mayStrike(restrictions, fault, fault) && windows.some(({ from, to }) => from <= now && now < to);
    if (within) {
      happened(fault);
    }
    return within;
  };
  const isCutOff = ({ by, service }: Call): boolean =>
    isWithin(
      'partition',
      plan.partitions.filter((one) => one.name === by.name && one.service === service),
    );
  const leg = (call: Call): Promise<void> =>
    clock.sleep(
      LATENCY_MS[call.service] * (0.25 + chance.random() / 2) +
        (strikes('slow', weightOf(call)) ? chance.between(0, 3000) : 0),
    );
  const never = <Value>(): Promise<Value> => new Promise(() => undefined);
  const isPost = ({ operation }: Call): boolean => operation === 'chat.postMessage';

  /** Carries a call there and back; what befalls the caller on the way befalls every service alike. */
  const carry = async <Value>(call: Call, effect: () => Value): Promise<Value> => {
    const { by } = call;
    const weight = weightOf(call);
    if (strikes('crash', weight)) {
      const goesOut = chance.happens(0.6);
      note(call, goesOut ? 'crash in flight' : 'crash');
      by.die();
      interrupted.add(by.number);
      if (goesOut) {
        await leg(call);
        effect();
        ambiguous.push(...(isPost(call) ? [by.number] : []));
      }
      return never();
    }
    const freezes = strikes('freeze', weight) ? chance.oneOf('before', 'after') : 'never';
    const freezeMs = chance.between(30_000, 120_000);
    if (freezes === 'before') {
      note(call, `freeze ${freezeMs} before`);
      by.freeze(freezeMs);
      await clock.sleep(freezeMs);
    }
    await leg(call);
    // What a dead invocation had begun may still get there.
    if (!by.isAlive() && chance.happens(0.5)) {
      note(call, 'died with its caller');
      return never();
    }
    const value = effect();
    if (freezes === 'after') {
      note(call, `freeze ${freezeMs} after`);
      by.freeze(freezeMs);
    }
    await leg(call);
    if (isPost(call) && (freezes !== 'never' || !by.isAlive())) {
      ambiguous.push(by.number);
    }
    note(call, 'done');
    return value;
  };

  const aws: Network['aws'] = async (call, effect) => {
    if (isCutOff(call)) {
      await clock.sleep(chance.between(1_000, NO_WAY_MS));
      interrupted.add(call.by.number);
      note(call, 'no way there');
      throw new Error('TimeoutError');
    }
    if (strikes('throttled')) {
      await leg(call);
      interrupted.add(call.by.number);
      note(call, 'throttled');
      throw new Error('ThrottlingException');
    }
    if (strikes('lost-answer')) {
      await carry(call, effect);
      if (chance.happens(0.5)) {
        interrupted.add(call.by.number);
        note(call, 'lost answer');
        throw new Error('TimeoutError');
      }
      note(call, 'lost answer, asked again');
    }
    return carry(call, effect);
  };

  const slackTrouble = (call: Call): SlackFailure | undefined => {
    const { operation } = call;
    if (isCutOff(call)) {
      return { kind: 'transient', error: 'UND_ERR_CONNECT_TIMEOUT', ambiguous: false };
    }
    if (isWithin('slack-outage', plan.outages) || isWithin('slack-flapping', plan.flapping)) {
      return chance.oneOf(failureOfStatus(503), { kind: 'transient', error: 'TimeoutError', ambiguous: true } as const);
    }
    if (isWithin('slack-invalid-auth', plan.badTokens)) {
      return failureOfWord('invalid_auth');
    }
    if (strikes('slack-429')) {
      return rateLimited(chance.oneOf(undefined, 1, 3, 30, 120));
    }
    // A deletion is the rarest call of all.
    if (strikes('slack-503', operation === 'chat.delete' ? SLACK_WEIGHT : 1)) {
      return failureOfStatus(503);
    }
    return undefined;
  };

  const slack: Network['slack'] = async (call, effect) => {
    const trouble = slackTrouble(call);
    if (trouble !== undefined) {
      await leg(call);
      note(call, trouble.kind);
      return { ok: false, failure: trouble };
    }
    const isError = strikes('slack-500');
    if (!isError && !strikes('slack-timeout')) {
      return carry(call, effect);
    }
    const fate = chance.oneOf('happened', 'did not happen', ...(isError ? [] : ['happens later' as const]));
    note(call, `${isError ? '500' : 'timeout'}, ${fate}`);
    if (fate !== 'did not happen') {
      ambiguous.push(...(isPost(call) ? [call.by.number] : []));
    }
    if (fate === 'happened') {
      await carry(call, effect);
    }
    if (fate === 'happens later') {
      kernel.after(chance.between(GIVE_UP_MS, LATEST_MS), effect);
    }
    await clock.sleep(isError ? LATENCY_MS.slack : GIVE_UP_MS);
    return {
      ok: false,
      failure: isError ? failureOfStatus(500) : { kind: 'transient', error: 'TimeoutError', ambiguous: true },
    };
  };

  const skews = new Map<number, number>();
  const skewOf = ({ number }: Invocation): number => {
    const skew = skews.get(number) ?? (strikes('clock-skew') ? chance.between(-plan.skewMs, plan.skewMs) : 0);
    skews.set(number, skew);
    return skew;
  };

  return {
    network: { aws, slack },
    strikes,
    strikesOnItsWay: (fault, which, own) => {
      const occurrence = `${fault}.${which}`;
      const strikesNow = own.happens(plan.rates.get(fault) ?? 0) && mayStrike(restrictions, fault, occurrence);
      if (strikesNow) {
        struck.add(occurrence);
      }
      return strikesNow;
    },
    skewOf,
    struck: () => [...struck],
    ambiguousPosts: () => ambiguous,
    interrupted: () => interrupted,
    faultTimes: () => times,
  };
};
