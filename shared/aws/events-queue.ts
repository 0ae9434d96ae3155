import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendAll } from './send-all.ts';

/** Puts events into the events queue, as EventBridge does. */
export const createEventsQueue =
  (client: SQSClient, queueUrl: string) =>
  (events: readonly string[]): Promise<void> =>
    sendAll(
      client,
      queueUrl,
      events.map((MessageBody) => ({ MessageBody })),
    );
