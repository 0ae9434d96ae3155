import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARTIFACT_CREDENTIALS } from '../../local/aws/codepipeline/job.ts';
import type { ActionRun, Execution, RuleRun, StageRun } from '../../local/aws/codepipeline/pipeline-state.ts';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { SlackActor } from '../../local/slack/slack-actor.ts';
import { runStack, startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { ROOT } from '../support/command.ts';
import { connectionTo } from '../support/stack.ts';
import { watchSlack } from '../support/slack-watch.ts';

const MINUTE = 60_000;

/** Typed: what `expect` gives is `any`. */
const aboutOrders: unknown = expect.stringContaining('orders has failed');

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let codePipeline: AwsClient;
const lines: string[] = [];

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
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  codePipeline = createAwsClient('codepipeline', connectionTo(stack));
}, 60_000);

afterAll(() => stack.stop());

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

const executionIn = (where: Stack, id: string): Execution | undefined =>
  where.pipelines
    .states()
    .find(({ pipeline }) => pipeline.declaration.name === 'orders-release')
    ?.executions.find((execution) => execution.id === id);

const isOver = (execution: Execution | undefined): boolean =>
  execution?.status === 'Succeeded' || execution?.status === 'Failed';

const stageOf = (execution: Execution | undefined, stage: string): StageRun | undefined =>
  execution?.runs.find((run) => run.stage === stage);

const checkOf = (execution: Execution | undefined): ActionRun | undefined =>
  stageOf(execution, 'Validate')?.actions.find(({ action }) => action === 'Check');

const readyOf = (execution: Execution | undefined): RuleRun | undefined =>
  stageOf(execution, 'Deploy')?.conditions[0]?.rules[0];

/** The message about an execution, once it has these words. */
const told = async (id: string, words: string): Promise<string> => {
  const [message] = await until(
    async () => (await slack.mentioning('deployments', id)).filter((one) => JSON.stringify(one.blocks).includes(words)),
    (all) => all.length > 0,
  );
  return JSON.stringify(message?.blocks ?? []);
};

const turnAlarm = (value: 'ALARM' | 'OK'): Promise<unknown> =>
  createAwsClient('monitoring', connectionTo(stack))('SetAlarmState', {
    AlarmName: 'orders-errors',
    StateValue: value,
    StateReason: 'A test says so',
  });

const Listed = v.object({
  actionExecutionDetails: v.array(
    v.object({
      actionName: v.string(),
      output: v.optional(
        v.object({
          executionResult: v.optional(
            v.object({
              externalExecutionId: v.optional(v.string()),
              externalExecutionSummary: v.optional(v.string()),
              errorDetails: v.optional(v.object({ code: v.string(), message: v.string() })),
            }),
          ),
          outputVariables: v.optional(v.record(v.string(), v.string())),
        }),
      ),
    }),
  ),
});

/** `aws codepipeline list-action-executions`, of the action `Check` */
const listed = async (pipelineExecutionId: string) => {
  const answer = await codePipeline('ListActionExecutions', {
    pipelineName: 'orders-release',
    filter: { pipelineExecutionId },
  });
  return v.parse(Listed, answer).actionExecutionDetails.find(({ actionName }) => actionName === 'Check')?.output;
};

