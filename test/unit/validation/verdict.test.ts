import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckVerdict, SampleOutcome, SuiteVerdict } from '../../../shared/validation/run.ts';
import type { Limits } from '../../../shared/validation/suite.ts';
import { counts, judge, suiteVerdict, worse } from '../../../shared/validation/verdict.ts';
import type { Ended, Judging } from '../../../shared/validation/verdict.ts';

const OUTCOMES: Readonly<Record<string, SampleOutcome>> = {
  P: 'pass',
  F: 'fail',
  B: 'between',
  N: 'nodata',
  E: 'error',
};

/** Samples by their first letters, in the order in which they were taken: `PPF`. */
const samplesOf = (letters: string) => Array.from(letters, (letter) => ({ outcome: OUTCOMES[letter] ?? 'error' }));

const judging = (
  limits: Partial<Limits> = {},
  more: { count?: number; onNoData?: Judging['onNoData']; between?: 'inconclusive' | 'pass' } = {},
): Judging => ({
  sample: { count: more.count ?? 5 },
  limits: { failures: 0, consecutiveErrors: 4, noData: 0, minSamples: 1, ...limits },
  onNoData: more.onNoData ?? 'inconclusive',
  ...(more.between !== undefined && { between: more.between }),
});

const LEFT = true;
const OVER = false;

