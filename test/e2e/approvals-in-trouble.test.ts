import {
  CodePipelineClient,
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
  RetryStageExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, REGION } from '../../local/aws/account.ts';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { SlackActor } from '../../local/slack/slack-actor.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { aPipeline, anAction } from '../support/pipelines.ts';
import { watchSlack } from '../support/slack-watch.ts';

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let codePipeline: CodePipelineClient;
const decided: string[] = [];

/** One that a policy of gatehouse.yml is about: one approver, no form; of previews a newer execution takes the older one's place. */
const aStagingPipeline = (
  name: string,
  executionMode: 'SUPERSEDED' | 'PARALLEL' = 'SUPERSEDED',
  approval: Partial<ReturnType<typeof anAction>> = {},
  environment: 'staging' | 'preview' = 'staging',
) => {
  const { declaration } = aPipeline();
  return aPipeline(
    {
      name: `${name}-${environment}`,
      executionMode,
      stages: declaration.stages.map((stage) =>
        stage.name === 'Approve' ? { ...stage, actions: [anAction('ProdGate', 'Approval', approval)] } : stage,
      ),
    },
    { home: { partition: 'aws', region: REGION, account: ACCOUNT } },
  );
};

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 100,
    log: () => undefined,
    onAwsCall: ({ operation }) => {
      if (operation === 'PutApprovalResult') {
        decided.push(operation);
      }
    },
    pipelines: [
      aStagingPipeline('expiring', 'SUPERSEDED', { timeoutInMinutes: 0.1 }),
      aStagingPipeline('overtaken', 'SUPERSEDED', {}, 'preview'),
      aStagingPipeline('retried'),
      aStagingPipeline('parallel', 'PARALLEL'),
      aStagingPipeline('crowded', 'PARALLEL'),
    ],
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  codePipeline = new CodePipelineClient({
    endpoint: stack.aws,
    region: stack.region,
    credentials: { accessKeyId: 'bob', secretAccessKey: 'x' },
  });
}, 60_000);

afterAll(() => stack.stop());

const statusOf = async (name: string, execution: string): Promise<string | undefined> => {
  const { pipelineExecutionSummaries = [] } = await codePipeline.send(
    new ListPipelineExecutionsCommand({ pipelineName: name }),
  );
  return pipelineExecutionSummaries.find(({ pipelineExecutionId }) => pipelineExecutionId === execution)?.status;
};

/** The execution that waits in front of the approval. */
const waitsInFront = async (): Promise<string | undefined> => {
  const { stageStates = [] } = await codePipeline.send(new GetPipelineStateCommand({ name: 'overtaken-preview' }));
  return stageStates.find(({ stageName }) => stageName === 'Approve')?.inboundExecutions?.[0]?.pipelineExecutionId;
};

const comesTo = (name: string, execution: string, status: string): Promise<string | undefined> =>
  eventually(
    () => statusOf(name, execution),
    (now) => now === status,
  );

const decisionsIn = async (work: () => Promise<unknown>): Promise<number> => {
  const before = decided.length;
  await work();
  await stack.idle();
  return decided.length - before;
};

