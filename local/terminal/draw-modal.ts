import * as v from 'valibot';
import { drawBox } from './draw-box.ts';
import { blockLines } from './draw-slack-message.ts';
import { span } from './styled-text.ts';
import type { Span } from './styled-text.ts';

const Label = v.object({ text: v.string() });

const View = v.object({
  title: Label,
  submit: v.nullish(Label),
  close: v.nullish(Label),
  blocks: v.array(v.unknown()),
});

/** Draws a modal for the terminal, as the person sees it who has it open; `view` is the view as the app gave it. */
export const drawModal = (view: unknown, person: string, colours = false): string => {
  const parsed = v.safeParse(View, view);
  if (!parsed.success) {
    return drawBox({ title: `Modal for @${person}`, lines: [[span('[unknown view]', 'dim')]] }, colours);
  }
  const { title, submit, close, blocks } = parsed.output;
  const buttons = [submit?.text, close?.text ?? 'Cancel'].flatMap((text) => (text === undefined ? [] : [button(text)]));
  const parts = [...blocks.map(blockLines).filter((lines) => lines.length > 0), [buttons.flat()]];
  return drawBox(
    {
      title: `Modal for @${person}: ${title.text}`,
      lines: parts.flatMap((lines, index) => (index === 0 ? lines : [[], ...lines])),
    },
    colours,
  );
};

const button = (text: string): readonly Span[] => [span('[ '), span(text, 'bold'), span(' ]  ')];
