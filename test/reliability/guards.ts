import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { print, runCommand, tell } from '../../local/command.ts';
import { sideBySide } from '../support/scratch-copy.ts';
import { drawPage, PAGE } from './reliability-page.ts';
import type { Row } from './row.ts';
import { findRowTests } from './row-tests.ts';
import { ROWS } from './rows.ts';
import { tryAsItIs, tryGuard } from './try-guard.ts';
import type { Tried } from './try-guard.ts';

const HELP = `Takes the guard of each fault out, in a copy of the repository, and runs the tests that name the fault:
they have to turn red. test/reliability/ has the faults and their guards; docs/reliability.md tells of them.

  npm run guards [-- [ROW...] [options]]

  ROW         one or more rows, such as F13; all of them when none is given
  --jobs N    how many at a time (as many as there are processors)
  --write     only writes docs/reliability.md, from the rows and the titles of the tests
  --help      this text

Exit code: 0 every guard is proven, 1 some are not, 2 usage.`;

const Options = v.object({
  help: v.boolean(),
  write: v.boolean(),
  jobs: v.pipe(v.string(), v.regex(/^[1-9]\d?$/, '--jobs takes a whole number from 1 to 99'), v.transform(Number)),
  rows: v.array(
    v.pipe(
      v.string(),
      v.check(
        (name) => ROWS.some(({ row }) => row === name),
        ({ input }) => `There is no row ${input}; docs/reliability.md lists them`,
      ),
    ),
  ),
});
type Options = v.InferOutput<typeof Options>;

const readOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      write: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(Math.min(99, availableParallelism())) },
    },
  });
  return v.parse(Options, { ...values, rows: positionals });
};

const run = async ({ write, jobs, rows }: Options): Promise<number> => {
  const tests = await findRowTests();
  if (write) {
    await writeFile(PAGE, drawPage(ROWS, tests));
    print('docs/reliability.md is written.');
    return 0;
  }
  const chosen = rows.length === 0 ? ROWS : ROWS.filter(({ row }) => rows.includes(row));
  const beganAt = performance.now();
  const before = await tryAsItIs(chosen, tests);
  if (before.kind === 'red') {
    print(`Red with every guard in its place: ${before.red.join('; ')}`);
    return 1;
  }
  let done = 0;
  const tried = await sideBySide(chosen, jobs, async (row) => {
    const result = await tryGuard(row, tests);
    done += 1;
    tell(`${String(done).padStart(3)} of ${chosen.length}  ${says(row, result)}`);
    return result;
  });
  const unproven = tried.filter(({ kind }) => kind !== 'red').length;
  const seconds = ((performance.now() - beganAt) / 1000).toFixed(0);
  print(
    `${chosen.length} guards in ${seconds} s: ` +
      (unproven === 0 ? 'each one is missed when it is gone.' : `${unproven} are not proven.`),
  );
  return unproven === 0 ? 0 : 1;
};

const says = ({ row, file }: Row, tried: Tried): string => {
  switch (tried.kind) {
    case 'red':
      return `${row}: red, as it should be (${tried.red.length} of ${tried.red.length + tried.green})`;
    case 'green':
      return `${row}: GREEN though its guard is gone (${tried.tests} tests)`;
    case 'no-test':
      return `${row}: NO TEST names it: end the title of one with (${row})`;
    case 'no-guard':
      return `${row}: the code to take out is ${tried.times} times in ${file}, not once`;
    case 'did-not-run':
      return `${row}: its tests DID NOT RUN: ${tried.says}`;
  }
};

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf: () => undefined });
