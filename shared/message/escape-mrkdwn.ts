import { cleanText } from './clean-text.ts';
import { cutPieces } from './cut-text.ts';

// The three that Slack gives a meaning to: without them there is no mention, no link and no entity.
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

/** Text of strangers for a place where Slack reads mrkdwn, cleaned, at most `limit` characters once escaped. */
export const escapeMrkdwn = (text: string, limit: number): string =>
  cutPieces(
    Array.from(cleanText(text), (character) => ENTITIES.get(character) ?? character),
    limit,
  );
