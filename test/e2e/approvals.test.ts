import {
  CodePipelineClient,
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
  PutApprovalResultCommand,
} from '@aws-sdk/client-codepipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { SlackActor } from '../../local/slack/slack-actor.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { watchSlack } from '../support/slack-watch.ts';

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let codePipeline: CodePipelineClient;
const logged: string[] = [];
const said: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 20,
    log: (line) => logged.push(line),
    onSlackCall: (call) => said.push(JSON.stringify(call)),
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

const pending = async (name: string) => {
  const { stageStates = [] } = await codePipeline.send(new GetPipelineStateCommand({ name }));
  return stageStates.find(({ stageName }) => stageName === 'Approve')?.actionStates?.[0]?.latestExecution;
};

const statusOf = async (name: string, execution: string): Promise<string | undefined> => {
  const { pipelineExecutionSummaries = [] } = await codePipeline.send(
    new ListPipelineExecutionsCommand({ pipelineName: name }),
  );
  return pipelineExecutionSummaries.find(({ pipelineExecutionId }) => pipelineExecutionId === execution)?.status;
};

const start = (name: string): { readonly execution: string } => ({
  execution: stack.pipelines.start(name, { push: true }),
});

describe('an approval in the local stack', () => {
  it('is given by one click where one approver suffices, and the pipeline goes on', { timeout: 90_000 }, async () => {
    const { execution } = start('shop-staging');
    const message = await slack.askedOnce(execution);
    const click = await actor.click('ada', message, 'Approve');
    expect(click).toMatchObject({ answer: { status: 200 }, modal: undefined });
    expect(await slack.becomes(message, 'approved')).toContain('shop-staging approved');
    expect(
      await eventually(
        () => statusOf('shop-staging', execution),
        (status) => status === 'Succeeded',
      ),
    ).toBe('Succeeded');
    const { summary } = (await pending('shop-staging')) ?? {};
    expect(summary).toBe('Approved by ada (U0ADA) via Slack');
  });

  it(
    'takes two approvers and a form in production, and refuses others and the author',
    { timeout: 90_000 },
    async () => {
      const { execution } = start('shop-prod');
      const message = await slack.askedOnce(execution);
      const token = (await pending('shop-prod'))?.token ?? 'no token';
      const mallory = await actor.click('mallory', message, 'Approve…');
      await actor.submit('mallory', mallory.modal ?? fail(), {});
      const [refusal] = await eventually(
        () => actor.ephemeralsOf('mallory'),
        (all) => all.length > 0,
      );
      expect(JSON.stringify(refusal)).toContain('you are not one of those who decide here');
      // The first commit of the simulated repository is Ada's.
      const ada = await actor.click('ada', message, 'Approve…');
      await actor.submit('ada', ada.modal ?? fail(), {});
      const [own] = await eventually(
        () => actor.ephemeralsOf('ada'),
        (all) => all.length > 0,
      );
      expect(JSON.stringify(own)).toContain('you wrote what it ships');
      for (const user of ['grace', 'linus']) {
        expect((await pending('shop-prod'))?.status).toBe('InProgress');
        const { modal } = await actor.click(user, message, 'Approve…');
        await actor.submit(user, modal ?? fail(), { Note: 'Checked on staging' });
      }
      expect(await slack.becomes(message, 'approved')).toContain('shop-prod approved');
      expect((await pending('shop-prod'))?.summary).toBe(
        'Approved by grace (U0GRACE), linus (U0LINUS) via Slack: Checked on staging',
      );
      expect(
        await eventually(
          () => statusOf('shop-prod', execution),
          (status) => status === 'Succeeded',
        ),
      ).toBe('Succeeded');
      // The token is nowhere but in the table.
      expect([...logged, ...said].filter((line) => line.includes(token))).toEqual([]);
    },
  );

  it('is rejected with a reason, and the second of two opposite clicks is told so', { timeout: 90_000 }, async () => {
    const { execution } = start('shop-staging');
    const message = await slack.askedOnce(execution);
    const { modal } = await actor.click('grace', message, 'Reject…');
    await actor.submit('grace', modal ?? fail(), { Reason: 'Not on a Friday' });
    expect(await slack.becomes(message, 'rejected')).toContain('shop-staging rejected');
    expect((await pending('shop-staging'))?.summary).toBe('Rejected by grace (U0GRACE) via Slack: Not on a Friday');
    const late = await actor.click('ada', { ...message }, 'Approve');
    expect(late).toMatchObject({ answer: { status: 200 } });
    const told = await eventually(
      () => actor.ephemeralsOf('ada'),
      (all) => all.some((one) => JSON.stringify(one).includes('rejected by')),
    );
    expect(JSON.stringify(told)).toContain('rejected by <@U0GRACE> already');
  });

  it('shows a decision that was made in the console', { timeout: 90_000 }, async () => {
    const { execution } = start('shop-staging');
    const message = await slack.askedOnce(execution);
    const { token } = (await pending('shop-staging')) ?? {};
    await codePipeline.send(
      new PutApprovalResultCommand({
        pipelineName: 'shop-staging',
        stageName: 'Approve',
        actionName: 'Approve',
        token,
        result: { status: 'Approved', summary: 'By hand' },
      }),
    );
    expect(await slack.becomes(message, 'outside Slack')).toContain('approved outside Slack');
    const thread = await eventually(
      () => actor.threadOf(message),
      (all) => all.length > 0,
    );
    expect(JSON.stringify(thread)).toContain('By hand');
  });
});

const fail = (): never => {
  throw new Error('No form has opened');
};
