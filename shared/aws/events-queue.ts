import type { AwsClient } from './aws-client.ts';
import { sendAll } from './send-all.ts';

/** Puts events into the events queue, as EventBridge does. */
export const createEventsQueue =
  (sqs: AwsClient, queueUrl: string) =>
  (events: readonly string[]): Promise<void> =>
    sendAll(
      sqs,
      queueUrl,
      events.map((MessageBody) => ({ MessageBody })),
    );
