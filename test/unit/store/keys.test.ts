import { describe, expect, it } from 'vitest';
import { rolloutIdOf, rolloutPk } from '../../../shared/store/keys.ts';
import { aDeploymentId, aRolloutId, aServiceDeploymentId } from '../../support/rollouts.ts';

describe('rolloutPk', () => {
  it.each([
    [aRolloutId({ name: 'a#b', executionId: 'c' }), aRolloutId({ name: 'a', executionId: 'b#c' })],
    [aRolloutId({ name: 'a#b' }), aRolloutId({ name: 'a%23b' })],
    [aDeploymentId({ application: 'a#b', group: 'c' }), aDeploymentId({ application: 'a', group: 'b#c' })],
  ])('gives rollouts partitions of their own, whatever is in their names: %j (B11)', (one, other) => {
    expect(rolloutPk(one)).not.toBe(rolloutPk(other));
  });
});

describe('rolloutIdOf', () => {
  it.each([
    [aRolloutId()],
    [aDeploymentId()],
    [aRolloutId({ name: 'a#b%23/ü', partition: 'aws-cn' })],
    [aDeploymentId({ application: '#', group: '' })],
    [aServiceDeploymentId()],
    [aServiceDeploymentId({ cluster: '', executionId: 'ecs-svc/1' })],
  ])('reads back what a key was made of: %j', (id) => {
    expect(rolloutIdOf(rolloutPk(id))).toEqual(id);
  });

  it.each([
    'W#T1',
    'Q#2026-11-20',
    'X#eks#aws#1#r#n#e',
    'X#ecs#aws#1#r#n#e',
    'X#codepipeline#aws#1#r#n',
    'X#codedeploy#aws#1#r#n#e',
  ])('knows that %s is no rollout’s', (pk) => {
    expect(rolloutIdOf(pk)).toBeUndefined();
  });
});
