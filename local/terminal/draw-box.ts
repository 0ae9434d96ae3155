import { span, written } from './styled-text.ts';
import type { Span } from './styled-text.ts';
import { columnsOf, wrapLine } from './wrap-line.ts';

const WIDTH = 76;

/** What is drawn: a title, a remark at the right of it, and lines, of which an empty one is a gap. */
type Box = {
  readonly title: string;
  readonly remark?: string;
  readonly lines: readonly (readonly Span[])[];
};

/** Draws a box of 76 columns, open at the right: how wide a terminal draws an emoji is its own affair. */
export const drawBox = ({ title, remark, lines }: Box, colours: boolean): string => {
  const shownTitle = span(title, 'bold');
  const end = remark === undefined ? '' : ` ${span(remark).text}`;
  const rule = '─'.repeat(Math.max(2, WIDTH - 4 - columnsOf(shownTitle.text) - columnsOf(end)));
  const edge = (text: string): string => written([{ text, style: 'dim' }], colours);
  return [
    `${edge('╭─')} ${written([shownTitle], colours)} ${edge(rule + end)}`,
    ...lines
      .flatMap((line) => wrapLine(line, WIDTH - 2))
      .map((line) => `${edge('│')} ${written(line, colours)}`.trimEnd()),
    edge(`╰${'─'.repeat(WIDTH - 1)}`),
    '',
  ].join('\n');
};
