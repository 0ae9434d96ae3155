import type { StateChange } from './rollout.ts';

/** What an input turned out to be. Nothing is thrown: an event that cannot be used has a place to land. */
export type ParsedEvent =
  | {
      readonly kind: 'change';
      readonly change: StateChange;
      /** The name of the replay that brought it out of an archive; absent where none did. */
      readonly replay?: string;
    }
  | NoChange;

/** Something of no concern, or what cannot be used. */
export type NoChange =
  { readonly kind: 'ignored'; readonly reason: string } | { readonly kind: 'quarantined'; readonly reason: string };

/** Reads the events of one source, by their detail-type. */
export type ParseDetail = (detailType: string, event: object) => ParsedEvent;

export const ignored = (reason: string): NoChange => ({ kind: 'ignored', reason });

export const quarantined = (reason: string): NoChange => ({ kind: 'quarantined', reason });
