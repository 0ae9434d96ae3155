import { asError } from '../../shared/as-error.ts';
import type { Home } from '../../shared/aws/hooked-deployments.ts';
import type { FoundService, HookedService, HookedServices } from '../../shared/aws/hooked-services.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ValidationPolicy } from '../../shared/config/config.ts';
import type { Log } from '../../shared/log.ts';
import type { ServiceDeployment } from '../../shared/rollout/rollout.ts';
import { deploymentOfArn } from '../../shared/rollout/service-deployment.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { runKey } from '../../shared/store/keys.ts';
import { allowancesAt } from '../../shared/validation/allowances.ts';
import { beginRun } from '../../shared/validation/begin.ts';
import { chooseSuite } from '../../shared/validation/choose-suite.ts';
import { parseEcsHook, takesTrafficBack, weightsOf } from '../../shared/validation/ecs-hook.ts';
import type { Carried, EcsHookAnswer, EcsHookCall } from '../../shared/validation/ecs-hook.ts';
import { runIdOf } from '../../shared/validation/run-id.ts';
import type { Conclusion, Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { HeldRun, StoredRun } from '../../shared/validation/stored-run.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { Drive } from './drive.ts';
import { keepRun } from './keep-run.ts';

export type EcsDoorDeps = {
  readonly home: Home;
  readonly suites: readonly Suite[];
  /** What the owner of the environment allows. */
  readonly policy: Partial<Pick<ValidationPolicy, 'rules'>>;
  readonly services: HookedServices;
  readonly changeItem: ChangeItem;
  readonly drive: Drive;
  readonly clock: Clock;
  readonly log: Log;
};

/** Who is called, and how many milliseconds it may still take. */
export type EcsDoorTurn = { readonly functionArn: string; readonly left: () => number };

/** So long a run is driven in one call: ECS waits for the answer, and calls again. */
const SLICE_MS = 10_000;

/** What is left for the answer when there is no time for anything else. */
const MARGIN_MS = 5_000;

/** So long ECS waits for a hook where it does not say otherwise. */
const WAITS_MS = 24 * 60 * 60_000;

/** ECS's own time between two calls, and so the longest until it hears of a verdict. */
const MOST_DELAY_S = 30;

/** Between two calls of which none gets through. */
const TROUBLE_DELAY_S = 15;

/** So long no call may get through before the hook fails without a run, and before what goes back is let go without one. */
const MOST_TROUBLE_MS = 15 * 60_000;
const MOST_TROUBLE_BACK_MS = 60_000;

/** More steps than a deployment can have: of a linear one 34, each of which may be called for twice. */
const MOST_STEPS = 100;

/**
 * Answers the calls of ECS's Lambda hooks, synchronously. A call goes on with the run of its step, or begins it, and is
 * answered with the verdict once that is on record as told. It never rejects: to ECS that would be a verdict.
 */
export const createEcsDoor =
  (deps: EcsDoorDeps) =>
  async (event: unknown, turn: EcsDoorTurn): Promise<EcsHookAnswer> => {
    const { clock, log } = deps;
    const call = parseEcsHook(event);
    if (call === undefined) {
      log.error('hook not begun', { reason: 'ECS calls with what Gatehouse cannot read' });
      return { hookStatus: 'FAILED' };
    }
    const late = async (): Promise<never> => {
      await clock.sleep(Math.max(0, turn.left() - MARGIN_MS));
      throw new Error('There was no time left to answer');
    };
    try {
      return await Promise.race([take(deps, call, turn), late()]);
    } catch (error) {
      return inTrouble(deps, call, asError(error));
    }
  };

/** `isNew`: this call has begun it. */
type RunOf = { readonly id: string; readonly held: HeldRun; readonly isNew: boolean };

/** What ECS says of the deployment of a call; undefined: the call names none. */
type Ask = () => Promise<FoundService> | undefined;

const take = async (deps: EcsDoorDeps, call: EcsHookCall, turn: EcsDoorTurn): Promise<EcsHookAnswer> => {
  const { clock, drive } = deps;
  const found = await runOf(deps, call, askOf(deps, call, turn));
  const { id, held } = found;
  if (!isOpen(held.stored.run)) {
    return tell(deps, found, call, turn);
  }
  const slice = { until: clock.now() + SLICE_MS, left: () => turn.left() - MARGIN_MS };
  const after = await drive(id, slice, held.item && { held: held.item });
  if (after.kind === 'unknown-run') {
    throw new Error('The run is gone');
  }
  return isOpen(after.stored.run)
    ? {
        hookStatus: 'IN_PROGRESS',
        callBackDelay: delayUntil(after.stored.lookAt ?? 0, clock.now()),
        hookDetails: { gatehouse: { step: stepOf(deps, call, 0), run: id, failingSince: 0 } },
      }
    : tell(deps, { id, held: after, isNew: false }, call, turn);
};

/** Asks ECS once, whoever wants to know. What is not known to have been begun is asked about while the table is. */
const askOf = ({ services }: EcsDoorDeps, call: EcsHookCall, { functionArn }: EcsDoorTurn): Ask => {
  const rollout = rolloutOf(call);
  let asked: Promise<FoundService> | undefined;
  const ask: Ask = () => (asked ??= rollout && services.find(rollout, call, functionArn));
  if (call.carried === undefined) {
    // Whoever needs the answer hears of its failure.
    ask()?.catch(() => undefined);
  }
  return ask;
};

const isOpen = ({ state }: Run): boolean => state.kind === 'running' || state.kind === 'asking';

const delayUntil = (at: number, now: number): number =>
  Math.min(MOST_DELAY_S, Math.max(1, Math.ceil((at - now) / 1000)));

const stepOf = ({ home }: EcsDoorDeps, call: EcsHookCall, step: number): string =>
  runIdOf(home, 'ecs', call.deploymentArn, call.stage, weightsOf(call), String(step));

/**
 * The run of a call: of the same deployment, stage and weights, and not told to an earlier step. Where nobody has begun it
 * yet it begins. Neither the id of the execution nor what was handed over is relied upon: what ECS makes of the one is
 * written nowhere, and the other anybody may write who may configure the hook.
 */
const runOf = async (deps: EcsDoorDeps, call: EcsHookCall, ask: Ask): Promise<RunOf> => {
  const { changeItem } = deps;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const id = stepOf(deps, call, step);
    const { outcome: stored, item } = await changeItem(runKey(id), runItem, unchanged);
    if (stored === undefined) {
      const run = told(await begin(deps, call, ask));
      const held = await keepRun(deps, id, run);
      return { id, held, isNew: held.stored.run === run };
    }
    if (!(await isOfEarlierStep(deps, call, ask, stored.run))) {
      return { id, held: { stored, item }, isNew: false };
    }
  }
  throw new Error(`ECS has called for more than ${MOST_STEPS} steps`);
};

