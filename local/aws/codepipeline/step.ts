import type { JsonRecord } from '../../json.ts';
import { approvalMessage } from './approval-message.ts';
import type { ApprovalMessage } from './approval-message.ts';
import { answerDue, conditionOf, functionNameOf, jobCall, nextCallDue } from './job.ts';
import type { JobCall } from './job.ts';
import { actionKey, isApproval, isLambda } from './pipeline.ts';
import type { ActionDeclaration, Behaviour, StageDeclaration } from './pipeline.ts';
import { inProgress, isInStage, isRule, latestIn, runOfJob, stageRunOf } from './pipeline-state.ts';
import type {
  ActionResult,
  ActionRun,
  ConditionRun,
  ConditionType,
  Execution,
  PipelineState,
  RuleRun,
  StageRun,
  Trigger,
} from './pipeline-state.ts';
import { sourceResult, sourceVariables } from './source-result.ts';
import { get, keepCondition, keepRun, keepStage, put, putAction, putStage, stageOf, tellPipeline } from './turn.ts';
import type { Turn } from './turn.ts';
import { resolveConfiguration } from './variables.ts';

/** What somebody has a pipeline do; `by` is an ARN. */
export type Command =
  | {
      readonly kind: 'start';
      readonly by: string;
      /** A push is told on the bus with its commit. */
      readonly push?: boolean;
      readonly requestToken?: string;
      readonly commitId?: string;
      readonly variables?: Execution['variables'];
    }
  | { readonly kind: 'stop'; readonly execution: string; readonly abandon: boolean; readonly reason?: string }
  | {
      readonly kind: 'retry';
      readonly execution: string;
      readonly stage: string;
      readonly mode: 'FAILED_ACTIONS' | 'ALL_ACTIONS';
    }
  | { readonly kind: 'rollback'; readonly stage: string; readonly target: string; readonly by: string }
  | {
      readonly kind: 'answer';
      readonly stage: string;
      readonly action: string;
      readonly token: string;
      readonly verdict: 'Approved' | 'Rejected';
      readonly comment: string;
      readonly by: string;
    }
  | {
      readonly kind: 'transition';
      readonly stage: string;
      readonly side: 'Inbound' | 'Outbound';
      readonly enabled: boolean;
      readonly reason?: string;
      readonly by: string;
    }
  | {
      readonly kind: 'override';
      readonly execution: string;
      readonly stage: string;
      readonly condition: ConditionType;
    }
  /** A function says that a job has succeeded, or with a token that it has to be called again. */
  | {
      readonly kind: 'job-succeeded';
      readonly job: string;
      readonly continuationToken?: string;
      readonly summary?: string;
      readonly externalId?: string;
      readonly percent?: number;
      readonly outputVariables?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'job-failed';
      readonly job: string;
      readonly code: string;
      readonly message: string;
      readonly externalId?: string;
    }
  /** Not of AWS: there is nobody to call for a job. */
  | { readonly kind: 'no-function'; readonly job: string }
  /** Not of AWS: what an action does from its next run on. */
  | { readonly kind: 'behave'; readonly stage: string; readonly action: string; readonly behaviour: Behaviour }
  /** Nobody does anything, and time passes. */
  | { readonly kind: 'wait' };

