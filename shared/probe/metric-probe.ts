import type { AwsClient } from '../aws/aws-client.ts';
import type { MetricProbe } from '../validation/suite.ts';
import type { Finding, Task } from './finding.ts';
import { readMetricData } from './metric-data.ts';
import { fillJson, fillText } from './templates.ts';

/** Takes a sample of a metric: of whole periods, all of which are after the hook has begun. */
export const sampleMetric = async (probe: MetricProbe, task: Task, cloudwatch: AwsClient): Promise<Finding> => {
  const { variables, check, signal } = task;
  const fill = (text: string) => fillText(text, { variables });
  const periodMs = probe.periodSeconds * 1000;
  const end = Math.floor(task.now / periodMs) * periodMs;
  const start = Math.max(end - probe.windowMs, Math.ceil(task.since / periodMs) * periodMs);
  const Dimensions = await Promise.all(
    Object.entries(probe.dimensions).map(async ([Name, value]) => ({ Name, Value: await fill(value) })),
  );
  const Metric = { Namespace: await fill(probe.namespace), MetricName: await fill(probe.metric), Dimensions };
  const input = {
    MetricDataQueries: [
      { Id: 'asked', MetricStat: { Metric, Period: probe.periodSeconds, Stat: probe.stat }, ReturnData: true },
    ],
    StartTime: start / 1000,
    EndTime: end / 1000,
    ScanBy: 'TimestampAscending',
  };
  const read = start < end ? await readMetricData(input, cloudwatch, signal) : new Map<string, readonly number[]>();
  const dataPoints = [...read.values()].flat();
  if (dataPoints.length === 0 || dataPoints.length < probe.minDataPoints) {
    const value = dataPoints.length === 1 ? '1 data point' : `${dataPoints.length} data points`;
    const expected = `${Math.max(1, probe.minDataPoints)} or more`;
    return { outcome: 'nodata', says: `${Metric.MetricName} has ${value}, expected ${expected}`, value, expected };
  }
  const seen = { ...summaryOf(dataPoints, probe.stat), dataPoints };
  const { judgeAll } = await import('./assertions.ts');
  const { holds, told } = await judgeAll(check.expect, seen, (value) => fillJson(value, { variables }));
  const says = `${Metric.MetricName} (${probe.stat}): ${told.says}`;
  const from = new Date(start).toISOString();
  const evidence = `${JSON.stringify(Metric)}\n${probe.stat} of each ${probe.periodSeconds} s from ${from}: ${dataPoints.join(', ')}`;
  return { outcome: holds ? 'pass' : 'fail', ...told, says, evidence };
};

/**
 * What the data points are together. `value` is that of the whole window: of sums and counts the sum, of averages the
 * average, of minima the least, and of everything else, such as percentiles, the greatest.
 */
const summaryOf = (dataPoints: readonly number[], stat: string) => {
  const sum = dataPoints.reduce((total, value) => total + value, 0);
  const figures = {
    min: Math.min(...dataPoints),
    max: Math.max(...dataPoints),
    sum,
    average: sum / dataPoints.length,
  };
  return { ...figures, value: figures[FIGURE_OF.get(stat) ?? 'max'] };
};

const FIGURE_OF: ReadonlyMap<string, 'min' | 'max' | 'sum' | 'average'> = new Map([
  ['Sum', 'sum'],
  ['SampleCount', 'sum'],
  ['Average', 'average'],
  ['Minimum', 'min'],
]);
