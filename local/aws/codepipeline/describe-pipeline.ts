import type { JsonRecord } from '../../json.ts';
import { revisionSummary, revisionUrl } from './source-result.ts';
import type { ActionDeclaration, StageDeclaration } from './pipeline.ts';
import { latestIn, stageRunOf } from './pipeline-state.ts';
import type { ActionRun, Execution, PipelineState } from './pipeline-state.ts';

/** GetPipeline's answer. */
export const describePipeline = ({ pipeline }: PipelineState): JsonRecord => {
  const { declaration, home, createdAt } = pipeline;
  const { partition, region, account } = home;
  return {
    pipeline: declaration,
    metadata: {
      pipelineArn: `arn:${partition}:codepipeline:${region}:${account}:${declaration.name}`,
      created: seconds(createdAt),
      updated: seconds(createdAt),
    },
  };
};

/** One line of ListPipelines' answer. */
export const summarizePipeline = ({ pipeline: { declaration, createdAt } }: PipelineState): JsonRecord => ({
  name: declaration.name,
  version: declaration.version,
  pipelineType: declaration.pipelineType,
  executionMode: declaration.executionMode,
  created: seconds(createdAt),
  updated: seconds(createdAt),
});

/** GetPipelineState's answer. In PARALLEL mode no action shows a token there. */
export const describeState = (state: PipelineState): JsonRecord => {
  const { declaration, createdAt } = state.pipeline;
  return {
    pipelineName: declaration.name,
    pipelineVersion: declaration.version,
    stageStates: declaration.stages.map((stage, index) => describeStage(state, stage, index === 0)),
    created: seconds(createdAt),
    updated: seconds(createdAt),
  };
};

const describeStage = (state: PipelineState, stage: StageDeclaration, isFirst: boolean): JsonRecord => {
  const inbound = state.executions
    .filter(({ waitsFor }) => waitsFor?.stage === stage.name)
    .map((execution) => stageExecution(execution, 'InProgress'));
  const latest = latestIn(state, stage.name);
  const run = latest && stageRunOf(latest, stage.name);
  const retries = (run?.pass ?? 1) - 1;
  return {
    stageName: stage.name,
    ...(inbound.length > 0 && { inboundExecution: inbound.at(-1), inboundExecutions: inbound }),
    ...(!isFirst && { inboundTransitionState: describeTransition(state, stage.name) }),
    actionStates: stage.actions.map((action) => describeAction(state, stage.name, action)),
    ...(latest && run && { latestExecution: stageExecution(latest, run.status) }),
    ...(retries > 0 && {
      retryStageMetadata: { manualStageRetryAttempt: retries, latestRetryTrigger: 'ManualStageRetry' },
    }),
  };
};

const stageExecution = ({ id, rollbackTo }: Execution, status: string): JsonRecord => ({
  pipelineExecutionId: id,
  status,
  type: rollbackTo === undefined ? 'STANDARD' : 'ROLLBACK',
});

const describeTransition = ({ transitions }: PipelineState, stage: string): JsonRecord => {
  const touched = transitions.find((each) => each.stage === stage);
  return {
    enabled: touched?.enabled ?? true,
    ...(touched && { lastChangedBy: touched.by, lastChangedAt: seconds(touched.at) }),
    ...(touched?.reason !== undefined && { disabledReason: touched.reason }),
  };
};

const describeAction = (state: PipelineState, stage: string, { name }: ActionDeclaration): JsonRecord => {
  const [latest] = actionRuns(state).filter(({ run }) => run.stage === stage && run.action === name);
  const isParallel = state.pipeline.declaration.executionMode === 'PARALLEL';
  if (latest === undefined) {
    return { actionName: name };
  }
  const { run, execution } = latest;
  const summary = run.answered ? run.comment : run.result?.summary;
  return {
    actionName: name,
    ...(run.type.category === 'Source' &&
      execution.found && {
        currentRevision: {
          revisionId: execution.commit.id,
          revisionChangeId: execution.commit.id,
          created: seconds(execution.found.at),
        },
        revisionUrl: revisionUrl(state.pipeline, execution.commit),
      }),
    latestExecution: {
      actionExecutionId: run.id,
      status: run.status,
      lastStatusChange: seconds(run.updatedAt),
      ...(summary !== undefined && { summary }),
      ...(run.status === 'InProgress' && run.token !== undefined && !isParallel && { token: run.token }),
      ...(run.updatedBy !== undefined && { lastUpdatedBy: run.updatedBy }),
      ...(run.token === undefined &&
        run.result?.externalId !== undefined && { externalExecutionId: run.result.externalId }),
      ...(run.result?.url !== undefined && { externalExecutionUrl: run.result.url }),
      ...(run.result?.error && { errorDetails: run.result.error }),
    },
  };
};

