/** What of a world takes place; what is not named here is not restricted. */
export type Restrictions = {
  /** The numbers of its runs: executions, and deployments with those that undo them. */
  readonly runs?: ReadonlySet<number> | undefined;
  /** The ids of its events. */
  readonly events?: ReadonlySet<string> | undefined;
  /** Single faults, and no other: `freeze.3` is the third freeze, `lost-event.event-1-5` the loss of an event. */
  readonly faults?: ReadonlySet<string> | undefined;
  /** Kinds of faults that do not strike (`freeze`), and single ones. */
  readonly without?: ReadonlySet<string> | undefined;
};

export const UNRESTRICTED: Restrictions = {};

export const takesPlace = <Part>(part: Part, these: ReadonlySet<Part> | undefined): boolean => these?.has(part) ?? true;

/** Whether a fault may strike; `which` names it with its kind. */
export const mayStrike = ({ faults, without }: Restrictions, kind: string, which: string): boolean =>
  takesPlace(which, faults) && without?.has(which) !== true && without?.has(kind) !== true;
