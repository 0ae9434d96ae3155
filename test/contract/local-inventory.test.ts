import {
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  PutEventsCommand,
} from '@aws-sdk/client-eventbridge';
import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import {
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../local/json.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { aStack } from '../support/stack.ts';

const EVENTS = { 'Fn::GetAtt': ['Events', 'Arn'] };
const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: EVENTS }],
};

const template = parseTemplate({
  Resources: {
    Events: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'events' } },
    EventsPolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: 'Events' }], PolicyDocument: POLICY },
    },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'releases' } },
    TopicPolicy: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [{ Ref: 'Topic' }], PolicyDocument: POLICY } },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'notify',
        Policies: [
          {
            PolicyDocument: {
              Statement: [
                { Effect: 'Allow', Action: ['sqs:Receive*', 'sns:Publish'], Resource: EVENTS },
                { Effect: 'Allow', Action: 's3:GetObject', Resource: '*', Condition: { Bool: { 'a:b': 'true' } } },
                { Effect: 'Deny', Action: 'sns:*', Resource: '*' },
              ],
            },
          },
        ],
      },
    },
    Notify: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'notify',
        Handler: 'dist/notify/index.handler',
        Runtime: 'nodejs24.x',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Timeout: 30,
        Environment: { Variables: { QUEUE: { Ref: 'Events' }, SLACK_API_URL: 'https://slack.com/api/' } },
      },
    },
    Quiet: {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: 'quiet', Handler: 'dist/quiet/index.handler' },
    },
    Source: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { EventSourceArn: EVENTS, FunctionName: { Ref: 'Notify' }, Enabled: false, BatchSize: 3 },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'minute',
        ScheduleExpression: 'rate(1 minute)',
        Targets: [{ Id: 'f', Arn: { 'Fn::GetAtt': ['Notify', 'Arn'] }, DeadLetterConfig: { Arn: EVENTS } }],
      },
    },
    Changes: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'changes',
        EventPattern: { source: ['aws.codepipeline'] },
        Targets: [{ Id: 'q', Arn: EVENTS }],
      },
    },
    MayCall: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: { Ref: 'Notify' },
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
      },
    },
  },
});

const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:events';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:notify';
const RULE_ARN = 'arn:aws:events:us-east-1:000000000000:rule/minute';

const anyText: unknown = expect.any(String);

let stack: Stack;
let client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

