import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_APPLICATIONS } from '../../local/applications/demo-applications.ts';
import type { HookedDeployment } from '../../local/aws/codedeploy/hooked/hooked-state.ts';
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
let codeDeploy: AwsClient;
const lines: string[] = [];

const LINEAR = DEMO_APPLICATIONS.groups.find(({ group }) => group === 'linear');

/** The same, of the other alias. */
const fast = (text: string): string =>
  text.replace('"Alias":"linear"', '"Alias":"fast"').replace('Alias: linear', 'Alias: fast');

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    // CloudWatch has whole minutes: a step of ten minutes has more than one of them left.
    speed: 6,
    applications: {
      ...DEMO_APPLICATIONS,
      functions: DEMO_APPLICATIONS.functions.map((one) => ({ ...one, aliases: { ...one.aliases, fast: '1' } })),
      groups: [
        ...DEMO_APPLICATIONS.groups,
        // Another alias of the same function: its traffic moves by itself, too.
        ...(LINEAR?.target.platform === 'Lambda'
          ? [
              {
                ...LINEAR,
                group: 'linear-fast',
                groupId: 'd3f9e2c6-0002-4ea5-9c8f-9152a4e6b7d3',
                target: { ...LINEAR.target, alias: 'fast' },
                runs: { ...LINEAR.runs, content: fast(LINEAR.runs.content) },
              },
            ]
          : []),
      ],
    },
    log: (line, source) => {
      lines.push(`${source} ${line}`);
    },
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  codeDeploy = createAwsClient('codedeploy', connectionTo(stack));
}, 60_000);

afterAll(() => stack.stop());

/** `aws deploy create-deployment --revision file://examples/orders/...` */
const deploy = async (deploymentGroupName: string, file: string, more: object = {}): Promise<string> => {
  const text = await readFile(join(ROOT, 'examples/orders', file), 'utf8');
  const revision: unknown = JSON.parse(deploymentGroupName === 'linear-fast' ? fast(text) : text);
  const made = await codeDeploy('CreateDeployment', {
    applicationName: 'orders',
    deploymentGroupName,
    revision,
    ...more,
  });
  return v.parse(v.object({ deploymentId: v.string() }), made).deploymentId;
};

const until = async <Value>(read: () => Promise<Value> | Value, holds: (value: Value) => boolean): Promise<Value> => {
  for (let tries = 0; ; tries += 1) {
    const value = await read();
    if (holds(value) || tries > 1_200) {
      return value;
    }
    await wait(500);
  }
};

const becomesOver = (id: string): Promise<HookedDeployment | undefined> =>
  until(
    () => stack.hookedDeployments.find(id)?.deployment,
    (deployment) => deployment !== undefined && deployment.phase === undefined,
  );

/** The message about a deployment, once it has these words. */
const told = async (id: string, words: string): Promise<string> => {
  const [message] = await until(
    async () => (await slack.mentioning('deployments', id)).filter((one) => JSON.stringify(one.blocks).includes(words)),
    (all) => all.length > 0,
  );
  const thread = message === undefined ? [] : await actor.threadOf(message);
  return JSON.stringify([message?.blocks ?? [], thread.map(({ blocks }) => blocks)]);
};

const weightOf = (id: string): string => {
  const traffic = stack.hookedDeployments.find(id)?.state.traffic;
  return JSON.stringify(traffic);
};

const said = (message: string, id: string): readonly string[] =>
  lines.filter((line) => line.includes(message) && line.includes(id));

describe('the traffic of a Lambda function in the local stack', () => {
  it.concurrent(
    'is turned back at the second step of a version whose errors rise with it, and Slack says why',
    { timeout: 6 * MINUTE },
    async () => {
      const id = await deploy('linear', 'bad-slowly.json');
      const stopped = await becomesOver(id);
      expect(stopped?.status).toBe('Stopped');
      expect(stopped?.traffic).toMatchObject({ next: { version: '5', weight: 20 } });
      const rollback = await becomesOver(stopped?.rolledBackBy ?? '');
      expect(rollback).toMatchObject({ status: 'Succeeded', creator: 'codeDeployRollback' });
      expect(weightOf(id)).toBe('{"platform":"Lambda","version":"1"}');
      const shown = await told(id, 'Validation at AllowTraffic 20 % has it rolled back');
      expect(shown).toContain('Validation at AllowTraffic 10 % was overtaken');
      expect(shown).toContain('Rolled back: errors has failed');
      expect(shown).toMatch(/Errors of Invocations: [\d.]+ %/);
      // What brings back the old version is announced, and is not watched.
      await told(rollback?.id ?? '', 'succeeded');
      expect(said('watch begun', rollback?.id ?? 'none')).toEqual([]);
      expect(said('verdict reported', id)).toHaveLength(1);
    },
  );

  it.concurrent(
    'moves through all of its steps to a good version, each with a run',
    { timeout: 6 * MINUTE },
    async () => {
      const id = await deploy('linear-fast', 'good-slowly.json', {
        deploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery2Minutes',
      });
      const over = await becomesOver(id);
      expect(over?.status).toBe('Succeeded');
      expect(weightOf(id)).toBe('{"platform":"Lambda","version":"2"}');
      await until(
        () => said('watch looked at', id).length,
        (looks) => looks > 0,
      );
      expect(said('run begun', id)).toHaveLength(9);
      expect(said('StopDeployment', id)).toEqual([]);
      const shown = await told(id, 'Validation at AllowTraffic 90 % was overtaken');
      expect(shown).toContain('earlier validations');
      expect(said('verdict reported', id).filter((line) => line.includes('rollback'))).toEqual([]);
    },
  );

  it.concurrent('is not watched where no suite is for it', { timeout: 6 * MINUTE }, async () => {
    const id = await deploy('prod', 'good.json');
    expect((await becomesOver(id))?.status).toBe('Succeeded');
    await told(id, 'Validation at AfterAllowTraffic lets it go on');
    expect(lines.filter((line) => line.includes(id) && line.includes('watch'))).toEqual([]);
  });
});
