import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../support/command.ts';

/** A test, or all tests under a title, that says in brackets at its end which rows it shows. */
export type RowTest = { readonly file: string; readonly title: string; readonly rows: readonly string[] };

const NAMES = String.raw`[A-Z]\d+(?:, [A-Z]\d+)*`;

const TITLE = new RegExp(String.raw`(?:\b(?:it|describe)|\))\(\s*(['"\`])(.*?) \((${NAMES})\)\1,`, 'g');

/** What vitest's `-t` takes to run the tests that name one of the rows, and no other. */
export const titlePattern = (rows: readonly string[]): string =>
  String.raw`\((?:[A-Z]\d+, )*(?:${rows.join('|')})(?:, [A-Z]\d+)*\)`;

/** The tests that a file names rows in. */
export const rowTestsIn = (file: string, text: string): readonly RowTest[] =>
  [...text.matchAll(TITLE)].map(([, , title = '', rows = '']) => ({ file, title, rows: rows.split(', ') }));

/** All tests of the repository that name a row. */
export const findRowTests = async (): Promise<readonly RowTest[]> => {
  const found: RowTest[] = [];
  for await (const file of glob('test/**/*.test.ts', { cwd: ROOT })) {
    found.push(...rowTestsIn(file, await readFile(join(ROOT, file), 'utf8')));
  }
  return found.sort((a, b) => a.file.localeCompare(b.file, 'en'));
};
