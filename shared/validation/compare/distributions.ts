import type { Bounds } from './bounds.ts';
import { normalTail } from './normal.ts';

type Values = readonly number[];

/** The value in the middle. */
export const medianOf = (values: Values): number => {
  const sorted = values.toSorted(ascending);
  const middle = sorted.length / 2;
  const [below = NaN, above = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (below + above) / 2;
};

const ascending = (a: number, b: number): number => a - b;

/** How two sets of values differ by their ranks: `u` counts the pairs in which the new one is greater, equal ones by halves. */
export type MannWhitney = {
  readonly u: number;
  /** How likely so great a difference to either side is where there is none. */
  readonly p: number;
};

/** The test of Mann and Whitney, by the normal approximation, corrected for ties and for continuity. */
export const mannWhitney = (old: Values, now: Values): MannWhitney => {
  const [m, n] = [old.length, now.length];
  const u = now.reduce((sum, value) => sum + old.reduce((count, other) => count + winsOver(value, other), 0), 0);
  const all = m + n;
  const ties = [...Map.groupBy([...old, ...now], (value) => value).values()].map(({ length }) => length ** 3 - length);
  const variance = ((m * n) / 12) * (all + 1 - ties.reduce((sum, tie) => sum + tie, 0) / (all * (all - 1)));
  const distance = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5);
  return { u, p: variance > 0 ? Math.min(1, 2 * normalTail(distance / Math.sqrt(variance))) : 1 };
};

const winsOver = (value: number, other: number): number => (value > other ? 1 : value === other ? 0.5 : 0);

/**
 * Between what lies by how much the new values are above `weight` times the old ones: the differences of all pairs, without so
 * many at either end as chance alone may give (Hodges and Lehmann). Where there are ties it is rather too wide than too narrow.
 * With too few values for the level there are no bounds. Meant for some hundred values a side at most.
 */
export const hodgesLehmann = (old: Values, now: Values, weight: number, tail: number): Bounds => {
  const left = criticalU(old.length, now.length, tail);
  if (left === undefined) {
    return { lo: -Infinity, hi: Infinity };
  }
  const differences = now.flatMap((value) => old.map((other) => value - weight * other)).sort(ascending);
  return { lo: differences[left] ?? -Infinity, hi: differences.at(-1 - left) ?? Infinity };
};

/** The greatest U that is at most so likely, or a smaller one, where there is no difference; undefined: none is. */
export const criticalU = (m: number, n: number, tail: number): number | undefined => {
  const counts = waysToU(m, n);
  const most = tail * ways(m, n);
  let sum = 0;
  const first = counts.findIndex((count) => {
    sum += count;
    return sum > most;
  });
  // Below the middle there is always one that is likelier than a half.
  return first > 0 ? first - 1 : undefined;
};

/** How many values a side need to have that anything can be told from chance at this level. */
export const fewestFor = (tail: number): number => {
  let side = 1;
  while (tail * ways(side, side) < 1) {
    side += 1;
  }
  return side;
};

/** In how many ways the values of two sets can be ranked. */
const ways = (m: number, n: number): number => {
  let product = 1;
  for (let k = 1; k <= Math.min(m, n); k += 1) {
    product *= (Math.max(m, n) + k) / k;
  }
  return product;
};

/** In how many of them U is 0, 1, ... up to the middle: the coefficients of the Gaussian binomial. */
const waysToU = (m: number, n: number): readonly number[] => {
  const counts: number[] = Array.from({ length: Math.floor((m * n) / 2) + 1 }, (_, u) => (u === 0 ? 1 : 0));
  for (let k = 1; k <= Math.min(m, n); k += 1) {
    const times = Math.max(m, n) + k;
    for (let u = counts.length - 1; u >= times; u -= 1) {
      counts[u] = (counts[u] ?? 0) - (counts[u - times] ?? 0);
    }
    for (let u = k; u < counts.length; u += 1) {
      counts[u] = (counts[u] ?? 0) + (counts[u - k] ?? 0);
    }
  }
  return counts;
};
