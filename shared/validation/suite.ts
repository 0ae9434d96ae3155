import type { JsonValue } from './json-value.ts';

/** A validation suite, compiled from a file of `suites/`. Times are in milliseconds. */
export type Suite = {
  readonly name: string;
  /** SHA-256 of the file that it was written in, in hex. */
  readonly hash: string;
  readonly match: SuiteMatch;
  readonly budget: Budget;
  readonly mode: Mode;
  /** Variables of its own, by dotted names. */
  readonly vars: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  readonly decide: Decide;
};

export const PLATFORMS = ['codedeploy-lambda', 'codedeploy-ecs', 'ecs-native', 'codepipeline'] as const;

/** By whom a suite is asked for, and for what. */
export type ValidationPlatform = (typeof PLATFORMS)[number];

/** Lifecycle events at which CodeDeploy calls a function, in their order; Lambda has the last two only. */
export const CODEDEPLOY_HOOKS = [
  'BeforeInstall',
  'AfterInstall',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
] as const;

/**
 * Lifecycle stages at which ECS calls a function, in their order: of a linear or canary deployment the fourth and the third
 * last come at every step. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
 */
export const ECS_STAGES = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
] as const;

/** While CodeDeploy moves the traffic of a function step by step it calls nobody: Gatehouse watches, where a suite names it. */
export const BAKE = 'AllowTraffic';

export const HOOKS = [...CODEDEPLOY_HOOKS, BAKE, ...ECS_STAGES] as const;

export type Hook = (typeof HOOKS)[number];

/** What asks has to be this for a suite: every criterion that is there holds, by any one of its values. */
export type SuiteMatch = {
  readonly platform?: ValidationPlatform;
  /** Globs of names of CodeDeploy's applications and deployment groups. */
  readonly application?: readonly string[];
  readonly group?: readonly string[];
  /** Globs of names of ECS clusters and services. */
  readonly cluster?: readonly string[];
  readonly service?: readonly string[];
  /** Globs of names of pipelines, their stages, and the actions or rules of these. */
  readonly pipeline?: readonly string[];
  readonly stage?: readonly string[];
  readonly action?: readonly string[];
  /** Of CodeDeploy and ECS. `AllowTraffic` is only meant where it is named. */
  readonly hook?: readonly Hook[];
};

export type Budget = {
  /** From the begin of the run until a verdict is reached, whatever happens. */
  readonly totalMs: number;
  /** What is left behind that until the platform gives up waiting: for the report and its repetitions. */
  readonly reserveMs: number;
};

/** `observe`: what is found is told, and nothing comes of it. */
export type Mode = 'enforce' | 'observe';

/** What becomes of each verdict of a suite; `deadline`: its time is over, or nobody has answered. */
export type Decide = {
  readonly pass: 'continue';
  readonly fail: 'rollback';
  readonly inconclusive: 'ask' | 'rollback' | 'continue';
  readonly error: 'ask' | 'rollback';
  readonly deadline: 'rollback' | 'continue';
};

export type Check = {
  readonly name: string;
  readonly probe: Probe;
  /** All have to hold. */
  readonly expect: readonly Assertion[];
  readonly sample: Sampling;
  readonly limits: Limits;
  readonly severity: 'required' | 'advisory';
  readonly mode: Mode;
  readonly onNoData: 'inconclusive' | 'pass' | 'fail';
  /** Of a comparison that all its samples leave open. Left out: inconclusive. */
  readonly between?: 'inconclusive' | 'pass';
  /** Names of checks that have to have passed before it begins; otherwise it is skipped. */
  readonly needs: readonly string[];
};

export type Sampling = {
  /** Before the first sample. */
  readonly warmupMs: number;
  /** From the begin of one sample to that of the next. */
  readonly intervalMs: number;
  readonly count: number;
  /** Of one sample. */
  readonly timeoutMs: number;
};

/** How many samples of a kind a check may have, and how many it needs. */
export type Limits = {
  readonly failures: number;
  readonly consecutiveFailures?: number;
  readonly consecutiveErrors: number;
  readonly noData: number;
  readonly minSamples: number;
  readonly consecutivePasses?: number;
};

/** What a sample does. Strings are templates: `${new.version}`, and in what is sent `${secret:name}`. */
export type Probe =
  | InvokeProbe
  | HttpProbe
  | AlarmsProbe
  | MetricProbe
  | CompareProbe
  | LogsProbe
  | TargetHealthProbe
  | CalendarProbe
  | FunctionProbe
  | ApprovalProbe;

/** Invokes versions of the function that is deployed: the new one, or the old one and the new one side by side. */
export type InvokeProbe = {
  readonly kind: 'invoke';
  /** Name of the function, or a glob that the deployed function's name has to match. */
  readonly function: string;
  /** One or two templates; each has to come to the number of a version. Of two the first is `old`, the second `new`. */
  readonly qualifiers: readonly string[];
  readonly payload: JsonValue;
  readonly logTail: boolean;
  /** Of two answers, names of keys in which they may differ, at whatever depth. */
  readonly ignore: readonly string[];
};

