import type { AwsClient } from '../aws/aws-client.ts';
import { compareCounts, compareValues, tailOf } from '../validation/compare/compare.ts';
import type { Comparison } from '../validation/compare/compare.ts';
import { mannWhitney } from '../validation/compare/distributions.ts';
import type { Counts } from '../validation/compare/ratios.ts';
import type { Baseline, ComparedMetric, CompareProbe } from '../validation/suite.ts';
import type { Finding, Task } from './finding.ts';
import { readMetricData } from './metric-data.ts';
import { fillText } from './templates.ts';

/** Takes a sample of a comparison: a look at all whole periods that there are by now. */
export const sampleCompare = async (probe: CompareProbe, task: Task, cloudwatch: AwsClient): Promise<Finding> => {
  const read = (side: Side, span: Span) => readSide(probe, side, span, task, cloudwatch);
  const now = await read('new', spanOfNew(probe, task));
  if (!isEnough(now, probe)) {
    const value = amountOf(now);
    const expected = `${probe.minSamples} or more`;
    return { outcome: 'nodata', says: `The new version has ${value}, expected ${expected}`, value, expected };
  }
  const poor: string[] = [];
  for (const baseline of probe.baselines) {
    const old = await read('old', spanOfOld(baseline, probe, task));
    if (isEnough(old, probe)) {
      return compare(probe, task.share, { old, now, baseline: nameOf(baseline) });
    }
    poor.push(`${nameOf(baseline)}: ${amountOf(old)}`);
  }
  const value = poor.join(', ');
  const expected = `${probe.minSamples} or more`;
  return {
    outcome: 'nodata',
    says: `There is too little to compare with: ${value}, expected ${expected}`,
    value,
    expected,
  };
};

type Side = 'old' | 'new';

/** Epoch milliseconds, from one to before the other. */
type Span = { readonly from: number; readonly until: number };

const periodMsOf = ({ periodSeconds }: CompareProbe): number => periodSeconds * 1_000;

const spanOfNew = (probe: CompareProbe, { since, now }: Task): Span => {
  const periodMs = periodMsOf(probe);
  return {
    from: Math.ceil((since - probe.lookBackMs) / periodMs) * periodMs,
    until: Math.floor(now / periodMs) * periodMs,
  };
};

const spanOfOld = (baseline: Baseline, probe: CompareProbe, task: Task): Span => {
  switch (baseline.kind) {
    case 'old-version':
      return spanOfNew(probe, task);
    case 'before-deployment': {
      const periodMs = periodMsOf(probe);
      // Nothing since the deployment has begun is what was before it, whichever hook this is.
      const until = Math.floor(Math.min(task.deployedAt, task.since - probe.lookBackMs) / periodMs) * periodMs;
      return { from: until - Math.floor(baseline.forMs / periodMs) * periodMs, until };
    }
  }
};

/** What one side has, and what was asked for it. */
type Measured = {
  readonly data:
    | { readonly kind: 'counts'; readonly counts: Counts }
    | { readonly kind: 'values'; readonly values: readonly number[] };
  readonly asked: string;
};

const readSide = async (
  probe: CompareProbe,
  side: Side,
  { from, until }: Span,
  { variables, signal }: Task,
  cloudwatch: AwsClient,
): Promise<Measured> => {
  const fill = (text: string) => fillText(text, { variables: { ...variables, ...ofSide(side, variables) } });
  const Dimensions = await Promise.all(
    Object.entries(probe.dimensions).map(async ([Name, value]) => ({ Name, Value: await fill(value) })),
  );
  const queryOf = async (Id: string, { namespace, metric, stat }: ComparedMetric) => ({
    Id,
    MetricStat: {
      Metric: { Namespace: await fill(namespace), MetricName: await fill(metric), Dimensions },
      Period: probe.periodSeconds,
      Stat: stat,
    },
    ReturnData: true,
  });
  const { of } = probe;
  const MetricDataQueries = await Promise.all(
    of.kind === 'ratio' ? [queryOf('bad', of.bad), queryOf('all', of.all)] : [queryOf('series', of.series)],
  );
  const input = {
    MetricDataQueries,
    StartTime: from / 1_000,
    EndTime: until / 1_000,
    ScanBy: 'TimestampAscending',
  };
  const found = from < until ? await readMetricData(input, cloudwatch, signal) : new Map<string, readonly number[]>();
  const place = Dimensions.map(({ Name, Value }) => `${Name} ${Value}`).join(', ');
  const asked = `${place === '' ? 'no dimensions' : place}, ${new Date(from).toISOString()} to ${new Date(until).toISOString()}`;
  if (of.kind === 'distribution') {
    return { data: { kind: 'values', values: found.get('series') ?? [] }, asked };
  }
  // Who counts what is bad says nothing where nothing is.
  const counts = { bad: sum(found.get('bad')), all: sum(found.get('all')) };
  if (counts.bad < 0 || counts.bad > counts.all) {
    throw new Error(`${counts.bad} ${of.bad.metric} of ${counts.all} ${of.all.metric} are no share`);
  }
  return { data: { kind: 'counts', counts }, asked };
};

