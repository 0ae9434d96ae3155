import { afterEach, describe, expect, it, vi } from 'vitest';
import { writeJobToken } from '../../../shared/validation/job-token.ts';
import type { SampleTaken } from '../../../shared/validation/take-sample.ts';
import { playJobs } from '../../simulation/job-world.ts';
import type { JobOutcome, JobWorldOptions } from '../../simulation/job-world.ts';
import { aPipeline, EXECUTION, FIRST_JOB, JOB_SECRETS } from '../../support/jobs.ts';
import type { FakePipeline } from '../../support/jobs.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import { checkOf, suiteOf } from '../../support/suites.ts';

const SMOKE = checkOf({ kind: 'http', steps: [] }, { name: 'smoke' });
const SUITE = suiteOf([SMOKE], {
  match: { platform: 'codepipeline', pipeline: ['orders-*'], stage: ['Validate'], action: ['Check'] },
});

/** Longer than a job is worked on at a time. */
const LONG = suiteOf([
  checkOf({ kind: 'http', steps: [] }, { sample: { warmupMs: 0, intervalMs: 30_000, count: 3, timeoutMs: 10_000 } }),
]);

const OTHER_EXECUTION = '0a1b2c3d-0000-4000-8000-000000000002';

const CLAIM = { pipeline: 'orders-release', execution: EXECUTION, stage: 'Validate', action: 'Check' };

const play = (options: Partial<JobWorldOptions> = {}): Promise<JobOutcome> => playJobs({ suites: [SUITE], ...options });

const fails = (_request: unknown, now: number): SampleTaken => ({
  sample: { at: now, tookMs: 100, outcome: 'fail', says: 'status 500' },
});

/** Typed: what `expect` gives is `any`. */
const anyText: unknown = expect.any(String);
const aboutParameters: unknown = expect.stringContaining('UserParameters');

const results = ({ pipeline }: JobOutcome): readonly string[] => pipeline.taken.map(({ result }) => result);

const failureOf = ({ pipeline }: JobOutcome): unknown => pipeline.taken.at(-1)?.input['failureDetails'];

const lines = ({ logged }: JobOutcome, message: string) => logged.filter((line) => line.message === message);

/** A pipeline whose first job has been given on before, with this token. */
const aContinuation = (token: string, options: Parameters<typeof aPipeline>[0] = {}): FakePipeline => {
  const pipeline = aPipeline(options);
  pipeline.jobs.splice(0, 1, { ...pipeline.jobs[0], id: FIRST_JOB, at: 0, token });
  return pipeline;
};

