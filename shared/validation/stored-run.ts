import * as v from 'valibot';
import { StoredId } from '../rollout/stored-id.ts';
import type { ItemKind } from '../store/change-item.ts';
import type { Item } from '../store/store.ts';
import type { JsonValue } from './json-value.ts';
import { ALLOWANCES } from './run.ts';
import type { Answer, Run } from './run.ts';
import { HOOKS, OPERATORS, PLATFORMS } from './suite.ts';

/** A run as it is kept. */
export type StoredRun = {
  readonly run: Run;
  /** Epoch milliseconds from when the sweep has it looked at; none once it is over, and people have seen so. */
  readonly dueAt?: number;
  /** Epoch milliseconds: when the message that has it looked at arrives, or the platform is to come again. */
  readonly lookAt?: number;
  /** What people have decided since it was last looked at. */
  readonly answers?: readonly { readonly check?: number; readonly answer: Answer }[];
};

/** A run as it was last seen; `item` saves whoever writes it next the read. */
export type HeldRun = { readonly stored: StoredRun; readonly item: Item | undefined };

/** Whether the platform has been told, or does not wait any more. */
export const isRunOver = ({ state }: Run): boolean =>
  state.kind === 'reported' || state.kind === 'moot' || state.kind === 'overtaken';

const text = v.exactOptional(v.string());
const number = v.exactOptional(v.number());
const texts = v.exactOptional(v.array(v.string()));
const record = v.record(v.string(), v.string());

const Json: v.GenericSchema<JsonValue> = v.union([
  v.string(),
  v.number(),
  v.boolean(),
  v.null(),
  v.array(v.lazy(() => Json)),
  v.record(
    v.string(),
    v.lazy(() => Json),
  ),
]);

const StoredVerdict = v.picklist(['pass', 'fail', 'inconclusive', 'error']);

const StoredAction = v.picklist(['continue', 'rollback']);

const StoredAnswer = v.object({ verdict: v.picklist(['approve', 'reject']), says: v.string(), at: v.number() });

const StoredSample = v.object({
  at: v.number(),
  tookMs: v.number(),
  outcome: v.picklist(['pass', 'fail', 'between', 'nodata', 'error']),
  says: v.string(),
  value: text,
  expected: text,
  evidence: text,
  link: text,
  lost: text,
});

const StoredCheck = v.object({
  samples: v.array(StoredSample),
  inFlight: v.exactOptional(v.object({ id: v.string(), by: v.string(), at: v.number(), until: v.number() })),
  from: number,
  nextAt: number,
  redBefore: texts,
  end: v.exactOptional(v.object({ as: v.picklist([...StoredVerdict.options, 'skipped', 'canceled']), at: v.number() })),
  answer: v.exactOptional(StoredAnswer),
});

const StoredWhy = v.variant('kind', [
  v.object({ kind: v.literal('verdict'), verdict: StoredVerdict }),
  v.object({ kind: v.literal('answer'), verdict: StoredVerdict, answer: StoredAnswer }),
  v.object({ kind: v.literal('deadline'), verdict: StoredVerdict }),
  v.object({ kind: v.literal('rollback') }),
  v.object({ kind: v.literal('no-suite') }),
  v.object({ kind: v.literal('vacuous') }),
  v.object({ kind: v.literal('not-begun'), says: v.string() }),
]);

const StoredConclusion = v.object({
  action: StoredAction,
  why: StoredWhy,
  allowedBy: text,
  shadow: v.exactOptional(StoredAction),
  says: v.string(),
  at: v.number(),
});

const StoredState = v.variant('kind', [
  v.object({ kind: v.literal('running') }),
  v.object({ kind: v.literal('asking'), verdict: StoredVerdict, at: v.number() }),
  v.object({ kind: v.literal('decided'), conclusion: StoredConclusion, reports: v.number(), nextAt: v.number() }),
  v.object({ kind: v.literal('reported'), conclusion: StoredConclusion, at: v.number() }),
  v.object({
    kind: v.picklist(['moot', 'overtaken']),
    conclusion: StoredConclusion,
    says: v.string(),
    at: v.number(),
  }),
]);

