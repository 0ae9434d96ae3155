import type { JsonRecord } from '../../json.ts';
import { CALL_AGAIN_MS } from './pipeline.ts';
import type { ActionTypeId, SimulatedPipeline, StageDeclaration } from './pipeline.ts';
import { isRule } from './pipeline-state.ts';
import type { ActionRun, ConditionType, Due, Execution, Placed, RuleRun } from './pipeline-state.ts';

/** Credentials that open nothing. Whoever logs them is found by them. */
export const ARTIFACT_CREDENTIALS = {
  accessKeyId: 'ASIALOCALARTIFACTS00',
  secretAccessKey: 'local-artifact-secret-that-no-log-may-hold',
  sessionToken: 'local-artifact-session-that-no-log-may-hold',
} as const;

const CREDENTIALS_MS = 3_600_000;

/** What functions do that are called for rules; the API knows no rules. */
const LAMBDA: ActionTypeId = { category: 'Invoke', owner: 'AWS', provider: 'Lambda', version: '1' };

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const SILENCE_MS = 20 * 60_000;
const MOST_MS = 24 * 3_600_000;

/** An asynchronous invocation of a function. */
export type JobCall = { readonly job: string; readonly functionName: string; readonly event: JsonRecord };

/** The rules of a condition, and what happens when one fails. */
export const conditionOf = ({ beforeEntry, onSuccess }: StageDeclaration, type: ConditionType) =>
  (type === 'BEFORE_ENTRY' ? beforeEntry : onSuccess)?.conditions[0];

type Declared = {
  readonly inputArtifacts?: readonly { readonly name: string }[];
  readonly outputArtifacts?: readonly { readonly name: string }[];
  readonly timeoutInMinutes?: number;
};

const declaredOf = ({ declaration }: SimulatedPipeline, run: ActionRun | RuleRun): Declared => {
  const stage = declaration.stages.find(({ name }) => name === run.stage);
  const declared =
    stage !== undefined && isRule(run)
      ? conditionOf(stage, run.condition)?.rules.find(({ name }) => name === run.rule)
      : stage?.actions.find(({ name }) => !isRule(run) && name === run.action);
  return declared ?? {};
};

/**
 * What CodePipeline invokes a function with. Of rules AWS does not say; here they are called as actions are.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
 */
export const jobCall = (pipeline: SimulatedPipeline, { execution, run }: Placed, id: string, at: number): JobCall => {
  const { artifactCredentials, inputArtifacts, outputArtifacts, ...data } = jobData(pipeline, { execution, run });
  const withRevision = (artifacts: readonly JsonRecord[]) => artifacts.map((each) => ({ revision: null, ...each }));
  return {
    job: id,
    functionName: functionNameOf(run),
    event: {
      'CodePipeline.job': {
        id,
        accountId: pipeline.home.account,
        data: {
          ...data,
          inputArtifacts: withRevision(inputArtifacts),
          outputArtifacts: withRevision(outputArtifacts),
          artifactCredentials: { ...artifactCredentials, expirationTime: at + CREDENTIALS_MS },
        },
      },
    },
  };
};

export const functionNameOf = ({ configuration = {} }: ActionRun | RuleRun): string =>
  configuration['FunctionName'] ?? '';

/** GetJobDetails' answer. */
export const describeJob = (pipeline: SimulatedPipeline, { execution, run }: Placed, id: string): JsonRecord => {
  const { declaration, home, jobs } = pipeline;
  const action = isRule(run)
    ? jobs?.namesRules !== false && { name: run.rule, actionExecutionId: run.id }
    : { name: run.action, actionExecutionId: run.id };
  return {
    jobDetails: {
      id,
      accountId: home.account,
      data: {
        actionTypeId: isRule(run) ? LAMBDA : run.type,
        pipelineContext: {
          pipelineName: declaration.name,
          stage: { name: run.stage },
          ...(action && { action }),
          pipelineArn: `arn:${home.partition}:codepipeline:${home.region}:${home.account}:${declaration.name}`,
          pipelineExecutionId: execution.id,
        },
        ...jobData(pipeline, { execution, run }),
      },
    },
  };
};

const jobData = (pipeline: SimulatedPipeline, { execution, run }: Placed) => {
  const { encryptionKey } = pipeline.declaration.artifactStore;
  const { inputArtifacts = [], outputArtifacts = [] } = declaredOf(pipeline, run);
  const artifact = ({ name }: { readonly name: string }) => describeArtifact(pipeline, execution, name);
  return {
    actionConfiguration: { configuration: run.configuration ?? {} },
    inputArtifacts: inputArtifacts.map(artifact),
    outputArtifacts: outputArtifacts.map(artifact),
    artifactCredentials: ARTIFACT_CREDENTIALS,
    ...(run.job?.continuationToken !== undefined && { continuationToken: run.job.continuationToken }),
    ...(encryptionKey && { encryptionKey }),
  };
};

const describeArtifact = ({ declaration }: SimulatedPipeline, execution: Execution, name: string): JsonRecord => {
  const { found, commit, id } = execution;
  return {
    name,
    ...(found?.artifact === name && { revision: commit.id }),
    location: {
      type: 'S3',
      s3Location: {
        bucketName: declaration.artifactStore.location,
        objectKey: `${declaration.name.slice(0, 20)}/${name.slice(0, 10)}/${id.slice(0, 7)}`,
      },
    },
  };
};

/** Until when a function that is called at `at` has to answer. */
export const answerDue = (pipeline: SimulatedPipeline, run: ActionRun | RuleRun, at: number): Due => ({
  at: Math.min(at + (pipeline.jobs?.silenceMs ?? SILENCE_MS), lastMoment(pipeline, run)),
  how: 'is-silent',
});

/** When a function is called again that asked for it at `at`. */
export const nextCallDue = (pipeline: SimulatedPipeline, run: ActionRun | RuleRun, at: number): Due => {
  const again = at + (pipeline.jobs?.callAgainAfterMs ?? CALL_AGAIN_MS);
  const last = lastMoment(pipeline, run);
  return again < last ? { at: again, how: 'is-called-again' } : { at: last, how: 'is-silent' };
};

const lastMoment = (pipeline: SimulatedPipeline, run: ActionRun | RuleRun): number => {
  const most = pipeline.jobs?.mostMs ?? MOST_MS;
  const { timeoutInMinutes } = isRule(run) ? declaredOf(pipeline, run) : {};
  return run.startedAt + Math.min(most, timeoutInMinutes === undefined ? most : timeoutInMinutes * 60_000);
};