describe('the door of pipelines', () => {
  it('lets an action go on whose checks have passed, and says by what', async () => {
    const outcome = await play();
    expect(outcome.pipeline.taken.map(({ input }) => input)).toEqual([
      {
        jobId: FIRST_JOB,
        executionDetails: {
          summary: 'Every required check has passed.',
          externalExecutionId: outcome.answers[0]?.externalExecutionId,
          percentComplete: 100,
        },
        outputVariables: {
          verdict: 'pass',
          suite: 'orders',
          says: 'Every required check has passed.',
          run: outcome.answers[0]?.externalExecutionId,
          'check-smoke': 'pass',
        },
      },
    ]);
    expect(outcome.answers).toEqual([
      {
        status: 'Succeeded',
        summary: 'Every required check has passed.',
        externalExecutionId: anyText,
      },
    ]);
  });

  it('is on record before CodePipeline is told, and is not read again', async () => {
    const { steps } = await play({ suites: [] });
    expect(steps.slice(0, 6)).toEqual([
      // Both at once.
      'validate 1: GetJobDetails',
      'validate 1: GetItem',
      'validate 1: GetPipelineExecution',
      'validate 1: PutItem',
      'validate 1: PutJobFailureResult',
      'validate 1: PutItem',
    ]);
    // Of the run, of its rollout, of what people see.
    expect(steps.filter((step) => step.endsWith('GetItem'))).toHaveLength(3);
  });

  it('keeps what a suite may name of where it is, and when the platform stops waiting', async () => {
    const run = (await play()).record()?.run;
    expect(run).toMatchObject({ platform: 'codepipeline', hook: 'Validate/Check' });
    expect(run?.variables).toEqual({
      pipeline: 'orders-release',
      'execution.id': EXECUTION,
      'pipeline.stage': 'Validate',
      'pipeline.action': 'Check',
      region: 'eu-west-1',
      account: '111122223333',
    });
    expect((run?.platformDeadline ?? 0) - (run?.startedAt ?? 0)).toBe(24 * 60 * 60_000);
  });

  it('fails an action whose check has failed, and says which', async () => {
    const outcome = await play({ sample: fails });
    expect(failureOf(outcome)).toMatchObject({ type: 'JobFailed', message: 'smoke has failed: status 500.' });
    expect(outcome.answers.map(({ status }) => status)).toEqual(['Failed']);
  });

  it('fails an action that no suite is for', async () => {
    const outcome = await play({ suites: [suiteOf([SMOKE], { match: { pipeline: ['others'] } })] });
    expect(failureOf(outcome)).toMatchObject({
      type: 'ConfigurationError',
      message: 'No suite matches: nothing was tested.',
    });
  });

  it('holds up nothing that brings back what ran before', async () => {
    const outcome = await play({ pipeline: aPipeline({ executionType: 'ROLLBACK' }), sample: fails });
    expect(results(outcome)).toEqual(['succeeded']);
    expect(outcome.samples).toBe(0);
  });

  it('keeps credentials and ids of jobs to itself: no log, no record, no message has them (F69)', async () => {
    const outcome = await play({ suites: [LONG], sample: fails });
    const all = `${outcome.left}${JSON.stringify(outcome.logged)}${JSON.stringify(outcome.answers)}`;
    expect(JOB_SECRETS.filter((secret) => all.includes(secret))).toEqual([]);
    expect(JSON.stringify(outcome.record())).not.toContain(FIRST_JOB);
  });

  it('gives a job back by a token that leads to its run, with its turn', async () => {
    const outcome = await play({ suites: [LONG] });
    const tokens = outcome.pipeline.taken.flatMap(({ input }) => input['continuationToken'] ?? []);
    expect(tokens.slice(0, 2)).toEqual([
      JSON.stringify({ job: FIRST_JOB, turn: 1 }),
      JSON.stringify({ job: FIRST_JOB, turn: 2 }),
    ]);
    expect(lines(outcome, 'run begun')).toHaveLength(1);
  });
});

describe('an action that CodePipeline does not say the place of', () => {
  const claiming = (claim: object | undefined, context: object = {}) =>
    aPipeline({ context, ...(claim && { parameters: JSON.stringify(claim) }) });

  it('is where its UserParameters say', async () => {
    const outcome = await play({ pipeline: claiming(CLAIM) });
    expect(results(outcome)).toEqual(['succeeded']);
    expect(outcome.record()?.run).toMatchObject({ hook: 'Validate/Check', rollout: { name: 'orders-release' } });
  });

  it('is where CodePipeline says as far as it does, whatever its author claims (F70)', async () => {
    const context = { pipelineName: 'orders-release', pipelineExecutionId: EXECUTION, stage: { name: 'Validate' } };
    const outcome = await play({ pipeline: claiming({ ...CLAIM, pipeline: 'lab', stage: 'Easy' }, context) });
    expect(outcome.record()?.run.variables).toMatchObject({
      pipeline: 'orders-release',
      'pipeline.stage': 'Validate',
      'pipeline.action': 'Check',
    });
  });

  it('gains nothing by what an author claims: no rule allows it anything (F70)', async () => {
    const rules: JobWorldOptions['rules'] = [
      { name: 'lab', match: { pipeline: ['orders-*'] }, allow: ['no-suite', 'observe'] },
    ];
    const observed = { ...SUITE, mode: 'observe' } as const;
    const told = await play({ suites: [observed], rules, sample: fails });
    expect(results(told)).toEqual(['succeeded']);
    const claimed = await play({ suites: [observed], rules, sample: fails, pipeline: claiming(CLAIM) });
    expect(results(claimed)).toEqual(['failed']);
    expect(results(await play({ suites: [], rules, pipeline: claiming(CLAIM) }))).toEqual(['failed']);
  });

  it('brings nothing back because its author says so', async () => {
    const pipeline = aPipeline({ context: {}, parameters: JSON.stringify(CLAIM), executionType: 'ROLLBACK' });
    expect(results(await play({ pipeline, sample: fails }))).toEqual(['failed']);
  });

  it.each([undefined, { ...CLAIM, execution: '#{codepipeline.PipelineExecutionId}' }, { pipeline: 'orders-release' }])(
    'fails at once where nobody says it, and is told what is missing: %j',
    async (claim) => {
      const outcome = await play({ pipeline: claiming(claim) });
      expect(failureOf(outcome)).toMatchObject({
        type: 'ConfigurationError',
        message: aboutParameters,
      });
      expect(outcome.samples).toBe(0);
    },
  );
});

