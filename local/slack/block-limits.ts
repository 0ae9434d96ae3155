import { isList, isRecord, own } from '../json.ts';
import type { JsonRecord } from '../json.ts';

/** The longest `text` of a message, in characters. */
export const MAX_TEXT = 40_000;

/** A message as chat.postMessage and chat.update take it, its JSON read. */
export type SlackMessage = {
  readonly text?: unknown;
  readonly blocks?: unknown;
  readonly attachments?: unknown;
};

type Problems = readonly string[];

/** What Slack would refuse about a modal, each problem with its place: https://docs.slack.dev/reference/views/modal-views */
export const viewProblems = (view: unknown): Problems => {
  if (!isRecord(view)) {
    return ['view is not an object'];
  }
  const blocks = own(view, 'blocks');
  const hasInput = isList(blocks) && blocks.some((each) => isRecord(each) && own(each, 'type') === 'input');
  return [
    ...oneOf(view['type'], 'view.type', ['modal']),
    ...plainText(view['title'], 'view.title', 24),
    ...optional(view['submit'], () => plainText(view['submit'], 'view.submit', 24)),
    ...optional(view['close'], () => plainText(view['close'], 'view.close', 24)),
    ...optional(view['callback_id'], () => string(view['callback_id'], 'view.callback_id', 0, 255)),
    ...optional(view['external_id'], () => string(view['external_id'], 'view.external_id', 0, 255)),
    ...optional(view['private_metadata'], () => string(view['private_metadata'], 'view.private_metadata', 0, 3000)),
    ...(hasInput && view['submit'] === undefined ? ['view has inputs and no submit'] : []),
    ...blockListProblems(blocks, 'view.blocks', MODAL),
  ];
};

/** What Slack would refuse about a message's blocks, each problem with its place; empty for a message that Slack takes. */
export const blockProblems = ({ blocks, attachments }: SlackMessage): Problems => [
  ...(blocks === undefined ? [] : blockListProblems(blocks, 'blocks')),
  ...(attachments === undefined ? [] : attachmentProblems(attachments)),
];

const attachmentProblems = (attachments: unknown): Problems =>
  list(attachments, 'attachments', 0, 100, (attachment, path) =>
    isRecord(attachment)
      ? attachment['blocks'] === undefined
        ? []
        : blockListProblems(attachment['blocks'], `${path}.blocks`)
      : [`${path} is not an object`],
  );

/** A place for blocks: how many it holds, and what a block in it has to be. */
type Surface = { readonly most: number; readonly block: (value: unknown, path: string) => Problems };

const blockListProblems = (blocks: unknown, path: string, { most, block }: Surface = MESSAGE): Problems => [
  ...list(blocks, path, 0, most, block),
  ...repeatedIds(blocks, path, 'block_id'),
];

const repeatedIds = (items: unknown, path: string, key: 'block_id' | 'action_id'): Problems => {
  const ids = isList(items) ? items.flatMap((each) => (isRecord(each) ? [each[key]] : [])) : [];
  const named = ids.filter((id) => id !== undefined);
  return new Set(named).size === named.length ? [] : [`${path} use the same ${key} twice`];
};

const list = (
  value: unknown,
  path: string,
  least: number,
  most: number,
  check: (item: unknown, path: string) => Problems,
): Problems => {
  if (!isList(value)) {
    return [`${path} is not an array`];
  }
  return [
    ...(value.length < least ? [`${path} is empty`] : []),
    ...(value.length > most ? [`${path} has more than ${most} items`] : []),
    ...value.flatMap((item, index) => check(item, `${path}[${index}]`)),
  ];
};

const string = (value: unknown, path: string, least: number, most: number): Problems => {
  if (typeof value !== 'string') {
    return [`${path} is not a text`];
  }
  const length = Array.from(value).length;
  return [
    ...(length < least ? [`${path} is empty`] : []),
    ...(length > most ? [`${path} is longer than ${most} characters`] : []),
  ];
};

const optional = (value: unknown, check: () => Problems): Problems => (value === undefined ? [] : check());

/** A check of a block or an element, told where it stands. */
type Check = (value: JsonRecord, path: string) => Problems;

