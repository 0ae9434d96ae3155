import { createHash } from 'node:crypto';
import { rolloutPk } from '../store/keys.ts';
import { registerName } from './rollout.ts';
import type { StateChange } from './rollout.ts';

/**
 * Identifies what a change tells: the same for the same fact, by whatever road and under whatever event id it came.
 * A register of a deployment enters each of its states once, and a trigger's clock is not the event bus's: there the
 * time says nothing. A pipeline may be retried: there attempt and second belong to the fact.
 */
export const factId = ({ rollout, register, state, version }: Omit<StateChange, 'facts'>): string => {
  const when = rollout.source === 'codedeploy' ? [] : [version.attempt, Math.floor(version.time / 1000)];
  return createHash('sha256')
    .update(JSON.stringify([rolloutPk(rollout), registerName(register), state, version.rank, ...when]))
    .digest('hex')
    .slice(0, 32);
};
