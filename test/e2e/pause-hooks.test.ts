import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { SlackActor } from '../../local/slack/slack-actor.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { ROOT } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { connectionTo } from '../support/stack.ts';
import { watchSlack } from '../support/slack-watch.ts';

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let ecs: AwsClient;
const calls: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 20,
    log: () => undefined,
    onAwsCall: ({ service, operation }) => {
      if (service === 'ecs') {
        calls.push(operation);
      }
    },
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  ecs = createAwsClient('ecs', connectionTo(stack));
}, 60_000);

afterAll(() => stack.stop());

const stateOf = (deployment: string) =>
  stack.services
    .states()
    .flatMap(({ deployments }) => deployments)
    .find(({ id }) => id === deployment);

const becomesStatus = (deployment: string, status: string): Promise<string | undefined> =>
  eventually(
    () => Promise.resolve(stateOf(deployment)?.status),
    (now) => now === status,
  );

/** The one message that tells of a deployment, once it says so. */
const tells = async (deployment: string, words: string): Promise<readonly string[]> =>
  (
    await eventually(
      () => slack.mentioning('deployments', deployment),
      ([one]) => one?.text.includes(words) === true,
    )
  ).map(({ text }) => text);

const fail = (why: string): never => {
  throw new Error(why);
};

describe('a service of the local stack that waits at a pause hook', () => {
  it('goes on once it is approved in Slack, and has one message from start to end', { timeout: 90_000 }, async () => {
    const deployment = stack.services.start('prod', 'checkout');
    const message = await slack.askedOnce(deployment);
    const shown = JSON.stringify(message);
    expect(shown).toContain('Approve lets the deployment of the new version go on.');
    expect(shown).toContain('100 % of the test traffic');
    expect(shown).toMatch(/checkout:2.*Runs now: .*checkout:1/);
    expect(await tells(deployment, 'waiting for approval')).toEqual([
      expect.stringContaining('prod / checkout (production) is waiting for approval at POST_TEST_TRAFFIC_SHIFT'),
    ]);
    expect(stateOf(deployment)?.status).toBe('IN_PROGRESS');
    expect(await actor.click('ada', message, 'Approve')).toMatchObject({ answer: { status: 200 } });
    expect(await slack.becomes(message, 'approved')).toContain('prod / checkout approved');
    expect(await becomesStatus(deployment, 'SUCCESSFUL')).toBe('SUCCESSFUL');
    expect(await tells(deployment, 'succeeded')).toEqual([
      expect.stringContaining('prod / checkout (production) succeeded'),
    ]);
    expect(calls.filter((operation) => operation === 'ContinueServiceDeployment').length).toBe(1);
  });

  it('is rolled back once it is rejected, and is not told of as a success', { timeout: 90_000 }, async () => {
    const deployment = stack.services.start('prod', 'checkout');
    const message = await slack.askedOnce(deployment);
    const { modal } = await actor.click('grace', message, 'Reject…');
    await actor.submit('grace', modal ?? fail('No form has opened'), { Reason: 'The basket is empty' });
    expect(await slack.becomes(message, 'rejected')).toContain('prod / checkout rejected');
    expect(await becomesStatus(deployment, 'ROLLBACK_SUCCESSFUL')).toBe('ROLLBACK_SUCCESSFUL');
    expect(await tells(deployment, 'failed')).toEqual([expect.stringContaining('prod / checkout (production) failed')]);
    await stack.idle();
    const all = await actor.messagesOf('deployments');
    expect(all.filter(({ text }) => /checkout.*succeeded/.test(text)).length).toBe(1);
    const thread = await eventually(
      () => actor.threadOf(message),
      (lines) => JSON.stringify(lines).includes('was rejected'),
    );
    expect(JSON.stringify(thread)).toContain('The basket is empty');
  });

  it('says so when it is continued by the CLI, and counts no click after that', { timeout: 90_000 }, async () => {
    const deployment = stack.services.start('prod', 'checkout');
    const message = await slack.askedOnce(deployment);
    const [hook] = stateOf(deployment)?.hooks ?? [];
    await ecs('ContinueServiceDeployment', {
      serviceDeploymentArn: `arn:aws:ecs:${stack.region}:${stack.account}:service-deployment/prod/checkout/${deployment}`,
      hookId: hook?.id,
      action: 'CONTINUE',
    });
    expect(await slack.becomes(message, 'outside Slack')).toContain('approved outside Slack');
    await actor.click('ada', message, 'Approve');
    const refusals = await eventually(
      () => actor.ephemeralsOf('ada'),
      (all) => all.length > 0,
    );
    expect(JSON.stringify(refusals)).toContain('it was approved outside Slack already');
  });

  it('asks nobody where a service has no hook', { timeout: 90_000 }, async () => {
    const deployment = stack.services.start('prod', 'catalog');
    expect(await becomesStatus(deployment, 'SUCCESSFUL')).toBe('SUCCESSFUL');
    expect(await tells(deployment, 'succeeded')).toHaveLength(1);
    expect(await slack.mentioning('approvals', deployment)).toEqual([]);
  });
});
