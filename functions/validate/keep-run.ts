import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { RolloutId } from '../../shared/rollout/rollout.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { runKey } from '../../shared/store/keys.ts';
import type { Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { HeldRun, StoredRun } from '../../shared/validation/stored-run.ts';

/** How soon the sweep looks after a run whose first message was lost. */
const ARMED_MS = 30_000;

/** Writes a run down that was not there when it was last looked, unless somebody has since; returns what is there then. */
export const keepRun = async (
  { changeItem, clock, log }: { readonly changeItem: ChangeItem; readonly clock: Clock; readonly log: Log },
  id: string,
  run: Run,
): Promise<HeldRun> => {
  const body: StoredRun = { run, dueAt: clock.now() + ARMED_MS };
  const { outcome: known, item } = await changeItem(
    runKey(id),
    runItem,
    (stored) => ({ ...(stored === undefined && { body }), outcome: stored }),
    'nothing',
  );
  if (known === undefined) {
    log.info('run begun', {
      run: id,
      ...namesOf(run.rollout),
      hook: run.hook,
      suite: run.suite?.name,
      ...('conclusion' in run.state && { action: run.state.conclusion.action, reason: run.state.conclusion.says }),
    });
  }
  return { stored: known ?? body, item };
};

const namesOf = (rollout: RolloutId): Readonly<Record<string, string>> => {
  switch (rollout.source) {
    case 'codedeploy':
      return { deployment: rollout.executionId, application: rollout.application, group: rollout.group };
    case 'ecs':
      return { deployment: rollout.executionId, cluster: rollout.cluster, service: rollout.service };
    case 'codepipeline':
      return { execution: rollout.executionId, pipeline: rollout.name };
  }
};
