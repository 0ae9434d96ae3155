import { join } from 'node:path';
import { ROOT } from '../support/command.ts';
import type { Mutant } from './read-mutants.ts';
import { CHECKS } from './try-mutant.ts';
import type { Killers } from './try-mutant.ts';

export const PAGE = join(ROOT, 'docs/mutants.md');

/** What became of a mutant. */
export type Tried = { readonly mutant: Mutant; readonly killers: Killers };

/** Why a mutant is not as it should be; undefined when it is. */
export const problemOf = ({ mutant: { name, unseen }, killers }: Tried): string | undefined => {
  const seen = killers.crashes ?? killers.worlds ?? killers['harsh worlds'];
  if (seen === undefined && killers.tests === undefined) {
    return `${name} survives`;
  }
  if (seen === undefined && unseen === undefined) {
    return `${name} is killed by a test only, and does not say why neither a crash nor a world shows it`;
  }
  return seen !== undefined && unseen !== undefined ? `${name} says that only tests see it, and is seen` : undefined;
};

/**
 * The table of which check kills which: of what was tried anew, of the other mutants what the page has of them. Rows of
 * mutants that are gone go, too.
 */
export const drawTable = (mutants: readonly Mutant[], tried: readonly Tried[], page: string): string => {
  const rows = mutants.flatMap(({ name }) => {
    const one = tried.find(({ mutant }) => mutant.name === name);
    return one === undefined ? (new RegExp(`^\\| ${name} .*$`, 'm').exec(page)?.[0] ?? []) : drawRow(one);
  });
  const head = ['mutant', 'what it breaks', 'crash in', 'world', 'harsh world', 'test'];
  return [lineOf(head), lineOf(head.map(() => '---')), ...rows].join('\n');
};

const drawRow = ({ mutant: { name, breaks, unseen }, killers }: Tried): string =>
  lineOf([
    name,
    unseen === undefined ? breaks : `${breaks} _Only tests see it: ${unseen}_`,
    ...CHECKS.map((check) => killers[check] ?? ''),
  ]);

const lineOf = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
