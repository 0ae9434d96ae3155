import { MAX_REGISTERS } from './fold.ts';
import type { RegisterState, Result, Rollout } from './rollout.ts';
import { UNNAMED } from './looked-up.ts';
import { isOfRevision, ROLLBACK_CREATOR } from './service-deployment.ts';
import { isFinal } from './state.ts';
import type { State } from './state.ts';
import { compareText } from './version.ts';

export type ActionOverview = {
  readonly stage: string;
  readonly action: string;
  readonly state: State;
  readonly startedAt: number;
  readonly result: RegisterState['result'];
};

export type StageOverview = {
  readonly stage: string;
  /** Which of the pipeline's stages it is, from 1, and of how many; undefined as long as nobody has looked it up. */
  readonly position: { readonly number: number; readonly of: number } | undefined;
  readonly state: State;
  readonly startedAt: number;
  readonly actions: readonly ActionOverview[];
};

/** The instances of a deployment that have been heard of, counted. */
export type InstancesOverview = {
  readonly total: number;
  readonly succeeded: number;
  /** By name, in the order they started. */
  readonly failed: readonly string[];
  /** True when there may be more than are kept. */
  readonly isPart: boolean;
};

/** A rollout as people see it: one state, its stages in the order they ran, what failed. */
export type Overview = {
  readonly state: State;
  readonly startedAt: number;
  /** Epoch milliseconds; absent while it runs. */
  readonly endedAt: number | undefined;
  readonly stages: readonly StageOverview[];
  readonly failures: readonly ActionOverview[];
  readonly waiting: readonly ActionOverview[];
  /** Absent where there are none. */
  readonly instances: InstancesOverview | undefined;
  /** Why the whole of it failed; absent unless it did. */
  readonly failure: Result | undefined;
  /** Whether it brings back what was there before; unknown as long as nobody has said. */
  readonly rollback: 'yes' | 'no' | 'unknown';
  /** The id of the deployment that this one undoes, if it is known. */
  readonly rollbackOf: string | undefined;
  /** The id of the deployment that undoes this one. */
  readonly rolledBackBy: string | undefined;
  /** Whether AWS knew nothing of it any more when nothing newer had been heard: how it ended nobody knows. */
  readonly isGone: boolean;
  /** 1 for the first run, 2 after a stage was retried, and so on. */
  readonly attempt: number;
};

/** Derives what people see from what was received. */
export const overviewOf = (rollout: Rollout): Overview => {
  const registers = Object.values(rollout.registers);
  const whole = registers.find(({ register }) => register.kind === 'rollout');
  const actions = registers.flatMap(actionOverview).sort(byPlace);
  const ended = whole !== undefined && isFinal(whole.state);
  const waiting = ended ? [] : actions.filter(({ state }) => state === 'waiting');
  // A rollout of which only parts are known has not been heard to end.
  const told = whole?.state ?? 'in-progress';
  return {
    state: told === 'in-progress' && waiting.length > 0 ? 'waiting' : told,
    startedAt: Math.min(...registers.map(({ startedAt }) => startedAt)),
    endedAt: ended ? whole.version.time : undefined,
    stages: stagesOf(rollout, registers, actions),
    failures:
      whole?.state === 'succeeded'
        ? []
        : registers.filter(isFailureOf(registers)).flatMap(actionOverview).sort(byPlace),
    waiting,
    instances: instancesOf(registers),
    failure: told === 'failed' ? rollout.facts.failure?.value : undefined,
    rollback: rollbackOf(rollout),
    rollbackOf: rollout.facts.rollbackOf?.value,
    rolledBackBy: rollout.facts.rolledBackBy?.value,
    isGone: !ended && isAsOfNewest(rollout.facts.gone, registers),
    attempt: Math.max(1, whole?.version.attempt ?? 1),
  };
};

const isAsOfNewest = (fact: Rollout['facts']['gone'], registers: readonly RegisterState[]): boolean =>
  fact !== undefined && registers.every(({ version }) => version.time <= fact.version.time);

