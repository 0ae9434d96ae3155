import type { Clock } from '../clock.ts';

/** A clock, and what the answers of a service say about it. */
export type ServiceClock = Clock & {
  /**
   * Told of an answer: when it was asked for, by the clock that is to be set, and the `Date` that the service gave it; both
   * in epoch milliseconds. A date that is none changes nothing.
   */
  readonly hear: (sentAt: number, date: number) => void;
};

/** An HTTP date has no fractions: https://www.rfc-editor.org/rfc/rfc9110#name-date-http-date */
const GRAIN_MS = 1_000;

/**
 * The machine's clock, set by the dates of a service's answers, so that all who use the service tell the same time to within
 * about a second, however wrong their machines are. A clock that may be right is left alone.
 */
export const createServiceClock = ({ now, sleep }: Clock): ServiceClock => {
  /** How far the service is ahead at least, and at most. */
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  return {
    now: () => now() + Math.min(Math.max(least, 0), most),
    sleep,
    hear: (sentAt, date) => {
      if (Number.isNaN(date)) {
        return;
      }
      const [low, high] = [date - now(), date + GRAIN_MS - sentAt];
      // Where the two contradict each other the machine's clock was set in between.
      const agrees = low <= most && high >= least;
      least = agrees ? Math.max(least, low) : low;
      most = agrees ? Math.min(most, high) : high;
    },
  };
};
