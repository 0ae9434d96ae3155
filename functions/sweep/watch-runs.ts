import { asError } from '../../shared/as-error.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import { runKey } from '../../shared/store/keys.ts';
import { driveRun } from '../../shared/validation/drive-run.ts';
import { createRunWork } from '../../shared/validation/run-work.ts';
import type { RunWorkDeps } from '../../shared/validation/run-work.ts';
import { comesAgain } from '../../shared/validation/run-call.ts';
import type { Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';

/** So late a run may be before the sweep does itself what nobody else has done. */
const LATE_MS = 30_000;

/** So long it takes for all of them together: other things are due, too. */
const MOST_MS = 20_000;

type WatchRunsDeps = RunWorkDeps & {
  /** Has what watches traffic looked at. */
  readonly lookAtWatches: (watches: readonly string[]) => Promise<void>;
};

/**
 * Looks after the runs of validation that are due: has them looked at, and decides and reports those itself whose time is
 * over. It takes no samples.
 */
export const createWatchRuns = (
  deps: WatchRunsDeps,
): ((runs: readonly string[], watches?: readonly string[]) => Promise<void>) => {
  const { changeItem, lookAtRuns, lookAtWatches, clock, log } = deps;
  const work = createRunWork(deps);
  return async (runs, watches = []) => {
    // First what costs least: whoever takes samples may be well.
    try {
      await Promise.all([lookAtRuns(runs), lookAtWatches(watches)]);
    } catch (error) {
      log.error('runs not sent', { error: asError(error) });
    }
    const until = clock.now() + MOST_MS;
    await Promise.all(
      runs.map(async (id) => {
        try {
          const { outcome: stored } = await changeItem(runKey(id), runItem, unchanged);
          if (stored !== undefined && isLate(stored.run, clock.now())) {
            const { rollout, hook, state } = stored.run;
            log.error('run ended by the sweep', { run: id, deployment: rollout.executionId, hook, state: state.kind });
            await driveRun(work, id, { until, left: () => until - clock.now() });
          }
        } catch (error) {
          log.error('run not ended', { run: id, error: asError(error) });
        }
      }),
    );
  };
};

const isLate = ({ call, state, deadline }: Run, now: number): boolean => {
  switch (state.kind) {
    case 'running':
    case 'asking':
      return now > deadline + LATE_MS;
    case 'decided':
      return !comesAgain(call) && now > state.nextAt + LATE_MS;
    case 'reported':
    case 'moot':
    case 'overtaken':
      return false;
  }
};
