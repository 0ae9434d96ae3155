import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { print, runCommand, tell, UsageError } from '../../local/command.ts';
import { asError } from '../../shared/as-error.ts';
import { withSections } from '../support/page-sections.ts';
import { createScratchCopy, sideBySide } from '../support/scratch-copy.ts';
import { drawTable, PAGE, problemOf } from './mutants-page.ts';
import type { Tried } from './mutants-page.ts';
import { readMutants } from './read-mutants.ts';
import type { Mutant } from './read-mutants.ts';
import { CHECKS, tryMutant } from './try-mutant.ts';
import type { Killers } from './try-mutant.ts';

const HELP = `Breaks the protocol in one way after the other, each in a copy of its own, and sees who notices.

  npm run mutants -- [options]

  --only NAMES  those whose name has one of these in it: --only fence,circuit
  --write       puts which check kills those into docs/mutants.md
  --help        this text

docs/mutants.md says what the mutants and the checks are. Takes some ten minutes on two cores.
Exit code: 0 every mutant was killed, 1 one was not, or does not apply, 2 usage.`;

const Options = v.object({
  help: v.boolean(),
  write: v.boolean(),
  only: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split(',')),
    ),
  ),
});
type Options = v.InferOutput<typeof Options>;

const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  return v.parse(Options, values);
};

/** As many as leave a machine of two cores busy, and no busier. */
const AT_A_TIME = 2;

const run = async ({ write, only }: Options): Promise<number> => {
  const all = await readMutants();
  const mutants = all.filter(({ name }) => only === undefined || only.some((part) => name.includes(part)));
  if (mutants.length === 0) {
    throw new UsageError(`No mutant is called that. There are: ${all.map(({ name }) => name).join(', ')}`);
  }
  const beganAt = performance.now();
  const report = (name: string, killers: Killers): void => {
    const seconds = ((performance.now() - beganAt) / 1000).toFixed(0).padStart(4);
    const how = CHECKS.flatMap((check) => (killers[check] === undefined ? [] : [`${check}: ${killers[check]}`]));
    tell(`${seconds} s  ${name}  ${how.length === 0 ? 'nobody noticed' : how.join('; ')}`);
  };
  const troubles: string[] = [];
  // What is tried is what was there in the beginning, whatever somebody writes meanwhile.
  const snapshot = await createScratchCopy();
  const tried = await sideBySide<Mutant | undefined, Killers | undefined>(
    [undefined, ...mutants],
    AT_A_TIME,
    async (mutant) => {
      const name = mutant?.name ?? 'the repository as it is';
      try {
        const killers = await tryMutant(mutant, snapshot.root);
        report(name, killers);
        return killers;
      } catch (error) {
        troubles.push(`${name}: ${asError(error).message}`);
        return undefined;
      }
    },
  );
  await snapshot.remove();
  const [asItIs = {}, ...results] = tried;
  const judged = mutants.flatMap((mutant, index): readonly Tried[] => {
    const killers = results[index];
    return killers === undefined ? [] : [{ mutant, killers }];
  });
  const problems = [
    ...Object.entries(asItIs).map(([check, killer]) => `The repository as it is does not pass: ${check}, ${killer}`),
    ...troubles,
    ...judged.flatMap((one) => problemOf(one) ?? []),
  ];
  if (write) {
    const page = await readFile(PAGE, 'utf8');
    await writeFile(PAGE, await withSections(page, new Map([['mutants', drawTable(all, judged, page)]])));
  }
  problems.forEach(print);
  print(`${mutants.length} mutants, ${problems.length === 0 ? 'all killed' : `${problems.length} problems`}`);
  return problems.length === 0 ? 0 : 1;
};

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => process.exit(130));
}

process.exitCode = await runCommand({
  help: HELP,
  readOptions,
  run,
  exitCodeOf: (error) => (error instanceof UsageError ? 2 : undefined),
});
