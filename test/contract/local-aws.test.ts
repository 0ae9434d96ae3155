import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetParameterCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Publication } from '../../local/aws/embedded-queues.ts';
import { runStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';

const template = parseTemplate({
  Resources: {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'gatehouse',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'dueKind', AttributeType: 'S' },
          { AttributeName: 'dueAt', AttributeType: 'N' },
        ],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'due',
            KeySchema: [
              { AttributeName: 'dueKind', KeyType: 'HASH' },
              { AttributeName: 'dueAt', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
            ContributorInsightsSpecification: { Enabled: false },
          },
        ],
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        Tags: [{ Key: 'a', Value: 'b' }],
      },
    },
    Topic: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        TopicName: 'releases',
        Subscription: [
          { Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': ['Inbox', 'Arn'] } },
          { Protocol: 'email', Endpoint: 'ada@example.com' },
        ],
      },
    },
    InOrder: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'releases.fifo', FifoTopic: true } },
    Inbox: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'inbox' } },
    Events: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: 'events',
        VisibilityTimeout: 7,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Inbox', 'Arn'] }, maxReceiveCount: 3 },
      },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'pipelines',
        EventPattern: { source: ['aws.codepipeline'] },
        Targets: [{ Id: 'queue', Arn: { 'Fn::GetAtt': ['Events', 'Arn'] } }],
      },
    },
    Notify: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'notify',
        Handler: 'dist/notify/index.handler',
        Environment: {
          Variables: { SLACK_TOKEN_PARAMETER: '/gatehouse/token', SIGNING_PARAMETER: '/gatehouse/signing' },
        },
      },
    },
  },
});

/** Typed: what `expect` gives is `any`. */
const anyText: unknown = expect.any(String);

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:releases';

const publications: Publication[] = [];
let stack: Stack;
let client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

