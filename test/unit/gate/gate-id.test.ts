import { describe, expect, it } from 'vitest';
import { gateId } from '../../../shared/gate/gate-id.ts';
import { PAUSE_POINT, POINT, READY_POINT, RUN_POINT } from '../../support/gates.ts';

describe('the id of a gate', () => {
  it('is the same whoever hears of the point, and stays what the stored ones have', () => {
    expect([gateId({ ...POINT }), gateId({ ...READY_POINT })]).toEqual([
      'dPhcZeX6ccOoNDpICayZqQ',
      'YsvwXcAqemqMv_EmugmfFw',
    ]);
  });

  it('is another for another execution, stage, action, retry, hook and kind', () => {
    const { rollout } = POINT;
    const ids = [
      POINT,
      { ...POINT, rollout: { ...rollout, executionId: '0a1b2c3d-0000-4000-8000-000000000002' } },
      { ...POINT, stage: 'Deploy' },
      { ...POINT, action: 'TestGate' },
      { ...POINT, actionExecutionId: '9e9e9e9e-0000-4000-8000-000000000010' },
      READY_POINT,
      { ...READY_POINT, rollout: { ...READY_POINT.rollout, executionId: 'd-OTHER0001' } },
      PAUSE_POINT,
      { ...PAUSE_POINT, rollout: { ...PAUSE_POINT.rollout, executionId: 'EZe5RN0000' } },
      { ...PAUSE_POINT, hookId: 'ecs-pause-another' },
      RUN_POINT,
      { ...RUN_POINT, run: 'another' },
      { ...RUN_POINT, check: 'go-ahead' },
    ].map(gateId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
