import type { Bounds } from './bounds.ts';
import { hodgesLehmann, medianOf } from './distributions.ts';
import { normalAbove } from './normal.ts';
import { likelihoodOfAtMost, newcombe, ratioOf } from './ratios.ts';
import type { Counts } from './ratios.ts';

/** By what a comparison is judged. */
export type Standard = {
  readonly worseWhen: 'higher' | 'lower';
  /** How much worse the new side may be, at least one of them: both have to be exceeded to fail. */
  readonly tolerate: { readonly absolute?: number; readonly relative?: number };
  /** How sure one has to be, such as 0.95, over all looks together. */
  readonly confidence: number;
  /** How often it is looked at: each look has its part of what may go wrong. */
  readonly looks: number;
};

/** What a comparison comes to. */
export type Comparison = {
  /** `fail`: it is worse than is tolerated; `pass`: it is not; `between`: neither is proven. */
  readonly outcome: 'fail' | 'pass' | 'between';
  readonly old: number;
  readonly now: number;
  /** Between what lies by how much the new side is worse than the old. */
  readonly worseBy: Bounds;
  readonly tolerated: number;
};

/** Compares how many were bad of how many, before and now. There has to be something on both sides. */
export const compareCounts = (old: Counts, now: Counts, standard: Standard): Comparison => {
  const tail = tailOf(standard);
  const z = normalAbove(tail);
  const compared = judge(ratioOf(old), ratioOf(now), standard, (weight) => newcombe(old, now, weight, z));
  return likelihoodOf(compared, now, standard) > tail ? { ...compared, outcome: 'between' } : compared;
};

/** With so many the interval is as good, and there would be much to add up. */
const ENOUGH_COUNTED = 10_000;

/**
 * How likely what was counted is where the new side is worse by just what is tolerated. The interval is rather too narrow where
 * next to nothing was counted: one error of a hundred requests is soon come by.
 */
const likelihoodOf = (
  { outcome, old, tolerated }: Comparison,
  { bad, all }: Counts,
  { worseWhen }: Standard,
): number => {
  const isHigher = worseWhen === 'higher';
  const worse = isHigher ? bad : all - bad;
  const ratio = (isHigher ? old : 1 - old) + tolerated;
  if (worse > ENOUGH_COUNTED) {
    return 0;
  }
  switch (outcome) {
    case 'fail':
      return 1 - likelihoodOfAtMost(Math.ceil(worse) - 1, all, ratio);
    case 'pass':
      return likelihoodOfAtMost(worse, all, ratio);
    case 'between':
      return 0;
  }
};

/** Compares values, before and now. There has to be something on both sides. */
export const compareValues = (old: readonly number[], now: readonly number[], standard: Standard): Comparison => {
  const tail = tailOf(standard);
  return judge(medianOf(old), medianOf(now), standard, (weight) => hodgesLehmann(old, now, weight, tail));
};

/** How likely one look may be wrong to one side: who looks often is wrong more often unless each look asks for more. */
export const tailOf = ({ confidence, looks }: Pick<Standard, 'confidence' | 'looks'>): number =>
  (1 - confidence) / looks;

/** `boundsOf`: between what lies by how much the new side is above so many times the old. */
const judge = (
  old: number,
  now: number,
  { worseWhen, tolerate: { absolute = 0, relative = 1 } }: Standard,
  boundsOf: (weight: number) => Bounds,
): Comparison => {
  const part = (relative - 1) * old;
  const tolerated = Math.max(absolute, part);
  // A tolerance that is a part of what was measured is no surer than that: its error counts as well.
  const isPart = part > absolute;
  const isHigher = worseWhen === 'higher';
  const { lo, hi } = boundsOf(isPart ? (isHigher ? relative : 2 - relative) : 1);
  const more = isPart ? part : 0;
  const worseBy = isHigher ? { lo: lo + more, hi: hi + more } : { lo: -hi + more, hi: -lo + more };
  const outcome = worseBy.lo > tolerated ? 'fail' : worseBy.hi <= tolerated ? 'pass' : 'between';
  return { outcome, old, now, worseBy, tolerated };
};
