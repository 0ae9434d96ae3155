import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeRuleCommand, EventBridgeClient, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import {
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { parseJson } from '../../local/json.ts';
import { clientSettings } from '../../shared/aws/clients.ts';
import { ask } from './answer.ts';
import type { Answer } from './answer.ts';
import type {
  DeployedFunction,
  DeployedMapping,
  DeployedQueue,
  DeployedRule,
  DeployedTarget,
  DeployedTopic,
  Parameter,
  Simulated,
} from './deployed.ts';
import type { Identity } from './expected-stack.ts';
import { placeSettings } from './place.ts';
import type { Place } from './place.ts';

/** The questions that are asked of AWS, each one call. */
export type AwsProbes = ReturnType<typeof createAwsProbes>;

/** Asks AWS, or the local stack, what is there. Nothing is changed, but for a message that is published. */
export const createAwsProbes = (place: Place) => {
  const settings = { ...clientSettings, ...placeSettings(place) };
  const at = (action: string, region = place.region) => ({
    action,
    host: place.local ?? `AWS ${action.split(':')[0] ?? ''} in ${region}`,
  });
  const events = new EventBridgeClient(settings);
  const lambda = new LambdaClient(settings);
  const ssm = new SSMClient(settings);
  const sqs = new SQSClient({ ...settings, useQueueUrlAsEndpoint: false });
  const iam = new IAMClient(settings);
  const snsIn = (region: string): SNSClient => new SNSClient({ ...settings, region });

  return {
    identity: (): Promise<Answer<Identity>> =>
      ask(at('sts:GetCallerIdentity'), async () => {
        const { Arn: arn = '', Account: account = '' } = await new STSClient(settings).send(
          new GetCallerIdentityCommand({}),
        );
        return { arn, account, partition: arn.split(':')[1] ?? 'aws' };
      }),

    parameter: (name: string): Promise<Answer<Parameter>> =>
      ask(at('ssm:GetParameter'), async () => {
        const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
        return { type: Parameter?.Type ?? '', value: Parameter?.Value ?? '' };
      }),

    table: (name: string): Promise<Answer<string>> =>
      ask(at('dynamodb:DescribeTable'), async () => {
        const { Table } = await new DynamoDBClient(settings).send(new DescribeTableCommand({ TableName: name }));
        return Table?.TableStatus ?? '';
      }),

    /** `region`: another than the place's. */
    function: (name: string, region?: string): Promise<Answer<DeployedFunction>> =>
      ask(at('lambda:GetFunctionConfiguration', region), async () => {
        const client = region === undefined ? lambda : new LambdaClient({ ...settings, region, maxAttempts: 1 });
        const told = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
        return {
          runtime: told.Runtime ?? '',
          environment: told.Environment?.Variables ?? {},
          state: told.State ?? '',
          update: told.LastUpdateStatus ?? '',
          role: told.Role ?? '',
        };
      }),

    mappings: (functionName: string): Promise<Answer<readonly DeployedMapping[]>> =>
      ask(at('lambda:ListEventSourceMappings'), async () => {
        const told = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: functionName }));
        return (told.EventSourceMappings ?? []).map(({ UUID = '', EventSourceArn = '', State = '' }) => ({
          id: UUID,
          queueArn: EventSourceArn,
          state: State,
        }));
      }),

    functionPolicy: (functionName: string): Promise<Answer<unknown>> =>
      ask(at('lambda:GetPolicy'), async () => {
        const { Policy = '' } = await lambda.send(new GetPolicyCommand({ FunctionName: functionName }));
        return parseJson(Policy);
      }),

    rule: (name: string): Promise<Answer<DeployedRule>> =>
      ask(at('events:DescribeRule'), async () => {
        const told = await events.send(new DescribeRuleCommand({ Name: name }));
        return {
          state: told.State ?? '',
          pattern: told.EventPattern === undefined ? undefined : parseJson(told.EventPattern),
          schedule: told.ScheduleExpression,
        };
      }),

    targets: (rule: string): Promise<Answer<readonly DeployedTarget[]>> =>
      ask(at('events:ListTargetsByRule'), async () => {
        const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule }));
        return Targets.map(({ Arn = '', DeadLetterConfig }) => ({ arn: Arn, deadLetterArn: DeadLetterConfig?.Arn }));
      }),

    queue: (url: string): Promise<Answer<DeployedQueue>> =>
      ask(at('sqs:GetQueueAttributes'), async () => {
        const { Attributes = {} } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
        );
        return {
          messages: Number(Attributes.ApproximateNumberOfMessages ?? 0),
          policy: parseJson(Attributes.Policy ?? ''),
        };
      }),

    topic: (arn: string): Promise<Answer<DeployedTopic>> =>
      ask(at('sns:GetTopicAttributes', regionIn(arn)), async () => {
        const { Attributes = {} } = await snsIn(regionIn(arn)).send(new GetTopicAttributesCommand({ TopicArn: arn }));
        return {
          policy: parseJson(Attributes['Policy'] ?? ''),
          confirmed: Number(Attributes['SubscriptionsConfirmed'] ?? 0),
          pending: Number(Attributes['SubscriptionsPending'] ?? 0),
          key: Attributes['KmsMasterKeyId'] === '' ? undefined : Attributes['KmsMasterKeyId'],
        };
      }),

    publish: (arn: string, message: Pick<PublishCommandInput, 'Subject' | 'Message'>): Promise<Answer<undefined>> =>
      ask(at('sns:Publish', regionIn(arn)), async () => {
        await snsIn(regionIn(arn)).send(
          new PublishCommand({
            TopicArn: arn,
            ...message,
            // A FIFO topic takes nothing without a group, and the same text once in five minutes only.
            ...(arn.endsWith('.fifo') && {
              MessageGroupId: 'gatehouse-hello',
              MessageDeduplicationId: crypto.randomUUID(),
            }),
          }),
        );
        return undefined;
      }),

    /** Whether a role may do these things with one resource. */
    simulate: (
      role: string,
      { actions, resource }: { readonly actions: readonly string[]; readonly resource: string },
    ): Promise<Answer<readonly Simulated[]>> =>
      ask(at('iam:SimulatePrincipalPolicy'), async () => {
        const { EvaluationResults = [] } = await iam.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: role,
            ActionNames: [...actions],
            ResourceArns: [resource],
          }),
        );
        // What is not answered is not allowed.
        return actions.map((action) => ({
          action,
          resource,
          decision:
            EvaluationResults.find(({ EvalActionName }) => EvalActionName === action)?.EvalDecision ?? 'unknown',
        }));
      }),
  };
};

const regionIn = (arn: string): string => arn.split(':')[3] ?? '';
