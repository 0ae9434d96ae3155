import type { CheckState, CheckVerdict, Sample, SampleOutcome, SuiteVerdict } from './run.ts';
import type { Check } from './suite.ts';

/** What the samples of a check come to, and by which row of the table of verdicts. */
export type Judged = { readonly verdict: CheckVerdict; readonly row: 1 | 2 | 3 | 5 | 6 | 7 | 8 };

/** What of a check its samples are judged by. */
export type Judging = Pick<Check, 'limits' | 'onNoData' | 'between'> & {
  readonly sample: Pick<Check['sample'], 'count'>;
};

/**
 * What a check comes to by its samples: of the table of verdicts the first row that holds. Undefined: it goes on, for
 * samples and time are left. A failure is thus hidden by nothing that comes after it, and what has not run has not passed.
 */
export const judge = (
  { sample: { count }, limits, onNoData, between = 'inconclusive' }: Judging,
  samples: readonly Pick<Sample, 'outcome'>[],
  isTimeLeft: boolean,
): Judged | undefined => {
  const outcomes = samples.map(({ outcome }) => outcome);
  const total = (of: SampleOutcome): number => outcomes.filter((outcome) => outcome === of).length;
  const measured = total('pass') + total('fail') + total('between');
  const { consecutiveFailures = Infinity, consecutivePasses = Infinity } = limits;
  // What could not be measured says nothing about the target: it does not end a run of failures.
  const failuresInARow = runOf(
    'fail',
    outcomes.filter((outcome) => outcome === 'pass' || outcome === 'fail'),
  );
  const isSteady = runOf('pass', outcomes) >= consecutivePasses;
  // Not even a limit of nothing lets a check pass that has measured nothing.
  const isMeasured = measured >= Math.max(1, limits.minSamples);

  if (total('fail') > limits.failures || failuresInARow >= consecutiveFailures) {
    return { row: 1, verdict: 'fail' };
  }
  if (runOf('error', outcomes) > limits.consecutiveErrors) {
    return { row: 2, verdict: 'error' };
  }
  if (isSteady && isMeasured) {
    return { row: 3, verdict: 'pass' };
  }
  // An error is tried again and is no sample of those that are to be taken.
  if (isTimeLeft && measured + total('nodata') < count) {
    return undefined;
  }
  if (measured === 0 && total('error') > 0) {
    return { row: 5, verdict: 'error' };
  }
  if (!isMeasured || total('nodata') > limits.noData) {
    return { row: 6, verdict: onNoData === 'pass' && samples.length === 0 ? 'inconclusive' : onNoData };
  }
  if (isOpen(samples)) {
    return { row: 6, verdict: between };
  }
  if (consecutivePasses !== Infinity) {
    return { row: 7, verdict: 'inconclusive' };
  }
  return { row: 8, verdict: 'pass' };
};

/** Whether what was measured last, which is of the most data, proves neither. */
export const isOpen = (samples: readonly Pick<Sample, 'outcome'>[]): boolean =>
  samples.findLast(({ outcome }) => outcome !== 'nodata' && outcome !== 'error')?.outcome === 'between';

/** How many there are of a kind at the end. */
const runOf = (kind: SampleOutcome, outcomes: readonly SampleOutcome[]): number =>
  outcomes.length - 1 - outcomes.findLastIndex((outcome) => outcome !== kind);

const FROM_WORST: readonly SuiteVerdict[] = ['fail', 'error', 'inconclusive', 'pass'];

/** What two come to together: the worse of them. */
export const worse = (one: SuiteVerdict, other: SuiteVerdict): SuiteVerdict =>
  FROM_WORST.find((verdict) => verdict === one || verdict === other) ?? one;

/** How a check ended, with what decides whether that counts. */
export type Ended = Pick<Check, 'severity' | 'mode'> & { readonly as: NonNullable<CheckState['end']>['as'] };

/** Whether the verdict of a check is one of those that the suite's is made of. */
export const counts = ({ severity, mode }: Pick<Check, 'severity' | 'mode'>): boolean =>
  severity === 'required' && mode === 'enforce';

/** What a suite comes to by its checks: the worst of those that count and have run; `vacuous`: there is none. */
export const suiteVerdict = (checks: readonly Ended[]): SuiteVerdict | 'vacuous' => {
  const counting = checks.filter(counts).map(({ as }) => as);
  const verdicts = counting.filter((as) => as !== 'skipped' && as !== 'canceled');
  const [first, ...others] = verdicts;
  if (first === undefined) {
    return 'vacuous';
  }
  const worst = others.reduce(worse, first);
  // One that was skipped for the sake of a check that does not count is required all the same, and has not passed.
  return verdicts.length === counting.length ? worst : worse(worst, 'inconclusive');
};
