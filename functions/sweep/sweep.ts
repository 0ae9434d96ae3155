import type { Clock } from '../../shared/clock.ts';
import { awoken, deliveryItem } from '../../shared/delivery/delivery.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Log } from '../../shared/log.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { channelOf } from '../../shared/store/keys.ts';
import type { Store } from '../../shared/store/store.ts';

/** What one sweep did. */
export type Swept = { readonly due: number; readonly awoken: number };

export type Sweep = () => Promise<Swept>;

export type SweepDeps = {
  readonly store: Pick<Store, 'due'>;
  readonly changeItem: ChangeItem;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/** More than a channel can take within the time that passes until the sweep comes back to the same delivery. */
const MOST = 2_000;

/** How many wake-ups go out together. */
const TOGETHER = 10;

/** Sends a wake-up for each delivery that is due: the one watchdog behind lost wake-ups, crashes and retries. */
export const createSweep =
  ({ store, changeItem, wakeUp, clock, log }: SweepDeps): Sweep =>
  async () => {
    const due = await store.due('delivery', clock.now(), MOST);
    let sent = 0;
    for (let from = 0; from < due.length; from += TOGETHER) {
      const some = due.slice(from, from + TOGETHER).flatMap(({ key, at }) => {
        const channel = channelOf(key);
        return channel === undefined ? [] : [{ key, at, wake: { pk: key.pk, channel } }];
      });
      // First the wake-up, then the record of it: a crash in between costs no more than a wake-up too many.
      await wakeUp(some.map(({ wake }) => wake));
      await Promise.all(some.map(({ key, at }) => changeItem(key, deliveryItem, awoken(at, clock.now()))));
      sent += some.length;
    }
    log.info('swept', { due: due.length, awoken: sent });
    return { due: due.length, awoken: sent };
  };
