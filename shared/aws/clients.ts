import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * Settings of every AWS client. A call that hangs is cut off, where the SDK would only warn, and tried again by the
 * client twice; what fails then is tried again by the queue that brought it.
 */
export const clientSettings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;

/** Of a client whose answer nobody waits for long: as many tries as fit into the time that a look-up has. */
export const lookUpSettings = { ...clientSettings, maxAttempts: 4 } as const;

/** Of a client that asks again in a minute: one try, so that a call takes no longer than its own time. */
export const askSettings = { ...clientSettings, maxAttempts: 1 } as const;

/** A client that calls the endpoint it is given, and not the host that a queue's URL names. */
export const createSqsClient = (): SQSClient => new SQSClient({ ...clientSettings, useQueueUrlAsEndpoint: false });
