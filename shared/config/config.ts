import type { State } from '../rollout/state.ts';
import type { Allowance } from '../validation/run.ts';
import type { FreezeWindow, OpeningHours } from '../validation/suite.ts';

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
  /** Who is who: by it a gate knows who started a rollout and who wrote what it ships. */
  readonly people?: readonly Person[];
  /** Who may decide what: the first whose `match` holds counts. No policy: nobody. */
  readonly gates?: readonly GatePolicy[];
  /** What suites may do and reach. Left out: they hold, and reach nothing over HTTP. */
  readonly validation?: ValidationPolicy;
};

/** What the owner of an environment lets the suites of `suites/` do: they can only be stricter. */
export type ValidationPolicy = {
  readonly http: HttpPolicy;
  /** Names of SSM parameters by the name that suites use: `${secret:name}`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Every rule that matches counts. */
  readonly rules: readonly ValidationRule[];
};

/** Which hosts an `http` check may reach. */
export type HttpPolicy = {
  /** Globs of host names. */
  readonly hosts: readonly string[];
  /** Globs of those among them that may be at private addresses. */
  readonly privateHosts: readonly string[];
  /** Besides 80 and 443. */
  readonly ports: readonly number[];
};

/** Where a deployment may go on although its checks do not say so, and why it may. */
export type ValidationRule = {
  readonly name: string;
  readonly match: EnvironmentMatch & { readonly suite?: readonly string[] };
  readonly allow: readonly Allowance[];
};

/** One person as Slack, AWS and git know them. */
export type Person = {
  /** What `gatehouse.yml` calls them. */
  readonly name: string;
  /** The Slack user's id. */
  readonly user: string;
  /** Globs of the ARNs of IAM users and of sessions of roles. */
  readonly iam: readonly string[];
  /** Names and e-mail addresses, in lower case. */
  readonly git: readonly string[];
};

/** Who is asked when a rollout waits, and what makes a decision of their votes. */
export type GatePolicy = {
  /** Left out, a policy is called by its place. */
  readonly name?: string;
  readonly match: GateMatch;
  /** Ids of the channels that are asked. */
  readonly channels: readonly string[];
  /** Every rule has to be filled, each by people of its own. */
  readonly rules: readonly ApproverRule[];
  /** How many approvers have to reject. */
  readonly rejections: number;
  readonly confirm: Confirm;
  /** Whether who started the rollout or wrote what it ships may approve it. */
  readonly selfApproval: 'deny' | 'allow';
  /** Whether it may be approved when nobody knows who wrote what it ships. */
  readonly unknownAuthor: 'deny' | 'allow';
  /** Whether a newer execution that arrives has the older one rejected. */
  readonly supersede: boolean;
  /** Milliseconds after which a gate that nobody has decided is rejected. */
  readonly expireAfterMs?: number;
  /** What becomes of it shortly before the platform gives up waiting: whatever the platform does then, or it is rejected. */
  readonly onExpiry: 'aws' | 'reject';
  /** Milliseconds after which somebody is called to a gate that is still open. */
  readonly remindAfterMs: readonly number[];
  /** Who is called then. */
  readonly mention?: readonly Mention[];
  /** Milliseconds after which an open gate raises an alarm. */
  readonly openLimitMs?: number;
  /** What approves in the place of people. Left out: nothing does. */
  readonly auto?: readonly AutoRule[];
};

/** Fills rules of approvers, as long as all holds that it asks for. It never rejects. */
export type AutoRule = {
  /** What the record calls it. */
  readonly name: string;
  /** The rules of approvers that it fills, by their places. */
  readonly fills: readonly number[];
  readonly when: AutoMatch;
};

/**
 * What is known of a rollout where it waits: every criterion that is there has to hold; none at all: always. What nobody
 * knows does not hold.
 */
export type AutoMatch = {
  /** Globs of names of branches or tags. */
  readonly ref?: readonly string[];
  /** Who wrote the commit, by the names that `people` has for them. */
  readonly author?: readonly string[];
  /** Globs of the ARNs of who started a pipeline. */
  readonly startedBy?: readonly string[];
  /** All of them have. */
  readonly succeeded?: readonly SucceededBefore[];
  /** All of them are there. */
  readonly validated?: readonly ValidatedBefore[];
  /** Of the run that asks: each of these checks has come to one of these verdicts. */
  readonly checks?: Readonly<Record<string, readonly AutoVerdict[]>>;
  readonly rollback?: true;
  /** It is within any of them. */
  readonly hours?: readonly OpeningHours[];
  /** It is within none of them. */
  readonly freeze?: readonly FreezeWindow[];
};

/** A stage of the same execution, or an action of it, that has succeeded, and for how long it has. */
export type SucceededBefore = { readonly stage: string; readonly action?: string; readonly forMs?: number };

/**
 * Runs of validation of the same rollout: there is one of these suites, and none of them ended otherwise or has not ended.
 * `pass`: each of its required checks passed; `continue`: it let the rollout go on, for whatever reason.
 */
export type ValidatedBefore = { readonly suite: readonly string[]; readonly verdict: 'pass' | 'continue' };

/** What a check may have come to for a rule to go by it: nothing approves because a check has failed. */
export const AUTO_VERDICTS = ['pass', 'inconclusive'] as const;

export type AutoVerdict = (typeof AUTO_VERDICTS)[number];

/**
 * One that names a suite is about what that suite asks people, one that names an application or a group about deployments
 * that are ready, one that names a cluster or a service about pause hooks, any other about pipelines' approvals.
 */
export type GateMatch = Pick<
  Match,
  'pipeline' | 'stage' | 'action' | 'application' | 'group' | 'cluster' | 'service' | 'account' | 'region'
> & {
  /** Globs of names of validation suites. */
  readonly suite?: readonly string[];
};

/** What comes between a click on Approve and the vote: nothing, Slack's own "are you sure", or a modal. */
export const CONFIRMS = ['none', 'dialog', 'modal'] as const;

export type Confirm = (typeof CONFIRMS)[number];

/** `quorum` of these people have to approve. */
export type ApproverRule = {
  /** What people read of it: its name, or the names of those it is made of. */
  readonly name: string;
  /** Ids of Slack users. */
  readonly users: readonly string[];
  /** Ids of Slack user groups. */
  readonly groups: readonly string[];
  readonly quorum: number;
};

export type Nicknames = Readonly<Record<string, string>>;

export type Environment = { readonly name: string; readonly match: EnvironmentMatch };

/** What a rollout is called and where it runs: the same for all of its changes. */
export type EnvironmentMatch = Pick<
  Match,
  'pipeline' | 'application' | 'group' | 'cluster' | 'service' | 'account' | 'region'
>;

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
export const SOURCES = ['codepipeline', 'codedeploy', 'ecs'] as const;

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
  /** Globs of ECS cluster names. */
  readonly cluster?: readonly string[];
  /** Globs of ECS service names. */
  readonly service?: readonly string[];
  /** Globs of stage names, of ECS lifecycle stages too: changes of the stage and, unless `state` is there, of its actions. */
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
