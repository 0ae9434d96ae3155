import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe } from 'vitest';
import { createEmbeddedQueues } from '../../local/aws/embedded-queues.ts';
import type { EmbeddedQueues } from '../../local/aws/embedded-queues.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import type { LoopbackServer } from '../../local/loopback-server.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryQueue } from '../../local/virtual/memory-queue.ts';
import type { Received } from '../../local/virtual/memory-queue.ts';
import { keepsTheQueueContract } from './queue-contract.ts';

/** SQS counts in whole seconds; one is soon over on a machine that has other things to do. */
const HIDDEN_MS = 2_000;
const MOST_RECEIVES = 3;

describe('the queue in memory', () => {
  keepsTheQueueContract((kind) => {
    const { clock, run } = createKernel(0);
    const queue = createMemoryQueue({
      name: 'queue',
      fifo: kind === 'fifo',
      now: clock.now,
      visibilityMs: () => HIDDEN_MS,
      maxReceives: MOST_RECEIVES,
      onVisible: () => undefined,
    });
    return Promise.resolve({
      send: (body, group) => {
        queue.send(body, { ...(group !== undefined && { group }) });
        return Promise.resolve();
      },
      receive: (most) => Promise.resolve(queue.receive(most)),
      remove: (receipt) => {
        queue.remove(receipt);
        return Promise.resolve();
      },
      size: () => Promise.resolve(queue.size()),
      deadLetters: () => Promise.resolve(queue.deadLetters()),
      untilVisible: async () => {
        await run(() => false, clock.now() + HIDDEN_MS);
      },
    });
  });
});

describe('the queue in SQS', () => {
  let embedded: EmbeddedQueues;
  let gateway: LoopbackServer;
  let client: SQSClient;
  let made = 0;

  beforeAll(async () => {
    embedded = await createEmbeddedQueues({ endpoint: '', foreignTopics: [], onPublish: () => undefined });
    gateway = await startGateway({
      port: 0,
      services: new Map([['sqs', embedded.service]]),
      onCall: () => undefined,
    });
    client = new SQSClient({
      endpoint: gateway.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    });
  });

  afterAll(async () => {
    client.destroy();
    await gateway.close();
    await embedded.stop();
  });

  const receive = async (QueueUrl: string, most: number): Promise<readonly Received[]> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: most, WaitTimeSeconds: 0 }),
    );
    return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '' }) => ({
      id: MessageId,
      body: Body,
      receipt: ReceiptHandle,
    }));
  };

  const createQueue = async (QueueName: string, Attributes: Record<string, string>): Promise<string> => {
    await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    return `http://localhost/000000000000/${QueueName}`;
  };

  keepsTheQueueContract(async (kind) => {
    made += 1;
    const [name, fifo] = kind === 'fifo' ? [`${made}.fifo`, { FifoQueue: 'true' }] : [`${made}`, {}];
    const dead = await createQueue(`dead-${name}`, fifo);
    const QueueUrl = await createQueue(`queue-${name}`, {
      ...fifo,
      VisibilityTimeout: String(HIDDEN_MS / 1000),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:dead-${name}`,
        maxReceiveCount: MOST_RECEIVES,
      }),
    });
    return {
      send: async (MessageBody, MessageGroupId) => {
        const place = MessageGroupId === undefined ? {} : { MessageGroupId, MessageDeduplicationId: randomUUID() };
        await client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...place }));
      },
      receive: (most) => receive(QueueUrl, most),
      remove: async (ReceiptHandle) => {
        await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      },
      size: async () => {
        const { Attributes } = await client.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTED] }),
        );
        return COUNTED.reduce((sum, name) => sum + Number(Attributes?.[name]), 0);
      },
      deadLetters: async () => (await receive(dead, 10)).map(({ body }) => body),
      untilVisible: () => wait(HIDDEN_MS + 100),
    };
  });
});

const COUNTED = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
