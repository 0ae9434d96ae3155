import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { sampleCompare } from '../../../shared/probe/compare-probe.ts';
import type { Task } from '../../../shared/probe/finding.ts';
import type { CompareProbe } from '../../../shared/validation/suite.ts';
import { taskOf } from '../../support/probes.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import { aCompareCheck } from '../../support/runs.ts';

const MINUTE = 60_000;

const Asked = v.object({
  MetricDataQueries: v.array(
    v.object({
      Id: v.string(),
      MetricStat: v.object({
        Metric: v.object({
          MetricName: v.string(),
          Dimensions: v.array(v.object({ Name: v.string(), Value: v.string() })),
        }),
        Stat: v.string(),
      }),
    }),
  ),
  StartTime: v.number(),
  EndTime: v.number(),
});

/** What was asked, in one line: `bad Errors 7 +0 +10`, with minutes from ten o’clock. */
type Ask = { readonly metric: string; readonly version: string; readonly from: number; readonly until: number };

/** A CloudWatch that has for each question the data points that it is told. */
const cloudWatch = (pointsOf: (ask: Ask) => readonly number[]) => {
  const asked: Ask[] = [];
  const client = (_operation: string, input: object): Promise<unknown> => {
    const { MetricDataQueries, StartTime, EndTime } = v.parse(Asked, input);
    const minutes = (seconds: number) => (seconds * 1_000 - TEN_O_CLOCK) / MINUTE;
    const MetricDataResults = MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => {
      const version = Metric.Dimensions.find(({ Name }) => Name === 'ExecutedVersion')?.Value ?? 'any';
      const ask = { metric: Metric.MetricName, version, from: minutes(StartTime), until: minutes(EndTime) };
      asked.push(ask);
      return { Id, StatusCode: 'Complete', Values: pointsOf(ask) };
    });
    return Promise.resolve({ MetricDataResults });
  };
  return { asked, client };
};

/** A look ten and a half minutes after the hook has begun at ten o’clock. */
const look = async (
  overrides: Partial<CompareProbe>,
  pointsOf: (ask: Ask) => readonly number[],
  since = TEN_O_CLOCK,
  more: Partial<Pick<Task, 'deployedAt' | 'share'>> = {},
) => {
  const check = aCompareCheck({}, overrides);
  const { asked, client } = cloudWatch(pointsOf);
  const { probe } = check;
  if (probe.kind !== 'compare') {
    throw new Error('it is no comparison');
  }
  const variables = { 'old.version': '6', 'new.version': '7', 'function.name': 'orders' };
  const task = taskOf(check, { variables, since, deployedAt: since, now: TEN_O_CLOCK + 10.5 * MINUTE, ...more });
  return { asked, finding: await sampleCompare(probe, task, client) };
};

/** So many errors of so many invocations, by version. */
const counts =
  (versions: Readonly<Record<string, readonly [number, number]>>) =>
  ({ metric, version }: Ask): readonly number[] => {
    const [bad = 0, all = 0] = versions[version] ?? [];
    return metric === 'Errors' ? (bad === 0 ? [] : [bad - 1, 1]) : [all / 2, all / 2];
  };

const DISTRIBUTION: Partial<CompareProbe> = {
  of: { kind: 'distribution', series: { namespace: 'AWS/Lambda', metric: 'Duration', stat: 'p95' } },
  tolerate: { relative: 1.15 },
  minSamples: 8,
  looks: 1,
};

