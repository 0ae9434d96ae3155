import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isRecord, parseJson } from '../../local/json.ts';
import { runStack } from '../../local/stack.ts';
import type { Stack, StackOptions } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { planAwsFaults } from '../support/aws-faults.ts';

/** A bundled handler that does what its input says and prints what it saw, one JSON text a line. */
const HANDLER = `
const print = (seen) => console.log(JSON.stringify(seen));
let invocations = 0;
exports.handler = async (event, context) => {
  invocations += 1;
  const failed = [];
  for (const { messageId, body, attributes } of event.Records ?? []) {
    print({ body, receives: Number(attributes.ApproximateReceiveCount), group: attributes.MessageGroupId });
    await new Promise((resolve) => setTimeout(resolve, body === 'slow' ? 300 : 0));
    if (body === 'throw') throw new TypeError('as told');
    if (body === 'exit') process.exit(1);
    if (body === 'hang') await new Promise(() => setInterval(() => 0, 1000));
    if (body === 'fail' && attributes.ApproximateReceiveCount === '1') failed.push({ itemIdentifier: messageId });
    if (body === 'record') print(event);
    print({ done: body });
  }
  if (event.show === 'environment') return process.env;
  if (event.show === 'context') {
    const left = context.getRemainingTimeInMillis();
    return { ...context, left: left > 500 && left <= 1000, arity: exports.handler.length };
  }
  if (event.show === 'call') {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.ListQueues',
      'x-amz-security-token': process.env.AWS_SESSION_TOKEN,
    };
    return (await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers, body: '{}' })).status;
  }
  if (event.show === 'throw') throw new RangeError('as told');
  if (event.show === 'crash') setTimeout(() => { throw new Error('out of nowhere'); }, 0);
  if (event.show === 'crash' || event.show === 'hang') await new Promise(() => setInterval(() => 0, 1000));
  if (event.show === 'records') print(event);
  return event.show === 'invocations' ? invocations : { batchItemFailures: failed };
};
exports.withCallback = (event, context, callback) => callback(null, 1);
`;

const queue = (name: string, more: object = {}) => ({
  Type: 'AWS::SQS::Queue',
  Properties: {
    QueueName: name,
    VisibilityTimeout: 1,
    RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
    ...more,
  },
});

const source = (logicalId: string, more: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    EventSourceArn: { 'Fn::GetAtt': [logicalId, 'Arn'] },
    FunctionName: { 'Fn::GetAtt': ['Notify', 'Arn'] },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ...more,
  },
});

const lambda = (name: string, more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { FunctionName: name, Handler: 'dist/notify/index.handler', Timeout: 1, ...more },
});

const template = parseTemplate({
  Resources: {
    Events: queue('events'),
    Single: queue('single.fifo', { FifoQueue: true, ContentBasedDeduplication: false, RedrivePolicy: undefined }),
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
    Notify: lambda('notify', {
      MemorySize: 512,
      Environment: {
        Variables: {
          QUEUE: { Ref: 'Events' },
          SLACK_API_URL: 'https://slack.com/api/',
          NODE_OPTIONS: '--enable-source-maps',
        },
      },
    }),
    Callback: lambda('callback', { Handler: 'dist/notify/index.withCallback' }),
    Missing: lambda('missing', { Handler: 'dist/missing/index.handler' }),
    FromEvents: source('Events', { MaximumBatchingWindowInSeconds: 0 }),
    FromSingle: source('Single', { BatchSize: 1 }),
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: { source: ['aws.codepipeline'] },
        Targets: [
          { Id: 'queue', Arn: { 'Fn::GetAtt': ['Events', 'Arn'] } },
          { Id: 'function', Arn: { 'Fn::GetAtt': ['Notify', 'Arn'] }, Input: '{"show":"records"}' },
        ],
      },
    },
  },
});

