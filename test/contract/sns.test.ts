import { createHash } from 'node:crypto';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { SNSClient } from '@aws-sdk/client-sns';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Publication } from '../../local/aws/embedded-queues.ts';
import { runStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import { topicResources } from '../../scripts/template-parts.ts';
import { createSnsPublisher } from '../../shared/aws/sns-publisher.ts';
import { snsMessage } from '../../shared/message/sns-message.ts';
import type { SnsMessage } from '../../shared/message/sns-message.ts';
import { SnsDocument } from '../../shared/message/sns-document-schema.ts';
import { aChange, aRollout, TEN_O_CLOCK } from '../support/rollouts.ts';

const CONFIG = compileConfig(`
slack: { workspace: T0123456789, channels: { ops: C0123456789 } }
routes: [{ to: [{ sns: releases }, { sns: releases.fifo }] }]
`);

const topics = topicResources(CONFIG, 'gatehouse-');

const [standard = '', fifo = ''] = Object.keys(topics).filter((id) => id.startsWith('Topic'));

const queue = (QueueName: string) => ({
  Type: 'AWS::SQS::Queue',
  Properties: { QueueName, ...(QueueName.endsWith('.fifo') && { FifoQueue: true }) },
});

const subscription = (topic: string, to: string, given: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: { TopicArn: { Ref: topic }, Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': [to, 'Arn'] }, ...given },
});

const template = parseTemplate({
  Resources: {
    ...topics,
    All: queue('all'),
    Raw: queue('raw'),
    Failures: queue('failures'),
    FailedActions: queue('failed-actions'),
    InOrder: queue('in-order.fifo'),
    ToAll: subscription(standard, 'All'),
    ToRaw: subscription(standard, 'Raw', { RawMessageDelivery: true }),
    ToFailures: subscription(standard, 'Failures', { RawMessageDelivery: true, FilterPolicy: { state: ['failed'] } }),
    ToFailedActions: subscription(standard, 'FailedActions', {
      RawMessageDelivery: true,
      FilterPolicyScope: 'MessageBody',
      FilterPolicy: { state: ['failed'], register: ['action'], rollout: { state: ['in-progress'] } },
    }),
    ToInOrder: subscription(fifo, 'InOrder', { RawMessageDelivery: true }),
  },
});

const published: Publication[] = [];
let stack: Stack;
let publish: (topic: string, message: SnsMessage) => Promise<void>;

const connection = () => ({
  endpoint: stack.aws,
  region: stack.region,
  credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
});

beforeAll(async () => {
  stack = await runStack(
    { template, taskRoot: '/nowhere' },
    {},
    {
      ports: { aws: 0, slack: 0 },
      functions: false,
      schedules: false,
      log: () => undefined,
      onPublish: (publication) => published.push(publication),
    },
  );
  publish = createSnsPublisher(
    (region) => new SNSClient({ ...connection(), region }),
    `arn:aws:sns:${stack.region}:${stack.account}:gatehouse-`,
  );
});

afterAll(() => stack.stop());

/** What a queue holds by now, taken out of it: of a group the next one comes once the one before is gone. */
const received = async (name: string): Promise<readonly Message[]> => {
  const sqs = new SQSClient({ ...connection(), useQueueUrlAsEndpoint: false });
  const QueueUrl = `${stack.aws}/${stack.account}/${name}`;
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  for (const { ReceiptHandle } of Messages) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  return Messages.length === 0 ? [] : [...Messages, ...(await received(name))];
};

const documentIn = (text: string | undefined): SnsDocument => v.parse(SnsDocument, JSON.parse(text ?? ''));

const started = aChange();
const failed = aChange({
  register: { kind: 'action', stage: 'Deploy', action: 'Release' },
  state: 'failed',
  version: { time: TEN_O_CLOCK + 1000, rank: 40, eventId: 'event-2' },
});
const rollout = aRollout(started, failed);

describe('the topics of gatehouse.yml', () => {
  it('are FIFO topics where their names say so, and leave it to the publisher what is the same', () => {
    expect(topics).toMatchObject({
      Topicreleases: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'gatehouse-releases' } },
      TopicreleasesZ2efifo: {
        Type: 'AWS::SNS::Topic',
        Properties: { TopicName: 'gatehouse-releases.fifo', FifoTopic: true, ContentBasedDeduplication: false },
      },
    });
  });
});

describe('a standard topic', () => {
  it('brings machines the document, mail the text, and each what it filters', async () => {
    const messages = [started, failed].map((change) => snsMessage(change, rollout, { environment: 'production' }));
    for (const message of messages) {
      await publish('releases', message);
    }
    const documents = messages.map(({ document }): unknown => JSON.parse(JSON.stringify(document)));
    const [all, raw, failures, failedActions] = await Promise.all(
      ['all', 'raw', 'failures', 'failed-actions'].map(received),
    );

    const Envelope = v.object({ Type: v.literal('Notification'), Subject: v.string(), Message: v.string() });
    const envelopes = (all ?? []).map(({ Body = '' }) => v.parse(Envelope, JSON.parse(Body)));
    expect(envelopes.map(({ Subject }) => Subject)).toEqual(messages.map(({ subject }) => subject));
    expect(envelopes.map(({ Message }) => documentIn(Message))).toEqual(documents);

    expect(raw?.map(({ Body }) => documentIn(Body))).toEqual(documents);
    expect(
      raw?.map(({ MessageAttributes = {} }) =>
        Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue])),
      ),
    ).toEqual(messages.map(({ attributes }) => attributes));

    expect(failures?.map(({ Body }) => documentIn(Body))).toEqual([documents[1]]);
    expect(failedActions?.map(({ Body }) => documentIn(Body))).toEqual([documents[1]]);
    expect(published.map(({ subject, message }) => ({ subject, message }))).toEqual(
      messages.map(({ subject, message }) => ({ subject, message })),
    );
  });
});

describe('a FIFO topic', () => {
  it('brings two states within five minutes in their order, and a fact once however often it is published (F15)', async () => {
    const [first, second] = [snsMessage(started, rollout, {}), snsMessage(failed, rollout, {})];
    // The rollout went on in the meantime: the same fact is told in other words.
    const again = snsMessage(
      started,
      aRollout(started, failed, aChange({ state: 'failed', version: { rank: 40 } })),
      {},
    );
    expect(again.document).not.toEqual(first.document);
    for (const message of [first, second, again, second]) {
      await publish('releases.fifo', message);
    }
    const messages = await received('in-order.fifo');
    expect(messages.map(({ Body }) => documentIn(Body).eventId)).toEqual(['event-1', 'event-2']);
    expect(messages.map(({ Attributes = {} }) => Attributes.MessageGroupId)).toEqual(
      Array(2).fill(rollout.id.executionId),
    );
    expect(messages.map(({ Attributes = {} }) => Attributes.MessageDeduplicationId)).toEqual(
      [first, second].map(({ document }) =>
        createHash('sha256').update(`releases.fifo|${document.factId}`).digest('hex'),
      ),
    );
  });

  it('takes an id that AWS would not give for a group as well', async () => {
    const odd = aChange({ rollout: { ...started.rollout, executionId: 'größe' } });
    await publish('releases.fifo', snsMessage(odd, aRollout(odd), {}));
    const [message] = await received('in-order.fifo');
    expect(message?.Attributes?.MessageGroupId).toMatch(/^[0-9a-f]{64}$/);
  });
});
