import * as v from 'valibot';
import { cutText } from '../message/cut-text.ts';

/** What was done for a delivery, kept for whoever asks later: nothing is decided by it, and it does not grow. */
export type History = {
  /** Epoch milliseconds: when the message was posted, as far as we know. */
  readonly postedAt?: number;
  /** Epoch milliseconds of the newest post or edit. */
  readonly shownAt?: number;
  readonly edits: number;
  /** What went wrong, the oldest first; the same again and again is one entry. */
  readonly troubles: readonly Troubles[];
};

/** An error that came `count` times in a row, from `from` to `to` (epoch milliseconds). */
export type Troubles = { readonly error: string; readonly count: number; readonly from: number; readonly to: number };

export const StoredHistory = v.object({
  postedAt: v.exactOptional(v.number()),
  shownAt: v.exactOptional(v.number()),
  edits: v.number(),
  troubles: v.array(v.object({ error: v.string(), count: v.number(), from: v.number(), to: v.number() })),
});

const NOTHING: History = { edits: 0, troubles: [] };

const MOST_TROUBLES = 5;
const LONGEST_ERROR = 100;

/** The history with a message that was posted, or found to have been. */
export const withPost = (history: History = NOTHING, at: number): History => ({
  ...history,
  postedAt: history.postedAt ?? at,
  shownAt: at,
});

export const withEdit = (history: History = NOTHING, at: number): History => ({
  ...history,
  shownAt: at,
  edits: history.edits + 1,
});

/** The history with one more error; the same one of the same moment is the same, for a write may be repeated. */
export const withTrouble = (history: History = NOTHING, error: string, at: number): History => {
  const short = cutText(error, LONGEST_ERROR);
  const last = history.troubles.at(-1);
  if (last?.error !== short) {
    const troubles = [...history.troubles, { error: short, count: 1, from: at, to: at }];
    return { ...history, troubles: troubles.slice(-MOST_TROUBLES) };
  }
  return last.to === at
    ? history
    : { ...history, troubles: [...history.troubles.slice(0, -1), { ...last, count: last.count + 1, to: at }] };
};
