import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../support/command.ts';

/** A change to the protocol that has to be noticed. */
export type Mutant = {
  /** The file's name without its end: `08-messages-only-on-news`. */
  readonly name: string;
  /** What it breaks, in plain words. */
  readonly breaks: string;
  /** Why neither a crash nor a world can show it; undefined: one of them has to. */
  readonly unseen: string | undefined;
  /** A world that shows it, beyond those that are played anyway. */
  readonly world: string | undefined;
  /** The file, as `git apply` takes it. */
  readonly patch: string;
};

const MUTANTS = join(ROOT, 'test/simulation/mutants');

/**
 * Reads a patch: a line that says what it breaks, perhaps one that says why only tests can see it or which world shows it,
 * then the diff.
 */
export const readMutant = (name: string, patch: string): Mutant => {
  const [breaks = '', ...others] = patch
    .slice(0, patch.indexOf('diff --git'))
    .split('\n')
    .filter((line) => line !== '');
  const [, unseen] = /^Only tests see it: (.*)$/.exec(others.join(' ')) ?? [];
  const [, world] = /^World (\d+) shows it\.$/.exec(others.join(' ')) ?? [];
  return { name, breaks, unseen, world, patch };
};

/** All mutants, in the order of their numbers. */
export const readMutants = async (): Promise<readonly Mutant[]> => {
  const files = (await readdir(MUTANTS)).filter((file) => file.endsWith('.patch')).sort();
  return Promise.all(
    files.map(async (file) => readMutant(file.replace(/\.patch$/, ''), await readFile(join(MUTANTS, file), 'utf8'))),
  );
};