/** What a command came to: done, perhaps with an execution; or refused, by AWS's own name for it. */
export type Reply =
  | { readonly kind: 'done'; readonly execution?: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type Step = {
  readonly state: PipelineState;
  readonly reply: Reply;
  /** For the event bus, in the order in which they happened. */
  readonly events: readonly JsonRecord[];
  /** For SNS. */
  readonly notifications: readonly ApprovalMessage[];
  /** Functions to be invoked, which is told by `no-function` when they are not there. */
  readonly calls: readonly JobCall[];
};

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html */
const APPROVAL_MS = 7 * 24 * 3_600_000;

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const MOST_EXECUTIONS = 50;

/** How long an action takes of which nothing was said, in milliseconds. */
const DEFAULT_BEHAVIOUR: Behaviour = { takesMs: 1_000 };

/**
 * Lets a pipeline go on until `at` (epoch milliseconds, never before the last step) and then obey: what ends by itself until
 * then ends at its own time. `newId` makes a UUID; the same ids give the same step.
 */
export const step = (before: PipelineState, command: Command, at: number, newId: () => string): Step => {
  const turn: Turn = { state: before, events: [], notifications: [], calls: [], newId };
  passTime(turn, at);
  const reply = obey(turn, command, at);
  passTime(turn, at);
  const { state, events, notifications, calls } = turn;
  return { state, reply, events, notifications, calls };
};

const passTime = (turn: Turn, until: number): void => {
  for (;;) {
    const [next] = inProgress(turn.state)
      .filter(({ run }) => run.ends.at <= until)
      .sort((one, other) => one.run.ends.at - other.run.ends.at);
    if (next === undefined) {
      return;
    }
    endByItself(turn, next.execution, next.run);
  }
};

const obey = (turn: Turn, command: Command, at: number): Reply => {
  switch (command.kind) {
    case 'start':
      return start(turn, command, at);
    case 'stop':
      return stop(turn, command, at);
    case 'retry':
      return retry(turn, command, at);
    case 'rollback':
      return rollback(turn, command, at);
    case 'answer':
      return answer(turn, command, at);
    case 'transition':
      return setTransition(turn, command, at);
    case 'override':
      return override(turn, command, at);
    case 'job-succeeded':
      return jobSucceeded(turn, command, at);
    case 'job-failed':
      return jobFailed(turn, command, at);
    case 'no-function':
      return noFunction(turn, command, at);
    case 'behave': {
      const { stage, action, behaviour } = command;
      setBehaviour(turn, actionKey(stage, action), behaviour);
      return DONE;
    }
    case 'wait':
      return DONE;
  }
};

const DONE: Reply = { kind: 'done' };

const refused = (code: string, message: string): Reply => ({ kind: 'refused', code, message });

const noStage = (stage: string): Reply =>
  refused('StageNotFoundException', `The pipeline has no stage with the name ${stage}.`);

type Of<Kind extends Command['kind']> = Extract<Command, { readonly kind: Kind }>;

// ---- What people and APIs ask for --------------------------------------------------------------------------------

const start = (turn: Turn, command: Of<'start'>, at: number): Reply => {
  const { executions } = turn.state;
  const { requestToken } = command;
  const same = executions.find((each) => requestToken !== undefined && each.requestToken === requestToken);
  if (same !== undefined) {
    return { kind: 'done', execution: same.id };
  }
  if (isFull(turn.state)) {
    return FULL;
  }
  const { pipeline } = turn.state;
  const commit = pipeline.commits[executions.length % pipeline.commits.length];
  const [first] = pipeline.declaration.stages;
  if (commit === undefined || first === undefined) {
    return refused('ValidationException', 'A simulated pipeline takes at least one stage and one commit.');
  }
  const trigger: Trigger = command.push
    ? { type: 'WebhookV2', detail: commit.repository }
    : { type: 'StartPipelineExecution', detail: command.by };
  return begin(turn, first.name, at, {
    trigger,
    commit: { ...commit, ...(command.commitId !== undefined && { id: command.commitId }) },
    variables: command.variables ?? [],
    ...(requestToken !== undefined && { requestToken }),
  });
};

const begin = (
  turn: Turn,
  stage: string,
  at: number,
  given: Pick<Execution, 'trigger' | 'commit' | 'variables' | 'requestToken' | 'rollbackTo' | 'found'>,
): Reply => {
  const execution: Execution = {
    ...given,
    id: turn.newId(),
    status: 'InProgress',
    startedAt: at,
    updatedAt: at,
    attempt: 1,
    runs: [],
  };
  turn.state = { ...turn.state, executions: [...turn.state.executions, execution] };
  tellPipeline(turn, execution, 'STARTED', at);
  arrive(turn, execution, stage, at);
  return { kind: 'done', execution: execution.id };
};

const FULL = refused(
  'ConcurrentPipelineExecutionsLimitExceededException',
  `The pipeline has reached the limit of ${MOST_EXECUTIONS} concurrent pipeline executions.`,
);

const isFull = ({ executions, pipeline: { declaration } }: PipelineState): boolean => {
  const underWay = executions.filter(({ status }) => status === 'InProgress' || status === 'Stopping');
  switch (declaration.executionMode) {
    case 'SUPERSEDED':
      return false;
    case 'QUEUED':
      return underWay.filter(({ waitsFor }) => waitsFor !== undefined).length >= MOST_EXECUTIONS;
    case 'PARALLEL':
      return underWay.length >= MOST_EXECUTIONS;
  }
};

const stop = (turn: Turn, { execution: id, abandon, reason }: Of<'stop'>, at: number): Reply => {
  const found = turn.state.executions.find((each) => each.id === id);
  if (found === undefined || (found.status !== 'InProgress' && found.status !== 'Stopping')) {
    return refused(
      'PipelineExecutionNotStoppableException',
      `The pipeline execution ${id} is not in progress, so it cannot be stopped.`,
    );
  }
  if (found.status === 'Stopping' && !abandon) {
    return refused('DuplicatedStopRequestException', `The pipeline execution ${id} is already being stopped.`);
  }
  const stopReason = reason ?? found.stopReason;
  const stopping: Execution = {
    ...found,
    status: 'Stopping',
    updatedAt: at,
    ...(stopReason !== undefined && { stopReason }),
  };
  put(turn, stopping);
  const current = stopping.runs.find(({ stage }) => isInStage(stopping, stage));
  if (found.status === 'InProgress') {
    tellPipeline(turn, stopping, 'STOPPING', at);
    if (current !== undefined) {
      putStage(turn, id, { ...current, status: 'Stopping' }, 'STOPPING', at);
    }
  }
  if (current === undefined) {
    endExecution(turn, id, 'Stopped', at);
    return { kind: 'done', execution: id };
  }
  if (abandon) {
    for (const run of current.actions.filter(({ status }) => status === 'InProgress')) {
      putAction(turn, id, { ...run, status: 'Abandoned', updatedAt: at }, 'ABANDONED', at);
    }
    for (const condition of current.conditions.filter(({ status }) => status === 'InProgress')) {
      const rules = condition.rules.map((rule) =>
        rule.status === 'InProgress' ? { ...rule, status: 'Abandoned' as const, updatedAt: at } : rule,
      );
      keepCondition(turn, id, current.stage, { ...condition, status: 'Abandoned', updatedAt: at, rules }, at);
    }
  }
  advance(turn, id, current.stage, at);
  return { kind: 'done', execution: id };
};

const retry = (turn: Turn, { execution: id, stage, mode }: Of<'retry'>, at: number): Reply => {
  const declared = stageOf(turn.state, stage);
  if (declared === undefined) {
    return noStage(stage);
  }
  const found = turn.state.executions.find((each) => each.id === id);
  const run = found && stageRunOf(found, stage);
  const hasEnded = found?.status === 'Failed' || found?.status === 'Stopped';
  if (found === undefined || run === undefined || !hasEnded || !['Failed', 'Stopped'].includes(run.status)) {
    return refused('StageNotRetryableException', `The stage ${stage} of the execution ${id} did not fail.`);
  }
  const { executionMode } = turn.state.pipeline.declaration;
  if (executionMode !== 'PARALLEL' && latestIn(turn.state, stage)?.id !== id) {
    return refused(
      'NotLatestPipelineExecutionException',
      `A newer execution has entered the stage ${stage} since ${id}.`,
    );
  }
  if (executionMode === 'PARALLEL' && isFull(turn.state)) {
    return FULL;
  }
  const ended = declared.actions.filter(({ name }) => hasSucceeded(run, name)).map(({ name }) => name);
  const plan = declared.actions
    .map(({ name }) => name)
    .filter((name) => mode === 'ALL_ACTIONS' || !ended.includes(name));
  const resumed: Execution = { ...found, status: 'InProgress', updatedAt: at, attempt: found.attempt + 1 };
  put(turn, resumed);
  tellPipeline(turn, resumed, 'RESUMED', at);
  // AWS does not say whether a retry looks at conditions again: here at those that were not met, and after its actions.
  const toCheck = conditionsOf(turn.state, declared).filter(
    (type) => mode === 'ALL_ACTIONS' || type === 'ON_SUCCESS' || !isMet(run, type),
  );
  putStage(turn, id, { ...run, status: 'InProgress', retriedAt: at, pass: run.pass + 1, plan, toCheck }, 'RESUMED', at);
  advance(turn, id, stage, at);
  return { kind: 'done', execution: id };
};

const hasSucceeded = ({ actions }: StageRun, action: string): boolean =>
  actions.findLast((run) => run.action === action)?.status === 'Succeeded';

const isMet = ({ conditions }: StageRun, type: ConditionType): boolean =>
  ['Succeeded', 'Overridden'].includes(conditions.findLast((each) => each.type === type)?.status ?? '');

/** The conditions of a stage; pipelines of type V1 have none. */
const conditionsOf = ({ pipeline }: PipelineState, stage: StageDeclaration): readonly ConditionType[] =>
  (['BEFORE_ENTRY', 'ON_SUCCESS'] as const).filter(
    (type) => pipeline.declaration.pipelineType === 'V2' && conditionOf(stage, type) !== undefined,
  );

/** Only what has failed the stage can be overridden; AWS does not say more. */
const override = (turn: Turn, { execution: id, stage, condition: type }: Of<'override'>, at: number): Reply => {
  if (stageOf(turn.state, stage) === undefined) {
    return noStage(stage);
  }
  const found = turn.state.executions.find((each) => each.id === id);
  const run = found && stageRunOf(found, stage);
  const condition = run?.conditions.findLast((each) => each.type === type);
  const hasFailed = found?.status === 'Failed' && run?.status === 'Failed' && condition?.status === 'Failed';
  if (!hasFailed || condition.pass !== run.pass) {
    return refused(
      'ConditionNotOverridableException',
      `The execution ${id} is not held by that condition of ${stage}.`,
    );
  }
  const { executionMode } = turn.state.pipeline.declaration;
  if (executionMode !== 'PARALLEL' && latestIn(turn.state, stage)?.id !== id) {
    return refused(
      'NotLatestPipelineExecutionException',
      `A newer execution has entered the stage ${stage} since ${id}.`,
    );
  }
  if (executionMode === 'PARALLEL' && isFull(turn.state)) {
    return FULL;
  }
  const resumed: Execution = { ...found, status: 'InProgress', updatedAt: at, attempt: found.attempt + 1 };
  put(turn, resumed);
  tellPipeline(turn, resumed, 'RESUMED', at);
  putStage(turn, id, { ...run, status: 'InProgress' }, 'RESUMED', at);
  keepCondition(turn, id, stage, { ...condition, status: 'Overridden', updatedAt: at }, at);
  advance(turn, id, stage, at);
  return { kind: 'done', execution: id };
};

const rollback = (turn: Turn, { stage, target, by }: Of<'rollback'>, at: number): Reply =>
  rollbackTo(turn, stage, target, { type: 'ManualRollback', detail: by }, at);

const rollbackTo = (turn: Turn, stage: string, target: string, trigger: Trigger, at: number): Reply => {
  const { executions, pipeline } = turn.state;
  const { stages, pipelineType, executionMode } = pipeline.declaration;
  const unable = (why: string): Reply => refused('UnableToRollbackStageException', why);
  if (stageOf(turn.state, stage) === undefined) {
    return noStage(stage);
  }
  if (pipelineType !== 'V2' || executionMode === 'PARALLEL') {
    return unable('Stages are rolled back in pipelines of type V2 only, and not in PARALLEL mode.');
  }
  if (stages[0]?.name === stage) {
    return unable('The source stage cannot be rolled back.');
  }
  const found = executions.find(({ id }) => id === target);
  if (found === undefined) {
    return refused('PipelineExecutionNotFoundException', `There is no pipeline execution ${target}.`);
  }
  if (found.rollbackTo !== undefined) {
    return unable(`The execution ${target} is a rollback itself.`);
  }
  if (stageRunOf(found, stage)?.status !== 'Succeeded') {
    return unable(`The execution ${target} did not succeed in the stage ${stage}.`);
  }
  if (executions.some((each) => isInStage(each, stage))) {
    return refused('ConflictException', `The stage ${stage} is in progress.`);
  }
  return begin(turn, stage, at, {
    trigger,
    commit: found.commit,
    variables: found.variables,
    rollbackTo: target,
    ...(found.found && { found: found.found }),
  });
};

const answer = (turn: Turn, command: Of<'answer'>, at: number): Reply => {
  const { stage, action, token, verdict, comment, by } = command;
  const declared = stageOf(turn.state, stage);
  if (declared === undefined) {
    return noStage(stage);
  }
  if (!declared.actions.some(({ name }) => name === action)) {
    return refused('ActionNotFoundException', `The stage ${stage} has no action with the name ${action}.`);
  }
  const found = turn.state.executions
    .flatMap((execution) => execution.runs.flatMap(({ actions }) => actions.map((run) => ({ execution, run }))))
    .find(({ run }) => run.stage === stage && run.action === action && run.token === token);
  if (found?.run.answered) {
    return refused('ApprovalAlreadyCompletedException', 'The approval action has already been approved or rejected.');
  }
  if (found?.run.status !== 'InProgress') {
    return refused('InvalidApprovalTokenException', 'The approval request already received a response or has expired.');
  }
  const { run, execution } = found;
  // What the approver wrote takes the place of who it was: https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-approve-or-reject.html
  const summary = comment === '' ? `${verdict} by ${by}` : comment;
  endAction(
    turn,
    execution.id,
    { ...run, answered: true, updatedBy: by, comment, result: { externalId: token, summary } },
    verdict === 'Approved',
    at,
  );
  return { kind: 'done', execution: execution.id };
};

const setTransition = (turn: Turn, command: Of<'transition'>, at: number): Reply => {
  const { side, enabled, reason, by } = command;
  const { stages } = turn.state.pipeline.declaration;
  const index = stages.findIndex(({ name }) => name === command.stage);
  if (index < 0) {
    return noStage(command.stage);
  }
  // The way out of a stage is the way into the next.
  const stage = side === 'Inbound' ? command.stage : stages[index + 1]?.name;
  if (stage !== undefined) {
    const others = turn.state.transitions.filter((each) => each.stage !== stage);
    const transition = { stage, enabled, by, at, ...(reason !== undefined && !enabled && { reason }) };
    turn.state = { ...turn.state, transitions: [...others, transition] };
    admit(turn, at);
  }
  return DONE;
};

/** Whose a job is, if it can be answered now. */
const openJob = (turn: Turn, job: string): ReturnType<typeof runOfJob> | Extract<Reply, { kind: 'refused' }> => {
  const found = runOfJob(turn.state, job);
  const isOpen = found?.run.status === 'InProgress' && found.run.job?.id === job && found.run.job.isOpen;
  return found === undefined || isOpen
    ? found
    : { kind: 'refused', code: 'InvalidJobStateException', message: `The job ${job} is not in progress any more.` };
};

const noJob = (job: string): Reply => refused('JobNotFoundException', `There is no job ${job}.`);

const jobSucceeded = (turn: Turn, command: Of<'job-succeeded'>, at: number): Reply => {
  const { job: id, continuationToken, summary, externalId, percent, outputVariables } = command;
  const found = openJob(turn, id);
  if (found === undefined) {
    return noJob(id);
  }
  if ('kind' in found) {
    return found;
  }
  const { execution, run } = found;
  const result: ActionResult = {
    ...run.result,
    ...(externalId !== undefined && { externalId }),
    ...(summary !== undefined && { summary }),
  };
  const job = { earlier: [], ...run.job, id, isOpen: false, ...(percent !== undefined && { percent }) };
  const told = { ...run, job, result, updatedAt: at };
  if (continuationToken === undefined) {
    endRun(
      turn,
      execution.id,
      isRule(told) ? told : { ...told, ...(outputVariables !== undefined && { outputVariables }) },
      true,
      at,
    );
  } else {
    const ends = nextCallDue(turn.state.pipeline, run, at);
    keepRun(turn, execution.id, { ...told, job: { ...job, continuationToken }, ends }, at);
  }
  return { kind: 'done', execution: execution.id };
};

const jobFailed = (turn: Turn, { job: id, code, message, externalId }: Of<'job-failed'>, at: number): Reply => {
  const found = openJob(turn, id);
  if (found === undefined) {
    return noJob(id);
  }
  if ('kind' in found) {
    return found;
  }
  const { execution, run } = found;
  const result = { ...run.result, ...(externalId !== undefined && { externalId }), ...failure(code, message) };
  endRun(turn, execution.id, { ...run, result }, false, at);
  return { kind: 'done', execution: execution.id };
};

const MOST_SUMMARY = 2_048;

const failure = (code: string, message: string): ActionResult => ({
  summary: message.slice(0, MOST_SUMMARY),
  error: { code, message },
});

const noFunction = (turn: Turn, { job: id }: Of<'no-function'>, at: number): Reply => {
  const found = openJob(turn, id);
  if (found !== undefined && !('kind' in found)) {
    const { execution, run } = found;
    const message = `The AWS Lambda function ${functionNameOf(run)} cannot be found. Check that it exists in the pipeline's Region.`;
    endRun(turn, execution.id, { ...run, result: { ...run.result, ...failure(UNUSABLE, message) } }, false, at);
  }
  return DONE;
};

const UNUSABLE = 'ConfigurationError';

// ---- How an execution gets through -------------------------------------------------------------------------------

const arrive = (turn: Turn, execution: Execution, stage: string, at: number): void => {
  put(turn, { ...execution, updatedAt: at, waitsFor: { stage, since: at } });
  if (turn.state.pipeline.declaration.executionMode === 'SUPERSEDED') {
    // Of those that wait in front of a stage only the newest goes on; the one inside is left alone.
    for (const older of turn.state.executions.filter(({ waitsFor }) => waitsFor?.stage === stage).slice(0, -1)) {
      endExecution(turn, older.id, 'Superseded', at);
    }
  }
  admit(turn, at);
};

/** Lets whoever waits into the stages that are free. */
const admit = (turn: Turn, at: number): void => {
  const { declaration } = turn.state.pipeline;
  for (const entered of declaration.stages.toReversed()) {
    const { name: stage, actions } = entered;
    for (;;) {
      const { executions, transitions } = turn.state;
      const isClosed = transitions.some((each) => each.stage === stage && !each.enabled);
      const isLocked = declaration.executionMode !== 'PARALLEL' && executions.some((each) => isInStage(each, stage));
      const next = isClosed || isLocked ? undefined : firstInFront(executions, stage);
      if (next === undefined) {
        break;
      }
      const { waitsFor, ...entering } = next;
      put(turn, entering);
      const plan = actions.map(({ name }) => name);
      const toCheck = conditionsOf(turn.state, entered);
      const run: StageRun = {
        ...{ stage, status: 'InProgress', startedAt: at, pass: 1, plan, toCheck },
        ...{ conditions: [], actions: [] },
      };
      if (toCheck.includes('BEFORE_ENTRY')) {
        // No event is known that tells of rules, nor of a stage that is not entered.
        keepStage(turn, next.id, run, at);
      } else {
        putStage(turn, next.id, run, 'STARTED', at);
      }
      advance(turn, next.id, stage, at);
    }
  }
};

const firstInFront = (executions: readonly Execution[], stage: string): Execution | undefined =>
  executions
    .filter(({ waitsFor }) => waitsFor?.stage === stage)
    .sort((one, other) => (one.waitsFor?.since ?? 0) - (other.waitsFor?.since ?? 0))
    .at(0);

/** Starts the next actions of a stage, or ends the stage when there are none left. */
const advance = (turn: Turn, id: string, stage: string, at: number): void => {
  const execution = get(turn, id);
  const run = stageRunOf(execution, stage);
  const declared = stageOf(turn.state, stage);
  const inPass = run?.actions.filter(({ pass }) => pass === run.pass) ?? [];
  const isBusy = [...inPass, ...(run?.conditions ?? [])].some(({ status }) => status === 'InProgress');
  if (run === undefined || declared === undefined || isBusy) {
    return;
  }
  if (run.status === 'Stopping') {
    putStage(turn, id, { ...run, status: 'Stopped' }, 'STOPPED', at);
    endExecution(turn, id, 'Stopped', at);
    return;
  }
  if (inPass.some(({ status }) => status === 'Failed')) {
    failStage(turn, id, run, at);
    return;
  }
  if (run.toCheck.includes('BEFORE_ENTRY')) {
    check(turn, execution, declared, 'BEFORE_ENTRY', at);
    return;
  }
  const left = declared.actions.filter(
    ({ name }) => run.plan.includes(name) && !inPass.some(({ action }) => action === name),
  );
  if (left.length > 0) {
    const order = Math.min(...left.map(orderOf));
    for (const each of left.filter((one) => orderOf(one) === order)) {
      startAction(turn, execution, run, each, at);
    }
    return;
  }
  if (run.toCheck.includes('ON_SUCCESS')) {
    check(turn, execution, declared, 'ON_SUCCESS', at);
    return;
  }
  putStage(turn, id, { ...run, status: 'Succeeded' }, 'SUCCEEDED', at);
  leave(turn, execution, stage, at);
};

const failStage = (turn: Turn, id: string, run: StageRun, at: number): void => {
  putStage(turn, id, { ...run, status: 'Failed' }, 'FAILED', at);
  endExecution(turn, id, 'Failed', at);
};

/** Has an execution go on behind a stage. */
const leave = (turn: Turn, execution: Execution, stage: string, at: number): void => {
  const { id } = execution;
  const { stages } = turn.state.pipeline.declaration;
  const next = stages[stages.findIndex(({ name }) => name === stage) + 1];
  // A rollback is of its stage only.
  if (next === undefined || execution.rollbackTo !== undefined) {
    endExecution(turn, id, 'Succeeded', at);
  } else {
    arrive(turn, get(turn, id), next.name, at);
  }
};

const orderOf = ({ runOrder = 1 }: ActionDeclaration): number => runOrder;

const startAction = (
  turn: Turn,
  { id: executionId, attempt }: Execution,
  { stage, pass }: StageRun,
  declared: ActionDeclaration,
  at: number,
): void => {
  const begun = {
    id: turn.newId(),
    stage,
    action: declared.name,
    type: declared.actionTypeId,
    status: 'InProgress',
    startedAt: at,
    updatedAt: at,
    pass,
    attempt,
  } as const;
  if (isLambda(declared)) {
    const run = withJob(turn, executionId, { ...begun, ends: AT_ONCE }, declared.configuration, at);
    putAction(turn, executionId, run, 'STARTED', at);
    callFor(turn, executionId, run, at);
    return;
  }
  const needsPeople = isApproval(declared);
  const run: ActionRun = {
    ...begun,
    ends: needsPeople ? expiryOf(turn.state, declared, at) : endOf(turn, stage, declared.name, at),
    ...(needsPeople && { token: turn.newId() }),
  };
  putAction(turn, executionId, run, 'STARTED', at);
  const notification = needsPeople ? approvalMessage(turn.state.pipeline, declared, run) : undefined;
  if (notification !== undefined) {
    turn.notifications.push(notification);
  }
};

// ---- What functions do for actions and rules -----------------------------------------------------------------------

/** Before anything was found out. */
const AT_ONCE: ActionRun['ends'] = { at: 0, how: 'cannot-begin' };

/** A run with a job of its own; or without, so that it fails at once, when its configuration cannot be resolved. */
const withJob = <One extends ActionRun | RuleRun>(
  turn: Turn,
  executionId: string,
  run: One,
  configuration: Readonly<Record<string, string>> = {},
  at: number,
): One => {
  const resolved = resolveConfiguration(turn.state, get(turn, executionId), configuration);
  if (resolved.kind === 'unknown') {
    const message = `The variables ${resolved.variables.join(', ')} could not be resolved.`;
    return { ...run, ends: { at, how: 'cannot-begin' }, result: failure(UNUSABLE, message) };
  }
  const job = { id: turn.newId(), earlier: [], isOpen: true };
  const asked = { ...run, configuration: resolved.configuration, job };
  return { ...asked, ends: answerDue(turn.state.pipeline, asked, at) };
};

const callFor = (turn: Turn, executionId: string, run: ActionRun | RuleRun, at: number): void => {
  if (run.job !== undefined) {
    turn.calls.push(jobCall(turn.state.pipeline, { execution: get(turn, executionId), run }, run.job.id, at));
  }
};

const callAgain = (turn: Turn, executionId: string, run: ActionRun | RuleRun): void => {
  const { pipeline } = turn.state;
  const { at } = run.ends;
  if (run.job === undefined) {
    return;
  }
  const { id, earlier } = run.job;
  const ids = pipeline.jobs?.keepsId === true ? { id } : { id: turn.newId(), earlier: [...earlier, id] };
  const called = { ...run, job: { ...run.job, ...ids, isOpen: true }, ends: answerDue(pipeline, run, at) };
  keepRun(turn, executionId, called, at);
  callFor(turn, executionId, called, at);
};

/** Begins to look whether a condition is met: its rules run side by side. */
const check = (turn: Turn, execution: Execution, declared: StageDeclaration, type: ConditionType, at: number): void => {
  const { id } = execution;
  const { name: stage } = declared;
  const run = stageRunOf(execution, stage);
  if (run === undefined) {
    return;
  }
  const { pass } = run;
  const rules = (conditionOf(declared, type)?.rules ?? []).map((rule): RuleRun => {
    const begun: RuleRun = {
      ...{ id: turn.newId(), stage, rule: rule.name, type: rule.ruleTypeId, condition: type, status: 'InProgress' },
      ...{ startedAt: at, updatedAt: at, pass, ends: AT_ONCE },
    };
    return withJob(turn, id, begun, rule.configuration, at);
  });
  keepStage(turn, id, { ...run, toCheck: run.toCheck.filter((each) => each !== type) }, at);
  keepCondition(turn, id, stage, { type, status: 'InProgress', pass, updatedAt: at, rules }, at);
  for (const rule of rules) {
    callFor(turn, id, rule, at);
  }
};

const endRun = (turn: Turn, id: string, run: ActionRun | RuleRun, succeeded: boolean, at: number): void => {
  if (isRule(run)) {
    endRule(turn, id, run, succeeded, at);
  } else {
    endAction(turn, id, run, succeeded, at);
  }
};

const endRule = (turn: Turn, id: string, run: RuleRun, succeeded: boolean, at: number): void => {
  keepRun(turn, id, { ...run, status: succeeded ? 'Succeeded' : 'Failed', updatedAt: at }, at);
  const condition = stageRunOf(get(turn, id), run.stage)?.conditions.find(
    ({ type, pass }) => type === run.condition && pass === run.pass,
  );
  if (condition === undefined || condition.rules.some(({ status }) => status === 'InProgress')) {
    return;
  }
  const isSatisfied = condition.rules.every(({ status }) => status === 'Succeeded');
  const decided: ConditionRun = { ...condition, status: isSatisfied ? 'Succeeded' : 'Failed', updatedAt: at };
  keepCondition(turn, id, run.stage, decided, at);
  goOnAfter(turn, id, run.stage, decided, at);
};

/** What a condition comes to for its stage, once all of its rules have ended. */
const goOnAfter = (turn: Turn, id: string, stage: string, { type, status }: ConditionRun, at: number): void => {
  const execution = get(turn, id);
  const run = stageRunOf(execution, stage);
  const declared = stageOf(turn.state, stage);
  if (run === undefined || declared === undefined) {
    return;
  }
  if (status === 'Succeeded' || run.status === 'Stopping') {
    if (type === 'BEFORE_ENTRY' && run.pass === 1 && run.status !== 'Stopping') {
      putStage(turn, id, run, 'STARTED', at);
    }
    advance(turn, id, stage, at);
    return;
  }
  switch (conditionOf(declared, type)?.result) {
    case 'SKIP':
      keepStage(turn, id, { ...run, status: 'Skipped' }, at);
      leave(turn, get(turn, id), stage, at);
      return;
    case 'ROLLBACK':
      failStage(turn, id, run, at);
      rollbackAfter(turn, execution, stage, at);
      return;
    case 'FAIL':
    case undefined:
      failStage(turn, id, run, at);
  }
};

/** Rolls a stage back to the execution that succeeded in it last, if there is one and it can be. */
const rollbackAfter = (turn: Turn, failed: Execution, stage: string, at: number): void => {
  const target = turn.state.executions.findLast(
    (each) => each.rollbackTo === undefined && stageRunOf(each, stage)?.status === 'Succeeded',
  );
  if (target !== undefined && failed.rollbackTo === undefined) {
    // Where it cannot be rolled back the stage has failed, and that is all.
    rollbackTo(turn, stage, target.id, { type: 'AutomatedRollback', detail: failed.id }, at);
  }
};

const expiryOf = (
  { pipeline: { approvalTimeoutMs } }: PipelineState,
  { timeoutInMinutes }: ActionDeclaration,
  at: number,
): ActionRun['ends'] => ({
  at: at + (approvalTimeoutMs ?? (timeoutInMinutes === undefined ? APPROVAL_MS : timeoutInMinutes * 60_000)),
  how: 'expires',
});

const endOf = (turn: Turn, stage: string, action: string, at: number): ActionRun['ends'] => {
  const key = actionKey(stage, action);
  const behaviour = turn.state.pipeline.behaviours.get(key) ?? DEFAULT_BEHAVIOUR;
  const { takesMs, failures = 0 } = behaviour;
  if (failures > 0) {
    setBehaviour(turn, key, { ...behaviour, failures: failures - 1 });
  }
  return { at: at + takesMs, how: failures > 0 ? 'fails' : 'succeeds' };
};

const setBehaviour = (turn: Turn, key: string, behaviour: Behaviour): void => {
  const { pipeline } = turn.state;
  const behaviours = new Map([...pipeline.behaviours, [key, behaviour]]);
  turn.state = { ...turn.state, pipeline: { ...pipeline, behaviours } };
};

const endByItself = (turn: Turn, { id, commit }: Execution, run: ActionRun | RuleRun): void => {
  const { how, at } = run.ends;
  switch (how) {
    case 'succeeds':
      endRun(turn, id, isRule(run) ? run : { ...run, ...foundBy(turn, commit, run) }, true, at);
      return;
    case 'fails': {
      const told = failure('JobFailed', `${nameOf(run)} failed, as it was told to.`);
      endRun(turn, id, { ...run, result: { externalId: turn.newId(), ...told } }, false, at);
      return;
    }
    case 'expires': {
      const error = { message: 'The approval request was not answered in time.' };
      const externalId = isRule(run) ? undefined : run.token;
      endRun(turn, id, { ...run, result: { ...(externalId && { externalId }), error } }, false, at);
      return;
    }
    case 'cannot-begin':
      endRun(turn, id, run, false, at);
      return;
    case 'is-called-again':
      callAgain(turn, id, run);
      return;
    case 'is-silent': {
      const message =
        `The AWS Lambda function ${functionNameOf(run)} failed to return a result. Check the function to verify that it has ` +
        'permission to call the PutJobSuccessResult action and that it made a call to PutJobSuccessResult.';
      endRun(turn, id, { ...run, result: { ...run.result, ...failure('JobFailed', message) } }, false, at);
    }
  }
};

const nameOf = (run: ActionRun | RuleRun): string => (isRule(run) ? run.rule : run.action);

const foundBy = (
  { state: { pipeline }, newId }: Turn,
  commit: Execution['commit'],
  { type }: ActionRun,
): Pick<ActionRun, 'result' | 'outputVariables'> =>
  type.category === 'Source'
    ? { result: sourceResult(pipeline, commit), outputVariables: sourceVariables(commit) }
    : { result: { externalId: newId() } };

const endAction = (turn: Turn, id: string, run: ActionRun, succeeded: boolean, at: number): void => {
  const ended: ActionRun = { ...run, status: succeeded ? 'Succeeded' : 'Failed', updatedAt: at };
  if (succeeded && run.type.category === 'Source') {
    const declared = stageOf(turn.state, run.stage)?.actions.find(({ name }) => name === run.action);
    const artifact = declared?.outputArtifacts?.at(0)?.name ?? run.action;
    put(turn, { ...get(turn, id), found: { action: run.action, artifact, at } });
  }
  putAction(turn, id, ended, succeeded ? 'SUCCEEDED' : 'FAILED', at);
  advance(turn, id, run.stage, at);
};

const WORDS = { Succeeded: 'SUCCEEDED', Failed: 'FAILED', Stopped: 'STOPPED', Superseded: 'SUPERSEDED' } as const;

const endExecution = (turn: Turn, id: string, status: keyof typeof WORDS, at: number): void => {
  const { waitsFor, ...execution } = get(turn, id);
  const ended: Execution = { ...execution, status, updatedAt: at };
  put(turn, ended);
  tellPipeline(turn, ended, WORDS[status], at);
  admit(turn, at);
};
