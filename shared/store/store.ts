/** Where an item is: one table, percent-encoded parts, so that no name can forge a key. */
export type Key = { readonly pk: string; readonly sk: string };

/** What the sweep looks for. */
export type DueKind = 'delivery' | 'rollout' | 'gate' | 'run';

/** One item: what it holds is opaque to the store. */
export type Item = {
  readonly key: Key;
  /** Counts the item's writes, from 1. */
  readonly rev: number;
  readonly body: unknown;
  /** Epoch milliseconds from when the sweep is to look at it. */
  readonly due?: { readonly kind: DueKind; readonly at: number };
  /** Epoch milliseconds after which DynamoDB may delete it. */
  readonly expiresAt: number;
};

export type DueItem = { readonly key: Key; readonly at: number };

/** All that is asked of a database: single items, read consistently, written if nobody else wrote meanwhile. */
export type Store = {
  /** Strongly consistent. */
  readonly read: (key: Key) => Promise<Item | undefined>;
  /** Writes the item if the stored one has the `rev` before it (none: 0). False: somebody else was first. */
  readonly write: (item: Item) => Promise<boolean>;
  /** What is due by `now`, the longest due first. Eventually consistent. */
  readonly due: (kind: DueKind, now: number, limit: number) => Promise<readonly DueItem[]>;
};
