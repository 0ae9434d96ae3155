import { describe, expect, it } from 'vitest';
import { createPipelineJobs } from '../../../shared/aws/pipeline-jobs.ts';
import type { JobResult } from '../../../shared/validation/job-result.ts';
import { aPipeline, EXECUTION, FIRST_JOB, JOB_SECRETS } from '../../support/jobs.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const PASSED: JobResult = { kind: 'succeeded', summary: 'Fine.', variables: { verdict: 'pass' } };

const jobsOf = (pipeline = aPipeline()) =>
  createPipelineJobs(async (operation, input) => Promise.resolve(pipeline.answer(operation, input, TEN_O_CLOCK)));

const withTrouble = (operation: string, ...names: readonly string[]) => {
  const pipeline = aPipeline();
  pipeline.troubles.set(operation, [...names]);
  return { pipeline, jobs: jobsOf(pipeline) };
};

describe('a job as CodePipeline tells of it', () => {
  it('is in a pipeline, an execution, a stage and an action', async () => {
    expect(await jobsOf().place(FIRST_JOB)).toEqual({
      pipeline: 'orders-release',
      execution: EXECUTION,
      stage: 'Validate',
      action: 'Check',
    });
  });

  it('is as far as that is said', async () => {
    const context = { pipelineName: 'orders-release', stage: {}, action: null };
    expect(await jobsOf(aPipeline({ context })).place(FIRST_JOB)).toEqual({ pipeline: 'orders-release' });
    const says = (answer: unknown) => createPipelineJobs(() => Promise.resolve(answer)).place(FIRST_JOB);
    expect(await says({})).toEqual({});
    expect(await says(null)).toEqual({});
  });

  it.each(['JobNotFoundException', 'ValidationException', 'AccessDeniedException'])(
    'may be one that is told nothing of: %s',
    async (name) => {
      expect(await withTrouble('GetJobDetails', name).jobs.place(FIRST_JOB)).toEqual({});
    },
  );

  it('is asked for again where that may help, and what failed is not quoted', async () => {
    const client = () => Promise.reject(Object.assign(new Error(JOB_SECRETS[1]), { name: 'SyntaxError' }));
    const error: unknown = await createPipelineJobs(client)
      .place(FIRST_JOB)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: 'CodePipeline does not say where the job belongs: SyntaxError' });
    expect(error).not.toHaveProperty('cause');
  });

  it('brings back what ran before only where CodePipeline says so', async () => {
    const asked = (pipeline = aPipeline()) => jobsOf(pipeline).isRollback('orders-release', EXECUTION);
    expect(await asked()).toBe(false);
    expect(await asked(aPipeline({ executionType: 'ROLLBACK' }))).toBe(true);
    const untyped = createPipelineJobs(() => Promise.resolve({ pipelineExecution: {} }));
    expect(await untyped.isRollback('orders-release', EXECUTION)).toBe(false);
  });

  it.each(['AccessDeniedException', 'PipelineExecutionNotFoundException'])(
    'is tested like any other where CodePipeline cannot say whether it brings back what ran before: %s',
    async (name) => {
      const { jobs } = withTrouble('GetPipelineExecution', name);
      expect(await jobs.isRollback('orders-release', EXECUTION)).toBe(false);
    },
  );

  it('is asked about again where CodePipeline does not answer now: a rollback is never to be held up', async () => {
    const { jobs } = withTrouble('GetPipelineExecution', 'ThrottlingException');
    await expect(jobs.isRollback('orders-release', EXECUTION)).rejects.toThrow(
      'CodePipeline does not say whether the execution is a rollback: ThrottlingException',
    );
  });
});

describe('the result of a job', () => {
  it('is told without variables where these are too many', async () => {
    const { pipeline, jobs } = withTrouble('PutJobSuccessResult', 'OutputVariablesSizeExceededException');
    expect(await jobs.tell(FIRST_JOB, 'run-1', PASSED, 'token')).toEqual({ kind: 'taken' });
    expect(pipeline.taken.map(({ input }) => input)).toEqual([
      {
        jobId: FIRST_JOB,
        executionDetails: { summary: 'Fine.', externalExecutionId: 'run-1', percentComplete: 100 },
      },
    ]);
  });

  it('has variables at its end only, and a token before that only', async () => {
    const pipeline = aPipeline();
    const jobs = jobsOf(pipeline);
    await jobs.tell(FIRST_JOB, 'run-1', { kind: 'goes-on', summary: '1 of 2', percent: 50 }, 'token');
    await jobs.tell(pipeline.jobs[1]?.id ?? '', 'run-1', PASSED, 'token');
    const executionDetails = { summary: '1 of 2', externalExecutionId: 'run-1', percentComplete: 50 };
    expect(pipeline.taken[0]?.input).toEqual({ jobId: FIRST_JOB, continuationToken: 'token', executionDetails });
    expect(pipeline.taken[1]?.input).not.toHaveProperty('continuationToken');
    expect(pipeline.taken[1]?.input['outputVariables']).toEqual({ verdict: 'pass' });
  });

  it.each([
    ['InvalidJobStateException', { kind: 'had-one' }],
    ['JobNotFoundException', { kind: 'unknown-job' }],
    ['AccessDeniedException', { kind: 'not-taken', says: 'AccessDeniedException', isDenied: true }],
    ['ThrottlingException', { kind: 'not-taken', says: 'ThrottlingException', isDenied: false }],
  ])('may not be taken: %s', async (name, told) => {
    const { jobs } = withTrouble('PutJobSuccessResult', name);
    expect(await jobs.tell(FIRST_JOB, 'run-1', PASSED, 'token')).toEqual(told);
  });
});
