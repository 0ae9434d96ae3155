import { describe, expect, it } from 'vitest';
import { labelsOf } from '../../../shared/config/labels.ts';
import { aDeploymentId, aRolloutId } from '../../support/rollouts.ts';

describe('the environment of a rollout', () => {
  const environments = [
    { name: 'production', match: { pipeline: ['*-prod'], account: ['111122223333'] } },
    { name: 'elsewhere', match: { pipeline: ['*-prod'] } },
    { name: 'live', match: { application: ['shop'], group: ['prod', 'prod-*'], region: ['eu-*'] } },
  ];
  const environmentOf = (id: Parameters<typeof labelsOf>[0]) => labelsOf(id, { environments }).environment;

  it('is the first that matches by every key', () => {
    expect(environmentOf(aRolloutId())).toBe('production');
    expect(environmentOf(aRolloutId({ account: '444455556666' }))).toBe('elsewhere');
  });

  it('of a deployment is told by application and group, and by nothing that names a pipeline', () => {
    expect(environmentOf(aDeploymentId())).toBe('live');
    expect(environmentOf(aDeploymentId({ group: 'prod-blue' }))).toBe('live');
    expect(environmentOf(aDeploymentId({ region: 'us-east-1' }))).toBeUndefined();
    expect(environmentOf(aDeploymentId({ application: 'basket' }))).toBeUndefined();
  });

  it('is unknown when none matches', () => {
    expect(environmentOf(aRolloutId({ name: 'shop-dev' }))).toBeUndefined();
  });
});

describe('the labels of a rollout', () => {
  it('are what gatehouse.yml calls its environment, its account and its region', () => {
    const config = {
      environments: [{ name: 'production', match: {} }],
      accounts: { '111122223333': 'payments' },
      regions: { 'eu-west-1': 'Ireland' },
    };
    expect(labelsOf(aRolloutId(), config)).toEqual({
      environment: 'production',
      account: 'payments',
      region: 'Ireland',
    });
    expect(labelsOf(aRolloutId(), { environments: [] })).toEqual({});
  });
});