beforeAll(async () => {
  stack = await aStack({ template, taskRoot: '/nowhere' }, { deployments: 'C0DEPLOYMENTS' });
  client = { endpoint: stack.aws, region: 'us-east-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'x' } };
});

afterAll(() => stack.stop());

describe('the local Lambda', () => {
  const lambda = (region = 'us-east-1') => new LambdaClient({ ...client, region });

  it('tells how a function is set up, and where it finds the local Slack', async () => {
    const { $metadata, ...told } = await lambda().send(new GetFunctionConfigurationCommand({ FunctionName: 'notify' }));
    expect(told).toEqual({
      FunctionName: 'notify',
      FunctionArn: FUNCTION_ARN,
      Version: '$LATEST',
      PackageType: 'Zip',
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Runtime: 'nodejs24.x',
      Role: 'arn:aws:iam::000000000000:role/notify',
      Handler: 'dist/notify/index.handler',
      Timeout: 30,
      Environment: {
        Variables: { QUEUE: `${stack.aws}/000000000000/events`, SLACK_API_URL: `${stack.slack}/api/` },
      },
    });
  });

  it.each([
    ['no such function', 'us-east-1', 'nobody'],
    ['nothing in another region', 'eu-west-1', 'notify'],
  ])('has %s', async (_name, region, FunctionName) => {
    const asked = lambda(region).send(new GetFunctionConfigurationCommand({ FunctionName }));
    await expect(asked).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('tells which queues feed a function, also those that are switched off', async () => {
    const list = (FunctionName: string) => lambda().send(new ListEventSourceMappingsCommand({ FunctionName }));
    expect((await list('notify')).EventSourceMappings).toEqual([
      { UUID: anyText, EventSourceArn: QUEUE_ARN, FunctionArn: FUNCTION_ARN, BatchSize: 3, State: 'Disabled' },
    ]);
    expect((await list('quiet')).EventSourceMappings).toEqual([]);
  });

  it('tells who may call a function', async () => {
    const { Policy = '' } = await lambda().send(new GetPolicyCommand({ FunctionName: FUNCTION_ARN }));
    expect(JSON.parse(Policy)).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        {
          Sid: 'MayCall',
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'lambda:InvokeFunction',
          Resource: FUNCTION_ARN,
          Condition: { ArnLike: { 'AWS:SourceArn': RULE_ARN } },
        },
      ],
    });
    await expect(lambda().send(new GetPolicyCommand({ FunctionName: 'quiet' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('the local IAM', () => {
  const simulate = async (PolicySourceArn: string, ActionNames: string[], ResourceArns?: string[]) => {
    const command = new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames, ResourceArns });
    const { EvaluationResults = [] } = await new IAMClient(client).send(command);
    return EvaluationResults.map(({ EvalActionName, EvalDecision }) => [EvalActionName, EvalDecision]);
  };
  const ROLE = 'arn:aws:iam::000000000000:role/notify';

  it('judges by the policies of the role: what is denied, what is allowed, and nothing else', async () => {
    const actions = ['sqs:ReceiveMessage', 'SQS:receivemessage', 'sqs:SendMessage', 'sns:Publish', 's3:GetObject'];
    expect(await simulate(ROLE, actions, [QUEUE_ARN])).toEqual([
      ['sqs:ReceiveMessage', 'allowed'],
      ['SQS:receivemessage', 'allowed'],
      ['sqs:SendMessage', 'implicitDeny'],
      ['sns:Publish', 'explicitDeny'],
      ['s3:GetObject', 'implicitDeny'],
    ]);
    expect(await simulate(ROLE, ['sqs:ReceiveMessage'], [`${QUEUE_ARN}-other`])).toEqual([
      ['sqs:ReceiveMessage', 'implicitDeny'],
    ]);
  });

  it('says so when there is no such role', async () => {
    await expect(simulate(`${ROLE}-x`, ['sqs:SendMessage'])).rejects.toMatchObject({ name: 'NoSuchEntityException' });
  });
});

describe('the local STS, EventBridge, SQS and SNS', () => {
  it('tell who one is', async () => {
    const { Account } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
    expect(Account).toBe('000000000000');
  });

  it('tell a rule and its targets', async () => {
    const events = new EventBridgeClient(client);
    const { State, ScheduleExpression } = await events.send(new DescribeRuleCommand({ Name: 'minute' }));
    expect([State, ScheduleExpression]).toEqual(['ENABLED', 'rate(1 minute)']);
    expect((await events.send(new ListTargetsByRuleCommand({ Rule: 'minute' }))).Targets).toEqual([
      { Id: 'f', Arn: FUNCTION_ARN, DeadLetterConfig: { Arn: QUEUE_ARN } },
    ]);
  });

  it('pass no event by a rule that is disabled', async () => {
    const events = new EventBridgeClient(client);
    const sqs = new SQSClient({ ...client, useQueueUrlAsEndpoint: false });
    const QueueUrl = `${stack.aws}/000000000000/events`;
    const put = async (Detail: string) => {
      const entry = { Source: 'aws.codepipeline', DetailType: 'x', Detail };
      await events.send(new PutEventsCommand({ Entries: [entry] }));
    };
    await events.send(new DisableRuleCommand({ Name: 'changes' }));
    expect((await events.send(new DescribeRuleCommand({ Name: 'changes' }))).State).toBe('DISABLED');
    await put('{"at":"disabled"}');
    await events.send(new EnableRuleCommand({ Name: 'changes' }));
    await put('{"at":"enabled"}');
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    const { Messages = [] } = await sqs.send(receive);
    expect(Messages.map(({ Body = '' }) => parseJson(Body))).toMatchObject([{ detail: { at: 'enabled' } }]);
    await expect(events.send(new EnableRuleCommand({ Name: 'x' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('tell the policies that the template has', async () => {
    const statement = { Effect: 'Deny', Principal: '*', Action: '*', Resource: QUEUE_ARN };
    const queue = await new SQSClient({ ...client, useQueueUrlAsEndpoint: false }).send(
      new GetQueueAttributesCommand({ QueueUrl: `${stack.aws}/000000000000/events`, AttributeNames: ['Policy'] }),
    );
    const topic = await new SNSClient(client).send(
      new GetTopicAttributesCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:releases' }),
    );
    for (const policy of [queue.Attributes?.Policy, topic.Attributes?.['Policy']]) {
      expect(JSON.parse(policy ?? '')).toEqual({ Version: '2012-10-17', Statement: [statement] });
    }
  });
});
