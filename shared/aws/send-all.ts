import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';

const MOST_IN_A_BATCH = 10;

/** Sends messages in as few calls as SQS allows. Throws when it refuses any: those before are sent all the same. */
export const sendAll = async (
  client: SQSClient,
  queueUrl: string,
  messages: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[],
): Promise<void> => {
  for (let from = 0; from < messages.length; from += MOST_IN_A_BATCH) {
    const { Failed: refused = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: messages
          .slice(from, from + MOST_IN_A_BATCH)
          .map((message, index) => ({ ...message, Id: String(index) })),
      }),
    );
    if (refused.length > 0) {
      throw new Error(
        `SQS refused ${refused.length} messages: ${[...new Set(refused.map(({ Code }) => Code))].join(', ')}`,
      );
    }
  }
};
