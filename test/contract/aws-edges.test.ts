import { createServer } from 'node:http';
import { join } from 'node:path';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Publication } from '../../local/aws/embedded-queues.ts';
import { runStack, startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { clientSettings } from '../../shared/aws/clients.ts';
import { createSecretParameter } from '../../shared/aws/secret-parameter.ts';
import { createSnsPublisher } from '../../shared/aws/sns-publisher.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { parseWakeUp } from '../../shared/delivery/wake-up.ts';
import { snsMessage } from '../../shared/message/sns-message.ts';
import { aChange, aRollout } from '../support/rollouts.ts';
import { connectionTo } from '../support/stack.ts';

const ROOT = join(import.meta.dirname, '../..');

const OPTIONS = { ports: { aws: 0, slack: 0 }, functions: false, schedules: false, log: () => undefined };

let stack: Stack;
const published: Publication[] = [];

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'test',
    ...OPTIONS,
    onPublish: (publication) => published.push(publication),
  });
});

afterAll(async () => {
  await stack.stop();
});

const connection = () => connectionTo(stack);

describe('an AWS client', () => {
  it('gives up on a call that is never answered', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = new SNSClient({
      ...connection(),
      ...clientSettings,
      maxAttempts: 1,
      endpoint: `http://127.0.0.1:${port}`,
    });
    await expect(client.send(new ListTopicsCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
    silent.close();
    silent.closeAllConnections();
  });
});

describe('the SNS publisher', () => {
  const change = aChange({ state: 'failed' });
  const message = snsMessage(change, aRollout(change), {});

  const connect = (region: string) => new SNSClient({ ...connection(), region });

  it('publishes to one of the stack’s topics by its name, to any topic by its ARN', async () => {
    const prefix = `arn:aws:sns:${stack.region}:${stack.account}:gatehouse-test-`;
    const publish = createSnsPublisher(connect, prefix);
    await publish('releases', message);
    await publish(`${prefix}releases`, message);
    const { subject, message: mail, attributes } = message;
    const expected = { topicArn: `${prefix}releases`, subject, message: mail, attributes };
    expect(published).toEqual([expected, expected]);
  });

  it('calls the region of the topic, by one client for each', async () => {
    const connected: string[] = [];
    const signedFor: string[] = [];
    const publish = createSnsPublisher((region) => {
      connected.push(region);
      const client = connect(region);
      client.middlewareStack.add(
        (next) => async (args) => {
          const request = v.parse(v.object({ headers: v.object({ authorization: v.string() }) }), args.request);
          signedFor.push(/\d{8}\/([^/]+)\/sns\//.exec(request.headers.authorization)?.[1] ?? 'nowhere');
          return next(args);
        },
        { step: 'finalizeRequest', priority: 'low' },
      );
      return client;
    }, `arn:aws:sns:${stack.region}:${stack.account}:gatehouse-test-`);
    const foreign = 'arn:aws:sns:ap-southeast-2:111122223333:nowhere';
    await publish('releases', message);
    await expect(publish(foreign, message)).rejects.toMatchObject({ name: 'NotFoundException' });
    await publish('releases', message);
    expect(connected).toEqual([stack.region, 'ap-southeast-2']);
    expect(signedFor).toEqual([stack.region, 'ap-southeast-2', stack.region]);
  });

  it('finds a stand-in here for a topic of another account that gatehouse.yml names', async () => {
    const foreign = 'arn:aws:sns:eu-west-1:111122223333:oncall';
    const { template, taskRoot } = await compileTemplate({ root: ROOT, stage: 'test' });
    const seen: string[] = [];
    const other = await runStack(
      { template, taskRoot },
      {},
      { ...OPTIONS, foreignTopics: [foreign], onPublish: ({ topicArn }) => seen.push(topicArn) },
    );
    await createSnsPublisher((region) => new SNSClient({ ...connection(), region, endpoint: other.aws }), '')(
      foreign,
      message,
    );
    await other.stop();
    expect(seen).toEqual([foreign]);
  });

  it('says so when there is no such topic', async () => {
    const publish = createSnsPublisher(connect, 'arn:aws:sns:us-east-1:000000000000:');
    await expect(publish('nowhere', message)).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('the queue of wake-ups', () => {
  it('takes any number of them, and hands them out channel by channel', async () => {
    const client = new SQSClient({ ...connection(), useQueueUrlAsEndpoint: false });
    const url = stack.environmentOf('gatehouse-test-notify')?.['WAKE_UPS_QUEUE_URL'] ?? '';
    const wakeUps = Array.from({ length: 23 }, (_, index) => ({ pk: 'X#same', channel: `C${index % 2}` }));
    const send = createWakeUpQueue(createAwsClient('sqs', connection()), url);
    await send(wakeUps);
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
    // One of each channel, the rest of it waits: and of 23 that look alike none was swallowed.
    expect(Messages.map(({ Body }) => parseWakeUp(Body ?? '')?.channel).sort()).toEqual(['C0', 'C1']);
    await expect(send([])).resolves.toBeUndefined();
  });

  it('takes a batch for sent only when SQS has taken all of it (F16)', async () => {
    const partly = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(
        JSON.stringify({
          Successful: [{ Id: '0', MessageId: 'm', MD5OfMessageBody: 'd41d8cd98f00b204e9800998ecf8427e' }],
          Failed: [{ Id: '1', Code: 'InternalFailure', SenderFault: false }],
        }),
      );
    });
    await new Promise<void>((resolve) => partly.listen(0, '127.0.0.1', resolve));
    const address = partly.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = createAwsClient('sqs', { ...connection(), endpoint: `http://127.0.0.1:${port}` });
    const wakeUps = ['C1', 'C2'].map((channel) => ({ pk: 'X#same', channel }));
    await expect(createWakeUpQueue(client, `http://127.0.0.1:${port}/1/queue`)(wakeUps)).rejects.toThrow(
      'SQS refused 1 messages: InternalFailure',
    );
    partly.close();
    partly.closeAllConnections();
  });
});

describe('a secret parameter', () => {
  it('is read once in five minutes, and again when it was not accepted', async () => {
    const client = new SSMClient(connection());
    const put = (value: string) =>
      client.send(
        new PutParameterCommand({ Name: '/test/secret', Value: value, Type: 'SecureString', Overwrite: true }),
      );
    let now = 0;
    const secret = createSecretParameter(createAwsClient('ssm', connection()), '/test/secret', { now: () => now });
    await put('first');
    await expect(secret.read()).resolves.toBe('first');
    await put('second');
    await expect(secret.read()).resolves.toBe('first');
    secret.forget();
    await expect(secret.read()).resolves.toBe('second');
    await put('third');
    now = 5 * 60_000 + 1;
    await expect(secret.read()).resolves.toBe('third');
  });

  it('says which parameter is missing', async () => {
    const secret = createSecretParameter(createAwsClient('ssm', connection()), '/test/none', { now: () => 0 });
    await expect(secret.read()).rejects.toMatchObject({ name: 'ParameterNotFound' });
  });
});
