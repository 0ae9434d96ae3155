import { describe, expect, it } from 'vitest';
import { aCheck, aRun, aSample, lookAt } from '../../support/runs.ts';

describe('a run', () => {
  it('takes a sample, is decided by it, tells the platform and is over', () => {
    const begun = lookAt(aRun([aCheck()]), 0);
    expect(begun.effects).toEqual([{ kind: 'probe', check: 0, id: '0.0.0', timeoutMs: 10_000 }]);
    const told = lookAt(begun.run, 1, [{ kind: 'sampled', check: 0, id: '0.0.0', sample: aSample('pass') }]);
    expect(told.effects).toEqual([{ kind: 'report', action: 'continue' }]);
    const over = lookAt(told.run, 2, [{ kind: 'reported', as: 'done' }]);
    expect(over).toMatchObject({
      effects: [],
      run: { state: { kind: 'reported', conclusion: { action: 'continue' } } },
    });
    expect(over.wakeAt).toBeUndefined();
  });
});
