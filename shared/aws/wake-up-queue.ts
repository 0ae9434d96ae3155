import { randomUUID } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { wakeUpText } from '../delivery/wake-up.ts';
import type { WakeUp } from '../delivery/wake-up.ts';
import { sendAll } from './send-all.ts';

/**
 * Sends wake-ups, grouped by channel: SQS hands out one message of a group at a time, which makes one sender per
 * channel. Each has an id of its own, for within five minutes SQS swallows what looks like a repetition.
 */
export const createWakeUpQueue =
  (client: SQSClient, queueUrl: string) =>
  (wakeUps: readonly WakeUp[]): Promise<void> =>
    sendAll(
      client,
      queueUrl,
      wakeUps.map((wakeUp) => ({
        MessageBody: wakeUpText(wakeUp),
        MessageGroupId: wakeUp.channel,
        MessageDeduplicationId: randomUUID(),
      })),
    );
