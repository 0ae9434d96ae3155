import { describe, expect, it } from 'vitest';
import {
  criticalU,
  fewestFor,
  hodgesLehmann,
  mannWhitney,
  medianOf,
} from '../../../../shared/validation/compare/distributions.ts';

/** Permeability of membranes at term and earlier: Hollander and Wolfe, Nonparametric Statistical Methods, chapter 4. */
const AT_TERM = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
const EARLIER = [1.15, 0.88, 0.9, 0.74, 1.21];

/** Ozone in New York, May and August 1973: R's data set airquality, the example of its wilcox.test. There are ties. */
const MAY = [41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37];
const AUGUST = [
  39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85,
];

describe('the median', () => {
  it('is the value in the middle, or between the two that are', () => {
    expect([medianOf([3, 1, 2]), medianOf([4, 1, 3, 2]), medianOf([10, 9])]).toEqual([2, 2.5, 9.5]);
    expect(medianOf([])).toBeNaN();
  });
});

describe('the test of Mann and Whitney', () => {
  it('finds of a published example what is published, ties included', () => {
    const { u, p } = mannWhitney(AUGUST, MAY);
    expect([u, p.toFixed(7)]).toEqual([127.5, '0.0001208']);
    expect(mannWhitney(EARLIER, AT_TERM).u).toBe(35);
  });

  it('tells nothing from nothing where all values are equal', () => {
    expect(mannWhitney([1, 1, 1], [1, 1, 1])).toEqual({ u: 4.5, p: 1 });
  });

  // One-sided critical values, as in the tables at the end of textbooks.
  it.each([
    [5, 5, 0.05, 4],
    [8, 8, 0.05, 15],
    [10, 10, 0.05, 27],
    [20, 20, 0.05, 138],
    [5, 5, 0.025, 2],
    [5, 10, 0.025, 8],
    [10, 5, 0.025, 8],
    [8, 8, 0.025, 13],
    [10, 10, 0.025, 23],
    [20, 20, 0.025, 127],
    [5, 5, 0.01, 1],
    [10, 10, 0.01, 19],
    [20, 20, 0.01, 114],
  ])('has for %i and %i values at %s the critical value of the tables, %i', (m, n, tail, u) => {
    expect(criticalU(m, n, tail)).toBe(u);
  });

  it('can tell nothing from chance with too few values, whatever they are', () => {
    expect(criticalU(4, 4, 0.01)).toBeUndefined();
    expect([0.05, 0.02, 0.0125, 0.001].map(fewestFor)).toEqual([3, 4, 5, 7]);
    expect(hodgesLehmann([1, 2, 3, 4], [101, 102, 103, 104], 1, 0.01)).toEqual({ lo: -Infinity, hi: Infinity });
  });
});

describe('the interval of a shift', () => {
  it('is the published one', () => {
    const { lo, hi } = hodgesLehmann(EARLIER, AT_TERM, 1, 0.025);
    expect([lo.toFixed(2), hi.toFixed(2)]).toEqual(['-0.15', '0.76']);
  });

  it('from a multiple of the old values is that of what they would be then', () => {
    expect(hodgesLehmann(EARLIER, AT_TERM, 1.5, 0.025)).toEqual(
      hodgesLehmann(
        EARLIER.map((value) => 1.5 * value),
        AT_TERM,
        1,
        0.025,
      ),
    );
  });
});
