import { forecastOf } from '../../shared/validation/compare/forecast.ts';
import { BAKE } from '../../shared/validation/suite.ts';
import type { Check, CompareProbe, Suite } from '../../shared/validation/suite.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';
import { lastSampleAt, spell } from './time-problems.ts';

const MINUTE_MS = 60_000;

/** Where its author does not say what is expected. */
const COMMON_TRAFFIC: readonly number[] = [10, 100, 1_000];
const COMMON_RATE = 0.01;

/** What it takes until the comparisons of a suite see something, one line after the other. */
export const forecastLines = (suite: Suite): readonly string[] =>
  suite.checks.flatMap(({ name, probe }) => (probe.kind === 'compare' ? linesOf(name, inBake(probe, suite)) : []));

/** As many as `LambdaLinear10Percent…` has: a bake's looks are those of all its steps. */
const COMMON_STEPS = 9;

const inBake = (probe: CompareProbe, suite: Suite): CompareProbe =>
  isBake(suite) ? { ...probe, looks: probe.looks * COMMON_STEPS } : probe;

const isBake = ({ match }: Suite): boolean => match.hook?.includes(BAKE) === true;

const linesOf = (name: string, probe: CompareProbe): readonly string[] => {
  if (probe.of.kind === 'distribution') {
    const span = spell(probe.minSamples * probe.periodSeconds * 1_000);
    return [`${name}: a look needs ${probe.minSamples} data points a side, which are ${span} of traffic`];
  }
  const toSee = `${name}: to see ${changeOf(probe)}`;
  const { perMinute } = probe.expected ?? {};
  if (perMinute !== undefined) {
    const { toFail, toPass } = minutesOf(probe, perMinute);
    return [
      `${toSee} at ${rate(perMinute)} the canary has to last ${told(toFail)}; to show that there is none, ${told(toPass)}`,
    ];
  }
  return [
    `${toSee}, or to show that there is none, the canary has to last`,
    ...COMMON_TRAFFIC.map((common) => {
      const { toFail, toPass } = minutesOf(probe, common);
      return `  at ${rate(common)} ${told(toFail)}, or ${told(toPass)}`;
    }),
  ];
};

const rate = (perMinute: number): string =>
  perMinute === 1 ? '1 request a minute' : `${Number(perMinute.toPrecision(3))} requests a minute`;

const told = (minutes: number | undefined): string =>
  minutes === undefined ? 'more than a day' : spell(minutes * MINUTE_MS);

const percent = (ratio: number): string => `${Number((100 * ratio).toPrecision(3))} %`;

const changeOf = (probe: CompareProbe): string => {
  const { baselineRate, worseRate } = ratesOf(probe);
  return `a ${probe.worseWhen === 'higher' ? 'rise' : 'fall'} from ${percent(baselineRate)} to ${percent(worseRate)}`;
};

/** What is, and what is to be seen: twice as much of what is bad, but twice as far away as is tolerated at the least. */
const ratesOf = ({ worseWhen, tolerate: { absolute = 0, relative = 1 }, expected = {} }: CompareProbe) => {
  const isHigher = worseWhen === 'higher';
  const { baselineRate = isHigher ? COMMON_RATE : 1 - COMMON_RATE } = expected;
  const bad = isHigher ? baselineRate : 1 - baselineRate;
  const far = Math.max(bad, 2 * Math.max(absolute, (relative - 1) * baselineRate));
  const { worseRate = Math.min(1, Math.max(0, isHigher ? baselineRate + far : baselineRate - far)) } = expected;
  return { baselineRate, worseRate };
};

const minutesOf = (probe: CompareProbe, perMinute: number) => {
  const [baseline] = probe.baselines;
  const { toFail, toPass } = forecastOf(
    {
      perMinute,
      ...ratesOf(probe),
      ...(baseline?.kind === 'before-deployment' && { baselineMinutes: baseline.forMs / MINUTE_MS }),
    },
    probe,
  );
  const least = Math.ceil(probe.minSamples / perMinute);
  const atLeast = (minutes: number | undefined) => (minutes === undefined ? undefined : Math.max(least, minutes));
  return { toFail: atLeast(toFail), toPass: atLeast(toPass) };
};

/** Comparisons that look too early to see anything, by what their authors expect. */
export const forecastWarnings = ({ suite, checks }: LintedSuite): readonly LintProblem[] =>
  checks.flatMap(({ check, index }) => {
    const path = ['checks', index, 'compare', 'traffic'];
    return warningsOf(check, suite).map((says) => ({ path, says }));
  });

const warningsOf = (check: Check, suite: Suite): readonly string[] => {
  const perMinute = check.probe.kind === 'compare' ? check.probe.expected?.perMinute : undefined;
  if (check.probe.kind !== 'compare' || check.probe.of.kind !== 'ratio' || perMinute === undefined) {
    return [];
  }
  const probe = inBake(check.probe, suite);
  const { toFail, toPass } = minutesOf(probe, perMinute);
  const lasts = lastSampleAt(suite, check) + probe.lookBackMs;
  const isInTime = (minutes: number | undefined): boolean => minutes !== undefined && minutes * MINUTE_MS <= lasts;
  const last = isBake(suite)
    ? `and the last look of the first step has ${spell(lasts)} of it: only later ones see it`
    : `and the last look has ${spell(lasts)} of it`;
  return [
    ...(isInTime(toFail) ? [] : [`is too little to see ${changeOf(probe)}: that takes ${told(toFail)}, ${last}`]),
    // What a step leaves open the next one sees more of.
    ...(isInTime(toPass) || check.between === 'pass' || isBake(suite)
      ? []
      : [
          `is too little to show that a version is as good: that takes ${told(toPass)}, ${last}. Most would be left open: tolerate more, or say between: pass`,
        ]),
  ];
};
