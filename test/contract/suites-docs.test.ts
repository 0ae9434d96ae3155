import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import { keysAt } from '../../scripts/config/schema-keys.ts';
import { GatehouseYml } from '../../scripts/config/gatehouse-yml.ts';
import { runVariables } from '../../scripts/suites/run-variables.ts';
import { SuiteYml } from '../../scripts/suites/suite-yml.ts';
import { OPERATORS } from '../../shared/validation/suite.ts';
import { problemsOf } from '../support/suite-files.ts';

const CONFIG = compileConfig(`slack: { workspace: T012345, channels: { ops: C012345 } }
people: { ada: { slack: U0ADA } }
gates: [{ match: { suite: shop-* }, to: [{ slack: ops }], approvers: ada }]
validation: { http: { hosts: [api.example.com] }, secrets: { synthetic: /shop/synthetic } }
`);

const page = await readFile('docs/suites.md', 'utf8');

/** The keys that the table under a heading explains. */
const explained = (heading: string): readonly string[] => {
  const section = page.slice(page.indexOf(heading));
  return [...section.slice(0, section.indexOf('\n\n**') + 1 || undefined).matchAll(/^\| `([\w.]+)`/gm)].map(
    ([, key = '']) => key,
  );
};

describe('docs/suites.md', () => {
  it('begins with a suite that nothing is wrong with', () => {
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    expect(problemsOf(text, { config: CONFIG, readFile: () => '{ "sku": "tea" }' })).toEqual([]);
  });

  it('explains every key of a suite and of a check', () => {
    expect(explained('## A suite\n').slice(0, 8)).toEqual(keysAt(SuiteYml, []));
    expect(explained('## A check\n').slice(0, 15)).toEqual(keysAt(SuiteYml, ['checks', 0]));
  });

  it('names every key below them, every operator and every variable', () => {
    const below = [
      ...['match', 'budget', 'defaults', 'decide'].map((key) => [key]),
      ...['invoke', 'http', 'alarms', 'metric', 'lambda', 'approval', 'sample', 'limits'].map((key) => [
        'checks',
        0,
        key,
      ]),
    ].flatMap((path) => keysAt(SuiteYml, path));
    const names = [...below, ...OPERATORS, ...runVariables()];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('names every key of the policy', () => {
    const http = keysAt(GatehouseYml, ['validation', 'http']).map((key) => `http.${key}`);
    const others = keysAt(GatehouseYml, ['validation']).filter((key) => key !== 'http');
    expect(explained('## What the owner')).toEqual([...http, ...others]);
  });
});
