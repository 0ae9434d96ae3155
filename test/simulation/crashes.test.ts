import { describe, expect, it } from 'vitest';
import { playCrashes } from './crashes.ts';
import { SCENARIOS } from './scenarios.ts';

describe('Gatehouse, killed at any of its steps', () => {
  it.each(SCENARIOS)('keeps its promises: $name', async (scenario) => {
    expect((await playCrashes(scenario)).problems).toEqual([]);
  });
});
