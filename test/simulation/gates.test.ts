import { describe, expect, it } from 'vitest';
import { simulateGates } from './simulate-gates.ts';

const WORLDS = 400;
const HARSH_WORLDS = 200;

const play = async (from: number, count: number, harsh: boolean) => {
  const broken: string[] = [];
  const sum = { effective: 0, applied: 0, faults: 0, alone: 0, together: 0 };
  for (let seed = from; seed < from + count; seed += 1) {
    const { problems, byRule, ...world } = await simulateGates(seed, { harsh });
    sum.effective += world.effective;
    sum.applied += world.applied;
    sum.faults += world.faults;
    sum.alone += byRule.alone;
    sum.together += byRule.together;
    broken.push(...problems.map((problem) => `world ${seed}: ${problem}`));
  }
  return { broken, sum };
};

describe('decide', () => {
  it('acts at most once, on record and for the execution that was shown, whatever fails (P9, F42, F43, S21)', async () => {
    const { broken, sum } = await play(1, WORLDS, false);
    expect(broken).toEqual([]);
    // What nobody did would be kept by anybody.
    expect(sum.applied).toBeGreaterThan(WORLDS / 4);
    expect(sum.faults).toBeGreaterThan(WORLDS);
    expect(sum.alone).toBeGreaterThan(WORLDS / 20);
    expect(sum.together).toBeGreaterThan(WORLDS / 40);
  });

  it(`and in ${HARSH_WORLDS} worlds in which nearly everything goes wrong`, async () => {
    expect((await play(1, HARSH_WORLDS, true)).broken).toEqual([]);
  });
});
