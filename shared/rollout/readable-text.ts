import { redactStart } from '../redact.ts';

/**
 * The text that a person can read in a field of an event, at most `limit` code points; undefined when there is none.
 * Some fields hold JSON with the message somewhere inside: the message is taken out, the rest is not for people.
 * Nor is what looks like a secret: it is not even stored.
 */
export const readableText = (value: string | undefined, limit: number): string | undefined => {
  const text = value?.trim() ?? '';
  const message = /^[[{]/.test(text) ? messageIn(text) : text;
  // Two code units of a pair each, and one pair more to know that something is missing.
  const cut = Array.from(redactStart((message ?? '').toWellFormed(), 2 * limit + 2));
  const readable = cut.length > limit ? `${cut.slice(0, limit - 1).join('')}…` : cut.join('');
  return readable === '' ? undefined : readable;
};

const MESSAGE_KEYS: ReadonlySet<string> = new Set([
  'message',
  'errormessage',
  'commitmessage',
  'error',
  'reason',
  'summary',
]);

const messageIn = (text: string): string | undefined => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // "[prod] fix the build" is somebody's sentence; JSON that was cut off on its way is nobody's.
    return /^[[{]\s*["{[]/.test(text) ? undefined : text;
  }
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  const found = entries.find(([key, value]) => MESSAGE_KEYS.has(key.toLowerCase()) && typeof value === 'string');
  return typeof found?.[1] === 'string' ? found[1].trim() : undefined;
};
