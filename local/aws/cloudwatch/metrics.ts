/** What a metric is of: dimensions by name. */
export type Dimensions = Readonly<Record<string, string>>;

export type MetricName = { readonly namespace: string; readonly name: string; readonly dimensions: Dimensions };

/** Some values that were put together: `at` in epoch milliseconds. */
export type Datum = {
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
};

/** The metrics of the account. */
export type Metrics = {
  readonly put: (metric: MetricName, datum: Datum) => void;
  /** What there is of a metric from a moment until before another. */
  readonly between: (metric: MetricName, from: number, until: number) => readonly Datum[];
};

export const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;

export type Statistic = (typeof STATISTICS)[number];

/** One value. */
export const datumOf = (at: number, value: number): Datum => ({ at, count: 1, sum: value, min: value, max: value });

/** What is older than this is forgotten, and so is what is more. */
const KEPT_MS = 3 * 3_600_000;
const KEPT = 20_000;

/** Keeps what is put in memory, for three hours. */
export const createMetrics = (): Metrics => {
  const data = new Map<string, Datum[]>();
  return {
    put: (metric, datum) => {
      const key = keyOf(metric);
      const all = data.get(key) ?? [];
      data.set(key, all);
      all.push(datum);
      if (all.length > KEPT || (all[0]?.at ?? datum.at) < datum.at - 2 * KEPT_MS) {
        data.set(key, all.filter(({ at }) => at >= datum.at - KEPT_MS).slice(-KEPT / 2));
      }
    },
    between: (metric, from, until) => (data.get(keyOf(metric)) ?? []).filter(({ at }) => at >= from && at < until),
  };
};

const keyOf = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** A statistic of some data; undefined of none. */
export const statisticOf = (data: readonly Datum[], statistic: Statistic): number | undefined => {
  if (data.length === 0) {
    return undefined;
  }
  const count = data.reduce((sum, each) => sum + each.count, 0);
  const sum = data.reduce((total, each) => total + each.sum, 0);
  switch (statistic) {
    case 'SampleCount':
      return count;
    case 'Sum':
      return sum;
    case 'Average':
      return sum / count;
    case 'Minimum':
      return Math.min(...data.map(({ min }) => min));
    case 'Maximum':
      return Math.max(...data.map(({ max }) => max));
  }
};

/** The values of a statistic period by period, oldest first: periods begin at their multiples, and have no value without data. */
export const pointsOf = (
  data: readonly Datum[],
  statistic: Statistic,
  periodMs: number,
): readonly { readonly at: number; readonly value: number }[] => {
  const periods = Map.groupBy(data, ({ at }) => Math.floor(at / periodMs));
  return [...periods]
    .sort(([a], [b]) => a - b)
    .flatMap(([period, inside]) => {
      const value = statisticOf(inside, statistic);
      return value === undefined ? [] : [{ at: period * periodMs, value }];
    });
};
