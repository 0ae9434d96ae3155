import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { wakeUpText } from '../delivery/wake-up.ts';
import type { WakeUp } from '../delivery/wake-up.ts';

const MOST_IN_A_BATCH = 10;

/**
 * Sends wake-ups, grouped by channel: SQS hands out one message of a group at a time, which makes one sender per
 * channel. Each has an id of its own, for within five minutes SQS swallows what looks like a repetition.
 */
export const createWakeUpQueue =
  (client: SQSClient, queueUrl: string) =>
  async (wakeUps: readonly WakeUp[]): Promise<void> => {
    for (let from = 0; from < wakeUps.length; from += MOST_IN_A_BATCH) {
      const { Failed: refused = [] } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: wakeUps.slice(from, from + MOST_IN_A_BATCH).map((wakeUp, index) => ({
            Id: String(index),
            MessageBody: wakeUpText(wakeUp),
            MessageGroupId: wakeUp.channel,
            MessageDeduplicationId: randomUUID(),
          })),
        }),
      );
      if (refused.length > 0) {
        throw new Error(
          `SQS refused ${refused.length} wake-ups: ${[...new Set(refused.map(({ Code }) => Code))].join(', ')}`,
        );
      }
    }
  };
