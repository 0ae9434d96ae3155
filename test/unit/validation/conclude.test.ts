import { describe, expect, it } from 'vitest';
import { conclude } from '../../../shared/validation/conclude.ts';
import { heldTo } from '../../../shared/validation/held-to.ts';
import type { Allowance, CheckState, Run, Sample, Why } from '../../../shared/validation/run.ts';
import type { Check, Suite } from '../../../shared/validation/suite.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import { aCheck, aCompareCheck, allowing, aRun, aSample, deciding, limits } from '../../support/runs.ts';
import { suiteOf } from '../../support/suites.ts';

const ended = (
  as: NonNullable<CheckState['end']>['as'],
  samples: readonly Sample[] = [],
  more: Partial<CheckState> = {},
): CheckState => ({ samples, end: { as, at: TEN_O_CLOCK }, ...more });

const concluded = (run: Run, checks: readonly CheckState[], why: Why) => conclude({ ...run, checks }, why, TEN_O_CLOCK);

const verdict = (of: 'pass' | 'fail' | 'error' | 'inconclusive'): Why => ({ kind: 'verdict', verdict: of });

const two = (more: Partial<Suite> = {}, ...allowed: readonly Allowance[]) =>
  aRun([aCheck(), aCheck({ name: 'other' })], more, allowing(...allowed));

describe('what a run ends with', () => {
  it('tells of each check that made it so what it said last of that', () => {
    const failures = [
      aSample('fail', { says: 'status 500.' }),
      aSample('fail', { says: 'status 503.' }),
      aSample('pass'),
    ];
    expect(concluded(two(), [ended('fail', failures), ended('canceled')], verdict('fail')).says).toBe(
      'smoke has failed: status 503.',
    );
    const errors = [aSample('error', { says: 'throttled' })];
    expect(concluded(two(), [ended('error', errors), ended('error')], verdict('error')).says).toBe(
      'smoke could not be run: throttled. other could not be run.',
    );
    const blind = [aSample('nodata', { says: 'no data' }), aSample('pass')];
    expect(concluded(two(), [ended('inconclusive', blind), ended('pass')], verdict('inconclusive')).says).toBe(
      'smoke could not be judged: no data.',
    );
  });

  it('names what does not count and has not passed', () => {
    const checks = [
      aCheck(),
      aCheck({ name: 'latency', severity: 'advisory' }),
      aCheck({ name: 'cost', severity: 'advisory' }),
      aCheck({ name: 'fine', severity: 'advisory' }),
    ];
    const states = [ended('pass'), ended('fail'), ended('canceled'), ended('pass')];
    expect(concluded(aRun(checks), states, verdict('pass')).says).toBe(
      'Every required check has passed. Of those that do not count, latency, cost has not.',
    );
  });

  it('is bounded', () => {
    const checks = Array.from({ length: 40 }, (_, index) => aCheck({ name: `check-${index}` }));
    const states = checks.map(() => ended('fail', [aSample('fail', { says: 'x'.repeat(300) })]));
    expect(concluded(aRun(checks), states, verdict('fail')).says).toHaveLength(600);
  });

  it('says which rule let it go on though a required check is only observed and has not passed', () => {
    const observed = aCheck({ name: 'other', mode: 'observe' });
    const run = aRun([aCheck(), observed], {}, allowing('observe'));
    expect(concluded(run, [ended('pass'), ended('fail')], verdict('pass'))).toMatchObject({
      action: 'continue',
      allowedBy: 'rule of observe',
      says: 'Every required check has passed. Of those that do not count, other has not. The rule “rule of observe” lets it go on.',
    });
    expect(concluded(run, [ended('pass'), ended('pass')], verdict('pass'))).not.toHaveProperty('allowedBy');
    const advisory = aRun([aCheck(), { ...observed, severity: 'advisory' }], {}, allowing('observe'));
    expect(concluded(advisory, [ended('pass'), ended('fail')], verdict('pass'))).not.toHaveProperty('allowedBy');
  });

  it('says which rule let it go on though a required check has passed for want of data only', () => {
    const lenient = aCheck({ onNoData: 'pass', limits: limits({ minSamples: 2 }) });
    const run = aRun([lenient, aCheck({ name: 'other' })], {}, allowing('no-data-pass'));
    const blind = ended('pass', [aSample('nodata')]);
    expect(concluded(run, [blind, ended('pass')], verdict('pass')).allowedBy).toBe('rule of no-data-pass');
    const seen = ended('pass', [aSample('pass'), aSample('pass')]);
    expect(concluded(run, [seen, ended('pass', [aSample('pass')])], verdict('pass'))).not.toHaveProperty('allowedBy');
    const advisory = aRun([{ ...lenient, severity: 'advisory' }, aCheck()], {}, allowing('no-data-pass'));
    expect(concluded(advisory, [blind, ended('pass')], verdict('pass'))).not.toHaveProperty('allowedBy');
    const approved: CheckState = ended('pass', [], { answer: { verdict: 'approve', says: 'Ada', at: TEN_O_CLOCK } });
    expect(concluded(run, [approved, ended('pass')], verdict('pass'))).not.toHaveProperty('allowedBy');
  });

  it('says which rule let it go on though a comparison has proven nothing, and that it has not', () => {
    const open = aCompareCheck({ between: 'pass' });
    const run = aRun([open, aCheck()], {}, allowing('between-pass'));
    const left = ended('pass', [aSample('pass'), aSample('between')]);
    expect(concluded(run, [left, ended('pass')], verdict('pass'))).toMatchObject({
      action: 'continue',
      allowedBy: 'rule of between-pass',
      says: 'Every required check has passed. Nothing shows that compare is worse, which is no proof. The rule “rule of between-pass” lets it go on.',
    });
    const proven = ended('pass', [aSample('between'), aSample('pass')]);
    expect(concluded(run, [proven, ended('pass')], verdict('pass'))).not.toHaveProperty('allowedBy');
  });

  it('tells of a comparison that was left open what it found, and that no rule lets it pass', () => {
    const run = aRun([aCompareCheck({ between: 'pass' })]);
    const left = ended('inconclusive', [aSample('nodata'), aSample('between', { says: '0 to 1 points worse' })]);
    expect(concluded(run, [left], verdict('inconclusive'))).toMatchObject({
      action: 'rollback',
      says: 'compare could not be judged: 0 to 1 points worse. The suite asks for `between: pass`, which no rule allows here.',
    });
  });

  it('is to roll back where something failed or could not be run, whatever is allowed', () => {
    const loose = { ...deciding({ inconclusive: 'continue', deadline: 'continue' }) };
    const run = two(loose, 'inconclusive-continue', 'deadline-continue', 'empty', 'no-suite', 'no-data-pass');
    expect(concluded(run, [ended('fail'), ended('pass')], verdict('fail')).action).toBe('rollback');
    expect(concluded(run, [ended('error'), ended('pass')], verdict('error')).action).toBe('rollback');
    expect(concluded(run, [ended('fail'), ended('pass')], { kind: 'deadline', verdict: 'fail' })).not.toHaveProperty(
      'allowedBy',
    );
    expect(concluded(run, [ended('fail'), ended('pass')], { kind: 'deadline', verdict: 'fail' }).action).toBe(
      'rollback',
    );
  });

  it('tells what the suite asks for and no rule allows, where that would have counted', () => {
    const suite = {
      mode: 'observe' as const,
      ...deciding({ inconclusive: 'continue', deadline: 'continue' }),
    };
    const says = (why: Why, check: Check = aCheck({ onNoData: 'pass' })) =>
      concluded(aRun([check], suite), [ended('inconclusive')], why).says;
    const tail = (words: string) => `The suite asks for ${words}, which no rule allows here.`;
    expect(says(verdict('inconclusive'))).toBe(
      [
        'smoke could not be judged.',
        tail('`mode: observe`'),
        tail('`inconclusive: continue`'),
        tail('`onNoData: pass`'),
      ].join(' '),
    );
    expect(says({ kind: 'deadline', verdict: 'pass' })).toContain(
      `${tail('`mode: observe`')} ${tail('`deadline: continue`')}`,
    );
    expect(says(verdict('error'))).not.toContain('continue');
    expect(says(verdict('pass'))).not.toContain('asks for');
  });

  it('of what never was about checks is not observed', () => {
    const run = two({ mode: 'observe' }, 'observe');
    for (const kind of ['rollback', 'no-suite'] as const) {
      expect(concluded(run, [], { kind })).not.toHaveProperty('shadow');
    }
    expect(concluded(run, [], { kind: 'not-begun', says: 'no' })).toEqual({
      action: 'rollback',
      why: { kind: 'not-begun', says: 'no' },
      says: 'no',
      at: TEN_O_CLOCK,
    });
    expect(concluded(run, [ended('skipped'), ended('skipped')], { kind: 'vacuous' })).toMatchObject({
      action: 'continue',
      shadow: 'rollback',
      says: 'No required check has run: nothing was tested. It is only observed: otherwise it would be rolled back. The rule “rule of observe” lets it go on.',
    });
  });
});

