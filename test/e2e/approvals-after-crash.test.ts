import {
  CodePipelineClient,
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
} from '@aws-sdk/client-codepipeline';
import { PurgeQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AnsweredCall } from '../../local/aws/gateway.ts';
import { parseJson } from '../../local/json.ts';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { Message, SlackActor } from '../../local/slack/slack-actor.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { planAwsFaults } from '../support/aws-faults.ts';
import { ROOT, run } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { watchSlack } from '../support/slack-watch.ts';

/** After so long, in place of a minute, the queue brings a vote again whose function died. */
const COMES_AGAIN_SECONDS = 5;

const BY_ADA = 'Approved by ada (U0ADA) via Slack';

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let codePipeline: CodePipelineClient;
let sqs: SQSClient;
const faults = planAwsFaults();
/** What CodePipeline answered when it was told of decisions, heard or not; undefined: it was not told. */
let answers: AnsweredCall['status'][] = [];
let crashes = 0;

const votes = (): string => `${stack.aws}/${stack.account}/gatehouse-local-votes.fifo`;

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 100,
    log: (line, source) => {
      crashes += source === 'gatehouse-local-decide' && line.startsWith('Runtime.ExitError') ? 1 : 0;
    },
    onAwsCall: (call) => {
      if (call.operation === 'PutApprovalResult') {
        answers.push(call.status);
      }
    },
    awsFaultOf: faults.faultOf,
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  const connection = {
    endpoint: stack.aws,
    region: stack.region,
    credentials: { accessKeyId: 'bob', secretAccessKey: 'x' },
  };
  codePipeline = new CodePipelineClient(connection);
  sqs = new SQSClient({ ...connection, useQueueUrlAsEndpoint: false });
  await sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: votes(),
      Attributes: { VisibilityTimeout: String(COMES_AGAIN_SECONDS) },
    }),
  );
}, 60_000);

afterAll(async () => {
  codePipeline.destroy();
  sqs.destroy();
  await stack.stop();
});

beforeEach(() => {
  answers = [];
  crashes = 0;
});

type Asked = { readonly execution: string; readonly message: Message };

const asked = async (): Promise<Asked> => {
  const execution = stack.pipelines.start('shop-staging', { push: true });
  return { execution, message: await slack.askedOnce(execution) };
};

/** Ada approves, and `decide` dies while it tells AWS so. */
const approveAndDie = async (message: Message, drop: 'before' | 'after'): Promise<void> => {
  faults.next('PutApprovalResult', { drop, kill: true });
  await actor.click('ada', message, 'Approve');
  await eventually(
    () => Promise.resolve(crashes),
    (count) => count > 0,
  );
  expect(crashes).toBe(1);
};

/** Grace opens her form; what comes back submits it. */
const opensForm = async (message: Message) => {
  const { modal } = await actor.click('grace', message, 'Reject…');
  if (modal === undefined) {
    throw new Error('No form has opened');
  }
  return async () => {
    const { outcome } = await actor.submit('grace', modal, { Reason: 'Not on a Friday' });
    expect(outcome).toEqual({ kind: 'closed' });
  };
};

/** The queue forgets the votes that it would bring again. */
const loseVotes = async (): Promise<void> => {
  await sqs.send(new PurgeQueueCommand({ QueueUrl: votes() }));
};

const Story = v.object({
  gates: v.array(
    v.object({
      state: v.string(),
      clicks: v.array(v.object({ user: v.string(), verdict: v.string(), outcome: v.string() })),
      end: v.nullable(v.object({ says: v.string() })),
    }),
  ),
});

/** The record of an execution's only gate, as `npm run explain` tells it. */
const recordOf = async (execution: string) => {
  const { stdout } = await run('local/explain.ts', ['--stage', 'local', '--json', execution], '', {
    AWS_ENDPOINT_URL: stack.aws,
  });
  const [gate] = v.parse(Story, parseJson(stdout)).gates;
  return { state: gate?.state, clicks: gate?.clicks, says: gate?.end?.says };
};

