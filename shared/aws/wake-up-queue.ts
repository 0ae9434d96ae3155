import { randomUUID } from 'node:crypto';
import { wakeUpText } from '../delivery/wake-up.ts';
import type { WakeUp } from '../delivery/wake-up.ts';
import type { AwsClient } from './aws-client.ts';
import { sendAll } from './send-all.ts';

/**
 * Sends wake-ups, grouped by channel: SQS hands out one message of a group at a time, which makes one sender per
 * channel. Each has an id of its own, for within five minutes SQS swallows what looks like a repetition.
 */
export const createWakeUpQueue =
  (sqs: AwsClient, queueUrl: string) =>
  (wakeUps: readonly WakeUp[]): Promise<void> =>
    sendAll(
      sqs,
      queueUrl,
      wakeUps.map((wakeUp) => ({
        MessageBody: wakeUpText(wakeUp),
        MessageGroupId: wakeUp.channel,
        MessageDeduplicationId: randomUUID(),
      })),
    );
