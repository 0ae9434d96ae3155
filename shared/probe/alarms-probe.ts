import * as v from 'valibot';
import type { AwsClient } from '../aws/aws-client.ts';
import type { AlarmsProbe } from '../validation/suite.ts';
import type { Finding, Task } from './finding.ts';
import { fillText } from './templates.ts';

const Alarm = v.object({
  AlarmName: v.string(),
  StateValue: v.string(),
  StateReason: v.optional(v.string(), ''),
  /** Seconds since the epoch: from when its state has been another one. */
  StateTransitionedTimestamp: v.fallback(v.optional(v.number()), undefined),
});
type Alarm = v.InferOutput<typeof Alarm>;

const Described = v.object({
  MetricAlarms: v.optional(v.array(Alarm), []),
  CompositeAlarms: v.optional(v.array(Alarm), []),
});

/** Takes a sample by looking at alarms: red is the deployment's fault only when it has become so since that began. */
export const sampleAlarms = async (probe: AlarmsProbe, task: Task, cloudwatch: AwsClient): Promise<Finding> => {
  const names = await Promise.all(probe.names.map((name) => fillText(name, { variables: task.variables })));
  const input = { AlarmNames: names, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 };
  const { MetricAlarms, CompositeAlarms } = v.parse(Described, await cloudwatch('DescribeAlarms', input, task.signal));
  const found = new Map([...MetricAlarms, ...CompositeAlarms].map((alarm) => [alarm.AlarmName, alarm]));
  const alarms = names.flatMap((name) => found.get(name) ?? []);
  const red = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
  const before = red.filter((alarm) => wasRed(alarm, task));
  const redNow = before.map(({ AlarmName }) => AlarmName);
  const fresh = red.filter((alarm) => !before.includes(alarm));
  const missing = names.filter((name) => !found.has(name));
  const unknown = alarms.filter(({ StateValue }) => StateValue !== 'ALARM' && StateValue !== 'OK');
  const said = { expected: 'OK', redNow };
  if (fresh.length > 0) {
    const evidence = fresh.map(({ AlarmName, StateReason }) => `${AlarmName}: ${StateReason}`).join('\n');
    return { ...said, outcome: 'fail', says: `In alarm: ${listOf(fresh)}`, value: `ALARM: ${listOf(fresh)}`, evidence };
  }
  if (missing.length > 0 || names.length === 0) {
    return { ...said, outcome: 'error', says: `There is no alarm ${missing.join(', ')}` };
  }
  if (before.length > 0) {
    const says = `In alarm since before the deployment: ${listOf(before)}`;
    return { ...said, outcome: 'nodata', says, value: `ALARM before: ${listOf(before)}` };
  }
  if (unknown.length > 0) {
    return {
      ...said,
      outcome: 'nodata',
      says: `Without data: ${listOf(unknown)}`,
      value: `no data: ${listOf(unknown)}`,
    };
  }
  return {
    ...said,
    outcome: 'pass',
    says: names.length === 1 ? 'It is OK' : `All ${names.length} are OK`,
    value: 'OK',
  };
};

/** When it turned red tells more than the first look: that comes after traffic has moved, or after a warm-up. */
const wasRed = ({ AlarmName, StateTransitionedTimestamp: at }: Alarm, { redBefore, deployedAt }: Task): boolean =>
  redBefore?.includes(AlarmName) === true || (at === undefined ? redBefore === undefined : at * 1000 < deployedAt);

const listOf = (alarms: readonly Alarm[]): string => alarms.map(({ AlarmName }) => AlarmName).join(', ');
