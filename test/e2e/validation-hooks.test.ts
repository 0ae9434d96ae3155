import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_APPLICATIONS } from '../../local/applications/demo-applications.ts';
import type { HookedDeployment } from '../../local/aws/codedeploy/hooked/hooked-state.ts';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { Message, SlackActor } from '../../local/slack/slack-actor.ts';
import { runStack, startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { ROOT } from '../support/command.ts';
import { lambdaAppSpec } from '../support/hooked-deployments.ts';
import { connectionTo } from '../support/stack.ts';
import { watchSlack } from '../support/slack-watch.ts';

const MINUTE = 60_000;

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let codeDeploy: AwsClient;
const lines: string[] = [];

const [ORDERS] = DEMO_APPLICATIONS.groups;

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 20,
    log: (line, source) => {
      lines.push(`${source} ${line}`);
    },
    applications: {
      ...DEMO_APPLICATIONS,
      // Another group of the same function, whose suite asks people.
      groups: [
        ...DEMO_APPLICATIONS.groups,
        ...(ORDERS === undefined
          ? []
          : [{ ...ORDERS, group: 'canary-with-people', groupId: 'd3f9e2c6-0001-4ea5-9c8f-9152a4e6b7d3' }]),
      ],
    },
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  codeDeploy = createAwsClient('codedeploy', connectionTo(stack));
}, 60_000);

afterAll(() => stack.stop());

/** `aws deploy create-deployment --revision file://examples/...` */
const deploy = async (application: string, file: string): Promise<string> => {
  const revision: unknown = JSON.parse(await readFile(join(ROOT, 'examples', application, file), 'utf8'));
  return create(application, 'prod', revision);
};

const create = async (applicationName: string, deploymentGroupName: string, revision: unknown): Promise<string> => {
  const made = await codeDeploy('CreateDeployment', { applicationName, deploymentGroupName, revision });
  return v.parse(v.object({ deploymentId: v.string() }), made).deploymentId;
};

/** Reads until it holds: a validation takes longer than what else people wait for. */
const until = async <Value>(read: () => Promise<Value> | Value, holds: (value: Value) => boolean): Promise<Value> => {
  for (let tries = 0; ; tries += 1) {
    const value = await read();
    if (holds(value) || tries > 400) {
      return value;
    }
    await wait(200);
  }
};

const becomesOver = (id: string): Promise<HookedDeployment | undefined> =>
  until(
    () => stack.hookedDeployments.find(id)?.deployment,
    (deployment) => deployment !== undefined && deployment.phase === undefined,
  );

const becomesRolledBack = async (id: string) => {
  const failed = await becomesOver(id);
  return { failed, rollback: await becomesOver(failed?.rolledBackBy ?? '') };
};

const hooksOf = (deployment: HookedDeployment | undefined): readonly string[] =>
  (deployment?.lifecycle ?? []).map(({ name, status }) => `${name} ${status}`);

/** The message about a deployment, once it has these words. */
const told = async (
  id: string,
  words: string,
): Promise<{ readonly message: Message | undefined; readonly shown: string }> => {
  // What brings back the old version names it, too, in a message of its own.
  const [message] = await until(
    async () => (await slack.mentioning('deployments', id)).filter((one) => JSON.stringify(one.blocks).includes(words)),
    (all) => all.length > 0,
  );
  return { message, shown: JSON.stringify(message?.blocks ?? []) };
};

const threadOf = async (message: Message | undefined, words: string): Promise<string> =>
  message === undefined
    ? ''
    : JSON.stringify(
        await until(
          () => actor.threadOf(message),
          (all) => JSON.stringify(all).includes(words),
        ),
      );

describe('a canary of a Lambda function in the local stack', () => {
  it(
    'is rolled back before anybody uses it when its health check fails, and Slack says which',
    { timeout: 2 * MINUTE },
    async () => {
      const id = await deploy('orders', 'bad.json');
      const { failed, rollback } = await becomesRolledBack(id);
      expect(failed?.error?.code).toBe('HOOK_EXECUTION_FAILURE');
      expect(hooksOf(failed)[0]).toBe('BeforeAllowTraffic Failed');
      // What brings back the old version is held up by nothing.
      expect(rollback?.status).toBe('Succeeded');
      const { message, shown } = await told(id, 'Validation at BeforeAllowTraffic has it rolled back');
      expect(shown).toContain('Rolled back: health has failed');
      expect(shown).toContain('❌ health failed');
      expect(await threadOf(message, 'health has failed')).toContain('orders-before-traffic / health');
    },
  );

  it('is rolled back after its traffic has moved when its alarm turns red', { timeout: 3 * MINUTE }, async () => {
    const id = await deploy('orders', 'bad-under-load.json');
    const { failed, rollback } = await becomesRolledBack(id);
    expect(hooksOf(failed)).toEqual([
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic Succeeded',
      'AfterAllowTraffic Failed',
    ]);
    expect(rollback?.status).toBe('Succeeded');
    const { shown } = await told(id, 'Validation at AfterAllowTraffic has it rolled back');
    expect(shown).toContain('Rolled back: alarms has failed');
    expect(shown).toContain('orders-errors');
  });

  it('gets a good version, tested before and after its traffic moves', { timeout: 2 * MINUTE }, async () => {
    const id = await deploy('orders', 'good.json');
    const over = await becomesOver(id);
    expect(lines.filter((line) => line.includes('ERROR'))).toEqual([]);
    expect(hooksOf(over)).toEqual([
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic Succeeded',
      'AfterAllowTraffic Succeeded',
    ]);
    expect(over?.status).toBe('Succeeded');
    const { shown } = await told(id, 'Validation at AfterAllowTraffic lets it go on');
    expect(shown).toContain('Validation at BeforeAllowTraffic lets it go on');
  });
});

