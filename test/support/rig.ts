import type { Config } from '../../shared/config/config.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import type { SnsMessage } from '../../shared/message/sns-message.ts';
import type { StateChange } from '../../shared/rollout/rollout.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import type { Store } from '../../shared/store/store.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import { TEN_O_CLOCK } from './rollouts.ts';

/** Everything to one channel, what has ended to one topic. */
const CONFIG: Config = {
  slack: { workspace: 'T1', channels: { deployments: 'C1' } },
  environments: [{ name: 'production', match: { pipeline: ['*-prod'], account: [] } }],
  routes: [
    { match: { pipeline: [], state: [] }, to: [{ kind: 'slack', channel: 'C1' }] },
    { match: { pipeline: [], state: ['succeeded', 'failed'] }, to: [{ kind: 'sns', topic: 'releases' }] },
  ],
};

export type Logged = { readonly level: keyof Log; readonly message: string; readonly fields: LogFields };

/** Where the events of the builders come from. */
const ACCOUNT = '111122223333';

const MINUTE = 60_000;

/** What every use case needs, in memory; the clock only moves when somebody sleeps or turns it. */
export const aRig = (overStore: (store: Store) => Store = (store) => store) => {
  const table = createMemoryTable();
  const store = overStore(createMemoryStore(table, (_operation, effect) => Promise.resolve(effect())));
  const logged: Logged[] = [];
  const wakeUps: WakeUp[] = [];
  const looks: string[] = [];
  const watched: string[] = [];
  const published: { readonly topic: string; readonly subject: string }[] = [];
  let now = TEN_O_CLOCK + 10 * MINUTE;
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
  const lookAt = (some: readonly string[]) => {
    looks.push(...some);
    return Promise.resolve();
  };
  const keep =
    (level: keyof Log) =>
    (message: string, fields: LogFields = {}): void => {
      logged.push({ level, message, fields });
    };
  return {
    config: CONFIG,
    store,
    items: table.items,
    changeItem: createChangeItem({ store, clock, random: () => 0.5 }),
    clock,
    stopwatch: clock.now,
    random: () => 0.5,
    log: { info: keep('info'), warn: keep('warn'), error: keep('error') } satisfies Log,
    logged,
    wakeUp: (some: readonly WakeUp[]) => {
      wakeUps.push(...some);
      return Promise.resolve();
    },
    wakeUps,
    lookUp: () => Promise.resolve({}),
    join: (change: StateChange) => Promise.resolve(change),
    gates: {
      account: ACCOUNT,
      lookAt,
      findApproval: () => Promise.resolve(undefined),
    },
    lookAt,
    looks,
    /** The runs that the sweep has looked after. */
    watched,
    watchRuns: (some: readonly string[]) => {
      watched.push(...some);
      return Promise.resolve();
    },
    oldestEventMs: 45 * 24 * 60 * MINUTE,
    publish: (topic: string, { subject }: SnsMessage) => {
      published.push({ topic, subject });
      return Promise.resolve();
    },
    published,
  };
};
