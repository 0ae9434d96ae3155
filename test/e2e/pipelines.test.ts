import { setTimeout as wait } from 'node:timers/promises';
import { CodePipelineClient, GetPipelineStateCommand, PutApprovalResultCommand } from '@aws-sdk/client-codepipeline';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { WebClient } from '@slack/web-api';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT } from '../support/command.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 20,
    log: () => undefined,
  });
}, 60_000);

afterAll(() => stack.stop());

const connection = () => ({
  endpoint: stack.aws,
  region: stack.region,
  credentials: { accessKeyId: 'alice', secretAccessKey: 'x' },
});

const messages = async (): Promise<readonly string[]> => {
  const slack = new WebClient(stack.slackReaderToken, { slackApiUrl: `${stack.slack}/api/` });
  const { messages: found = [] } = await slack.conversations.history({ channel: stack.channels['deployments'] ?? '' });
  return found.map(({ text }) => text ?? '');
};

const eventually = async <Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> => {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (holds(value) || Date.now() > deadline) {
      return value;
    }
    await wait(50);
  }
};

const gate = async (name: string) => {
  const { stageStates = [] } = await new CodePipelineClient(connection()).send(new GetPipelineStateCommand({ name }));
  return stageStates.find(({ stageName }) => stageName === 'Approve')?.actionStates?.[0]?.latestExecution;
};

const waitAtGate = (name: string) =>
  eventually(
    () => gate(name),
    (action) => action?.token !== undefined,
  );

const Approval = v.object({ approval: v.object({ pipelineName: v.string(), token: v.string() }) });

describe('a simulated pipeline in the local stack', () => {
  it('is a message in Slack that waits for approval and goes on after it', { timeout: 60_000 }, async () => {
    const sqs = new SQSClient(connection());
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'hears-approvals' }));
    await new SNSClient(connection()).send(
      new SubscribeCommand({
        TopicArn: 'arn:aws:sns:us-east-1:000000000000:approvals',
        Protocol: 'sqs',
        Endpoint: 'arn:aws:sqs:us-east-1:000000000000:hears-approvals',
        Attributes: { RawMessageDelivery: 'true' },
      }),
    );

    stack.pipelines.start('shop-prod');
    const action = await waitAtGate('shop-prod');
    const waiting = await eventually(messages, (texts) => texts.some((text) => text.includes('waiting')));
    expect(waiting).toEqual([expect.stringMatching(/^shop-prod \(production\) is waiting/)]);

    const { Messages: [heard] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
    expect(v.parse(Approval, JSON.parse(heard?.Body ?? '')).approval).toEqual({
      pipelineName: 'shop-prod',
      token: action?.token,
    });

    await new CodePipelineClient(connection()).send(
      new PutApprovalResultCommand({
        pipelineName: 'shop-prod',
        stageName: 'Approve',
        actionName: 'ProdGate',
        token: action?.token,
        result: { status: 'Approved', summary: 'Looks good' },
      }),
    );
    const ended = await eventually(messages, (texts) => texts.some((text) => text.includes('succeeded')));
    expect(ended).toEqual([expect.stringMatching(/^shop-prod \(production\) succeeded/)]);
  });

  it('fails where it is told to', { timeout: 60_000 }, async () => {
    stack.pipelines.fail('shop-staging', 'Build', 'Compile');
    stack.pipelines.start('shop-staging');
    const ofStaging = async () => (await messages()).filter((text) => text.startsWith('shop-staging'));
    const texts = await eventually(ofStaging, (found) => found.some((text) => text.includes('failed')));
    expect(texts).toEqual([expect.stringMatching(/^shop-staging \(staging\) failed/)]);
  });
});
