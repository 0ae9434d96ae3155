import { lookAtWatchText, lookText } from '../validation/check-text.ts';
import type { AwsClient } from './aws-client.ts';
import { sendAll } from './send-all.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html */
const MOST_DELAY_SECONDS = 900;

/** Has runs looked at, now or after a while; what is to wait for longer is looked at before. */
export const createChecksQueue = (sqs: AwsClient, queueUrl: string) => sending(sqs, queueUrl, lookText);

/** Has watches looked at, now or after a while. */
export const createWatchesQueue = (sqs: AwsClient, queueUrl: string) => sending(sqs, queueUrl, lookAtWatchText);

const sending =
  (sqs: AwsClient, queueUrl: string, textOf: (id: string) => string) =>
  (ids: readonly string[], afterMs = 0): Promise<void> =>
    sendAll(
      sqs,
      queueUrl,
      ids.map((id) => ({
        MessageBody: textOf(id),
        DelaySeconds: Math.min(MOST_DELAY_SECONDS, Math.max(0, Math.ceil(afterMs / 1000))),
      })),
    );
