import { failureOfStatus, failureOfWord, rateLimited } from '../../shared/delivery/slack-reply.ts';
import type { SlackFailure } from '../../shared/delivery/slack-reply.ts';
import type { Chance } from '../../local/virtual/chance.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import { LATENCY_MS } from '../../local/virtual/network.ts';
import type { Call, Network } from '../../local/virtual/network.ts';

const FAULTS = [
  /** The invocation ends at a call, which may or may not take effect. */
  'crash',
  /** The invocation stands still for longer than its lease. */
  'freeze',
  /** AWS does nothing and says so. */
  'throttled',
  /** AWS does it, and the answer is lost: the SDK asks again, or gives up. */
  'lost-answer',
  'lost-wake-up',
  'extra-wake-up',
  /** A message is handed out again while it is being worked on. */
  'overlap',
  'slow',
  'slack-429',
  'slack-503',
  'slack-500',
  /** The client gives up; it happened, did not happen, or happens later. */
  'slack-timeout',
  /** For minutes or hours nothing reaches Slack. */
  'slack-outage',
  'slack-invalid-auth',
] as const;

type Fault = (typeof FAULTS)[number];

type Window = { readonly from: number; readonly to: number };

/** What may go wrong in a world, how often (per call), and until when. */
export type Plan = {
  readonly rates: ReadonlyMap<Fault, number>;
  readonly outages: readonly Window[];
  readonly badTokens: readonly Window[];
  readonly historyScope: boolean;
  /** Epoch milliseconds: from here on nothing goes wrong any more. */
  readonly calmFrom: number;
};

const MINUTE_MS = 60_000;

/** Draws what goes wrong: each fault is in some worlds only, so that none hides behind another. */
export const drawPlan = (chance: Chance, from: number, to: number, isHarsh: boolean): Plan => {
  const has = new Set(FAULTS.filter(() => chance.happens(isHarsh ? 0.7 : 0.3)));
  const windows = (fault: Fault, longest: number): readonly Window[] => {
    const begin = chance.between(from, to);
    return has.has(fault) ? [{ from: begin, to: begin + chance.between(1, longest) * MINUTE_MS }] : [];
  };
  const outages = windows('slack-outage', chance.happens(0.2) ? 240 : 20);
  const badTokens = windows('slack-invalid-auth', 30);
  return {
    rates: new Map([...has].map((fault) => [fault, drawRate(chance, fault, isHarsh)])),
    outages,
    badTokens,
    historyScope: chance.happens(0.7),
    calmFrom: Math.max(to, ...[...outages, ...badTokens].map((window) => window.to)) + chance.between(0, 3) * MINUTE_MS,
  };
};

/** Slack is called far less often than AWS: more of the calls have to fail for anything to happen. */
const drawRate = (chance: Chance, fault: Fault, isHarsh: boolean): number => {
  if (fault.startsWith('slack')) {
    return chance.oneOf(0.02, 0.1, 0.3);
  }
  return isHarsh ? chance.oneOf(0.03, 0.08, 0.15) : chance.oneOf(0.005, 0.02, 0.06);
};

export type FaultyNetwork = {
  readonly network: Network;
  /** Whether a fault that is asked for outside of calls happens now. */
  readonly strikes: (fault: Fault, times?: number) => boolean;
  /** Invocations whose post took effect without their being told at once. */
  readonly ambiguousPosts: () => readonly number[];
  /** Invocations that came to an end at a call, one way or another. */
  readonly interrupted: () => ReadonlySet<number>;
  /** When something went wrong, in epoch milliseconds. */
  readonly faultTimes: () => readonly number[];
};

/** Longer than the client waits for Slack; shorter than a post of unknown outcome is given. */
const GIVE_UP_MS = 5_000;
const LATEST_MS = 12_000;

/** There are few calls of Slack among those of AWS, and they are what cannot be taken back. */
const SLACK_WEIGHT = 4;

const weightOf = ({ service }: Call): number => (service === 'slack' ? SLACK_WEIGHT : 1);

/** A network on which things go wrong by plan. `note` is told of each call and what befell it. */
export const createFaultyNetwork = (
  kernel: Kernel,
  plan: Plan,
  chance: Chance,
  note: (call: Call, befell: string) => void,
): FaultyNetwork => {
  const { clock } = kernel;
  const times: number[] = [];
  const ambiguous: number[] = [];
  const interrupted = new Set<number>();

  const happened = (): void => {
    times.push(clock.now());
  };
  const strikes = (fault: Fault, times = 1): boolean => {
    const rate = clock.now() < plan.calmFrom ? plan.rates.get(fault) : undefined;
    const strikesNow = rate !== undefined && chance.happens(times * rate);
    if (strikesNow) {
      happened();
    }
    return strikesNow;
  };
  const isWithin = (windows: readonly Window[]): boolean => {
    const now = clock.now();
    const within = windows.some(({ from, to }) => from <= now && now < to);
    if (within) {
      happened();
    }
    return within;
  };
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

  const slackTrouble = ({ operation }: Call): SlackFailure | undefined => {
    if (isWithin(plan.outages)) {
      return chance.oneOf(failureOfStatus(503), { kind: 'transient', error: 'TimeoutError', ambiguous: true } as const);
    }
    if (isWithin(plan.badTokens)) {
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

  return {
    network: { aws, slack },
    strikes,
    ambiguousPosts: () => ambiguous,
    interrupted: () => interrupted,
    faultTimes: () => times,
  };
};
