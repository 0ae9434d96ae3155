import { asError } from '../../shared/as-error.ts';
import type { Home } from '../../shared/aws/hooked-deployments.ts';
import type { WatchedDeployment, WatchedTraffic } from '../../shared/aws/watched-traffic.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ValidationPolicy } from '../../shared/config/config.ts';
import type { Log } from '../../shared/log.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { watchKey } from '../../shared/store/keys.ts';
import { allowancesAt } from '../../shared/validation/allowances.ts';
import { beginRun } from '../../shared/validation/begin.ts';
import { chooseSuite } from '../../shared/validation/choose-suite.ts';
import { runIdOf } from '../../shared/validation/run-id.ts';
import type { Run } from '../../shared/validation/run.ts';
import { watchItem } from '../../shared/validation/stored-watch.ts';
import type { StoredWatch } from '../../shared/validation/stored-watch.ts';
import { BAKE } from '../../shared/validation/suite.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { done, isWatchOver, toDo, watched } from '../../shared/validation/watch.ts';
import type { Watch, WatchEffect } from '../../shared/validation/watch.ts';
import type { Drive } from './drive.ts';
import { keepRun } from './keep-run.ts';

type BakeDeps = {
  readonly home: Home;
  readonly suites: readonly Suite[];
  /** What the owner of the environment allows. */
  readonly policy: Partial<Pick<ValidationPolicy, 'rules'>>;
  readonly traffic: WatchedTraffic;
  readonly changeItem: ChangeItem;
  /** Drives a run for a while; `said`: what has happened to it. */
  readonly drive: Drive;
  /** Has runs looked at. */
  readonly lookAtRuns: (runs: readonly string[]) => Promise<void>;
  /** Has watches looked at, after a while. */
  readonly lookAtWatches: (watches: readonly string[], afterMs: number) => Promise<void>;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
};

/** Watches the traffic of deployments that have nobody asked at its steps. */
export type Bake = {
  /** Begins to watch a deployment, if there is anything to watch; it rejects when it is to be asked again. */
  readonly begin: (deploymentId: string) => Promise<void>;
  /** Looks at a watch; it rejects when it is to be asked again. */
  readonly look: (watch: string) => Promise<void>;
};

/** Between two looks: CodeDeploy's shortest step takes a minute. */
const LOOK_MS = 10_000;

/** So late may a look be before the sweep sends another. */
const LATE_MS = 30_000;

/** So long the verdict of a step is told, and its checks may take. */
const WAITS_MS = 60 * 60_000;

/**
 * Watches traffic: at each of its steps a run of the suite begins, and the run of the step before is over. A look is a
 * hint: any number may look at once, each may end at any moment, and what one has not done the next one does.
 */
export const createBake = (deps: BakeDeps): Bake => ({
  begin: async (deploymentId) => {
    const { home, changeItem, log } = deps;
    const id = runIdOf(home, 'bake', deploymentId);
    const { outcome: known } = await changeItem(watchKey(id), watchItem, unchanged);
    if (known === undefined) {
      const seen = await deps.traffic.read(deploymentId);
      const watch = seen && (await watchOf(deps, seen));
      if (typeof watch !== 'object') {
        log.info('not watched', { deployment: deploymentId, reason: watch ?? 'CodeDeploy does not know it' });
        return;
      }
      await keepWatch(deps, id, watch);
    }
    await look(deps, id);
  },
  look: (id) => look(deps, id),
});

/** What is to be watched; a text says why there is nothing. */
const watchOf = async (
  { suites, traffic: { stepsOf }, clock, log }: BakeDeps,
  { rollout, unwatched, traffic, config }: WatchedDeployment,
): Promise<Watch | string> => {
  if (unwatched !== undefined) {
    return unwatched;
  }
  if (suiteFor(rollout, suites) === undefined) {
    return 'no suite is for its traffic';
  }
  if (traffic.kind === 'over') {
    return traffic.says;
  }
  let of: number | undefined;
  try {
    of = config === undefined ? undefined : await stepsOf(config);
  } catch (error) {
    // Each step has less of what may go wrong then, and that is all.
    log.warn('steps not known', { deployment: rollout.executionId, config, error: asError(error) });
  }
  return of === 0
    ? 'all of its traffic moves at once'
    : { rollout, startedAt: clock.now(), ...(of !== undefined && { of }), steps: [] };
};

const suiteFor = ({ application, group }: Watch['rollout'], suites: readonly Suite[]): Suite | undefined =>
  chooseSuite({ platform: 'codedeploy-lambda', application, group, hook: BAKE }, suites);

/** Writes a watch down, unless somebody has. */
const keepWatch = async ({ changeItem, clock, log }: BakeDeps, id: string, watch: Watch): Promise<void> => {
  const { outcome: isNew } = await changeItem(watchKey(id), watchItem, (stored) => ({
    ...(stored === undefined && { body: { watch, dueAt: clock.now() + LATE_MS } }),
    outcome: stored === undefined,
  }));
  if (isNew) {
    const { application, group, executionId: deployment } = watch.rollout;
    log.info('watch begun', { watch: id, deployment, application, group, of: watch.of });
  }
};

