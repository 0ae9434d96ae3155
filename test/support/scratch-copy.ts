import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from './command.ts';
import type { Ended } from './command.ts';

/** The repository as it is now, in a folder of its own where it may be broken. */
export type ScratchCopy = {
  readonly root: string;
  /** Runs a program in the copy to its end, in no environment of ours. */
  readonly run: (program: string, args: readonly string[], input?: string) => Promise<Ended>;
  readonly remove: () => Promise<void>;
};

/** What git ignores or keeps for itself. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  '.git',
  'node_modules',
  'dist',
  'coverage',
  '.serverless',
  '.gatehouse',
  'reports',
  '.stryker-tmp',
]);

/** What was broken may never end: it is ended, and has no exit code. */
const LONGEST_MS = 300_000;

/**
 * Copies the repository, with what is not committed yet, or another copy of it; the packages are only linked to. Whoever
 * makes many takes the first for the others: so the repository may be worked in meanwhile.
 */
export const createScratchCopy = async (of = ROOT): Promise<ScratchCopy> => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-scratch-')));
  // Somebody may have seen enough before all is over.
  const leaveNothing = (): void => {
    rmSync(root, { recursive: true, force: true });
  };
  process.once('exit', leaveNothing);
  await cp(of, root, { recursive: true, filter: (from) => !LEFT_OUT.has(relative(of, from)) });
  await symlink(await realpath(join(ROOT, 'node_modules')), join(root, 'node_modules'));
  return {
    root,
    run: (program, args, input = '') => runIn(root, program, args, input),
    remove: async () => {
      process.off('exit', leaveNothing);
      await rm(root, { recursive: true, force: true });
    },
  };
};

const runIn = (root: string, program: string, args: readonly string[], input: string): Promise<Ended> => {
  const child = spawn(program, args, {
    cwd: root,
    timeout: LONGEST_MS,
    // Whatever the folder of temporary files lies in, git is to take the copy for no part of it.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', GIT_CEILING_DIRECTORIES: tmpdir() },
  });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  // Who does not read to the end has still ended by itself.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout: out.join(''), stderr: err.join('') });
    });
  });
};

/** Works on the items in their order, so many at a time; results come in the order of the items. */
export const sideBySide = async <Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results = new Map<number, Result>();
  const left = items.entries();
  const workOn = async (): Promise<void> => {
    for (const [place, item] of left) {
      results.set(place, await work(item));
    }
  };
  await Promise.all(Array.from({ length: most }, workOn));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
};
