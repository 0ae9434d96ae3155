import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawPage, PAGE } from '../reliability/reliability-page.ts';
import { findRowTests, rowTestsIn } from '../reliability/row-tests.ts';
import { ROWS } from '../reliability/rows.ts';
import { timesIn, tryGuard } from '../reliability/try-guard.ts';
import { ROOT } from '../support/command.ts';

const tests = await findRowTests();

/**
 * What tests name in brackets and has no guard of its own here: the promises, which many guards keep together, and what may be
 * wrong in gatehouse.yml (B57 to B62, B66 to B68, B70), which the compiler's tests show line by line.
 */
const WITHOUT_GUARD = /^(?:P\d+|B5[7-9]|B6[0-26-8]|B70)$/;

describe('the rows of faults', () => {
  it('are each shown by a test, and each test shows rows that there are', () => {
    const shown = new Set(tests.flatMap(({ rows }) => rows).filter((row) => !WITHOUT_GUARD.test(row)));
    expect([...shown].sort()).toEqual(ROWS.map(({ row }) => row).sort());
  });

  it('are all there', () => {
    const numbered = (letter: string, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`);
    expect(ROWS.map(({ row }) => row)).toEqual([
      ...numbered('F', 1, 73),
      ...numbered('F', 80, 85),
      ...numbered('B', 1, 56),
      ...numbered('B', 63, 65),
      'B69',
      ...numbered('B', 71, 75),
      ...numbered('S', 1, 51),
    ]);
  });

  it('each have a guard that can be taken out', async () => {
    const times = await Promise.all(
      ROWS.map(async (row) => [row.row, timesIn(await readFile(join(ROOT, row.file), 'utf8'), row)]),
    );
    expect(times).toEqual(ROWS.map(({ row }) => [row, 1]));
  });

  it('are found in the titles of tests, however these are written', () => {
    const text = [
      "it(~'forgets nothing (F1, B20)', () => {});",
      "  it.each(['a'])(~'says %s (once) (S36)', () => {});",
      "describe(~'a queue (F2)', () => {});",
      "it(~'is no row (F)', () => {});",
      'it(~',
      "  'is long, isn’t it (F3)',",
    ].join('\n');
    // Else this would be one of them.
    expect(rowTestsIn('x.test.ts', text.replaceAll('~', ''))).toEqual([
      { file: 'x.test.ts', title: 'forgets nothing', rows: ['F1', 'B20'] },
      { file: 'x.test.ts', title: 'says %s (once)', rows: ['S36'] },
      { file: 'x.test.ts', title: 'a queue', rows: ['F2'] },
      { file: 'x.test.ts', title: 'is long, isn’t it', rows: ['F3'] },
    ]);
  });

  it('are told of in docs/reliability.md', async () => {
    expect(await readFile(PAGE, 'utf8'), 'npm run guards -- --write brings it up to date').toBe(drawPage(ROWS, tests));
  });
});

describe('a guard', () => {
  const row = {
    row: 'F13',
    what: '',
    outcome: '',
    guard: '',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'toTell.filter(({ topic }) => !record.published.includes(topic))',
      to: 'toTell',
    },
  };

  it('is proven by tests that turn red without it, and by no others', { timeout: 120_000 }, async () => {
    const [without, within] = await Promise.all([
      tryGuard(row, tests),
      tryGuard({ ...row, takeOut: { ...row.takeOut, to: row.takeOut.from } }, tests),
    ]);
    expect([without.kind, within.kind]).toEqual(['red', 'green']);
  });

  it(
    'is not proven by tests that cannot run, that nobody wrote or that know another one',
    { timeout: 120_000 },
    async () => {
      await expect(tryGuard({ ...row, takeOut: { ...row.takeOut, to: '((' } }, tests)).resolves.toMatchObject({
        kind: 'did-not-run',
      });
      await expect(tryGuard(row, [])).resolves.toEqual({ kind: 'no-test' });
      await expect(tryGuard({ ...row, takeOut: { from: 'no such thing', to: '' } }, tests)).resolves.toEqual({
        kind: 'no-guard',
        times: 0,
      });
    },
  );
});
