import type { JsonRecord } from '../../json.ts';
import { pointsOf } from './metrics.ts';
import type { MetricName, Metrics, Statistic } from './metrics.ts';

export const COMPARISONS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
] as const;

export const MISSING = ['missing', 'notBreaching', 'breaching', 'ignore'] as const;

export const STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;

export type AlarmValue = (typeof STATES)[number];

/** An alarm on a threshold of a metric. */
export type AlarmDefinition = {
  readonly name: string;
  readonly description?: string;
  readonly metric: MetricName;
  readonly statistic: Statistic;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly comparison: (typeof COMPARISONS)[number];
  readonly threshold: number;
  readonly treatMissingData: (typeof MISSING)[number];
};

/** What an alarm says, why, and since when (epoch milliseconds). */
export type AlarmState = { readonly value: AlarmValue; readonly reason: string; readonly at: number };

export type Alarm = { readonly definition: AlarmDefinition; readonly state: AlarmState };

/** What an alarm comes to at a moment, by the last periods, the one under way among them; undefined: it stays as it is. */
export const judge = (
  definition: AlarmDefinition,
  metrics: Metrics,
  now: number,
  speed: number,
): Pick<AlarmState, 'value' | 'reason'> | undefined => {
  const { metric, statistic, evaluationPeriods, datapointsToAlarm, treatMissingData, threshold, comparison } =
    definition;
  const periodMs = (definition.periodSeconds * 1000) / speed;
  const from = (Math.floor(now / periodMs) - evaluationPeriods + 1) * periodMs;
  const points = pointsOf(metrics.between(metric, from, now + 1), statistic, periodMs);
  const missing = evaluationPeriods - points.length;
  const breaching = points.filter(({ value }) => isBreaching(value, threshold, comparison)).length;
  const counted = breaching + (treatMissingData === 'breaching' ? missing : 0);
  const said = points.map(({ value }) => String(value)).join(', ');
  if (counted >= datapointsToAlarm) {
    return {
      value: 'ALARM',
      reason: `Threshold Crossed: ${counted} datapoints [${said}] were ${comparison} (${threshold}).`,
    };
  }
  if (points.length === 0 && treatMissingData === 'ignore') {
    return undefined;
  }
  return points.length === 0 && treatMissingData === 'missing'
    ? { value: 'INSUFFICIENT_DATA', reason: `Insufficient Data: ${evaluationPeriods} datapoints were unknown.` }
    : { value: 'OK', reason: `Threshold Crossed: datapoints [${said}] were not ${comparison} (${threshold}).` };
};

const isBreaching = (value: number, threshold: number, comparison: AlarmDefinition['comparison']): boolean => {
  switch (comparison) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
  }
};

/** What the event bus hears when an alarm changes, without its envelope. */
export const alarmEvent = (alarm: Alarm, previous: AlarmState, arn: string): JsonRecord => ({
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  resources: [arn],
  detail: {
    alarmName: alarm.definition.name,
    state: toldState(alarm.state),
    previousState: toldState(previous),
    configuration: {
      ...(alarm.definition.description !== undefined && { description: alarm.definition.description }),
      metrics: [
        {
          id: 'm1',
          metricStat: {
            metric: alarm.definition.metric,
            period: alarm.definition.periodSeconds,
            stat: alarm.definition.statistic,
          },
          returnData: true,
        },
      ],
    },
  },
});

const toldState = ({ value, reason, at }: AlarmState): JsonRecord => ({
  value,
  reason,
  timestamp: new Date(at).toISOString().replace('Z', '+0000'),
});
