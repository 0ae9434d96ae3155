import { createNotify } from '../../functions/notify/notify.ts';
import { createChance } from '../../local/virtual/chance.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import { NO_GATES, NOT_JOINED } from '../../local/virtual/world.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createLoadEvents } from './load-workload.ts';
import { channelConfig, pipelinesOf } from './play-load.ts';

/** How many events the use case of `notify` takes in when nothing is waited for. */
export type NotifyRate = { readonly events: number; readonly seconds: number; readonly perSecond: number };

const BATCH = 10;

const nothing = (): void => undefined;

/** Takes in a burst of events, ten at a time, with a table in memory behind it. Seconds of CPU, one core. */
export const measureNotify = async (): Promise<NotifyRate> => {
  const store = createMemoryStore(createMemoryTable(), (_operation, effect) => Promise.resolve(effect()));
  const notify = createNotify({
    config: channelConfig(4),
    changeItem: createChangeItem({ store, clock: systemClock, random: Math.random }),
    publish: () => Promise.resolve(),
    lookUp: () => Promise.resolve({}),
    join: NOT_JOINED,
    wakeUp: () => Promise.resolve(),
    oldestEventMs: Number.POSITIVE_INFINITY,
    clock: systemClock,
    log: { info: nothing, warn: nothing, error: nothing },
    gates: NO_GATES,
  });
  const events = createLoadEvents(
    {
      executions: 200,
      pipelines: pipelinesOf(4),
      stages: 6,
      actionsPerStage: 3,
      startsAtMs: () => 0,
      lastsMs: 10_000,
      doubled: 0,
      shuffled: false,
    },
    Date.UTC(2026, 10, 20, 10),
    createChance(1),
  );
  const before = process.cpuUsage();
  for (let from = 0; from < events.length; from += BATCH) {
    await notify(events.slice(from, from + BATCH).map(({ text }, place) => ({ id: String(from + place), text })));
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  return { events: events.length, seconds, perSecond: events.length / seconds };
};