/** What is decided as it begins is on record as told from the first: the answer comes right behind that. */
const told = (run: Run): Run =>
  run.state.kind === 'decided'
    ? { ...run, state: { kind: 'reported', conclusion: run.state.conclusion, at: run.startedAt } }
    : run;

/**
 * Whether a run was answered for good, and this call asks for something else. A step that failed stays failed: only a
 * rollback comes behind it.
 */
const isOfEarlierStep = async (
  deps: EcsDoorDeps,
  call: EcsHookCall,
  ask: Ask,
  { call: asked, state }: Run,
): Promise<boolean> => {
  const conclusion = toldOf(state);
  if (conclusion === undefined || asked.kind !== 'ecs-hook') {
    return false;
  }
  const mayGoOn = conclusion.action === 'continue';
  if (!mayGoOn && weightsOf(call) !== '') {
    return false;
  }
  const isUnheard = call.carried?.step === stepOf(deps, call, 0) && call.carried.failingSince > 0;
  const isRepeated = asked.executionId === call.executionId || isUnheard;
  const found = await ask();
  if (found?.kind !== 'found') {
    return mayGoOn && !isRepeated;
  }
  if (found.hooked.isRollback) {
    return conclusion.why.kind !== 'rollback';
  }
  return mayGoOn && (!isRepeated || asked.weights !== standingOf(call, found.hooked));
};

/** Where the traffic is, by what the call and ECS say of it: the steps of a stage differ in it. */
const standingOf = (call: EcsHookCall, { share }: Pick<HookedService, 'share'>): string =>
  [weightsOf(call), share === undefined ? '' : `${share} %`].filter((part) => part !== '').join(', ');

/** What ECS has been answered, or was not there to hear. */
const toldOf = (state: Run['state']): Conclusion | undefined =>
  state.kind === 'reported' || state.kind === 'moot' ? state.conclusion : undefined;

/** Undefined: it is no ARN of a service deployment. */
const rolloutOf = ({ deploymentArn }: EcsHookCall): ServiceDeployment | undefined => {
  const names = deploymentOfArn(deploymentArn);
  const [, partition = '', , region = '', account = ''] = deploymentArn.split(':');
  return names && { source: 'ecs', partition, region, account, ...names };
};

const begin = async (deps: EcsDoorDeps, call: EcsHookCall, ask: Ask): Promise<Run> => {
  const { home, suites, policy, clock } = deps;
  const goesBack = takesTrafficBack(call);
  const rollout = rolloutOf(call);
  const found = await foundOf(ask(), goesBack);
  const hooked = found?.kind === 'found' ? found.hooked : undefined;
  const isRollback = goesBack || hooked?.isRollback === true;
  const suite =
    rollout === undefined || hooked === undefined || isRollback
      ? undefined
      : chooseSuite(
          { platform: 'ecs-native', cluster: rollout.cluster, service: rollout.service, hook: call.stage },
          suites,
        );
  const now = clock.now();
  const problem = found === undefined ? NO_DEPLOYMENT : found.kind === 'unreadable' ? found.says : undefined;
  return beginRun({
    platform: 'ecs-native',
    rollout: rollout ?? { source: 'ecs', ...home, cluster: '', service: '', executionId: call.deploymentArn },
    call: { kind: 'ecs-hook', executionId: call.executionId, weights: standingOf(call, hooked ?? {}) },
    hook: call.stage,
    ...(suite !== undefined && { suite }),
    allowances: rollout === undefined ? {} : allowancesAt(policy, rollout, suite?.name),
    variables: hooked?.variables ?? {},
    ...(hooked?.deployedAt !== undefined && { deployedAt: hooked.deployedAt }),
    isRollback,
    ...(problem !== undefined && { notBegun: `${problem}.` }),
    waitsUntil: hooked?.waitsUntil ?? now + WAITS_MS,
    now,
  });
};

