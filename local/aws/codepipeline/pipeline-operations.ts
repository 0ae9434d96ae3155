import * as v from 'valibot';
import { isList, isRecord } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { answer, refusal } from '../service.ts';
import type { Operation, Outcome } from '../service.ts';
import {
  actionRuns,
  describeExecution,
  describePipeline,
  describeState,
  ruleRuns,
  summarizeAction,
  summarizeExecution,
  summarizePipeline,
  summarizeRule,
} from './describe-pipeline.ts';
import { describeJob } from './job.ts';
import { runOfJob, stageRunOf } from './pipeline-state.ts';
import type { ActionRun, Execution, PipelineState, Placed, RuleRun } from './pipeline-state.ts';
import type { SimulatedPipelines } from './simulated-pipelines.ts';
import type { Command } from './step.ts';

const Name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9.@\-_]{1,100}$/));
const Uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/));
const MaxResults = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 100);
const NextToken = v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(2048)));

const GetPipeline = v.object({ name: Name, version: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))) });
const Named = v.object({ name: Name });
const OneExecution = v.object({ pipelineName: Name, pipelineExecutionId: Uuid });
const ListPipelines = v.object({
  maxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)), 1000),
  nextToken: NextToken,
});
const ListExecutions = v.object({
  pipelineName: Name,
  maxResults: MaxResults,
  nextToken: NextToken,
  filter: v.optional(v.object({ succeededInStage: v.optional(v.object({ stageName: v.optional(Name) })) })),
});
const ListRuns = v.object({
  pipelineName: Name,
  maxResults: MaxResults,
  nextToken: NextToken,
  filter: v.optional(
    v.object({
      pipelineExecutionId: v.optional(Uuid),
      latestInPipelineExecution: v.optional(
        v.object({ pipelineExecutionId: Uuid, startTimeRange: v.picklist(['Latest', 'All']) }),
      ),
    }),
    {},
  ),
});
const Start = v.object({
  name: Name,
  variables: v.optional(
    v.pipe(
      v.array(
        v.object({
          name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9@\-_]{1,128}$/)),
          value: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
        }),
      ),
      v.minLength(1),
      v.maxLength(50),
    ),
  ),
  clientRequestToken: v.optional(v.pipe(v.string(), v.regex(/^[a-zA-Z0-9-]{1,128}$/))),
  sourceRevisions: v.optional(
    v.pipe(
      v.array(
        v.object({
          actionName: Name,
          revisionType: v.picklist(['COMMIT_ID', 'IMAGE_DIGEST', 'S3_OBJECT_VERSION_ID', 'S3_OBJECT_KEY']),
          revisionValue: v.pipe(v.string(), v.minLength(1), v.maxLength(1500)),
        }),
      ),
      v.maxLength(50),
    ),
    [],
  ),
});
const Stop = v.object({
  ...OneExecution.entries,
  abandon: v.optional(v.boolean(), false),
  reason: v.optional(v.pipe(v.string(), v.maxLength(200))),
});
const Retry = v.object({
  ...OneExecution.entries,
  stageName: Name,
  retryMode: v.picklist(['FAILED_ACTIONS', 'ALL_ACTIONS']),
});
const Rollback = v.object({ pipelineName: Name, stageName: Name, targetPipelineExecutionId: Uuid });
const PutApproval = v.object({
  pipelineName: Name,
  stageName: Name,
  actionName: Name,
  token: Uuid,
  result: v.object({
    status: v.picklist(['Approved', 'Rejected']),
    summary: v.pipe(v.string(), v.maxLength(512)),
  }),
});
const EnableTransition = v.object({
  pipelineName: Name,
  stageName: Name,
  transitionType: v.picklist(['Inbound', 'Outbound']),
});
const DisableTransition = v.object({
  ...EnableTransition.entries,
  reason: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9!@ ().*?-]{1,300}$/)),
});
const Override = v.object({
  ...OneExecution.entries,
  stageName: Name,
  conditionType: v.picklist(['BEFORE_ENTRY', 'ON_SUCCESS']),
});

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const OneJob = v.object({ jobId: Uuid });
const JobSuccess = v.pipe(
  v.object({
    ...OneJob.entries,
    currentRevision: v.optional(
      v.object({
        revision: text(1_500),
        changeIdentifier: text(100),
        created: v.optional(v.number()),
        revisionSummary: v.optional(text(2_048)),
      }),
    ),
    continuationToken: v.optional(text(2_048)),
    executionDetails: v.optional(
      v.object({
        summary: v.optional(text(2_048)),
        externalExecutionId: v.optional(text(1_500)),
        percentComplete: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100))),
      }),
      {},
    ),
    outputVariables: v.optional(v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9@\-_]+$/)), v.string())),
  }),
  v.check(
    ({ continuationToken, outputVariables }) => continuationToken === undefined || outputVariables === undefined,
    'outputVariables cannot be given together with a continuationToken',
  ),
);
const JobFailure = v.object({
  ...OneJob.entries,
  failureDetails: v.object({
    type: v.picklist([
      'JobFailed',
      'ConfigurationError',
      'PermissionError',
      'RevisionOutOfSync',
      'RevisionUnavailable',
      'SystemUnavailable',
    ]),
    message: text(5_000),
    externalExecutionId: v.optional(text(1_500)),
  }),
});

