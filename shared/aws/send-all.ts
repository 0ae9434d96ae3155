import * as v from 'valibot';
import type { AwsClient } from './aws-client.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html */
type Message = {
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
  /** Of a standard queue; up to a quarter of an hour. */
  readonly DelaySeconds?: number;
};

const MOST_IN_A_BATCH = 10;

const Sent = v.object({ Failed: v.optional(v.array(v.object({ Code: v.string() })), []) });

/** Sends messages in as few calls as SQS allows. Throws when it refuses any: those before are sent all the same. */
export const sendAll = async (sqs: AwsClient, queueUrl: string, messages: readonly Message[]): Promise<void> => {
  for (let from = 0; from < messages.length; from += MOST_IN_A_BATCH) {
    const entries = messages
      .slice(from, from + MOST_IN_A_BATCH)
      .map((message, index) => ({ ...message, Id: String(index) }));
    const { Failed: refused } = v.parse(Sent, await sqs('SendMessageBatch', { QueueUrl: queueUrl, Entries: entries }));
    if (refused.length > 0) {
      throw new Error(
        `SQS refused ${refused.length} messages: ${[...new Set(refused.map(({ Code }) => Code))].join(', ')}`,
      );
    }
  }
};
