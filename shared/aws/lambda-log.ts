import { Logger } from '@aws-lambda-powertools/logger';
import type { Log, LogFields } from '../log.ts';
import { redactEntry } from '../redact.ts';

/** JSON lines on stdout with stable keys. Secrets are left out by the names that they stand under and by their looks. */
export const createLambdaLog = (serviceName: string): Log => {
  const logger = new Logger({ serviceName, jsonReplacerFn: redactEntry });
  const fieldsOf = (fields: LogFields = {}) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? plainError(value) : value]),
    );
  return {
    info: (message, fields) => {
      logger.info(message, fieldsOf(fields));
    },
    warn: (message, fields) => {
      logger.warn(message, fieldsOf(fields));
    },
    error: (message, fields) => {
      logger.error(message, fieldsOf(fields));
    },
  };
};

const MOST_CAUSES = 5;

/** Errors of clients carry requests and responses with them, whose headers and bodies are nobody's business. */
const plainError = (error: Error, depth = 0): object => ({
  name: error.name,
  message: error.message,
  stack: error.stack,
  ...(error.cause instanceof Error && depth < MOST_CAUSES && { cause: plainError(error.cause, depth + 1) }),
});