describe('a job that was given on', () => {
  it('is refused with a token that is not ours (F71)', async () => {
    const outcome = await play({ pipeline: aContinuation('previous_job_id') });
    expect(failureOf(outcome)).toMatchObject({
      type: 'ConfigurationError',
      message: 'The continuation token of this job is not one of Gatehouse’s',
    });
    expect(lines(outcome, 'job refused')).toHaveLength(1);
  });

  it('is refused where its run is not on record', async () => {
    const outcome = await play({ pipeline: aContinuation(writeJobToken({ job: OTHER_EXECUTION, turn: 3 })) });
    expect(failureOf(outcome)).toMatchObject({ type: 'SystemUnavailable' });
    expect(outcome.samples).toBe(0);
  });

  it('is refused with the token of another execution, and that one’s run goes on (F71)', async () => {
    const pipeline = aPipeline();
    const thief = {
      id: '99999999-9999-4999-8999-999999999999',
      at: 0,
      token: writeJobToken({ job: FIRST_JOB, turn: 1 }),
    };
    pipeline.jobs.push(thief);
    const { answer } = pipeline;
    const stolen = {
      pipelineName: 'orders-release',
      pipelineExecutionId: OTHER_EXECUTION,
      stage: { name: 'Validate' },
      action: { name: 'Check' },
    };
    const outcome = await play({
      suites: [LONG],
      pipeline: {
        ...pipeline,
        answer: (operation, input, now) => {
          if (operation !== 'GetJobDetails' || !('jobId' in input) || input.jobId !== thief.id) {
            return answer(operation, input, now);
          }
          if (now < TEN_O_CLOCK + 30_000) {
            // So that it comes again when there is a run to steal.
            throw Object.assign(new Error('no'), { name: 'ThrottlingException' });
          }
          return { jobDetails: { data: { pipelineContext: stolen } } };
        },
      },
    });
    expect(outcome.pipeline.taken.find(({ job }) => job === thief.id)?.input['failureDetails']).toMatchObject({
      type: 'ConfigurationError',
      message: 'The continuation token of this job is of another action',
    });
    expect(outcome.pipeline.taken.at(-1)?.result).toBe('succeeded');
  });
});

