import type { JsonRecord } from '../../json.ts';
import { toSeconds } from '../service-event.ts';
import type { Commit, SimulatedPipeline } from './pipeline.ts';
import type { ActionResult, ActionRun, Execution, StageRun } from './pipeline-state.ts';

/** Where and when an event is sent, and its id. */
type Envelope = { readonly pipeline: SimulatedPipeline; readonly at: number; readonly id: string };

type PipelineWord = 'STARTED' | 'RESUMED' | 'STOPPING' | 'STOPPED' | 'SUPERSEDED' | 'FAILED' | 'SUCCEEDED';

/** What the event bus hears of an execution. */
export const pipelineEvent = (envelope: Envelope, execution: Execution, state: PipelineWord): JsonRecord =>
  inEnvelope(envelope, 'Pipeline', {
    ...common(envelope, execution),
    'start-time': iso(execution.startedAt),
    state,
    ...triggerOf(execution, state),
    ...(state === 'STOPPING' &&
      execution.stopReason !== undefined && { 'stop-execution-comments': execution.stopReason }),
    'pipeline-execution-attempt': execution.attempt,
  });

/** What the event bus hears of a stage: its attempt is 0 until a stage is retried, and RESUMED tells no start. */
export const stageEvent = (
  envelope: Envelope,
  execution: Execution,
  { stage, startedAt, retriedAt }: StageRun,
  state: Exclude<PipelineWord, 'SUPERSEDED'>,
): JsonRecord =>
  inEnvelope(envelope, 'Stage', {
    ...common(envelope, execution),
    ...(state !== 'RESUMED' && { 'start-time': iso(startedAt) }),
    stage,
    state,
    ...(retriedAt !== undefined && { 'stage-last-retry-attempt-time': iso(retriedAt) }),
    'pipeline-execution-attempt': execution.attempt === 1 ? 0 : execution.attempt,
  });

/** What the event bus hears of an action. It never has the token of an approval that can still be answered. */
export const actionEvent = (
  envelope: Envelope,
  execution: Execution,
  { id, stage, action, type, startedAt, attempt, result }: ActionRun,
  state: 'STARTED' | 'SUCCEEDED' | 'FAILED' | 'ABANDONED',
): JsonRecord =>
  inEnvelope(envelope, 'Action', {
    ...common(envelope, execution),
    ...(state !== 'ABANDONED' && { 'start-time': iso(startedAt) }),
    stage,
    'action-execution-id': id,
    action,
    state,
    region: envelope.pipeline.home.region,
    type,
    ...((state === 'SUCCEEDED' || state === 'FAILED') &&
      result !== undefined && { 'execution-result': resultOf(result) }),
    'pipeline-execution-attempt': attempt,
  });

const inEnvelope = ({ pipeline, at, id }: Envelope, level: string, detail: JsonRecord): JsonRecord => {
  const { partition, region, account } = pipeline.home;
  return {
    version: '0',
    id,
    'detail-type': `CodePipeline ${level} Execution State Change`,
    source: 'aws.codepipeline',
    account,
    time: toSeconds(new Date(at)),
    region,
    resources: [`arn:${partition}:codepipeline:${region}:${account}:${pipeline.declaration.name}`],
    detail,
  };
};

const common = ({ pipeline }: Envelope, { id }: Execution): JsonRecord => ({
  pipeline: pipeline.declaration.name,
  'execution-id': id,
  version: pipeline.declaration.version,
});

/** A push is told with its commit, of the end as well; whatever else only of the start. */
const triggerOf = ({ trigger, commit }: Execution, state: PipelineWord): JsonRecord => {
  if (trigger.type === 'WebhookV2') {
    return ['STARTED', 'SUCCEEDED', 'FAILED'].includes(state) ? { 'execution-trigger': pushOf(commit) } : {};
  }
  return state === 'STARTED'
    ? { 'execution-trigger': { 'trigger-type': trigger.type, 'trigger-detail': trigger.detail } }
    : {};
};

const pushOf = (commit: Commit): JsonRecord => ({
  'author-display-name': commit.authorName,
  'author-id': commit.authorId,
  'author-email': commit.authorEmail,
  'full-repository-name': commit.repository,
  'provider-type': 'GitHub',
  'branch-name': commit.branch,
  'commit-id': commit.id,
  'commit-message': commit.message,
});

const resultOf = ({ externalId, summary, url, error }: ActionResult): JsonRecord => ({
  ...(externalId !== undefined && { 'external-execution-id': externalId }),
  ...(summary !== undefined && { 'external-execution-summary': summary }),
  ...(url !== undefined && { 'external-execution-url': url }),
  ...(error?.code !== undefined && { 'error-code': error.code }),
});

const iso = (time: number): string => new Date(time).toISOString();
