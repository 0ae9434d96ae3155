import type { RolloutId } from '../rollout/rollout.ts';
import type { Suite, ValidationPlatform } from './suite.ts';

/**
 * What one sample found: `fail` is the target's fault, `error` ours or nobody's. `between`: a comparison has its data, and they
 * prove neither.
 */
export type SampleOutcome = 'pass' | 'fail' | 'between' | 'nodata' | 'error';

/** One sample. All of its texts are redacted and bounded by whoever took it. */
export type Sample = {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly tookMs: number;
  readonly outcome: SampleOutcome;
  /** In one line what was found: `status 500, expected 200`. At most 300 characters. */
  readonly says: string;
  /** What was measured and what it was to be. At most 100 characters each. */
  readonly value?: string;
  readonly expected?: string;
  /** Request, response or log tail: of samples that did not pass. At most 2,000 characters. */
  readonly evidence?: string;
  /** An https address where more is to be seen. */
  readonly link?: string;
  /** Nobody has come back with it: the id by which it may still be told, late. */
  readonly lost?: string;
};

/** What a check comes to by its samples. */
export type CheckVerdict = 'pass' | 'fail' | 'inconclusive' | 'error';

/** What a suite comes to by its checks. */
export type SuiteVerdict = CheckVerdict;

export type CheckState = {
  readonly samples: readonly Sample[];
  /** A sample under way, and until when (epoch milliseconds) whoever takes it has it for themselves. */
  readonly inFlight?: { readonly id: string; readonly by: string; readonly at: number; readonly until: number };
  /** Epoch milliseconds from when samples count; absent: what it needs has not passed yet. */
  readonly from?: number;
  /** Epoch milliseconds from when the next sample is due. */
  readonly nextAt?: number;
  /** Of the alarms of an `alarms` check, those that were red when the run began; absent: that is not known yet. */
  readonly redBefore?: readonly string[];
  /** `skipped`: what it needs has not passed; `canceled`: it was of no interest any more. */
  readonly end?: { readonly as: CheckVerdict | 'skipped' | 'canceled'; readonly at: number };
  /** Of an approval: what people decided, and who. */
  readonly answer?: Answer;
};

/** What people decided at a gate of the run. */
export type Answer = {
  readonly verdict: 'approve' | 'reject';
  /** What AWS would be told: who, and why. */
  readonly says: string;
  readonly at: number;
};

/** Why a run ended as it did: a verdict of its checks, or a rule that came first. */
export type Why =
  | { readonly kind: 'verdict'; readonly verdict: SuiteVerdict }
  /** People were asked, for the checks could not say. */
  | { readonly kind: 'answer'; readonly verdict: SuiteVerdict; readonly answer: Answer }
  | { readonly kind: 'deadline'; readonly verdict: SuiteVerdict }
  /** It brings back what ran before: that is never held up. */
  | { readonly kind: 'rollback' }
  /** No suite matches. */
  | { readonly kind: 'no-suite' }
  /** Nothing that counts has run. */
  | { readonly kind: 'vacuous' }
  /** It could not begin: what it is for could not be read, or is unknown. */
  | { readonly kind: 'not-begun'; readonly says: string };

/** What was decided, before anybody is told: a crash repeats this, never something else. */
export type Conclusion = {
  readonly action: 'continue' | 'rollback';
  readonly why: Why;
  /** What lets it go on although not every required check has passed: an allowance of `gatehouse.yml`'s, by name. */
  readonly allowedBy?: string;
  /** What it would have come to, had it not only been observed. */
  readonly shadow?: 'continue' | 'rollback';
  /** In one sentence. */
  readonly says: string;
  /** Epoch milliseconds. */
  readonly at: number;
};

export type RunState =
  | { readonly kind: 'running' }
  /** The checks are done and could not say: people are asked, and what can still fail is watched. */
  | { readonly kind: 'asking'; readonly verdict: SuiteVerdict; readonly at: number }
  | { readonly kind: 'decided'; readonly conclusion: Conclusion; readonly reports: number; readonly nextAt: number }
  | { readonly kind: 'reported'; readonly conclusion: Conclusion; readonly at: number }
  /** The platform had moved on before it could be told, or tells another verdict than ours. */
  | { readonly kind: 'moot'; readonly conclusion: Conclusion; readonly says: string; readonly at: number }
  /** Of a bake: the next step, or the end of the deployment, has come before its verdict; that is told nobody. */
  | { readonly kind: 'overtaken'; readonly conclusion: Conclusion; readonly says: string; readonly at: number };