describe('a pipeline of the local stack that asks Gatehouse', () => {
  it(
    'goes on when its action and its rule have passed, and sees how far they are meanwhile',
    { timeout: 2 * MINUTE },
    async () => {
      const id = stack.pipelines.start('orders-release');
      const shown: (number | undefined)[] = [];
      const jobs = new Set<string | undefined>();
      const execution = await until(() => {
        const check = checkOf(executionIn(stack, id));
        shown.push(check?.job?.percent);
        jobs.add(check?.job?.id);
        return executionIn(stack, id);
      }, isOver);
      expect(execution?.status).toBe('Succeeded');
      expect(shown.some((percent) => percent !== undefined && percent > 0 && percent < 100)).toBe(true);
      expect([...jobs].filter((job) => job !== undefined).length).toBeGreaterThan(1);
      const output = await listed(id);
      expect(output?.executionResult?.externalExecutionSummary).toBe('Every required check has passed.');
      expect(output?.outputVariables).toEqual({
        verdict: 'pass',
        suite: 'orders-release',
        says: 'Every required check has passed.',
        run: output?.executionResult?.externalExecutionId,
        'check-storefront': 'pass',
        'check-orders': 'pass',
        'value-orders': 'OK',
        'value-storefront': '200',
      });
      expect(readyOf(execution)?.status).toBe('Succeeded');
      const blocks = await told(id, 'Validation at Deploy/Ready lets it go on');
      expect(blocks).toContain('Validation at Validate/Check lets it go on');
      expect(lines.filter((line) => line.includes('ERROR'))).toEqual([]);
    },
  );

  it('stops when a check of its action fails, and both say why', { timeout: 2 * MINUTE }, async () => {
    const id = stack.pipelines.start('orders-release');
    await until(
      () => checkOf(executionIn(stack, id))?.job?.percent,
      (percent) => (percent ?? 0) > 0,
    );
    await turnAlarm('ALARM');
    const execution = await until(() => executionIn(stack, id), isOver);
    await turnAlarm('OK');
    expect(execution?.status).toBe('Failed');
    const output = await listed(id);
    expect(output?.executionResult?.errorDetails).toEqual({
      code: 'JobFailed',
      message: aboutOrders,
    });
    expect(stageOf(execution, 'Deploy')).toBeUndefined();
    expect(await told(id, 'Validation at Validate/Check stops it')).toContain('orders has failed');
  });

  it('does not enter the stage whose rule finds an incident', { timeout: 2 * MINUTE }, async () => {
    const transition = { pipelineName: 'orders-release', stageName: 'Deploy', transitionType: 'Inbound' };
    await codePipeline('DisableStageTransition', { ...transition, reason: 'An incident is to come first' });
    const id = stack.pipelines.start('orders-release');
    await until(
      () => checkOf(executionIn(stack, id))?.status,
      (status) => status === 'Succeeded',
    );
    await turnAlarm('ALARM');
    await codePipeline('EnableStageTransition', transition);
    const execution = await until(() => executionIn(stack, id), isOver);
    await turnAlarm('OK');
    expect(readyOf(execution)?.status).toBe('Failed');
    expect(readyOf(execution)?.result?.error?.message).toContain('no-incident could not be judged');
    expect(stageOf(execution, 'Deploy')?.actions).toEqual([]);
    expect(await told(id, 'Validation at Deploy/Ready stops it')).toContain('no-incident');
  });

  it('leaves the credentials of its jobs nowhere', async () => {
    const { Items } = v.parse(
      v.object({ Items: v.array(v.unknown()) }),
      await createAwsClient('dynamodb', connectionTo(stack))('Scan', { TableName: 'gatehouse-local' }),
    );
    expect(Items.length).toBeGreaterThan(5);
    const all = [...lines, JSON.stringify(Items), JSON.stringify(await actor.messagesOf('deployments'))].join('\n');
    expect(all).toContain('orders-release');
    expect(Object.values(ARTIFACT_CREDENTIALS).filter((secret) => all.includes(secret))).toEqual([]);
  });
});

describe('a job whose function is killed in the local stack', () => {
  let short: Stack;
  const said: string[] = [];

  beforeAll(async () => {
    const { template, taskRoot } = await compileTemplate({ root: ROOT, stage: 'local' });
    const { ValidateLambdaFunction: lambda } = template.Resources;
    if (lambda === undefined) {
      throw new Error('There is no such function');
    }
    // Less than a job is worked on at a time: Lambda ends it in the middle of its work.
    const impatient = { ...lambda, Properties: { ...lambda.Properties, Timeout: 6 } };
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

  it('is called again with the same job, and has one verdict', { timeout: 3 * MINUTE }, async () => {
    const id = short.pipelines.start('orders-release');
    const check = await until(
      () => checkOf(executionIn(short, id)),
      (action) => action !== undefined && action.status !== 'InProgress',
    );
    expect(said.some((line) => line.includes('Task timed out'))).toBe(true);
    expect(check?.status).toBe('Succeeded');
    expect(said.filter((line) => line.includes('run begun') && line.includes('Validate/Check'))).toHaveLength(1);
    // CodePipeline knows it before the function says so.
    const verdicts = await until(
      () => said.filter((line) => line.includes('verdict told') && line.includes(check?.result?.externalId ?? 'none')),
      (lines) => lines.length > 0,
    );
    expect(verdicts).toHaveLength(1);
  });
});
