import type { Log, LogFields } from '../log.ts';
import { redactEntry } from '../redact.ts';

/** JSON lines on stdout with stable keys. Secrets are left out by the names that they stand under and by their looks. */
export const createLambdaLog = (service: string): Log => {
  const lineOf =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const line = { level, message, timestamp: new Date().toISOString(), service, ...fields };
      // Not the console: Lambda would put words of its own before the JSON.
      process.stdout.write(`${JSON.stringify(line, entryOf)}\n`);
    };
  return { info: lineOf('INFO'), warn: lineOf('WARN'), error: lineOf('ERROR') };
};

const entryOf = (key: string, value: unknown): unknown =>
  redactEntry(key, value instanceof Error ? plainError(value) : value);

const MOST_CAUSES = 5;

/** Errors of clients carry requests and responses with them, whose headers and bodies are nobody's business. */
const plainError = (error: Error, depth = 0): object => ({
  name: error.name,
  message: error.message,
  stack: error.stack,
  ...(error.cause instanceof Error && depth < MOST_CAUSES && { cause: plainError(error.cause, depth + 1) }),
});
