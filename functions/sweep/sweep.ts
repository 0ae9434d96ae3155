import { asError } from '../../shared/as-error.ts';
import type { Clock } from '../../shared/clock.ts';
import { awoken, deliveryItem } from '../../shared/delivery/delivery.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Log } from '../../shared/log.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { deliveryPlaceOf, gateOf, isWatch } from '../../shared/store/keys.ts';
import type { DueItem, Store } from '../../shared/store/store.ts';
import type { Reconciled } from './reconcile.ts';

/** What one sweep did: how many deliveries were due, how many of them it could not see to, how many gates and runs of validation, and what AWS was asked. */
export type Swept = {
  readonly due: number;
  readonly failed: number;
  readonly gates: number;
  readonly runs: number;
} & Reconciled;

export type Sweep = () => Promise<Swept>;

export type SweepDeps = {
  readonly store: Pick<Store, 'due'>;
  readonly changeItem: ChangeItem;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly reconcile: () => Promise<Reconciled>;
  /** Has gates looked at, by their ids. */
  readonly lookAt: (gates: readonly string[]) => Promise<void>;
  /** Looks after the runs of validation that are due, and what watches traffic, by their ids. */
  readonly watchRuns: (runs: readonly string[], watches: readonly string[]) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/** More than a channel can take within the time that passes until the sweep comes back to the same delivery. */
const MOST = 2_000;

/** How many deliveries are seen to at a time. */
const TOGETHER = 10;

/** What is left over is due all the same in the next minute. */
const MOST_GATES = 200;

/** The longest due come first. */
const MOST_RUNS = 100;

/**
 * Sends a wake-up for each delivery that is due, then asks AWS about rollouts that are silent: the one watchdog behind
 * lost wake-ups and events, crashes and retries.
 */
export const createSweep =
  (deps: SweepDeps): Sweep =>
  async () => {
    const { store, clock, log } = deps;
    // CodeDeploy waits for them, and not for long.
    const runs = await watchRuns(deps);
    const due = await store.due('delivery', clock.now(), MOST);
    let failed = 0;
    for (let from = 0; from < due.length; from += TOGETHER) {
      const some = due.slice(from, from + TOGETHER);
      // What is wrong with one delivery is no reason to leave another asleep.
      const results = await Promise.allSettled(some.map((item) => wake(deps, item)));
      for (const [index, result] of results.entries()) {
        if (result.status === 'rejected') {
          failed += 1;
          log.error('delivery not woken', { rollout: some[index]?.key.pk, error: asError(result.reason) });
        }
      }
    }
    const gates = await wakeGates(deps);
    const reconciled = await reconcileOrNot(deps);
    log.info('swept', { due: due.length, failed, gates, runs, ...reconciled });
    return { due: due.length, failed, gates, runs, ...reconciled };
  };

/** Has the runs looked after whose time has come. Returns how many there were. */
const watchRuns = async ({ store, watchRuns: watch, clock, log }: SweepDeps): Promise<number> => {
  try {
    const due = await store.due('run', clock.now(), MOST_RUNS);
    const idsOf = (some: readonly DueItem[]) => some.flatMap(({ key }) => gateOf(key.pk) ?? []);
    const watches = idsOf(due.filter(({ key }) => isWatch(key)));
    const runs = idsOf(due.filter(({ key }) => !isWatch(key)));
    if (due.length > 0) {
      await watch(runs, watches);
    }
    return due.length;
  } catch (error) {
    log.error('runs not looked after', { error: asError(error) });
    return 0;
  }
};

/** Has the gates looked at whose time has come; whoever looks says when the next one is. Returns how many there were. */
const wakeGates = async ({ store, lookAt, clock, log }: SweepDeps): Promise<number> => {
  try {
    const due = await store.due('gate', clock.now(), MOST_GATES);
    const ids = due.flatMap(({ key }) => gateOf(key.pk) ?? []);
    if (ids.length > 0) {
      await lookAt(ids);
    }
    return ids.length;
  } catch (error) {
    log.error('gates not looked at', { error: asError(error) });
    return 0;
  }
};

/** What goes wrong there is no reason to call the sweep as a whole a failure: it comes again in a minute. */
const reconcileOrNot = async ({ reconcile, log }: SweepDeps): Promise<Reconciled> => {
  try {
    return await reconcile();
  } catch (error) {
    log.error('not reconciled', { error: asError(error) });
    return { asked: 0, news: 0 };
  }
};

/** First the wake-up, then the record of it: a crash in between costs no more than a wake-up too many. */
const wake = async ({ changeItem, wakeUp, clock }: SweepDeps, { key, at }: DueItem): Promise<void> => {
  const place = deliveryPlaceOf(key);
  if (place === undefined) {
    throw new Error(`What is due is no delivery: ${key.sk}`);
  }
  await wakeUp([place]);
  await changeItem(key, deliveryItem, awoken(at, clock.now()));
};
