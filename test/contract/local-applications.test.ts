import {
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import type { InvokeCommandInput } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { cbor } from '@smithy/core/cbor';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_APPLICATIONS } from '../../local/applications/demo-applications.ts';
import { isRecord, parseJson } from '../../local/json.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { eventually } from '../support/eventually.ts';
import { aStack } from '../support/stack.ts';

/** A bundled function of the stack's own. */
const HANDLER = `exports.handler = async (event) => {
  if (event.fail) throw new RangeError('as told');
  return { heard: event };
};`;

const template = parseTemplate({
  Resources: {
    Checks: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'checks' } },
    Check: {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: 'CodeDeployHook_check', Handler: 'dist/check/index.handler' },
    },
    CheckLater: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'Check' },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 1,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Checks', 'Arn'] } } },
      },
    },
  },
});

let taskRoot: string;
let stack: Stack;
let lambda: LambdaClient;
let sqs: SQSClient;

beforeAll(async () => {
  taskRoot = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  await mkdir(join(taskRoot, 'dist/check'), { recursive: true });
  await writeFile(join(taskRoot, 'dist/check/index.js'), HANDLER);
  await writeFile(join(taskRoot, 'dist/package.json'), '{ "type": "commonjs" }');
  stack = await aStack(
    { template, taskRoot },
    { deployments: 'C0DEPLOYMENTS' },
    {
      speed: 100,
      applications: {
        ...DEMO_APPLICATIONS,
        functions: [
          ...DEMO_APPLICATIONS.functions,
          {
            name: 'slow',
            versions: { '1': () => new Promise(() => undefined) },
            aliases: { live: '1' },
            timeoutMs: 50,
          },
        ],
      },
    },
  );
  const client = {
    endpoint: stack.aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'x' },
  };
  lambda = new LambdaClient(client);
  sqs = new SQSClient({ ...client, useQueueUrlAsEndpoint: false });
});

afterAll(async () => {
  lambda.destroy();
  sqs.destroy();
  await stack.stop();
  await rm(taskRoot, { recursive: true });
});

const HEALTH = { path: '/health' };

const invoke = async (FunctionName: string, event: unknown, more: Partial<InvokeCommandInput> = {}) => {
  const { $metadata, Payload, LogResult, ...told } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)), ...more }),
  );
  const payload = parseJson(Buffer.from(Payload ?? '').toString());
  return {
    ...told,
    payload,
    ...(LogResult !== undefined && { log: Buffer.from(LogResult, 'base64').toString() }),
  };
};

const refusalOf = (...how: Parameters<typeof invoke>): Promise<unknown> =>
  invoke(...how).then(
    () => 'answered',
    (error: unknown) => (isRecord(error) ? error['name'] : 'no error'),
  );

describe('Lambda of the local stack, invoking functions of applications', () => {
  it('runs the version that is asked for, and says which it was', async () => {
    expect(await invoke('orders', HEALTH, { Qualifier: '2' })).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: '2',
      payload: { statusCode: 200, body: { version: '2' } },
    });
    expect(await invoke('arn:aws:lambda:us-east-1:000000000000:function:orders:3', HEALTH)).toMatchObject({
      ExecutedVersion: '3',
      payload: { statusCode: 503 },
    });
    expect(await invoke('orders', HEALTH)).toMatchObject({ ExecutedVersion: '$LATEST' });
  });

  it('runs what an alias points to', async () => {
    expect(await invoke('orders', HEALTH, { Qualifier: 'live' })).toMatchObject({
      ExecutedVersion: '1',
      payload: { body: { version: '1' } },
    });
  });

  it('tells an error of the function as one of the function, with the end of its log', async () => {
    const told = await invoke('orders', { path: '/orders' }, { Qualifier: '4', LogType: 'Tail' });
    expect(told).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      payload: { errorType: 'TypeError', errorMessage: "Cannot read properties of undefined (reading 'percent')" },
    });
    expect(told.log).toMatch(
      /^START RequestId: \S+ Version: 4\nAn order of 0 items\n\S+\tERROR\tInvoke Error\t\{"errorType":"TypeError".*\nEND RequestId: /,
    );
  });

  it('ends what takes too long', async () => {
    expect(await invoke('slow', {})).toMatchObject({
      FunctionError: 'Unhandled',
      payload: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 0.05 seconds' },
    });
  });

  it('has no result for what is only tried, or run later', async () => {
    expect(await invoke('orders', HEALTH, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });
    expect(await invoke('orders', HEALTH, { InvocationType: 'Event' })).toMatchObject({ StatusCode: 202 });
  });

  it('refuses as Lambda does', async () => {
    const noJson = { Payload: Buffer.from('{') };
    const long = { Payload: Buffer.from(JSON.stringify('x'.repeat(1024 * 1024))) };
    expect([
      await refusalOf('payments', {}),
      await refusalOf('orders', {}, { Qualifier: '9' }),
      await refusalOf('orders', {}, { Qualifier: 'test' }),
      await refusalOf('orders', {}, noJson),
      await refusalOf('orders', {}, { ...long, InvocationType: 'Event' }),
    ]).toEqual([
      'ResourceNotFoundException',
      'ResourceNotFoundException',
      'ResourceNotFoundException',
      'InvalidRequestContentException',
      'RequestTooLargeException',
    ]);
  });

  it('tells of functions, versions and aliases', async () => {
    const { Versions = [] } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'orders' }));
    expect(Versions.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2', '3', '4', '5']);
    const alias = await lambda.send(new GetAliasCommand({ FunctionName: 'orders', Name: 'live' }));
    expect([alias.FunctionVersion, alias.RoutingConfig]).toEqual(['1', undefined]);
    const configuration = { FunctionName: 'orders', Qualifier: 'live' };
    expect(await lambda.send(new GetFunctionConfigurationCommand(configuration))).toMatchObject({
      FunctionName: 'orders',
      Version: '1',
      Role: 'arn:aws:iam::000000000000:role/orders',
    });
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'orders', Qualifier: '3' }));
    expect(Configuration?.FunctionArn).toBe('arn:aws:lambda:us-east-1:000000000000:function:orders:3');
    for (const command of [
      new GetAliasCommand({ FunctionName: 'orders', Name: 'test' }),
      new GetAliasCommand({ FunctionName: 'payments', Name: 'live' }),
    ]) {
      await expect(lambda.send(command)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });
});

