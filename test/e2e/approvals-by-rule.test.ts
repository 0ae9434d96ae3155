import {
  CodePipelineClient,
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
  StartPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, REGION } from '../../local/aws/account.ts';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { SlackActor } from '../../local/slack/slack-actor.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { aPipeline } from '../support/pipelines.ts';
import { watchSlack } from '../support/slack-watch.ts';

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;

const HOME = { home: { partition: 'aws', region: REGION, account: ACCOUNT } };

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 100,
    log: () => undefined,
    pipelines: [aPipeline({ name: 'jobs-staging' }, HOME), aPipeline({ name: 'site-preview' }, HOME)],
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
}, 60_000);

afterAll(() => stack.stop());

/** CodePipeline as somebody sees it: who it is goes by the access key. */
const codePipelineOf = (user: string) =>
  new CodePipelineClient({
    endpoint: stack.aws,
    region: stack.region,
    credentials: { accessKeyId: user, secretAccessKey: 'x' },
  });

const start = async (name: string, user: string): Promise<string> => {
  const { pipelineExecutionId = '' } = await codePipelineOf(user).send(new StartPipelineExecutionCommand({ name }));
  return pipelineExecutionId;
};

const comesTo = (name: string, execution: string, status: string): Promise<string | undefined> =>
  eventually(
    async () => {
      const { pipelineExecutionSummaries = [] } = await codePipelineOf('bob').send(
        new ListPipelineExecutionsCommand({ pipelineName: name }),
      );
      return pipelineExecutionSummaries.find(({ pipelineExecutionId }) => pipelineExecutionId === execution)?.status;
    },
    (now) => now === status,
  );

const summaryAt = async (name: string): Promise<string | undefined> => {
  const { stageStates = [] } = await codePipelineOf('bob').send(new GetPipelineStateCommand({ name }));
  return stageStates.find(({ stageName }) => stageName === 'Approve')?.actionStates?.[0]?.latestExecution?.summary;
};

describe('an approval by rule in the local stack', { timeout: 90_000 }, () => {
  it('lets a pipeline go on that a job has started, and shows it as approved, with no buttons', async () => {
    const execution = await start('jobs-staging', 'nightly');
    expect(await comesTo('jobs-staging', execution, 'Succeeded')).toBe('Succeeded');
    expect(await summaryAt('jobs-staging')).toBe(
      `Approved by the policy “nightly job” of Gatehouse: started by arn:aws:iam::${ACCOUNT}:user/nightly`,
    );
    const [message] = await eventually(
      () => slack.mentioning('approvals', execution),
      (all) => JSON.stringify(all).includes('approved by policy'),
    );
    expect(await slack.becomes(message ?? fail(), 'approved')).toContain('jobs-staging approved by policy');
    const shown = JSON.stringify(message?.blocks);
    expect(shown).toContain('"the policy “nightly job”"');
    expect(shown).not.toContain('"actions"');
    expect(shown).not.toContain('"user_id"');
  });

  it('asks people where somebody else has started it', async () => {
    const execution = await start('jobs-staging', 'bob');
    const message = await slack.askedOnce(execution);
    await actor.click('ada', message, 'Approve');
    expect(await comesTo('jobs-staging', execution, 'Succeeded')).toBe('Succeeded');
    expect(await summaryAt('jobs-staging')).toBe('Approved by ada (U0ADA) via Slack');
  });

  it('fills one of two rules, and a person the other', async () => {
    const execution = stack.pipelines.start('site-preview', { push: true });
    const message = await slack.askedOnce(execution);
    const asked = JSON.stringify(message.blocks);
    expect(asked).toContain('Approved by the policy “reviewed on main”, unless somebody rejects: ref main');
    expect(asked).toContain('0 of 1 approval by developers');
    expect(asked).toContain('1 of 1 approval by operations');
    await actor.click('ada', message, 'Approve');
    expect(await comesTo('site-preview', execution, 'Succeeded')).toBe('Succeeded');
    expect(await summaryAt('site-preview')).toBe(
      'Approved by ada (U0ADA) via Slack, and by the policy “reviewed on main”',
    );
    const decided = await slack.comesToSay(message, 'Approved by "');
    expect(decided).toContain('"user_id":"U0ADA"');
    expect(decided).toContain('" and the policy “reviewed on main”"');
  });

  it('gives way to whoever rejects', async () => {
    const execution = stack.pipelines.start('site-preview', { push: true });
    const message = await slack.askedOnce(execution);
    const { modal } = await actor.click('grace', message, 'Reject…');
    await actor.submit('grace', modal ?? fail(), { Reason: 'Not today' });
    expect(await comesTo('site-preview', execution, 'Failed')).toBe('Failed');
    expect(await summaryAt('site-preview')).toBe('Rejected by grace (U0GRACE) via Slack: Not today');
  });
});

const fail = (): never => {
  throw new Error('It is not there');
};
