import { createHash } from 'node:crypto';
import { rolloutPk } from '../store/keys.ts';
import { registerName } from './rollout.ts';
import type { StateChange } from './rollout.ts';
import { isOfRevision } from './service-deployment.ts';

/**
 * Identifies what a change tells: the same for the same fact, by whatever road and under whatever event id it came.
 * A register of a deployment enters each of its states once, and neither a trigger's clock nor an API's is the event
 * bus's: there the time says nothing. A pipeline may be retried, and what ECS calls by a revision of a service may come
 * back in a rollback: there attempt and second belong to the fact.
 */
export const factId = ({ rollout, register, state, version }: Omit<StateChange, 'facts'>): string => {
  const isOnce = rollout.source === 'codedeploy' || (rollout.source === 'ecs' && !isOfRevision(rollout));
  const when = isOnce ? [] : [version.attempt, Math.floor(version.time / 1000)];
  return createHash('sha256')
    .update(JSON.stringify([rolloutPk(rollout), registerName(register), state, version.rank, ...when]))
    .digest('hex')
    .slice(0, 32);
};