/** Names and values of an action's output variables together, in bytes. */
const MOST_OUTPUT_BYTES = 122_880;

/**
 * CodePipeline's API for the simulated pipelines. Of what is not simulated, `elsewhere` tells: other pipelines, and
 * executions that the bus has told of. https://docs.aws.amazon.com/codepipeline/latest/APIReference/
 */
export const pipelineOperations = (
  pipelines: SimulatedPipelines,
  elsewhere: ReadonlyMap<string, Operation>,
  now: () => number,
): ReadonlyMap<string, Operation> => {
  const askElsewhere = (operation: string, input: JsonRecord, caller: string, otherwise: Outcome) =>
    elsewhere.get(operation)?.(input, caller) ?? otherwise;

  /** An operation about one pipeline: its input is looked at, and the pipeline looked up. */
  const about = <
    Schema extends v.GenericSchema<unknown, { readonly name: string } | { readonly pipelineName: string }>,
  >(
    operation: string,
    schema: Schema,
    work: (
      state: PipelineState,
      asked: v.InferOutput<Schema>,
      caller: string,
      input: JsonRecord,
    ) => ReturnType<Operation>,
  ): readonly [string, Operation] => [
    operation,
    (input, caller) => {
      const parsed = v.safeParse(schema, input);
      if (!parsed.success) {
        return invalid(v.summarize(parsed.issues));
      }
      const name = 'name' in parsed.output ? parsed.output.name : parsed.output.pipelineName;
      const state = pipelines.stateOf(name);
      return state === undefined
        ? askElsewhere(operation, input, caller, noPipeline(name))
        : work(state, parsed.output, caller, input);
    },
  ];

  /** An operation about one job, which names no pipeline. */
  const aboutJob = <Schema extends v.GenericSchema<unknown, { readonly jobId: string }>>(
    operation: string,
    schema: Schema,
    work: (state: PipelineState, asked: v.InferOutput<Schema>) => Outcome,
  ): readonly [string, Operation] => [
    operation,
    (input) => {
      const parsed = v.safeParse(schema, input);
      if (!parsed.success) {
        return invalid(v.summarize(parsed.issues));
      }
      const { jobId } = parsed.output;
      const state = pipelines.states().find((each) => runOfJob(each, jobId) !== undefined);
      return state === undefined ? noJob(jobId) : work(state, parsed.output);
    },
  ];

  /** Has a pipeline obey, and answers with what `told` makes of the execution. */
  const obey = (state: PipelineState, command: Command, told: (execution: string) => JsonRecord): Outcome => {
    const reply = pipelines.command(state.pipeline.declaration.name, command);
    return reply.kind === 'refused' ? refusal(reply.code, reply.message) : answer(told(reply.execution ?? ''));
  };
  const itsId = (pipelineExecutionId: string): JsonRecord => ({ pipelineExecutionId });
  const nothing = (): JsonRecord => ({});

  return new Map<string, Operation>([
    ...elsewhere,
    [
      'ListPipelines',
      (input) => {
        const parsed = v.safeParse(ListPipelines, input);
        return parsed.success
          ? page(pipelines.states().map(summarizePipeline), 'pipelines', parsed.output)
          : invalid(v.summarize(parsed.issues));
      },
    ],
    about('GetPipeline', GetPipeline, (state, { version }) =>
      version === undefined || version === state.pipeline.declaration.version
        ? answer(describePipeline(state))
        : refusal('PipelineVersionNotFoundException', `The pipeline has no version ${version}.`),
    ),
    about('GetPipelineState', Named, (state) => answer(describeState(state))),
    about('GetPipelineExecution', OneExecution, (state, { pipelineExecutionId }, caller, input) => {
      const found = state.executions.find(({ id }) => id === pipelineExecutionId);
      return found === undefined
        ? askElsewhere('GetPipelineExecution', input, caller, noExecution(pipelineExecutionId))
        : answer(describeExecution(state, found));
    }),
    about('ListPipelineExecutions', ListExecutions, async (state, asked, caller, { pipelineName }) => {
      const stage = asked.filter?.succeededInStage?.stageName;
      const own = state.executions
        .filter((each) => stage === undefined || stageRunOf(each, stage)?.status === 'Succeeded')
        .map((each) => summarizeExecution(state, each))
        .reverse();
      const others =
        stage === undefined ? await elsewhere.get('ListPipelineExecutions')?.({ pipelineName }, caller) : undefined;
      return page([...own, ...unlike(state, others)].sort(byStart), 'pipelineExecutionSummaries', asked);
    }),
    about('ListActionExecutions', ListRuns, (state, asked, caller, input) =>
      listRuns(state, asked, 'actionExecutionDetails', actionRuns(state), isSameAction, summarizeAction, (id) =>
        askElsewhere('ListActionExecutions', input, caller, noExecution(id)),
      ),
    ),
    about('ListRuleExecutions', ListRuns, (state, asked) =>
      listRuns(state, asked, 'ruleExecutionDetails', ruleRuns(state), isSameRule, summarizeRule, noExecution),
    ),
    about('StartPipelineExecution', Start, (state, asked, caller) => {
      const { variables, clientRequestToken: requestToken, sourceRevisions } = asked;
      const commitId = sourceRevisions.find(({ revisionType }) => revisionType === 'COMMIT_ID')?.revisionValue;
      return obey(
        state,
        {
          kind: 'start',
          by: caller,
          ...(variables !== undefined && { variables }),
          ...(requestToken !== undefined && { requestToken }),
          ...(commitId !== undefined && { commitId }),
        },
        itsId,
      );
    }),
    about('StopPipelineExecution', Stop, (state, { pipelineExecutionId: execution, abandon, reason }) =>
      obey(state, { kind: 'stop', execution, abandon, ...(reason !== undefined && { reason }) }, itsId),
    ),
    about(
      'RetryStageExecution',
      Retry,
      (state, { pipelineExecutionId: execution, stageName: stage, retryMode: mode }) =>
        obey(state, { kind: 'retry', execution, stage, mode }, itsId),
    ),
    about('RollbackStage', Rollback, (state, { stageName: stage, targetPipelineExecutionId: target }, by) =>
      obey(state, { kind: 'rollback', stage, target, by }, itsId),
    ),
    about('PutApprovalResult', PutApproval, (state, asked, by) => {
      const { stageName: stage, actionName: action, token, result } = asked;
      return obey(
        state,
        { kind: 'answer', stage, action, token, verdict: result.status, comment: result.summary, by },
        () => ({ approvedAt: now() / 1000 }),
      );
    }),
    about('OverrideStageCondition', Override, (state, asked) => {
      const { pipelineExecutionId: execution, stageName: stage, conditionType: condition } = asked;
      return obey(state, { kind: 'override', execution, stage, condition }, nothing);
    }),
    aboutJob('GetJobDetails', OneJob, (state, { jobId }) => {
      const found = runOfJob(state, jobId);
      return found === undefined ? noJob(jobId) : answer(describeJob(state.pipeline, found, jobId));
    }),
    aboutJob('PutJobSuccessResult', JobSuccess, (state, asked) => {
      const { jobId: job, continuationToken, executionDetails, outputVariables } = asked;
      const { summary, externalExecutionId: externalId, percentComplete: percent } = executionDetails;
      const size = Buffer.byteLength(
        Object.entries(outputVariables ?? {})
          .flat()
          .join(''),
      );
      if (size > MOST_OUTPUT_BYTES) {
        return refusal(
          'OutputVariablesSizeExceededException',
          `The output variables have ${size} bytes; ${MOST_OUTPUT_BYTES} are allowed.`,
        );
      }
      return obey(
        state,
        {
          ...{ kind: 'job-succeeded', job },
          ...(continuationToken !== undefined && { continuationToken }),
          ...(summary !== undefined && { summary }),
          ...(externalId !== undefined && { externalId }),
          ...(percent !== undefined && { percent }),
          ...(outputVariables !== undefined && { outputVariables }),
        },
        nothing,
      );
    }),
    aboutJob('PutJobFailureResult', JobFailure, (state, { jobId: job, failureDetails }) => {
      const { type: code, message, externalExecutionId: externalId } = failureDetails;
      const told = externalId !== undefined && { externalId };
      return obey(state, { kind: 'job-failed', job, code, message, ...told }, nothing);
    }),
    about('EnableStageTransition', EnableTransition, (state, { stageName: stage, transitionType: side }, by) =>
      obey(state, { kind: 'transition', stage, side, enabled: true, by }, nothing),
    ),
    about(
      'DisableStageTransition',
      DisableTransition,
      (state, { stageName: stage, transitionType: side, reason }, by) =>
        obey(state, { kind: 'transition', stage, side, enabled: false, reason, by }, nothing),
    ),
  ]);
};

