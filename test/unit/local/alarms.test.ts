import { describe, expect, it } from 'vitest';
import type { AlarmDefinition } from '../../../local/aws/cloudwatch/alarm.ts';
import { createMetrics, datumOf, pointsOf, STATISTICS, statisticOf } from '../../../local/aws/cloudwatch/metrics.ts';
import { runAlarms } from '../../../local/aws/cloudwatch/simulated-alarms.ts';
import { aHandClock } from '../../support/hand-clock.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const METRIC = { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: 'orders' } } as const;

const anAlarm = (more: Partial<AlarmDefinition> = {}): AlarmDefinition => ({
  name: 'orders-errors',
  metric: METRIC,
  statistic: 'Sum',
  periodSeconds: 60,
  evaluationPeriods: 2,
  datapointsToAlarm: 2,
  comparison: 'GreaterThanThreshold',
  threshold: 1,
  treatMissingData: 'missing',
  ...more,
});

/** Alarms by a clock of their own, what has been told of them, and a way to count errors. */
const alarming = (definition: AlarmDefinition, speed = 1) => {
  const clock = aHandClock(TEN_O_CLOCK);
  const told: string[] = [];
  const alarms = runAlarms({
    ...{ alarms: [definition], metrics: createMetrics(), speed, now: clock.now, after: clock.after },
    onChange: ({ state }, previous) => {
      const tenths = Math.round((clock.now() - TEN_O_CLOCK) / 100);
      told.push(`${tenths / 10} ${previous.value} ${state.value}`);
    },
  });
  const count = (errors: number): void => {
    alarms.put(METRIC, datumOf(clock.now(), errors));
  };
  return { clock, told, alarms, count };
};

describe('a local alarm', () => {
  it('is red once as many periods are as it says, and recovers', async () => {
    const { clock, told, count } = alarming(anAlarm());
    count(2);
    await clock.pass(60_000);
    expect(told).toEqual(['10 INSUFFICIENT_DATA OK']);
    count(2);
    await clock.pass(60_000);
    count(0);
    await clock.pass(60_000);
    expect(told.slice(1)).toEqual(['70 OK ALARM', '120 ALARM OK']);
  });

  it.each([
    ['missing', ['10 INSUFFICIENT_DATA ALARM', '60 ALARM INSUFFICIENT_DATA']],
    ['notBreaching', ['10 OK ALARM', '60 ALARM OK']],
    ['breaching', []],
    ['ignore', ['10 INSUFFICIENT_DATA ALARM']],
  ] as const)('takes data that are missing as %s', async (treatMissingData, expected) => {
    const { clock, told, count } = alarming(anAlarm({ treatMissingData, evaluationPeriods: 1, datapointsToAlarm: 1 }));
    count(5);
    await clock.pass(600_000);
    expect(told).toEqual(expected);
  });

  it('has shorter periods by a faster clock', async () => {
    const { clock, told, count } = alarming(
      anAlarm({ evaluationPeriods: 1, datapointsToAlarm: 1, treatMissingData: 'notBreaching' }),
      60,
    );
    count(5);
    await clock.pass(5_000);
    expect(told).toEqual(['0.2 OK ALARM', '1 ALARM OK']);
  });

  it('is what somebody says until there are data again', async () => {
    const { clock, told, alarms, count } = alarming(anAlarm());
    expect(alarms.set('orders-errors', 'ALARM', 'A rehearsal')).toBe(true);
    expect(alarms.set('others', 'ALARM', 'A rehearsal')).toBe(false);
    await clock.pass(3_600_000);
    alarms.put({ ...METRIC, name: 'Invocations' }, datumOf(clock.now(), 1));
    await clock.pass(10_000);
    expect(told).toEqual(['0 INSUFFICIENT_DATA ALARM']);
    count(0);
    await clock.pass(10_000);
    expect(told.at(-1)).toBe('3620 ALARM OK');
  });

  it('costs nothing while there are no data', async () => {
    const { clock, count } = alarming(anAlarm());
    expect(clock.waiting()).toBe(0);
    count(1);
    expect(clock.waiting()).toBe(1);
    await clock.pass(600_000);
    expect(clock.waiting()).toBe(0);
  });
});

describe('a local metric', () => {
  it('has the statistics of CloudWatch', () => {
    const data = [datumOf(0, 4), { at: 1, count: 3, sum: 6, min: 1, max: 3 }];
    expect(STATISTICS.map((statistic) => statisticOf(data, statistic))).toEqual([4, 2.5, 10, 1, 4]);
    expect(statisticOf([], 'Sum')).toBeUndefined();
  });

  it('has a value for each period with data', () => {
    const data = [datumOf(59_999, 1), datumOf(60_000, 2), datumOf(61_000, 3), datumOf(180_000, 4)];
    expect(pointsOf(data, 'Sum', 60_000)).toEqual([
      { at: 0, value: 1 },
      { at: 60_000, value: 5 },
      { at: 180_000, value: 4 },
    ]);
  });

  it('is told apart by its dimensions, in whichever order', () => {
    const metrics = createMetrics();
    const named = (dimensions: Readonly<Record<string, string>>) => ({
      namespace: 'Shop',
      name: 'Baskets',
      dimensions,
    });
    metrics.put(named({ a: '1', b: '2' }), datumOf(5, 1));
    expect(metrics.between(named({ b: '2', a: '1' }), 0, 6)).toHaveLength(1);
    expect(metrics.between(named({ a: '1' }), 0, 6)).toEqual([]);
    expect(metrics.between(named({ a: '1', b: '2' }), 0, 5)).toEqual([]);
  });
});