const byType =
  (checks: ReadonlyMap<unknown, Check>) =>
  (value: unknown, path: string): Problems => {
    if (!isRecord(value)) {
      return [`${path} is not an object`];
    }
    const check = checks.get(value['type']);
    return check === undefined
      ? [`${path} is of an unknown type: ${String(value['type'])}`]
      : [
          ...optional(value['block_id'], () => string(value['block_id'], `${path}.block_id`, 1, 255)),
          ...optional(value['action_id'], () => string(value['action_id'], `${path}.action_id`, 1, 255)),
          ...check(value, path),
        ];
  };

const textObject = (value: unknown, path: string, most: number): Problems => {
  if (!isRecord(value) || (value['type'] !== 'mrkdwn' && value['type'] !== 'plain_text')) {
    return [`${path} is not a text object`];
  }
  return string(value['text'], `${path}.text`, 1, most);
};

const plainText = (value: unknown, path: string, most: number): Problems =>
  isRecord(value) && value['type'] === 'plain_text'
    ? textObject(value, path, most)
    : [`${path} is not a plain_text object`];

const anything: Check = () => [];

const oneOf = (value: unknown, path: string, words: readonly string[]): Problems =>
  typeof value === 'string' && words.includes(value) ? [] : [`${path} is none of ${words.join(', ')}`];

const confirmation = (value: unknown, path: string): Problems =>
  isRecord(value)
    ? [
        ...plainText(value['title'], `${path}.title`, 100),
        ...textObject(value['text'], `${path}.text`, 300),
        ...plainText(value['confirm'], `${path}.confirm`, 30),
        ...plainText(value['deny'], `${path}.deny`, 30),
        ...optional(value['style'], () => oneOf(value['style'], `${path}.style`, ['primary', 'danger'])),
      ]
    : [`${path} is not an object`];

const button: Check = (value, path) => [
  ...plainText(value['text'], `${path}.text`, 75),
  ...optional(value['value'], () => string(value['value'], `${path}.value`, 1, 2000)),
  ...optional(value['url'], () => string(value['url'], `${path}.url`, 1, 3000)),
  ...optional(value['style'], () => oneOf(value['style'], `${path}.style`, ['primary', 'danger'])),
  ...optional(value['confirm'], () => confirmation(value['confirm'], `${path}.confirm`)),
  ...optional(value['accessibility_label'], () =>
    string(value['accessibility_label'], `${path}.accessibility_label`, 1, 75),
  ),
];

const option = (value: unknown, path: string): Problems =>
  isRecord(value)
    ? [...textObject(value['text'], `${path}.text`, 75), ...string(value['value'], `${path}.value`, 1, 150)]
    : [`${path} is not an object`];

const options =
  (most: number): Check =>
  (value, path) =>
    list(value['options'], `${path}.options`, 1, most, option);

const image: Check = (value, path) => [
  ...(value['slack_file'] === undefined ? string(value['image_url'], `${path}.image_url`, 1, 3000) : []),
  ...string(value['alt_text'], `${path}.alt_text`, 1, 2000),
  ...optional(value['title'], () => plainText(value['title'], `${path}.title`, 2000)),
];

const INTERACTIVE: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  ['button', button],
  ['overflow', options(5)],
  ['static_select', options(100)],
  ['multi_static_select', options(100)],
  ['radio_buttons', options(10)],
  ['checkboxes', options(10)],
  ['users_select', anything],
  ['channels_select', anything],
  ['conversations_select', anything],
  ['external_select', anything],
  ['datepicker', anything],
  ['timepicker', anything],
  ['datetimepicker', anything],
]);

const interactive = byType(INTERACTIVE);

const accessory = byType(new Map<unknown, Check>([...INTERACTIVE, ['image', image]]));

const contextElement = byType(
  new Map<unknown, Check>([
    ['image', image],
    ['mrkdwn', (value, path) => textObject(value, path, 3000)],
    ['plain_text', (value, path) => textObject(value, path, 3000)],
  ]),
);

const section: Check = (value, path) => [
  ...(value['text'] === undefined && value['fields'] === undefined ? [`${path} has neither text nor fields`] : []),
  ...optional(value['text'], () => textObject(value['text'], `${path}.text`, 3000)),
  ...optional(value['fields'], () =>
    list(value['fields'], `${path}.fields`, 1, 10, (field, place) => textObject(field, place, 2000)),
  ),
  ...optional(value['accessory'], () => accessory(value['accessory'], `${path}.accessory`)),
];

const required =
  (key: string): Check =>
  (value, path) =>
    string(value[key], `${path}.${key}`, 1, 3000);

const richText: Check = (value, path) => string(value['text'], `${path}.text`, 1, 40_000);

