import * as v from 'valibot';
import { drawBox } from './draw-box.ts';
import { linkSpans, readMrkdwn } from './read-mrkdwn.ts';
import { span, spanLines } from './styled-text.ts';
import type { Span, Style } from './styled-text.ts';

/** A message as a channel holds it: the blocks as Slack gave them back, edited so many times. */
type PostedMessage = {
  readonly channel: string;
  readonly text: string;
  readonly blocks: unknown;
  readonly edits: number;
  /** Whether it stands in the thread of another. */
  readonly isReply?: boolean;
  /** The name of the only person who sees it. */
  readonly onlyFor?: string;
};

type Line = readonly Span[];

/** Draws a Slack message for the terminal. A block or element that is not known is named and left out. */
export const drawSlackMessage = (
  { channel, text, blocks, edits, isReply = false, onlyFor }: PostedMessage,
  colours = false,
): string => {
  const known = v.safeParse(v.pipe(v.array(v.unknown()), v.nonEmpty()), blocks);
  const paragraphs = known.success ? known.output.map(blockLines) : [mrkdwnLines(text)];
  const shown = paragraphs.filter((lines) => lines.length > 0);
  return drawBox(
    {
      title: `Slack #${channel.replace(/^#/, '')}${isReply ? ', in the thread' : ''}${
        onlyFor === undefined ? '' : `, only for @${onlyFor}`
      }`,
      ...(edits > 0 && { remark: edits === 1 ? 'edited once' : `edited ${edits} times` }),
      lines: shown.flatMap((lines, index) => (index === 0 ? lines : [[], ...lines])),
    },
    colours,
  );
};

const Text = v.object({ type: v.picklist(['plain_text', 'mrkdwn']), text: v.string() });

const Typed = v.looseObject({ type: v.string() });

const Link = v.object({ type: v.literal('link'), url: v.string(), text: v.optional(v.string()) });

const Header = v.object({ type: v.literal('header'), text: Text });
const Section = v.object({
  type: v.literal('section'),
  text: v.optional(Text),
  fields: v.optional(v.array(Text), []),
  accessory: v.optional(v.unknown()),
});
const Context = v.object({ type: v.literal('context'), elements: v.array(v.unknown()) });
const Divider = v.object({ type: v.literal('divider') });
const Actions = v.object({ type: v.literal('actions'), elements: v.array(v.unknown()) });
const Alert = v.object({ type: v.literal('alert'), text: Text });
const Input = v.object({
  type: v.literal('input'),
  label: Text,
  optional: v.optional(v.boolean(), false),
  element: v.looseObject({ initial_value: v.optional(v.string(), '') }),
});
const RichText = v.object({ type: v.literal('rich_text'), elements: v.array(v.unknown()) });
const Block = v.variant('type', [Header, Section, Context, Divider, Actions, Alert, Input, RichText]);

const Button = v.object({ type: v.literal('button'), text: Text, url: v.optional(v.string()) });

/** What people see of a block, line by line. */
export const blockLines = (block: unknown): readonly Line[] => {
  const parsed = v.safeParse(Block, block);
  if (!parsed.success) {
    return [unknownLine(block)];
  }
  const { output } = parsed;
  switch (output.type) {
    case 'header':
      return spanLines(output.text.text, 'bold');
    case 'section':
      return [
        ...(output.text === undefined ? [] : textLines(output.text)),
        ...output.fields.flatMap((field) => textLines(field)),
        ...(output.accessory === undefined ? [] : [buttonSpans(output.accessory)]),
      ];
    case 'context':
      return joined(output.elements.map(contextSpans), '  ');
    case 'divider':
      return [[span('─'.repeat(40), 'dim')]];
    case 'actions':
      return joined(output.elements.map(buttonSpans), '  ');
    case 'alert':
      return textLines(output.text, 'bold').map((line) => [{ text: '▌ ', style: 'margin' }, ...line]);
    case 'input':
      return [
        [span(output.label.text, 'bold'), span(output.optional ? ' (optional)' : ' (required)', 'dim')],
        [span(output.element.initial_value.padEnd(INPUT_WIDTH, '_'))],
      ];
    case 'rich_text':
      return output.elements.flatMap(richTextLines);
  }
};

/** Columns of the line that stands for an input. */
const INPUT_WIDTH = 40;

const unknownLine = (value: unknown): Line => {
  const typed = v.safeParse(Typed, value);
  return [span(typed.success ? `[${typed.output.type}]` : '[unknown block]', 'dim')];
};

