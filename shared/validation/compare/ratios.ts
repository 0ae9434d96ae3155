import type { Bounds } from './bounds.ts';

/** How many of how many. */
export type Counts = { readonly bad: number; readonly all: number };

/** What a ratio was measured to be. */
export const ratioOf = ({ bad, all }: Counts): number => bad / all;

/**
 * Between what a ratio lies of which so much was counted: Wilson's score interval. None of none at all is no proof of nothing.
 * `z`: how many standard deviations the stated level is.
 */
export const wilson = ({ bad, all }: Counts, z: number): Bounds => {
  const ratio = bad / all;
  const square = z * z;
  const middle = ratio + square / (2 * all);
  const half = z * Math.sqrt((ratio * (1 - ratio)) / all + square / (4 * all * all));
  const whole = 1 + square / all;
  // Rounding would leave a little where nothing, or everything, was counted.
  return {
    lo: bad === 0 ? 0 : Math.max(0, (middle - half) / whole),
    hi: bad === all ? 1 : Math.min(1, (middle + half) / whole),
  };
};

/**
 * Between what lies by how much the new ratio is above `weight` times the old one: Newcombe's interval of a difference, from
 * Wilson's of both. With weight 1 it is that of the plain difference.
 */
export const newcombe = (old: Counts, now: Counts, weight: number, z: number): Bounds => {
  const [before, after] = [ratioOf(old), ratioOf(now)];
  const [ofOld, ofNow] = [wilson(old, z), wilson(now, z)];
  const difference = after - weight * before;
  return {
    lo: difference - Math.hypot(after - ofNow.lo, weight * (ofOld.hi - before)),
    hi: difference + Math.hypot(ofNow.hi - after, weight * (before - ofOld.lo)),
  };
};

/** How likely as few as that, or fewer, of so many are bad, where the ratio is this. */
export const likelihoodOfAtMost = (bad: number, all: number, ratio: number): number => {
  if (ratio >= 1) {
    return bad >= all ? 1 : 0;
  }
  const odds = Math.log(ratio) - Math.log1p(-ratio);
  let sum = 0;
  for (let count = 0, log = all * Math.log1p(-ratio); count <= bad; count += 1) {
    sum += Math.exp(log);
    log += Math.log((all - count) / (count + 1)) + odds;
  }
  return Math.min(1, sum);
};