const sum = (values: readonly number[] = []): number => values.reduce((total, value) => total + value, 0);

/** `${side.version}` is the version of the side that is asked about. */
const ofSide = (side: Side, variables: Task['variables']): Task['variables'] =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      name.startsWith(`${side}.`) ? [[name.replace(side, 'side'), value]] : [],
    ),
  );

const isEnough = ({ data }: Measured, { minSamples }: CompareProbe): boolean =>
  (data.kind === 'counts' ? data.counts.all : data.values.length) >= minSamples;

const amountOf = ({ data }: Measured): string =>
  data.kind === 'counts' ? `${data.counts.all} in all` : `${data.values.length} data points`;

const nameOf = (baseline: Baseline): string =>
  baseline.kind === 'old-version' ? 'the old version' : `${baseline.forMs / 60_000} minutes before`;

type Sides = { readonly old: Measured; readonly now: Measured; readonly baseline: string };

const compare = (probe: CompareProbe, share: number, { old, now, baseline }: Sides): Finding => {
  // A part of what may go wrong is what more looks would leave of it.
  const standard = { ...probe, looks: probe.looks / share };
  const both = { old: old.data, now: now.data };
  if (both.old.kind === 'counts' && both.now.kind === 'counts') {
    const compared = compareCounts(both.old.counts, both.now.counts, standard);
    return findingOf(probe, share, compared, { old, now, baseline }, []);
  }
  if (both.old.kind === 'values' && both.now.kind === 'values') {
    const compared = compareValues(both.old.values, both.now.values, standard);
    const { u, p } = mannWhitney(both.old.values, both.now.values);
    return findingOf(probe, share, compared, { old, now, baseline }, [
      `Mann-Whitney: U ${u}, p ${p.toPrecision(2)}`,
      `Old: ${both.old.values.join(', ')}`,
      `New: ${both.now.values.join(', ')}`,
    ]);
  }
  throw new Error('It compares counts with values');
};

const findingOf = (
  probe: CompareProbe,
  share: number,
  { outcome, old, now, worseBy, tolerated }: Comparison,
  sides: Sides,
  details: readonly string[],
): Finding => {
  const { of, worseWhen, confidence, looks } = probe;
  const isRatio = of.kind === 'ratio';
  const plain = (value: number): string => {
    const told = isRatio ? 100 * value : value;
    return Number.isFinite(told) ? String(Number(told.toPrecision(3))) : told > 0 ? 'anything' : 'anything less';
  };
  const measured = (value: number, { data }: Measured): string =>
    data.kind === 'counts'
      ? `${plain(value)} % (${data.counts.bad} of ${data.counts.all})`
      : `${plain(value)} (median of ${data.values.length})`;
  const unit = isRatio ? ' points' : '';
  const what = isRatio ? `${of.bad.metric} of ${of.all.metric}` : `${of.series.metric} (${of.series.stat})`;
  const value = measured(now, sides.now);
  const before = measured(old, sides.old);
  const expected = `${plain(tolerated)}${unit} ${worseWhen === 'higher' ? 'above' : 'below'} ${before} at most`;
  const worse = `${plain(worseBy.lo)} to ${plain(worseBy.hi)}${unit} worse, ${plain(tolerated)} tolerated`;
  return {
    outcome,
    says: `${what}: ${value}, ${sides.baseline} ${before}: ${worse}: ${WORDS[outcome]}`,
    value,
    expected,
    evidence: [
      `New: ${sides.now.asked}`,
      `Old, ${sides.baseline}: ${sides.old.asked}`,
      `By ${confidence * 100} % over ${looks} looks${share < 1 ? ' a step' : ''}: each may be wrong to one side in ${Number((100 * share * tailOf(probe)).toPrecision(3))} % of cases`,
      ...details,
    ].join('\n'),
  };
};

const WORDS: Readonly<Record<Comparison['outcome'], string>> = {
  fail: 'it is worse',
  pass: 'it is not worse',
  between: 'not proven either way',
};
