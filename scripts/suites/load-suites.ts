import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import { policyName } from '../../shared/gate/policy.ts';
import { matchesGlob } from '../../shared/routing/glob.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { readSuite } from './compile-suite.ts';
import type { CompiledSuite } from './compile-suite.ts';
import { overlapProblems } from './overlap-problems.ts';
import { SuiteInvalid } from './suite-problem.ts';

/**
 * Reads and compiles every suite of a folder, held against what `gatehouse.yml` allows. Rejects with `SuiteInvalid`, which
 * has all problems of all files. No folder: no suites.
 */
export const loadSuites = async (dir: string, config: Config): Promise<readonly Suite[]> =>
  usableSuites(await readSuites(await suiteFiles(dir), config));

/** The suites, if nothing is wrong with any of them. Throws `SuiteInvalid`. */
export const usableSuites = (read: readonly CompiledSuite[]): readonly Suite[] => {
  const problems = read.flatMap((one) => one.problems);
  if (problems.length > 0) {
    throw new SuiteInvalid(problems);
  }
  return read.flatMap(({ suite }) => suite ?? []);
};

/** A file of suites: where it is, and what problems call it. */
export type SuiteFile = { readonly path: string; readonly name: string };

/** The files of a folder that hold suites, by name. `called`: what problems call the folder. */
export const suiteFiles = async (dir: string, called = basename(dir)): Promise<readonly SuiteFile[]> => {
  const names = await readdir(dir).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw error;
  });
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => ({ path: join(dir, name), name: join(called, name) }));
};

/** Reads suites, and finds out what is wrong with each and with all of them together. */
export const readSuites = async (files: readonly SuiteFile[], config: Config): Promise<readonly CompiledSuite[]> => {
  const read = await Promise.all(
    files.map(async ({ path, name }) =>
      readSuite(await readFile(path, 'utf8'), name, {
        config,
        readFile: (other) => textAt(join(dirname(path), other)),
      }),
    ),
  );
  const among = overlapProblems(read);
  return read.map((one) => ({
    ...one,
    problems: [...one.problems, ...among.filter(({ file }) => file === one.file)].sort((a, b) => a.line - b.line),
  }));
};

const textAt = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Gates and rules of `gatehouse.yml` that are about suites of which there is none. */
export const ofNoSuite = ({ gates = [], validation }: Config, read: readonly CompiledSuite[]): readonly string[] => {
  const names = read.flatMap(({ suite }) => suite?.name ?? []);
  const isOfNone = ({ match }: { readonly match: { readonly suite?: readonly string[] } }): boolean =>
    match.suite?.some((glob) => names.some((name) => matchesGlob(glob, name))) === false;
  const told = (what: string) => `gatehouse.yml: ${what} is about suites, and none of suites/ has such a name`;
  return [
    ...gates.flatMap((gate, index) => (isOfNone(gate) ? [told(policyName(gate, index))] : [])),
    ...(validation?.rules ?? []).flatMap((rule) => (isOfNone(rule) ? [told(`validation rule "${rule.name}"`)] : [])),
  ];
};
