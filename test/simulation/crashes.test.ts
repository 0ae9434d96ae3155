import { describe, expect, it } from 'vitest';
import { playCrashes } from './crashes.ts';
import { SCENARIOS } from './scenarios.ts';

describe('Gatehouse, killed at any of its steps', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'keeps its promises: %s',
    { timeout: 300_000 },
    async (_name, scenario) => {
      expect((await playCrashes(scenario)).problems).toEqual([]);
    },
  );
});