describe('a blue/green deployment of an ECS service in the local stack', () => {
  it('gets a good version, tested through its test listener first', { timeout: 2 * MINUTE }, async () => {
    const id = await deploy('web', 'good.json');
    const over = await becomesOver(id);
    expect(over?.status).toBe('Succeeded');
    const { shown } = await told(id, 'Validation at AfterAllowTraffic lets it go on');
    expect(shown).toContain('Validation at AfterAllowTestTraffic lets it go on');
  });

  it('is rolled back when the test listener shows that it is bad', { timeout: 2 * MINUTE }, async () => {
    const id = await deploy('web', 'bad.json');
    const { failed, rollback } = await becomesRolledBack(id);
    expect(failed?.error?.message).toContain('AfterAllowTestTraffic');
    expect(rollback?.status).toBe('Succeeded');
    const { shown } = await told(id, 'Validation at AfterAllowTestTraffic has it rolled back');
    expect(shown).toContain('Rolled back: health has failed');
  });
});

describe('people inside a hook in the local stack', () => {
  const HOOKS = { BeforeAllowTraffic: 'CodeDeployHook_gatehouse-local' };
  const deployWithPeople = () =>
    create('orders', 'canary-with-people', {
      revisionType: 'AppSpecContent',
      appSpecContent: { content: lambdaAppSpec('1', '2', HOOKS) },
    });

  it('have a deployment rolled back', { timeout: 2 * MINUTE }, async () => {
    const id = await deployWithPeople();
    const message = await slack.askedOnce(id);
    const asked = JSON.stringify(message);
    expect(asked).toContain('orders-with-people / go-ahead');
    expect(asked).toContain('health: pass');
    const { modal } = await actor.click('grace', message, 'Reject…');
    if (modal === undefined) {
      throw new Error('No form has opened');
    }
    await actor.submit('grace', modal, { Reason: 'Not on a Friday' });
    const { failed } = await becomesRolledBack(id);
    expect(hooksOf(failed)[0]).toBe('BeforeAllowTraffic Failed');
    const { shown } = await told(id, 'Validation at BeforeAllowTraffic has it rolled back');
    expect(shown).toContain('Rolled back: go-ahead has failed');
    expect(shown).toContain('Not on a Friday');
  });

  it('let it go on', { timeout: 2 * MINUTE }, async () => {
    const id = await deployWithPeople();
    const message = await slack.askedOnce(id);
    await told(id, 'Validation at BeforeAllowTraffic is running');
    await actor.click('ada', message, 'Approve');
    expect(await slack.becomes(message, 'approved')).toContain('orders / canary-with-people approved');
    await told(id, 'Validation at BeforeAllowTraffic lets it go on');
    expect((await becomesOver(id))?.status).toBe('Succeeded');
  });
});

describe('a validation whose function is killed in the local stack', () => {
  let short: Stack;
  const said: string[] = [];

  beforeAll(async () => {
    const { template, taskRoot } = await compileTemplate({ root: ROOT, stage: 'local' });
    const { ValidateLambdaFunction: lambda } = template.Resources;
    if (lambda === undefined) {
      throw new Error('There is no such function');
    }
    // Less than the suite takes: Lambda ends it in the middle of its work.
    const impatient = { ...lambda, Properties: { ...lambda.Properties, Timeout: 3 } };
    const Resources = { ...template.Resources, ValidateLambdaFunction: impatient };
    short = await runStack(
      { template: { ...template, Resources }, taskRoot },
      { deployments: 'C0DEPLOYMENTS' },
      {
        ports: { aws: 0, slack: 0 },
        functions: true,
        schedules: false,
        speed: 20,
        log: (line, source) => {
          said.push(`${source} ${line}`);
        },
      },
    );
  }, 60_000);

  afterAll(() => short.stop());

  it('goes on when the sweep has it looked at, and tells one verdict', { timeout: 3 * MINUTE }, async () => {
    const client = createAwsClient('codedeploy', connectionTo(short));
    const made = await client('CreateDeployment', {
      applicationName: 'orders',
      deploymentGroupName: 'prod',
      revision: {
        revisionType: 'AppSpecContent',
        appSpecContent: { content: lambdaAppSpec('1', '2', { BeforeAllowTraffic: 'CodeDeployHook_gatehouse-local' }) },
      },
    });
    const { deploymentId } = v.parse(v.object({ deploymentId: v.string() }), made);
    const over = await until(
      async () => {
        await wait(2_000);
        // Every minute in AWS; what is not due is left alone.
        await short.invoke('gatehouse-local-sweep', {});
        return short.hookedDeployments.find(deploymentId)?.deployment;
      },
      (deployment) => deployment !== undefined && deployment.phase === undefined,
    );
    expect(said.some((line) => line.includes('Task timed out'))).toBe(true);
    expect(over?.status).toBe('Succeeded');
    expect(said.filter((line) => line.includes('verdict reported'))).toHaveLength(1);
  });
});