describe('Lambda of the local stack, invoking functions of its own', () => {
  it('runs the bundle', async () => {
    expect(await invoke('CodeDeployHook_check', { a: 1 })).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      payload: { heard: { a: 1 } },
    });
    expect(await invoke('CodeDeployHook_check', { fail: true })).toMatchObject({
      FunctionError: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'as told' },
    });
  });

  it('tells the destination of the template what fails every time it is tried', async () => {
    await invoke('CodeDeployHook_check', { fail: true }, { InvocationType: 'Event' });
    const receive = new ReceiveMessageCommand({ QueueUrl: `${stack.aws}/000000000000/checks`, VisibilityTimeout: 0 });
    const [message] = await eventually(
      async () => (await sqs.send(receive)).Messages ?? [],
      (messages) => messages.length > 0,
    );
    expect(parseJson(message?.Body ?? '')).toMatchObject({
      requestContext: {
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:CodeDeployHook_check:$LATEST',
        condition: 'RetriesExhausted',
        approximateInvokeCount: 2,
      },
      requestPayload: { fail: true },
      responsePayload: { errorType: 'RangeError' },
    });
  });
});

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=x/20261123/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0';

/** Calls CloudWatch in JSON, as our own client does. */
const inJson = async (operation: string, input: object): Promise<unknown> => {
  const response = await fetch(stack.aws, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
      authorization: AUTHORIZATION,
    },
    body: JSON.stringify(input),
  });
  return response.json();
};

