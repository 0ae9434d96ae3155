import { PublishCommand } from '@aws-sdk/client-sns';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SnsMessage } from '../message/sns-message.ts';

/**
 * Publishes to a topic: an ARN, or the name of one of the stack's own, whose ARN begins with `prefix`. SNS finds a topic
 * only in its own region, so `connect` makes a client for each region that is published to.
 */
export const createSnsPublisher = (connect: (region: string) => SNSClient, prefix: string) => {
  const clients = new Map<string, SNSClient>();
  const clientIn = (region: string): SNSClient => {
    const client = clients.get(region) ?? connect(region);
    clients.set(region, client);
    return client;
  };
  return async (topic: string, { subject, message, attributes }: SnsMessage): Promise<void> => {
    const arn = topic.startsWith('arn:') ? topic : `${prefix}${topic}`;
    const [, , , region = ''] = arn.split(':');
    await clientIn(region).send(
      new PublishCommand({
        TopicArn: arn,
        Subject: subject,
        Message: message,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      }),
    );
  };
};
