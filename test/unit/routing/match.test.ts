import { describe, expect, it } from 'vitest';
import { SOURCES } from '../../../shared/config/config.ts';
import type { Match } from '../../../shared/config/config.ts';
import type { ChangeFacts } from '../../../shared/routing/change-facts.ts';
import { factsOf } from '../../../shared/routing/change-facts.ts';
import { matches, mayMeanSource } from '../../../shared/routing/match.ts';
import { aChange, aServiceDeploymentId } from '../../support/rollouts.ts';

const PIPELINE: ChangeFacts = {
  part: 'rollout',
  source: 'codepipeline',
  pipeline: 'shop-prod',
  state: 'failed',
  account: '111122223333',
  region: 'eu-west-1',
};
const STAGE: ChangeFacts = { ...PIPELINE, part: 'stage', stage: 'Deploy' };
const ACTION: ChangeFacts = { ...STAGE, part: 'action', action: 'Release' };
const APPROVAL: ChangeFacts = { ...ACTION, state: 'waiting' };
const DEPLOYMENT: ChangeFacts = {
  part: 'rollout',
  source: 'codedeploy',
  application: 'shop',
  group: 'prod-blue',
  state: 'succeeded',
  account: '444455556666',
  region: 'us-gov-west-1',
};

const SERVICE: ChangeFacts = {
  part: 'rollout',
  source: 'ecs',
  cluster: 'prod',
  service: 'shop',
  state: 'in-progress',
  account: '111122223333',
  region: 'eu-west-1',
};

describe('matches', () => {
  it.each<[Match, ChangeFacts, boolean]>([
    [{}, PIPELINE, true],
    [{ pipeline: [], state: [] }, ACTION, true],
    [{ source: ['codepipeline'] }, PIPELINE, true],
    [{ source: ['codepipeline'] }, DEPLOYMENT, false],
    [{ source: ['codedeploy', 'codepipeline'] }, DEPLOYMENT, true],
    [{ pipeline: ['other', 'shop-*'] }, PIPELINE, true],
    [{ pipeline: ['*-dev'] }, PIPELINE, false],
    [{ pipeline: ['*'] }, DEPLOYMENT, false],
    [{ application: ['shop'], group: ['prod-*'] }, DEPLOYMENT, true],
    [{ application: ['shop'], group: ['dev-*'] }, DEPLOYMENT, false],
    [{ application: ['*'] }, PIPELINE, false],
    [{ cluster: ['prod'], service: ['sh*'] }, SERVICE, true],
    [{ cluster: ['dev'], service: ['sh*'] }, SERVICE, false],
    [{ cluster: ['*'] }, factsOf(aChange({ rollout: aServiceDeploymentId({ cluster: '' }) })), false],
    [{ service: ['*'] }, DEPLOYMENT, false],
    [{ source: ['ecs'] }, SERVICE, true],
    [{ account: ['111122223333'] }, PIPELINE, true],
    [{ account: ['111122223333'] }, DEPLOYMENT, false],
    [{ region: ['eu-*', 'us-east-1'] }, PIPELINE, true],
    [{ region: ['eu-*', 'us-east-1'] }, DEPLOYMENT, false],
  ])('reads %j of %j as %j', (match, facts, expected) => {
    expect(matches(match, facts)).toBe(expected);
  });

  it('hears of a stage and of all of its actions where no state is asked for', () => {
    expect([PIPELINE, STAGE, ACTION].map((facts) => matches({ stage: ['Dep*'] }, facts))).toEqual([false, true, true]);
    expect([PIPELINE, STAGE, ACTION].map((facts) => matches({ action: ['*'] }, facts))).toEqual([false, false, true]);
  });

  it('takes a state for that of the rollout, of the stage or of the action, whichever is asked for', () => {
    const state = ['failed' as const];
    expect([PIPELINE, STAGE, ACTION].map((facts) => matches({ state }, facts))).toEqual([true, false, false]);
    expect([PIPELINE, STAGE, ACTION].map((facts) => matches({ stage: ['*'], state }, facts))).toEqual([
      false,
      true,
      false,
    ]);
    expect([PIPELINE, STAGE, ACTION].map((facts) => matches({ action: ['*'], state }, facts))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('takes what a hook of a lifecycle stage is in for what the stage is in', () => {
    const [waiting, failed] = (['waiting', 'failed'] as const).map((state) =>
      factsOf(
        aChange({
          rollout: aServiceDeploymentId(),
          register: { kind: 'action', stage: 'POST_TEST_TRAFFIC_SHIFT', action: 'ecs-pause-e7tK9G' },
          state,
        }),
      ),
    );
    const hooks = [waiting, failed].flatMap((facts) => (facts === undefined ? [] : [facts]));
    expect(hooks.map((facts) => matches({ stage: ['POST_*'], state: ['failed'] }, facts))).toEqual([false, true]);
    expect(hooks.map((facts) => matches({ service: ['shop'], state: ['waiting'] }, facts))).toEqual([true, false]);
    expect(hooks.map((facts) => matches({ action: ['*'] }, facts))).toEqual([false, false]);
  });

  it('takes an action that waits for people for a stage and a rollout that wait', () => {
    const state = ['waiting' as const];
    expect(matches({ state }, APPROVAL)).toBe(true);
    expect(matches({ stage: ['Deploy'], state }, APPROVAL)).toBe(true);
    expect(matches({ stage: ['Other'], state }, APPROVAL)).toBe(false);
  });
});

describe('mayMeanSource', () => {
  it.each<[Match, readonly (typeof SOURCES)[number][]]>([
    [{}, ['codepipeline', 'codedeploy', 'ecs']],
    [{ state: ['failed'], account: ['111122223333'] }, ['codepipeline', 'codedeploy', 'ecs']],
    [{ source: ['ecs', 'codedeploy'] }, ['codedeploy', 'ecs']],
    [{ pipeline: ['*'] }, ['codepipeline']],
    [{ stage: ['Deploy'] }, ['codepipeline', 'ecs']],
    [{ action: ['Release'] }, ['codepipeline']],
    [{ group: ['prod'] }, ['codedeploy']],
    [{ cluster: ['prod'], stage: ['BAKE_TIME'] }, ['ecs']],
    [{ service: ['shop'], pipeline: ['shop'] }, []],
    [{ source: ['codedeploy'], stage: ['Deploy'] }, []],
  ])('takes %j for what can be about %j', (match, sources) => {
    expect(SOURCES.filter((source) => mayMeanSource(match, source))).toEqual(sources);
  });
});
