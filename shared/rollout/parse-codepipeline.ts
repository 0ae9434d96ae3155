import * as v from 'valibot';
import { Envelope, Id, Name, partitionOf, timeOf } from './envelope.ts';
import { describeIssues } from '../describe-issues.ts';
import { redact } from '../redact.ts';
import { ignored, quarantined } from './parsed-event.ts';
import type { ParsedEvent } from './parsed-event.ts';
import type { Facts, Register, Result, Trigger } from './rollout.ts';
import type { State } from './state.ts';
import { readableText } from './readable-text.ts';
import type { Version } from './version.ts';

/** What a state of AWS's means, and how far along it is: of two within one second the higher rank is the later one. */
type Meaning = { readonly state: State; readonly rank: number };

const STARTED: Meaning = { state: 'in-progress', rank: 10 };

const COMMON: readonly (readonly [string, Meaning])[] = [
  ['STARTED', STARTED],
  ['CANCELED', { state: 'canceled', rank: 30 }],
  ['FAILED', { state: 'failed', rank: 40 }],
  ['SUCCEEDED', { state: 'succeeded', rank: 50 }],
];

const STOPPABLE: typeof COMMON = [
  ...COMMON,
  ['RESUMED', { state: 'in-progress', rank: 11 }],
  ['STOPPING', { state: 'stopping', rank: 20 }],
  ['STOPPED', { state: 'stopped', rank: 30 }],
];

type Level = {
  readonly register: v.GenericSchema<unknown, { readonly detail: Register }>;
  readonly states: ReadonlyMap<string, Meaning>;
};

/** All documented states, https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html */
const DETAIL_TYPES: ReadonlyMap<string, Level> = new Map([
  [
    'CodePipeline Pipeline Execution State Change',
    {
      register: v.object({
        detail: v.pipe(
          v.object({}),
          v.transform((): Register => ({ kind: 'rollout' })),
        ),
      }),
      states: new Map([...STOPPABLE, ['SUPERSEDED', { state: 'superseded', rank: 30 }]]),
    },
  ],
  [
    'CodePipeline Stage Execution State Change',
    {
      register: v.object({
        detail: v.pipe(
          v.object({ stage: Name }),
          v.transform((names): Register => ({ kind: 'stage', ...names })),
        ),
      }),
      states: new Map(STOPPABLE),
    },
  ],
  [
    'CodePipeline Action Execution State Change',
    {
      register: v.object({
        detail: v.pipe(
          v.object({ stage: Name, action: Name }),
          v.transform((names): Register => ({ kind: 'action', ...names })),
        ),
      }),
      states: new Map([...COMMON, ['ABANDONED', { state: 'abandoned', rank: 30 }]]),
    },
  ],
]);

/** What is optional stays unknown here: a malformed nicety never costs the event. */
const Event = v.object({
  ...Envelope.entries,
  detail: v.looseObject({ pipeline: Name, 'execution-id': Id, state: v.string() }),
});

/** Reads a CodePipeline event of pipeline, stage or action level. */
export const parseCodePipelineEvent = (detailType: string, event: object): ParsedEvent => {
  const level = DETAIL_TYPES.get(detailType);
  if (level === undefined) {
    return ignored('unknown detail-type');
  }
  const parsed = v.safeParse(Event, event);
  const named = v.safeParse(level.register, event);
  if (!parsed.success) {
    return quarantined(describeIssues(parsed.issues));
  }
  if (!named.success) {
    return quarantined(describeIssues(named.issues));
  }
  const { detail, ...envelope } = parsed.output;
  const meaning = level.states.get(detail.state);
  if (meaning === undefined) {
    return quarantined('detail.state: not a state of this detail-type');
  }
  const version: Version = {
    attempt: attemptOf(detail['pipeline-execution-attempt']),
    time: envelope.time,
    rank: meaning.rank,
    eventId: envelope.id,
  };
  // What went well needs no explanation, and an item has no room for five hundred of them.
  const result = meaning.state === 'failed' ? resultOf(detail['execution-result']) : undefined;
  const approvalId = isApproval(detail['type']) ? v.safeParse(Id, detail['action-execution-id']) : undefined;
  return {
    kind: 'change',
    change: {
      rollout: {
        source: 'codepipeline',
        partition: partitionOf(envelope.region),
        account: envelope.account,
        region: envelope.region,
        name: detail.pipeline,
        executionId: detail['execution-id'],
      },
      register: named.output.detail,
      // An approval that has started is one that waits for people.
      state: meaning === STARTED && isApproval(detail['type']) ? 'waiting' : meaning.state,
      version,
      startedAt: Math.min(timeOf(detail['start-time']) ?? envelope.time, envelope.time),
      ...(result && { result }),
      facts: factsOf(detail, version),
      ...(approvalId?.success === true && { approvalId: approvalId.output }),
    },
  };
};