const richLink: Check = required('url');

const inline = byType(
  new Map<unknown, Check>([
    ['text', richText],
    ['link', richLink],
    ['user', required('user_id')],
    ['usergroup', required('usergroup_id')],
    ['channel', required('channel_id')],
    ['emoji', required('name')],
    ['color', required('value')],
    ['broadcast', (value, path) => oneOf(value['range'], `${path}.range`, ['here', 'channel', 'everyone'])],
    [
      'date',
      (value, path) => [
        ...(Number.isInteger(value['timestamp']) ? [] : [`${path}.timestamp is not a number of seconds`]),
        ...string(value['format'], `${path}.format`, 1, 3000),
      ],
    ],
  ]),
);

const preformattedInline = byType(
  new Map<unknown, Check>([
    ['text', richText],
    ['link', richLink],
  ]),
);

const inlines =
  (check: (value: unknown, path: string) => Problems): Check =>
  (value, path) =>
    list(value['elements'], `${path}.elements`, 0, 1000, check);

const richSection = byType(new Map<unknown, Check>([['rich_text_section', inlines(inline)]]));

const richElement = byType(
  new Map<unknown, Check>([
    ['rich_text_section', inlines(inline)],
    ['rich_text_quote', inlines(inline)],
    ['rich_text_preformatted', inlines(preformattedInline)],
    [
      'rich_text_list',
      (value, path) => [
        ...oneOf(value['style'], `${path}.style`, ['bullet', 'ordered']),
        ...list(value['elements'], `${path}.elements`, 0, 1000, richSection),
      ],
    ],
  ]),
);

const wholeNumber = (value: unknown, path: string, least: number, most: number): Problems =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    ? []
    : [`${path} is not a whole number from ${least} to ${most}`];

const textInput: Check = (value, path) => [
  ...optional(value['min_length'], () => wholeNumber(value['min_length'], `${path}.min_length`, 0, 3000)),
  ...optional(value['max_length'], () => wholeNumber(value['max_length'], `${path}.max_length`, 1, 3000)),
  ...optional(value['initial_value'], () => string(value['initial_value'], `${path}.initial_value`, 0, 3000)),
  ...optional(value['placeholder'], () => plainText(value['placeholder'], `${path}.placeholder`, 150)),
];

const NO_INPUT: ReadonlySet<unknown> = new Set(['button', 'overflow']);

const inputElement = byType(
  new Map<unknown, Check>([
    ...[...INTERACTIVE].filter(([type]) => !NO_INPUT.has(type)),
    ['plain_text_input', textInput],
  ]),
);

const input: Check = (value, path) => [
  ...plainText(value['label'], `${path}.label`, 2000),
  ...inputElement(value['element'], `${path}.element`),
  ...optional(value['hint'], () => plainText(value['hint'], `${path}.hint`, 2000)),
  ...optional(value['optional'], () =>
    typeof value['optional'] === 'boolean' ? [] : [`${path}.optional is neither true nor false`],
  ),
];

const BLOCKS: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  ['header', (value, path) => plainText(value['text'], `${path}.text`, 150)],
  ['section', section],
  ['context', (value, path) => list(value['elements'], `${path}.elements`, 1, 10, contextElement)],
  [
    'actions',
    (value, path) => [
      ...list(value['elements'], `${path}.elements`, 1, 25, interactive),
      ...repeatedIds(value['elements'], `${path}.elements`, 'action_id'),
    ],
  ],
  ['divider', anything],
  ['image', image],
  ['input', input],
  ['rich_text', (value, path) => list(value['elements'], `${path}.elements`, 1, 1000, richElement)],
  ['markdown', (value, path) => string(value['text'], `${path}.text`, 1, 12_000)],
  // Newer or rarer than what we send: known to Slack, their insides not looked at.
  ...['video', 'file', 'table', 'card', 'carousel', 'container', 'data_table', 'context_actions'].map(
    (type) => [type, anything] as const,
  ),
]);

const MESSAGE: Surface = { most: 50, block: byType(BLOCKS) };

const alert: Check = (value, path) => [
  ...textObject(value['text'], `${path}.text`, 200),
  ...optional(value['level'], () =>
    oneOf(value['level'], `${path}.level`, ['default', 'info', 'warning', 'error', 'success']),
  ),
];

const MODAL: Surface = { most: 100, block: byType(new Map<unknown, Check>([...BLOCKS, ['alert', alert]])) };
