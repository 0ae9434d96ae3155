import { compareCounts } from './compare.ts';
import type { Comparison, Standard } from './compare.ts';
import { normalAbove } from './normal.ts';

/** What is expected to be seen, before there is anything to see. */
export type Expected = {
  readonly perMinute: number;
  /** The share of the old side that is bad. */
  readonly baselineRate: number;
  /** A share of the new side that is to be seen. */
  readonly worseRate: number;
  /** How many minutes of the same traffic the old side has; left out: as many as the new. */
  readonly baselineMinutes?: number;
};

/** How many minutes the new side has to have traffic until something is seen in four of five cases; undefined: more than a day. */
export type Forecast = {
  /** That it is worse, if it is so bad. */
  readonly toFail: number | undefined;
  /** That it is not, if it is as good as the old. */
  readonly toPass: number | undefined;
};

/** In one of five cases chance is against it by more than so many standard deviations. */
const BAD_LUCK = normalAbove(0.2);

const LONGEST = 24 * 60;

/** Says how long it takes until a comparison of ratios comes to something. */
export const forecastOf = (expected: Expected, standard: Standard): Forecast => {
  const badLuck = standard.worseWhen === 'higher' ? BAD_LUCK : -BAD_LUCK;
  return {
    toFail: minutesUntil('fail', expected.worseRate, -badLuck, expected, standard),
    toPass: minutesUntil('pass', expected.baselineRate, badLuck, expected, standard),
  };
};

const minutesUntil = (
  outcome: Comparison['outcome'],
  rate: number,
  luck: number,
  { perMinute, baselineRate, baselineMinutes }: Expected,
  standard: Standard,
): number | undefined => {
  const isSeen = (minutes: number): boolean => {
    const all = minutes * perMinute;
    const before = (baselineMinutes ?? minutes) * perMinute;
    const spread = Math.sqrt((rate * (1 - rate)) / all + (baselineRate * (1 - baselineRate)) / before);
    const seen = Math.min(1, Math.max(0, rate + luck * spread));
    const old = { bad: baselineRate * before, all: before };
    return compareCounts(old, { bad: seen * all, all }, standard).outcome === outcome;
  };
  let most = 1;
  while (!isSeen(most)) {
    most *= 2;
    if (most > LONGEST) {
      return undefined;
    }
  }
  let least = most / 2;
  while (most - least > 1) {
    const middle = Math.ceil((least + most) / 2);
    if (isSeen(middle)) {
      most = middle;
    } else {
      least = middle;
    }
  }
  return most;
};
