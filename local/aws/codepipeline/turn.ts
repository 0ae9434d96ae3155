import type { JsonRecord } from '../../json.ts';
import type { ApprovalMessage } from './approval-message.ts';
import type { JobCall } from './job.ts';
import type { StageDeclaration } from './pipeline.ts';
import { isRule, stageRunOf } from './pipeline-state.ts';
import type { ActionRun, ConditionRun, Execution, PipelineState, RuleRun, StageRun } from './pipeline-state.ts';
import { actionEvent, pipelineEvent, stageEvent } from './state-change-event.ts';

/** What a step has come to so far. The states themselves are never changed. */
export type Turn = {
  state: PipelineState;
  readonly events: JsonRecord[];
  readonly notifications: ApprovalMessage[];
  readonly calls: JobCall[];
  readonly newId: () => string;
};

/** A stage as it is declared. */
export const stageOf = ({ pipeline }: PipelineState, stage: string): StageDeclaration | undefined =>
  pipeline.declaration.stages.find(({ name }) => name === stage);

/** An execution as it is now. */
export const get = ({ state }: Turn, id: string): Execution => {
  const found = state.executions.find((each) => each.id === id);
  if (found === undefined) {
    throw new Error(`The simulated pipeline has lost its execution ${id}.`);
  }
  return found;
};

/** Keeps what has become of an execution. */
export const put = (turn: Turn, execution: Execution): void => {
  const executions = turn.state.executions.map((each) => (each.id === execution.id ? execution : each));
  turn.state = { ...turn.state, executions };
};

/** Keeps what an execution did in a stage; nobody is told. */
export const keepStage = (turn: Turn, id: string, run: StageRun, at: number): void => {
  const execution = get(turn, id);
  const others = execution.runs.filter(({ stage }) => stage !== run.stage);
  put(turn, { ...execution, updatedAt: at, runs: [...others, run] });
};

/** Keeps what an execution did in a stage, and tells the bus. */
export const putStage = (
  turn: Turn,
  id: string,
  run: StageRun,
  word: Parameters<typeof stageEvent>[3],
  at: number,
): void => {
  keepStage(turn, id, run, at);
  turn.events.push(stageEvent(envelope(turn, at), get(turn, id), run, word));
};

/** Keeps what has become of a condition, or of a look at it that has just begun. */
export const keepCondition = (turn: Turn, id: string, stage: string, condition: ConditionRun, at: number): void => {
  const run = stageRunOf(get(turn, id), stage);
  if (run !== undefined) {
    const others = run.conditions.filter(({ type, pass }) => type !== condition.type || pass !== condition.pass);
    keepStage(turn, id, { ...run, conditions: [...others, condition] }, at);
  }
};

/** Keeps what has become of an action or a rule; nobody is told. */
export const keepRun = (turn: Turn, id: string, run: ActionRun | RuleRun, at: number): void => {
  const stage = stageRunOf(get(turn, id), run.stage);
  if (stage === undefined) {
    return;
  }
  if (!isRule(run)) {
    const isKnown = stage.actions.some((each) => each.id === run.id);
    const actions = isKnown ? stage.actions.map((each) => (each.id === run.id ? run : each)) : [...stage.actions, run];
    keepStage(turn, id, { ...stage, actions }, at);
    return;
  }
  const conditions = stage.conditions.map((condition) => ({
    ...condition,
    rules: condition.rules.map((each) => (each.id === run.id ? run : each)),
  }));
  keepStage(turn, id, { ...stage, conditions }, at);
};

/** Keeps what has become of an action, and tells the bus. */
export const putAction = (
  turn: Turn,
  id: string,
  run: ActionRun,
  word: Parameters<typeof actionEvent>[3],
  at: number,
): void => {
  keepRun(turn, id, run, at);
  turn.events.push(actionEvent(envelope(turn, at), get(turn, id), run, word));
};

/** Tells the bus of an execution. */
export const tellPipeline = (
  turn: Turn,
  execution: Execution,
  word: Parameters<typeof pipelineEvent>[2],
  at: number,
): void => {
  turn.events.push(pipelineEvent(envelope(turn, at), execution, word));
};

const envelope = ({ state: { pipeline }, newId }: Turn, at: number) => ({ pipeline, at, id: newId() });
