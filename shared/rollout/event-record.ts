import * as v from 'valibot';
import type { ItemKind } from '../store/change-item.ts';
import { STATES } from './state.ts';
import type { State } from './state.ts';

/** What became of an event: which register it told of, and the topics that it was published to. */
export type EventRecord = {
  readonly outcome: 'applied' | 'stale' | 'unrouted';
  /** The ids that it came under: the event's own, and another by each other road. */
  readonly eventIds: readonly string[];
  readonly register: string;
  readonly state?: State;
  /** The names of the routes that it matched, and the channels that they led to. */
  readonly routes?: readonly string[];
  readonly channels?: readonly string[];
  /** The topics that they led to. */
  readonly topics?: readonly string[];
  readonly attempt: number;
  /** Epoch milliseconds, from the event. */
  readonly time: number;
  /** Epoch milliseconds, by our clock. */
  readonly handledAt: number;
  /** Ledger: what is in here is not published again. */
  readonly published: readonly string[];
  /** The replay that brought it, where nobody had asked that replay to publish. */
  readonly replay?: string;
  /** Why a topic did not take it, the last time that one did not. */
  readonly trouble?: Trouble;
};

/** What went wrong, when (epoch milliseconds), and how often by then; the version before this one does not count. */
export type Trouble = { readonly at: number; readonly error: string; readonly count?: number };

const StoredTrouble = v.object({ at: v.number(), error: v.string(), count: v.exactOptional(v.number()) });

const MOST_IDS = 10;

/** The record with one more id that its event came under, as far as there is room for it. */
export const cameUnder = (record: EventRecord, eventId: string): EventRecord =>
  record.eventIds.includes(eventId) || record.eventIds.length >= MOST_IDS
    ? record
    : { ...record, eventIds: [...record.eventIds, eventId] };

/** The record with one more refusal of a topic; the same one of the same moment is the same, for a write may be repeated. */
export const withRefusal = (record: EventRecord, { at, error }: Trouble): EventRecord => {
  const { trouble } = record;
  return trouble?.at === at
    ? record
    : { ...record, trouble: { at, error, count: (trouble?.count ?? (trouble === undefined ? 0 : 1)) + 1 } };
};

const StoredEvent = v.object({
  outcome: v.picklist(['applied', 'stale', 'unrouted']),
  eventIds: v.array(v.string()),
  register: v.string(),
  state: v.exactOptional(v.picklist(STATES)),
  routes: v.exactOptional(v.array(v.string())),
  channels: v.exactOptional(v.array(v.string())),
  topics: v.exactOptional(v.array(v.string())),
  attempt: v.number(),
  time: v.number(),
  handledAt: v.number(),
  published: v.array(v.string()),
  replay: v.exactOptional(v.string()),
  trouble: v.exactOptional(StoredTrouble),
});

export const eventItem: ItemKind<EventRecord> = { parse: (body) => v.parse(StoredEvent, body) };
