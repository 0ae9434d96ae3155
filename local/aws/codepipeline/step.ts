import type { JsonRecord } from '../../json.ts';
import { approvalMessage } from './approval-message.ts';
import type { ApprovalMessage } from './approval-message.ts';
import { actionKey, isApproval } from './pipeline.ts';
import type { ActionDeclaration, Behaviour, Commit, StageDeclaration } from './pipeline.ts';
import { isInStage, latestIn, runningActions, stageRunOf } from './pipeline-state.ts';
import type { ActionResult, ActionRun, Execution, PipelineState, StageRun, Trigger } from './pipeline-state.ts';
import { sourceResult } from './source-result.ts';
import { actionEvent, pipelineEvent, stageEvent } from './state-change-event.ts';

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
  const turn: Turn = { state: before, events: [], notifications: [], newId };
  passTime(turn, at);
  const reply = obey(turn, command, at);
  passTime(turn, at);
  return { state: turn.state, reply, events: turn.events, notifications: turn.notifications };
};

/** What a step has come to so far. The states themselves are never changed. */
type Turn = {
  state: PipelineState;
  readonly events: JsonRecord[];
  readonly notifications: ApprovalMessage[];
  readonly newId: () => string;
};

const passTime = (turn: Turn, until: number): void => {
  for (;;) {
    const [next] = runningActions(turn.state)
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
  putStage(turn, id, { ...run, status: 'InProgress', retriedAt: at, pass: run.pass + 1, plan }, 'RESUMED', at);
  advance(turn, id, stage, at);
  return { kind: 'done', execution: id };
};

const hasSucceeded = ({ actions }: StageRun, action: string): boolean =>
  actions.findLast((run) => run.action === action)?.status === 'Succeeded';

const rollback = (turn: Turn, { stage, target, by }: Of<'rollback'>, at: number): Reply => {
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
    trigger: { type: 'ManualRollback', detail: by },
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
  for (const { name: stage, actions } of declaration.stages.toReversed()) {
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
      const run: StageRun = { stage, status: 'InProgress', startedAt: at, pass: 1, plan, actions: [] };
      putStage(turn, next.id, run, 'STARTED', at);
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
  if (run === undefined || declared === undefined || inPass.some(({ status }) => status === 'InProgress')) {
    return;
  }
  if (run.status === 'Stopping') {
    putStage(turn, id, { ...run, status: 'Stopped' }, 'STOPPED', at);
    endExecution(turn, id, 'Stopped', at);
    return;
  }
  if (inPass.some(({ status }) => status === 'Failed')) {
    putStage(turn, id, { ...run, status: 'Failed' }, 'FAILED', at);
    endExecution(turn, id, 'Failed', at);
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
  putStage(turn, id, { ...run, status: 'Succeeded' }, 'SUCCEEDED', at);
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
  const needsPeople = isApproval(declared);
  const run: ActionRun = {
    id: turn.newId(),
    stage,
    action: declared.name,
    type: declared.actionTypeId,
    status: 'InProgress',
    startedAt: at,
    updatedAt: at,
    pass,
    attempt,
    ends: needsPeople ? expiryOf(turn.state, declared, at) : endOf(turn, stage, declared.name, at),
    ...(needsPeople && { token: turn.newId() }),
  };
  putAction(turn, executionId, run, 'STARTED', at);
  const notification = needsPeople ? approvalMessage(turn.state.pipeline, declared, run) : undefined;
  if (notification !== undefined) {
    turn.notifications.push(notification);
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

const endByItself = (turn: Turn, { id, commit }: Execution, run: ActionRun): void => {
  const { how, at } = run.ends;
  switch (how) {
    case 'succeeds':
      endAction(turn, id, { ...run, result: resultOf(turn, commit, run) }, true, at);
      return;
    case 'fails': {
      const error = { code: 'JobFailed', message: `${run.action} failed, as it was told to.` };
      endAction(turn, id, { ...run, result: { externalId: turn.newId(), summary: error.message, error } }, false, at);
      return;
    }
    case 'expires': {
      const error = { message: 'The approval request was not answered in time.' };
      endAction(turn, id, { ...run, result: { ...(run.token && { externalId: run.token }), error } }, false, at);
    }
  }
};

const resultOf = ({ state: { pipeline }, newId }: Turn, commit: Commit, { type }: ActionRun): ActionResult =>
  type.category === 'Source' ? sourceResult(pipeline, commit) : { externalId: newId() };

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

// ---- The state, and who is told of it ----------------------------------------------------------------------------

const stageOf = ({ pipeline }: PipelineState, stage: string): StageDeclaration | undefined =>
  pipeline.declaration.stages.find(({ name }) => name === stage);

const get = ({ state }: Turn, id: string): Execution => {
  const found = state.executions.find((each) => each.id === id);
  if (found === undefined) {
    throw new Error(`The simulated pipeline has lost its execution ${id}.`);
  }
  return found;
};

const put = (turn: Turn, execution: Execution): void => {
  const executions = turn.state.executions.map((each) => (each.id === execution.id ? execution : each));
  turn.state = { ...turn.state, executions };
};

const putStage = (turn: Turn, id: string, run: StageRun, word: Parameters<typeof stageEvent>[3], at: number): void => {
  const execution = get(turn, id);
  const others = execution.runs.filter(({ stage }) => stage !== run.stage);
  put(turn, { ...execution, updatedAt: at, runs: [...others, run] });
  turn.events.push(stageEvent(envelope(turn, at), execution, run, word));
};

const putAction = (
  turn: Turn,
  id: string,
  run: ActionRun,
  word: Parameters<typeof actionEvent>[3],
  at: number,
): void => {
  const execution = get(turn, id);
  const isKnown = ({ id: known }: ActionRun): boolean => known === run.id;
  const runs = execution.runs.map((each) =>
    each.stage !== run.stage
      ? each
      : {
          ...each,
          actions: each.actions.some(isKnown)
            ? each.actions.map((one) => (isKnown(one) ? run : one))
            : [...each.actions, run],
        },
  );
  put(turn, { ...execution, updatedAt: at, runs });
  turn.events.push(actionEvent(envelope(turn, at), execution, run, word));
};

const tellPipeline = (
  turn: Turn,
  execution: Execution,
  word: Parameters<typeof pipelineEvent>[2],
  at: number,
): void => {
  turn.events.push(pipelineEvent(envelope(turn, at), execution, word));
};

const envelope = ({ state: { pipeline }, newId }: Turn, at: number) => ({ pipeline, at, id: newId() });
