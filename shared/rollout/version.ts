/**
 * Orders the state changes of one register. EventBridge neither orders nor deduplicates, so the order comes from what
 * the event says: a retry (`attempt`) beats everything before it, then the event's own time, which has one second's
 * resolution, then how far the state is along (`rank`), then the event id, so that no two events tie.
 */
export type Version = {
  readonly attempt: number;
  /** Epoch milliseconds, from the event, never from our clock. */
  readonly time: number;
  readonly rank: number;
  readonly eventId: string;
};

/** Negative when `a` is older than `b`, positive when it is newer, zero when they are the same event. */
export const compareVersions = (a: Version, b: Version): number =>
  a.attempt - b.attempt || a.time - b.time || a.rank - b.rank || compareText(a.eventId, b.eventId);

/** Compares by UTF-16 code units: the same on every machine, unlike a locale's order. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
