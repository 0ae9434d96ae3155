import { asError } from '../../shared/as-error.ts';
import type { Home, Hooked, HookedDeployments } from '../../shared/aws/hooked-deployments.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ValidationPolicy } from '../../shared/config/config.ts';
import type { Log } from '../../shared/log.ts';
import type { Deployment } from '../../shared/rollout/rollout.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { rolloutKey, rolloutPk, runKey } from '../../shared/store/keys.ts';
import { allowancesAt } from '../../shared/validation/allowances.ts';
import { beginRun } from '../../shared/validation/begin.ts';
import type { Beginning } from '../../shared/validation/begin.ts';
import type { CheckMessage, HookEvent } from '../../shared/validation/check-message.ts';
import { chooseSuite } from '../../shared/validation/choose-suite.ts';
import type { Driven, Slice } from '../../shared/validation/drive-run.ts';
import { runIdOf } from '../../shared/validation/run-id.ts';
import type { HookCall } from '../../shared/validation/run-id.ts';
import type { Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import { BAKE, CODEDEPLOY_HOOKS } from '../../shared/validation/suite.ts';
import type { Hook, Suite } from '../../shared/validation/suite.ts';
import type { Bake } from './bake.ts';
import { keepRun } from './keep-run.ts';

export type ValidateDeps = {
  readonly home: Home;
  readonly suites: readonly Suite[];
  /** What the owner of the environment allows. */
  readonly policy: Partial<Pick<ValidationPolicy, 'rules'>>;
  readonly deployments: HookedDeployments;
  readonly changeItem: ChangeItem;
  /** Drives a run for a while. */
  readonly drive: (run: string, slice: Slice) => Promise<Driven>;
  /** Has runs looked at. */
  readonly lookAtRuns: (runs: readonly string[]) => Promise<void>;
  readonly bake: Bake;
  /** Says of a deployment that its traffic may be watched. */
  readonly sayBake: (deployment: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
};

/** What calls `validate`, and what comes of it. `left`: how many milliseconds it may still take. */
export type Validate = {
  /** Takes in a call of the hook; it rejects when it is to be called again. */
  readonly takeIn: (event: HookEvent) => Promise<void>;
  /** Does what a message of the checks queue asks for; it rejects when the message has to come again. */
  readonly handle: (
    message: Exclude<CheckMessage, { readonly kind: 'failed-job' }>,
    left: () => number,
  ) => Promise<void>;
};

/** So long CodeDeploy is asked which hook it is, should its answers lag behind its calls. */
const FIND_MS = 45_000;

/** So long a run is driven at a time. */
const SLICE_MS = 40_000;

/** So long CodeDeploy waits for a hook. */
const WAITS_MS = 60 * 60_000;

/**
 * Says whether deployments go on. A call of the hook is written down, and the sweep armed by it, before anything is tested;
 * what comes after that is driven by messages, each of which may be lost, late or there twice.
 */
export const createValidate = (deps: ValidateDeps): Validate => ({
  takeIn: async (event) => {
    await takeIn(deps, callOf(event));
  },
  handle: async (message, left) => {
    switch (message.kind) {
      case 'look': {
        const { clock, drive, log } = deps;
        const driven = await drive(message.run, { until: clock.now() + SLICE_MS, left });
        log.info('run looked at', { run: message.run, outcome: driven.kind });
        return;
      }
      case 'watch':
        await deps.bake.look(message.watch);
        return;
      case 'bake':
        await deps.bake.begin(message.deployment);
        return;
      case 'failed':
        await giveUp(deps, callOf(message.event), message.says);
    }
  },
});

const callOf = ({ DeploymentId, LifecycleEventHookExecutionId }: HookEvent): HookCall => ({
  deploymentId: DeploymentId,
  hookExecutionId: LifecycleEventHookExecutionId,
});

const runOf = (home: Home, { deploymentId, hookExecutionId }: HookCall): string =>
  runIdOf(home, 'codedeploy', deploymentId, hookExecutionId);

const takeIn = async (deps: ValidateDeps, call: HookCall): Promise<void> => {
  const { home, changeItem, lookAtRuns, log } = deps;
  const id = runOf(home, call);
  const { outcome: known } = await changeItem(runKey(id), runItem, unchanged);
  if (known === undefined) {
    const run = await begin(deps, id, call);
    await keepRun(deps, id, run);
    await sayBake(deps, run);
  } else {
    log.info('hook called again', { run: id, deployment: call.deploymentId });
  }
  await lookAtRuns([id]);
};

/** The event of its begin may have been lost: before its traffic moves a deployment calls here, if it calls at all. */
const sayBake = async ({ suites, sayBake: say, log }: ValidateDeps, run: Run): Promise<void> => {
  const { platform, rollout, hook, state } = run;
  const isRollback = state.kind === 'decided' && state.conclusion.why.kind === 'rollback';
  if (rollout.source !== 'codedeploy' || hook !== 'BeforeAllowTraffic' || isRollback) {
    return;
  }
  const { application, group, executionId: deployment } = rollout;
  if (platform !== 'codedeploy-lambda' || !chooseSuite({ platform, application, group, hook: BAKE }, suites)) {
    return;
  }
  try {
    await say(deployment);
  } catch (error) {
    log.warn('not said that traffic is to be watched', { deployment, error: asError(error) });
  }
};

const begin = async (deps: ValidateDeps, id: string, call: HookCall): Promise<Run> => {
  const { deployments, clock, home } = deps;
  const found = await deployments.find(call.deploymentId, clock.now() + FIND_MS, (rollout, hook) =>
    hasVerdict(deps, id, rollout, hook),
  );
  switch (found.kind) {
    case 'unreadable':
      return beginRun(notBegun(home, call, found.says, clock.now()));
    case 'found':
      return beginRun(beginningOf(deps, call, found.hooked));
  }
};

/** Whether another run has ended at a hook of a deployment: each is called once. */
const hasVerdict = async (
  { changeItem }: ValidateDeps,
  id: string,
  rollout: Deployment,
  hook: Hook,
): Promise<boolean> => {
  const { outcome: stored } = await changeItem(rolloutKey(rolloutPk(rollout)), rolloutItem, unchanged);
  return Object.entries(stored?.validations ?? {}).some(
    ([run, { summary }]) =>
      run !== id && summary.hook === hook && (summary.state === 'continue' || summary.state === 'rollback'),
  );
};

const beginningOf = ({ suites, policy, clock }: ValidateDeps, call: HookCall, hooked: Hooked): Beginning => {
  const { platform, rollout, hook, unknown, rollback, variables, deployedAt, since } = hooked;
  const now = clock.now();
  const suite = rollback === undefined ? suiteFor(hooked, suites) : undefined;
  const isGuessed = hook === undefined && suite === undefined && rollback === undefined;
  return {
    platform,
    rollout,
    call: { kind: 'codedeploy-hook', hookExecutionId: call.hookExecutionId },
    ...(hook !== undefined && { hook }),
    ...(suite !== undefined && { suite }),
    allowances: allowancesAt(policy, rollout, suite?.name),
    variables,
    ...(deployedAt !== undefined && { deployedAt }),
    isRollback: rollback !== undefined,
    ...(isGuessed && { notBegun: `${unknown ?? 'CodeDeploy does not say which hook it is'}.` }),
    waitsUntil: Math.min(since ?? now, now) + WAITS_MS,
    now,
  };
};

/** Where nobody knows which hook it is, a suite that is for all of them will do. */
const suiteFor = ({ platform, rollout, hook }: Hooked, suites: readonly Suite[]): Suite | undefined => {
  if (platform === 'unknown') {
    return undefined;
  }
  const { application, group } = rollout;
  return hook === undefined
    ? chooseSuite(
        { platform, application, group, hook: CODEDEPLOY_HOOKS[0] },
        suites.filter(({ match }) => match.hook === undefined),
      )
    : chooseSuite({ platform, application, group, hook }, suites);
};

const notBegun = (home: Home, call: HookCall, says: string, now: number): Beginning => ({
  platform: 'unknown',
  rollout: { source: 'codedeploy', ...home, application: '', group: '', executionId: call.deploymentId },
  call: { kind: 'codedeploy-hook', hookExecutionId: call.hookExecutionId },
  allowances: {},
  variables: {},
  isRollback: false,
  notBegun: says.endsWith('.') ? says : `${says}.`,
  waitsUntil: now + WAITS_MS,
  now,
});

/**
 * Ends a call of the hook that Lambda has given up: what was begun goes on, what was not is begun now or not at all. Not
 * even a table that takes nothing keeps CodeDeploy from hearing of it.
 */
const giveUp = async (deps: ValidateDeps, call: HookCall, says: string): Promise<void> => {
  const { home, deployments, clock, log } = deps;
  const id = runOf(home, call);
  log.error('hook not begun', { run: id, deployment: call.deploymentId, reason: says });
  try {
    await takeIn(deps, call);
    return;
  } catch (error) {
    log.warn('hook not begun at last', { run: id, deployment: call.deploymentId, error: asError(error) });
  }
  try {
    await keepRun(deps, id, beginRun(notBegun(home, call, says, clock.now())));
    await deps.lookAtRuns([id]);
    return;
  } catch (error) {
    log.warn('hook not written down', { run: id, deployment: call.deploymentId, error: asError(error) });
  }
  const reported = await deployments.report(call, undefined, 'rollback');
  if (reported.kind === 'report-failed') {
    throw new Error(`CodeDeploy does not take the verdict: ${reported.says}`);
  }
  log.error('verdict without a record', { run: id, deployment: call.deploymentId, reason: says, as: reported.kind });
};
