import type { Handled, NotifyDeps } from '../../functions/notify/notify.ts';
import type { Config } from '../../shared/config/config.ts';
import type { SnsDocument } from '../../shared/message/sns-document-schema.ts';
import { rolloutName } from '../../shared/message/rollout-name.ts';
import { overviewOf } from '../../shared/rollout/overview.ts';
import type { RolloutId } from '../../shared/rollout/rollout.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { State } from '../../shared/rollout/state.ts';
import { compareText } from '../../shared/rollout/version.ts';
import { rolloutKey } from '../../shared/store/keys.ts';
import type { Item } from '../../shared/store/store.ts';
import { createChance } from '../virtual/chance.ts';
import { createKernel } from '../virtual/kernel.ts';
import { createCalmNetwork } from '../virtual/network.ts';
import type { HeardCall } from '../virtual/virtual-slack.ts';
import { createWorld } from '../virtual/world.ts';
import type { World } from '../virtual/world.ts';
import type { Schedule, ScheduledEvent } from './schedule-events.ts';

/** What came of a replay; what `--json` prints. */
export type Replayed = {
  readonly events: readonly {
    readonly path: string;
    readonly index: number;
    readonly id: string | null;
    /** Null: nothing has come of it. */
    readonly outcome: Exclude<Handled['outcome'], 'failed'> | null;
    readonly reason: string | null;
  }[];
  readonly rollouts: readonly (RolloutId & {
    readonly state: State;
    readonly registers: Readonly<Record<string, State>>;
  })[];
  readonly slack: {
    readonly messages: readonly {
      readonly channel: string;
      readonly ts: string;
      readonly threadTs: string | null;
      readonly text: string;
      readonly blocks: readonly unknown[];
      readonly edits: number;
    }[];
    readonly calls: readonly HeardCall[];
  };
  readonly sns: readonly {
    readonly topic: string;
    readonly subject: string;
    /** As a mail has it. */
    readonly message: string;
    readonly sms: string;
    /** As machines have it. */
    readonly json: SnsDocument;
    readonly attributes: Readonly<Record<string, string>>;
  }[];
  readonly converged: boolean;
};

/** Long enough for thousands of messages at Slack's pace; what is not done then never will be. */
const PATIENCE_MS = 7 * 24 * 60 * 60_000;

/** Runs recorded events through the use cases in virtual time. */
export const replayEvents = async (
  config: Config,
  { startsAt, events }: Schedule,
  { lookUp, join }: Pick<NotifyDeps, 'lookUp' | 'join'>,
  onProgress?: (handled: number) => void,
): Promise<Replayed> => {
  const kernel = createKernel(startsAt);
  const world = createWorld({
    kernel,
    config,
    network: createCalmNetwork(kernel),
    random: createChance(1).random,
    historyScope: true,
    lookUp,
    join,
    // What was recorded is all there is to know.
    ask: (rollouts) => rollouts.map(() => ({ kind: 'elsewhere' })),
    // Of two copies that are handled at the same moment each would be news: one after the other they are counted right.
    notifyConcurrency: 1,
    // Whatever was recorded is wanted.
    oldestEventMs: Number.POSITIVE_INFINITY,
  });
  let sent = 0;
  for (const [place, { atMs, text }] of events.entries()) {
    kernel.after(atMs, () => {
      sent += 1;
      world.send(text, String(place));
      onProgress?.(sent);
    });
  }
  const lastAt = startsAt + (events.at(-1)?.atMs ?? 0);
  const converged = await kernel.run(() => sent === events.length && world.isAtRest(), lastAt + PATIENCE_MS);
  const accounts = eventsOf(world, events);
  return {
    events: accounts,
    rollouts: world.items().flatMap(rolloutOf).sort(byId),
    slack: {
      messages: world.slack
        .messages()
        .filter(({ deleted }) => !deleted)
        .map(({ channel, ts, thread = null, text, blocks, edits }) => ({
          channel,
          ts,
          threadTs: thread,
          text,
          blocks,
          edits,
        })),
      calls: world.slack.calls(),
    },
    sns: world.publications().map(({ topic, subject, message, sms, document, attributes }) => ({
      topic,
      subject,
      message,
      sms,
      json: document,
      attributes,
    })),
    converged: converged && accounts.every(({ outcome }) => outcome !== null),
  };
};

const eventsOf = (world: World, events: readonly ScheduledEvent[]): Replayed['events'] => {
  const handled = new Map(world.accounts().map((account) => [account.handled.id, account.handled]));
  return events.map(({ path, index, id }, place) => {
    const account = handled.get(String(place));
    return {
      path,
      index,
      id,
      outcome: account === undefined || account.outcome === 'failed' ? null : account.outcome,
      reason: account?.reason ?? null,
    };
  });
};

const isRollout = ({ key }: Item): boolean => key.pk.startsWith('X#') && key.sk === rolloutKey(key.pk).sk;

const rolloutOf = (item: Item): Replayed['rollouts'] => {
  if (!isRollout(item)) {
    return [];
  }
  const { rollout } = rolloutItem.parse(item.body);
  const registers = Object.entries(rollout.registers)
    .map(([name, { state }]) => [name, state] as const)
    .sort(([a], [b]) => compareText(a, b));
  return [{ ...rollout.id, state: overviewOf(rollout).state, registers: Object.fromEntries(registers) }];
};

const byId = (a: Replayed['rollouts'][number], b: Replayed['rollouts'][number]): number =>
  compareText(rolloutName(a, 250), rolloutName(b, 250)) || compareText(JSON.stringify(a), JSON.stringify(b));
