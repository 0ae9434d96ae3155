import type { Chance } from '../../local/virtual/chance.ts';
import { createChance } from '../../local/virtual/chance.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import type { Network } from '../../local/virtual/network.ts';
import { createWorld } from '../../local/virtual/world.ts';
import type { Config } from '../../shared/config/config.ts';
import { labelsOf } from '../../shared/config/labels.ts';
import { slackMessage } from '../../shared/message/slack-message.ts';
import { fold } from '../../shared/rollout/fold.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import { rolloutPk } from '../../shared/store/keys.ts';
import { createLoadEvents } from './load-workload.ts';
import type { Workload } from './load-workload.ts';

/** A load: what comes in, for how many channels, over what kind of network. */
export type Load = {
  readonly workload: Workload;
  readonly channels: number;
  readonly networkOf: (kernel: Kernel, chance: Chance) => Network;
  /** When Slack is out of reach, in milliseconds after the begin. */
  readonly outage?: { readonly fromMs: number; readonly toMs: number };
};

/** What came of a load. Times in milliseconds of virtual time after its begin. */
export type Played = {
  readonly events: number;
  readonly lastArrivalMs: number;
  /** When the last message had become what it was to be. */
  readonly convergedMs: number;
  /** When the last event was taken in. */
  readonly takenInMs: number;
  readonly messages: number;
  /** Of the channel that gets most. */
  readonly mostMessages: number;
  readonly posts: number;
  readonly edits: number;
  /** Messages beyond one for each execution and channel. */
  readonly duplicates: number;
  /** Executions whose message is missing or shows something else than what was received. */
  readonly stale: number;
  readonly slackCalls: number;
  readonly rateLimited: number;
  readonly callsInOutage: number;
  readonly deadLetters: number;
  /** The largest item, in bytes of its body. */
  readonly largestItem: number;
  /** Of the message that has most. */
  readonly mostBlocks: number;
  /** Events that waited or were worked on, the most at any full ten minutes of the first half and of the second. */
  readonly backlog: readonly [number, number];
};

const BEGIN = Date.UTC(2026, 10, 20, 10);
const MINUTE_MS = 60_000;

/** How long after the last arrival, or the end of an outage, a load may take to come to rest. */
const PATIENCE_MS = 6 * 60 * MINUTE_MS;

/** Looking whether all is at rest costs a walk through the table. */
const LOOK_EVERY_MS = 1_000;

/** Each pipeline has a channel of its own; what has ended is published too. */
export const channelConfig = (channels: number): Config => {
  const ids = Array.from({ length: channels }, (_, number) => `C${number}`);
  return {
    slack: { workspace: 'T1', channels: Object.fromEntries(ids.map((id) => [id.toLowerCase(), id])) },
    environments: [],
    routes: [
      ...ids.map((channel) => ({
        match: { pipeline: [`pipeline-${channel}`] },
        to: [{ kind: 'slack' as const, channel }],
      })),
      { match: { state: ['succeeded', 'failed'] }, to: [{ kind: 'sns', topic: 'releases' }] },
    ],
  };
};

export const pipelinesOf = (channels: number): readonly string[] =>
  Array.from({ length: channels }, (_, number) => `pipeline-C${number}`);

