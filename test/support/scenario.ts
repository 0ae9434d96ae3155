import { createChance } from '../../local/virtual/chance.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createCalmNetwork } from '../../local/virtual/network.ts';
import type { Call, Network } from '../../local/virtual/network.ts';
import { createWorld } from '../../local/virtual/world.ts';
import type { WorldOptions } from '../../local/virtual/world.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import { aPipelineEvent } from './events.ts';
import { TEN_O_CLOCK } from './rollouts.ts';

/** Pipelines of the shop to one channel, those of the docs to another, what has ended to one topic, all of it to a second. */
const CONFIG: Config = {
  slack: { workspace: 'T1', channels: { shop: 'C1', docs: 'C2' } },
  environments: [],
  routes: [
    { match: { pipeline: ['shop-*'] }, to: [{ kind: 'slack', channel: 'C1' }] },
    { match: { pipeline: ['docs-*'] }, to: [{ kind: 'slack', channel: 'C2' }] },
    { match: { state: ['succeeded', 'failed'] }, to: [{ kind: 'sns', topic: 'releases' }] },
    { match: {}, to: [{ kind: 'sns', topic: 'audit' }] },
  ],
};

/** Decides what becomes of a call; `calm` is what becomes of any other. */
export type Fault = (calm: Network, clock: Clock) => Partial<Network>;

type Given = Partial<Omit<WorldOptions, 'kernel' | 'network'>> & { readonly fault?: Fault };

const MINUTE_MS = 60_000;

/** The whole system in virtual time, with one thing that goes wrong. */
export const aScenario = ({ fault = () => ({}), ...given }: Given = {}) => {
  const kernel = createKernel(TEN_O_CLOCK);
  const calm = createCalmNetwork(kernel);
  const world = createWorld({
    kernel,
    config: CONFIG,
    network: { ...calm, ...fault(calm, kernel.clock) },
    random: createChance(1).random,
    historyScope: true,
    lookUp: () => Promise.resolve({}),
    ask: (rollouts) => rollouts.map(() => ({ kind: 'told', events: [] })),
    ...given,
  });
  let waiting = 0;
  let ids = 0;
  return {
    kernel,
    world,
    /** Has events come in, `atMs` after ten o'clock. */
    send: (atMs: number, ...texts: readonly string[]): void => {
      waiting += 1;
      kernel.after(TEN_O_CLOCK + atMs - kernel.clock.now(), () => {
        waiting -= 1;
        for (const text of texts) {
          ids += 1;
          world.send(text, `message-${ids}`);
        }
      });
    },
    /** Plays until nothing is left to do. False: that does not come within so many minutes. */
    rest: (minutes = 60): Promise<boolean> =>
      kernel.run(() => waiting === 0 && world.isAtRest(), kernel.clock.now() + minutes * MINUTE_MS),
    /** The messages that are there, and what they say. */
    texts: () =>
      world.slack
        .messages()
        .filter(({ deleted }) => !deleted)
        .map(({ text }) => text),
    /** How often Slack did what it was asked. */
    done: (method: string) =>
      world.slack.calls().filter((call) => call.method === method && call.result === 'ok').length,
    /** What a topic was told, by the ids of the events. */
    published: (topic: string) =>
      world
        .publications()
        .filter((publication) => publication.topic === topic)
        .map(({ document }) => document.eventId),
    outcomes: () => world.accounts().map(({ handled }) => handled.outcome),
  };
};

/** An event of `shop-prod`, or of the pipeline that is given, so many minutes after ten. */
export const anEvent = (
  minute: number,
  state: string,
  { pipeline = 'shop-prod', attempt = 1 }: { readonly pipeline?: string; readonly attempt?: number } = {},
): string =>
  aPipelineEvent(
    {
      id: `${pipeline}-${minute}-${state}`,
      time: new Date(TEN_O_CLOCK + minute * MINUTE_MS).toISOString().replace('.000Z', 'Z'),
    },
    { pipeline, state, 'pipeline-execution-attempt': attempt },
  );

/** Whether a call is the n-th of its kind. */
export const nth = (n: number, isMeant: (call: Call) => boolean): ((call: Call) => boolean) => {
  let seen = 0;
  return (call) => {
    seen += isMeant(call) ? 1 : 0;
    return isMeant(call) && seen === n;
  };
};

export const isCall =
  (name: Call['by']['name'], operation: string) =>
  (call: Call): boolean =>
    call.by.name === name && call.operation === operation;

const never = <Value>(): Promise<Value> => new Promise(() => undefined);

/** Ends the function at a call, which does or does not take effect. */
export const ending =
  (isMeant: (call: Call) => boolean, when: 'before' | 'after'): Fault =>
  (calm) => {
    const endAt = async <Value>(call: Call, effect: () => Value): Promise<Value> => {
      if (when === 'after') {
        effect();
      }
      call.by.die();
      return never();
    };
    return {
      aws: (call, effect) => (isMeant(call) ? endAt(call, effect) : calm.aws(call, effect)),
      slack: (call, effect) => (isMeant(call) ? endAt(call, effect) : calm.slack(call, effect)),
    };
  };

/** AWS does nothing and says so. */
export const throttling =
  (isMeant: (call: Call, now: number) => boolean, name = 'ThrottlingException'): Fault =>
  (calm, { now }) => ({
    aws: (call, effect) =>
      isMeant(call, now()) ? Promise.reject(Object.assign(new Error(name), { name })) : calm.aws(call, effect),
  });
