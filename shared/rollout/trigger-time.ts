import { plausibleTime, timeOf } from './envelope.ts';

const SECONDS = /^\d{9,10}(?:\.\d{1,9})?$/;
const MILLISECONDS = /^\d{12,13}$/;
const JAVA_DATE = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}:\d{2}:\d{2}) (?:UTC|GMT) (\d{4})$/;

/**
 * Epoch milliseconds of a time in a trigger message: epoch seconds in the guide, `Fri Nov 20 10:00:04 UTC 2026` in
 * messages, ISO 8601 to be safe; undefined for anything else, and for what is not of this century.
 */
export const timeOfTrigger = (value: unknown): number | undefined => {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  if (SECONDS.test(text)) {
    return plausibleTime(Math.round(Number(text) * 1000));
  }
  if (MILLISECONDS.test(text)) {
    return plausibleTime(Number(text));
  }
  const java = JAVA_DATE.exec(text);
  if (java === null) {
    return timeOf(text);
  }
  const [, month = '', day = '', time = '', year = ''] = java;
  return plausibleTime(Date.parse(`${day} ${month} ${year} ${time} UTC`));
};