/** By which door a verdict was asked for. Its ids are told with the verdict, and are shown to nobody. */
export type RunCall =
  /** CodeDeploy has called a hook, and waits to be told. */
  | { readonly kind: 'codedeploy-hook'; readonly hookExecutionId: string }
  /** ECS calls its hook again and again until the function returns a verdict. `weights`: what tells its steps apart. */
  | { readonly kind: 'ecs-hook'; readonly executionId: string; readonly weights: string }
  /** A pipeline's job is given back until it is done, each time with another id; `turn` counts them. */
  | { readonly kind: 'codepipeline-job'; readonly jobId: string; readonly turn: number }
  /**
   * Nobody has asked: a step of CodeDeploy's traffic is watched, from 1 on. `of`: how many steps there are, as far as that is
   * known; `since`: epoch milliseconds of the begin of the traffic.
   */
  | {
      readonly kind: 'bake';
      readonly weight: number;
      readonly step: number;
      readonly of?: number;
      readonly since: number;
    };

/** One run of a suite at one hook, job or step. Kept as it ended, it is the evidence. */
export type Run = {
  readonly platform: ValidationPlatform | 'unknown';
  readonly rollout: RolloutId;
  readonly call: RunCall;
  /** A lifecycle event, a lifecycle stage, of a pipeline `Stage/Action`. Absent: the platform did not say which it is. */
  readonly hook?: string;
  /** Absent: none matches. */
  readonly suite?: Suite;
  /** What the owner of the environment allows here (`gatehouse.yml`), by the name of the rule. */
  readonly allowances: Readonly<Partial<Record<Allowance, string>>>;
  /** What templates may name: `new.version`, `deployment.id`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Epoch milliseconds: the begin of the deployment, as far as the platform says it, and that of the run. */
  readonly deployedAt?: number;
  readonly startedAt: number;
  /** Epoch milliseconds until when it is decided, and until when the platform waits. */
  readonly deadline: number;
  readonly platformDeadline: number;
  /** In the order of the suite's checks. */
  readonly checks: readonly CheckState[];
  /** What people decided when they were asked because the checks could not say. */
  readonly answer?: Answer;
  readonly state: RunState;
};

/** What lets a deployment go on although its checks do not say so: only the owner of the environment can. */
export const ALLOWANCES = [
  'observe',
  'empty',
  'no-suite',
  'deadline-continue',
  'inconclusive-continue',
  'no-data-pass',
  'between-pass',
] as const;

export type Allowance = (typeof ALLOWANCES)[number];

/** What has happened since a run was last looked at. */
export type Input =
  | {
      readonly kind: 'sampled';
      readonly check: number;
      readonly id: string;
      readonly sample: Sample;
      readonly redNow?: readonly string[];
    }
  /** People have decided at an approval check, or without `check` what they were asked about the whole. */
  | { readonly kind: 'answered'; readonly check?: number; readonly answer: Answer }
  | { readonly kind: 'reported'; readonly as: 'done' | 'already-so' }
  /** The platform does not wait for it any more, or was told something else. */
  | { readonly kind: 'refused'; readonly says: string }
  /** Of a bake: what comes behind its step is there. */
  | { readonly kind: 'overtaken'; readonly says: string }
  | { readonly kind: 'report-failed'; readonly says: string };

/** What is to be done about a run. All of it may be done twice. */
export type Effect =
  | { readonly kind: 'probe'; readonly check: number; readonly id: string; readonly timeoutMs: number }
  /** Opens an approval: of a check, or without one about the whole. */
  | { readonly kind: 'ask'; readonly check?: number; readonly until: number; readonly says: string }
  | { readonly kind: 'report'; readonly action: Conclusion['action'] };

/**
 * A run after a look at it: the same object where nothing has come of it. `wakeAt`: epoch milliseconds when it is to be
 * looked at again; none once it is done. Where both are as they were stored there is nothing to write, and no further look
 * to ask for: whoever wrote last has, so copies of a look come to an end.
 */
export type Ticked = { readonly run: Run; readonly effects: readonly Effect[]; readonly wakeAt?: number };

/** Who looks, and when: `by` tells what this one has begun from what others have. */
export type Look = { readonly now: number; readonly by: string; readonly random: () => number };
