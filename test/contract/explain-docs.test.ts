import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { drawStory } from '../../local/explain/draw-story.ts';
import { rolloutStory } from '../../local/explain/rollout-story.ts';
import { aToldDay } from '../support/told-day.ts';

describe('docs/explain.md', () => {
  it('shows what the command draws of a deployment on a bad day', async () => {
    const { stored, config, now } = await aToldDay();
    const page = await readFile('docs/explain.md', 'utf8');
    const from = page.indexOf('\n```\n', page.indexOf('on a bad day')) + 5;
    expect(page.slice(from, page.indexOf('```', from))).toBe(
      `${drawStory(rolloutStory(stored, config, now), config, false)}\n`,
    );
  });
});
