import { describe, expect, it } from 'vitest';
import type { MemoryTable } from '../../local/virtual/memory-store.ts';
import { deliveryPlaceOf } from '../../shared/store/keys.ts';
import { reportWorld } from './report-world.ts';
import { shrinkWorld } from './shrink.ts';
import { simulateWorld } from './simulate-world.ts';

/** Says that it has written, and has not: every third time that a message's id was to be kept. */
const forgetful = (table: MemoryTable): MemoryTable => {
  let writes = 0;
  return {
    ...table,
    write: (item) => {
      const isDelivery = deliveryPlaceOf(item.key) !== undefined && JSON.stringify(item.body).includes('"shown"');
      writes += isDelivery ? 1 : 0;
      return isDelivery && writes % 3 === 0 ? true : table.write(item);
    },
  };
};

/** A large world that does not bear it. */
const SEED = 7;

const playForgetful = (restrictions = {}) => simulateWorld(SEED, { restrictions, overTable: forgetful });

describe('a world that breaks a promise', () => {
  it('is shrunk to a smaller one that breaks the same promise', { timeout: 60_000 }, async () => {
    const broken = await playForgetful();
    const { restrictions, simulated } = await shrinkWorld(broken, playForgetful);
    const [promise] = (broken.problems[0] ?? '').split(':');
    expect(simulated.problems.map((problem) => problem.split(':')[0])).toContain(promise);
    const { runs, events, faults } = simulated.parts;
    expect(broken.parts.runs.length).toBeGreaterThan(3);
    expect(broken.parts.faults.length).toBeGreaterThan(10);
    expect([runs.length, faults]).toEqual([1, []]);
    expect(events.length).toBeLessThan(broken.parts.events.length / 5);
    expect(await playForgetful(restrictions)).toEqual(simulated);
  });

  it('is shrunk the same way every time', { timeout: 60_000 }, async () => {
    const broken = await playForgetful();
    const once = await shrinkWorld(broken, playForgetful, 60);
    expect(await shrinkWorld(broken, playForgetful, 60)).toEqual(once);
  });

  it('is shrunk within bounds', async () => {
    let played = 0;
    const play: typeof playForgetful = (restrictions) => {
      played += 1;
      return playForgetful(restrictions);
    };
    await shrinkWorld(await playForgetful(), play, 7);
    expect(played).toBe(7);
  });

  it('is printed with what happened and the command that plays just that', { timeout: 60_000 }, async () => {
    const report = await reportWorld(await playForgetful(), { overTable: forgetful });
    expect(report).toMatch(
      /^world \d+ breaks its promises:\n( {2}P\d+: .*\n)+the smallest that was found has 1 run, \d+ events?, 0 faults:\n/,
    );
    expect(report).toMatch(/ deliver \d+ showed .*\n/);
    const [, seed, runs, events] =
      /\nagain: npm run simulate -- --seeds 1 --from (\d+) --runs (\d+) --events (\S+) --faults none --trace$/.exec(
        report,
      ) ?? [];
    const again = await simulateWorld(Number(seed), {
      restrictions: { runs: new Set([Number(runs)]), events: new Set(events?.split(',')), faults: new Set() },
      overTable: forgetful,
    });
    expect(report).toContain(again.problems.map((problem) => `  ${problem}\n`).join(''));
    expect(again.problems).not.toEqual([]);
  });
});
