import * as v from 'valibot';

/** When AWS is to be asked about a rollout that has not ended: EventBridge may lose the event that says so. */
export type Watch = {
  /** Epoch milliseconds. */
  readonly at: number;
  /** How often it was asked about since something was heard of it. */
  readonly asked: number;
  /** How often since then what AWS said was news, how often it knew nothing, and how often it would not say. */
  readonly news: number;
  readonly missing: number;
  readonly denied: number;
};

export const StoredWatch = v.object({
  at: v.number(),
  asked: v.number(),
  news: v.number(),
  missing: v.number(),
  denied: v.number(),
});

const MINUTE_MS = 60_000;
const SILENT_MS = 5 * MINUTE_MS;
const LONGEST_MS = 10 * MINUTE_MS;
const LONGEST_WITH_NEWS_MS = 60 * MINUTE_MS;

/** What AWS does not know when it is asked as often as this is gone. */
const MOST_MISSING = 2;

/** A new permission takes a while to be known everywhere; what is denied after that stays denied. */
const MOST_DENIED = 6;

/** Begins to wait: something was heard just now. */
export const heard = (now: number): Watch => ({ at: now + SILENT_MS, asked: 0, news: 0, missing: 0, denied: 0 });

/** What AWS said when it was asked: `failed` is no answer, which says nothing about the rollout. */
export type Answer = 'nothing-new' | 'news' | 'missing' | 'denied' | 'failed';

/** When to ask again, or why not. */
export type Next =
  | { readonly kind: 'ask-again'; readonly watch: Watch }
  /** AWS knows nothing of it, for good. */
  | { readonly kind: 'gone' }
  /** Nobody may ask. */
  | { readonly kind: 'denied' };

/**
 * Decides when to ask again. After an hour of silence every ten minutes will do: an end that was lost is known of within
 * a quarter of an hour. News that were sent and not heard wait in a queue: they are not sent over and over.
 */
export const askedAgain = (watch: Watch, answer: Answer, now: number, random: number): Next => {
  const missing = answer === 'missing' ? watch.missing + 1 : answer === 'failed' ? watch.missing : 0;
  const denied = answer === 'denied' ? watch.denied + 1 : watch.denied;
  if (missing >= MOST_MISSING) {
    return { kind: 'gone' };
  }
  if (denied >= MOST_DENIED) {
    return { kind: 'denied' };
  }
  const news = answer === 'news' ? watch.news + 1 : watch.news;
  const asked = watch.asked + 1;
  // Spread out, so that what fell silent together does not ask together for ever.
  const usual = asked < 12 ? SILENT_MS : LONGEST_MS - random * SILENT_MS;
  const wait = news === 0 ? usual : Math.min(LONGEST_WITH_NEWS_MS, SILENT_MS * 2 ** (news - 1));
  return { kind: 'ask-again', watch: { at: now + Math.round(wait), asked, news, missing, denied } };
};
