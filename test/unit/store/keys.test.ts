import { describe, expect, it } from 'vitest';
import { rolloutIdOf, rolloutPk } from '../../../shared/store/keys.ts';
import { aDeploymentId, aRolloutId } from '../../support/rollouts.ts';

describe('rolloutIdOf', () => {
  it.each([
    [aRolloutId()],
    [aDeploymentId()],
    [aRolloutId({ name: 'a#b%23/ü', partition: 'aws-cn' })],
    [aDeploymentId({ application: '#', group: '' })],
  ])('reads back what a key was made of: %j', (id) => {
    expect(rolloutIdOf(rolloutPk(id))).toEqual(id);
  });

  it.each(['W#T1', 'Q#2026-11-20', 'X#ecs#aws#1#r#n#e', 'X#codepipeline#aws#1#r#n', 'X#codedeploy#aws#1#r#n#e'])(
    'knows that %s is no rollout’s',
    (pk) => {
      expect(rolloutIdOf(pk)).toBeUndefined();
    },
  );
});
