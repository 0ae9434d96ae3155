import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { WakeUp } from '../delivery/wake-up.ts';
import type { Log } from '../log.ts';
import type { RolloutId } from '../rollout/rollout.ts';
import type { ChangeItem } from '../store/change-item.ts';
import { askPeople, gatesOf } from './ask-people.ts';
import type { DriveDeps, Reported } from './drive-run.ts';
import { recordRun } from './run-record.ts';
import type { Conclusion, Run } from './run.ts';
import { showRun } from './show-run.ts';

/** What driving a run needs of the world. */
export type RunWorkDeps = {
  readonly config: Pick<Config, 'gates'>;
  readonly changeItem: ChangeItem;
  /** Tells the platform; never rejects. It is not asked for where the platform comes for the verdict. */
  readonly report: (run: Run, action: Conclusion['action']) => Promise<Reported>;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  /** Has gates looked at, by their ids. */
  readonly lookAtGates: (gates: readonly string[]) => Promise<void>;
  /** Has runs looked at, after a while. */
  readonly lookAtRuns: (runs: readonly string[], afterMs?: number) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: Log;
};

/** What becomes of a run's effects, whoever drives it. */
export const createRunWork = (deps: RunWorkDeps): Omit<DriveDeps, 'takeSample'> => {
  const { changeItem, report, lookAtGates, lookAtRuns, clock, random, newId, log } = deps;
  return {
    changeItem,
    clock,
    random,
    newId,
    log,
    report,
    ask: (at, effect) => askPeople(deps, at, effect),
    show: async (at) => {
      await showRun(deps, at, false);
    },
    finish: async (at) => {
      const record = async (): Promise<void> => {
        await recordRun(changeItem, at);
        const gates = gatesOf(at.id, at.run);
        if (gates.length > 0) {
          await lookAtGates(gates);
        }
      };
      // What could not be read of is heard of by nobody.
      const show = async (): Promise<boolean> => isNameless(at.run.rollout) || showRun(deps, at, true);
      // At once: somebody may wait for the answer.
      const [isShown] = await Promise.all([show(), record()]);
      return isShown;
    },
    lookAgain: (id, afterMs) => lookAtRuns([id], afterMs),
  };
};

const isNameless = (rollout: RolloutId): boolean => {
  switch (rollout.source) {
    case 'codedeploy':
      return rollout.application === '';
    case 'codepipeline':
      return rollout.name === '';
    case 'ecs':
      return rollout.service === '';
  }
};
