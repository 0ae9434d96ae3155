import type { ActionTypeId, Commit, SimulatedPipeline } from './pipeline.ts';

/** What an action has to show, as events and APIs tell it. */
export type ActionResult = {
  readonly externalId?: string;
  readonly summary?: string;
  readonly url?: string;
  readonly error?: { readonly code?: string; readonly message: string };
};

/** One run of an action. Times are epoch milliseconds, here and below. */
export type ActionRun = {
  readonly id: string;
  readonly stage: string;
  readonly action: string;
  readonly type: ActionTypeId;
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Abandoned';
  readonly startedAt: number;
  readonly updatedAt: number;
  /** Which pass through the stage it belongs to: a retry begins another. */
  readonly pass: number;
  /** The execution's attempt. */
  readonly attempt: number;
  /** When it ends by itself, and how. */
  readonly ends: { readonly at: number; readonly how: 'succeeds' | 'fails' | 'expires' };
  /** Of an approval. */
  readonly token?: string;
  /** Whether a person has answered it. */
  readonly answered?: boolean;
  readonly updatedBy?: string;
  /** What the approver wrote. */
  readonly comment?: string;
  readonly result?: ActionResult;
};

/** What an execution did in a stage. */
export type StageRun = {
  readonly stage: string;
  readonly status: 'InProgress' | 'Stopping' | 'Succeeded' | 'Failed' | 'Stopped';
  readonly startedAt: number;
  readonly retriedAt?: number;
  readonly pass: number;
  /** The actions that this pass has to run. */
  readonly plan: readonly string[];
  /** Of all passes, oldest first. */
  readonly actions: readonly ActionRun[];
};

export type Trigger = {
  readonly type: 'StartPipelineExecution' | 'WebhookV2' | 'ManualRollback';
  readonly detail: string;
};

export type Execution = {
  readonly id: string;
  readonly status: 'InProgress' | 'Stopping' | 'Succeeded' | 'Failed' | 'Stopped' | 'Superseded';
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly attempt: number;
  readonly trigger: Trigger;
  readonly commit: Commit;
  /** Known once the source action has ended; told by its name. */
  readonly found?: { readonly action: string; readonly artifact: string; readonly at: number };
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  readonly requestToken?: string;
  /** The execution that this one rolls a stage back to. */
  readonly rollbackTo?: string;
  readonly stopReason?: string;
  /** In the order in which the stages were entered. */
  readonly runs: readonly StageRun[];
  /** The stage that it waits in front of, and since when. */
  readonly waitsFor?: { readonly stage: string; readonly since: number };
};

/** Who opened or closed the way into a stage last; a way that nobody touched is open. */
export type Transition = {
  readonly stage: string;
  readonly enabled: boolean;
  readonly by: string;
  readonly at: number;
  readonly reason?: string;
};

/** A pipeline and all that has happened in it. */
export type PipelineState = {
  readonly pipeline: SimulatedPipeline;
  /** Oldest first. */
  readonly executions: readonly Execution[];
  readonly transitions: readonly Transition[];
};

/** A pipeline in which nothing has happened yet. */
export const idlePipeline = (pipeline: SimulatedPipeline): PipelineState => ({
  pipeline,
  executions: [],
  transitions: [],
});

export const stageRunOf = ({ runs }: Execution, stage: string): StageRun | undefined =>
  runs.find((run) => run.stage === stage);

export const isInStage = (execution: Execution, stage: string): boolean =>
  ['InProgress', 'Stopping'].includes(stageRunOf(execution, stage)?.status ?? '');

/** The execution that entered a stage last. */
export const latestIn = ({ executions }: PipelineState, stage: string): Execution | undefined =>
  executions.reduce<Execution | undefined>((latest, each) => {
    const run = stageRunOf(each, stage);
    const before = latest && stageRunOf(latest, stage);
    return run !== undefined && (before === undefined || run.startedAt >= before.startedAt) ? each : latest;
  }, undefined);

/** When something will happen by itself, in epoch milliseconds. */
export const nextDue = (state: PipelineState): number | undefined => {
  const due = runningActions(state).map(({ run }) => run.ends.at);
  return due.length === 0 ? undefined : Math.min(...due);
};

export const runningActions = ({
  executions,
}: PipelineState): readonly { readonly execution: Execution; readonly run: ActionRun }[] =>
  executions.flatMap((execution) =>
    execution.runs.flatMap(({ actions }) =>
      actions.flatMap((run) => (run.status === 'InProgress' ? [{ execution, run }] : [])),
    ),
  );
