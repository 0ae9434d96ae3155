import type { GatePoint } from '../gate/gate.ts';
import { shortName } from './rollout-name.ts';

/** What people call the point at which a rollout waits: it waits "at" this. */
export const pointName = (point: GatePoint): string => {
  switch (point.kind) {
    case 'pipeline-approval':
      return `${shortName(point.stage)} / ${shortName(point.action)}`;
    case 'deployment-ready':
      return 'the shift of its traffic';
  }
};