describe('the verdict of a check', () => {
  it('row 1: is FAIL as soon as there are more failures than it forgives', () => {
    expect(judge(judging({ failures: 1 }), samplesOf('FP'), LEFT)).toBeUndefined();
    expect(judge(judging({ failures: 1 }), samplesOf('FPF'), LEFT)).toEqual({ row: 1, verdict: 'fail' });
    expect(judge(judging(), samplesOf('F'), LEFT)).toEqual({ row: 1, verdict: 'fail' });
  });

  it('row 1: is FAIL as soon as so many failures have come in a row', () => {
    const check = judging({ failures: 9, consecutiveFailures: 2 }, { count: 10 });
    expect(judge(check, samplesOf('FPF'), LEFT)).toBeUndefined();
    expect(judge(check, samplesOf('FPFF'), LEFT)).toEqual({ row: 1, verdict: 'fail' });
    expect(judge(judging({ failures: 9 }, { count: 10 }), samplesOf('FFFF'), LEFT)).toBeUndefined();
  });

  it('row 1: does not take what could not be measured for the end of a run of failures', () => {
    const check = judging({ failures: 9, consecutiveFailures: 2 }, { count: 10 });
    expect(judge(check, samplesOf('FNEF'), LEFT)).toEqual({ row: 1, verdict: 'fail' });
  });

  it('row 1: is FAIL before anything else that holds as well', () => {
    // As many errors as row 2 wants, as many passes as row 3 wants, nothing left as row 6 wants.
    expect(judge(judging({ consecutiveErrors: 0 }), samplesOf('FE'), LEFT)).toEqual({ row: 1, verdict: 'fail' });
    expect(judge(judging({ consecutivePasses: 1 }), samplesOf('FP'), LEFT)).toEqual({ row: 1, verdict: 'fail' });
    expect(judge(judging({ minSamples: 5 }), samplesOf('FN'), OVER)).toEqual({ row: 1, verdict: 'fail' });
  });

  it('row 2: is ERROR once there are more errors in a row than it forgives', () => {
    expect(judge(judging({}, { count: 10 }), samplesOf('EEEE'), LEFT)).toBeUndefined();
    expect(judge(judging({}, { count: 10 }), samplesOf('EEEEE'), LEFT)).toEqual({ row: 2, verdict: 'error' });
    expect(judge(judging({}, { count: 10 }), samplesOf('EEENEE'), LEFT)).toBeUndefined();
    expect(judge(judging({ consecutiveErrors: 0 }), samplesOf('PE'), LEFT)).toEqual({ row: 2, verdict: 'error' });
  });

  it('row 2: is ERROR before it is decided by what was measured', () => {
    expect(judge(judging({ consecutiveErrors: 0 }, { count: 1 }), samplesOf('PE'), OVER)).toEqual({
      row: 2,
      verdict: 'error',
    });
  });

  it('row 3: is PASS as soon as so many have passed in a row', () => {
    const check = judging({ failures: 9, consecutivePasses: 2 });
    expect(judge(check, samplesOf('PF'), LEFT)).toBeUndefined();
    expect(judge(check, samplesOf('PFP'), LEFT)).toBeUndefined();
    expect(judge(check, samplesOf('PFPP'), LEFT)).toEqual({ row: 3, verdict: 'pass' });
  });

  it('row 3: takes whatever has not passed for the end of a run of passes', () => {
    const check = judging({ failures: 9, noData: 9, consecutivePasses: 2 });
    expect(['PNP', 'PEP', 'PFP'].map((letters) => judge(check, samplesOf(letters), LEFT))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('row 3: is not PASS before as many were measured as it needs, failures included', () => {
    const check = judging({ failures: 9, consecutivePasses: 2, minSamples: 4 });
    expect(judge(check, samplesOf('FPP'), LEFT)).toBeUndefined();
    expect(judge(check, samplesOf('NPP'), LEFT)).toBeUndefined();
    expect(judge(check, samplesOf('FPPP'), LEFT)).toEqual({ row: 3, verdict: 'pass' });
  });

  it('row 4: is open as long as samples and time are left', () => {
    expect(judge(judging(), [], LEFT)).toBeUndefined();
    expect(judge(judging({ noData: 5 }), samplesOf('PPNN'), LEFT)).toBeUndefined();
    expect(judge(judging({ noData: 5 }), samplesOf('PPNNP'), LEFT)).toEqual({ row: 8, verdict: 'pass' });
    expect(judge(judging({ noData: 5 }), samplesOf('PPNN'), OVER)).toEqual({ row: 8, verdict: 'pass' });
  });

  it('row 4: does not count an error among the samples that are to be taken', () => {
    expect(judge(judging({}, { count: 2 }), samplesOf('PEE'), LEFT)).toBeUndefined();
    expect(judge(judging({}, { count: 2 }), samplesOf('PEEP'), LEFT)).toEqual({ row: 8, verdict: 'pass' });
  });

  it('row 5: is ERROR where nothing was measured and something went wrong', () => {
    expect(judge(judging(), samplesOf('E'), OVER)).toEqual({ row: 5, verdict: 'error' });
    expect(judge(judging({ noData: 5 }, { onNoData: 'pass' }), samplesOf('NE'), OVER)).toEqual({
      row: 5,
      verdict: 'error',
    });
    expect(judge(judging({ noData: 5 }), samplesOf('PE'), OVER)).toEqual({ row: 8, verdict: 'pass' });
  });

  it.each(['inconclusive', 'pass', 'fail'] as const)(
    'row 6: is %s, as its rule for want of data says, where too little was measured',
    (onNoData) => {
      const check = judging({ minSamples: 3, noData: 9, failures: 1 }, { onNoData });
      expect(judge(check, samplesOf('PFN'), OVER)).toEqual({ row: 6, verdict: onNoData });
      expect(judge(check, samplesOf('PFP'), OVER)).toEqual({ row: 8, verdict: 'pass' });
    },
  );

  it('row 6: is inconclusive where the comparison straddles what is tolerated, or what its author says of that', () => {
    const check = (between?: 'pass') => judging({ noData: 3 }, { count: 4, ...(between && { between }) });
    expect(judge(check(), samplesOf('NNBB'), LEFT)).toEqual({ row: 6, verdict: 'inconclusive' });
    expect(judge(check('pass'), samplesOf('NNBB'), LEFT)).toEqual({ row: 6, verdict: 'pass' });
    expect(judge(check('pass'), samplesOf('NBB'), LEFT)).toBeUndefined();
    expect(judge(check(), samplesOf('BE'), OVER)).toEqual({ row: 6, verdict: 'inconclusive' });
  });

  it('row 6: has the last look that had data say whether it is still open, for it had most', () => {
    const check = judging({ noData: 3 }, { count: 4 });
    expect(judge(check, samplesOf('BBBP'), LEFT)).toEqual({ row: 8, verdict: 'pass' });
    expect(judge(check, samplesOf('PPPB'), LEFT)).toEqual({ row: 6, verdict: 'inconclusive' });
    expect(judge(check, samplesOf('PBNN'), LEFT)).toEqual({ row: 6, verdict: 'inconclusive' });
  });

  it('row 6: never takes want of data for a comparison that is merely open', () => {
    const check = judging({ noData: 1 }, { count: 4, onNoData: 'fail', between: 'pass' });
    expect(judge(check, samplesOf('NNBB'), LEFT)).toEqual({ row: 6, verdict: 'fail' });
    expect(judge(check, samplesOf('NBBB'), LEFT)).toEqual({ row: 6, verdict: 'pass' });
  });

  it('is FAIL or PASS by a comparison as soon as it is proven, whatever it was before', () => {
    expect(judge(judging({}, { between: 'pass' }), samplesOf('BBF'), LEFT)).toEqual({ row: 1, verdict: 'fail' });
    expect(judge(judging({ consecutivePasses: 1 }), samplesOf('BBP'), LEFT)).toEqual({ row: 3, verdict: 'pass' });
    expect(judge(judging({ consecutivePasses: 2 }), samplesOf('PBP'), LEFT)).toBeUndefined();
  });

  it('row 6: is what its rule for want of data says where too many samples had none', () => {
    expect(judge(judging({ noData: 1 }, { onNoData: 'fail' }), samplesOf('PPN'), OVER)?.row).toBe(8);
    expect(judge(judging({ noData: 1 }, { onNoData: 'fail' }), samplesOf('PNN'), OVER)).toEqual({
      row: 6,
      verdict: 'fail',
    });
  });

  it('row 6: is never PASS where no sample was taken at all', () => {
    expect(judge(judging({ minSamples: 0 }), [], OVER)).toEqual({ row: 6, verdict: 'inconclusive' });
    expect(judge(judging({}, { onNoData: 'pass' }), [], OVER)).toEqual({ row: 6, verdict: 'inconclusive' });
    expect(judge(judging({}, { onNoData: 'fail' }), [], OVER)).toEqual({ row: 6, verdict: 'fail' });
    expect(judge(judging({}, { onNoData: 'pass' }), samplesOf('N'), OVER)).toEqual({ row: 6, verdict: 'pass' });
  });

  it('row 7: is INCONCLUSIVE where it was to pass so many times in a row and has not', () => {
    const check = judging({ failures: 9, consecutivePasses: 3 });
    expect(judge(check, samplesOf('PPFPP'), LEFT)).toEqual({ row: 7, verdict: 'inconclusive' });
  });

  it('row 8: is PASS otherwise', () => {
    expect(judge(judging(), samplesOf('PPPPP'), LEFT)).toEqual({ row: 8, verdict: 'pass' });
    expect(judge(judging({ failures: 1 }), samplesOf('PPFPP'), LEFT)).toEqual({ row: 8, verdict: 'pass' });
    expect(judge(judging(), samplesOf('P'), OVER)).toEqual({ row: 8, verdict: 'pass' });
  });
});

const letters = fc.array(fc.constantFrom('P', 'F', 'N', 'E'), { maxLength: 12 }).map((all) => all.join(''));

const anyJudging = fc
  .record({
    count: fc.integer({ min: 1, max: 8 }),
    failures: fc.integer({ min: 0, max: 3 }),
    consecutiveFailures: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    consecutiveErrors: fc.integer({ min: 0, max: 4 }),
    noData: fc.integer({ min: 0, max: 3 }),
    minSamples: fc.integer({ min: 0, max: 4 }),
    consecutivePasses: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    onNoData: fc.constantFrom('inconclusive' as const, 'pass' as const, 'fail' as const),
  })
  .map(({ count, onNoData, consecutiveFailures, consecutivePasses, ...limits }) =>
    judging(
      {
        ...limits,
        ...(consecutiveFailures !== undefined && { consecutiveFailures }),
        ...(consecutivePasses !== undefined && { consecutivePasses }),
      },
      { count, onNoData },
    ),
  );

describe('whatever is sampled', () => {
  it('a failure beyond the limits is FAIL, whatever comes after it', () => {
    fc.assert(
      fc.property(anyJudging, letters, letters, fc.boolean(), (check, before, after, isTimeLeft) => {
        // After one more that fails nothing may be forgiven any more.
        const strict = { ...check, limits: { ...check.limits, failures: 0 } };
        const verdict = judge(strict, samplesOf(`${before}F${after}`), isTimeLeft)?.verdict;
        expect(verdict).toBe('fail');
      }),
    );
  });

  it('a check that has measured nothing has passed only where its rule for want of data says so', () => {
    fc.assert(
      fc.property(anyJudging, letters, fc.boolean(), (check, taken, isTimeLeft) => {
        const unmeasured = taken.replaceAll(/[PF]/g, '');
        fc.pre(check.onNoData !== 'pass' || unmeasured === '');
        expect(judge(check, samplesOf(unmeasured), isTimeLeft)?.verdict).not.toBe('pass');
      }),
    );
  });

  it('a check ends when its time is over', () => {
    const verdicts = ['pass', 'fail', 'inconclusive', 'error'];
    fc.assert(
      fc.property(anyJudging, letters, (check, taken) => {
        expect(verdicts).toContain(judge(check, samplesOf(taken), OVER)?.verdict);
      }),
    );
  });
});

const VERDICTS: readonly SuiteVerdict[] = ['pass', 'inconclusive', 'error', 'fail'];
const verdict = fc.constantFrom(...VERDICTS);

describe('two suites', () => {
  it.each([
    ['P', 'P', 'P'],
    ['P', 'I', 'I'],
    ['P', 'E', 'E'],
    ['P', 'F', 'F'],
    ['I', 'I', 'I'],
    ['I', 'E', 'E'],
    ['I', 'F', 'F'],
    ['E', 'E', 'E'],
    ['E', 'F', 'F'],
    ['F', 'F', 'F'],
  ])('%s and %s come to %s, either way round', (one, other, both) => {
    const of = (letter: string) => VERDICTS.find((name) => name.startsWith(letter.toLowerCase())) ?? 'pass';
    expect([worse(of(one), of(other)), worse(of(other), of(one))]).toEqual([of(both), of(both)]);
  });

  it('come to the same in any order and however they are put together, and one of them to itself', () => {
    fc.assert(
      fc.property(verdict, verdict, verdict, (a, b, c) => {
        expect(worse(a, b)).toBe(worse(b, a));
        expect(worse(worse(a, b), c)).toBe(worse(a, worse(b, c)));
        expect(worse(a, a)).toBe(a);
        expect(worse(a, 'pass')).toBe(a);
      }),
    );
  });
});

const required = (as: Ended['as']): Ended => ({ severity: 'required', mode: 'enforce', as });
const advisory = (as: Ended['as']): Ended => ({ severity: 'advisory', mode: 'enforce', as });
const observed = (as: Ended['as']): Ended => ({ severity: 'required', mode: 'observe', as });

describe('the verdict of a suite', () => {
  it('row 1: is PASS where all that are required have passed', () => {
    expect(suiteVerdict([required('pass')])).toBe('pass');
    expect(suiteVerdict([required('pass'), required('pass'), advisory('pass'), observed('fail')])).toBe('pass');
  });

  it.each(['fail', 'inconclusive', 'error', 'skipped', 'canceled'] as const)(
    'row 2: is PASS though one that is advisory, or only observed, came to %s',
    (as) => {
      expect(suiteVerdict([advisory(as), required('pass'), observed(as)])).toBe('pass');
    },
  );

  it('row 3: is FAIL where one that is required has failed, whatever the others came to', () => {
    const others = [required('error'), required('inconclusive'), required('canceled'), advisory('pass')];
    expect(suiteVerdict([...others, required('fail')])).toBe('fail');
    expect(suiteVerdict([required('fail'), ...others])).toBe('fail');
  });

  it('row 4: is ERROR where none has failed and one could not be run', () => {
    expect(suiteVerdict([required('pass'), required('error'), required('inconclusive'), observed('fail')])).toBe(
      'error',
    );
  });

  it('row 5: is INCONCLUSIVE where none has failed nor gone wrong and one could not say', () => {
    expect(suiteVerdict([required('pass'), required('inconclusive'), advisory('error')])).toBe('inconclusive');
  });

  it('row 6: is vacuous where none that counts has run', () => {
    expect(suiteVerdict([])).toBe('vacuous');
    expect(suiteVerdict([advisory('pass'), observed('pass')])).toBe('vacuous');
    expect(suiteVerdict([required('skipped'), required('canceled'), advisory('fail')])).toBe('vacuous');
  });

  it('is not PASS where one that is required was left out', () => {
    expect(suiteVerdict([required('pass'), required('skipped')])).toBe('inconclusive');
    expect(suiteVerdict([required('pass'), required('canceled')])).toBe('inconclusive');
    expect(suiteVerdict([required('error'), required('skipped')])).toBe('error');
  });

  it('is made of what is required and enforced only', () => {
    expect([required('pass'), advisory('pass'), observed('pass')].map(counts)).toEqual([true, false, false]);
  });

  it('is the worst of those that count, in any order', () => {
    const ended = fc
      .tuple(
        fc.constantFrom(required, advisory, observed),
        fc.constantFrom<Ended['as'][]>('pass', 'fail', 'inconclusive', 'error', 'skipped', 'canceled'),
      )
      .map(([kind, as]) => kind(as));
    const isVerdict = (as: Ended['as']): as is CheckVerdict => as !== 'skipped' && as !== 'canceled';
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 6 }), fc.nat(), (checks, place) => {
        const turned = [...checks.slice(place % 6), ...checks.slice(0, place % 6)];
        const found = suiteVerdict(checks);
        expect(suiteVerdict(turned)).toBe(found);
        const counting = checks.filter(counts).map(({ as }) => as);
        expect(found === 'fail').toBe(counting.includes('fail'));
        expect(found === 'vacuous').toBe(!counting.some(isVerdict));
        expect(found === 'pass').toBe(counting.length > 0 && counting.every((as) => as === 'pass'));
      }),
    );
  });
});
