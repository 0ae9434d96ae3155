import { createHash } from 'node:crypto';
import { redactStart } from '../redact.ts';

/**
 * What an answer was, in two lines: enough to tell one from another, and how it begins. Answers may be long, and may be
 * about people.
 */
export const quoteAnswer = (
  text: string,
  type: string,
  conceal: (text: string) => string,
  most = MOST_QUOTED,
): readonly string[] => [
  `${type}, ${Buffer.byteLength(text)} bytes, sha256 ${createHash('sha256').update(text).digest('hex')}`,
  redactStart(conceal(text), most),
];

/** One line of a longer text. */
export const quoteLine = (line: string, conceal: (text: string) => string, most: number): string =>
  redactStart(conceal(line), most).replaceAll(/\s+/g, ' ');

const MOST_QUOTED = 200;