export type HttpProbe = { readonly kind: 'http'; readonly steps: readonly HttpStep[] };

export type HttpStep = {
  /** By which later steps and assertions name it: `${login.body.token}`. */
  readonly id: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?:
    { readonly kind: 'json'; readonly value: JsonValue } | { readonly kind: 'text'; readonly text: string };
  readonly redirect: 'error' | 'follow' | 'manual';
};

export type AlarmsProbe = {
  readonly kind: 'alarms';
  readonly names: readonly string[];
};

export type MetricProbe = {
  readonly kind: 'metric';
  readonly namespace: string;
  readonly metric: string;
  readonly stat: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly periodSeconds: number;
  /** How far back it looks, but never behind the begin of the hook unless `beforeHook`. */
  readonly windowMs: number;
  readonly minDataPoints: number;
};

/** Compares the new version with the old one, or with what was before the deployment. Each sample is a look at all there is by then. */
export type CompareProbe = {
  readonly kind: 'compare';
  readonly of: ComparedCounts | ComparedValues;
  /** Besides what a run offers, `${side.version}` is there: `${new.version}` of one side and `${old.version}` of the other. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly periodSeconds: number;
  /** For so long before the hook began both versions have had traffic already, and are looked at. */
  readonly lookBackMs: number;
  /** What the new version is compared with: the first that has enough data. */
  readonly baselines: readonly Baseline[];
  readonly worseWhen: 'higher' | 'lower';
  readonly tolerate: { readonly absolute?: number; readonly relative?: number };
  readonly confidence: number;
  readonly looks: number;
  /** On each side: how many requests, or how many data points. */
  readonly minSamples: number;
  /** What its author expects: it decides nothing, and lets the lint say how long it takes to see something. */
  readonly expected?: { readonly perMinute?: number; readonly baselineRate?: number; readonly worseRate?: number };
};

/** `bad` of `all`, such as errors of invocations. */
export type ComparedCounts = {
  readonly kind: 'ratio';
  readonly bad: ComparedMetric;
  readonly all: ComparedMetric;
};

/** What each period has, such as a percentile. */
export type ComparedValues = { readonly kind: 'distribution'; readonly series: ComparedMetric };

export type ComparedMetric = { readonly namespace: string; readonly metric: string; readonly stat: string };

/** `old-version`: at the same time; `before-deployment`: for so long before that. */
export type Baseline =
  { readonly kind: 'old-version' } | { readonly kind: 'before-deployment'; readonly forMs: number };

/** Lines of a CloudWatch log group since the hook began. */
export type LogsProbe = {
  readonly kind: 'logs';
  readonly group: string;
  readonly streamPrefix?: string;
  /** CloudWatch's filter pattern; no template. */
  readonly pattern: string;
};

/** How the targets of a load balancer's group are. */
export type TargetHealthProbe = {
  readonly kind: 'targetHealth';
  /** Its name or its ARN. */
  readonly targetGroup: string;
};

/** When deployments may go on: within hours, outside of freezes, and while SSM's change calendars are open. */
export type CalendarProbe = {
  readonly kind: 'calendar';
  /** Open in any of them; none: always. */
  readonly hours: readonly OpeningHours[];
  /** Closed in each of them. */
  readonly freeze: readonly FreezeWindow[];
  /** Names or ARNs of change calendars. */
  readonly ssm: readonly string[];
};

/** By what a clock on the wall shows in a time zone. */
export type OpeningHours = {
  /** From Monday, 1, to Sunday, 7; in their order. */
  readonly days: readonly number[];
  /** Minutes of the day; `to` is no part of it. */
  readonly from: number;
  readonly to: number;
  /** By the name that IANA has for it. */
  readonly tz: string;
};

/** From and to in epoch milliseconds; `to` is no part of it. */
export type FreezeWindow = { readonly from: number; readonly to: number; readonly why: string };

/** The user's own check: a function that answers `{"verdict": "pass" | "fail" | "nodata", "says"?, "value"?, "link"?}`. */
export type FunctionProbe = {
  readonly kind: 'lambda';
  /** Name of the function. */
  readonly function: string;
  readonly input: JsonValue;
};

/** People decide, by the policy of `gatehouse.yml` whose `match.suite` names this suite. */
export type ApprovalProbe = { readonly kind: 'approval'; readonly says?: string };

export const OPERATORS = [
  'eq',
  'ne',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'contains',
  'matches',
  'exists',
  'absent',
  'length',
] as const;

export type Operator = (typeof OPERATORS)[number];

export type Assertion = {
  /** JMESPath into what the probe found. */
  readonly path: string;
  readonly op: Operator;
  /** A string is a template. Of `matches` a regular expression of RE2's. */
  readonly value?: JsonValue;
  /** Of which step of an `http` probe; left out: the last. */
  readonly step?: string;
};
