import type { GatePoint } from '../gate/gate.ts';
import { hookName, shortName } from './rollout-name.ts';

/** What people call the point at which a rollout waits, within a sentence: it waits "at" this. */
export const pointName = (point: GatePoint): string => {
  switch (point.kind) {
    case 'pipeline-approval':
      return `${shortName(point.stage)} / ${shortName(point.action)}`;
    case 'deployment-ready':
      return 'the traffic shift';
    case 'ecs-pause':
      return `${shortName(point.lifecycleStage)} / ${shortName(hookName(point.hookId))}`;
    case 'validation':
      return point.check === ''
        ? `the validation by ${shortName(point.suite)}`
        : `${shortName(point.suite)} / ${shortName(point.check)}`;
  }
};

/** The same where it stands by itself. */
export const pointTitle = (point: GatePoint): string => {
  switch (point.kind) {
    case 'pipeline-approval':
    case 'ecs-pause':
      return pointName(point);
    case 'deployment-ready':
      return 'Traffic shift';
    case 'validation':
      return point.check === '' ? `Validation by ${shortName(point.suite)}` : pointName(point);
  }
};

/** What a decision does there; undefined where the point's name and its author say it. */
export const effectOf = (point: GatePoint): string | undefined => {
  switch (point.kind) {
    case 'pipeline-approval':
      return undefined;
    case 'deployment-ready':
      return 'Approve lets the traffic move to the new version. Reject stops the deployment and rolls back.';
    case 'ecs-pause':
      return 'Approve lets the deployment of the new version go on. Reject rolls it back.';
    case 'validation':
      return point.rollout.source === 'codepipeline'
        ? 'Approve lets the validation go on. Reject stops the pipeline.'
        : 'Approve lets the validation go on. Reject rolls the deployment back.';
  }
};
