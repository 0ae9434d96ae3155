import type {
  Assertion,
  Check,
  ComparedMetric,
  CompareProbe,
  HttpStep,
  InvokeProbe,
  Limits,
  MetricProbe,
  Probe,
  Suite,
} from '../../shared/validation/suite.ts';
import { hoursOf } from '../config/calendar-yml.ts';
import type { JsonValue } from '../../shared/validation/json-value.ts';
import type { CheckYml, SuiteYml } from './suite-yml.ts';

/** The keys of a check that say what it does: it has one of them. */
export const PROBES = [
  'invoke',
  'http',
  'alarms',
  'metric',
  'compare',
  'logs',
  'targetHealth',
  'calendar',
  'lambda',
  'approval',
] as const;

/** A check and where in the file it is written. */
export type PlacedCheck = { readonly index: number; readonly written: CheckYml; readonly check: Check };

/** Every check that says what it does. `payloads`: what the files hold that checks name, by path. */
export const checksOf = (
  { checks, defaults }: SuiteYml,
  payloads: ReadonlyMap<string, JsonValue>,
): readonly PlacedCheck[] =>
  checks.flatMap((written, index): readonly PlacedCheck[] => {
    const probe = probeOf(written, payloads);
    return probe === undefined ? [] : [{ index, written, check: checkOf(written, probe, defaults ?? {}) }];
  });

/** What a suite is compiled to. */
export const suiteOf = (yml: SuiteYml, checks: readonly PlacedCheck[], hash: string): Suite => ({
  name: yml.name,
  hash,
  match: yml.match ?? {},
  budget: { totalMs: yml.budget?.total ?? 10 * 60_000, reserveMs: yml.budget?.reserve ?? 5 * 60_000 },
  mode: yml.mode ?? 'enforce',
  vars: yml.vars ?? {},
  checks: checks.map(({ check }) => check),
  decide: {
    pass: 'continue',
    fail: 'rollback',
    inconclusive: yml.decide?.inconclusive ?? 'rollback',
    error: yml.decide?.error ?? 'rollback',
    deadline: yml.decide?.deadline ?? 'rollback',
  },
});

const checkOf = (written: CheckYml, probe: Probe, defaults: NonNullable<SuiteYml['defaults']>): Check => ({
  name: written.name,
  probe,
  expect: (written.expect ?? []).map((assertion): Assertion => ({ ...assertion })),
  sample: {
    warmupMs: written.sample?.warmup ?? 0,
    intervalMs: written.sample?.interval ?? defaults.interval ?? 30_000,
    count: written.sample?.count ?? 1,
    timeoutMs: written.sample?.timeout ?? defaults.timeout ?? 10_000,
  },
  limits: limitsOf(written),
  severity: written.severity ?? 'required',
  mode: written.mode ?? 'enforce',
  onNoData: written.onNoData ?? 'inconclusive',
  ...(written.compare?.between !== undefined && { between: written.compare.between }),
  needs: written.needs ?? [],
});

const limitsOf = ({ limits: written = {}, compare, sample }: CheckYml): Limits => ({
  ...written,
  failures: written.failures ?? 0,
  consecutiveErrors: written.consecutiveErrors ?? 4,
  // A comparison has the more data the later it looks.
  noData: written.noData ?? (compare === undefined ? 0 : (sample?.count ?? 1) - 1),
  minSamples: written.minSamples ?? 1,
});

const probeOf = (
  { invoke, http, alarms, metric, compare, logs, targetHealth, calendar, sample, lambda, approval }: CheckYml,
  payloads: ReadonlyMap<string, JsonValue>,
): Probe | undefined => {
  if (invoke !== undefined) {
    return invokeOf(invoke, payloads);
  }
  if (http !== undefined) {
    return { kind: 'http', steps: stepsOf(http) };
  }
  if (alarms !== undefined) {
    return { kind: 'alarms', names: alarms.names };
  }
  if (metric !== undefined) {
    return metricOf(metric);
  }
  if (compare !== undefined) {
    return compareOf(compare, sample?.count ?? 1);
  }
  if (logs !== undefined) {
    return { kind: 'logs', ...logs };
  }
  if (targetHealth !== undefined) {
    return { kind: 'targetHealth', ...targetHealth };
  }
  if (calendar !== undefined) {
    return {
      kind: 'calendar',
      hours: (calendar.hours ?? []).map(hoursOf),
      freeze: calendar.freeze ?? [],
      ssm: calendar.ssm ?? [],
    };
  }
  if (lambda !== undefined) {
    return { kind: 'lambda', function: lambda.function, input: lambda.input ?? {} };
  }
  return approval === undefined ? undefined : { kind: 'approval', ...approval };
};

