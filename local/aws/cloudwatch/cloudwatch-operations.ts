import * as v from 'valibot';
import type { JsonRecord } from '../../json.ts';
import { ACCOUNT, REGION } from '../account.ts';
import { answer, refusal } from '../service.ts';
import type { Operation, Outcome } from '../service.ts';
import { COMPARISONS, MISSING, STATES } from './alarm.ts';
import type { Alarm } from './alarm.ts';
import { datumOf, pointsOf, STATISTICS } from './metrics.ts';
import type { Dimensions, Metrics } from './metrics.ts';
import type { SimulatedAlarms } from './simulated-alarms.ts';

/** Epoch milliseconds, of what a protocol makes of a time: epoch seconds, or a text. */
const Time = v.union([
  v.pipe(v.date(), v.transform(Number)),
  v.pipe(
    v.number(),
    v.transform((seconds) => seconds * 1000),
  ),
  v.pipe(v.string(), v.transform(Date.parse), v.finite()),
]);

const Dimensions = v.pipe(
  v.array(v.object({ Name: v.string(), Value: v.string() })),
  v.transform((list): Dimensions => Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]))),
);

const Put = v.object({
  Namespace: v.pipe(v.string(), v.regex(/^[^:]/)),
  MetricData: v.array(
    v.object({
      MetricName: v.string(),
      Dimensions: v.optional(Dimensions, []),
      Timestamp: v.optional(Time),
      Value: v.optional(v.number()),
      Values: v.optional(v.array(v.number()), []),
      Counts: v.optional(v.array(v.number()), []),
      StatisticValues: v.optional(
        v.object({ SampleCount: v.number(), Sum: v.number(), Minimum: v.number(), Maximum: v.number() }),
      ),
    }),
  ),
});

const Query = v.object({
  Id: v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9_]*$/)),
  Label: v.optional(v.string()),
  ReturnData: v.optional(v.boolean(), true),
  Expression: v.optional(v.never('is not supported here')),
  MetricStat: v.object({
    Metric: v.object({ Namespace: v.string(), MetricName: v.string(), Dimensions: v.optional(Dimensions, []) }),
    Period: v.pipe(v.number(), v.minValue(1)),
    Stat: v.picklist(STATISTICS),
  }),
});

const Get = v.object({
  MetricDataQueries: v.pipe(v.array(Query), v.minLength(1), v.maxLength(500)),
  StartTime: Time,
  EndTime: Time,
  ScanBy: v.optional(v.picklist(['TimestampDescending', 'TimestampAscending']), 'TimestampDescending'),
});

const PutAlarm = v.object({
  AlarmName: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  AlarmDescription: v.exactOptional(v.string()),
  MetricName: v.string(),
  Namespace: v.string(),
  Dimensions: v.optional(Dimensions, []),
  Statistic: v.picklist(STATISTICS),
  Period: v.pipe(v.number(), v.minValue(1)),
  EvaluationPeriods: v.pipe(v.number(), v.minValue(1)),
  DatapointsToAlarm: v.optional(v.pipe(v.number(), v.minValue(1))),
  Threshold: v.number(),
  ComparisonOperator: v.picklist(COMPARISONS),
  TreatMissingData: v.optional(v.picklist(MISSING), 'missing'),
});

const SetState = v.object({ AlarmName: v.string(), StateValue: v.picklist(STATES), StateReason: v.string() });

const Describe = v.object({
  AlarmNames: v.optional(v.pipe(v.array(v.string()), v.maxLength(100))),
  AlarmNamePrefix: v.optional(v.string(), ''),
  StateValue: v.optional(v.picklist(STATES)),
  AlarmTypes: v.optional(v.array(v.picklist(['CompositeAlarm', 'MetricAlarm'])), ['MetricAlarm']),
});

/**
 * CloudWatch's API as far as checks of deployments need it. Times in answers are Dates, which each protocol writes in its
 * own way. By a clock that goes `speed` times as fast, the periods of metrics are that much shorter.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
 */
