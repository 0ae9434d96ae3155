import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createScratchCopy } from '../support/scratch-copy.ts';
import { drawTable, PAGE, problemOf } from './mutants-page.ts';
import { readMutant, readMutants } from './read-mutants.ts';

const mutants = await readMutants();

const aMutant = readMutant('01-a', 'It breaks.\n\ndiff --git a/x b/x\n');
const anUnseenMutant = readMutant('02-b', 'It breaks.\n\nOnly tests see it: it is logged.\n\ndiff --git a/x b/x\n');

describe('the mutants', () => {
  it('all apply to the repository as it is', async () => {
    const copy = await createScratchCopy();
    try {
      const refused = await Promise.all(
        mutants.map(async ({ name, patch }) => {
          const { code, stderr } = await copy.run('git', ['apply', '--check', '-'], patch);
          return code === 0 ? [] : [`${name}: ${stderr}`];
        }),
      );
      expect(refused.flat()).toEqual([]);
    } finally {
      await copy.remove();
    }
  });

  it('are numbered, and say in a sentence what they break', () => {
    expect(mutants.map(({ name }) => name.slice(0, 2))).toEqual(
      mutants.map((_mutant, index) => String(index + 1).padStart(2, '0')),
    );
    expect(mutants.filter(({ breaks }) => !/^[A-Z][^\n]+\.$/.test(breaks))).toEqual([]);
  });

  it('may name the world that shows what they break', () => {
    const { breaks, world, unseen } = readMutant('04-d', 'It breaks.\nWorld 3780 shows it.\n\ndiff --git a/x b/x\n');
    expect({ breaks, world, unseen }).toEqual({ breaks: 'It breaks.', world: '3780', unseen: undefined });
  });

  it('are the ones that docs/mutants.md lists, with what they break', async () => {
    const rows = [...(await readFile(PAGE, 'utf8')).matchAll(/^\| (\d\d-\S+) +\| (.*?) *\|/gm)];
    expect(
      rows.map(([, name, breaks]) => [name, breaks]),
      'npm run mutants -- --write brings docs/mutants.md up to date',
    ).toEqual(
      mutants.map(({ name, breaks, unseen }) => [
        name,
        unseen === undefined ? breaks : `${breaks} _Only tests see it: ${unseen}_`,
      ]),
    );
  });
});

describe('a mutant', () => {
  it('has to be killed by a crash or a world', () => {
    expect(problemOf({ mutant: aMutant, killers: { crashes: 'a scenario' } })).toBeUndefined();
    expect(problemOf({ mutant: aMutant, killers: { 'harsh worlds': '7', tests: 'a test' } })).toBeUndefined();
    expect(problemOf({ mutant: aMutant, killers: {} })).toBe('01-a survives');
    expect(problemOf({ mutant: aMutant, killers: { tests: 'a test' } })).toBe(
      '01-a is killed by a test only, and does not say why neither a crash nor a world shows it',
    );
  });

  it('that says that only tests see it has to be killed by one', () => {
    expect(problemOf({ mutant: anUnseenMutant, killers: { tests: 'a test' } })).toBeUndefined();
    expect(problemOf({ mutant: anUnseenMutant, killers: {} })).toBe('02-b survives');
    expect(problemOf({ mutant: anUnseenMutant, killers: { worlds: '7', tests: 'a test' } })).toBe(
      '02-b says that only tests see it, and is seen',
    );
  });

  it('is a row of the page, a new one when it was tried', () => {
    const all = [aMutant, anUnseenMutant, readMutant('03-c', aMutant.patch)];
    const page = '| 01-a | It broke. | x |  |  |  |\n| 02-b | Old. |  |  |  |  |\n| 99-z | Gone. |  |  |  |  |';
    expect(
      drawTable(all, [{ mutant: anUnseenMutant, killers: { tests: 'a | b' } }], page)
        .split('\n')
        .slice(2),
    ).toEqual([
      '| 01-a | It broke. | x |  |  |  |',
      String.raw`| 02-b | It breaks. _Only tests see it: it is logged._ |  |  |  | a \| b |`,
    ]);
  });
});
