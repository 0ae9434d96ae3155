import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_APPLICATIONS } from '../../local/applications/demo-applications.ts';
import { ARTIFACT_CREDENTIALS } from '../../local/aws/codepipeline/job.ts';
import type { Execution } from '../../local/aws/codepipeline/pipeline-state.ts';
import { DEMO_PIPELINES } from '../../local/aws/codepipeline/demo-pipelines.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { eventually } from '../support/eventually.ts';
import { aLambdaAction, aPipeline, stagesWith } from '../support/pipelines.ts';
import { aStack, connectionTo } from '../support/stack.ts';

const HOOK = 'CodeDeployHook_gatehouse-local';

const Event = v.object({
  'CodePipeline.job': v.object({
    id: v.string(),
    data: v.object({ continuationToken: v.optional(v.string()), artifactCredentials: v.unknown() }),
  }),
});
type Job = v.InferOutput<typeof Event>['CodePipeline.job'];

let stack: Stack;
let codePipeline: AwsClient;
let called: Job[] = [];
let answer: (job: Job) => Promise<unknown> = () => Promise.resolve();

beforeAll(async () => {
  const aPipelineOf = (name: string, FunctionName: string) =>
    aPipeline(
      {
        name,
        stages: stagesWith({
          name: 'Validate',
          actions: [aLambdaAction('Check', { configuration: { FunctionName } })],
        }),
      },
      { jobs: { silenceMs: 60_000 } },
    );
  stack = await aStack(
    { template: parseTemplate({ Resources: {} }), taskRoot: '/nowhere' },
    {},
    {
      speed: 100,
      pipelines: [...DEMO_PIPELINES, aPipelineOf('lost', 'nobody'), aPipelineOf('versioned', `${HOOK}:1`)],
      applications: {
        ...DEMO_APPLICATIONS,
        functions: [
          ...DEMO_APPLICATIONS.functions,
          {
            name: HOOK,
            versions: {
              '1': async (event) => {
                const job = v.parse(Event, event)['CodePipeline.job'];
                called.push(job);
                await answer(job);
              },
            },
            aliases: {},
            timeoutMs: 30_000,
          },
        ],
      },
    },
  );
  codePipeline = createAwsClient('codepipeline', connectionTo(stack));
});

afterAll(() => stack.stop());

const executionOf = (pipeline: string, id: string): Execution | undefined =>
  stack.pipelines
    .states()
    .find(({ pipeline: { declaration } }) => declaration.name === pipeline)
    ?.executions.find((each) => each.id === id);

const run = async (pipeline: string, how: (job: Job) => Promise<unknown>): Promise<Execution | undefined> => {
  called = [];
  answer = how;
  const id = stack.pipelines.start(pipeline);
  return eventually(
    () => Promise.resolve(executionOf(pipeline, id)),
    (execution) => execution?.status === 'Succeeded' || execution?.status === 'Failed',
  );
};

const succeed = ({ id: jobId }: Job, more: object = {}) => codePipeline('PutJobSuccessResult', { jobId, ...more });

describe('a pipeline of the local stack that asks a function', () => {
  it('asks it by an action, as often as that wants to be asked, and by a rule', async () => {
    const execution = await run('orders-release', (job) =>
      called.length === 1 ? succeed(job, { continuationToken: 'slice 2' }) : succeed(job),
    );
    expect(execution?.status).toBe('Succeeded');
    expect(called.map(({ data: { continuationToken } }) => continuationToken)).toEqual([
      undefined,
      'slice 2',
      undefined,
    ]);
    expect(new Set(called.map(({ id }) => id)).size).toBe(3);
    expect(called[0]?.data.artifactCredentials).toMatchObject(ARTIFACT_CREDENTIALS);
  });

  it('deploys nothing when the function says to the rule that it failed', async () => {
    const execution = await run('orders-release', (job) =>
      called.length === 1
        ? succeed(job)
        : codePipeline('PutJobFailureResult', {
            jobId: job.id,
            failureDetails: { type: 'JobFailed', message: 'Too many errors' },
          }),
    );
    expect(execution?.runs.at(-1)).toMatchObject({ stage: 'Deploy', status: 'Failed', actions: [] });
  });

  it('asks again with the same job when the function throws', async () => {
    const execution = await run('versioned', (job) => {
      if (called.length === 1) {
        throw new Error('No memory left');
      }
      return succeed(job);
    });
    expect(execution?.status).toBe('Succeeded');
    expect(called.map(({ id }) => id)).toEqual([called[0]?.id, called[0]?.id]);
  });

  it('fails when there is no such function', async () => {
    const execution = await run('lost', succeed);
    expect([execution?.status, called]).toEqual(['Failed', []]);
  });
});