describe('CodePipeline that takes no result', () => {
  const answering = (operation: string, ...names: readonly string[]) => {
    const pipeline = aPipeline();
    pipeline.troubles.set(operation, [...names]);
    return pipeline;
  };

  it('is told again within the call as long as that may help', async () => {
    const pipeline = answering('PutJobFailureResult', 'ThrottlingException', 'InternalFailure');
    const outcome = await play({ pipeline, sample: fails });
    expect(results(outcome)).toEqual(['failed']);
    expect(lines(outcome, 'verdict not taken yet')).toHaveLength(2);
    expect(outcome.answers).toHaveLength(1);
  });

  it('is told again by Lambda’s own tries where it denies it, which raises an alarm at once', async () => {
    const pipeline = answering('PutJobSuccessResult', 'AccessDeniedException');
    const outcome = await play({ pipeline });
    expect(results(outcome)).toEqual(['succeeded']);
    expect(lines(outcome, 'verdict not reported')).toMatchObject([
      { level: 'error', fields: { reason: 'AccessDeniedException', tries: 1 } },
    ]);
  });

  it('has had it where it says so to whoever tells it again (F72)', async () => {
    const pipeline = answering('PutJobSuccessResult', 'TimeoutError', 'InvalidJobStateException');
    const outcome = await play({ pipeline, stopsAfterMs: 60_000 });
    expect(outcome.stored()?.run.state.kind).toBe('reported');
    expect(lines(outcome, 'verdict moot')).toEqual([]);
  });

  it('has ended the action itself where it says so at once: the verdict is moot (F72)', async () => {
    const pipeline = answering('PutJobSuccessResult', 'InvalidJobStateException');
    const outcome = await play({ pipeline, stopsAfterMs: 60_000 });
    expect(outcome.stored()?.run.state).toMatchObject({
      kind: 'moot',
      says: 'CodePipeline had ended the action before',
    });
    expect(lines(outcome, 'verdict moot')).toHaveLength(1);
  });

  it('may not know the job any more', async () => {
    const pipeline = answering('PutJobSuccessResult', 'JobNotFoundException');
    const outcome = await play({ pipeline, stopsAfterMs: 60_000 });
    expect(outcome.stored()?.run.state).toMatchObject({
      kind: 'moot',
      says: 'CodePipeline does not know the job any more',
    });
  });
});

describe('a job that Lambda gives up', () => {
  it('fails with the reason where nothing could be begun (F73)', async () => {
    const outcome = await play({ fails: (operation) => operation === 'GetItem' || operation === 'PutItem' });
    expect(failureOf(outcome)).toMatchObject({
      type: 'SystemUnavailable',
      message: 'Gatehouse failed three times to begin, and nothing was decided',
    });
    expect(lines(outcome, 'job given up')).toHaveLength(1);
  });

  it('is given back where its run goes on, however often what works on it dies (F73)', async () => {
    const outcome = await play({
      suites: [LONG],
      // All three tries with the second job, and the looks meanwhile.
      dies: (now) => now > TEN_O_CLOCK + 12_000 && now < TEN_O_CLOCK + 195_500,
    });
    expect(lines(outcome, 'job given up')).toHaveLength(1);
    expect(outcome.pipeline.taken.at(-1)?.result).toBe('succeeded');
    expect(outcome.pipeline.taken.filter(({ result }) => result === 'goes-on').length).toBeGreaterThan(1);
  });
});

describe('the handler of validate', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  it('quotes nothing of a job, not even where it cannot be read or nobody answers (F69)', async () => {
    const environment = {
      TABLE_NAME: 'gatehouse-test',
      WAKE_UPS_QUEUE_URL: 'http://127.0.0.1:1/wake-ups',
      VOTES_QUEUE_URL: 'http://127.0.0.1:1/votes',
      CHECKS_QUEUE_URL: 'http://127.0.0.1:1/checks',
      ACCOUNT_ID: '111122223333',
      PARTITION: 'aws',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'key of the function',
      // Nobody listens there.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      URL_SUFFIX: 'amazonaws.com',
    };
    Object.entries(environment).forEach(([name, value]) => vi.stubEnv(name, value));
    vi.stubGlobal('GATEHOUSE_CONFIG', { slack: { workspace: 'T1', channels: {} }, environments: [], routes: [] });
    vi.stubGlobal('GATEHOUSE_SUITES', []);
    const printed: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0);
    const { handler } = await import('../../../functions/validate/index.ts');
    const context = { getRemainingTimeInMillis: () => 100_000, invokedFunctionArn: 'arn' };
    const event = aPipeline().eventOf({ id: FIRST_JOB, at: 0 });
    const unreadable: unknown = JSON.parse(JSON.stringify(event).replace(FIRST_JOB, 'no id'));
    await expect(handler(unreadable, context)).resolves.toBeUndefined();
    const error: unknown = await handler(event, context).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const all = `${printed.join('')}${JSON.stringify(error)}${String(error)}`;
    expect(all).toContain('not a job');
    expect(JOB_SECRETS.filter((secret) => all.includes(secret))).toEqual([]);
  });
});
