import type { ActionTypeId, Commit, RuleDeclaration, SimulatedPipeline } from './pipeline.ts';

/** What an action has to show, as events and APIs tell it. */
export type ActionResult = {
  readonly externalId?: string;
  readonly summary?: string;
  readonly url?: string;
  readonly error?: { readonly code?: string; readonly message: string };
};

/** What a function is called for, until it has said how that ended. */
export type Job = {
  /** The id of the call under way, or of the last one. */
  readonly id: string;
  /** Ids of the calls before. */
  readonly earlier: readonly string[];
  /** What the function said when it asked for another call. */
  readonly continuationToken?: string;
  /** Whether this call has not been answered. */
  readonly isOpen: boolean;
  /** How far it says that it is. */
  readonly percent?: number;
};

/** When a run ends or goes on by itself, and how. Times are epoch milliseconds, here and below. */
export type Due = {
  readonly at: number;
  readonly how: 'succeeds' | 'fails' | 'expires' | 'cannot-begin' | 'is-silent' | 'is-called-again';
};

/** What runs of actions and of rules have in common. */
type Run = {
  readonly id: string;
  readonly stage: string;
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Abandoned';
  readonly startedAt: number;
  readonly updatedAt: number;
  /** Which pass through the stage it belongs to: a retry begins another. */
  readonly pass: number;
  readonly ends: Due;
  /** Of what invokes a function. */
  readonly job?: Job;
  /** The configuration with its variables resolved. */
  readonly configuration?: Readonly<Record<string, string>>;
  readonly result?: ActionResult;
};

/** One run of an action. */
export type ActionRun = Run & {
  readonly action: string;
  readonly type: ActionTypeId;
  /** The execution's attempt. */
  readonly attempt: number;
  /** Of an approval. */
  readonly token?: string;
  /** Whether a person has answered it. */
  readonly answered?: boolean;
  readonly updatedBy?: string;
  /** What the approver wrote. */
  readonly comment?: string;
  readonly outputVariables?: Readonly<Record<string, string>>;
};

/** One run of a rule of a condition. */
export type RuleRun = Run & {
  readonly rule: string;
  readonly type: RuleDeclaration['ruleTypeId'];
  readonly condition: ConditionType;
};

export type ConditionType = 'BEFORE_ENTRY' | 'ON_SUCCESS';

/** One look at whether a condition is met. */
export type ConditionRun = {
  readonly type: ConditionType;
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Abandoned' | 'Overridden';
  readonly pass: number;
  readonly updatedAt: number;
  readonly rules: readonly RuleRun[];
};

/** What an execution did in a stage. */
export type StageRun = {
  readonly stage: string;
  readonly status: 'InProgress' | 'Stopping' | 'Succeeded' | 'Failed' | 'Stopped' | 'Skipped';
  readonly startedAt: number;
  readonly retriedAt?: number;
  readonly pass: number;
  /** The actions that this pass has to run. */
  readonly plan: readonly string[];
  /** The conditions that this pass still has to look at. */
  readonly toCheck: readonly ConditionType[];
  /** Of all passes, oldest first; so are the actions. */
  readonly conditions: readonly ConditionRun[];
  readonly actions: readonly ActionRun[];
};

export type Trigger = {
  readonly type: 'StartPipelineExecution' | 'WebhookV2' | 'ManualRollback' | 'AutomatedRollback';
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
  const due = inProgress(state).map(({ run }) => run.ends.at);
  return due.length === 0 ? undefined : Math.min(...due);
};

/** A run of an action or of a rule, and whose it is. */
export type Placed<One = ActionRun | RuleRun> = { readonly execution: Execution; readonly run: One };

export const isRule = (run: ActionRun | RuleRun): run is RuleRun => 'rule' in run;

/** All runs of actions and rules, in no order. */
const allRuns = ({ executions }: PipelineState): readonly Placed[] =>
  executions.flatMap((execution) =>
    execution.runs.flatMap(({ actions, conditions }) =>
      [...actions, ...conditions.flatMap(({ rules }) => rules)].map((run) => ({ execution, run })),
    ),
  );

export const inProgress = (state: PipelineState): readonly Placed[] =>
  allRuns(state).filter(({ run }) => run.status === 'InProgress');

/** The run that a job is of, also when another call has followed. */
export const runOfJob = (state: PipelineState, id: string): Placed | undefined =>
  allRuns(state).find(({ run: { job } }) => job?.id === id || job?.earlier.includes(id));