const ADAS = { user: 'U0ADA', verdict: 'approve', outcome: 'counted' };
const GRACES = { user: 'U0GRACE', verdict: 'reject', outcome: 'over' };

const onRecord = { state: 'decided', clicks: [ADAS], says: `${BY_ADA} (AWS is not told yet)` };

/** Whoever looks finds that Ada approved: in Slack, in CodePipeline and in the record. Gives what AWS's answers were. */
const isApprovedByAda = async (
  { execution, message }: Asked,
  clicks: readonly (typeof ADAS)[] = [ADAS],
): Promise<readonly (number | undefined)[]> => {
  const blocks = await slack.comesToSay(message, '"Approved by "');
  expect(blocks).toContain('"user_id":"U0ADA"');
  expect(blocks).not.toContain('"actions"');
  const thread = await eventually(
    () => actor.threadOf(message),
    (all) => all.length === 2,
  );
  expect(thread.map(({ text }) => text)).toEqual([
    '<@U0ADA> approves',
    expect.stringContaining('shop-staging (staging) was approved at Approve / Approve'),
  ]);
  const { pipelineExecutionSummaries: [newest] = [] } = await eventually(
    () => codePipeline.send(new ListPipelineExecutionsCommand({ pipelineName: 'shop-staging' })),
    ({ pipelineExecutionSummaries: all = [] }) => all[0]?.status === 'Succeeded',
  );
  expect(newest).toMatchObject({ pipelineExecutionId: execution, status: 'Succeeded' });
  const { stageStates = [] } = await codePipeline.send(new GetPipelineStateCommand({ name: 'shop-staging' }));
  const approval = stageStates.find(({ stageName }) => stageName === 'Approve')?.actionStates?.[0]?.latestExecution;
  expect(approval?.summary).toBe(BY_ADA);
  await stack.idle();
  expect(await recordOf(execution)).toEqual({ state: 'applied', clicks, says: BY_ADA });
  return answers;
};

describe('a decision in the local stack', { timeout: 90_000 }, () => {
  it('is carried out when the vote comes again after a crash, whatever is clicked meanwhile (F43)', async () => {
    const waiting = await asked();
    const reject = await opensForm(waiting.message);
    await approveAndDie(waiting.message, 'before');
    await reject();
    expect(await isApprovedByAda(waiting, [ADAS, GRACES])).toEqual([undefined, 200]);
    expect(await slack.isTold('grace', 'approved by')).toContain('it was approved by <@U0ADA> already');
  });

  it('is carried out with the next click where the vote is lost, though that says the opposite (F43)', async () => {
    const waiting = await asked();
    const reject = await opensForm(waiting.message);
    await approveAndDie(waiting.message, 'before');
    await loseVotes();
    expect(await recordOf(waiting.execution)).toEqual(onRecord);
    await reject();
    expect(await isApprovedByAda(waiting, [ADAS, GRACES])).toEqual([undefined, 200]);
  });

  it('is carried out by the sweep where the vote is lost, without another click (F43)', async () => {
    const waiting = await asked();
    await approveAndDie(waiting.message, 'before');
    await loseVotes();
    expect(await recordOf(waiting.execution)).toEqual(onRecord);
    expect(await stack.invoke('gatehouse-local-sweep', {})).toMatchObject({ kind: 'returned', value: { gates: 1 } });
    expect(await isApprovedByAda(waiting)).toEqual([undefined, 200]);
  });

  it('is known for its own when it took effect and whoever made it died before hearing so (F44)', async () => {
    const waiting = await asked();
    await approveAndDie(waiting.message, 'after');
    expect(await isApprovedByAda(waiting)).toEqual([200]);
  });

  it('is known for its own when it took effect and only the answer was lost (F44)', async () => {
    const waiting = await asked();
    faults.next('PutApprovalResult', { drop: 'after' });
    await actor.click('ada', waiting.message, 'Approve');
    // The second is told that it is completed already.
    expect(await isApprovedByAda(waiting)).toEqual([200, 400]);
    expect(crashes).toBe(0);
  });
});