const NO_DEPLOYMENT = 'ECS names no service deployment';

/** What takes the traffic back needs no answer from anybody. */
const foundOf = async (asked: ReturnType<Ask>, goesBack: boolean): Promise<FoundService | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (goesBack) {
      return { kind: 'found', hooked: UNKNOWN };
    }
    throw error;
  }
};

const UNKNOWN: HookedService = { isRollback: true, variables: {} };

/** Answers with the verdict. First it is on record as told: a call that comes again hears the same. */
const tell = async (
  deps: EcsDoorDeps,
  { id, held: { stored, item }, isNew }: RunOf,
  call: EcsHookCall,
  { left }: EcsDoorTurn,
): Promise<EcsHookAnswer> => {
  const { changeItem, drive, clock, log } = deps;
  const before = toldOf(stored.run.state);
  if (before !== undefined && !isNew) {
    return answerOf(before);
  }
  const isAnother = stored.run.call.kind === 'ecs-hook' && stored.run.call.executionId !== call.executionId;
  const latest = isAnother ? await noteExecution(deps, id, call) : item;
  const said = [{ kind: 'reported', as: 'done' } as const];
  let after: StoredRun | undefined;
  try {
    const driven = await drive(id, { until: clock.now(), left }, { said, ...(latest && { held: latest }) });
    after = driven.kind === 'over' ? driven.stored : undefined;
  } catch (error) {
    // Who is shown what can be mended by the sweep.
    log.warn('run not finished', { run: id, error: asError(error) });
    after = (await changeItem(runKey(id), runItem, unchanged)).outcome;
  }
  const conclusion = after && toldOf(after.run.state);
  if (conclusion === undefined) {
    throw new Error('The verdict could not be written down as told');
  }
  const { executionId: deployment } = stored.run.rollout;
  const { action, says: reason } = conclusion;
  log.info('verdict answered', { run: id, deployment, hook: call.stage, action, reason });
  return answerOf(conclusion);
};

/** Has the run know by which call its verdict is heard, where ECS names each call anew. */
const noteExecution = async (
  { changeItem }: EcsDoorDeps,
  id: string,
  { executionId }: EcsHookCall,
): Promise<HeldRun['item']> => {
  const { item } = await changeItem(runKey(id), runItem, (stored) => {
    if (stored?.run.state.kind !== 'decided' || stored.run.call.kind !== 'ecs-hook') {
      return { outcome: undefined };
    }
    const { call } = stored.run;
    const isKnown = call.executionId === executionId;
    return {
      ...(!isKnown && { body: { ...stored, run: { ...stored.run, call: { ...call, executionId } } } }),
      outcome: undefined,
    };
  });
  return item;
};

const answerOf = ({ action }: Conclusion): EcsHookAnswer => ({
  hookStatus: action === 'continue' ? 'SUCCEEDED' : 'FAILED',
});

/**
 * Has ECS call again when table or ECS do not answer; after a while it is told something all the same, with a reason: a
 * hook that nobody answers holds up everything for a day.
 */
const inTrouble = (deps: EcsDoorDeps, call: EcsHookCall, error: Error): EcsHookAnswer => {
  const { clock, log } = deps;
  const now = clock.now();
  const step = stepOf(deps, call, 0);
  const failingSince = sinceOf(call.carried, step, now);
  const goesBack = takesTrafficBack(call);
  const names = { deployment: call.deploymentArn, hook: call.stage };
  if (now - failingSince < (goesBack ? MOST_TROUBLE_BACK_MS : MOST_TROUBLE_MS)) {
    log.warn('hook not answered yet', { ...names, error });
    return {
      hookStatus: 'IN_PROGRESS',
      callBackDelay: TROUBLE_DELAY_S,
      hookDetails: { gatehouse: { step, failingSince } },
    };
  }
  const reason = goesBack
    ? 'It takes the traffic back, which nothing holds up'
    : 'Gatehouse could not be reached for too long';
  log.error('verdict without a record', { ...names, reason, error });
  return { hookStatus: goesBack ? 'SUCCEEDED' : 'FAILED' };
};

const sinceOf = (carried: Carried | undefined, step: string, now: number): number =>
  carried?.step === step && carried.failingSince > 0 && carried.failingSince <= now ? carried.failingSince : now;
