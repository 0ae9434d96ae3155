import type { State } from '../rollout/state.ts';

/** `gatehouse.yml`, validated and compiled: what a bundle carries. It holds no secret. */
export type Config = {
  readonly slack: {
    /** The workspace's id. */
    readonly workspace: string;
    /** Channel ids by the name that routes use. */
    readonly channels: Readonly<Record<string, string>>;
  };
  /** The first that matches names a rollout's environment. */
  readonly environments: readonly Environment[];
  readonly routes: readonly Route[];
};

export type Environment = { readonly name: string; readonly match: EnvironmentMatch };

export type EnvironmentMatch = {
  /** Globs of pipeline names; empty: all. */
  readonly pipeline: readonly string[];
  /** Account ids; empty: all. */
  readonly account: readonly string[];
};

export type Route = { readonly match: Match; readonly to: readonly Destination[] };

export type Match = {
  /** Globs of pipeline names; empty: all. */
  readonly pipeline: readonly string[];
  /** States of the rollout as a whole; empty: every change of the rollout, its stages and its actions. */
  readonly state: readonly State[];
};

export type Destination =
  | { readonly kind: 'slack'; readonly channel: string }
  /** A topic by ARN, or one of the stack's own by name. */
  | { readonly kind: 'sns'; readonly topic: string };
