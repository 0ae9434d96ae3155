import * as v from 'valibot';
import type { JsonValue } from '../../shared/validation/json-value.ts';
import { HOOKS, OPERATORS, PLATFORMS } from '../../shared/validation/suite.ts';
import type { Baseline as BaselineOf } from '../../shared/validation/suite.ts';
import { CALENDAR } from '../config/calendar-yml.ts';
import { described, Name, oneOrMore, oneOrMoreOf, text } from '../config/schema-parts.ts';

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 60 * 60_000],
]);

const DURATION = /^([1-9]\d{0,5})(ms|s|m|h)$/;

const msOf = (written: string): number => {
  const [, count = '', unit = ''] = DURATION.exec(written) ?? [];
  return Number(count) * (UNIT_MS.get(unit) ?? 0);
};

/** `500ms`, `30s`, `5m`, `1h` between two of them: compiled to milliseconds. */
const duration = (least: string, most: string) =>
  v.pipe(
    v.string(),
    v.regex(DURATION, 'is not a time such as 500ms, 30s, 5m or 1h'),
    v.transform(msOf),
    v.minValue(msOf(least), `is shorter than ${least}`),
    v.maxValue(msOf(most), `is longer than ${most}`),
  );

const whole = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer('is not a whole number'),
    v.minValue(least, `is less than ${least}`),
    v.maxValue(most, `is more than ${most}`),
  );

/** How deep what is sent or compared may be nested. */
const DEEPEST = 20;

const isJson = (value: unknown, depth = 0): value is JsonValue => {
  if (depth > DEEPEST) {
    return false;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).every((one) => isJson(one, depth + 1));
  }
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
};

/** How many characters of JSON a payload, a body or a value may have. */
const MOST_JSON = 20_000;

/** What is sent or compared. */
export const Json = v.pipe(
  v.unknown(),
  v.guard((value: unknown): value is JsonValue => isJson(value), `is no JSON, or is nested deeper than ${DEEPEST}`),
  v.check((value) => JSON.stringify(value).length <= MOST_JSON, `is longer than ${MOST_JSON} characters of JSON`),
);

const Glob = text(200);

const FunctionName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not the name of a function (no ARN, no version, no alias, no template)'),
);

const Template = text(2_000);

const VariableName = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z][\w-]{0,39}(?:\.[A-Za-z][\w-]{0,39}){0,3}$/,
    'is not a name for a variable: letters, digits, - and _ between dots, such as shop.path',
  ),
);

