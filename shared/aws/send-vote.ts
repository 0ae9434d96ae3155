import { createHash } from 'node:crypto';
import { voteText } from '../gate/vote-message.ts';
import type { Vote } from '../gate/vote-message.ts';
import type { AwsClient } from './aws-client.ts';

/**
 * Sends votes, grouped by gate: one after the other is counted. The same click twice within five minutes is swallowed by
 * SQS; after that its key tells. `until` is in epoch milliseconds.
 */
export const createSendVote =
  (sqs: AwsClient, queueUrl: string, now: () => number) =>
  async (vote: Vote, until: number): Promise<void> => {
    const { gate, by, key } = vote;
    await sqs(
      'SendMessage',
      {
        QueueUrl: queueUrl,
        MessageBody: inAscii(voteText(vote)),
        MessageGroupId: gate,
        MessageDeduplicationId: createHash('sha256').update([gate, by.user, key].join('|')).digest('hex'),
      },
      AbortSignal.timeout(Math.max(1, until - now())),
    );
  };

/** SQS refuses some characters that people type. JSON can write each of them in others. */
const inAscii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
