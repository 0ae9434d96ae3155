import * as v from 'valibot';

/** What Slack would refuse, or people should never see, in a message; written apart from what draws the messages. */
export const slackProblems = (message: { readonly text: string; readonly blocks: readonly unknown[] }): string[] => {
  const json = JSON.stringify(message);
  return [
    ...(message.text === '' ? ['the text is empty'] : []),
    ...(message.text.length > 4000 ? ['the text is longer than 4000 characters'] : []),
    ...(/[\n\r]/.test(message.text) ? ['the text is more than one line'] : []),
    ...(message.blocks.length === 0 || message.blocks.length > 50 ? ['not 1 to 50 blocks'] : []),
    ...(json.length > 10_000 ? [`${json.length} characters of JSON`] : []),
    ...message.blocks.flatMap(blockProblems),
  ];
};

const text = (type: 'plain_text' | 'mrkdwn', limit: number) =>
  v.looseObject({ type: v.literal(type), text: v.pipe(v.string(), v.minLength(1), v.maxLength(limit)) });

const Inline = v.variant('type', [
  v.strictObject({
    type: v.literal('text'),
    text: v.pipe(v.string(), v.minLength(1), v.maxLength(3000)),
    style: v.optional(v.strictObject({ bold: v.optional(v.literal(true)), code: v.optional(v.literal(true)) })),
  }),
  v.strictObject({
    type: v.literal('link'),
    url: v.pipe(v.string(), v.startsWith('https://'), v.url(), v.maxLength(3000)),
    text: v.pipe(v.string(), v.minLength(1)),
  }),
  v.strictObject({
    type: v.literal('date'),
    timestamp: v.pipe(v.number(), v.integer(), v.minValue(0)),
    format: v.string(),
    fallback: v.pipe(v.string(), v.minLength(1)),
  }),
  v.strictObject({ type: v.literal('user'), user_id: v.pipe(v.string(), v.regex(/^[UW][A-Z0-9]+$/)) }),
  v.strictObject({ type: v.literal('usergroup'), usergroup_id: v.pipe(v.string(), v.regex(/^S[A-Z0-9]+$/)) }),
  v.strictObject({ type: v.literal('broadcast'), range: v.picklist(['here', 'channel', 'everyone']) }),
]);

const RichTextPart = v.strictObject({
  type: v.picklist(['rich_text_section', 'rich_text_quote', 'rich_text_preformatted']),
  elements: v.pipe(v.array(Inline), v.minLength(1)),
});

const Confirm = v.strictObject({
  title: text('plain_text', 100),
  text: text('plain_text', 300),
  confirm: text('plain_text', 30),
  deny: text('plain_text', 30),
});

const Button = v.strictObject({
  type: v.literal('button'),
  text: text('plain_text', 75),
  action_id: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  value: v.pipe(v.string(), v.minLength(1), v.maxLength(2000)),
  style: v.picklist(['primary', 'danger']),
  accessibility_label: v.pipe(v.string(), v.minLength(1), v.maxLength(75)),
  confirm: v.optional(Confirm),
});

const Block = v.variant('type', [
  v.strictObject({
    type: v.literal('actions'),
    elements: v.pipe(v.array(Button), v.minLength(1), v.maxLength(25)),
  }),
  v.strictObject({ type: v.literal('header'), text: text('plain_text', 150) }),
  v.strictObject({ type: v.literal('rich_text'), elements: v.pipe(v.array(RichTextPart), v.minLength(1)) }),
  v.strictObject({
    type: v.literal('context'),
    elements: v.pipe(
      v.array(v.union([text('plain_text', 2000), text('mrkdwn', 2000)])),
      v.minLength(1),
      v.maxLength(10),
    ),
  }),
]);

const blockProblems = (block: unknown): string[] => {
  const parsed = v.safeParse(Block, block);
  return parsed.success ? [] : parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'block'}: ${issue.message}`);
};
