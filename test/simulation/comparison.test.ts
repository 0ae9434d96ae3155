import { describe, expect, it } from 'vitest';
import { createChance } from '../../local/virtual/chance.ts';
import type { Chance } from '../../local/virtual/chance.ts';
import { compareCounts, compareValues } from '../../shared/validation/compare/compare.ts';
import type { Comparison, Standard } from '../../shared/validation/compare/compare.ts';
import { shareOf } from '../../shared/validation/run-call.ts';
import { forecastOf } from '../../shared/validation/compare/forecast.ts';

const LOOKS = 4;
const TRIALS = 1_500;

const standard = (tolerate: Standard['tolerate'], overrides: Partial<Standard> = {}): Standard => ({
  worseWhen: 'higher',
  tolerate,
  confidence: 0.95,
  looks: LOOKS,
  ...overrides,
});

/** Of so many how many are bad, by chance. */
const drawBad = ({ random }: Chance, all: number, rate: number): number => {
  let bad = 0;
  for (let at = skip(random, rate); at <= all; at += skip(random, rate)) {
    bad += 1;
  }
  return bad;
};

/** How far it is to the next one. */
const skip = (random: Chance['random'], rate: number): number =>
  rate <= 0 ? Infinity : 1 + Math.floor(Math.log1p(-random()) / Math.log1p(-rate));

type World = {
  readonly oldRate: number;
  readonly newRate: number;
  readonly oldAll: number;
  readonly perLook: number;
};

/** What a deployment would come to: the first look that fails decides, otherwise the last. */
const deploy = (chance: Chance, world: World, by: Standard): Comparison['outcome'] => {
  const old = { bad: drawBad(chance, world.oldAll, world.oldRate), all: world.oldAll };
  let bad = 0;
  let outcome: Comparison['outcome'] = 'between';
  for (let look = 1; look <= LOOKS && outcome !== 'fail'; look += 1) {
    bad += drawBad(chance, world.perLook, world.newRate);
    ({ outcome } = compareCounts(old, { bad, all: look * world.perLook }, by));
  }
  return outcome;
};

/** In which share of many deployments it comes to that. */
const share = (of: Comparison['outcome'], seed: number, world: World, by: Standard, trials = TRIALS): number => {
  const chance = createChance(seed);
  const outcomes = Array.from({ length: trials }, () => deploy(chance, world, by));
  return outcomes.filter((outcome) => outcome === of).length / trials;
};

/** What a share of one in twenty may be by chance, in three standard deviations. */
const ALLOWED = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / TRIALS);

const TRAFFIC = [
  [0.02, 9_000, 300],
  [0.02, 9_000, 1_000],
  [0.1, 9_000, 100],
  [0.01, 27_000, 25],
  [0.001, 9_000, 300],
  [0.001, 27_000, 100],
  [0.0001, 27_000, 300],
  [0.0005, 3_000, 300],
  [0.01, 300, 3_000],
] as const;