/** Whoever makes deployments and executions in order to undo others: CodeDeploy, ECS, CloudFormation with a whole stack, CodePipeline. */
const UNDOERS: ReadonlySet<string> = new Set([
  'codeDeployRollback',
  ROLLBACK_CREATOR,
  'CloudFormationRollback',
  'ManualRollback',
  'AutomatedRollback',
]);

/** Whether a rollout brings back what was there before; unknown as long as nobody has said. */
export const rollbackOf = ({
  id,
  facts: { rollbackOf: undone, creator, trigger },
}: Pick<Rollout, 'id' | 'facts'>): Overview['rollback'] => {
  const started = creator?.value ?? (trigger?.value.kind === 'other' ? trigger.value.type : trigger?.value.kind);
  if (undone !== undefined || (started !== undefined && UNDOERS.has(started))) {
    return 'yes';
  }
  if (id.source === 'ecs' && !isOfRevision(id)) {
    // ECS goes back within the deployment that failed, which does not succeed by it.
    return 'no';
  }
  return started === undefined || started === UNNAMED ? 'unknown' : 'no';
};

const instancesOf = (registers: readonly RegisterState[]): InstancesOverview | undefined => {
  const instances = registers.flatMap(({ register, state, startedAt }) =>
    register.kind === 'instance' ? [{ instance: register.instance, state, startedAt }] : [],
  );
  return instances.length === 0
    ? undefined
    : {
        total: instances.length,
        succeeded: instances.filter(({ state }) => state === 'succeeded').length,
        failed: instances
          .filter(({ state }) => state === 'failed')
          .sort(byStart(({ instance }) => instance))
          .map(({ instance }) => instance),
        isPart: registers.length >= MAX_REGISTERS,
      };
};

const actionOverview = ({ register, state, startedAt, result }: RegisterState): readonly ActionOverview[] =>
  register.kind === 'action' ? [{ stage: register.stage, action: register.action, state, startedAt, result }] : [];

/** A stage that was resumed after an action of it failed has that failure behind it. */
const isFailureOf =
  (registers: readonly RegisterState[]) =>
  ({ register, state, version }: RegisterState): boolean =>
    register.kind === 'action' &&
    state === 'failed' &&
    !registers.some(
      (other) =>
        other.register.kind === 'stage' &&
        other.register.stage === register.stage &&
        other.state === 'in-progress' &&
        other.version.time > version.time,
    );

const stagesOf = (
  { id, facts }: Rollout,
  registers: readonly RegisterState[],
  actions: readonly ActionOverview[],
): readonly StageOverview[] => {
  const order = facts.stages?.value ?? [];
  const told = new Map(
    registers.flatMap(({ register, state, startedAt }) =>
      register.kind === 'stage' ? [[register.stage, { state, startedAt }] as const] : [],
    ),
  );
  const names = new Set([...told.keys(), ...actions.map(({ stage }) => stage)]);
  return [...names]
    .map((stage) => {
      const own = actions.filter((action) => action.stage === stage);
      const known = told.get(stage);
      // Of lifecycle stages no event tells but by their hooks.
      const state = known?.state ?? (id.source === 'ecs' ? stateOfHooks(own) : 'in-progress');
      const place = order.indexOf(stage);
      return {
        stage,
        position: place === -1 ? undefined : { number: place + 1, of: order.length },
        state: state === 'in-progress' && own.some((action) => action.state === 'waiting') ? 'waiting' : state,
        startedAt: Math.min(...own.map(({ startedAt }) => startedAt), known?.startedAt ?? Number.POSITIVE_INFINITY),
        actions: own,
      };
    })
    .sort(byStart(({ stage }) => stage));
};

const stateOfHooks = (hooks: readonly ActionOverview[]): State =>
  (['waiting', 'in-progress', 'failed', 'abandoned'] as const).find((state) =>
    hooks.some((hook) => hook.state === state),
  ) ?? 'succeeded';

const byStart =
  <T extends { readonly startedAt: number }>(name: (of: T) => string) =>
  (a: T, b: T): number =>
    a.startedAt - b.startedAt || compareText(name(a), name(b));

const byPlace = byStart<ActionOverview>(({ stage, action }) => `${stage}/${action}`);