const invalid = (message: string): Outcome => refusal('ValidationException', message);

const noPipeline = (name: string): Outcome =>
  refusal('PipelineNotFoundException', `The account does not have a pipeline with the name '${name}'.`);

const noExecution = (id: string): Outcome =>
  refusal('PipelineExecutionNotFoundException', `There is no pipeline execution with the id '${id}'.`);

const noJob = (id: string): Outcome => refusal('JobNotFoundException', `There is no job with the id '${id}'.`);

const isSameAction = (one: ActionRun, other: ActionRun): boolean =>
  one.stage === other.stage && one.action === other.action;

const isSameRule = (one: RuleRun, other: RuleRun): boolean =>
  one.stage === other.stage && one.condition === other.condition && one.rule === other.rule;

/** The runs of actions or rules that are asked for, newest first; of executions that are not known, `otherwise` tells. */
const listRuns = <Run>(
  state: PipelineState,
  { filter, ...asked }: v.InferOutput<typeof ListRuns>,
  field: string,
  all: readonly Placed<Run>[],
  isSame: (one: Run, other: Run) => boolean,
  summarize: (state: PipelineState, execution: Execution, run: Run) => JsonRecord,
  otherwise: (id: string) => ReturnType<Operation>,
): ReturnType<Operation> => {
  const { pipelineExecutionId, latestInPipelineExecution: latest } = filter;
  if (pipelineExecutionId !== undefined && latest !== undefined) {
    return invalid('A filter takes pipelineExecutionId or latestInPipelineExecution, not both.');
  }
  const id = pipelineExecutionId ?? latest?.pipelineExecutionId;
  if (id !== undefined && !state.executions.some((each) => each.id === id)) {
    return otherwise(id);
  }
  const runs = all.filter(({ execution }) => id === undefined || execution.id === id);
  const wanted =
    latest?.startTimeRange === 'Latest'
      ? runs.filter(({ run }) => run === runs.find((one) => isSame(one.run, run))?.run)
      : runs;
  return page(
    wanted.map(({ execution, run }) => summarize(state, execution, run)),
    field,
    asked,
  );
};