export const cloudWatchOperations = (
  alarms: SimulatedAlarms,
  metrics: Metrics,
  speed: number,
  now: () => number,
): ReadonlyMap<string, Operation> => {
  const read =
    <Schema extends v.GenericSchema>(schema: Schema, work: (input: v.InferOutput<Schema>) => Outcome): Operation =>
    (input) => {
      const parsed = v.safeParse(schema, input);
      return parsed.success ? work(parsed.output) : refusal('InvalidParameterValue', v.summarize(parsed.issues));
    };

  return new Map<string, Operation>([
    [
      'PutMetricData',
      read(Put, ({ Namespace: namespace, MetricData }) => {
        for (const { MetricName: name, Dimensions: dimensions, Timestamp: at = now(), ...given } of MetricData) {
          const metric = { namespace, name, dimensions };
          const { Value, Values, Counts, StatisticValues: set } = given;
          const values = [...(Value === undefined ? [] : [Value]), ...Values];
          values.forEach((value, index) => {
            const count = Counts[index] ?? 1;
            alarms.put(metric, { ...datumOf(at, value), count, sum: value * count });
          });
          if (set !== undefined) {
            alarms.put(metric, { at, count: set.SampleCount, sum: set.Sum, min: set.Minimum, max: set.Maximum });
          }
        }
        return answer({});
      }),
    ],
    [
      'GetMetricData',
      read(Get, ({ MetricDataQueries, StartTime, EndTime, ScanBy }) =>
        answer({
          MetricDataResults: MetricDataQueries.filter(({ ReturnData }) => ReturnData).map(
            ({ Id, Label, MetricStat: { Metric, Period, Stat } }) => {
              const { Namespace: namespace, MetricName: name, Dimensions: dimensions } = Metric;
              const data = metrics.between({ namespace, name, dimensions }, StartTime, EndTime);
              const points = pointsOf(data, Stat, (Period * 1000) / speed);
              const ordered = ScanBy === 'TimestampAscending' ? points : points.toReversed();
              return {
                Id,
                Label: Label ?? name,
                Timestamps: ordered.map(({ at }) => new Date(at)),
                Values: ordered.map(({ value }) => value),
                StatusCode: 'Complete',
              };
            },
          ),
          Messages: [],
        }),
      ),
    ],
    [
      'PutMetricAlarm',
      read(PutAlarm, (given) => {
        alarms.define({
          name: given.AlarmName,
          ...(given.AlarmDescription !== undefined && { description: given.AlarmDescription }),
          metric: { namespace: given.Namespace, name: given.MetricName, dimensions: given.Dimensions },
          statistic: given.Statistic,
          periodSeconds: given.Period,
          evaluationPeriods: given.EvaluationPeriods,
          datapointsToAlarm: given.DatapointsToAlarm ?? given.EvaluationPeriods,
          comparison: given.ComparisonOperator,
          threshold: given.Threshold,
          treatMissingData: given.TreatMissingData,
        });
        return answer({});
      }),
    ],
    [
      'SetAlarmState',
      read(SetState, ({ AlarmName, StateValue, StateReason }) =>
        alarms.set(AlarmName, StateValue, StateReason)
          ? answer({})
          : refusal('ResourceNotFound', `The alarm ${AlarmName} does not exist.`),
      ),
    ],
    [
      'DescribeAlarms',
      read(Describe, ({ AlarmNames, AlarmNamePrefix, StateValue, AlarmTypes }) =>
        answer({
          CompositeAlarms: [],
          MetricAlarms: AlarmTypes.includes('MetricAlarm')
            ? alarms
                .all()
                .filter(({ definition: { name } }) => AlarmNames?.includes(name) ?? name.startsWith(AlarmNamePrefix))
                .filter(({ state }) => (StateValue ?? state.value) === state.value)
                .map(describeAlarm)
            : [],
        }),
      ),
    ],
  ]);
};

export const alarmArnOf = (name: string): string => `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${name}`;

const describeAlarm = ({ definition, state }: Alarm): JsonRecord => ({
  AlarmName: definition.name,
  AlarmArn: alarmArnOf(definition.name),
  ...(definition.description !== undefined && { AlarmDescription: definition.description }),
  ActionsEnabled: true,
  OKActions: [],
  AlarmActions: [],
  InsufficientDataActions: [],
  StateValue: state.value,
  StateReason: state.reason,
  StateUpdatedTimestamp: new Date(state.at),
  StateTransitionedTimestamp: new Date(state.at),
  MetricName: definition.metric.name,
  Namespace: definition.metric.namespace,
  Statistic: definition.statistic,
  Dimensions: Object.entries(definition.metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
  Period: definition.periodSeconds,
  EvaluationPeriods: definition.evaluationPeriods,
  DatapointsToAlarm: definition.datapointsToAlarm,
  Threshold: definition.threshold,
  ComparisonOperator: definition.comparison,
  TreatMissingData: definition.treatMissingData,
});
