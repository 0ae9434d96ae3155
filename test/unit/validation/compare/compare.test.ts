import { describe, expect, it } from 'vitest';
import { compareCounts, compareValues } from '../../../../shared/validation/compare/compare.ts';
import type { Comparison, Standard } from '../../../../shared/validation/compare/compare.ts';
import type { Counts } from '../../../../shared/validation/compare/ratios.ts';

const standard = (overrides: Partial<Standard> = {}): Standard => ({
  worseWhen: 'higher',
  tolerate: { absolute: 0.002, relative: 1.25 },
  confidence: 0.95,
  looks: 4,
  ...overrides,
});

const of = (bad: number, all: number): Counts => ({ bad, all });

const percent = ({ worseBy: { lo, hi } }: Comparison): readonly string[] => [
  (100 * lo).toFixed(2),
  (100 * hi).toFixed(2),
];

describe('a comparison of ratios', () => {
  it('fails new errors where there were none: nothing before is nothing to hide behind (F66)', () => {
    const compared = compareCounts(of(0, 9_000), of(20, 1_000), standard());
    expect(compared).toMatchObject({ outcome: 'fail', old: 0, now: 0.02, tolerated: 0.002 });
    expect(percent(compared)).toEqual(['1.22', '3.26']);
  });

  it('passes what is proven to be no worse than is tolerated', () => {
    const compared = compareCounts(of(3, 27_000), of(0, 3_000), standard());
    expect(compared.outcome).toBe('pass');
    expect(percent(compared)[1]).toBe('0.16');
  });

  it('leaves open what too little traffic proves', () => {
    expect(compareCounts(of(3, 27_000), of(0, 1_000), standard())).toMatchObject({ outcome: 'between' });
    const few = standard({ tolerate: { absolute: 0.01 }, looks: 1 });
    expect(compareCounts(of(0, 27_000), of(0, 20), few).outcome).toBe('between');
    expect(compareCounts(of(0, 27_000), of(0, 300), few).outcome).toBe('pass');
  });

  it('takes one error of few requests for what may come by chance (F67)', () => {
    const none = standard({ tolerate: { absolute: 0.0001 } });
    expect(compareCounts(of(27, 27_000), of(2, 100), none)).toMatchObject({ outcome: 'fail' });
    const one = compareCounts(of(27, 27_000), of(1, 100), none);
    expect(one).toMatchObject({ outcome: 'between' });
    expect(one.worseBy.lo).toBeGreaterThan(one.tolerated);
  });

  it('is as quick with billions', () => {
    const began = performance.now();
    const busy = compareCounts(of(200_000_000, 2_000_000_000), of(210_000_000, 2_000_000_000), standard());
    expect(busy.outcome).toBe('pass');
    expect(performance.now() - began).toBeLessThan(100);
  });

  it('fails only what exceeds both tolerances', () => {
    const worse = (tolerate: Standard['tolerate']) =>
      compareCounts(of(1_000, 100_000), of(1_500, 100_000), standard({ tolerate })).outcome;
    expect(worse({ absolute: 0.002 })).toBe('fail');
    expect(worse({ relative: 1.25 })).toBe('fail');
    expect(worse({ absolute: 0.002, relative: 1.25 })).toBe('fail');
    expect(worse({ absolute: 0.01, relative: 1.25 })).toBe('pass');
    expect(worse({ absolute: 0.002, relative: 2 })).toBe('pass');
  });

  it('takes into account that a tolerance relative to what was measured is no surer than that', () => {
    const old = of(10, 1_000);
    const plain = compareCounts(old, of(30, 1_000), standard({ tolerate: { absolute: 0.01 } }));
    const relative = compareCounts(old, of(30, 1_000), standard({ tolerate: { relative: 2 } }));
    expect(relative.tolerated).toBeCloseTo(plain.tolerated);
    expect(relative.worseBy.lo).toBeLessThan(plain.worseBy.lo);
  });

  it('asks for more of each look the more there are (F65)', () => {
    const look = (looks: number) => compareCounts(of(10, 1_000), of(25, 1_000), standard({ looks })).worseBy;
    expect(look(8).lo).toBeLessThan(look(1).lo);
    expect(look(8).hi).toBeGreaterThan(look(1).hi);
  });

  it('turns round where lower is worse', () => {
    const lower = (bad: number, tolerate: Standard['tolerate']) =>
      compareCounts(of(9_000, 10_000), of(bad, 10_000), standard({ worseWhen: 'lower', tolerate }));
    expect(lower(8_000, { absolute: 0.05 }).outcome).toBe('fail');
    expect(lower(8_000, { relative: 1.05 }).outcome).toBe('fail');
    expect(lower(9_500, { absolute: 0.05 }).outcome).toBe('pass');
    expect(lower(8_990, { relative: 1.05 })).toMatchObject({ outcome: 'pass' });
    expect(lower(8_990, { relative: 1.05 }).tolerated).toBeCloseTo(0.045);
  });
});

describe('a comparison of values', () => {
  const OLD = [100, 104, 98, 101, 103, 99, 102, 97, 105, 100];
  const values = (now: readonly number[], overrides: Partial<Standard> = {}) =>
    compareValues(OLD, now, standard({ tolerate: { relative: 1.15 }, looks: 1, ...overrides }));
  const times = (factor: number) => OLD.map((value) => value * factor);

  it('fails what is slower than is tolerated, and passes what is not', () => {
    expect(values(times(1.4))).toMatchObject({ outcome: 'fail', old: 100.5 });
    expect(values(times(1.05)).outcome).toBe('pass');
    expect(values(times(1.15)).outcome).toBe('between');
  });

  it('is not misled by one value that is far out', () => {
    expect(values([...OLD.slice(1), 60_000]).outcome).toBe('pass');
  });

  it('is never decided by too few values for the level', () => {
    expect(values([900, 901, 902], { looks: 40 }).outcome).toBe('between');
  });

  it('turns round where lower is worse', () => {
    const lower = { worseWhen: 'lower', tolerate: { relative: 1.2 } } as const;
    expect(values(times(0.6), lower).outcome).toBe('fail');
    expect(values(times(0.95), lower).outcome).toBe('pass');
    expect(values(times(2), lower).outcome).toBe('pass');
  });
});
