import { describe, expect, it } from 'vitest';
import { normalAbove } from '../../../../shared/validation/compare/normal.ts';
import { likelihoodOfAtMost, newcombe, wilson } from '../../../../shared/validation/compare/ratios.ts';
import type { Counts } from '../../../../shared/validation/compare/ratios.ts';

/** Two-sided 95 %, as the tables have it. */
const Z = normalAbove(0.025);

const counts = (bad: number, all: number): Counts => ({ bad, all });

const rounded = ({ lo, hi }: { readonly lo: number; readonly hi: number }): readonly string[] => [
  lo.toFixed(4),
  hi.toFixed(4),
];

describe('the interval of a ratio', () => {
  // R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
  it.each([
    [81, 263, '0.2553', '0.3662'],
    [15, 148, '0.0624', '0.1605'],
    [0, 20, '0.0000', '0.1611'],
    [1, 29, '0.0061', '0.1718'],
  ])('of %i of %i is the published one', (bad, all, lo, hi) => {
    expect(rounded(wilson(counts(bad, all), Z))).toEqual([lo, hi]);
  });

  it('never proves from 20 requests without an error that fewer than 1 % err; 300 do', () => {
    const one = normalAbove(0.05);
    expect(wilson(counts(0, 20), one).hi).toBeCloseTo(0.119, 3);
    expect(wilson(counts(0, 300), one).hi).toBeCloseTo(0.0089, 4);
  });
});

describe('the interval of the difference of two ratios', () => {
  // R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10.
  it.each([
    [56, 70, 48, 80, '0.0524', '0.3339'],
    [9, 10, 3, 10, '0.1705', '0.8090'],
    [6, 7, 2, 7, '0.0582', '0.8062'],
    [5, 56, 0, 29, '-0.0381', '0.1926'],
    [0, 10, 0, 20, '-0.1611', '0.2775'],
    [0, 10, 0, 10, '-0.2775', '0.2775'],
    [10, 10, 0, 20, '0.6791', '1.0000'],
    [10, 10, 0, 10, '0.6075', '1.0000'],
  ])('of %i/%i and %i/%i is the published one', (bad, all, oldBad, oldAll, lo, hi) => {
    expect(rounded(newcombe(counts(oldBad, oldAll), counts(bad, all), 1, Z))).toEqual([lo, hi]);
  });

  it('from a multiple of the old one is as sure as both are', () => {
    const plain = newcombe(counts(10, 1000), counts(20, 1000), 1, Z);
    const double = newcombe(counts(10, 1000), counts(20, 1000), 2, Z);
    expect((double.lo + double.hi) / 2).toBeLessThan(0.002);
    expect(double.hi - double.lo).toBeGreaterThan(plain.hi - plain.lo);
  });
});

describe('the likelihood of a count', () => {
  it.each([
    [0, 10, 0.1, 0.3486784401],
    [2, 10, 0.5, 0.0546875],
    [5, 5, 0.3, 1],
    [0, 100_000, 0.5, 0],
    [0, 10, 0, 1],
    [9, 10, 1, 0],
    [10, 10, 1, 1],
    // From tables of the Poisson distribution, of which this is next to one: at most 4, 6 on average.
    [4, 6_000_000, 0.000001, 0.2851],
  ])('of at most %i of %i at %s is %s', (bad, all, ratio, likelihood) => {
    expect(likelihoodOfAtMost(bad, all, ratio)).toBeCloseTo(likelihood, 4);
  });

  it('is right where a single count is too unlikely for a double', () => {
    expect(likelihoodOfAtMost(50_000, 100_000, 0.5)).toBeCloseTo(0.5, 2);
  });
});
