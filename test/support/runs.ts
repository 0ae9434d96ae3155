import { beginRun } from '../../shared/validation/begin.ts';
import type { Beginning } from '../../shared/validation/begin.ts';
import type { Allowance, Input, Look, Run, Sample, Ticked } from '../../shared/validation/run.ts';
import type { Check, CompareProbe, Suite } from '../../shared/validation/suite.ts';
import { tick } from '../../shared/validation/tick.ts';
import { TEN_O_CLOCK } from './rollouts.ts';
import { checkOf, suiteOf } from './suites.ts';

/** A hook that was called at ten o'clock, of a Lambda deployment that goes forward. */
export const aBeginning = (overrides: Partial<Beginning> = {}): Beginning => ({
  platform: 'codedeploy-lambda',
  rollout: {
    source: 'codedeploy',
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    application: 'orders',
    group: 'prod',
    executionId: 'd-ABCDE1234',
  },
  call: { kind: 'codedeploy-hook', hookExecutionId: 'hook-execution-1' },
  hook: 'BeforeAllowTraffic',
  suite: suiteOf([aCheck()]),
  allowances: {},
  variables: { 'new.version': '7' },
  isRollback: false,
  waitsUntil: TEN_O_CLOCK + 60 * 60_000,
  now: TEN_O_CLOCK,
  ...overrides,
});

/** An `http` check that is required, once, with nothing that it forgives. */
export const aCheck = (overrides: Partial<Check> = {}): Check =>
  checkOf({ kind: 'http', steps: [] }, { name: 'smoke', ...overrides });

export const aRun = (checks: readonly Check[], overrides: Partial<Suite> = {}, more: Partial<Beginning> = {}): Run =>
  beginRun(aBeginning({ suite: suiteOf(checks, overrides), ...more }));

export const aSample = (outcome: Sample['outcome'], overrides: Partial<Sample> = {}): Sample => ({
  at: TEN_O_CLOCK,
  tookMs: 100,
  outcome,
  says: `it says ${outcome}`,
  ...overrides,
});

/** Looks at a run so many seconds after ten o'clock. */
export const lookAt = (run: Run, seconds: number, inputs: readonly Input[] = [], look: Partial<Look> = {}): Ticked =>
  tick(run, { now: TEN_O_CLOCK + seconds * 1000, by: 'worker-1', random: () => 0.5, ...look }, inputs);

export const anAlarmsCheck = (overrides: Partial<Check> = {}): Check =>
  checkOf({ kind: 'alarms', names: ['orders-5xx'] }, overrides);

export const aMetricCheck = (overrides: Partial<Check> = {}): Check =>
  checkOf(
    {
      kind: 'metric',
      namespace: 'AWS/Lambda',
      metric: 'Duration',
      stat: 'p95',
      dimensions: {},
      periodSeconds: 60,
      windowMs: 300_000,
      minDataPoints: 1,
    },
    overrides,
  );

/** Errors of invocations of the new version, against those of the old one. */
export const aCompareCheck = (overrides: Partial<Check> = {}, probe: Partial<CompareProbe> = {}): Check =>
  checkOf(
    {
      kind: 'compare',
      of: {
        kind: 'ratio',
        bad: { namespace: 'AWS/Lambda', metric: 'Errors', stat: 'Sum' },
        all: { namespace: 'AWS/Lambda', metric: 'Invocations', stat: 'Sum' },
      },
      dimensions: { FunctionName: 'orders', ExecutedVersion: '${side.version}' },
      periodSeconds: 60,
      lookBackMs: 0,
      baselines: [{ kind: 'old-version' }],
      worseWhen: 'higher',
      tolerate: { absolute: 0.002, relative: 1.25 },
      confidence: 0.95,
      looks: 4,
      minSamples: 100,
      ...probe,
    },
    overrides,
  );

export const anApproval = (says?: string, overrides: Partial<Check> = {}): Check =>
  checkOf({ kind: 'approval', ...(says !== undefined && { says }) }, overrides);

/** Once, at once, every half minute, for ten seconds at most. */
export const sampling = (overrides: Partial<Check['sample']> = {}): Check['sample'] => ({
  warmupMs: 0,
  intervalMs: 30_000,
  count: 1,
  timeoutMs: 10_000,
  ...overrides,
});

/** Nothing is forgiven but four errors in a row. */
export const limits = (overrides: Partial<Check['limits']> = {}): Check['limits'] => ({
  failures: 0,
  consecutiveErrors: 4,
  noData: 0,
  minSamples: 1,
  ...overrides,
});

export const deciding = (overrides: Partial<Suite['decide']>): Partial<Suite> => ({
  decide: {
    pass: 'continue',
    fail: 'rollback',
    inconclusive: 'rollback',
    error: 'rollback',
    deadline: 'rollback',
    ...overrides,
  },
});

/** Allowances, each by a rule that is called `rule of observe`. */
export const allowing = (...allowances: readonly Allowance[]): Pick<Run, 'allowances'> => ({
  allowances: Object.fromEntries(allowances.map((allowance) => [allowance, `rule of ${allowance}`])),
});