describe('an approval in the local stack, when things do not go smoothly', { timeout: 90_000 }, () => {
  it('says that nobody decided in time', async () => {
    const execution = stack.pipelines.start('expiring-staging', { push: true });
    const message = await slack.askedOnce(execution);
    const text = await slack.comesToSay(message, 'expired');
    expect(text).toContain('expired');
    expect(text).not.toContain('"actions"');
    expect(await comesTo('expiring-staging', execution, 'Failed')).toBe('Failed');
  });

  it('gives way to a newer execution, whoever approves it', async () => {
    const older = stack.pipelines.start('overtaken-preview', { push: true });
    const message = await slack.askedOnce(older);
    const newer = stack.pipelines.start('overtaken-preview', { push: true });
    await eventually(waitsInFront, (execution) => execution === newer);
    await actor.click('linus', message, 'Approve');
    const text = await slack.comesToSay(message, 'superseded');
    expect(text).toContain('superseded');
    expect(await comesTo('overtaken-preview', older, 'Failed')).toBe('Failed');
    const next = await slack.askedOnce(newer);
    await actor.click('ada', next, 'Approve');
    expect(await comesTo('overtaken-preview', newer, 'Succeeded')).toBe('Succeeded');
  });

  it('asks anew when the stage is tried again, and the old button decides nothing', async () => {
    const execution = stack.pipelines.start('retried-staging', { push: true });
    const old = await slack.askedOnce(execution);
    const { modal } = await actor.click('grace', old, 'Reject…');
    if (modal === undefined) {
      throw new Error('No form has opened');
    }
    await actor.submit('grace', modal, { Reason: 'Not yet' });
    expect(await comesTo('retried-staging', execution, 'Failed')).toBe('Failed');
    await codePipeline.send(
      new RetryStageExecutionCommand({
        pipelineName: 'retried-staging',
        stageName: 'Approve',
        pipelineExecutionId: execution,
        retryMode: 'FAILED_ACTIONS',
      }),
    );
    const [anew] = await slack.asking(execution, 2);
    expect(await decisionsIn(() => actor.click('ada', old, 'Approve'))).toBe(0);
    expect(await slack.isTold('ada', 'rejected by')).toContain('already');
    await actor.click('linus', anew ?? old, 'Approve');
    expect(await comesTo('retried-staging', execution, 'Succeeded')).toBe('Succeeded');
  });

  it('decides about its own execution where two wait at once', async () => {
    const [one, other] = [1, 2].map(() => stack.pipelines.start('parallel-staging', { push: true }));
    const asked = await slack.askedOnce(other ?? '');
    await slack.askedOnce(one ?? '');
    await actor.click('ada', asked, 'Approve');
    expect(await comesTo('parallel-staging', other ?? '', 'Succeeded')).toBe('Succeeded');
    expect(await statusOf('parallel-staging', one ?? '')).toBe('InProgress');
  });

  it('takes effect once, however often and by whomever it is clicked', async () => {
    const executions = [1, 2, 3, 4, 5].map(() => stack.pipelines.start('crowded-staging', { push: true }));
    const asked = await Promise.all(executions.map((one) => slack.askedOnce(one)));
    const people = ['ada', 'grace', 'linus'];
    const clicks = Array.from({ length: 100 }, (_, index) => ({
      user: people[index % people.length] ?? 'ada',
      message: asked[index % asked.length],
    }));
    const took = await decisionsIn(async () => {
      const answers = await Promise.all(
        clicks.flatMap(({ user, message }) => (message === undefined ? [] : [actor.click(user, message, 'Approve')])),
      );
      expect(answers.filter(({ answer }) => answer.kind !== 'answered' || answer.status !== 200)).toEqual([]);
      expect(answers).toHaveLength(100);
    });
    expect(took).toBe(5);
    for (const execution of executions) {
      expect(await comesTo('crowded-staging', execution, 'Succeeded')).toBe('Succeeded');
    }
  });

  it('takes effect once when it is clicked twice, and when the same bytes come again', async () => {
    const execution = stack.pipelines.start('crowded-staging', { push: true });
    const message = await slack.askedOnce(execution);
    const took = await decisionsIn(async () => {
      const [first] = await Promise.all([
        actor.click('ada', message, 'Approve'),
        actor.click('ada', message, 'Approve'),
      ]);
      await actor.resend(first.request);
    });
    expect(took).toBe(1);
    expect(await comesTo('crowded-staging', execution, 'Succeeded')).toBe('Succeeded');
  });

  it('is what the first of two opposite clicks says, and tells the second', async () => {
    const execution = stack.pipelines.start('crowded-staging', { push: true });
    const message = await slack.askedOnce(execution);
    const { modal } = await actor.click('grace', message, 'Reject…');
    if (modal === undefined) {
      throw new Error('No form has opened');
    }
    const took = await decisionsIn(() =>
      Promise.all([
        actor.submit('grace', modal, { Reason: 'Not on a Friday' }),
        actor.click('linus', message, 'Approve'),
      ]),
    );
    expect(took).toBe(1);
    const end = await eventually(
      () => statusOf('crowded-staging', execution),
      (status) => status !== 'InProgress',
    );
    expect(await slack.isTold(end === 'Succeeded' ? 'grace' : 'linus', 'already')).toContain('already');
  });
});