/** Executions that were only heard of on the bus. */
const unlike = ({ executions }: PipelineState, others: Outcome | undefined): readonly JsonRecord[] => {
  const summaries = others?.kind === 'answer' ? others.body['pipelineExecutionSummaries'] : [];
  return (isList(summaries) ? summaries.filter(isRecord) : []).filter(
    ({ pipelineExecutionId }) => !executions.some(({ id }) => id === pipelineExecutionId),
  );
};

const byStart = (one: JsonRecord, other: JsonRecord): number => Number(other['startTime']) - Number(one['startTime']);

/** One page of a list; a token tells where the next begins. */
const page = (
  entries: readonly JsonRecord[],
  field: string,
  { maxResults, nextToken }: { readonly maxResults: number; readonly nextToken?: string | undefined },
): Outcome => {
  const from = nextToken === undefined ? 0 : offsetOf(nextToken);
  if (from === undefined) {
    return refusal('InvalidNextTokenException', 'The next token was specified in an invalid format.');
  }
  const to = from + maxResults;
  return answer({ [field]: entries.slice(from, to), ...(to < entries.length && { nextToken: tokenFor(to) }) });
};

const tokenFor = (offset: number): string => Buffer.from(`from:${offset}`).toString('base64url');

const offsetOf = (token: string): number | undefined => {
  const [, offset] = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  return offset === undefined ? undefined : Number(offset);
};
