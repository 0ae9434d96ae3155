import * as v from 'valibot';
import type { ItemKind } from '../store/change-item.ts';

/** What became of an event: which register it told of, and the topics that it was published to. */
export type EventRecord = {
  readonly outcome: 'applied' | 'stale' | 'unrouted';
  /** Of the event that told it first: the same may have come by another road, under another id. */
  readonly eventId: string;
  readonly register: string;
  readonly attempt: number;
  /** Epoch milliseconds, from the event. */
  readonly time: number;
  /** Epoch milliseconds, by our clock. */
  readonly handledAt: number;
  /** Ledger: what is in here is not published again. */
  readonly published: readonly string[];
};

const StoredEvent = v.object({
  outcome: v.picklist(['applied', 'stale', 'unrouted']),
  eventId: v.string(),
  register: v.string(),
  attempt: v.number(),
  time: v.number(),
  handledAt: v.number(),
  published: v.array(v.string()),
});

export const eventItem: ItemKind<EventRecord> = { parse: (body) => v.parse(StoredEvent, body) };