beforeAll(async () => {
  stack = await runStack(
    { template, taskRoot: '/nowhere' },
    { deployments: 'C0DEPLOYMENTS' },
    {
      ports: { aws: 0, slack: 0 },
      functions: false,
      schedules: false,
      log: () => undefined,
      onPublish: (publication) => publications.push(publication),
    },
  );
  // Another region and other keys than the stack's own: whatever somebody's shell is set to.
  client = { endpoint: stack.aws, region: 'eu-west-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'x' } };
});

afterAll(() => stack.stop());

const callEvents = async (operation: string, input: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(stack.aws, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSEvents.${operation}`, ...headers },
    body: JSON.stringify(input),
  });
  const body: unknown = await response.json();
  return { status: response.status, body };
};

const queueUrl = async (sqs: SQSClient, name: string) =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;

const receive = async (name: string) => {
  const sqs = new SQSClient(client);
  const QueueUrl = await queueUrl(sqs, name);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 2 }));
  return Messages?.[0]?.Body;
};

describe('the local DynamoDB', () => {
  it('has the table of the template, with its index', async () => {
    const dynamodb = new DynamoDBClient(client);
    const Item = { pk: { S: 'a' }, dueKind: { S: 'delivery' }, dueAt: { N: '5' } };
    await dynamodb.send(new PutItemCommand({ TableName: 'gatehouse', Item }));
    const { Item: read } = await dynamodb.send(new GetItemCommand({ TableName: 'gatehouse', Key: { pk: { S: 'a' } } }));
    expect(read).toEqual(Item);
    const { Items } = await dynamodb.send(
      new QueryCommand({
        TableName: 'gatehouse',
        IndexName: 'due',
        KeyConditionExpression: 'dueKind = :kind AND dueAt < :now',
        ExpressionAttributeValues: { ':kind': { S: 'delivery' }, ':now': { N: '6' } },
      }),
    );
    expect(Items).toEqual([Item]);
  });

  it('keeps to a condition', async () => {
    const put = new PutItemCommand({
      TableName: 'gatehouse',
      Item: { pk: { S: 'once' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    const dynamodb = new DynamoDBClient(client);
    await dynamodb.send(put);
    await expect(dynamodb.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  it('answers a request that it cannot make sense of', async () => {
    const dynamodb = new DynamoDBClient(client);
    const create = new CreateTableCommand({ TableName: 'x', KeySchema: [], AttributeDefinitions: [] });
    await expect(dynamodb.send(create)).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('the local SQS', () => {
  it('gives queue URLs at its own address, which work', async () => {
    const sqs = new SQSClient(client);
    const QueueUrl = await queueUrl(sqs, 'inbox');
    expect(QueueUrl).toBe(`${stack.aws}/000000000000/inbox`);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    expect(await receive('inbox')).toBe('hello');
  });

  it('has the attributes of the template', async () => {
    const sqs = new SQSClient(client);
    const QueueUrl = await queueUrl(sqs, 'events');
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout', 'RedrivePolicy'] }),
    );
    expect(Attributes).toEqual({
      VisibilityTimeout: '7',
      RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:inbox","maxReceiveCount":3}',
    });
  });

  it('says so when there is no such queue', async () => {
    await expect(queueUrl(new SQSClient(client), 'nobody')).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});

describe('the local SNS', () => {
  it('publishes to the queues that are subscribed, and tells of it', async () => {
    const sns = new SNSClient(client);
    await sns.send(
      new PublishCommand({
        TopicArn: TOPIC,
        Subject: 'It ended',
        Message: 'Well',
        MessageAttributes: { state: { DataType: 'String', StringValue: 'succeeded' } },
      }),
    );
    expect(publications).toEqual([
      { topicArn: TOPIC, subject: 'It ended', message: 'Well', attributes: { state: 'succeeded' } },
    ]);
    expect(JSON.parse((await receive('inbox')) ?? '')).toMatchObject({ Subject: 'It ended', Message: 'Well' });
  });

  it.each(['x'.repeat(101), 'two\nlines', ''])('refuses the subject %j, as SNS does', async (Subject) => {
    const publish = new SNSClient(client).send(new PublishCommand({ TopicArn: TOPIC, Subject, Message: 'm' }));
    await expect(publish).rejects.toMatchObject({ message: 'Invalid parameter: Subject' });
  });

  it('brings each protocol its own words, and those without any the default', async () => {
    const publish = (words: object) =>
      new SNSClient(client).send(
        new PublishCommand({ TopicArn: TOPIC, MessageStructure: 'json', Message: JSON.stringify(words) }),
      );
    await publish({ default: 'for people', sqs: '{"for":"machines"}' });
    await publish({ default: 'for all', sqs: 7 });
    expect(publications.slice(-2).map(({ message }) => message)).toEqual(['for people', 'for all']);
    const bodies = [await receive('inbox'), await receive('inbox')].map((body): unknown => JSON.parse(body ?? ''));
    expect(bodies).toMatchObject([{ Message: '{"for":"machines"}' }, { Message: 'for all' }]);
  });

  it.each([
    [
      'words of no JSON',
      { MessageStructure: 'json', Message: 'x' },
      'Message Structure - JSON message body failed to parse',
    ],
    [
      'words in a list',
      { MessageStructure: 'json', Message: '["x"]' },
      'Message Structure - JSON message body failed to parse',
    ],
    [
      'no default',
      { MessageStructure: 'json', Message: '{"sqs":"x"}' },
      'Message Structure - No default entry in JSON message body',
    ],
    ['a message beyond 256 KiB', { Message: 'é'.repeat(131_073) }, 'Message too long'],
    [
      'a message that is beyond 256 KiB with its attributes',
      {
        Message: 'x'.repeat(262_140),
        MessageAttributes: { state: { DataType: 'String', StringValue: 'failed' } },
      },
      'Message too long',
    ],
    [
      'an id against duplicates at a topic that keeps no order',
      { Message: 'x', MessageDeduplicationId: 'a' },
      'The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    ],
    [
      'no group at a FIFO topic',
      { TopicArn: 'arn:aws:sns:us-east-1:000000000000:releases.fifo', Message: 'x', MessageDeduplicationId: 'a' },
      'The MessageGroupId parameter is required for FIFO topics.',
    ],
  ])('refuses %s, as SNS does', async (_, given, says) => {
    const publish = new SNSClient(client).send(new PublishCommand({ TopicArn: TOPIC, ...given }));
    await expect(publish).rejects.toMatchObject({ message: `Invalid parameter: ${says}` });
  });

  it('says so when there is no such topic', async () => {
    const publish = new SNSClient(client).send(new PublishCommand({ TopicArn: `${TOPIC}x`, Message: 'm' }));
    await expect(publish).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('the local SSM', () => {
  it('holds the Slack token where the functions look for it', async () => {
    const get = new GetParameterCommand({ Name: '/gatehouse/token', WithDecryption: true });
    const { Parameter } = await new SSMClient(client).send(get);
    expect([Parameter?.Type, Parameter?.Value]).toEqual(['SecureString', stack.slackToken]);
  });

  it('keeps a SecureString to itself unless its decryption is asked for', async () => {
    const ssm = new SSMClient(client);
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/gatehouse/token' }));
    expect(Parameter?.Value).not.toBe(stack.slackToken);
  });

  it('lists a folder, in which every secret has a value', async () => {
    const { Parameters } = await new SSMClient(client).send(new GetParametersByPathCommand({ Path: '/gatehouse' }));
    expect(Parameters?.map(({ Name, Value }) => [Name, Value !== ''])).toEqual([
      ['/gatehouse/token', true],
      ['/gatehouse/signing', true],
    ]);
  });

  it('overwrites only when told to', async () => {
    const ssm = new SSMClient(client);
    const put = (Value: string, Overwrite: boolean) =>
      ssm.send(new PutParameterCommand({ Name: '/other', Value, Type: 'String', Overwrite }));
    await put('first', false);
    await expect(put('second', false)).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
    expect((await put('third', true)).Version).toBe(2);
    expect((await ssm.send(new GetParameterCommand({ Name: '/other' }))).Parameter?.Value).toBe('third');
  });

  it('says so when there is no such parameter', async () => {
    const get = new SSMClient(client).send(new GetParameterCommand({ Name: '/nobody' }));
    await expect(get).rejects.toMatchObject({ name: 'ParameterNotFound' });
  });
});

describe('the local EventBridge', () => {
  it('brings an event of an AWS service to the queue of the rule that matches', async () => {
    const Time = 1_795_428_858;
    const entry = { Source: 'aws.codepipeline', DetailType: 'CodePipeline', Detail: '{"pipeline":"shop"}', Time };
    const { status, body } = await callEvents('PutEvents', { Entries: [entry, { ...entry, Source: 'aws.ecs' }] });
    expect([status, body]).toEqual([
      200,
      { FailedEntryCount: 0, Entries: [{ EventId: anyText }, { EventId: anyText }] },
    ]);
    expect(JSON.parse((await receive('events')) ?? '')).toEqual({
      version: '0',
      id: anyText,
      'detail-type': 'CodePipeline',
      source: 'aws.codepipeline',
      account: '000000000000',
      time: '2026-11-23T10:14:18Z',
      region: 'us-east-1',
      resources: [],
      detail: { pipeline: 'shop' },
    });
  });

  it('refuses the entries that are wrong, one by one', async () => {
    const entry = { Source: 's', DetailType: 't', Detail: '{}' };
    const { DetailType: _, ...untyped } = entry;
    const Entries = [
      entry,
      untyped,
      { ...entry, Detail: '[]' },
      { ...entry, Detail: '{' },
      { ...entry, EventBusName: 'x' },
    ];
    const { body } = await callEvents('PutEvents', { Entries });
    expect(body).toEqual({
      FailedEntryCount: 4,
      Entries: [
        { EventId: anyText },
        {
          ErrorCode: 'InvalidArgument',
          ErrorMessage: 'Parameter DetailType is not valid. Reason: DetailType is a required argument.',
        },
        { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
        { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
        { ErrorCode: 'InvalidArgument', ErrorMessage: 'Only the default event bus is here.' },
      ],
    });
  });

  it.each([
    ['no entry', []],
    ['eleven entries', Array.from({ length: 11 }, () => ({ Source: 's', DetailType: 't', Detail: '{}' }))],
    ['more than 1 MB', [{ Source: 's', DetailType: 't', Detail: JSON.stringify({ a: 'x'.repeat(1024 * 1024) }) }]],
    ['an entry of another shape', [{ Source: 1 }]],
  ])('refuses %s', async (_, Entries) => {
    expect(await callEvents('PutEvents', { Entries })).toMatchObject({
      status: 400,
      body: { __type: 'ValidationException' },
    });
  });

  it('shows its rules and their targets', async () => {
    const Rule = {
      Name: 'pipelines',
      Arn: 'arn:aws:events:us-east-1:000000000000:rule/pipelines',
      State: 'ENABLED',
      EventBusName: 'default',
      EventPattern: '{"source":["aws.codepipeline"]}',
    };
    expect((await callEvents('ListRules', {})).body).toEqual({ Rules: [Rule] });
    expect((await callEvents('DescribeRule', { Name: 'pipelines' })).body).toEqual(Rule);
    expect((await callEvents('ListTargetsByRule', { Rule: 'pipelines' })).body).toEqual({
      Targets: [{ Id: 'queue', Arn: 'arn:aws:sqs:us-east-1:000000000000:events' }],
    });
    expect(await callEvents('DescribeRule', { Name: 'x' })).toMatchObject({
      status: 400,
      body: { __type: 'ResourceNotFoundException' },
    });
  });

  it('tests a pattern', async () => {
    const test = (EventPattern: string) => callEvents('TestEventPattern', { EventPattern, Event: '{"source":"a"}' });
    expect((await test('{"source":["a"]}')).body).toEqual({ Result: true });
    expect((await test('{"source":["b"]}')).body).toEqual({ Result: false });
    expect((await test('{"source":"a"}')).body).toMatchObject({ __type: 'InvalidEventPatternException' });
  });
});

describe('the gateway', () => {
  it('says which services there are when it has not the one that is asked for', async () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=a/20261123/eu-west-1/kinesis/aws4_request, SignedHeaders=h, Signature=s';
    expect(await callEvents('PutRecord', {}, { authorization })).toEqual({
      status: 400,
      body: {
        __type: 'UnknownOperationException',
        message:
          'There is no local "kinesis". The local stack has codedeploy, codepipeline, ecs, monitoring, elasticloadbalancing, logs, dynamodb, sqs, sns, sts, ssm, events, lambda, iam.',
      },
    });
  });

  it('says which operations a service has', async () => {
    expect(await callEvents('DeleteRule', {})).toMatchObject({
      status: 400,
      body: { __type: 'UnknownOperationException' },
    });
  });

  it('refuses a body beyond all reason', async () => {
    const response = await fetch(stack.aws, { method: 'POST', body: Buffer.alloc(17 * 1024 * 1024) });
    expect(response.status).toBe(413);
  });
});