const StoredStep = v.object({
  id: v.string(),
  method: v.picklist(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
  url: v.string(),
  headers: record,
  body: v.exactOptional(
    v.variant('kind', [
      v.object({ kind: v.literal('json'), value: Json }),
      v.object({ kind: v.literal('text'), text: v.string() }),
    ]),
  ),
  redirect: v.picklist(['error', 'follow', 'manual']),
});

const StoredMetric = v.object({ namespace: v.string(), metric: v.string(), stat: v.string() });

const StoredProbe = v.variant('kind', [
  v.object({
    kind: v.literal('invoke'),
    function: v.string(),
    qualifiers: v.array(v.string()),
    payload: Json,
    logTail: v.boolean(),
    ignore: v.array(v.string()),
  }),
  v.object({ kind: v.literal('http'), steps: v.array(StoredStep) }),
  v.object({ kind: v.literal('alarms'), names: v.array(v.string()) }),
  v.object({
    kind: v.literal('metric'),
    namespace: v.string(),
    metric: v.string(),
    stat: v.string(),
    dimensions: record,
    periodSeconds: v.number(),
    windowMs: v.number(),
    minDataPoints: v.number(),
  }),
  v.object({
    kind: v.literal('compare'),
    of: v.variant('kind', [
      v.object({ kind: v.literal('ratio'), bad: StoredMetric, all: StoredMetric }),
      v.object({ kind: v.literal('distribution'), series: StoredMetric }),
    ]),
    dimensions: record,
    periodSeconds: v.number(),
    lookBackMs: v.number(),
    baselines: v.array(
      v.variant('kind', [
        v.object({ kind: v.literal('old-version') }),
        v.object({ kind: v.literal('before-deployment'), forMs: v.number() }),
      ]),
    ),
    worseWhen: v.picklist(['higher', 'lower']),
    tolerate: v.object({ absolute: number, relative: number }),
    confidence: v.number(),
    looks: v.number(),
    minSamples: v.number(),
    expected: v.exactOptional(v.object({ perMinute: number, baselineRate: number, worseRate: number })),
  }),
  v.object({ kind: v.literal('logs'), group: v.string(), streamPrefix: text, pattern: v.string() }),
  v.object({ kind: v.literal('targetHealth'), targetGroup: v.string() }),
  v.object({
    kind: v.literal('calendar'),
    hours: v.array(v.object({ days: v.array(v.number()), from: v.number(), to: v.number(), tz: v.string() })),
    freeze: v.array(v.object({ from: v.number(), to: v.number(), why: v.string() })),
    ssm: v.array(v.string()),
  }),
  v.object({ kind: v.literal('lambda'), function: v.string(), input: Json }),
  v.object({ kind: v.literal('approval'), says: text }),
]);

const mode = v.picklist(['enforce', 'observe']);

const StoredSuite = v.object({
  name: v.string(),
  hash: v.string(),
  match: v.object({
    platform: v.exactOptional(v.picklist(PLATFORMS)),
    application: texts,
    group: texts,
    cluster: texts,
    service: texts,
    pipeline: texts,
    stage: texts,
    action: texts,
    hook: v.exactOptional(v.array(v.picklist(HOOKS))),
  }),
  budget: v.object({ totalMs: v.number(), reserveMs: v.number() }),
  mode,
  vars: record,
  checks: v.array(
    v.object({
      name: v.string(),
      probe: StoredProbe,
      expect: v.array(
        v.object({ path: v.string(), op: v.picklist(OPERATORS), value: v.exactOptional(Json), step: text }),
      ),
      sample: v.object({ warmupMs: v.number(), intervalMs: v.number(), count: v.number(), timeoutMs: v.number() }),
      limits: v.object({
        failures: v.number(),
        consecutiveFailures: number,
        consecutiveErrors: v.number(),
        noData: v.number(),
        minSamples: v.number(),
        consecutivePasses: number,
      }),
      severity: v.picklist(['required', 'advisory']),
      mode,
      onNoData: v.picklist(['inconclusive', 'pass', 'fail']),
      between: v.exactOptional(v.picklist(['inconclusive', 'pass'])),
      needs: v.array(v.string()),
    }),
  ),
  decide: v.object({
    pass: v.literal('continue'),
    fail: v.literal('rollback'),
    inconclusive: v.picklist(['ask', 'rollback', 'continue']),
    error: v.picklist(['ask', 'rollback']),
    deadline: v.picklist(['rollback', 'continue']),
  }),
});

const StoredCall = v.variant('kind', [
  v.object({ kind: v.literal('codedeploy-hook'), hookExecutionId: v.string() }),
  v.object({ kind: v.literal('ecs-hook'), executionId: v.string(), weights: v.string() }),
  v.object({ kind: v.literal('codepipeline-job'), jobId: v.string(), turn: v.number() }),
  v.object({ kind: v.literal('bake'), weight: v.number(), step: v.number(), of: number, since: v.number() }),
]);

const StoredRunning = v.object({
  run: v.object({
    platform: v.picklist([...PLATFORMS, 'unknown']),
    rollout: StoredId,
    call: StoredCall,
    hook: text,
    suite: v.exactOptional(StoredSuite),
    allowances: v.object(v.entriesFromList(ALLOWANCES, text)),
    variables: record,
    deployedAt: number,
    startedAt: v.number(),
    deadline: v.number(),
    platformDeadline: v.number(),
    checks: v.array(StoredCheck),
    answer: v.exactOptional(StoredAnswer),
    state: StoredState,
  }),
  dueAt: number,
  lookAt: number,
  answers: v.exactOptional(v.array(v.object({ check: number, answer: StoredAnswer }))),
});

export const runItem: ItemKind<StoredRun> = {
  parse: (body) => v.parse(StoredRunning, body),
  due: ({ dueAt }) => (dueAt === undefined ? undefined : { kind: 'run', at: dueAt }),
};