/** Plays a load in virtual time until nothing is left to do. The same seed, the same figures. */
export const playLoad = async ({ workload, channels, networkOf, outage }: Load, seed = 1): Promise<Played> => {
  const chance = createChance(seed);
  const kernel = createKernel(BEGIN);
  const { clock } = kernel;
  const config = channelConfig(channels);
  const events = createLoadEvents(workload, BEGIN, chance);
  const lastArrivalMs = events.at(-1)?.atMs ?? 0;
  const network = networkOf(kernel, chance);
  const since = (): number => clock.now() - BEGIN;

  let callsInOutage = 0;
  let slackCalls = 0;
  let convergedMs = 0;
  let largestItem = 0;
  const pks = new Map<string, string>();
  const world = createWorld({
    kernel,
    config,
    network: {
      aws: network.aws,
      slack: (call, effect) => {
        slackCalls += 1;
        callsInOutage += outage !== undefined && since() >= outage.fromMs && since() < outage.toMs ? 1 : 0;
        return network.slack(call, effect);
      },
    },
    random: chance.random,
    historyScope: true,
    // AWS has nothing to add: no event is lost here.
    ask: (rollouts) => rollouts.map(() => ({ kind: 'told', events: [] })),
    lookUp: () => Promise.resolve({}),
    onSlackDeed: ({ wakeUp, ts }) => {
      convergedMs = since();
      pks.set(`${wakeUp.channel}/${ts}`, wakeUp.pk);
    },
    onWritten: ({ body }) => {
      largestItem = Math.max(largestItem, Buffer.byteLength(JSON.stringify(body)));
    },
  });

  let sent = 0;
  for (const [place, { atMs, text }] of events.entries()) {
    kernel.after(atMs, () => {
      sent += 1;
      world.send(text, String(place));
    });
  }
  const backlog: { readonly atMs: number; readonly events: number }[] = [];
  const watch = (): void => {
    backlog.push({ atMs: since(), events: sent - handledBy(world.accounts()) });
    if (since() < lastArrivalMs) {
      kernel.after(10 * MINUTE_MS, watch);
    }
  };
  kernel.after(10 * MINUTE_MS, watch);

  let nextLook = 0;
  const isOver = (): boolean => {
    if (sent < events.length || clock.now() < nextLook) {
      return false;
    }
    nextLook = clock.now() + LOOK_EVERY_MS;
    return world.isAtRest();
  };
  const until = BEGIN + Math.max(lastArrivalMs, outage?.toMs ?? 0) + PATIENCE_MS;
  const cameToRest = await kernel.run(isOver, until);
  if (!cameToRest) {
    throw new Error(`The load does not come to rest within ${PATIENCE_MS / MINUTE_MS} minutes`);
  }

  const held = world.slack.messages().filter(({ deleted }) => !deleted);
  const expected = expectedLooks(
    events.map(({ text }) => text),
    config,
  );
  const looks = new Set(held.map(({ channel, ts, text, blocks }) => lookOf(pks.get(`${channel}/${ts}`), text, blocks)));
  const calls = world.slack.calls();
  const half = lastArrivalMs / 2;
  const worst = (isMine: (atMs: number) => boolean): number =>
    Math.max(0, ...backlog.filter(({ atMs }) => isMine(atMs)).map((one) => one.events));
  return {
    events: events.length,
    lastArrivalMs,
    convergedMs,
    takenInMs: Math.max(0, ...world.accounts().map(({ at }) => at - BEGIN)),
    messages: held.length,
    mostMessages: Math.max(...[...Map.groupBy(held, ({ channel }) => channel).values()].map((of) => of.length)),
    posts: calls.filter(({ method, result }) => method === 'chat.postMessage' && result === 'ok').length,
    edits: calls.filter(({ method, result }) => method === 'chat.update' && result === 'ok').length,
    duplicates: held.length - new Set(held.map(({ channel, ts }) => pks.get(`${channel}/${ts}`))).size,
    stale: expected.filter((look) => !looks.has(look)).length,
    slackCalls,
    rateLimited: calls.filter(({ result }) => result === 'ratelimited').length,
    callsInOutage,
    deadLetters: world.deadLetters().length,
    largestItem,
    mostBlocks: Math.max(...held.map(({ blocks }) => blocks.length)),
    backlog: [worst((atMs) => atMs <= half), worst((atMs) => atMs > half)],
  };
};

const handledBy = (accounts: readonly { readonly handled: { readonly id: string } }[]): number =>
  new Set(accounts.map(({ handled }) => handled.id)).size;

/** What each execution's message has to be in the end: the events folded one after the other, in no queue's order. */
const expectedLooks = (texts: readonly string[], config: Config): readonly string[] => {
  const rollouts = new Map<string, Rollout>();
  for (const text of texts) {
    const parsed = parseEventText(text);
    if (parsed.kind !== 'change') {
      throw new Error(`An event of the load is no change: ${parsed.kind}`);
    }
    const pk = rolloutPk(parsed.change.rollout);
    rollouts.set(pk, fold(rollouts.get(pk), parsed.change));
  }
  return [...rollouts].map(([pk, rollout]) => {
    const { text, blocks } = slackMessage(rollout, labelsOf(rollout.id, config), 'full');
    return lookOf(pk, text, blocks);
  });
};

const lookOf = (pk: string | undefined, text: string, blocks: readonly unknown[]): string =>
  JSON.stringify([pk, text, blocks]);
