import { createHash } from 'node:crypto';
import { rolloutPk } from '../store/keys.ts';
import type { GatePoint } from './gate.ts';

/** The id of the gate at a point: whoever hears of the point comes to the same. It tells nothing and opens nothing. */
export const gateId = ({ rollout, stage, action, actionExecutionId }: GatePoint): string =>
  createHash('sha256')
    .update(JSON.stringify([rolloutPk(rollout), stage, action, actionExecutionId]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
