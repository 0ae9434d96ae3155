import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readRecordedEvents } from '../../local/replay/read-recorded-events.ts';
import { drawRoutes } from '../../local/routes/draw-routes.ts';
import { explainEvents } from '../../local/routes/explain-events.ts';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import { CRITERIA } from '../../shared/routing/match.ts';

/** The first block of a kind in a Markdown file. */
const block = (markdown: string, start: string): string => {
  const from = markdown.indexOf(start) + start.length;
  return markdown.slice(from, markdown.indexOf('```', from));
};

describe('docs/routes.md', () => {
  it('begins with an example that compiles, and draws what npm run routes says of it', async () => {
    const page = await readFile('docs/routes.md', 'utf8');
    const config = compileConfig(block(page, '```yaml\n'));
    const events = await readRecordedEvents(['events/codepipeline/action-failed.json'], process.stdin);
    expect(`${drawRoutes(explainEvents(events, config), config, false)}\n`).toBe(
      block(page.slice(page.indexOf('does not hold:')), '```\n'),
    );
  });

  it('explains every criterion, in the order in which people are told of them', async () => {
    const page = await readFile('docs/routes.md', 'utf8');
    const table = page.slice(page.indexOf('| key '), page.indexOf('### state'));
    expect([...table.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key)).toEqual(CRITERIA);
  });
});

describe('the README', () => {
  it('has a gatehouse.yml that compiles', async () => {
    const page = await readFile('README.md', 'utf8');
    const { routes } = compileConfig(block(page.slice(page.indexOf('## gatehouse.yml')), '```yaml\n'));
    expect(routes.map(({ stop = false }) => stop)).toEqual([true, false, false, false]);
  });
});