const textLines = ({ type, text }: v.InferOutput<typeof Text>, style: Style = 'plain'): readonly Line[] =>
  type === 'mrkdwn' ? mrkdwnLines(text, style) : spanLines(text, style);

const mrkdwnLines = (text: string, style: Style = 'plain'): readonly Line[] =>
  text.split('\n').map((line) => readMrkdwn(line, style));

const joined = (parts: readonly Line[], gap: string): readonly Line[] => [
  parts.flatMap((part, index): Line => (index === 0 ? part : [{ text: gap, style: 'plain' }, ...part])),
];

const contextSpans = (element: unknown): Line => {
  const text = v.safeParse(Text, element);
  return text.success ? textLines(text.output, 'dim').flat() : unknownLine(element);
};

const buttonSpans = (element: unknown): Line => {
  const button = v.safeParse(Button, element);
  if (!button.success) {
    return unknownLine(element);
  }
  const { text, url } = button.output;
  return [
    { text: '[ ', style: 'plain' },
    span(text.text, 'bold'),
    { text: ' ]', style: 'plain' },
    ...(url === undefined ? [] : [{ text: ' ', style: 'plain' as const }, span(url, 'link')]),
  ];
};

const Inline = v.object({
  type: v.picklist(['rich_text_section', 'rich_text_quote', 'rich_text_preformatted']),
  elements: v.array(v.unknown()),
});
const List = v.object({
  type: v.literal('rich_text_list'),
  style: v.fallback(v.picklist(['bullet', 'ordered']), 'bullet'),
  elements: v.array(v.unknown()),
});
const RichTextPart = v.variant('type', [Inline, List]);

const richTextLines = (part: unknown): readonly Line[] => {
  const parsed = v.safeParse(RichTextPart, part);
  if (!parsed.success) {
    return [unknownLine(part)];
  }
  const { output } = parsed;
  switch (output.type) {
    case 'rich_text_section':
      return inlineLines(output.elements);
    case 'rich_text_quote':
      return inlineLines(output.elements).map((line) => [{ text: '▎ ', style: 'margin' }, ...line]);
    case 'rich_text_preformatted':
      return inlineLines(output.elements).map((line) => [{ text: '  ', style: 'margin' }, ...line]);
    case 'rich_text_list':
      return output.elements.flatMap((item, index) => {
        const sign = output.style === 'ordered' ? `${index + 1}. ` : '• ';
        return richTextLines(item).map((line, row): Line => [
          { text: row === 0 ? sign : '  ', style: 'plain' },
          ...line,
        ]);
      });
  }
};

const Styles = v.fallback(
  v.optional(v.object({ bold: v.optional(v.boolean()), code: v.optional(v.boolean()) })),
  undefined,
);
const InlineElement = v.variant('type', [
  v.object({ type: v.literal('text'), text: v.string(), style: Styles }),
  Link,
  v.object({ type: v.literal('date'), timestamp: v.number(), fallback: v.optional(v.string()) }),
  v.object({ type: v.literal('emoji'), name: v.string() }),
  v.object({ type: v.literal('user'), user_id: v.string() }),
  v.object({ type: v.literal('usergroup'), usergroup_id: v.string() }),
  v.object({ type: v.literal('channel'), channel_id: v.string() }),
  v.object({ type: v.literal('broadcast'), range: v.string() }),
]);

/** Inline elements run on in one line; a newline inside a text begins another. */
const inlineLines = (elements: readonly unknown[]): readonly Line[] =>
  elements
    .map(elementLines)
    .reduce<readonly Line[]>(
      (lines, [first = [], ...rest]) => [...lines.slice(0, -1), [...(lines.at(-1) ?? []), ...first], ...rest],
      [[]],
    );

const elementLines = (element: unknown): readonly Line[] => {
  const parsed = v.safeParse(InlineElement, element);
  if (!parsed.success) {
    return [unknownLine(element)];
  }
  const { output } = parsed;
  switch (output.type) {
    case 'text':
      return spanLines(output.text, output.style?.code ? 'code' : output.style?.bold ? 'bold' : 'plain');
    case 'link':
      return [linkSpans(output.url, output.text)];
    case 'date':
      return [[span(output.fallback ?? `at ${output.timestamp}`)]];
    case 'emoji':
      return [[span(`:${output.name}:`)]];
    case 'user':
      return [[span(`@${output.user_id}`, 'bold')]];
    case 'usergroup':
      return [[span(`@${output.usergroup_id}`, 'bold')]];
    case 'channel':
      return [[span(`#${output.channel_id}`, 'bold')]];
    case 'broadcast':
      return [[span(`@${output.range}`, 'bold')]];
  }
};