const invokeOf = (written: NonNullable<CheckYml['invoke']>, payloads: ReadonlyMap<string, JsonValue>): InvokeProbe => ({
  kind: 'invoke',
  function: written.function,
  qualifiers: written.qualifier ?? ['${new.version}'],
  payload: written.payload ?? payloads.get(written.payloadFrom ?? '') ?? {},
  logTail: written.logTail ?? true,
  ignore: written.ignore ?? [],
});

type WrittenHttp = NonNullable<CheckYml['http']>;

/** A step as it is written, under its number or in the place of the steps. */
export type WrittenStep = NonNullable<WrittenHttp['steps']>[number];

/** The steps of an http check as they are written: one that names a url has one of them. */
export const writtenSteps = ({ steps, ...only }: WrittenHttp): readonly WrittenStep[] =>
  steps ?? (only.url === undefined ? [] : [{ ...only, url: only.url }]);

/** What a step is called. */
export const stepId = ({ id }: Pick<WrittenStep, 'id'>, index: number): string => id ?? `step${index + 1}`;

const stepsOf = (http: WrittenHttp): readonly HttpStep[] =>
  writtenSteps(http).map((step, index) => ({
    id: stepId(step, index),
    method: step.method ?? 'GET',
    url: step.url,
    headers: step.headers ?? {},
    ...bodyOf(step),
    redirect: step.redirect ?? 'error',
  }));

const bodyOf = ({ json, text }: WrittenStep): Pick<HttpStep, 'body'> =>
  json !== undefined
    ? { body: { kind: 'json', value: json } }
    : text !== undefined
      ? { body: { kind: 'text', text } }
      : {};

/** Left out, it is the whole day, and every one. */
const metricOf = (written: NonNullable<CheckYml['metric']>): MetricProbe => ({
  kind: 'metric',
  namespace: written.namespace,
  metric: written.metric,
  stat: written.stat,
  dimensions: written.dimensions ?? {},
  periodSeconds: (written.period ?? 60_000) / 1_000,
  windowMs: written.window ?? 5 * 60_000,
  minDataPoints: written.minDataPoints ?? 1,
});

type WrittenCompare = NonNullable<CheckYml['compare']>;

/** What keeps a stand-in from being compared is told with what is missing. */
const NOTHING: ComparedMetric = { namespace: '', metric: '', stat: 'Sum' };

const compareOf = (written: WrittenCompare, count: number): CompareProbe => {
  const { kind, bad, all, series, traffic: perMinute, baselineRate, worseRate } = written;
  const expected = {
    ...(perMinute !== undefined && { perMinute }),
    ...(baselineRate !== undefined && { baselineRate }),
    ...(worseRate !== undefined && { worseRate }),
  };
  return {
    kind: 'compare',
    of:
      kind === 'ratio'
        ? { kind, bad: { ...NOTHING, ...bad }, all: { ...NOTHING, ...all } }
        : { kind, series: { ...NOTHING, stat: 'Average', ...series } },
    dimensions: written.dimensions ?? {},
    periodSeconds: (written.period ?? 60_000) / 1_000,
    lookBackMs: written.lookBack ?? 0,
    baselines: written.baseline,
    worseWhen: written.worseWhen ?? 'higher',
    tolerate: written.tolerate,
    confidence: written.confidence ?? 0.95,
    looks: written.looks ?? count,
    minSamples: written.minSamples ?? (kind === 'ratio' ? 100 : 8),
    ...(Object.keys(expected).length > 0 && { expected }),
  };
};
