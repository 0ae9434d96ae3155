import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import { keysAt } from '../../scripts/config/schema-keys.ts';
import { readSuite } from '../../scripts/suites/compile-suite.ts';
import { forecastLines } from '../../scripts/suites/forecasts.ts';
import { SuiteYml } from '../../scripts/suites/suite-yml.ts';

const CONFIG = compileConfig('slack: { workspace: T012345, channels: { ops: C012345 } }\n');

const page = await readFile('docs/comparison.md', 'utf8');

const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];

describe('docs/comparison.md', () => {
  it('begins with a suite that nothing is wrong with, and says what the lint says of it', () => {
    const { suite, problems, warnings } = readSuite(example, 'bake.yml', { config: CONFIG });
    expect([problems, warnings]).toEqual([[], []]);
    const said = suite === undefined ? [] : forecastLines(suite);
    expect(said).toHaveLength(2);
    said.forEach((line) => {
      expect(page).toContain(line);
    });
  });

  it('explains every key of a comparison', () => {
    const keys = keysAt(SuiteYml, ['checks', 0, 'compare']);
    const table = page.slice(page.indexOf('## Keys'));
    expect(keys.filter((key) => !table.includes(`\`${key}\``))).toEqual([]);
  });
});
