import type { State } from '../rollout/state.ts';

/** `gatehouse.yml`, validated and compiled: what a bundle carries. It holds no secret. */
export type Config = {
  readonly slack: {
    /** The workspace's id. */
    readonly workspace: string;
    /** The app whose clicks count. Left out: whichever the signing secret is of. */
    readonly app?: string;
    /** Channel ids by the name that routes use. */
    readonly channels: Readonly<Record<string, string>>;
  };
  /** Nicknames of accounts, by their ids. */
  readonly accounts?: Nicknames;
  /** Nicknames of regions, by their codes. */
  readonly regions?: Nicknames;
  /** The first that matches names a rollout's environment. */
  readonly environments: readonly Environment[];
  /** In the order in which they are asked. */
  readonly routes: readonly Route[];
};

export type Nicknames = Readonly<Record<string, string>>;

export type Environment = { readonly name: string; readonly match: EnvironmentMatch };

/** What a rollout is called and where it runs: the same for all of its changes. */
export type EnvironmentMatch = Pick<Match, 'pipeline' | 'application' | 'group' | 'account' | 'region'>;

/** How much a message says: what happened and where, or all that is known. */
export const DETAILS = ['summary', 'full'] as const;

export type Detail = (typeof DETAILS)[number];

/** Whom Slack notifies: a user (`U…`, `W…`) or a user group (`S…`). In a thread it notifies neither here nor channel. */
export type Mention = string;

export type Route = {
  /** Left out, a route is called by its place. */
  readonly name?: string;
  readonly match: Match;
  /** What of all that `match` matches is not for this route. */
  readonly except?: Match;
  readonly to: readonly Destination[];
  /** Left out: full. */
  readonly detail?: Detail;
  /** Who is called, in its channels' threads, when what it asks for has failed. */
  readonly mention?: readonly Mention[];
  /** Once this one has matched, no later route is asked. */
  readonly stop?: boolean;
  /** Asked only when no route before it has matched: the `default` of `gatehouse.yml`. */
  readonly fallback?: boolean;
};

/** The services whose rollouts can be routed. */
export const SOURCES = ['codepipeline', 'codedeploy'] as const;

export type Source = (typeof SOURCES)[number];

/** What a change has to be: every criterion that is there holds, by any one of its values. Left out or empty: all. */
export type Match = {
  readonly source?: readonly Source[];
  /** Globs of pipeline names. */
  readonly pipeline?: readonly string[];
  /** Globs of CodeDeploy application names. */
  readonly application?: readonly string[];
  /** Globs of CodeDeploy deployment group names. */
  readonly group?: readonly string[];
  /** Globs of stage names: changes of the stage and, unless `state` is there, of its actions. */
  readonly stage?: readonly string[];
  /** Globs of action names. */
  readonly action?: readonly string[];
  /** States of the action or the stage that is asked for, otherwise of the rollout as a whole. */
  readonly state?: readonly State[];
  /** Account ids. */
  readonly account?: readonly string[];
  /** Globs of region codes. */
  readonly region?: readonly string[];
};

export type Destination =
  | { readonly kind: 'slack'; readonly channel: string }
  /** A topic by ARN, or one of the stack's own by name. */
  | { readonly kind: 'sns'; readonly topic: string };
