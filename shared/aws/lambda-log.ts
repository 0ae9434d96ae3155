import { Logger } from '@aws-lambda-powertools/logger';
import type { Log, LogFields } from '../log.ts';
import { redactEntry } from '../redact.ts';

/** JSON lines on stdout with stable keys. Secrets are left out by the names that they stand under and by their looks. */
export const createLambdaLog = (serviceName: string): Log => {
  const logger = new Logger({ serviceName, jsonReplacerFn: redactEntry });
  const fieldsOf = (fields: LogFields | undefined) => ({ ...fields });
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
