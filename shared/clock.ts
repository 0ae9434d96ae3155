/** Time as a dependency: the real one, or one that a simulation turns. */
export type Clock = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
};