/** Calls CloudWatch in CBOR, as the AWS CLI and newer SDKs do. */
const inCbor = async (operation: string, input: object) => {
  const response = await fetch(`${stack.aws}/service/GraniteServiceVersion20100801/operation/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', authorization: AUTHORIZATION },
    body: Buffer.from(cbor.serialize(input)),
  });
  const body: unknown = cbor.deserialize(new Uint8Array(await response.arrayBuffer()));
  return { status: response.status, query: response.headers.get('x-amzn-query-error'), body };
};

/** Calls CloudWatch by a query, as older clients do. */
const inQuery = async (action: string, input: Readonly<Record<string, string>>): Promise<string> => {
  const response = await fetch(stack.aws, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', authorization: AUTHORIZATION },
    body: new URLSearchParams({ Action: action, Version: '2010-08-01', ...input }).toString(),
  });
  return response.text();
};

const queryOf = (metric: string, dimensions: Readonly<Record<string, string>>, namespace = 'AWS/Lambda') => ({
  MetricDataQueries: [
    {
      Id: 'm',
      MetricStat: {
        Metric: {
          Namespace: namespace,
          MetricName: metric,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        },
        Period: 60,
        Stat: 'Sum',
      },
    },
  ],
  StartTime: Date.now() / 1000 - 600,
  EndTime: Date.now() / 1000 + 60,
});

const Data = v.object({ MetricDataResults: v.tuple([v.object({ Values: v.array(v.number()) })]) });

const sumOf = (told: unknown): number =>
  v.parse(Data, told).MetricDataResults[0].Values.reduce((sum, value) => sum + value, 0);

describe('CloudWatch of the local stack', () => {
  it('counts what functions are invoked for, by function, alias and version', async () => {
    const before = sumOf(await inJson('GetMetricData', queryOf('Errors', { FunctionName: 'orders' })));
    await invoke('orders', { path: '/orders' }, { Qualifier: '4' });
    const ofVersion = { FunctionName: 'orders', Resource: 'orders:4', ExecutedVersion: '4' };
    expect(sumOf(await inJson('GetMetricData', queryOf('Errors', { FunctionName: 'orders' })))).toBe(before + 1);
    expect(sumOf(await inJson('GetMetricData', queryOf('Errors', ofVersion)))).toBeGreaterThan(0);
    expect(sumOf(await inJson('GetMetricData', queryOf('Invocations', { FunctionName: 'nobody' })))).toBe(0);
  });

  it('speaks JSON, CBOR and queries', async () => {
    const data = { Namespace: 'Shop', MetricData: [{ MetricName: 'Baskets', Value: 2 }] };
    expect(await inJson('PutMetricData', data)).toEqual({});
    expect(await inCbor('PutMetricData', data)).toMatchObject({ status: 200, body: {} });
    await inQuery('PutMetricData', {
      Namespace: 'Shop',
      'MetricData.member.1.MetricName': 'Baskets',
      'MetricData.member.1.Value': '3',
    });
    const query = queryOf('Baskets', {}, 'Shop');
    expect(sumOf(await inJson('GetMetricData', query))).toBe(7);
    const { body } = await inCbor('GetMetricData', query);
    expect(sumOf(body)).toBe(7);
    expect(await inQuery('DescribeAlarms', { 'AlarmNames.member.1': 'orders-errors' })).toMatch(
      /<DescribeAlarmsResult>.*<MetricAlarms><member><AlarmName>orders-errors<\/AlarmName>.*<Dimensions><member><Name>FunctionName<\/Name><Value>orders</,
    );
  });

  it('tells alarms, and what somebody says that they are', async () => {
    expect(await inJson('DescribeAlarms', { AlarmNames: ['orders-errors'] })).toMatchObject({
      MetricAlarms: [
        {
          AlarmName: 'orders-errors',
          AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:orders-errors',
          StateValue: 'OK',
          MetricName: 'Errors',
          Threshold: 3,
        },
      ],
    });
    await inJson('PutMetricAlarm', {
      AlarmName: 'baskets',
      Namespace: 'Shop',
      MetricName: 'Other',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    });
    const said = { AlarmName: 'baskets', StateValue: 'ALARM', StateReason: 'A rehearsal' };
    expect(await inCbor('SetAlarmState', said)).toMatchObject({ status: 200 });
    const { body } = await inCbor('DescribeAlarms', { StateValue: 'ALARM' });
    expect(body).toMatchObject({ MetricAlarms: [{ AlarmName: 'baskets', StateReason: 'A rehearsal' }] });
    expect(await inJson('DescribeAlarms', { AlarmNames: ['nothing'] })).toMatchObject({ MetricAlarms: [] });
  });

  it('refuses in the protocol that it is asked in', async () => {
    const said = { AlarmName: 'nothing', StateValue: 'OK', StateReason: '' };
    expect(await inJson('SetAlarmState', said)).toMatchObject({ __type: 'ResourceNotFound' });
    expect(await inCbor('SetAlarmState', said)).toMatchObject({ status: 400, query: 'ResourceNotFound;Sender' });
    expect(await inQuery('SetAlarmState', said)).toContain('<Code>ResourceNotFound</Code>');
    expect(await inQuery('ListDashboards', {})).toContain('<Code>InvalidAction</Code>');
    expect(await inCbor('ListDashboards', {})).toMatchObject({
      status: 400,
      query: 'UnknownOperationException;Sender',
    });
    expect(await inJson('GetMetricData', {})).toMatchObject({ __type: 'InvalidParameterValue' });
  });
});

describe('the web service of the local stack', () => {
  it('answers for the task set that has the traffic', async () => {
    const read = async (host: string, path: string) => {
      const response = await fetch(`${stack.hosts[host] ?? ''}${path}`);
      return [response.status, await response.json()];
    };
    expect(await read('web.example.com', '/version')).toEqual([200, { version: '1' }]);
    expect(await read('web-test.example.com', '/health?deep=1')).toEqual([200, { status: 'ok' }]);
    expect(await read('web.example.com', '/nowhere')).toMatchObject([404, {}]);
  });
});
