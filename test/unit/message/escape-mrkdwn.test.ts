import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText } from '../../../shared/message/clean-text.ts';
import { cutPieces, cutText } from '../../../shared/message/cut-text.ts';
import { escapeMrkdwn } from '../../../shared/message/escape-mrkdwn.ts';
import { hostileText } from '../../support/arbitraries.ts';

type Token = { readonly kind: 'text' | 'mention' | 'link' | 'broken'; readonly text: string };

/** Reads mrkdwn as Slack does, as far as it gives characters a meaning: references in <>, entities, text. */
const tokensOf = (mrkdwn: string): readonly Token[] => {
  const tokens: Token[] = [];
  const add = (kind: Token['kind'], text: string): void => {
    const last = tokens.at(-1);
    if (kind === 'text' && last?.kind === 'text') {
      tokens[tokens.length - 1] = { kind, text: last.text + text };
    } else {
      tokens.push({ kind, text });
    }
  };
  let at = 0;
  while (at < mrkdwn.length) {
    const rest = mrkdwn.slice(at);
    const reference = /^<[^>]*>/.exec(rest)?.[0];
    const entity = /^&(amp|lt|gt);/.exec(rest);
    if (reference !== undefined) {
      add(/^<[@#!]/.test(reference) ? 'mention' : 'link', reference);
      at += reference.length;
    } else if (entity !== null) {
      add('text', entity[1] === 'amp' ? '&' : entity[1] === 'lt' ? '<' : '>');
      at += entity[0].length;
    } else {
      const [character = ''] = rest;
      add(/[&<>]/.test(character) ? 'broken' : 'text', character);
      at += character.length;
    }
  }
  return tokens;
};

const INVISIBLE = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x061c, 0x061c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfffe, 0xffff],
  [0xe0000, 0xe007f],
] as const;

const isInvisible = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  return INVISIBLE.some(([first, last]) => code >= first && code <= last);
};

describe('cleanText', () => {
  it.each([
    ['two\r\nlines\n\nand\u2028more', 'two lines and more'],
    ['  at\tthe edges  ', 'at the edges'],
    ['\u202egpj.exe\u202c', 'gpj.exe'],
    ['pay\u200bments', 'payments'],
    ['\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['a\ud83d', 'a\ufffd'],
    ['\ufeff\u200b\u3164', ''],
    ['naïve Übermut 部署 ⚙️', 'naïve Übermut 部署 ⚙️'],
  ])('makes of %j %j (B19, S39)', (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  it('leaves nothing that cannot be seen, and nothing to clean (S39)', () => {
    fc.assert(
      fc.property(hostileText(200), (text) => {
        const clean = cleanText(text);
        expect(Array.from(clean).filter(isInvisible)).toEqual([]);
        expect(cleanText(clean)).toBe(clean);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('escapeMrkdwn', () => {
  it.each([
    ['<!channel> & co', '&lt;!channel&gt; &amp; co'],
    ['&amp;', '&amp;amp;'],
    ['plain', 'plain'],
  ])('makes of %j %j', (text, escaped) => {
    expect(escapeMrkdwn(text, 100)).toBe(escaped);
  });

  it('makes of any text one piece of text, without a mention, a link or a broken entity (S36)', () => {
    fc.assert(
      fc.property(hostileText(200), (text) => {
        const clean = cleanText(text);
        expect(tokensOf(escapeMrkdwn(text, 10_000))).toEqual(clean === '' ? [] : [{ kind: 'text', text: clean }]);
      }),
      { numRuns: 2000 },
    );
  });

  it('cuts any text to its limit and never through an entity or a character (S38)', () => {
    fc.assert(
      fc.property(hostileText(200), fc.integer({ min: 1, max: 60 }), (text, limit) => {
        const escaped = escapeMrkdwn(text, limit);
        const shown = tokensOf(escaped);
        const clean = cleanText(text);
        expect(escaped.length).toBeLessThanOrEqual(limit);
        expect(escaped.isWellFormed()).toBe(true);
        expect(shown.map(({ kind }) => kind)).toEqual(clean === '' ? [] : ['text']);
        const text0 = shown[0]?.text ?? '';
        expect(text0 === clean || clean.startsWith(text0.slice(0, -1))).toBe(true);
        expect(text0 === clean || text0.endsWith('…')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('cutText', () => {
  it.each([
    ['payments', 8, 'payments'],
    ['payments', 7, 'paymen…'],
    ['pay ments', 5, 'pay…'],
    ['𝕏𝕏𝕏', 6, '𝕏𝕏𝕏'],
    ['𝕏𝕏𝕏', 5, '𝕏𝕏…'],
    ['𝕏𝕏𝕏', 4, '𝕏…'],
  ])('cuts %j at %i to %j (S38)', (text, limit, cut) => {
    expect(cutText(text, limit)).toBe(cut);
  });
});

describe('cutPieces', () => {
  it.each([
    [11, 'a&amp;b&lt;'],
    [10, 'a&amp;b…'],
    [6, 'a…'],
  ])('keeps of pieces as many as fit into %i characters: %j', (limit, cut) => {
    expect(cutPieces(['a', '&amp;', 'b', '&lt;'], limit)).toBe(cut);
  });
});