const InvokeYml = v.strictObject({
  function: described(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z0-9_*?-]{1,64}$/, 'is neither the name of a function nor a glob of names (no ARN, no alias)'),
    ),
    'Name of the function that is deployed, or a glob that its name has to match: it may be invoked, and no other.',
  ),
  qualifier: described(
    v.exactOptional(oneOrMoreOf(text(200), 2)),
    'The version: ${new.version} (the default), ${old.version}, or both as [${old.version}, ${new.version}], whose answers are compared. Never an alias.',
  ),
  payload: described(v.exactOptional(Json), 'What it is invoked with. Strings are templates.'),
  payloadFrom: described(
    v.exactOptional(text(300)),
    'In the place of payload: a JSON file, by its path from this one. It becomes part of the bundle.',
  ),
  logTail: described(v.exactOptional(v.boolean()), 'Whether the last 4 KB of its log are kept. Left out: true.'),
  ignore: described(
    v.exactOptional(oneOrMoreOf(text(100), 50)),
    'Of two answers, names of keys in which they may differ, at whatever depth.',
  ),
});

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const stepEntries = {
  method: described(v.exactOptional(v.picklist(METHODS)), 'Left out: GET.'),
  headers: described(
    v.exactOptional(
      v.record(
        v.pipe(
          v.string(),
          v.regex(
            /^(?!(?:host|connection|content-length|transfer-encoding|accept-encoding|keep-alive|upgrade|expect|te|trailer|proxy-.*)$)[\w!#$%&'*+.^`|~-]{1,100}$/i,
            'is not a header that a check may send',
          ),
        ),
        v.pipe(Template, v.regex(/^[^\r\n\0]*$/, 'has more than one line')),
      ),
    ),
    'Headers that are sent. Values are templates.',
  ),
  json: described(v.exactOptional(Json), 'A body, sent as JSON. Strings are templates.'),
  text: described(v.exactOptional(text(MOST_JSON)), 'A body, sent as it is written. A template.'),
  redirect: described(
    v.exactOptional(v.picklist(['error', 'follow', 'manual'])),
    'What becomes of an answer that leads elsewhere. error (the default): it fails; follow: up to 3 times, each by the same rules; manual: the answer itself is checked.',
  ),
};

const Url = described(
  Template,
  'Where the request goes, a template: http:// or https://, a host that validation.http.hosts of gatehouse.yml allows.',
);

const StepYml = v.strictObject({
  id: described(
    v.exactOptional(
      v.pipe(
        v.string(),
        v.regex(/^[A-Za-z][\w-]{0,39}$/, 'is not a name for a step: a letter, then letters, digits, - and _'),
      ),
    ),
    'By which later steps and assertions name it: ${login.body.token}. Left out: step1 and so on, by its place.',
  ),
  url: Url,
  ...stepEntries,
});

const HttpYml = v.strictObject({
  url: v.exactOptional(Url),
  ...stepEntries,
  steps: described(
    v.exactOptional(
      v.pipe(v.array(StepYml), v.minLength(1, 'names no step'), v.maxLength(20, 'are more than 20 steps')),
    ),
    'In the place of url: requests one after the other; one takes values from the answers of those before it.',
  ),
});

const AlarmsYml = v.strictObject({
  names: described(
    oneOrMoreOf(text(255), 100),
    'Names of CloudWatch alarms, templates; each has to be OK. One that was red before is told apart.',
  ),
});

const Statistic = v.pipe(
  v.string(),
  v.regex(
    /^(?:SampleCount|Average|Sum|Minimum|Maximum|IQM|(?:p|tm|tc|ts|wm)(?:\d{1,2}(?:\.\d{1,10})?|100)|(?:TM|PR|WM|TC|TS)\([\d.%:]{1,40}\))$/,
    'is not a statistic such as Sum, Average, SampleCount or p99',
  ),
);

const dimensions = v.exactOptional(
  v.pipe(
    v.record(text(255), text(1_024)),
    v.check((written) => Object.keys(written).length <= 30, 'are more than 30'),
  ),
);

const MetricYml = v.strictObject({
  namespace: described(text(255), 'Such as AWS/Lambda. A template.'),
  metric: described(text(255), 'Such as Errors. A template.'),
  stat: described(Statistic, 'Such as Sum, Average, SampleCount, p99.'),
  dimensions: described(dimensions, 'Values are templates.'),
  period: described(
    v.exactOptional(
      v.pipe(
        duration('1s', '1h'),
        v.check(
          (ms) => [1_000, 5_000, 10_000, 20_000, 30_000].includes(ms) || ms % 60_000 === 0,
          'is not a period of CloudWatch: 1s, 5s, 10s, 20s, 30s or whole minutes',
        ),
      ),
    ),
    'Of one data point. Left out: 1m.',
  ),
  window: described(
    v.exactOptional(duration('1s', '1h')),
    'How far back it looks, though never behind the begin of the hook. Left out: 5m.',
  ),
  minDataPoints: described(v.exactOptional(whole(1, 1_000)), 'With fewer it has no data. Left out: 1.'),
});

const number = (least: number, most: number) =>
  v.pipe(v.number(), v.minValue(least, `is less than ${least}`), v.maxValue(most, `is more than ${most}`));

const comparedMetric = (stat: string) =>
  v.strictObject({
    namespace: described(text(255), 'Such as AWS/Lambda. A template.'),
    metric: described(text(255), 'Such as Errors. A template.'),
    stat: described(v.exactOptional(Statistic), stat),
  });

const BASELINE = /^(?:old-version|before-deployment:([1-9]\d{0,5}(?:m|h)))$/;

const Baseline = v.pipe(
  v.string(),
  v.regex(BASELINE, 'is neither old-version nor before-deployment and for how long, such as before-deployment:30m'),
  v.transform((written): BaselineOf => {
    const [, span] = BASELINE.exec(written) ?? [];
    return span === undefined ? { kind: 'old-version' } : { kind: 'before-deployment', forMs: msOf(span) };
  }),
  v.check(
    (baseline) => baseline.kind === 'old-version' || (baseline.forMs >= msOf('5m') && baseline.forMs <= msOf('3h')),
    'is before-deployment for less than 5m or for more than 3h',
  ),
);

const TRAFFIC = /^([1-9]\d{0,8})\/(s|min|h)$/;

const PER_MINUTE: ReadonlyMap<string, number> = new Map([
  ['s', 60],
  ['min', 1],
  ['h', 1 / 60],
]);

const CompareYml = v.strictObject({
  kind: described(
    v.picklist(['ratio', 'distribution']),
    'ratio: how many are bad of how many, such as errors of requests; distribution: values of each period, such as a percentile.',
  ),
  bad: described(v.exactOptional(comparedMetric('Sum or SampleCount. Left out: Sum.')), 'Of a ratio: what is bad.'),
  all: described(
    v.exactOptional(comparedMetric('Sum or SampleCount. Left out: Sum.')),
    'Of a ratio: of what that is a part.',
  ),
  series: described(
    v.exactOptional(comparedMetric('Such as p95 or Average. Left out: Average.')),
    'Of a distribution: the values.',
  ),
  dimensions: described(
    dimensions,
    'Values are templates, in which ${side.version} is the version of the side that is asked about.',
  ),
  period: described(
    v.exactOptional(
      v.pipe(
        duration('1m', '15m'),
        v.check((ms) => ms % 60_000 === 0, 'is not a whole number of minutes'),
      ),
    ),
    'Of one data point, whole minutes. Left out: 1m.',
  ),
  lookBack: described(
    v.exactOptional(duration('1m', '55m')),
    'For so long before the hook both versions have had traffic already, and are looked at. Left out: none.',
  ),
  baseline: described(
    oneOrMoreOf(Baseline, 4),
    'With what it is compared: old-version, at the same time, or before-deployment:30m. Of a list the first that has enough data.',
  ),
  worseWhen: described(v.exactOptional(v.picklist(['higher', 'lower'])), 'Left out: higher.'),
  tolerate: described(
    v.strictObject({
      absolute: described(
        v.exactOptional(number(0, 1e12)),
        'By how much it may be worse: of a ratio 0.002 is 0.2 percentage points.',
      ),
      relative: described(v.exactOptional(number(1, 100)), 'How many times as bad it may be: 1.25 is a quarter more.'),
    }),
    'How much worse it may be. With both, both have to be exceeded for it to fail.',
  ),
  confidence: described(
    v.exactOptional(number(0.8, 0.999)),
    'How sure a verdict has to be, over all looks together. Left out: 0.95.',
  ),
  looks: described(
    v.exactOptional(whole(1, 100)),
    'How often it is looked at; each sample is a look. Left out: sample.count.',
  ),
  minSamples: described(
    v.exactOptional(whole(1, 1_000_000)),
    'How many each side has to have for a look: requests of a ratio (left out: 100), data points of a distribution (left out: 8).',
  ),
  between: described(
    v.exactOptional(v.picklist(['inconclusive', 'pass'])),
    'What comes of it where neither is proven at the end. Left out: inconclusive. pass needs an allowance of gatehouse.yml’s.',
  ),
  traffic: described(
    v.exactOptional(
      v.pipe(
        v.string(),
        v.regex(TRAFFIC, 'is no traffic such as 5/s, 300/min or 1000/h'),
        v.transform((written) => {
          const [, count = '', unit = ''] = TRAFFIC.exec(written) ?? [];
          return Number(count) * (PER_MINUTE.get(unit) ?? 0);
        }),
      ),
    ),
    'What the new version is expected to get, such as 300/min: it decides nothing, and lets the lint say how long it takes.',
  ),
  baselineRate: described(
    v.exactOptional(number(0, 1)),
    'The share that is expected to be bad today, such as 0.01, for the same.',
  ),
  worseRate: described(v.exactOptional(number(0, 1)), 'A share that is to be seen, such as 0.02, for the same.'),
});

const LogsYml = v.strictObject({
  group: described(
    v.pipe(
      v.string(),
      v.regex(
        /^(?:[\w./#-]|\$\{[^{}]*\})+$/,
        'is not the name of a log group such as /aws/lambda/orders: letters, digits, . - _ / # and templates',
      ),
      v.maxLength(512, 'is longer than 512 characters'),
    ),
    'Name of the log group. A template; what only a run knows is allowed by a pattern.',
  ),
  streamPrefix: described(v.exactOptional(text(512)), 'What the names of its streams begin with. A template.'),
  pattern: described(text(1_024), 'Filter pattern of CloudWatch’s, such as ?ERROR ?FATAL. No template.'),
});

const TargetHealthYml = v.strictObject({
  targetGroup: described(
    text(500),
    'Name or ARN of a target group of a load balancer, such as ${new.targetGroup}. A template.',
  ),
});

const CalendarYml = v.strictObject({
  ...CALENDAR,
  ssm: described(
    v.exactOptional(
      oneOrMoreOf(
        v.pipe(
          v.string(),
          v.regex(
            /^(?:arn:aws[\w-]*:ssm:[a-z\d-]+:\d{12}:document\/)?[\w.-]{3,128}$/,
            'is neither the name of a change calendar nor its ARN',
          ),
        ),
        10,
      ),
    ),
    'Change calendars of SSM, by name or ARN: each has to be open.',
  ),
});

const FunctionYml = v.strictObject({
  function: described(FunctionName, 'Name of your own function that checks.'),
  input: described(v.exactOptional(Json), 'What it is given. Strings are templates.'),
});

const ApprovalYml = v.strictObject({
  says: described(v.exactOptional(text(500)), 'What people read above the buttons. A template.'),
});

const AssertionYml = v.strictObject({
  path: described(text(500), 'JMESPath into what was found, such as body.status.'),
  op: described(v.picklist(OPERATORS), 'What it has to be, compared with the value.'),
  value: described(v.exactOptional(Json), 'A string is a template. For matches a regular expression of RE2’s.'),
  step: described(v.exactOptional(text(40)), 'Of which step of an http check. Left out: the last.'),
});

const interval = described(
  v.exactOptional(duration('1s', '55m')),
  'From the begin of one sample to that of the next. Left out: 30s.',
);

const timeout = described(v.exactOptional(duration('100ms', '30s')), 'Of one sample. Left out: 10s.');

const count = whole(1, 1_000);

const mode = (of: string) =>
  described(
    v.exactOptional(v.picklist(['enforce', 'observe'])),
    `observe: what ${of} finds is told, and nothing comes of it. Left out: enforce.`,
  );

const CheckYml = v.strictObject({
  name: described(Name('a check'), 'What people read of it.'),
  invoke: described(v.exactOptional(InvokeYml), 'Invokes the version that is deployed.'),
  http: described(v.exactOptional(HttpYml), 'Sends requests.'),
  alarms: described(v.exactOptional(AlarmsYml), 'Looks at alarms of CloudWatch.'),
  metric: described(v.exactOptional(MetricYml), 'Looks at a metric of CloudWatch. Needs expect.'),
  compare: described(
    v.exactOptional(CompareYml),
    'Compares the new version with the old one, or with what was before.',
  ),
  logs: described(v.exactOptional(LogsYml), 'Looks for lines in a log group of CloudWatch.'),
  targetHealth: described(v.exactOptional(TargetHealthYml), 'Looks at the targets of a load balancer.'),
  calendar: described(v.exactOptional(CalendarYml), 'Looks at calendars: hours, freezes, change calendars of SSM.'),
  lambda: described(v.exactOptional(FunctionYml), 'Asks a function of yours.'),
  approval: described(
    v.exactOptional(ApprovalYml),
    'Asks people: by the gate of gatehouse.yml whose match.suite names this suite.',
  ),
  expect: described(
    v.exactOptional(v.pipe(v.array(AssertionYml), v.maxLength(30, 'are more than 30'))),
    'Assertions, all of which have to hold.',
  ),
  sample: described(
    v.exactOptional(
      v.strictObject({
        warmup: described(v.exactOptional(duration('1s', '55m')), 'Before the first sample. Left out: none.'),
        interval,
        count: described(v.exactOptional(count), 'How many samples. Left out: 1.'),
        timeout,
      }),
    ),
    'When samples are taken.',
  ),
  limits: described(
    v.exactOptional(
      v.strictObject({
        failures: described(v.exactOptional(whole(0, 1_000)), 'How many samples may fail. Left out: 0.'),
        consecutiveFailures: described(v.exactOptional(count), 'So many failures in a row fail the check.'),
        consecutiveErrors: described(
          v.exactOptional(whole(0, 100)),
          'How many errors in a row there may be; each is tried again after 10 s and counts for no sample. Left out: 4.',
        ),
        noData: described(v.exactOptional(whole(0, 1_000)), 'How many samples may have no data. Left out: 0.'),
        minSamples: described(
          v.exactOptional(count),
          'How many samples have to have passed or failed for a verdict. Left out: 1.',
        ),
        consecutivePasses: described(
          v.exactOptional(count),
          'So many passes in a row pass the check, before all samples are taken.',
        ),
      }),
    ),
    'What may go wrong before the check has.',
  ),
  severity: described(
    v.exactOptional(v.picklist(['required', 'advisory'])),
    'advisory: it is told, and decides nothing. Left out: required.',
  ),
  mode: mode('the check'),
  onNoData: described(
    v.exactOptional(v.picklist(['inconclusive', 'pass', 'fail'])),
    'What comes of it without enough data. Left out: inconclusive. pass needs an allowance of gatehouse.yml’s.',
  ),
  needs: described(
    v.exactOptional(oneOrMore(text(60))),
    'Names of checks that have to have passed before it begins; otherwise it is skipped.',
  ),
});

export type CheckYml = v.InferOutput<typeof CheckYml>;

/** How many checks a suite may have. */
const MOST_CHECKS = 50;

/** What users write into a file of `suites/`. Published as JSON Schema for editors. */
export const SuiteYml = v.strictObject({
  name: described(Name('a suite'), 'What people and gatehouse.yml call it.'),
  match: described(
    v.exactOptional(
      v.strictObject({
        platform: described(
          v.exactOptional(v.picklist(PLATFORMS)),
          'By which door a verdict is asked for. Left out: any that has what else is asked for here.',
        ),
        application: described(
          v.exactOptional(oneOrMore(Glob)),
          'Names of CodeDeploy applications, by glob. Left out: all.',
        ),
        group: described(v.exactOptional(oneOrMore(Glob)), 'Names of deployment groups, by glob. Left out: all.'),
        cluster: described(v.exactOptional(oneOrMore(Glob)), 'Names of ECS clusters, by glob. Left out: all.'),
        service: described(v.exactOptional(oneOrMore(Glob)), 'Names of ECS services, by glob. Left out: all.'),
        pipeline: described(v.exactOptional(oneOrMore(Glob)), 'Names of pipelines, by glob. Left out: all.'),
        stage: described(v.exactOptional(oneOrMore(Glob)), 'Names of their stages, by glob. Left out: all.'),
        action: described(
          v.exactOptional(oneOrMore(Glob)),
          'Names of their Lambda actions, or of the rules of their conditions, by glob. Left out: all.',
        ),
        hook: described(
          v.exactOptional(oneOrMore(v.picklist(HOOKS))),
          'Lifecycle events of the AppSpec’s Hooks, lifecycle stages of ECS, or AllowTraffic: each step of the traffic of a function, which is watched where this names it. Left out: all others.',
        ),
      }),
    ),
    'What it is for; every key has to hold, and the most specific suite counts.',
  ),
  budget: described(
    v.exactOptional(
      v.strictObject({
        total: described(
          v.exactOptional(duration('10s', '23h')),
          'After how long it is decided, whatever has happened. Left out: 10m.',
        ),
        reserve: described(
          v.exactOptional(duration('5m', '50m')),
          'What is left behind that of the time that the platform waits (CodeDeploy an hour, others a day), to report in. Left out: 5m, which is the least.',
        ),
      }),
    ),
    'Its time.',
  ),
  mode: mode('the suite'),
  vars: described(
    v.exactOptional(v.record(VariableName, v.pipe(v.string(), v.maxLength(500, 'is longer than 500 characters')))),
    'Values of its own that templates name: ${shop.path}.',
  ),
  defaults: described(v.exactOptional(v.strictObject({ interval, timeout })), 'For checks that do not say.'),
  checks: described(
    v.pipe(v.array(CheckYml), v.maxLength(MOST_CHECKS, `are more than ${MOST_CHECKS}`)),
    'What is checked, at the same time unless needs says otherwise.',
  ),
  decide: described(
    v.exactOptional(
      v.strictObject({
        pass: v.exactOptional(v.picklist(['continue'])),
        fail: v.exactOptional(v.picklist(['rollback'])),
        inconclusive: described(
          v.exactOptional(v.picklist(['ask', 'rollback', 'continue'])),
          'The checks cannot say. Left out: rollback. continue needs an allowance of gatehouse.yml’s.',
        ),
        error: described(
          v.exactOptional(v.picklist(['ask', 'rollback'])),
          'A check could not be done. Left out: rollback.',
        ),
        deadline: described(
          v.exactOptional(v.picklist(['rollback', 'continue'])),
          'The time is over, or nobody has answered. Left out: rollback. continue needs an allowance of gatehouse.yml’s.',
        ),
      }),
    ),
    'What becomes of each verdict.',
  ),
});

export type SuiteYml = v.InferOutput<typeof SuiteYml>;