/** GetPipelineExecution's answer. */
export const describeExecution = (state: PipelineState, execution: Execution): JsonRecord => {
  const { name, version } = state.pipeline.declaration;
  const { found, commit, variables } = execution;
  return {
    pipelineExecution: {
      pipelineName: name,
      pipelineVersion: version,
      pipelineExecutionId: execution.id,
      status: execution.status,
      artifactRevisions: found
        ? [
            {
              name: found.artifact,
              revisionId: commit.id,
              revisionSummary: revisionSummary(commit),
              revisionUrl: revisionUrl(state.pipeline, commit),
              created: seconds(found.at),
            },
          ]
        : [],
      ...(variables.length > 0 && {
        variables: variables.map(({ name: variable, value }) => ({ name: variable, resolvedValue: value })),
      }),
      ...kindOf(state, execution),
    },
  };
};

/** One line of ListPipelineExecutions' answer. */
export const summarizeExecution = (state: PipelineState, execution: Execution): JsonRecord => {
  const { found, commit, stopReason } = execution;
  return {
    pipelineExecutionId: execution.id,
    status: execution.status,
    startTime: seconds(execution.startedAt),
    lastUpdateTime: seconds(execution.updatedAt),
    sourceRevisions: found
      ? [
          {
            actionName: found.action,
            revisionId: commit.id,
            revisionSummary: revisionSummary(commit),
            revisionUrl: revisionUrl(state.pipeline, commit),
          },
        ]
      : [],
    ...(stopReason !== undefined && { stopTrigger: { reason: stopReason } }),
    ...kindOf(state, execution),
  };
};

const kindOf = ({ pipeline }: PipelineState, { trigger, rollbackTo }: Execution): JsonRecord => ({
  trigger: { triggerType: trigger.type, triggerDetail: trigger.detail },
  executionMode: pipeline.declaration.executionMode,
  executionType: rollbackTo === undefined ? 'STANDARD' : 'ROLLBACK',
  ...(rollbackTo !== undefined && { rollbackMetadata: { rollbackTargetPipelineExecutionId: rollbackTo } }),
});

/** All runs of actions, newest first. */
export const actionRuns = ({
  executions,
}: PipelineState): readonly { readonly execution: Execution; readonly run: ActionRun }[] =>
  executions
    .flatMap((execution) => execution.runs.flatMap(({ actions }) => actions.map((run) => ({ execution, run }))))
    .reverse()
    .sort((one, other) => other.run.startedAt - one.run.startedAt);

/** One line of ListActionExecutions' answer. An approval's external id is its token, in PARALLEL mode the only place for it. */
export const summarizeAction = ({ pipeline }: PipelineState, execution: Execution, run: ActionRun): JsonRecord => {
  const declared = pipeline.declaration.stages
    .find(({ name }) => name === run.stage)
    ?.actions.find(({ name }) => name === run.action);
  const configuration = declared?.configuration ?? {};
  const externalId = run.result?.externalId ?? run.token;
  return {
    pipelineExecutionId: execution.id,
    actionExecutionId: run.id,
    pipelineVersion: pipeline.declaration.version,
    stageName: run.stage,
    actionName: run.action,
    startTime: seconds(run.startedAt),
    lastUpdateTime: seconds(run.updatedAt),
    ...(run.updatedBy !== undefined && { updatedBy: run.updatedBy }),
    status: run.status,
    input: {
      actionTypeId: run.type,
      configuration,
      resolvedConfiguration: configuration,
      region: pipeline.home.region,
      inputArtifacts: declared?.inputArtifacts ?? [],
    },
    output: {
      outputArtifacts: run.status === 'Succeeded' ? (declared?.outputArtifacts ?? []) : [],
      executionResult: {
        ...(externalId !== undefined && { externalExecutionId: externalId }),
        ...(run.result?.summary !== undefined && { externalExecutionSummary: run.result.summary }),
        ...(run.result?.url !== undefined && { externalExecutionUrl: run.result.url }),
        ...(run.result?.error && { errorDetails: run.result.error }),
      },
    },
  };
};

/** AWS's JSON protocol counts in seconds. */
const seconds = (time: number): number => time / 1000;