/** Arrives as 1.0, as 0.0 on a stage's first run, as text, or not at all. */
const attemptOf = (value: unknown): number => {
  const attempt = typeof value === 'string' || typeof value === 'number' ? Math.trunc(Number(value)) : 0;
  return attempt > 0 && attempt < 1_000_000 ? attempt : 0;
};

const isApproval = (type: unknown): boolean => v.is(v.object({ category: v.literal('Approval') }), type);

const ExecutionResult = v.object({
  'external-execution-summary': v.fallback(v.optional(v.string()), undefined),
  'external-execution-url': v.fallback(v.optional(v.string()), undefined),
  'error-code': v.fallback(v.optional(v.string()), undefined),
});

/** As much as anybody is shown; an item has to hold hundreds of them. */
const MOST_SUMMARY = 240;
const MOST_URL = 400;

const resultOf = (value: unknown): Result | undefined => {
  const parsed = v.safeParse(ExecutionResult, value);
  if (!parsed.success) {
    return undefined;
  }
  const summary = readableText(parsed.output['external-execution-summary'], MOST_SUMMARY);
  const errorCode = readableText(parsed.output['error-code'], 100);
  const url = httpsUrl(parsed.output['external-execution-url']);
  return summary === undefined && errorCode === undefined && url === undefined
    ? undefined
    : { ...(summary && { summary }), ...(errorCode && { errorCode }), ...(url && { url }) };
};

const httpsUrl = (value: string | undefined): string | undefined => {
  // An address that holds a secret, as a signed one does, opens to whoever sees it.
  const url = value !== undefined && value.length <= MOST_URL && redact(value) === value ? URL.parse(value) : null;
  // Percent-encoding makes it up to nine times as long.
  const plain = url?.protocol === 'https:' && url.username === '' && url.password === '' && url.href.length <= MOST_URL;
  return plain ? url.href : undefined;
};

const text = v.fallback(v.optional(v.string()), undefined);

const CommitTrigger = v.object({
  'author-display-name': text,
  'author-id': text,
  'author-email': text,
  'full-repository-name': text,
  'commit-id': text,
  'commit-message': text,
  'branch-name': text,
  'tag-name': text,
});

const OtherTrigger = v.object({ 'trigger-type': v.string(), 'trigger-detail': text });

const triggerOf = (value: unknown): Trigger | undefined => {
  const other = v.safeParse(OtherTrigger, value);
  if (other.success) {
    const type = readableText(other.output['trigger-type'], 100);
    const detail = readableText(other.output['trigger-detail'], 300);
    return type === undefined ? undefined : { kind: 'other', type, ...(detail && { detail }) };
  }
  const commit = v.safeParse(CommitTrigger, value);
  if (!commit.success) {
    return undefined;
  }
  const told = commit.output;
  const author = readableText(told['author-display-name'] ?? told['author-id'], 100);
  const email = readableText(told['author-email'], 200);
  const ref = readableText(told['branch-name'] ?? told['tag-name'], 200);
  const id = readableText(told['commit-id'], 64);
  const message = readableText(told['commit-message']?.split('\n', 1)[0], 200);
  const repository = readableText(told['full-repository-name'], 200);
  return [author, ref, id, message, repository].every((part) => part === undefined)
    ? undefined
    : {
        kind: 'commit',
        ...(author && { author }),
        ...(email && { email }),
        ...(ref && { ref }),
        ...(id && { commit: id }),
        ...(message && { message }),
        ...(repository && { repository }),
      };
};

const factsOf = (detail: Readonly<Record<string, unknown>>, version: Version): Facts => {
  const trigger = triggerOf(detail['execution-trigger']);
  const comments = detail['stop-execution-comments'];
  const stopReason = typeof comments === 'string' ? readableText(comments, 300) : undefined;
  return {
    ...(trigger && { trigger: { version, value: trigger } }),
    ...(stopReason && { stopReason: { version, value: stopReason } }),
  };
};
