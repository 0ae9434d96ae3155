import type { JsonRecord } from '../../json.ts';
import { revisionSummary, revisionUrl } from './source-result.ts';
import type { ActionDeclaration, StageDeclaration } from './pipeline.ts';
import { conditionOf } from './job.ts';
import { latestIn, stageRunOf } from './pipeline-state.ts';
import type {
  ActionResult,
  ActionRun,
  ConditionType,
  Execution,
  PipelineState,
  RuleRun,
  StageRun,
} from './pipeline-state.ts';

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
    ...describeCondition(stage, run, 'BEFORE_ENTRY', 'beforeEntryConditionState'),
    ...describeCondition(stage, run, 'ON_SUCCESS', 'onSuccessConditionState'),
    ...(retries > 0 && {
      retryStageMetadata: { manualStageRetryAttempt: retries, latestRetryTrigger: 'ManualStageRetry' },
    }),
  };
};

const describeCondition = (
  stage: StageDeclaration,
  run: StageRun | undefined,
  type: ConditionType,
  field: string,
): JsonRecord => {
  const declared = conditionOf(stage, type);
  if (declared === undefined) {
    return {};
  }
  const looked = run?.conditions.findLast((each) => each.type === type);
  const ruleStates = declared.rules.map(({ name }) => {
    const rule = looked?.rules.find((each) => each.rule === name);
    return { ruleName: name, ...(rule && { latestExecution: describeRule(rule) }) };
  });
  return {
    [field]: {
      ...(looked && { latestExecution: { status: looked.status } }),
      conditionStates: [
        {
          ...(looked && {
            latestExecution: { status: looked.status, lastStatusChange: seconds(looked.updatedAt) },
          }),
          ruleStates,
        },
      ],
    },
  };
};

const describeRule = (run: RuleRun): JsonRecord => ({
  ruleExecutionId: run.id,
  status: run.status,
  ...(run.result?.summary !== undefined && { summary: run.result.summary }),
  lastStatusChange: changedAt(run),
  ...(run.result?.externalId !== undefined && { externalExecutionId: run.result.externalId }),
  ...(run.result?.error && { errorDetails: run.result.error }),
});

/** What a function tells of its progress changes no status. */
const changedAt = ({ status, startedAt, updatedAt }: ActionRun | RuleRun): number =>
  seconds(status === 'InProgress' ? startedAt : updatedAt);

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
      lastStatusChange: changedAt(run),
      ...(summary !== undefined && { summary }),
      ...(run.status === 'InProgress' && run.token !== undefined && !isParallel && { token: run.token }),
      ...(run.updatedBy !== undefined && { lastUpdatedBy: run.updatedBy }),
      ...(run.token === undefined &&
        run.result?.externalId !== undefined && { externalExecutionId: run.result.externalId }),
      ...(run.result?.url !== undefined && { externalExecutionUrl: run.result.url }),
      ...(run.job?.percent !== undefined && { percentComplete: run.job.percent }),
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
      resolvedConfiguration: run.configuration ?? configuration,
      region: pipeline.home.region,
      inputArtifacts: declared?.inputArtifacts ?? [],
      ...(declared?.namespace !== undefined && { namespace: declared.namespace }),
    },
    output: {
      outputArtifacts: run.status === 'Succeeded' ? (declared?.outputArtifacts ?? []) : [],
      executionResult: describeResult({ ...run.result, ...(externalId !== undefined && { externalId }) }),
      ...(declared?.namespace !== undefined &&
        run.outputVariables !== undefined && { outputVariables: run.outputVariables }),
    },
  };
};

const describeResult = ({ externalId, summary, url, error }: ActionResult): JsonRecord => ({
  ...(externalId !== undefined && { externalExecutionId: externalId }),
  ...(summary !== undefined && { externalExecutionSummary: summary }),
  ...(url !== undefined && { externalExecutionUrl: url }),
  ...(error && { errorDetails: error }),
});

/** All runs of rules, newest first. */
export const ruleRuns = ({
  executions,
}: PipelineState): readonly { readonly execution: Execution; readonly run: RuleRun }[] =>
  executions
    .flatMap((execution) =>
      execution.runs.flatMap(({ conditions }) =>
        conditions.flatMap(({ rules }) => rules.map((run) => ({ execution, run }))),
      ),
    )
    .reverse()
    .sort((one, other) => other.run.startedAt - one.run.startedAt);

/** One line of ListRuleExecutions' answer. */
export const summarizeRule = ({ pipeline }: PipelineState, execution: Execution, run: RuleRun): JsonRecord => {
  const stage = pipeline.declaration.stages.find(({ name }) => name === run.stage);
  const declared = stage && conditionOf(stage, run.condition)?.rules.find(({ name }) => name === run.rule);
  const configuration = declared?.configuration ?? {};
  return {
    pipelineExecutionId: execution.id,
    ruleExecutionId: run.id,
    pipelineVersion: pipeline.declaration.version,
    stageName: run.stage,
    ruleName: run.rule,
    startTime: seconds(run.startedAt),
    lastUpdateTime: seconds(run.updatedAt),
    status: run.status,
    input: {
      ruleTypeId: run.type,
      configuration,
      resolvedConfiguration: run.configuration ?? configuration,
      region: pipeline.home.region,
      inputArtifacts: declared?.inputArtifacts ?? [],
    },
    output: { executionResult: describeResult(run.result ?? {}) },
  };
};

/** AWS's JSON protocol counts in seconds. */
const seconds = (time: number): number => time / 1000;
