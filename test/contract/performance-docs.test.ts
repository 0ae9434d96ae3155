import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { drawSections } from '../bench/draw-figures.ts';
import { LOADS, playLoads } from '../bench/loads.ts';
import { describeMachine, measureCost } from '../bench/measure.ts';
import { PAGE } from '../bench/performance-page.ts';
import { withSections } from '../support/page-sections.ts';

const LOOK_AGAIN = 'npm run bench -- --only loads,cost --write brings docs/performance.md up to date';

/** The day-long soak takes half a minute by itself: only the command plays it. */
const BURSTS = LOADS.filter((name) => name !== 'L5');

const machine = describeMachine();

describe('docs/performance.md', () => {
  it(
    'has the loads as they are played, and no target is missed that it does not name',
    { timeout: 300_000 },
    async () => {
      const page = await readFile(PAGE, 'utf8');
      const loads = await playLoads(BURSTS);
      expect(await withSections(page, drawSections({ machine, loads })), LOOK_AGAIN).toBe(page);
      const missed = loads.flatMap(({ name, targets }) =>
        targets.flatMap(({ what, met }) => (met ? [] : [`${name}: ${what}`])),
      );
      expect(missed).toEqual(['L4: calls of Slack in the outage']);
    },
  );

  it('has the calls of a rollout as they are counted, and what they cost', async () => {
    const page = await readFile(PAGE, 'utf8');
    expect(await withSections(page, drawSections({ machine, cost: await measureCost() })), LOOK_AGAIN).toBe(page);
  });

  it('has a place for all that is measured', async () => {
    await expect(withSections('# Another page\n', new Map([['cpu', '']]))).rejects.toThrow(
      'The page has no section cpu',
    );
  });
});
