import * as v from 'valibot';
import type { ItemKind, Step } from '../store/change-item.ts';

/** Until when a workspace's method, or all of them, are left alone. */
export type Pause = {
  /** Epoch milliseconds. */
  readonly until: number;
  /** Pauses in a row that ended in no success. */
  readonly count: number;
  readonly error?: string;
};

const StoredPause = v.object({ until: v.number(), count: v.number(), error: v.exactOptional(v.string()) });

export const pauseItem: ItemKind<Pause> = { parse: (body) => v.parse(StoredPause, body) };

/** Leaves a method alone until the time that Slack named. */
export const methodPaused =
  (until: number) =>
  (pause: Pause | undefined): Step<Pause, undefined> =>
    pause !== undefined && pause.until >= until
      ? { outcome: undefined }
      : { body: { until, count: 0 }, outcome: undefined };

const FIRST_TRY_MS = 60_000;
const LAST_TRY_MS = 15 * 60_000;

/**
 * Opens the circuit: no call until somebody may have renewed the token, then tries at ever longer intervals. The
 * outcome says whether it was closed before, and until when it is open.
 */
export const circuitOpened =
  (error: string, now: number) =>
  (pause: Pause | undefined): Step<Pause, { readonly wasClosed: boolean; readonly until: number }> => {
    const count = pause?.count ?? 0;
    if (pause !== undefined && pause.until > now) {
      return { outcome: { wasClosed: false, until: pause.until } };
    }
    const until = now + Math.min(LAST_TRY_MS, FIRST_TRY_MS * 2 ** count);
    return { body: { until, count: count + 1, error }, outcome: { wasClosed: count === 0, until } };
  };

/** Closes the circuit after a call that went well. True: it was open. */
export const circuitClosed = (pause: Pause | undefined): Step<Pause, boolean> =>
  pause === undefined || pause.count === 0 ? { outcome: false } : { body: { until: 0, count: 0 }, outcome: true };
