import type { SlackFailure, SlackReply } from '../../shared/delivery/slack-reply.ts';
import { LATENCY_MS } from '../../local/virtual/network.ts';
import type { Call } from '../../local/virtual/network.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import type { FaultyNetwork } from './faults.ts';

/** Where an invocation is killed: at a call, by its place among all calls, which takes effect or does not. */
export type Crash = { readonly step: number; readonly tookEffect: boolean };

/** What a scenario has Slack answer instead of a plain yes, and whether it did what it was asked. */
export type Trouble = { readonly failure: SlackFailure; readonly tookEffect: boolean };

/** By the call: `chat.update 2` is the second edit that Slack is asked for. */
export type Troubles = Readonly<Record<string, Trouble>>;

export type CrashNetwork = FaultyNetwork & {
  /** The calls that were made, as `deliver 3: PutItem`. */
  readonly steps: () => readonly string[];
  /** When Slack was asked although it had said, or not said, that it must not be. */
  readonly rudeness: () => readonly string[];
};

/** How long Slack's silence about a post or an edit may still end in its taking effect. */
const UNSETTLED_MS = 15_000;

/** Who was told that the token is bad asks again only when somebody may have renewed it. */
const BAD_TOKEN_MS = 60_000;

/** A network on which nothing goes wrong but what a scenario asks for, and on which one invocation is killed. */
export const createCrashNetwork = (kernel: Kernel, troubles: Troubles, crash: Crash | undefined): CrashNetwork => {
  const { clock } = kernel;
  const steps: string[] = [];
  const asked = new Map<string, number>();
  const forbidden: { readonly operation: string; readonly until: number; readonly told: number }[] = [];
  const rudeness: string[] = [];
  const ambiguous: number[] = [];
  const interrupted = new Set<number>();
  const times: number[] = [];

  const never = <Value>(): Promise<Value> => new Promise(() => undefined);

  const carry = async <Value>({ by, service, operation }: Call, effect: () => Value): Promise<Value> => {
    const step = steps.push(`${by.name} ${by.number}: ${operation}`) - 1;
    await clock.sleep(LATENCY_MS[service] / 2);
    if (step === crash?.step) {
      by.die();
      interrupted.add(by.number);
      times.push(clock.now());
      if (crash.tookEffect && operation === 'chat.postMessage') {
        ambiguous.push(by.number);
      }
    }
    // What was on its way together with the call at which an invocation is killed ends as that call does.
    if (!by.isAlive() && crash?.tookEffect !== true) {
      return never();
    }
    const value = effect();
    await clock.sleep(LATENCY_MS[service] / 2);
    return value;
  };

  /** What an invocation was told that was killed nobody knows of. */
  const isForbidden = (operation: string): boolean =>
    forbidden.some(
      ({ operation: one, until, told }) =>
        (one === operation || one === 'any') && clock.now() < until && !interrupted.has(told),
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
      case 'unacceptable':
    }
  };

  const slack = async <Value>(call: Call, effect: () => SlackReply<Value>): Promise<SlackReply<Value>> => {
    const { operation, by } = call;
    const count = (asked.get(operation) ?? 0) + 1;
    asked.set(operation, count);
    if (isForbidden(operation)) {
      rudeness.push(`P5: ${by.name} ${by.number} asked for ${operation} too soon`);
    }
    const trouble = troubles[`${operation} ${count}`];
    if (trouble === undefined) {
      return carry(call, effect);
    }
    return carry(call, () => {
      hear(call, trouble);
      if (trouble.tookEffect) {
        effect();
      }
      return { ok: false, failure: trouble.failure };
    });
  };

  return {
    network: { aws: carry, slack },
    strikes: () => false,
    steps: () => steps,
    rudeness: () => rudeness,
    ambiguousPosts: () => ambiguous,
    interrupted: () => interrupted,
    faultTimes: () => times,
  };
};
