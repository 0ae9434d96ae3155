import { describe, expect, it } from 'vitest';
import type { GateMatch } from '../../../shared/config/config.ts';
import type { GatePoint } from '../../../shared/gate/gate.ts';
import { policyAt, policyName } from '../../../shared/gate/policy.ts';
import { aPolicy, PAUSE_POINT, POINT, READY_POINT, RUN_POINT } from '../../support/gates.ts';

const isFor = (match: GateMatch, point: GatePoint): boolean =>
  policyAt(point, { gates: [aPolicy({ match })] }) !== undefined;

describe('who may decide at a point', () => {
  it('is up to the first policy that is about it', () => {
    const gates = [
      aPolicy({ name: 'till', match: { pipeline: ['till-*'] } }),
      aPolicy({ name: 'shop', match: { pipeline: ['shop-*'] } }),
      aPolicy({ name: 'all', match: {} }),
    ];
    expect(policyAt(POINT, { gates })?.name).toBe('shop');
  });

  it('is nobody where no policy is about it', () => {
    expect(policyAt(POINT, { gates: [aPolicy({ match: { pipeline: ['till-*'] } })] })).toBeUndefined();
    expect(policyAt(POINT, {})).toBeUndefined();
  });

  it.each<[GateMatch, boolean]>([
    [{ stage: ['Approve'], action: ['ProdGate'] }, true],
    [{ stage: ['Test', 'App*'] }, true],
    [{ stage: [], action: [] }, true],
    [{ stage: ['Test'] }, false],
    [{ stage: ['Approve'], action: ['TestGate'] }, false],
    [{ stage: ['Approve'], pipeline: ['till-*'] }, false],
  ])('is asked of the pipeline, of the stage and of the action: %j', (match, is) => {
    expect(isFor(match, POINT)).toBe(is);
  });

  it.each<[GateMatch, readonly GatePoint['kind'][]]>([
    [{}, ['pipeline-approval']],
    [{ account: ['*'] }, ['pipeline-approval']],
    [{ application: ['*'] }, ['deployment-ready']],
    [{ group: ['prod'] }, ['deployment-ready']],
    [{ application: ['till'] }, []],
    [{ cluster: ['prod'] }, ['ecs-pause']],
    [{ service: ['shop'] }, ['ecs-pause']],
    [{ cluster: ['prod'], service: ['till'] }, []],
    [{ suite: ['shop-*'] }, ['validation']],
    [{ suite: ['shop-*'], application: ['shop'] }, ['validation']],
    [{ suite: ['shop-*'], application: ['till'] }, []],
    [{ suite: ['till-*'] }, []],
    [{ suite: [] }, ['validation']],
  ])(
    'says nothing of deployments, services and suites unless it names them, and then of nothing else: %j',
    (match, kinds) => {
      const points = [POINT, READY_POINT, PAUSE_POINT, RUN_POINT];
      expect(points.filter((point) => isFor(match, point)).map(({ kind }) => kind)).toEqual(kinds);
    },
  );

  it.each<[GateMatch, boolean]>([
    [{ service: ['shop'], stage: ['POST_TEST_*'] }, true],
    [{ service: ['shop'], stage: ['POST_SCALE_UP'] }, false],
  ])('is asked of the lifecycle stage of a pause hook: %j', (match, is) => {
    expect(isFor(match, PAUSE_POINT)).toBe(is);
  });

  it('goes by its name, or by its place', () => {
    expect([policyName({ name: 'shop' }, 0), policyName({}, 1)]).toEqual(['shop', 'gate 2']);
  });
});
