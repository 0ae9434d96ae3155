import type { Check } from '../../shared/validation/suite.ts';
import type { Path } from '../config/problem.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';
import type { CheckYml } from './suite-yml.ts';

/** Limits that can never be reached, and what has no meaning for a check of its kind. */
export const limitProblems = ({ checks }: LintedSuite): readonly LintProblem[] =>
  checks.flatMap(({ index, written, check }) => {
    const path = ['checks', index];
    return check.probe.kind === 'approval'
      ? ofPeople(written, path)
      : [...outOfReach(check, written, path), ...ofLooks(check, written, path), ...withoutNoData(check, written, path)];
  });

const ofPeople = (written: CheckYml, path: Path): readonly LintProblem[] =>
  (['expect', 'sample', 'limits', 'onNoData'] as const).flatMap((key) =>
    written[key] === undefined ? [] : [{ path: [...path, key], says: 'has no meaning for people, who are asked once' }],
  );

const WITHOUT_MEANING = {
  failures: 'has no meaning: a look that fails has seen all there is, and fails the check',
  consecutiveFailures: 'has no meaning: a look that fails has seen all there is, and fails the check',
  minSamples: 'counts samples, of which each is a look: how much a look needs is compare.minSamples',
} as const;

const ofLooks = ({ probe }: Check, { limits = {} }: CheckYml, path: Path): readonly LintProblem[] =>
  probe.kind !== 'compare'
    ? []
    : (['failures', 'consecutiveFailures', 'minSamples'] as const).flatMap((key) =>
        limits[key] === undefined ? [] : [{ path: [...path, 'limits', key], says: WITHOUT_MEANING[key] }],
      );

const outOfReach = (
  { sample: { count }, limits }: Check,
  { limits: written = {} }: CheckYml,
  path: Path,
): readonly LintProblem[] => {
  const samples = count === 1 ? 'there is 1 sample' : `there are ${count} samples`;
  const { failures, consecutiveFailures, noData, minSamples, consecutivePasses } = limits;
  const says: readonly (readonly [keyof typeof written, boolean, string])[] = [
    ['failures', failures >= count, `could never be exceeded, ${samples}: the check could not fail`],
    ['consecutiveFailures', (consecutiveFailures ?? 0) > count, `could never be reached, ${samples}`],
    [
      'consecutiveFailures',
      (consecutiveFailures ?? 0) > failures + 1 && (consecutiveFailures ?? 0) <= count,
      `could never be reached: with ${failures + 1} failures the check has failed (limits.failures)`,
    ],
    ['noData', noData >= count, `could never be exceeded, ${samples}`],
    ['minSamples', minSamples > count, `could never be reached, ${samples}`],
    ['consecutivePasses', (consecutivePasses ?? 0) > count, `could never be reached, ${samples}`],
  ];
  return says.flatMap(([key, isWrong, saying]) =>
    written[key] !== undefined && isWrong
      ? [
          {
            path: [...path, 'limits', key],
            says: saying,
            dependsOn: [
              [...path, 'sample', 'count'],
              [...path, 'limits', 'failures'],
            ],
          },
        ]
      : [],
  );
};

/** Whether samples of a check may have found nothing. */
const mayHaveNoData = ({ probe }: Check): boolean =>
  ['alarms', 'metric', 'compare', 'logs', 'targetHealth', 'lambda'].includes(probe.kind);

const withoutNoData = (check: Check, written: CheckYml, path: Path): readonly LintProblem[] => {
  if (mayHaveNoData(check)) {
    return [];
  }
  const says = `can never come to pass: ${check.probe.kind} always finds something`;
  return [
    ...(written.onNoData === undefined ? [] : [{ path: [...path, 'onNoData'], says }]),
    ...(written.limits?.noData === undefined ? [] : [{ path: [...path, 'limits', 'noData'], says }]),
  ];
};

/** Whether a check may end without a verdict: for want of data, or of passes in a row. */
export const mayBeInconclusive = (check: Check): boolean =>
  (mayHaveNoData(check) && check.onNoData === 'inconclusive') ||
  (check.probe.kind === 'compare' && check.between !== 'pass') ||
  check.limits.consecutivePasses !== undefined;
