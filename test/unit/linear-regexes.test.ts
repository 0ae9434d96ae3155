import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { foldToGsm } from '../../shared/message/gsm-text.ts';
import { ROOT } from '../support/command.ts';
import { cpuTimeOf } from '../support/cpu-time.ts';

/** Every regular expression that the functions and what they share have written out. */
const regexes = async (): Promise<readonly { readonly file: string; readonly regex: RegExp }[]> => {
  const found: { readonly file: string; readonly regex: RegExp }[] = [];
  for await (const file of glob('{functions,shared}/**/*.ts', { cwd: ROOT })) {
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const [, source = '', flags = ''] = /^\/(.*)\/(\w*)$/s.exec(node.text) ?? [];
        found.push({ file, regex: new RegExp(source, flags) });
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, await readFile(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest));
  }
  return found;
};

/** What most keeps a regular expression busy: what it begins to match, over and over, and never ends. */
const attacksOn = ({ source }: RegExp): readonly string[] => {
  const words = source.split(/[^\w@:/<>&."-]+/).flatMap((word) => [word, word.replace(/^[bdnpswux]/, '')]);
  const pieces = new Set([
    ...words,
    ...Array.from('a0 -_.:/@<>&"\'\\[]{}()\n\r\té\u200b\ud83d'),
    'a.',
    ' a',
    '0-',
    '://a:',
  ]);
  return [...pieces]
    .filter((piece) => piece !== '')
    .map((piece) => piece.repeat(Math.ceil(100_000 / piece.length)) + '!');
};

// Linear ones take a few milliseconds, one that begins anew at each character takes seconds.
const LONG_MS = 500;

describe('a regular expression', () => {
  it('is through with a hundred kilobytes soon, whatever they are made of (S45)', async () => {
    const all = await regexes();
    expect(all.length).toBeGreaterThan(30);
    const slow = all.flatMap(({ file, regex }) =>
      attacksOn(regex).flatMap((attack) => {
        const ms = cpuTimeOf(() => attack.replace(regex, ''));
        return ms < LONG_MS ? [] : [{ file, regex, attack: attack.slice(0, 40), ms }];
      }),
    );
    expect(slow).toEqual([]);
  });

  it.each(['a', 'é', '¨', '𝕏', '^'])('made of a list is so too: %s (S45)', (piece) => {
    expect(cpuTimeOf(() => foldToGsm(piece.repeat(30_000)))).toBeLessThan(LONG_MS);
  });
});
