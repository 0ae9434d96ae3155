import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/command.ts';

const Package = v.object({
  dependencies: v.record(v.string(), v.string()),
  allowScripts: v.record(v.string(), v.boolean()),
});

const Lock = v.object({
  packages: v.record(
    v.string(),
    v.object({
      integrity: v.optional(v.string()),
      resolved: v.optional(v.string()),
      hasInstallScript: v.optional(v.boolean(), false),
    }),
  ),
});

const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

const readPackage = async () => v.parse(Package, JSON.parse(await read('package.json')));

/** What is installed, by its path under the root; the root itself has an empty one. */
const readLock = async () => {
  const { packages } = v.parse(Lock, JSON.parse(await read('package-lock.json')));
  return Object.entries(packages).filter(([path]) => path !== '');
};

describe('S51: the dependencies', () => {
  it('of what is deployed are each in docs/dependencies.md, with a reason', async () => {
    const page = await read('docs/dependencies.md');
    const runtime = page.slice(0, page.indexOf('## '));
    const listed = [...runtime.matchAll(/^\| `([^`]+)` +\| (.*\S) +\|$/gm)].map(([, name, reason]) => ({
      name,
      reason,
    }));
    const { dependencies } = await readPackage();
    expect(listed.map(({ name }) => name)).toEqual(Object.keys(dependencies));
    expect(listed.filter(({ reason = '' }) => reason.length < 20)).toEqual([]);
  });

  it('are locked, each with the hash of its content, from whatever registry it comes', async () => {
    const installed = await readLock();
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(await read('package-lock.json')).not.toMatch(/https?:\/\/[^"]*registry/);
  });

  it('run no script when they are installed but those that package.json has decided on', async () => {
    const scripted = (await readLock()).filter(([, { hasInstallScript }]) => hasInstallScript);
    const { allowScripts } = await readPackage();
    expect(scripted.map(([path]) => path.replace(/^.*node_modules\//, '')).sort()).toEqual(
      Object.keys(allowScripts).sort(),
    );
  });
});