describe('a look at a comparison of ratios', () => {
  it('fails new errors where the old version has none, and says by how much', async () => {
    const { finding } = await look({}, counts({ 6: [0, 9_000], 7: [20, 1_000] }));
    expect(finding).toMatchObject({
      outcome: 'fail',
      says: 'Errors of Invocations: 2 % (20 of 1000), the old version 0 % (0 of 9000): 1.22 to 3.26 points worse, 0.2 tolerated: it is worse',
      value: '2 % (20 of 1000)',
      expected: '0.2 points above 0 % (0 of 9000) at most',
    });
    expect(finding.evidence).toContain('By 95 % over 4 looks: each may be wrong to one side in 1.25 % of cases');
    expect(finding.evidence).toContain(
      'New: FunctionName orders, ExecutedVersion 7, 2026-11-20T10:00:00.000Z to 2026-11-20T10:10:00.000Z',
    );
  });

  it('passes what is proven to be as good, and leaves open what is not', async () => {
    const proven = await look({}, counts({ 6: [3, 27_000], 7: [0, 3_000] }));
    expect(proven.finding).toMatchObject({ outcome: 'pass', value: '0 % (0 of 3000)' });
    const open = await look({}, counts({ 6: [3, 27_000], 7: [0, 1_000] }));
    expect(open.finding.outcome).toBe('between');
    expect(open.finding.says).toMatch(/0\.489 points worse, 0\.2 tolerated: not proven either way$/);
  });

  it('asks about both versions, in whole periods behind the begin of the hook', async () => {
    const { asked } = await look({}, counts({ 6: [0, 9_000], 7: [0, 9_000] }), TEN_O_CLOCK + 1.5 * MINUTE);
    expect(asked).toEqual(
      ['7', '6'].flatMap((version) =>
        ['Errors', 'Invocations'].map((metric) => ({ metric, version, from: 2, until: 10 })),
      ),
    );
  });

  it('looks back to where both versions have had traffic', async () => {
    const { asked } = await look({ lookBackMs: 7 * MINUTE }, counts({ 6: [0, 9_000], 7: [0, 9_000] }));
    expect(asked[0]).toMatchObject({ version: '7', from: -7, until: 10 });
    expect(asked[2]).toMatchObject({ version: '6', from: -7, until: 10 });
  });

  it('has no data before the new version has had as much traffic as it needs (F68)', async () => {
    const { asked, finding } = await look({}, counts({ 6: [0, 9_000], 7: [5, 98] }));
    expect(finding).toEqual({
      outcome: 'nodata',
      says: 'The new version has 98 in all, expected 100 or more',
      value: '98 in all',
      expected: '100 or more',
    });
    expect(asked).toHaveLength(2);
    const early = await look({}, counts({}), TEN_O_CLOCK + 9.8 * MINUTE);
    expect([early.finding.outcome, early.asked]).toEqual(['nodata', []]);
  });

  it('takes the first of its baselines that has enough data', async () => {
    const baselines = [{ kind: 'old-version' }, { kind: 'before-deployment', forMs: 30 * MINUTE }] as const;
    const before = { baselines, lookBackMs: 5 * MINUTE };
    const pointsOf = (ask: Ask) => counts({ 6: ask.from < -5 ? [10, 9_000] : [0, 40], 7: [0, 9_000] })(ask);
    const { asked, finding } = await look(before, pointsOf);
    expect(finding.says).toContain('30 minutes before 0.111 % (10 of 9000)');
    expect(asked.at(-1)).toEqual({ metric: 'Invocations', version: '6', from: -35, until: -5 });
    const none = await look(before, counts({ 6: [0, 40], 7: [0, 9_000] }));
    expect(none.finding).toMatchObject({
      outcome: 'nodata',
      says: 'There is too little to compare with: the old version: 40 in all, 30 minutes before: 40 in all, expected 100 or more',
    });
    const both = await look(before, counts({ 6: [0, 4_000], 7: [0, 9_000] }));
    expect(both.asked).toHaveLength(4);
  });

  it('counts back what was before from the begin of the deployment, however late its hook comes', async () => {
    const baselines = [{ kind: 'before-deployment', forMs: 30 * MINUTE }] as const;
    const pointsOf = counts({ 6: [10, 9_000], 7: [0, 9_000] });
    const late = { deployedAt: TEN_O_CLOCK - 20.5 * MINUTE };
    const { asked } = await look({ baselines }, pointsOf, TEN_O_CLOCK, late);
    expect(asked.at(-1)).toEqual({ metric: 'Invocations', version: '6', from: -51, until: -21 });
    const early = await look({ baselines, lookBackMs: 25 * MINUTE }, pointsOf, TEN_O_CLOCK, late);
    expect(early.asked.at(-1)).toMatchObject({ from: -55, until: -25 });
  });

  it('asks for more at each step of a bake, for each has only its part of what may go wrong', async () => {
    const pointsOf = counts({ 6: [0, 9_000], 7: [7, 1_000] });
    const alone = await look({}, pointsOf);
    expect(alone.finding.outcome).toBe('fail');
    const { finding } = await look({}, pointsOf, TEN_O_CLOCK, { share: 1 / 9 });
    expect(finding.outcome).toBe('between');
    expect(finding.evidence).toContain(
      'By 95 % over 4 looks a step: each may be wrong to one side in 0.139 % of cases',
    );
  });

  it('is an error where what is bad is more than all there is', async () => {
    await expect(look({}, counts({ 6: [0, 9_000], 7: [300, 200] }))).rejects.toThrow(
      '300 Errors of 200 Invocations are no share',
    );
  });
});

describe('a look at a comparison of values', () => {
  const series = (version: string, times: number) =>
    Array.from({ length: 12 }, (_, index) => (100 + (index % 5)) * (version === '7' ? times : 1));

  it('compares the medians, and tells all values as evidence', async () => {
    const slow = await look(DISTRIBUTION, ({ version }) => series(version, 1.5));
    expect(slow.finding).toMatchObject({
      outcome: 'fail',
      value: '152 (median of 12)',
      expected: '15.2 above 102 (median of 12) at most',
    });
    expect(slow.finding.says).toMatch(/^Duration \(p95\): 152 .*worse, 15\.2 tolerated: it is worse$/);
    expect(slow.finding.evidence).toMatch(/Mann-Whitney: U 144, p 0\.00003\d\nOld: 100, 101/);
    expect((await look(DISTRIBUTION, ({ version }) => series(version, 1.02))).finding.outcome).toBe('pass');
  });

  it('has no data with too few data points on either side (F68)', async () => {
    const few = (short: string) =>
      look(DISTRIBUTION, ({ version }) => series(version, 1).slice(0, version === short ? 7 : 12));
    expect((await few('7')).finding).toMatchObject({ outcome: 'nodata', value: '7 data points' });
    expect((await few('6')).finding).toMatchObject({ outcome: 'nodata', value: 'the old version: 7 data points' });
  });
});