/** Typed: what `expect` gives is `any`. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const anyText: unknown = expect.any(String);

let taskRoot: string;
let stack: Stack | undefined;
let printed: unknown[] = [];
let logged: string[] = [];

beforeAll(async () => {
  taskRoot = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  await mkdir(join(taskRoot, 'dist/notify'), { recursive: true });
  await writeFile(join(taskRoot, 'dist/notify/index.js'), HANDLER);
  await writeFile(join(taskRoot, 'dist/package.json'), '{ "type": "commonjs" }');
});

afterAll(() => rm(taskRoot, { recursive: true }));

afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

const start = async (more: Partial<StackOptions> = {}): Promise<Stack> => {
  printed = [];
  logged = [];
  stack = await runStack(
    { template, taskRoot },
    { deployments: 'C0DEPLOYMENTS' },
    {
      ports: { aws: 0, slack: 0 },
      functions: true,
      schedules: false,
      log: (line) => {
        const json = parseJson(line);
        if (json === undefined) {
          logged.push(line);
        } else {
          printed.push(json);
        }
      },
      ...more,
    },
  );
  return stack;
};

const send = async ({ aws }: Stack, name: string, bodies: readonly string[], group?: string) => {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const sqs = new SQSClient({ endpoint: aws, region: 'us-east-1', credentials });
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  for (const [index, MessageBody] of bodies.entries()) {
    const fifo = group === undefined ? {} : { MessageGroupId: group, MessageDeduplicationId: `${group}-${index}` };
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'test' } };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes, ...fifo }));
  }
};

const deadLetters = async ({ aws }: Stack) => {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const sqs = new SQSClient({ endpoint: aws, region: 'us-east-1', credentials });
  const receive = new ReceiveMessageCommand({ QueueUrl: `${aws}/000000000000/dead`, MaxNumberOfMessages: 10 });
  return (await sqs.send(receive)).Messages?.map(({ Body }) => Body) ?? [];
};

describe('the local stack', () => {
  it('brings an event through rule and queue to the function, as Lambda would', async () => {
    const running = await start();
    const event = { id: 'e', source: 'aws.codepipeline', account: '111122223333', time: '2026-11-20T10:00:00Z' };
    running.putEvents([event, { ...event, source: 'aws.ecs' }]);
    await running.idle();
    const body = JSON.stringify({
      version: '0',
      id: 'e',
      'detail-type': '',
      source: 'aws.codepipeline',
      account: '111122223333',
      time: '2026-11-20T10:00:00Z',
      region: 'us-east-1',
      resources: [],
      detail: {},
    });
    // What a function prints comes by a stream of its own, which may be slower than its result.
    await vi.waitFor(() => {
      expect(printed).toHaveLength(3);
    });
    expect(printed).toEqual(expect.arrayContaining([{ body, receives: 1 }, { done: body }, { show: 'records' }]));
  });

  it('brings back only the messages that the function reports as failed', async () => {
    const running = await start();
    await send(running, 'events', ['good', 'fail']);
    await running.idle();
    const handled = () => printed.filter((seen) => isRecord(seen) && 'receives' in seen);
    await vi.waitFor(() => {
      expect(handled()).toHaveLength(3);
    });
    // A standard queue keeps no order.
    expect(handled()).toEqual(
      expect.arrayContaining([
        { body: 'good', receives: 1 },
        { body: 'fail', receives: 1 },
        { body: 'fail', receives: 2 },
      ]),
    );
  });

  it.each(['throw', 'exit', 'hang'])('moves a message that makes the function %s to the dead letters', async (body) => {
    const running = await start();
    await send(running, 'events', [body]);
    await running.idle();
    expect(await deadLetters(running)).toEqual([body]);
    await vi.waitFor(() => {
      expect(printed).toEqual([
        { body, receives: 1 },
        { body, receives: 2 },
      ]);
    });
    await send(running, 'events', ['next']);
    await running.idle();
    await vi.waitFor(() => {
      expect(printed.at(-1)).toEqual({ done: 'next' });
    });
  });

  it('keeps the messages of a group in order and the groups apart', async () => {
    const running = await start();
    await Promise.all([
      send(running, 'single.fifo', ['slow', 'a2', 'a3'], 'a'),
      send(running, 'single.fifo', ['b1', 'b2'], 'b'),
    ]);
    await running.idle();
    const order = printed.flatMap((seen) => (isRecord(seen) && 'done' in seen ? [seen['done']] : []));
    expect(order.filter((body) => !String(body).startsWith('b'))).toEqual(['slow', 'a2', 'a3']);
    expect(order.slice(0, 2)).toEqual(['b1', 'b2']);
  });

  it('hands messages over in the shape that Lambda gives them', async () => {
    const running = await start();
    const body = 'record';
    await send(running, 'single.fifo', [body], 'group');
    await running.idle();
    expect(printed).toContainEqual({
      Records: [
        {
          messageId: matching(/^[0-9a-f-]{36}$/),
          receiptHandle: anyText,
          body,
          attributes: {
            ApproximateReceiveCount: '1',
            ApproximateFirstReceiveTimestamp: matching(/^\d{13}$/),
            SentTimestamp: matching(/^\d{13}$/),
            SenderId: '000000000000',
            MessageGroupId: 'group',
            MessageDeduplicationId: 'group-0',
            SequenceNumber: matching(/^\d{20}$/),
          },
          messageAttributes: {
            kind: { stringValue: 'test', stringListValues: [], binaryListValues: [], dataType: 'String' },
          },
          md5OfBody: createHash('md5').update(body).digest('hex'),
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:single.fifo',
          awsRegion: 'us-east-1',
        },
      ],
    });
  });

  it('gives functions the environment of the template, with the stand-ins in it, and no other', async () => {
    const running = await start();
    expect(await running.invoke('notify', { show: 'environment' })).toEqual({
      kind: 'returned',
      value: {
        QUEUE: `${running.aws}/000000000000/events`,
        SLACK_API_URL: `${running.slack}/api/`,
        // Recorded events may be of any age.
        OLDEST_EVENT_DAYS: '99999',
        LOCAL_HOSTS: JSON.stringify(running.hosts),
        NODE_OPTIONS: '--enable-source-maps',
        AWS_ENDPOINT_URL: running.aws,
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        // Each environment's own, by which the endpoint knows who calls.
        AWS_SESSION_TOKEN: matching(/^[0-9a-f-]{36}$/),
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: 'notify',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/notify',
        AWS_LAMBDA_LOG_STREAM_NAME: 'local',
        _HANDLER: 'dist/notify/index.handler',
        TZ: ':UTC',
      },
    });
  });

  it('gives functions the context that Lambda gives them', async () => {
    const running = await start();
    expect(await running.invoke('notify', { show: 'context' })).toEqual({
      kind: 'returned',
      value: {
        awsRequestId: matching(/^[0-9a-f-]{36}$/),
        callbackWaitsForEmptyEventLoop: true,
        functionName: 'notify',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:notify',
        memoryLimitInMB: '512',
        logGroupName: '/aws/lambda/notify',
        logStreamName: 'local',
        left: true,
        arity: 2,
      },
    });
  });

  it('keeps environments warm and starts another one while one is busy', async () => {
    const running = await start();
    const invocations = async () => {
      const result = await running.invoke('notify', { show: 'invocations' });
      return result.kind === 'returned' ? result.value : result;
    };
    expect(await invocations()).toBe(1);
    expect(await invocations()).toBe(2);
    expect((await Promise.all([invocations(), invocations()])).sort()).toEqual([1, 3]);
  });

  it.each<[string, unknown, string, string]>([
    ['notify', { show: 'throw' }, 'RangeError', 'as told'],
    ['notify', { show: 'hang' }, 'Sandbox.Timedout', 'Task timed out after 1.00 seconds'],
    ['notify', { show: 'crash' }, 'Runtime.ExitError', 'out of nowhere'],
    ['callback', {}, 'Runtime.ExitError', 'takes a callback, which Node 24 on Lambda refuses'],
    ['missing', {}, 'Runtime.ExitError', 'Cannot find module'],
  ])('tells how %s fails on %j', async (name, event, errorType, message) => {
    const running = await start();
    const containing: unknown = expect.stringContaining(message);
    expect(await running.invoke(name, event)).toEqual({
      kind: 'failed',
      errorType,
      message: containing,
    });
    expect(await running.invoke('notify', { show: 'invocations' })).toMatchObject({ kind: 'returned' });
  });

  it('ends the environment that calls, and no other, where a call is to do that', async () => {
    const faults = planAwsFaults();
    const running = await start({ awsFaultOf: faults.faultOf });
    const call = () => running.invoke('notify', { show: 'call' });
    faults.next('ListQueues', { drop: 'before', kill: true });
    const ended = await Promise.all([call(), call()]);
    expect(ended.sort((a, b) => a.kind.localeCompare(b.kind, 'en'))).toEqual([
      { kind: 'failed', errorType: 'Runtime.ExitError', message: matching(/The environment exited/) },
      { kind: 'returned', value: 200 },
    ]);
    expect(await call()).toEqual({ kind: 'returned', value: 200 });
  });

  it('leaves the queues alone when the functions are switched off', async () => {
    const running = await start({ functions: false });
    running.putEvents([{ source: 'aws.codepipeline' }]);
    await running.idle();
    expect([printed, logged]).toEqual([[], []]);
  });

  it.each(['aws', 'slack'] as const)(
    'names the port for %s that is taken, and leaves nothing running',
    async (which) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const address = other.address();
      const taken = typeof address === 'object' && address !== null ? address.port : 0;
      try {
        const purpose = { aws: 'AWS', slack: 'Slack' }[which];
        await expect(start({ ports: { aws: 0, slack: 0, [which]: taken } })).rejects.toThrow(
          new Error(`Port ${taken} (${purpose}) is in use. Choose another with --port.`),
        );
      } finally {
        other.close();
      }
    },
  );

  it('lets the process end when it is stopped, even in the middle of things', async () => {
    const script = `
      import { runStack } from '${new URL('../../local/stack.ts', import.meta.url).href}';
      const stack = await runStack(${JSON.stringify({ template, taskRoot })}, { deployments: 'C0DEPLOYMENTS' }, {
        ports: { aws: 0, slack: 0 }, functions: true, schedules: true, log: (line) => console.error(line),
      });
      stack.putEvents(Array.from({ length: 20 }, () => ({ source: 'aws.codepipeline' })));
      await stack.invoke('notify', { show: 'invocations' });
      void stack.invoke('notify', { show: 'hang' });
      await stack.stop();
      console.log('stopped');
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 15_000,
    });
    expect(stdout).toBe('stopped\n');
  });
});