describe('a suite that is held to what its owner allows', () => {
  const suite = suiteOf(
    [aCheck({ mode: 'observe', onNoData: 'pass', between: 'pass' }), aCheck({ onNoData: 'fail' })],
    {
      mode: 'observe',
      ...deciding({ inconclusive: 'continue', error: 'ask', deadline: 'continue' }),
    },
  );

  it('is as strict as can be where nothing is allowed', () => {
    const { suite: held, refused } = heldTo(suite, {});
    expect(refused).toEqual(['observe', 'deadline-continue', 'inconclusive-continue', 'no-data-pass', 'between-pass']);
    expect(held).toEqual({
      ...suite,
      mode: 'enforce',
      decide: { pass: 'continue', fail: 'rollback', inconclusive: 'rollback', error: 'ask', deadline: 'rollback' },
      checks: [aCheck({ onNoData: 'inconclusive', between: 'inconclusive' }), aCheck({ onNoData: 'fail' })],
    });
  });

  it.each([
    ['observe', { mode: 'observe', checks: [{ mode: 'observe', onNoData: 'inconclusive' }, { mode: 'enforce' }] }],
    ['deadline-continue', { mode: 'enforce', decide: { deadline: 'continue', inconclusive: 'rollback' } }],
    ['inconclusive-continue', { mode: 'enforce', decide: { deadline: 'rollback', inconclusive: 'continue' } }],
    ['between-pass', { mode: 'enforce', checks: [{ between: 'pass', onNoData: 'inconclusive' }, {}] }],
    ['no-data-pass', { mode: 'enforce', checks: [{ mode: 'enforce', onNoData: 'pass' }, { onNoData: 'fail' }] }],
  ] as const)('keeps what is allowed: %s', (allowance, kept) => {
    const { suite: held, refused } = heldTo(suite, allowing(allowance).allowances);
    expect(refused).not.toContain(allowance);
    expect(refused).toHaveLength(4);
    expect(held).toMatchObject(kept);
  });

  it('is itself where it asks for nothing that has to be allowed', () => {
    const strict = suiteOf([aCheck()], deciding({ inconclusive: 'ask' }));
    const held = heldTo(strict, {});
    expect(held.suite).toBe(strict);
    expect(held.refused).toEqual([]);
  });
});
