import * as v from 'valibot';

/** When AWS is to be asked about a rollout that has not ended: EventBridge may lose the event that says so. */
export type Watch = {
  /** Epoch milliseconds. */
  readonly at: number;
  /** How often in a row AWS had no news, or no answer. */
  readonly asked: number;
  /** How often in a row AWS knew nothing of it. */
  readonly missing: number;
};

export const StoredWatch = v.object({ at: v.number(), asked: v.number(), missing: v.number() });

const SILENT_MS = 5 * 60_000;
const LONGEST_MS = 10 * 60_000;

/** What AWS does not know when it is asked as often as this is gone. */
const MOST_MISSING = 2;

/** Begins to wait: something was heard just now. */
export const heard = (now: number): Watch => ({ at: now + SILENT_MS, asked: 0, missing: 0 });

/** What AWS said when it was asked. */
export type Answer = 'told' | 'missing' | 'failed';

/**
 * When to ask again. After an hour of silence every ten minutes will do: an end that was lost is known of within a
 * quarter of an hour. Undefined: AWS knows nothing of it, for good.
 */
export const askedAgain = (watch: Watch, answer: Answer, now: number, random: number): Watch | undefined => {
  const missing = answer === 'missing' ? watch.missing + 1 : answer === 'told' ? 0 : watch.missing;
  if (missing >= MOST_MISSING) {
    return undefined;
  }
  const asked = watch.asked + 1;
  // Spread out, so that what fell silent together does not ask together for ever.
  const wait = asked < 12 ? SILENT_MS : LONGEST_MS - random * SILENT_MS;
  return { at: now + Math.round(wait), asked, missing };
};
