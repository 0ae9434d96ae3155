import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../scripts/bundle.ts';
import { loadConfig } from '../../scripts/config/load-config.ts';
import { ROOT } from '../support/command.ts';

describe('a bundle', () => {
  it('imports nothing dynamically: of node:http that would load what nobody uses, in the first call', async () => {
    const bundles = await bundleFunctions(ROOT, await loadConfig(join(ROOT, 'gatehouse.yml')));
    const texts = await Promise.all(bundles.map(({ path }) => readFile(path, 'utf8')));
    expect(bundles.map(({ name }) => name)).toContain('notify');
    expect(texts.flatMap((text) => [...text.matchAll(/\bimport\("[^"]*"\)/g)].map(([found]) => found))).toEqual([]);
  });

  it('is made of the files that it says, down to the last kilobyte', async () => {
    const bundles = await bundleFunctions(ROOT, await loadConfig(join(ROOT, 'gatehouse.yml')));
    for (const { name, bytes, inputs } of bundles) {
      const known = inputs.reduce((sum, input) => sum + input.bytes, 0);
      expect(inputs.map(({ path }) => path)).toContain(`functions/${name}/index.ts`);
      expect(known).toBeLessThanOrEqual(bytes);
      expect(bytes - known).toBeLessThan(10_000);
    }
  });
});
