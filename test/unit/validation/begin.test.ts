import { describe, expect, it } from 'vitest';
import { beginRun } from '../../../shared/validation/begin.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import {
  aBeginning,
  aCheck,
  allowing,
  aMetricCheck,
  anAlarmsCheck,
  anApproval,
  lookAt,
  sampling,
} from '../../support/runs.ts';
import { suiteOf } from '../../support/suites.ts';

const MINUTE = 60_000;

const conclusionOf = (overrides: Parameters<typeof aBeginning>[0]) => {
  const { state } = beginRun(aBeginning(overrides));
  return state.kind === 'decided' ? state.conclusion : state.kind;
};

const withoutSuite = (overrides: Parameters<typeof aBeginning>[0] = {}) => {
  const { suite, ...beginning } = aBeginning(overrides);
  return beginRun(beginning);
};

describe('a run begins', () => {
  it('with each check at its place, and its time from now on', () => {
    const suite = suiteOf([
      aCheck({ sample: sampling({ warmupMs: 20_000 }) }),
      aCheck({ name: 'journeys', needs: ['smoke'] }),
      anAlarmsCheck({ sample: sampling({ warmupMs: 20_000 }) }),
      anAlarmsCheck({ needs: ['smoke'] }),
      anApproval(),
    ]);
    const run = beginRun(aBeginning({ suite, waitsUntil: TEN_O_CLOCK + 59 * MINUTE }));
    expect(run).toMatchObject({
      suite,
      startedAt: TEN_O_CLOCK,
      deadline: TEN_O_CLOCK + 10 * MINUTE,
      platformDeadline: TEN_O_CLOCK + 59 * MINUTE,
      state: { kind: 'running' },
    });
    expect(run.checks).toEqual([
      { samples: [], from: TEN_O_CLOCK + 20_000, nextAt: TEN_O_CLOCK + 20_000 },
      { samples: [] },
      { samples: [], from: TEN_O_CLOCK + 20_000, nextAt: TEN_O_CLOCK },
      { samples: [], nextAt: TEN_O_CLOCK },
      { samples: [], from: TEN_O_CLOCK, nextAt: TEN_O_CLOCK },
    ]);
    expect(run).not.toHaveProperty('isRollback');
    expect(run).not.toHaveProperty('waitsUntil');
  });

  it('and is decided before the platform gives up waiting, though it came late', () => {
    const suite = suiteOf([aCheck()], { budget: { totalMs: 50 * MINUTE, reserveMs: 5 * MINUTE } });
    const { deadline } = beginRun(aBeginning({ suite, waitsUntil: TEN_O_CLOCK + 50 * MINUTE }));
    expect(deadline).toBe(TEN_O_CLOCK + 45 * MINUTE);
  });

  it('where it brings back what ran before, with its end: that is never held up', () => {
    const suite = suiteOf([aCheck(), aMetricCheck()]);
    const run = beginRun(aBeginning({ suite, isRollback: true, notBegun: 'unknown hook' }));
    expect(run.state).toEqual({
      kind: 'decided',
      conclusion: {
        action: 'continue',
        why: { kind: 'rollback' },
        says: 'This deployment brings back what ran before: that is never held up.',
        at: TEN_O_CLOCK,
      },
      reports: 0,
      nextAt: TEN_O_CLOCK,
    });
    expect(run.checks.map(({ end }) => end)).toEqual(Array(2).fill({ as: 'canceled', at: TEN_O_CLOCK }));
    expect(lookAt(run, 0).effects).toEqual([{ kind: 'report', action: 'continue' }]);
  });

  it('where it cannot, with its end and the reason', () => {
    expect(conclusionOf({ notBegun: 'CodeDeploy does not say which hook this is.', ...allowing('no-suite') })).toEqual({
      action: 'rollback',
      why: { kind: 'not-begun', says: 'CodeDeploy does not say which hook this is.' },
      says: 'CodeDeploy does not say which hook this is.',
      at: TEN_O_CLOCK,
    });
  });

  it('without a suite with its end: rolled back unless a rule allows it', () => {
    expect(withoutSuite()).toMatchObject({
      deadline: TEN_O_CLOCK,
      checks: [],
      state: {
        conclusion: { action: 'rollback', why: { kind: 'no-suite' }, says: 'No suite matches: nothing was tested.' },
      },
    });
    expect(withoutSuite(allowing('no-suite')).state).toMatchObject({
      conclusion: {
        action: 'continue',
        allowedBy: 'rule of no-suite',
        says: 'No suite matches: nothing was tested. The rule “rule of no-suite” lets it go on.',
      },
    });
  });

  it.each([
    ['no check', suiteOf([])],
    ['nothing but what is advisory', suiteOf([aCheck({ severity: 'advisory' })])],
  ])('with %s with its end, for nothing would be tested (B65)', (_what, suite) => {
    expect(conclusionOf({ suite })).toMatchObject({
      action: 'rollback',
      why: { kind: 'vacuous' },
      says: 'No required check has run: nothing was tested.',
    });
  });

  it('with what is advisory where a rule allows that nothing else is there, and goes on after it', () => {
    const suite = suiteOf([aCheck({ severity: 'advisory' })]);
    const run = beginRun(aBeginning({ suite, ...allowing('empty') }));
    expect(run.state.kind).toBe('running');
    expect(lookAt(run, 0).effects).toMatchObject([{ kind: 'probe' }]);
    expect(lookAt(run, 600).run.state).toMatchObject({ conclusion: { action: 'continue', why: { kind: 'vacuous' } } });
    expect(conclusionOf({ suite: suiteOf([]), ...allowing('empty') })).toMatchObject({
      action: 'continue',
      allowedBy: 'rule of empty',
    });
  });

  it('with what is only observed as if it were enforced, unless a rule allows to observe', () => {
    const suite = suiteOf([aCheck({ mode: 'observe' })]);
    expect(conclusionOf({ suite })).toBe('running');
    expect(conclusionOf({ suite, ...allowing('observe') })).toMatchObject({ why: { kind: 'vacuous' } });
  });
});
