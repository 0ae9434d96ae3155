import { createHash } from 'node:crypto';
import { rolloutPk } from '../store/keys.ts';
import type { GatePoint } from './gate.ts';

/** The id of the gate at a point: whoever hears of the point comes to the same. It tells nothing and opens nothing. */
export const gateId = (point: GatePoint): string =>
  createHash('sha256')
    .update(JSON.stringify(partsOf(point)))
    .digest()
    .subarray(0, 16)
    .toString('base64url');

const partsOf = (point: GatePoint): readonly string[] => {
  switch (point.kind) {
    case 'pipeline-approval':
      // Gates are stored by it: it stays as it was when there were no other kinds.
      return [rolloutPk(point.rollout), point.stage, point.action, point.actionExecutionId];
    case 'deployment-ready':
      return [rolloutPk(point.rollout), point.kind];
    case 'ecs-pause':
      return [rolloutPk(point.rollout), point.kind, point.hookId];
    case 'validation':
      return [rolloutPk(point.rollout), point.kind, point.run, point.check];
  }
};
