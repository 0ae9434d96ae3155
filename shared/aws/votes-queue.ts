import { randomUUID } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendAll } from './send-all.ts';
import { voteText } from '../gate/vote-message.ts';

/** Has gates looked at, one after the other with the votes for each: the queue's groups are gates. */
export const createVotesQueue =
  (client: SQSClient, queueUrl: string) =>
  (gates: readonly string[]): Promise<void> =>
    sendAll(
      client,
      queueUrl,
      gates.map((gate) => ({
        MessageBody: voteText({ kind: 'look', gate }),
        MessageGroupId: gate,
        // An id of its own: within five minutes SQS swallows what looks like a repetition.
        MessageDeduplicationId: randomUUID(),
      })),
    );
