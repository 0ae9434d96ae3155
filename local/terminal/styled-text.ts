import { cleanText } from '../../shared/message/clean-text.ts';

/** Text and how it looks; the text is clean, so that nothing foreign drives the terminal. */
export type Span = { readonly text: string; readonly style: Style };

/** A margin stands before a line and is repeated when the line is broken. */
export type Style = 'plain' | 'bold' | 'dim' | 'code' | 'link' | 'margin';

const ON: Readonly<Record<Style, string>> = {
  plain: '',
  bold: '\u001b[1m',
  dim: '\u001b[2m',
  code: '\u001b[36m',
  link: '\u001b[4m',
  margin: '\u001b[2m',
};

const OFF = '\u001b[0m';

/** A span of foreign text, as one line; its spaces are kept, for columns and for the spans beside it. */
export const span = (text: string, style: Style = 'plain'): Span => ({
  text: text.split(' ').map(cleanText).join(' '),
  style,
});

/** Foreign text as lines of one span each. */
export const spanLines = (text: string, style: Style = 'plain'): readonly (readonly Span[])[] =>
  text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => [span(line, style)]);

/** Spans as text for a terminal. */
export const written = (spans: readonly Span[], colours: boolean): string =>
  spans
    .map(({ text, style }) => (colours && style !== 'plain' && text !== '' ? ON[style] + text + OFF : text))
    .join('');
