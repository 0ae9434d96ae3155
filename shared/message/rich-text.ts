import type {
  MrkdwnElement,
  RichTextBlock,
  RichTextElement,
  RichTextPreformatted,
  RichTextQuote,
  RichTextSection,
} from '@slack/types';
import type { Mention } from '../config/config.ts';
import { cutText } from './cut-text.ts';
import type { Moment } from './moment.ts';

export type RichTextPart = RichTextSection | RichTextQuote | RichTextPreformatted;

/** No block at all where there is nothing to be said: Slack refuses an empty one. */
export const richText = (elements: readonly RichTextPart[]): readonly RichTextBlock[] =>
  elements.length === 0 ? [] : [{ type: 'rich_text', elements: [...elements] }];

export const section = (...elements: RichTextElement[]): RichTextSection => ({ type: 'rich_text_section', elements });

/** Text of anybody's: nothing in it has a meaning. */
export const text = (content: string): RichTextElement => ({ type: 'text', text: content });

export const bold = (content: string): RichTextElement => ({ type: 'text', text: content, style: { bold: true } });

export const code = (content: string): RichTextElement => ({ type: 'text', text: content, style: { code: true } });

export const quote = (content: string): RichTextQuote => ({ type: 'rich_text_quote', elements: [text(content)] });

/** Lines of a machine's, in type of one width. */
export const preformatted = (content: string): RichTextPreformatted => ({
  type: 'rich_text_preformatted',
  elements: [{ type: 'text', text: content }],
});

/** Whoever it is shows by name; a post notifies them, an edit does not. */
export const person = (mention: Mention): RichTextElement =>
  mention.startsWith('S') ? { type: 'usergroup', usergroup_id: mention } : { type: 'user', user_id: mention };

export const DATE_FORMAT = '{date_short_pretty} {time}';

/** A moment in the reader's own time zone. */
export const date = ({ epochSeconds, utc }: Moment): RichTextElement => ({
  type: 'date',
  timestamp: epochSeconds,
  format: DATE_FORMAT,
  fallback: utc,
});

/** As long as a link may be, in characters. */
export const MOST_LINK = 400;

/** A link to where a stranger's address leads, which it says; undefined for what is no https address. */
export const linkTo = (address: string | undefined, what: string): RichTextElement | undefined => {
  const url = address === undefined || address.length > MOST_LINK ? null : URL.parse(address);
  return url?.protocol === 'https:'
    ? { type: 'link', url: url.href, text: `${what} on ${cutText(url.host, 80)}` }
    : undefined;
};

/** Only for what we wrote ourselves. */
export const mrkdwn = (content: string): MrkdwnElement => ({ type: 'mrkdwn', text: content, verbatim: true });