describe('a comparison of ratios, looked at four times', () => {
  it.each(TRAFFIC)(
    'rolls back no more than the stated share of what is as good or as bad as is tolerated: %s, %i, %i a look (F65)',
    (rate, oldAll, perLook) => {
      const falseAlarms = (newRate: number, tolerate: Standard['tolerate']) =>
        share('fail', 7, { oldRate: rate, newRate, oldAll, perLook }, standard(tolerate));
      expect(falseAlarms(rate, {})).toBeLessThanOrEqual(ALLOWED);
      expect(falseAlarms(rate + 0.002, { absolute: 0.002 })).toBeLessThanOrEqual(ALLOWED);
      expect(falseAlarms(rate * 1.25, { relative: 1.25 })).toBeLessThanOrEqual(ALLOWED);
      const both = { absolute: 0.002, relative: 1.25 };
      expect(falseAlarms(rate + Math.max(0.002, rate * 0.25), both)).toBeLessThanOrEqual(ALLOWED);
    },
  );

  it('would roll back far more by the same looks, had each of them the whole level', () => {
    const world = { oldRate: 0.02, newRate: 0.02, oldAll: 90_000, perLook: 1_000 };
    expect(share('fail', 7, world, standard({}, { looks: 1 }))).toBeGreaterThan(0.08);
  });

  it.each(TRAFFIC)(
    'takes no more than the stated share of what is worse for proven: %s, old %i, new %i a look',
    (rate, oldAll, perLook) => {
      const world = { oldRate: rate, newRate: rate + 0.005, oldAll, perLook };
      expect(share('pass', 9, world, standard({ absolute: 0.005 }))).toBeLessThanOrEqual(ALLOWED);
    },
  );

  it.each([
    [300, 0.01, 0.02],
    [1_000, 0.01, 0.02],
    [1_000, 0.001, 0.01],
    [60, 0.02, 0.08],
  ])('sees at %i requests a minute a rise from %s to %s in the time it says', (perMinute, baselineRate, worseRate) => {
    const by = standard({ absolute: 0.002, relative: 1.25 });
    const { toFail = NaN } = forecastOf({ perMinute, baselineRate, worseRate, baselineMinutes: 30 }, by);
    const world = {
      oldRate: baselineRate,
      newRate: worseRate,
      oldAll: 30 * perMinute,
      perLook: Math.ceil((toFail * perMinute) / LOOKS),
    };
    expect(share('fail', 11, world, by)).toBeGreaterThan(0.76);
    const half = { ...world, perLook: Math.ceil(world.perLook / 3) };
    expect(share('fail', 11, half, by)).toBeLessThan(0.76);
  });

  it('proves in the time it says that what is as good is no worse than is tolerated', () => {
    const by = standard({ absolute: 0.005 });
    const expected = { perMinute: 1_000, baselineRate: 0.01, worseRate: 0.03 };
    const { toPass = NaN } = forecastOf(expected, by);
    const all = toPass * expected.perMinute;
    const world = { oldRate: 0.01, newRate: 0.01, oldAll: all, perLook: Math.ceil(all / LOOKS) };
    expect(share('pass', 13, world, by, 400)).toBeGreaterThan(0.74);
  });

  it('fails new errors where there were none', () => {
    const world = { oldRate: 0, newRate: 0.02, oldAll: 9_000, perLook: 250 };
    expect(share('fail', 17, world, standard({ absolute: 0.002, relative: 1.25 }))).toBeGreaterThan(0.95);
  });

  it('never proves by 20 requests that fewer than 1 % err, whatever they were', () => {
    const by = standard({ absolute: 0.01 }, { confidence: 0.9, looks: 1 });
    const outcomes = Array.from({ length: 21 }, (_, bad) =>
      compareCounts({ bad: 0, all: 100_000 }, { bad, all: 20 }, by),
    );
    expect(outcomes.map(({ outcome }) => outcome)).not.toContain('pass');
  });
});

