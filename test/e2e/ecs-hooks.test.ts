import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { SlackActor } from '../../local/slack/slack-actor.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { ROOT } from '../support/command.ts';
import { connectionTo } from '../support/stack.ts';
import { watchSlack } from '../support/slack-watch.ts';

const MINUTE = 60_000;

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let ecs: AwsClient;
const lines: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 60,
    log: (line, source) => {
      lines.push(`${source} ${line}`);
    },
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  ecs = createAwsClient('ecs', connectionTo(stack));
}, MINUTE);

afterAll(() => stack.stop());

const arnOf = (deployment: string): string =>
  `arn:aws:ecs:${stack.region}:${stack.account}:service-deployment/prod/basket/${deployment}`;

const deploymentOf = (deployment: string) => stack.services.find(deployment)?.deployment;

/** Reads until it holds: a deployment that is tested takes longer than what else people wait for. */
const until = async <Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> => {
  for (let tries = 0; ; tries += 1) {
    const value = await read();
    if (holds(value) || tries > 450) {
      return value;
    }
    await wait(200);
  }
};

const becomes = (deployment: string, status: string): Promise<string | undefined> =>
  until(
    () => Promise.resolve(deploymentOf(deployment)?.status),
    (now) => now === status,
  );

const Weights = v.record(v.string(), v.number());
const Payload = v.object({
  lifecycleStage: v.string(),
  resourceArn: v.string(),
  executionDetails: v.object({ targetServiceRevisionArn: v.string(), productionTrafficWeights: Weights }),
});
const Answer = v.object({ hookStatus: v.string() });

/** Where ECS has called the hook in a deployment, how much of the traffic the new version had, and what it was answered. */
const callsOf = (deployment: string): readonly string[] =>
  stack.services.hookCalls().flatMap(({ payload, answer }) => {
    const { lifecycleStage, resourceArn, executionDetails } = v.parse(Payload, payload);
    const weight = executionDetails.productionTrafficWeights[executionDetails.targetServiceRevisionArn];
    const said = answer?.kind === 'returned' ? v.parse(Answer, answer.value).hookStatus : 'nothing';
    return resourceArn === arnOf(deployment)
      ? [[lifecycleStage, ...(weight === undefined ? [] : [`${weight} %`]), said].join(' ')]
      : [];
  });

/** The message about a deployment, once it has these words. */
const told = async (deployment: string, words: string) => {
  const [message] = await until(
    async () =>
      (await slack.mentioning('deployments', deployment)).filter((one) => JSON.stringify(one.blocks).includes(words)),
    (all) => all.length > 0,
  );
  return { message, shown: JSON.stringify(message?.blocks ?? []) };
};

const errors = (): readonly string[] =>
  lines.filter((line) => line.includes('ERROR') || line.includes('"level":"error"'));

describe('a service of the local stack that ECS deploys in steps', () => {
  it('gets a good version, tested before anybody uses it and at each step', { timeout: 3 * MINUTE }, async () => {
    const deployment = stack.services.start('prod', 'basket', 'basket:2');
    expect(await becomes(deployment, 'SUCCESSFUL')).toBe('SUCCESSFUL');
    expect(errors()).toEqual([]);
    const calls = callsOf(deployment);
    expect(calls.filter((call) => call.endsWith('IN_PROGRESS')).length).toBeGreaterThan(0);
    expect(calls.filter((call) => !call.endsWith('IN_PROGRESS'))).toEqual([
      'POST_TEST_TRAFFIC_SHIFT SUCCEEDED',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 0 % SUCCEEDED',
      'PRODUCTION_TRAFFIC_SHIFT 40 % SUCCEEDED',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 40 % SUCCEEDED',
      'PRODUCTION_TRAFFIC_SHIFT 80 % SUCCEEDED',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 80 % SUCCEEDED',
      'PRODUCTION_TRAFFIC_SHIFT 100 % SUCCEEDED',
    ]);
    const { shown } = await told(deployment, '2 earlier validations');
    expect(shown).toContain('Validation at PRODUCTION_TRAFFIC_SHIFT 100 % lets it go on');
    expect(shown).toContain('basket-steps');
  });

  it(
    'is rolled back when the test listener shows that it is bad, and Slack says why',
    { timeout: 2 * MINUTE },
    async () => {
      const deployment = stack.services.start('prod', 'basket', 'basket:3');
      expect(await becomes(deployment, 'ROLLBACK_SUCCESSFUL')).toBe('ROLLBACK_SUCCESSFUL');
      expect(deploymentOf(deployment)?.reason).toContain('hook execution failure');
      expect(callsOf(deployment)).toContain('POST_TEST_TRAFFIC_SHIFT FAILED');
      const { message, shown } = await told(deployment, 'has it rolled back');
      expect(shown).toContain('Validation at POST_TEST_TRAFFIC_SHIFT has it rolled back');
      expect(shown).toContain('Rolled back: health has failed');
      expect(shown).toContain('❌ health failed');
      const thread = await until(
        async () => (message === undefined ? [] : actor.threadOf(message)),
        (all) => JSON.stringify(all).includes('health has failed'),
      );
      expect(JSON.stringify(thread)).toContain('basket-test-traffic / health');
      expect(JSON.stringify(thread)).toContain('the store of baskets is read-only');
    },
  );

  it('goes back at once when it is stopped between two steps, without a test', { timeout: 2 * MINUTE }, async () => {
    const deployment = stack.services.start('prod', 'basket', 'basket:2');
    await until(
      () => Promise.resolve(callsOf(deployment)),
      (calls) => calls.includes('PRODUCTION_TRAFFIC_SHIFT 40 % SUCCEEDED'),
    );
    await ecs('StopServiceDeployment', { serviceDeploymentArn: arnOf(deployment), stopType: 'ROLLBACK' });
    expect(await becomes(deployment, 'ROLLBACK_SUCCESSFUL')).toBe('ROLLBACK_SUCCESSFUL');
    const calls = callsOf(deployment);
    expect(calls.filter((call) => call.includes('TRAFFIC_SHIFT 0 %'))).toEqual([
      'PRE_PRODUCTION_TRAFFIC_SHIFT 0 % SUCCEEDED',
      'PRODUCTION_TRAFFIC_SHIFT 0 % SUCCEEDED',
    ]);
    const { shown } = await told(deployment, 'brings back what ran before');
    expect(shown).toContain('that is never held up');
  });
});
