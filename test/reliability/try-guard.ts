import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { createScratchCopy } from '../support/scratch-copy.ts';
import type { ScratchCopy } from '../support/scratch-copy.ts';
import type { Row } from './row.ts';
import { titlePattern } from './row-tests.ts';
import type { RowTest } from './row-tests.ts';

/** What the tests of a row say: `red` once its guard is taken out proves it. */
export type Tried =
  | { readonly kind: 'red'; readonly red: readonly string[]; readonly green: number }
  | { readonly kind: 'green'; readonly tests: number }
  | { readonly kind: 'no-test' }
  | { readonly kind: 'no-guard'; readonly times: number }
  | { readonly kind: 'did-not-run'; readonly says: string };

const Report = v.object({
  testResults: v.array(
    v.object({
      message: v.string(),
      assertionResults: v.array(
        v.object({ fullName: v.string(), status: v.string(), failureMessages: v.array(v.string()) }),
      ),
    }),
  ),
});

const TIMED_OUT = /timed out in \d+ ?ms/;

/** How many times the code to take out is in its file; once is right. */
export const timesIn = (text: string, { takeOut }: Row): number => text.split(takeOut.from).length - 1;

/** Takes the guard of a row out in a copy of the repository, and runs the tests that name the row. */
export const tryGuard = async (row: Row, tests: readonly RowTest[]): Promise<Tried> => {
  const copy = await createScratchCopy();
  try {
    const file = join(copy.root, row.file);
    const text = await readFile(file, 'utf8');
    const times = timesIn(text, row);
    if (times !== 1) {
      return { kind: 'no-guard', times };
    }
    await writeFile(
      file,
      text.replace(row.takeOut.from, () => row.takeOut.to),
    );
    return await runTests(copy, [row], tests);
  } finally {
    await copy.remove();
  }
};

/** Runs the tests of rows with every guard in its place: what is red already proves nothing. */
export const tryAsItIs = async (rows: readonly Row[], tests: readonly RowTest[]): Promise<Tried> => {
  const copy = await createScratchCopy();
  try {
    return await runTests(copy, rows, tests);
  } finally {
    await copy.remove();
  }
};

const runTests = async (copy: ScratchCopy, rows: readonly Row[], tests: readonly RowTest[]): Promise<Tried> => {
  const names = rows.map(({ row }) => row);
  const files = new Set(tests.filter((test) => test.rows.some((row) => names.includes(row))).map(({ file }) => file));
  if (files.size === 0) {
    return { kind: 'no-test' };
  }
  const report = join(copy.root, 'report.json');
  const { stdout, stderr } = await copy.run(process.execPath, [
    join(copy.root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=json',
    // Several run beside each other.
    '--testTimeout=120000',
    `--outputFile=${report}`,
    '-t',
    titlePattern(names),
    ...files,
  ]);
  let results: v.InferOutput<typeof Report>['testResults'];
  try {
    results = v.parse(Report, JSON.parse(await readFile(report, 'utf8'))).testResults;
  } catch {
    return { kind: 'did-not-run', says: `${stdout}${stderr}`.trim() };
  }
  const ran = results.flatMap(({ assertionResults }) => assertionResults);
  const failed = ran.filter(({ status }) => status === 'failed');
  // One that only ran out of time tells of the machine.
  const red = failed.filter(({ failureMessages }) => !failureMessages.every((message) => TIMED_OUT.test(message)));
  const green = ran.filter(({ status }) => status === 'passed').length;
  if (red.length > 0) {
    return { kind: 'red', red: red.map(({ fullName }) => fullName), green };
  }
  if (failed.length > 0) {
    return { kind: 'did-not-run', says: 'they ran out of time' };
  }
  // A file that cannot be loaded proves nothing.
  const broken = results.map(({ message }) => message).find((message) => message !== '');
  return broken === undefined && green > 0
    ? { kind: 'green', tests: green }
    : { kind: 'did-not-run', says: broken ?? 'vitest found no test of that title' };
};
