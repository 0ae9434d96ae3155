import { PublishCommand } from '@aws-sdk/client-sns';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SnsMessage } from '../message/sns-message.ts';

/** Publishes to a topic: an ARN, or the name of one of the stack's own, whose ARN begins with `prefix`. */
export const createSnsPublisher =
  (client: SNSClient, prefix: string) =>
  async (topic: string, { subject, message, attributes }: SnsMessage): Promise<void> => {
    await client.send(
      new PublishCommand({
        TopicArn: topic.startsWith('arn:') ? topic : `${prefix}${topic}`,
        Subject: subject,
        Message: message,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      }),
    );
  };
