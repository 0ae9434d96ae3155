import { createHash } from 'node:crypto';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { protocolWords } from '../message/sns-message.ts';
import type { SnsMessage } from '../message/sns-message.ts';
import { clientSettings } from './clients.ts';

export const connectSns = (region: string): SNSClient => new SNSClient({ ...clientSettings, region });

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
  return async (topic: string, message: SnsMessage): Promise<void> => {
    const arn = topic.startsWith('arn:') ? topic : `${prefix}${topic}`;
    const [, , , region = ''] = arn.split(':');
    await clientIn(region).send(
      new PublishCommand({
        TopicArn: arn,
        Subject: message.subject,
        // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: each protocol takes its own words.
        MessageStructure: 'json',
        Message: JSON.stringify(protocolWords(message)),
        MessageAttributes: Object.fromEntries(
          Object.entries(message.attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
        ...(arn.endsWith('.fifo') && placeInLine(topic, message)),
      }),
    );
  };
};

/** A FIFO topic keeps the order of one rollout, and swallows what it had within five minutes: the same fact, no other. */
const placeInLine = (topic: string, { document: { executionId, factId } }: SnsMessage) => ({
  MessageGroupId: GROUP_ID.test(executionId) ? executionId : sha256(executionId),
  MessageDeduplicationId: sha256(`${topic}|${factId}`),
});

/** What SNS takes for one. AWS's own ids are, but only AWS makes sure. */
const GROUP_ID = /^[\x21-\x7e]{1,128}$/;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