describe('a bake of ten steps, looked at four times at each', () => {
  const STEPS = 10;

  /** What the step is at which it is stopped; undefined: at none. What has been counted grows from step to step. */
  const bake = (
    chance: Chance,
    perLook: number,
    oldRate: number,
    newRateAt: (step: number) => number,
    of: number | undefined,
  ): number | undefined => {
    const old = { bad: 0, all: 0 };
    const now = { bad: 0, all: 0 };
    for (let step = 1; step <= STEPS; step += 1) {
      const part = shareOf({ kind: 'bake', weight: step * 9, step, since: 0, ...(of !== undefined && { of }) });
      const by = standard({ absolute: 0.002, relative: 1.25 }, { looks: LOOKS / part });
      for (let look = 1; look <= LOOKS; look += 1) {
        // Its traffic moves from one to the other.
        const [more, less] = [step * perLook, (STEPS + 1 - step) * perLook];
        now.bad += drawBad(chance, more, newRateAt(step));
        now.all += more;
        old.bad += drawBad(chance, less, oldRate);
        old.all += less;
        if (compareCounts(old, now, by).outcome === 'fail') {
          return step;
        }
      }
    }
    return undefined;
  };

  const bakes = (
    perLook: number,
    oldRate: number,
    newRateAt: (step: number) => number,
    of: number | undefined,
    trials = 600,
  ): readonly (number | undefined)[] => {
    const chance = createChance(23);
    return Array.from({ length: trials }, () => bake(chance, perLook, oldRate, newRateAt, of));
  };

  const stopped = (steps: readonly (number | undefined)[]): number =>
    steps.filter((step) => step !== undefined).length / steps.length;

  const most = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 600);

  it.each([
    [30, 0.02],
    [100, 0.01],
    [300, 0.001],
    [50, 0.0005],
  ])(
    'stops no more than the stated share of what is just as bad as is tolerated: %i a look at first, %s',
    (perLook, rate) => {
      const tolerated = rate + Math.max(0.002, rate * 0.25);
      for (const of of [STEPS, undefined]) {
        expect(stopped(bakes(perLook, rate, () => tolerated, of))).toBeLessThanOrEqual(most);
        expect(stopped(bakes(perLook, rate, () => rate, of))).toBeLessThanOrEqual(most);
      }
    },
  );

  it('would stop far more, had each of its steps the whole level and only its own data', () => {
    const chance = createChance(29);
    const world = { oldRate: 0.02, newRate: 0.02, oldAll: 90_000, perLook: 1_000 };
    const alarms = Array.from({ length: 300 }, () =>
      Array.from({ length: STEPS }, () => deploy(chance, world, standard({}))).includes('fail'),
    );
    expect(alarms.filter(Boolean).length / alarms.length).toBeGreaterThan(0.1);
  });

  it.each([STEPS, undefined])(
    'stops what errs the more the more traffic it has, long before it has all (of %s)',
    (of) => {
      const steps = bakes(100, 0.005, (step) => 0.005 * step, of, 300);
      expect(stopped(steps)).toBeGreaterThan(0.99);
      const found = steps.flatMap((step) => step ?? []).sort((a, b) => a - b);
      expect(found[Math.floor(found.length * 0.95)]).toBeLessThanOrEqual(6);
    },
  );

  it('stops what a single step could not prove', () => {
    const perStep = bakes(20, 0.005, () => 0.02, STEPS, 300);
    expect(stopped(perStep)).toBeGreaterThan(0.9);
    expect(perStep.filter((step) => step === 1).length / perStep.length).toBeLessThan(0.1);
  });
});

describe('a comparison of values, looked at four times', () => {
  /** Percentiles of minutes: skewed, never below nothing, and rounded, so that there are ties. */
  const minutes = ({ random }: Chance, count: number, factor: number): readonly number[] =>
    Array.from({ length: count }, () => Math.round(factor * (80 + 20 * Math.exp(1.5 * (random() + random() - 1)))));

  const shareOf = (of: Comparison['outcome'], factor: number, by: Standard): number => {
    const chance = createChance(19);
    const trials = 400;
    const outcomes = Array.from({ length: trials }, () => {
      const old = minutes(chance, 30, 1);
      const all = minutes(chance, 24, factor);
      const looks = [6, 12, 18, 24].map((count) => compareValues(old, all.slice(0, count), by).outcome);
      return looks.includes('fail') ? 'fail' : looks.at(-1);
    });
    return outcomes.filter((outcome) => outcome === of).length / trials;
  };

  it('rolls back no more than the stated share of what is as slow as is tolerated', () => {
    const most = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 400);
    expect(shareOf('fail', 1, standard({}))).toBeLessThanOrEqual(most);
    expect(shareOf('fail', 1.15, standard({ relative: 1.15 }))).toBeLessThanOrEqual(most);
  });

  it('sees what is slower, and proves what is not', () => {
    expect(shareOf('fail', 1.4, standard({ relative: 1.15 }))).toBeGreaterThan(0.95);
    expect(shareOf('pass', 1, standard({ relative: 1.15 }))).toBeGreaterThan(0.9);
  });
});
