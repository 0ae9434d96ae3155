import { randomUUID } from 'node:crypto';
import { voteText } from '../gate/vote-message.ts';
import type { AwsClient } from './aws-client.ts';
import { sendAll } from './send-all.ts';

/** Has gates looked at, one after the other with the votes for each: the queue's groups are gates. */
export const createVotesQueue =
  (sqs: AwsClient, queueUrl: string) =>
  (gates: readonly string[]): Promise<void> =>
    sendAll(
      sqs,
      queueUrl,
      gates.map((gate) => ({
        MessageBody: voteText({ kind: 'look', gate }),
        MessageGroupId: gate,
        // An id of its own: within five minutes SQS swallows what looks like a repetition.
        MessageDeduplicationId: randomUUID(),
      })),
    );
