import type { SlackFailure, SlackReply } from '../../shared/delivery/slack-reply.ts';
import { LATENCY_MS } from '../../local/virtual/network.ts';
import type { Call } from '../../local/virtual/network.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import type { FaultyNetwork } from './faults.ts';

/** What befalls an invocation at a call, by the call's place among all, and whether the call took effect before. */
export type Blow = { readonly step: number; readonly kind: BlowKind; readonly tookEffect: boolean };

export type BlowKind =
  /** It ends where it stands. */
  | 'killed'
  /** It stands still for a minute, and goes on. */
  | 'frozen'
  /** AWS answers with an error, or not at all. */
  | 'failed';

/** What a scenario has a service answer instead of a plain yes, and whether it did what it was asked. */
export type Trouble = { readonly failure: SlackFailure; readonly tookEffect: boolean };

/** By the call: `chat.update 2` is the second edit that Slack is asked for, `Publish 1` the first of SNS. */
export type Troubles = Readonly<Record<string, Trouble>>;

export type CrashNetwork = FaultyNetwork & {
  /** The calls that were made, as `deliver 3: PutItem 14`. */
  readonly steps: () => readonly string[];
  /** When Slack was asked although it had said, or not said, that it must not be. */
  readonly rudeness: () => readonly string[];
  /** Epoch milliseconds from when nobody stands still any more. */
  readonly thawedAt: () => number;
};

/** How long Slack's silence about a post or an edit may still end in its taking effect. */
const UNSETTLED_MS = 15_000;

/** Who was told that the token is bad asks again only when somebody may have renewed it. */
const BAD_TOKEN_MS = 60_000;

/** Until just after the queue has handed a wake-up out again: two owners work on one message at once. */
const FREEZE_MS = 61_500;

/** By then who stood still has done what it was about to do. */
const AWAKE_MS = 10_000;

/** A network on which nothing goes wrong but what a scenario asks for, and which deals one invocation one blow. */
export const createCrashNetwork = (
  kernel: Kernel,
  {
    troubles,
    answersAfterMs,
  }: { readonly troubles: Troubles; readonly answersAfterMs: Readonly<Record<string, number>> },
  blow: Blow | undefined,
): CrashNetwork => {
  const { clock } = kernel;
  const steps: string[] = [];
  const asked = new Map<string, number>();
  const forbidden: { readonly operation: string; readonly until: number; readonly told: number }[] = [];
  const rudeness: string[] = [];
  const ambiguous: number[] = [];
  const interrupted = new Set<number>();
  const times: number[] = [];
  let struck: number | undefined;
  let thawedAt = 0;

  const never = <Value>(): Promise<Value> => new Promise(() => undefined);

  const carry = async <Value>(call: Call, name: string, effect: () => Value, answerMs = 0): Promise<Value> => {
    const { by, service, operation } = call;
    const step = steps.push(`${by.name} ${by.number}: ${name}`) - 1;
    const latency = LATENCY_MS[service];
    const blown = step === blow?.step ? blow : undefined;
    await clock.sleep(latency / 2);
    if (blown !== undefined) {
      struck = by.number;
      thawedAt = blown.kind === 'frozen' ? clock.now() + FREEZE_MS + AWAKE_MS : 0;
      times.push(clock.now());
      if (operation === 'chat.postMessage' && (blown.tookEffect || blown.kind === 'frozen')) {
        ambiguous.push(by.number);
      }
    }
    if (blown?.kind === 'killed') {
      by.die();
      interrupted.add(by.number);
    }
    if (blown?.kind === 'failed' && service !== 'slack') {
      interrupted.add(by.number);
      if (blown.tookEffect) {
        effect();
      }
      await clock.sleep(latency / 2);
      throw new Error(blown.tookEffect ? 'TimeoutError' : 'ThrottlingException');
    }
    if (blown?.kind === 'frozen' && !blown.tookEffect) {
      by.freeze(FREEZE_MS);
      await clock.sleep(FREEZE_MS);
    }
    // What was on its way together with the call at which an invocation is killed ends as that call does.
    if (!by.isAlive() && blow?.tookEffect !== true) {
      return never();
    }
    const value = effect();
    if (blown?.kind === 'frozen' && blown.tookEffect) {
      by.freeze(FREEZE_MS);
    }
    await clock.sleep(latency / 2 + answerMs);
    return value;
  };

  /** What was told to whom a blow fell others do not know in time, nor does it know what they were told meanwhile. */
  const isForbidden = ({ operation, by }: Call): boolean =>
    by.number !== struck &&
    forbidden.some(
      ({ operation: one, until, told }) =>
        (one === operation || one === 'any') && clock.now() < until && told !== struck,
    );

  const hear = ({ by, operation }: Call, { failure, tookEffect }: Trouble): void => {
    const forbid = (one: string, ms: number): void => {
      forbidden.push({ operation: one, until: clock.now() + ms, told: by.number });
    };
    times.push(clock.now());
    if (tookEffect && operation === 'chat.postMessage') {
      ambiguous.push(by.number);
    }
    switch (failure.kind) {
      case 'rate-limited':
        forbid(operation, failure.retryAfterMs);
        break;
      case 'unauthorized':
        forbid('any', BAD_TOKEN_MS);
        break;
      case 'transient':
        forbid(operation, failure.ambiguous ? UNSETTLED_MS : 0);
        break;
      case 'refused':
      case 'uneditable':
      case 'unacceptable':
    }
  };

  const nameOf = ({ operation }: Call): string => {
    const count = (asked.get(operation) ?? 0) + 1;
    asked.set(operation, count);
    return `${operation} ${count}`;
  };

  const aws = <Value>(call: Call, effect: () => Value): Promise<Value> => {
    const name = nameOf(call);
    const trouble = troubles[name];
    return carry(call, name, () => {
      if (trouble === undefined) {
        return effect();
      }
      times.push(clock.now());
      throw new Error(trouble.failure.kind);
    });
  };

  const slack = async <Value>(call: Call, effect: () => SlackReply<Value>): Promise<SlackReply<Value>> => {
    const { operation, by } = call;
    const name = nameOf(call);
    if (isForbidden(call)) {
      rudeness.push(`P5: ${by.name} ${by.number} asked for ${operation} too soon`);
    }
    const trouble = troubles[name];
    if (trouble === undefined) {
      return carry(call, name, effect, answersAfterMs[name]);
    }
    return carry(call, name, () => {
      hear(call, trouble);
      if (trouble.tookEffect) {
        effect();
      }
      return { ok: false, failure: trouble.failure };
    });
  };

  return {
    network: { aws, slack },
    strikes: () => false,
    steps: () => steps,
    rudeness: () => rudeness,
    thawedAt: () => thawedAt,
    ambiguousPosts: () => ambiguous,
    interrupted: () => interrupted,
    faultTimes: () => times,
  };
};
