import { describe, expect, it } from 'vitest';
import type { GateMatch } from '../../../shared/config/config.ts';
import { policyAt, policyName } from '../../../shared/gate/policy.ts';
import { aPolicy, POINT, READY_POINT } from '../../support/gates.ts';

const isFor = (match: GateMatch, point: typeof POINT | typeof READY_POINT): boolean =>
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

  it.each<[GateMatch, boolean, boolean]>([
    [{}, true, false],
    [{ account: ['*'] }, true, false],
    [{ application: ['*'] }, false, true],
    [{ group: ['prod'] }, false, true],
    [{ application: ['till'] }, false, false],
  ])('says nothing of deployments unless it names them, and then of nothing else: %j', (match, approval, ready) => {
    expect([isFor(match, POINT), isFor(match, READY_POINT)]).toEqual([approval, ready]);
  });

  it('goes by its name, or by its place', () => {
    expect([policyName({ name: 'shop' }, 0), policyName({}, 1)]).toEqual(['shop', 'gate 2']);
  });
});
