import type { Span } from './styled-text.ts';

/** Breaks a line at its spaces, to parts of `width` columns; a longer word, such as a link, stays whole. */
export const wrapLine = (line: readonly Span[], width: number): readonly (readonly Span[])[] => {
  const margin = line.filter(({ style }) => style === 'margin');
  const room = width - columnsOf(margin.map(({ text }) => text).join(''));
  const words = line.filter(({ style }) => style !== 'margin').flatMap(wordsOf);
  const lines: Span[][] = [];
  let current: Span[] = [];
  let column = 0;
  for (const word of words) {
    if (column > 0 && column + columnsOf(word.text.trimEnd()) > room) {
      lines.push(current);
      current = [];
      column = 0;
    }
    const text = column === 0 && lines.length > 0 ? word.text.trimStart() : word.text;
    current.push({ text, style: word.style });
    column += columnsOf(text);
  }
  return [...lines, current].map((part) => [...margin, ...part]);
};

const wordsOf = ({ text, style }: Span): readonly Span[] =>
  (text.match(/\s*\S+\s?|\s+/gu) ?? []).map((word) => ({ text: word, style }));

// Emoji and the scripts of East Asia take two columns, marks that sit on another character take none.
const WIDE =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\uff01-\uff60]/u;
const NONE = /\p{M}/u;

/** How many columns of a terminal the text takes, near enough to break lines by. */
export const columnsOf = (text: string): number =>
  Array.from(text).reduce(
    (columns, character) => columns + (WIDE.test(character) ? 2 : NONE.test(character) ? 0 : 1),
    0,
  );
