/**
 * What is left out of a world. `without` names kinds of faults (`freeze`), single faults (`freeze.3`, the third freeze;
 * `lost-event.event-1-5`) and events (`event-1-5`).
 */
export type Restrictions = {
  /** The numbers of the runs that take place; undefined: all. */
  readonly only: ReadonlySet<number> | undefined;
  readonly without: ReadonlySet<string>;
};

export const UNRESTRICTED: Restrictions = { only: undefined, without: new Set() };
