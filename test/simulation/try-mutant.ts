import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { createScratchCopy } from '../support/scratch-copy.ts';
import type { ScratchCopy } from '../support/scratch-copy.ts';
import type { Mutant } from './read-mutants.ts';

/** The checks, in the order in which they are run. */
export const CHECKS = ['crashes', 'worlds', 'harsh worlds', 'tests'] as const;

export type Check = (typeof CHECKS)[number];

/** What noticed a mutant: by the check, the scenario, the seed or the test. */
export type Killers = Readonly<Partial<Record<Check, string>>>;

const WORLDS = 300;
const HARSH_WORLDS = 50;

const VITEST = 'node_modules/vitest/vitest.mjs';

/** The tests of what the patches touch. */
const TESTS = [
  'test/unit/aws',
  'test/unit/functions',
  'test/unit/delivery',
  'test/unit/rollout',
  'test/contract/ask-aws.test.ts',
  'test/contract/store.test.ts',
];

/** Applies a mutant to a copy of what is in a folder and runs all checks there; without a mutant to it as it is. */
export const tryMutant = async (mutant: Mutant | undefined, folder: string): Promise<Killers> => {
  const copy = await createScratchCopy(folder);
  try {
    if (mutant !== undefined) {
      const { code, stderr } = await copy.run('git', ['apply', '-'], mutant.patch);
      if (code !== 0) {
        throw new Error(`${mutant.name} does not apply any more: ${stderr.trim()}`);
      }
    }
    const killers = {
      crashes: await runTests(copy, ['test/simulation/crashes.test.ts']),
      worlds:
        (await runWorlds(copy, ['--seeds', String(WORLDS)])) ??
        (mutant?.world === undefined ? undefined : await runWorlds(copy, ['--seeds', '1', '--from', mutant.world])),
      'harsh worlds': await runWorlds(copy, ['--seeds', String(HARSH_WORLDS), '--harsh']),
      tests: await runTests(copy, TESTS),
    };
    return Object.fromEntries(Object.entries(killers).filter(([, killer]) => killer !== undefined));
  } finally {
    await copy.remove();
  }
};

const Report = v.object({
  testResults: v.array(
    v.object({ assertionResults: v.array(v.object({ status: v.string(), fullName: v.string(), title: v.string() })) }),
  ),
});

/** The first test that fails; undefined where none does. */
const runTests = async (copy: ScratchCopy, files: readonly string[]): Promise<string | undefined> => {
  const { code, stderr } = await copy.run(process.execPath, [
    VITEST,
    'run',
    '--bail=1',
    // A machine that has other things to do is no reason to take a mutant for killed.
    '--testTimeout=120000',
    '--reporter=json',
    '--outputFile=reports/tests.json',
    ...files,
  ]);
  if (code === 0) {
    return undefined;
  }
  if (code === null) {
    return 'does not end';
  }
  const { testResults } = v.parse(Report, JSON.parse(await readFile(join(copy.root, 'reports/tests.json'), 'utf8')));
  const red = testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === 'failed');
  if (red === undefined) {
    throw new Error(`The tests did not run: ${stderr.slice(-2000)}`);
  }
  return red.title.replace(/^keeps its promises: /, '');
};

/** The seed of the first world that breaks a promise; undefined where none does. */
const runWorlds = async (copy: ScratchCopy, options: readonly string[]): Promise<string | undefined> => {
  const { code, stdout, stderr } = await copy.run(process.execPath, [
    'test/simulation/simulate.ts',
    '--bail',
    ...options,
  ]);
  if (code === 0) {
    return undefined;
  }
  if (code === null) {
    return 'does not end';
  }
  const [, seed] = /^world (\d+) breaks/m.exec(stdout) ?? [];
  if (seed === undefined) {
    throw new Error(`The worlds were not played: ${stderr.slice(-2000)}`);
  }
  return seed;
};
