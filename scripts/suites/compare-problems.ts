import { tailOf } from '../../shared/validation/compare/compare.ts';
import { fewestFor } from '../../shared/validation/compare/distributions.ts';
import type { CompareProbe, Suite } from '../../shared/validation/suite.ts';
import type { Path } from '../config/problem.ts';
import type { LintProblem } from './lint-problem.ts';
import type { PlacedCheck } from './suite-of.ts';
import { namesIn } from './template-problems.ts';
import { lastSampleAt, spell } from './time-problems.ts';

type Written = NonNullable<PlacedCheck['written']['compare']>;

/** What a comparison lacks, and what could never come of it. */
export const compareProblems = (placed: PlacedCheck, suite: Suite, path: Path): readonly LintProblem[] => {
  const { check, index, written } = placed;
  const { probe } = check;
  if (probe.kind !== 'compare' || written.compare === undefined) {
    return [];
  }
  const problems = [
    ...metricProblems(written.compare),
    ...sideProblems(probe),
    ...toleranceProblems(probe),
    ...sampleProblems(probe, check.sample.count, lastSampleAt(suite, check)),
  ];
  return problems.map(({ at, says }) => ({
    path: [...path, ...at],
    says,
    dependsOn: [...KEYS.map((key) => [...path, key]), ['checks', index, 'sample'], ['checks', index, 'needs']],
  }));
};

/** What problems follow from. */
const KEYS = [
  'kind',
  'bad',
  'all',
  'series',
  'dimensions',
  'period',
  'lookBack',
  'baseline',
  'confidence',
  'looks',
] as const;

/** At a place within the comparison. */
type Told = { readonly at: Path; readonly says: string };

const COUNTS: readonly string[] = ['Sum', 'SampleCount'];

const metricProblems = (written: Written): readonly Told[] => {
  const { kind } = written;
  const needed = kind === 'ratio' ? (['bad', 'all'] as const) : (['series'] as const);
  const useless =
    kind === 'ratio' ? (['series'] as const) : (['bad', 'all', 'traffic', 'baselineRate', 'worseRate'] as const);
  return [
    ...needed.flatMap((key) =>
      written[key] === undefined ? [{ at: [key], says: `is missing: a ${kind} has ${needed.join(' and ')}` }] : [],
    ),
    ...useless.flatMap((key) =>
      written[key] === undefined ? [] : [{ at: [key], says: `has no meaning for a ${kind}` }],
    ),
    ...(['bad', 'all'] as const).flatMap((key) => {
      const stat = written[key]?.stat;
      return kind === 'ratio' && stat !== undefined && !COUNTS.includes(stat)
        ? [{ at: [key, 'stat'], says: `should be Sum or SampleCount: a ratio is of counts, and ${stat} is none` }]
        : [];
    }),
  ];
};

/** With the same dimensions at the same time both sides would be the same. */
const sideProblems = ({ of, dimensions, baselines, lookBackMs }: CompareProbe): readonly Told[] => {
  const metrics = of.kind === 'ratio' ? [of.bad, of.all] : [of.series];
  const texts = [...Object.values(dimensions), ...metrics.flatMap(({ namespace, metric }) => [namespace, metric])];
  if (texts.flatMap(namesIn).some((name) => name.startsWith('side.'))) {
    return [];
  }
  return [
    ...(baselines.some(({ kind }) => kind === 'old-version')
      ? [{ at: ['baseline'], says: 'compares old-version with itself: dimensions have to name ${side.version}' }]
      : []),
    ...(lookBackMs > 0
      ? [
          {
            at: ['lookBack'],
            says: 'takes the old version’s for the new one’s: dimensions have to name ${side.version}',
          },
        ]
      : []),
  ];
};

const toleranceProblems = ({ of, worseWhen, tolerate: { absolute, relative } }: CompareProbe): readonly Told[] => [
  ...(absolute === undefined && relative === undefined
    ? [
        {
          at: ['tolerate'],
          says: 'tolerates nothing at all, which no data could prove: say absolute, relative or both',
        },
      ]
    : []),
  ...(absolute !== undefined && of.kind === 'ratio' && absolute >= 1
    ? [{ at: ['tolerate', 'absolute'], says: 'could never be exceeded: a ratio is 1 at most, and 0.01 is 1 %' }]
    : []),
  ...(relative !== undefined && worseWhen === 'lower' && relative >= 2
    ? [{ at: ['tolerate', 'relative'], says: 'could never be exceeded: less than nothing is not left' }]
    : []),
];

const sampleProblems = (probe: CompareProbe, count: number, last: number): readonly Told[] => {
  const { of, looks, minSamples, lookBackMs, periodSeconds, baselines } = probe;
  const periodMs = periodSeconds * 1_000;
  const points = Math.floor((last + lookBackMs) / periodMs);
  const fewest = Math.max(FEWEST_VALUES, fewestFor(tailOf(probe)));
  const most = Math.max(
    0,
    ...baselines.map((one) => (one.kind === 'old-version' ? points : Math.floor(one.forMs / periodMs))),
  );
  return [
    ...(looks < count
      ? [{ at: ['looks'], says: `are fewer than the ${count} samples (sample.count), each of which is a look` }]
      : []),
    ...(of.kind === 'distribution' && minSamples < fewest
      ? [
          {
            at: ['minSamples'],
            says: `is too few: by this confidence and so many looks fewer than ${fewest} data points a side prove nothing, whatever they are`,
          },
        ]
      : []),
    ...(points < (of.kind === 'distribution' ? minSamples : 1)
      ? [
          {
            at: [],
            says: `could never have data: its last look comes ${spell(last)} after the hook has begun, with ${points} of ${of.kind === 'distribution' ? minSamples : 1} periods of ${spell(periodMs)}: give it sample.warmup`,
          },
        ]
      : of.kind === 'distribution' && most < minSamples
        ? [{ at: ['baseline'], says: `could never have ${minSamples} data points (minSamples): ${most} at most` }]
        : []),
  ];
};

const FEWEST_VALUES = 5;
