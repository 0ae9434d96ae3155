import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SimulatedDeployment } from '../../local/aws/codedeploy/deployment-state.ts';
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
let codeDeploy: AwsClient;
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
      if (service === 'codedeploy') {
        calls.push(operation);
      }
    },
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  codeDeploy = createAwsClient('codedeploy', connectionTo(stack));
}, 60_000);

afterAll(() => stack.stop());

const deploymentsOf = (group: string): readonly SimulatedDeployment[] =>
  stack.deployments.states().find((state) => state.group.group === group)?.deployments ?? [];

const statusOf = (deployment: string): string | undefined =>
  stack.deployments
    .states()
    .flatMap(({ deployments }) => deployments)
    .find(({ id }) => id === deployment)?.status;

const becomesStatus = (deployment: string, status: string): Promise<string | undefined> =>
  eventually(
    () => Promise.resolve(statusOf(deployment)),
    (now) => now === status,
  );

const start = (group = 'prod'): string => stack.deployments.start('storefront', group, { description: 'Spring sale' });

const fail = (why: string): never => {
  throw new Error(why);
};

describe('a blue/green deployment in the local stack', () => {
  it('moves its traffic once it is approved in Slack', { timeout: 90_000 }, async () => {
    const deployment = start();
    const message = await slack.askedOnce(deployment);
    const shown = JSON.stringify(message);
    expect(shown).toContain('Approve lets the traffic move to the new version.');
    expect(shown).toContain('Spring sale');
    expect(shown).toMatch(/Runs now: .*changes/);
    expect(statusOf(deployment)).toBe('Ready');
    const click = await actor.click('ada', message, 'Approve');
    expect(click).toMatchObject({ answer: { status: 200 } });
    expect(await slack.becomes(message, 'approved')).toContain('storefront / prod approved');
    expect(await becomesStatus(deployment, 'Succeeded')).toBe('Succeeded');
    const [told] = await eventually(
      () => slack.mentioning('deployments', deployment),
      ([one]) => one?.text.includes('succeeded') === true,
    );
    expect(told?.text).toContain('storefront / prod (production) succeeded');
    expect(calls.filter((operation) => operation === 'ContinueDeployment').length).toBe(1);
  });

  it('stops and is rolled back once it is rejected', { timeout: 90_000 }, async () => {
    const deployment = start();
    const message = await slack.askedOnce(deployment);
    const { modal } = await actor.click('grace', message, 'Reject…');
    await actor.submit('grace', modal ?? fail('No form has opened'), { Reason: 'The basket is empty' });
    expect(await slack.becomes(message, 'rejected')).toContain('storefront / prod rejected');
    expect(await becomesStatus(deployment, 'Stopped')).toBe('Stopped');
    const rollback = deploymentsOf('prod').find(({ rollbackOf }) => rollbackOf === deployment);
    expect(rollback?.creator).toBe('codeDeployRollback');
    expect(await becomesStatus(rollback?.id ?? '', 'Succeeded')).toBe('Succeeded');
    const thread = await eventually(
      () => actor.threadOf(message),
      (all) => JSON.stringify(all).includes('was rejected'),
    );
    expect(JSON.stringify(thread)).toContain('The basket is empty');
  });

  it('says so when it is continued in the console, and counts no click after that', { timeout: 90_000 }, async () => {
    const deployment = start();
    const message = await slack.askedOnce(deployment);
    await codeDeploy('ContinueDeployment', { deploymentId: deployment, deploymentWaitType: 'READY_WAIT' });
    expect(await slack.becomes(message, 'outside Slack')).toContain('approved outside Slack');
    await actor.click('ada', message, 'Approve');
    const refusals = await eventually(
      () => actor.ephemeralsOf('ada'),
      (all) => all.length > 0,
    );
    expect(JSON.stringify(refusals)).toContain('it was approved outside Slack already');
  });

  it('asks nobody where the deployment group goes on by itself', { timeout: 90_000 }, async () => {
    const deployment = start('staging');
    expect(await becomesStatus(deployment, 'Succeeded')).toBe('Succeeded');
    const [told] = await eventually(
      () => slack.mentioning('deployments', deployment),
      ([one]) => one?.text.includes('succeeded') === true,
    );
    expect(told?.text).toContain('succeeded');
    await stack.idle();
    expect(await slack.mentioning('approvals', deployment)).toEqual([]);
  });
});
