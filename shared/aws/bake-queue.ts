import { bakeText } from '../validation/check-text.ts';
import type { AwsClient } from './aws-client.ts';
import { sendAll } from './send-all.ts';

/** Says of a deployment that its traffic may be watched. */
export const createBakeQueue =
  (sqs: AwsClient, queueUrl: string) =>
  (deployment: string): Promise<void> =>
    sendAll(sqs, queueUrl, [{ MessageBody: bakeText(deployment) }]);
