import { randomUUID } from 'node:crypto';
import { TEN_O_CLOCK } from './rollouts.ts';

export const EXECUTION = '0a1b2c3d-0000-4000-8000-000000000001';
export const FIRST_JOB = '11111111-1111-4111-8111-111111111111';

/** What nobody may ever see of a job. They open nothing. */
export const JOB_SECRETS = [
  'ASIAJOBSOFPIPELINE00',
  'secret-key-of-a-job-that-opens',
  'session-of-a-job-that-opens',
] as const;

const CREDENTIALS = {
  accessKeyId: JOB_SECRETS[0],
  secretAccessKey: JOB_SECRETS[1],
  sessionToken: JOB_SECRETS[2],
  expirationTime: TEN_O_CLOCK + 3_600_000,
};

export type FakeJob = {
  readonly id: string;
  readonly token?: string;
  readonly at: number;
  result?: 'goes-on' | 'succeeded' | 'failed' | 'timed-out';
};

type Told = {
  readonly job: string;
  readonly at: number;
  readonly result: 'goes-on' | 'succeeded' | 'failed';
  readonly input: Readonly<Record<string, unknown>>;
};

/** CodePipeline, as far as one of its Lambda actions knows it. */
export type FakePipeline = {
  readonly jobs: FakeJob[];
  /** What it was told, and what of it it took. */
  readonly told: Told[];
  readonly taken: Told[];
  /** Names of errors that it answers with first, by operation. */
  readonly troubles: Map<string, string[]>;
  readonly answer: (operation: string, input: object, now: number) => unknown;
  /** What it calls the function with. */
  readonly eventOf: (job: FakeJob) => object;
};

export type FakePipelineOptions = {
  /** What GetJobDetails says of where the job belongs; nothing: as of jobs that it does not know. */
  readonly context?: object;
  readonly parameters?: string;
  readonly executionType?: string;
};

const CONTEXT = {
  pipelineName: 'orders-release',
  pipelineExecutionId: EXECUTION,
  stage: { name: 'Validate' },
  action: { name: 'Check', actionExecutionId: '22222222-2222-4222-8222-222222222222' },
};

/** A pipeline whose action `Check` of the stage `Validate` was begun at ten o'clock. */
export const aPipeline = (options: FakePipelineOptions = {}): FakePipeline => {
  const { parameters } = options;
  const pipeline: FakePipeline = {
    jobs: [{ id: FIRST_JOB, at: TEN_O_CLOCK }],
    told: [],
    taken: [],
    troubles: new Map(),
    answer: (operation, input, now) => {
      const trouble = pipeline.troubles.get(operation)?.shift();
      if (trouble !== undefined) {
        throw named(trouble);
      }
      return answerOf(pipeline, options, operation, new Map(Object.entries(input)), now);
    },
    eventOf: ({ id, token }) => ({
      'CodePipeline.job': {
        id,
        accountId: '111122223333',
        data: {
          actionConfiguration: {
            configuration: {
              FunctionName: 'CodeDeployHook_gatehouse-prod',
              ...(parameters !== undefined && { UserParameters: parameters }),
            },
          },
          inputArtifacts: [],
          outputArtifacts: [],
          artifactCredentials: CREDENTIALS,
          ...(token !== undefined && { continuationToken: token }),
        },
      },
    }),
  };
  return pipeline;
};

const named = (name: string): Error => Object.assign(new Error('no'), { name });

const answerOf = (
  { jobs, told, taken }: FakePipeline,
  { context = CONTEXT, executionType = 'STANDARD' }: FakePipelineOptions,
  operation: string,
  input: ReadonlyMap<string, unknown>,
  now: number,
): unknown => {
  const id = String(input.get('jobId'));
  const job = jobs.find((each) => each.id === id);
  switch (operation) {
    case 'GetPipelineExecution':
      return { pipelineExecution: { pipelineName: 'orders-release', executionType } };
    case 'GetJobDetails': {
      if (job === undefined || Object.keys(context).length === 0) {
        throw named('JobNotFoundException');
      }
      const data = { pipelineContext: context, artifactCredentials: CREDENTIALS };
      return { jobDetails: { id, accountId: '111122223333', data } };
    }
    case 'PutJobSuccessResult':
    case 'PutJobFailureResult': {
      const token = input.get('continuationToken');
      const result =
        operation === 'PutJobFailureResult' ? 'failed' : typeof token === 'string' ? 'goes-on' : 'succeeded';
      const one: Told = { job: id, at: now, result, input: Object.fromEntries(input) };
      told.push(one);
      if (job === undefined) {
        throw named('JobNotFoundException');
      }
      if (job.result !== undefined) {
        throw named('InvalidJobStateException');
      }
      if (typeof token === 'string' && (input.has('outputVariables') || token.length > 2_048)) {
        throw named('ValidationException');
      }
      job.result = result;
      taken.push(one);
      if (typeof token === 'string') {
        jobs.push({ id: randomUUID(), token, at: now });
      }
      return {};
    }
    default:
      throw new Error(`CodePipeline is not asked for ${operation}`);
  }
};