const look = async (deps: BakeDeps, id: string): Promise<void> => {
  const { home, changeItem, clock, log, traffic } = deps;
  const { outcome: known } = await changeItem(watchKey(id), watchItem, unchanged);
  if (known?.dueAt === undefined) {
    return;
  }
  const { rollout } = known.watch;
  const deployment = rollout.executionId;
  const seen = await traffic.read(deployment);
  const now = clock.now();
  const runOf = (weight: number): string => runIdOf(home, 'bake', deployment, `${weight}`);
  const next = seen?.traffic ?? { kind: 'over', says: 'CodeDeploy does not know the deployment any more' };
  const { outcome: watch } = await changeItem(watchKey(id), watchItem, (stored = known) => {
    const after = watched(stored.watch, next, now, runOf);
    return { ...(after !== stored.watch && { body: { ...stored, watch: after } }), outcome: after };
  });
  const effects = toDo(watch);
  const results = await Promise.allSettled(effects.map((effect) => act(deps, watch, seen, effect)));
  const made = effects.filter((_effect, index) => results[index]?.status === 'fulfilled');
  await leave(deps, id, made);
  const refused = results.find((result) => result.status === 'rejected');
  if (refused !== undefined) {
    throw asError(refused.reason);
  }
  log.info('watch looked at', { watch: id, deployment, traffic: next.kind, weight: watch.steps.at(-1)?.weight });
};

const act = async (
  deps: BakeDeps,
  watch: Watch,
  seen: WatchedDeployment | undefined,
  effect: WatchEffect,
): Promise<void> => {
  const { drive, lookAtRuns, clock } = deps;
  switch (effect.kind) {
    case 'begin':
      if (await keepStep(deps, watch, seen, effect)) {
        await lookAtRuns([effect.run]);
      }
      return;
    case 'overtake': {
      // Only that: whatever else it needs, its own messages bring.
      const overtake = () =>
        drive(effect.run, { until: clock.now(), left: () => 0 }, { said: [{ kind: 'overtaken', says: effect.says }] });
      // Whoever was to begin it may come back yet, and is to find it over.
      if ((await overtake()).kind === 'unknown-run' && (await keepStep(deps, watch, seen, effect))) {
        await overtake();
      }
    }
  }
};

/** Writes the run of a step down, unless somebody has. False: a suite that is not there any more has nothing to say. */
const keepStep = async (
  deps: BakeDeps,
  watch: Watch,
  seen: WatchedDeployment | undefined,
  effect: WatchEffect,
): Promise<boolean> => {
  const run = seen && stepRun(deps, watch, seen, effect);
  if (run === undefined) {
    return false;
  }
  await keepRun(deps, effect.run, run);
  return true;
};

const stepRun = (
  { suites, policy, clock }: BakeDeps,
  { rollout, of }: Watch,
  { deployedAt, since, variables }: WatchedDeployment,
  { weight, step }: WatchEffect,
): Run | undefined => {
  const suite = suiteFor(rollout, suites);
  const now = clock.now();
  return (
    suite &&
    beginRun({
      platform: 'codedeploy-lambda',
      rollout,
      call: { kind: 'bake', weight, step, ...(of !== undefined && { of }), since: since ?? now },
      hook: BAKE,
      suite,
      allowances: allowancesAt(policy, rollout, suite.name),
      variables: { ...variables, 'new.weight': `${weight}` },
      ...(deployedAt !== undefined && { deployedAt }),
      isRollback: false,
      waitsUntil: now + WAITS_MS,
      now,
    })
  );
};

/** Marks what was done, and has it looked at again unless a message that does is under way. */
const leave = async (
  { changeItem, lookAtWatches, newId, clock, log }: BakeDeps,
  id: string,
  made: readonly WatchEffect[],
): Promise<void> => {
  const now = clock.now();
  const by = newId();
  const { outcome } = await changeItem(watchKey(id), watchItem, (stored) =>
    stored === undefined ? { outcome: undefined } : left(stored, made, now, by),
  );
  switch (outcome) {
    case 'again':
      // First the record: a crash in between costs a message, which the sweep makes up for.
      await lookAtWatches([id], LOOK_MS);
      return;
    case 'over':
      log.info('watch over', { watch: id });
      return;
    case undefined:
      return;
  }
};

/** `again`: to be looked at again; asked again about its own write it says the same. */
const left = (
  stored: StoredWatch,
  made: readonly WatchEffect[],
  now: number,
  by: string,
): { readonly body?: StoredWatch; readonly outcome: 'again' | 'over' | undefined } => {
  const watch = done(stored.watch, made);
  if (isWatchOver(watch)) {
    return { ...(stored.dueAt !== undefined && { body: { watch } }), outcome: 'over' };
  }
  const { lookAt = 0, lookBy } = stored;
  if (lookAt > now && lookBy !== by) {
    return { ...(watch !== stored.watch && { body: { ...stored, watch } }), outcome: undefined };
  }
  return { body: { watch, lookAt: now + LOOK_MS, lookBy: by, dueAt: now + LOOK_MS + LATE_MS }, outcome: 'again' };
};
