import {
  CodePipelineClient,
  DisableStageTransitionCommand,
  EnableStageTransitionCommand,
  GetJobDetailsCommand,
  GetPipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  ListPipelinesCommand,
  ListRuleExecutionsCommand,
  OverrideStageConditionCommand,
  PutApprovalResultCommand,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
  RetryStageExecutionCommand,
  RollbackStageCommand,
  StartPipelineExecutionCommand,
  StopPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ARTIFACT_CREDENTIALS } from '../../local/aws/codepipeline/job.ts';
import type { JobCall } from '../../local/aws/codepipeline/job.ts';
import type { JobOptions } from '../../local/aws/codepipeline/pipeline.ts';
import { pipelineOperations } from '../../local/aws/codepipeline/pipeline-operations.ts';
import { runPipelines } from '../../local/aws/codepipeline/simulated-pipelines.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { answer, jsonService } from '../../local/aws/service.ts';
import type { Service } from '../../local/aws/service.ts';
import { createAsyncInvocations } from '../../local/lambda/async-invocations.ts';
import { clientSettings } from '../../shared/aws/clients.ts';
import { aLambdaAction, aLambdaRule, aPipeline, stagesWith } from '../support/pipelines.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

const HEARD_OF = '0a1b2c3d-0000-4000-8000-000000000009';
const UNKNOWN = '0a1b2c3d-0000-4000-8000-00000000000f';

let now = TEN_O_CLOCK;
let service: Service;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let client: CodePipelineClient;

/** Invocations of functions; the function `gone` is not there. */
let calls: JobCall[] = [];
let onCall: (call: JobCall) => void = () => undefined;

const aJobPipeline = (name: string, jobs: JobOptions = {}) =>
  aPipeline(
    {
      name,
      stages: stagesWith(
        {
          name: 'Validate',
          actions: [
            aLambdaAction('Check', {
              namespace: 'Checked',
              inputArtifacts: [{ name: 'SourceOutput' }],
              configuration: {
                FunctionName: 'check',
                UserParameters: '{"execution":"#{codepipeline.PipelineExecutionId}"}',
              },
            }),
          ],
        },
        {
          name: 'Ship',
          actions: [
            aLambdaAction('Tell', { configuration: { FunctionName: 'check', UserParameters: '#{Checked.run}' } }),
          ],
          beforeEntry: { conditions: [{ result: 'FAIL', rules: [aLambdaRule('Ready')] }] },
          onSuccess: { conditions: [{ result: 'FAIL', rules: [aLambdaRule('Ready')] }] },
        },
      ),
    },
    { jobs },
  );

/** The pipelines' clock is turned by hand: each call sees what has happened by then. */
const fresh = (): void => {
  now = TEN_O_CLOCK;
  calls = [];
  onCall = () => undefined;
  const pipelines = runPipelines({
    pipelines: [
      aPipeline(),
      aPipeline({ name: 'shop-many', executionMode: 'PARALLEL' }),
      aPipeline({ name: 'shop-queue', executionMode: 'QUEUED' }),
      aJobPipeline('jobs'),
      aJobPipeline('short-jobs', { silenceMs: 2_000, namesRules: false }),
      aPipeline({
        name: 'lost',
        stages: stagesWith({
          name: 'Validate',
          actions: [aLambdaAction('Check', { configuration: { FunctionName: 'gone' } })],
        }),
      }),
      aPipeline({
        name: 'skips',
        stages: stagesWith({
          name: 'Ship',
          actions: [aLambdaAction('Tell')],
          beforeEntry: { conditions: [{ result: 'SKIP', rules: [aLambdaRule('Ready')] }] },
        }),
      }),
    ],
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: () => undefined,
    onApprovalNeeded: () => undefined,
    callFunction: (call) => {
      calls.push(call);
      onCall(call);
      return call.functionName !== 'gone';
    },
  });
  const elsewhere = new Map([
    [
      'ListPipelineExecutions',
      () =>
        answer({
          pipelineExecutionSummaries: [
            { pipelineExecutionId: HEARD_OF, status: 'Failed', startTime: 1, lastUpdateTime: 2 },
          ],
        }),
    ],
    ['ListActionExecutions', () => answer({ actionExecutionDetails: [{ actionName: 'HeardOf' }] })],
  ]);
  const operations = jsonService(pipelineOperations(pipelines, elsewhere, () => now));
  service = (request) => {
    for (const { pipeline } of pipelines.states()) {
      pipelines.command(pipeline.declaration.name, { kind: 'wait' });
    }
    return operations(request);
  };
};

beforeAll(async () => {
  fresh();
  gateway = await startGateway({
    port: 0,
    onCall: () => undefined,
    services: new Map([['codepipeline', (request) => service(request)]]),
  });
  client = new CodePipelineClient({
    ...clientSettings,
    maxAttempts: 1,
    endpoint: gateway.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'alice', secretAccessKey: 'x' },
  });
});

afterEach(fresh);
afterAll(() => gateway.close());

const start = async (name = 'shop-prod'): Promise<string> => {
  const started = await client.send(new StartPipelineExecutionCommand({ name }));
  return started.pipelineExecutionId ?? '';
};

const pass = (seconds: number): void => {
  now += seconds * 1_000;
};

const gateOf = async (name = 'shop-prod') => {
  const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name }));
  const stage = stageStates.find(({ stageName }) => stageName === 'Approve');
  return { execution: stage?.latestExecution, action: stage?.actionStates?.[0]?.latestExecution, stage };
};

const answerWith = (token: string, more: object = {}, status: 'Approved' | 'Rejected' = 'Approved', summary = 'Fine') =>
  client.send(
    new PutApprovalResultCommand({
      pipelineName: 'shop-prod',
      stageName: 'Approve',
      actionName: 'ProdGate',
      token,
      result: { status, summary },
      ...more,
    }),
  );

const nameOfError = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.name : 'no error'),
  );

/** Where the pipeline waits for approval. */
const atGate = async (): Promise<{ readonly execution: string; readonly token: string }> => {
  const execution = await start();
  pass(20);
  const { action } = await gateOf();
  return { execution, token: action?.token ?? '' };
};

describe('CodePipeline on the local endpoint', () => {
  it('tells what a pipeline is', async () => {
    const { pipeline, metadata } = await client.send(new GetPipelineCommand({ name: 'shop-prod' }));
    expect(pipeline).toEqual(aPipeline().declaration);
    expect(metadata?.pipelineArn).toBe('arn:aws:codepipeline:eu-west-1:111122223333:shop-prod');
    const { pipelines } = await client.send(new ListPipelinesCommand({}));
    expect(pipelines?.map(({ name, executionMode }) => [name, executionMode])).toEqual([
      ['shop-prod', 'SUPERSEDED'],
      ['shop-many', 'PARALLEL'],
      ['shop-queue', 'QUEUED'],
      ['jobs', 'SUPERSEDED'],
      ['short-jobs', 'SUPERSEDED'],
      ['lost', 'SUPERSEDED'],
      ['skips', 'SUPERSEDED'],
    ]);
  });

  it('has a token at the gate, bound to action execution and execution, and takes the verdict of the caller', async () => {
    const { execution, token } = await atGate();
    const before = await gateOf();
    expect(before.execution).toEqual({ pipelineExecutionId: execution, status: 'InProgress', type: 'STANDARD' });
    expect(before.action).toEqual({
      actionExecutionId: before.action?.actionExecutionId,
      status: 'InProgress',
      lastStatusChange: new Date(now),
      token,
    });
    const { approvedAt } = await answerWith(token);
    expect(approvedAt).toEqual(new Date(now));
    expect((await gateOf()).action).toEqual({
      actionExecutionId: before.action?.actionExecutionId,
      status: 'Succeeded',
      summary: 'Fine',
      lastStatusChange: new Date(now),
      lastUpdatedBy: 'arn:aws:iam::000000000000:user/alice',
    });
  });

  it('tells the revision once the source action has ended, and who started it', async () => {
    const pipelineExecutionId = await start();
    const get = new GetPipelineExecutionCommand({ pipelineName: 'shop-prod', pipelineExecutionId });
    expect((await client.send(get)).pipelineExecution?.artifactRevisions).toEqual([]);
    pass(10);
    expect((await client.send(get)).pipelineExecution).toEqual({
      pipelineName: 'shop-prod',
      pipelineVersion: 7,
      pipelineExecutionId,
      status: 'InProgress',
      artifactRevisions: [
        {
          name: 'SourceOutput',
          revisionId: 'c40a7b2e9d1f48536ae0b8c7d6f5e4a3b2c1d0ef',
          revisionSummary: '{"ProviderType":"GitHub","CommitMessage":"Accept cards of two more banks"}',
          revisionUrl:
            'https://eu-west-1.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=arn:aws:codeconnections:eu-west-1:111122223333:connection/6d1c0f6e-2b7a-4c55-9d0e-3a1f5b7c9e21&referenceType=COMMIT&FullRepositoryId=acme/shop&Commit=c40a7b2e9d1f48536ae0b8c7d6f5e4a3b2c1d0ef',
          created: new Date(now),
        },
      ],
      trigger: { triggerType: 'StartPipelineExecution', triggerDetail: 'arn:aws:iam::000000000000:user/alice' },
      executionMode: 'SUPERSEDED',
      executionType: 'STANDARD',
    });
  });

  it('refuses approvals by their own names', async () => {
    const { token } = await atGate();
    const errors = [
      answerWith(UNKNOWN),
      answerWith('no-token'),
      answerWith(token, { pipelineName: 'gone' }),
      answerWith(token, { stageName: 'Gone' }),
      answerWith(token, { actionName: 'Gone' }),
      answerWith(token, {}, 'Approved', 'x'.repeat(513)),
    ].map(nameOfError);
    expect(await Promise.all(errors)).toEqual([
      'InvalidApprovalTokenException',
      'ValidationException',
      'PipelineNotFoundException',
      'StageNotFoundException',
      'ActionNotFoundException',
      'ValidationException',
    ]);
    await answerWith(token, {}, 'Approved', 'x'.repeat(512));
    expect(await nameOfError(answerWith(token))).toBe('ApprovalAlreadyCompletedException');
  });

  it('gives the tokens of a PARALLEL pipeline in ListActionExecutions only', async () => {
    const pipelineName = 'shop-many';
    const executions = [await start(pipelineName), await start(pipelineName)];
    pass(20);
    expect((await gateOf(pipelineName)).action?.token).toBe(undefined);
    for (const pipelineExecutionId of executions) {
      const { actionExecutionDetails: [gate] = [] } = await client.send(
        new ListActionExecutionsCommand({ pipelineName, filter: { pipelineExecutionId } }),
      );
      expect(gate?.actionName).toBe('ProdGate');
      await answerWith(gate?.output?.executionResult?.externalExecutionId ?? '', { pipelineName });
      pass(10);
      const { pipelineExecution } = await client.send(
        new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId }),
      );
      expect(pipelineExecution?.status).toBe('Succeeded');
    }
  });

  it('lists executions newest first, in pages, those that the bus has told of among them', async () => {
    const older = await start('shop-many');
    pass(1);
    const newer = await start('shop-many');
    const list = (more: object) =>
      client.send(new ListPipelineExecutionsCommand({ pipelineName: 'shop-many', ...more }));
    const first = await list({ maxResults: 2 });
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    expect(
      [first, second].map((page) =>
        page.pipelineExecutionSummaries?.map(({ pipelineExecutionId }) => pipelineExecutionId),
      ),
    ).toEqual([[newer, older], [HEARD_OF]]);
    expect(second.nextToken).toBe(undefined);
    expect(await nameOfError(list({ nextToken: 'other' }))).toBe('InvalidNextTokenException');
  });

  it('lists the executions that succeeded in a stage', async () => {
    const { execution } = await atGate();
    const succeededIn = async (stageName: string) => {
      const filter = { succeededInStage: { stageName } };
      const listed = await client.send(new ListPipelineExecutionsCommand({ pipelineName: 'shop-prod', filter }));
      return listed.pipelineExecutionSummaries?.map(({ pipelineExecutionId }) => pipelineExecutionId);
    };
    expect([await succeededIn('Build'), await succeededIn('Approve')]).toEqual([[execution], []]);
  });

  it('lists actions with their newest runs, or all of them', async () => {
    const { execution: pipelineExecutionId, token } = await atGate();
    await answerWith(token, {}, 'Rejected');
    await client.send(
      new RetryStageExecutionCommand({
        pipelineName: 'shop-prod',
        stageName: 'Approve',
        pipelineExecutionId,
        retryMode: 'FAILED_ACTIONS',
      }),
    );
    expect((await gateOf()).stage?.retryStageMetadata).toEqual({
      manualStageRetryAttempt: 1,
      latestRetryTrigger: 'ManualStageRetry',
    });
    const list = async (filter: ListActionExecutionsCommand['input']['filter']) => {
      const listed = await client.send(new ListActionExecutionsCommand({ pipelineName: 'shop-prod', filter }));
      return listed.actionExecutionDetails?.map(({ actionName, status }) => `${actionName} ${status}`);
    };
    const latest = (startTimeRange: 'Latest' | 'All') =>
      list({ latestInPipelineExecution: { pipelineExecutionId, startTimeRange } });
    const newest = ['ProdGate InProgress', 'Compile Succeeded', 'Checkout Succeeded'];
    const all = ['ProdGate InProgress', 'ProdGate Failed', 'Compile Succeeded', 'Checkout Succeeded'];
    expect([await latest('Latest'), await latest('All'), await list({ pipelineExecutionId })]).toEqual([
      newest,
      all,
      all,
    ]);
    expect(await list({ pipelineExecutionId: HEARD_OF })).toEqual(['HeardOf undefined']);
  });

  it('closes and opens transitions', async () => {
    const arrow = { pipelineName: 'shop-prod', stageName: 'Approve', transitionType: 'Inbound' } as const;
    await client.send(new DisableStageTransitionCommand({ ...arrow, reason: 'Freeze until Monday' }));
    const pipelineExecutionId = await start();
    pass(60);
    const closed = (await gateOf()).stage;
    expect(closed?.inboundTransitionState).toEqual({
      enabled: false,
      lastChangedBy: 'arn:aws:iam::000000000000:user/alice',
      lastChangedAt: new Date(TEN_O_CLOCK),
      disabledReason: 'Freeze until Monday',
    });
    expect(closed?.inboundExecutions).toEqual([{ pipelineExecutionId, status: 'InProgress', type: 'STANDARD' }]);
    await client.send(new EnableStageTransitionCommand(arrow));
    expect((await gateOf()).action?.status).toBe('InProgress');
    const reason = 'No: not today';
    expect(await nameOfError(client.send(new DisableStageTransitionCommand({ ...arrow, reason })))).toBe(
      'ValidationException',
    );
  });

  it('stops, and refuses to retry, stop and roll back what cannot be', async () => {
    const { execution: pipelineExecutionId } = await atGate();
    const pipelineName = 'shop-prod';
    const stop = () =>
      client.send(new StopPipelineExecutionCommand({ pipelineName, pipelineExecutionId, abandon: true }));
    const retryMode = 'FAILED_ACTIONS';
    const retry = new RetryStageExecutionCommand({
      pipelineName,
      pipelineExecutionId,
      stageName: 'Approve',
      retryMode,
    });
    const rollback = new RollbackStageCommand({
      pipelineName,
      stageName: 'Deploy',
      targetPipelineExecutionId: pipelineExecutionId,
    });
    expect(await nameOfError(client.send(retry))).toBe('StageNotRetryableException');
    expect(await stop()).toMatchObject({ pipelineExecutionId });
    expect(await nameOfError(stop())).toBe('PipelineExecutionNotStoppableException');
    expect(await nameOfError(client.send(rollback))).toBe('UnableToRollbackStageException');
    const unknown = new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId: UNKNOWN });
    expect(await nameOfError(client.send(unknown))).toBe('PipelineExecutionNotFoundException');
    expect(await nameOfError(client.send(new GetPipelineCommand({ name: pipelineName, version: 3 })))).toBe(
      'PipelineVersionNotFoundException',
    );
  });

  it('rolls a stage back with an execution of its own', async () => {
    const { execution, token } = await atGate();
    await answerWith(token);
    pass(10);
    const rolled = await client.send(
      new RollbackStageCommand({
        pipelineName: 'shop-prod',
        stageName: 'Deploy',
        targetPipelineExecutionId: execution,
      }),
    );
    pass(10);
    const { pipelineExecution } = await client.send(
      new GetPipelineExecutionCommand({
        pipelineName: 'shop-prod',
        pipelineExecutionId: rolled.pipelineExecutionId,
      }),
    );
    expect(pipelineExecution).toMatchObject({
      status: 'Succeeded',
      executionType: 'ROLLBACK',
      rollbackMetadata: { rollbackTargetPipelineExecutionId: execution },
      trigger: { triggerType: 'ManualRollback', triggerDetail: 'arn:aws:iam::000000000000:user/alice' },
    });
  });
});

/** The job of the newest call. */
const job = (): string => calls.at(-1)?.job ?? '';

const succeed = (more: Partial<PutJobSuccessResultCommand['input']> = {}) =>
  client.send(new PutJobSuccessResultCommand({ jobId: job(), ...more }));

const fail = (message = 'Two of three samples failed', jobId = job()) =>
  client.send(new PutJobFailureResultCommand({ jobId, failureDetails: { type: 'JobFailed', message } }));

const stageOf = async (stageName: string, name = 'jobs') => {
  const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name }));
  return stageStates.find((each) => each.stageName === stageName);
};

const statusOf = async (pipelineExecutionId: string, pipelineName = 'jobs') => {
  const got = await client.send(new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId }));
  return got.pipelineExecution?.status;
};

/** Where the Lambda action, or with it done the rule, waits for its function. */
const atCheck = async (name = 'jobs'): Promise<string> => {
  const execution = await start(name);
  pass(10);
  await stageOf('Validate', name);
  return execution;
};
const atRule = async (name = 'jobs'): Promise<string> => {
  const execution = await atCheck(name);
  await succeed({ outputVariables: { run: 'R1' } });
  return execution;
};

const paramsOf = (call: JobCall | undefined): unknown => JSON.parse(JSON.stringify(call?.event ?? {}));

describe('a Lambda action on the local endpoint', () => {
  it('tells of its job what the function was not told', async () => {
    const execution = await atCheck();
    const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId: job() }));
    const run = (await stageOf('Validate'))?.actionStates?.[0]?.latestExecution;
    const location = {
      type: 'S3',
      s3Location: { bucketName: 'artifacts', objectKey: `jobs/SourceOutp/${execution.slice(0, 7)}` },
    };
    const revision = 'c40a7b2e9d1f48536ae0b8c7d6f5e4a3b2c1d0ef';
    expect(jobDetails).toEqual({
      id: job(),
      accountId: '111122223333',
      data: {
        actionTypeId: { category: 'Invoke', owner: 'AWS', provider: 'Lambda', version: '1' },
        actionConfiguration: {
          configuration: { FunctionName: 'check', UserParameters: `{"execution":"${execution}"}` },
        },
        pipelineContext: {
          pipelineName: 'jobs',
          stage: { name: 'Validate' },
          action: { name: 'Check', actionExecutionId: run?.actionExecutionId },
          pipelineArn: 'arn:aws:codepipeline:eu-west-1:111122223333:jobs',
          pipelineExecutionId: execution,
        },
        inputArtifacts: [{ name: 'SourceOutput', revision, location }],
        outputArtifacts: [],
        artifactCredentials: ARTIFACT_CREDENTIALS,
      },
    });
  });

  it('shows how far its function says that it is, calls it again, and succeeds', async () => {
    const pipelineExecutionId = await atCheck();
    const first = job();
    const details = { summary: 'Two of five samples', externalExecutionId: 'run-1', percentComplete: 40 };
    pass(5);
    await succeed({ continuationToken: 'slice 2', executionDetails: details });
    expect((await stageOf('Validate'))?.actionStates?.[0]?.latestExecution).toMatchObject({
      status: 'InProgress',
      summary: 'Two of five samples',
      externalExecutionId: 'run-1',
      percentComplete: 40,
      lastStatusChange: new Date(TEN_O_CLOCK + 10_000),
    });
    expect(await nameOfError(succeed())).toBe('InvalidJobStateException');
    pass(10);
    await stageOf('Validate');
    expect([calls.length, job() === first]).toEqual([2, false]);
    const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId: job() }));
    expect(jobDetails?.data?.continuationToken).toBe('slice 2');
    await succeed({ executionDetails: { summary: 'All well', percentComplete: 100 }, outputVariables: { run: 'R1' } });
    const { actionExecutionDetails: [done] = [] } = await client.send(
      new ListActionExecutionsCommand({ pipelineName: 'jobs', filter: { pipelineExecutionId } }),
    );
    expect(done).toMatchObject({
      actionName: 'Check',
      status: 'Succeeded',
      input: {
        namespace: 'Checked',
        configuration: { UserParameters: '{"execution":"#{codepipeline.PipelineExecutionId}"}' },
        resolvedConfiguration: { UserParameters: `{"execution":"${pipelineExecutionId}"}` },
      },
      output: {
        executionResult: { externalExecutionId: 'run-1', externalExecutionSummary: 'All well' },
        outputVariables: { run: 'R1' },
      },
    });
  });

  it('fails with what its function says', async () => {
    const execution = await atCheck();
    await fail();
    expect((await stageOf('Validate'))?.actionStates?.[0]?.latestExecution).toMatchObject({
      status: 'Failed',
      errorDetails: { code: 'JobFailed', message: 'Two of three samples failed' },
    });
    expect(await statusOf(execution)).toBe('Failed');
    expect(await nameOfError(fail())).toBe('InvalidJobStateException');
  });

  it('refuses reports by their own names, and goes on waiting', async () => {
    await atCheck();
    const errors = [
      succeed({ jobId: UNKNOWN }),
      fail('x', UNKNOWN),
      client.send(new GetJobDetailsCommand({ jobId: UNKNOWN })),
      succeed({ jobId: 'no-job' }),
      succeed({ continuationToken: 'x'.repeat(2_049) }),
      succeed({ continuationToken: 'more', outputVariables: { run: 'R1' } }),
      succeed({ executionDetails: { summary: 'x'.repeat(2_049) } }),
      succeed({ executionDetails: { percentComplete: 101 } }),
      succeed({ executionDetails: { percentComplete: -1 } }),
      succeed({ outputVariables: { 'no name': 'x' } }),
      succeed({ outputVariables: { run: 'x'.repeat(122_878) } }),
      fail(''),
      fail('x'.repeat(5_001)),
    ].map(nameOfError);
    expect(await Promise.all(errors)).toEqual([
      ...['JobNotFoundException', 'JobNotFoundException', 'JobNotFoundException'],
      ...Array<string>(7).fill('ValidationException'),
      'OutputVariablesSizeExceededException',
      ...['ValidationException', 'ValidationException'],
    ]);
    await succeed({
      continuationToken: 'x'.repeat(2_048),
      executionDetails: { summary: 'x'.repeat(2_048), percentComplete: 100 },
    });
    pass(10);
    await stageOf('Validate');
    await succeed({ outputVariables: { run: 'x'.repeat(122_877) } });
    expect((await stageOf('Validate'))?.latestExecution?.status).toBe('Succeeded');
  });

  it('fails when its function stays silent, and when there is none', async () => {
    const silent = await atCheck('short-jobs');
    pass(1);
    expect(await statusOf(silent, 'short-jobs')).toBe('InProgress');
    pass(1);
    expect(await statusOf(silent, 'short-jobs')).toBe('Failed');
    expect((await stageOf('Validate', 'short-jobs'))?.actionStates?.[0]?.latestExecution?.errorDetails).toEqual({
      code: 'JobFailed',
      message:
        'The AWS Lambda function check failed to return a result. Check the function to verify that it has permission to ' +
        'call the PutJobSuccessResult action and that it made a call to PutJobSuccessResult.',
    });
    const lost = await atCheck('lost');
    expect(await statusOf(lost, 'lost')).toBe('Failed');
    expect((await stageOf('Validate', 'lost'))?.actionStates?.[0]?.latestExecution?.errorDetails?.message).toBe(
      "The AWS Lambda function gone cannot be found. Check that it exists in the pipeline's Region.",
    );
  });

  it('waits for a function that throws, which Lambda calls again with the same job', async () => {
    const invoked: unknown[] = [];
    const later: (() => void)[] = [];
    const invocations = createAsyncInvocations({
      configs: [],
      invoke: (_, event) => {
        invoked.push(event);
        return Promise.resolve({ kind: 'failed', errorType: 'Error', message: 'No memory left' });
      },
      send: () => Promise.resolve(),
      now: () => now,
      after: (_, work) => {
        later.push(work);
        return () => undefined;
      },
      newId: randomUUID,
      speed: 1,
      log: () => undefined,
    });
    onCall = ({ functionName, event }) => {
      invocations.invoke(functionName, `arn:${functionName}`, event);
    };
    const execution = await atCheck();
    later.at(0)?.();
    pass(60);
    expect(await statusOf(execution)).toBe('InProgress');
    expect(invoked).toEqual([paramsOf(calls[0]), paramsOf(calls[0])]);
    await succeed();
    expect((await stageOf('Validate'))?.latestExecution?.status).toBe('Succeeded');
  });

  it('is abandoned with its job, and a retry has another', async () => {
    const pipelineExecutionId = await atCheck();
    const [first] = calls;
    const pipelineName = 'jobs';
    await client.send(new StopPipelineExecutionCommand({ pipelineName, pipelineExecutionId, abandon: true }));
    expect((await stageOf('Validate'))?.actionStates?.[0]?.latestExecution?.status).toBe('Abandoned');
    expect(await nameOfError(succeed())).toBe('InvalidJobStateException');
    const stageName = 'Validate';
    await client.send(
      new RetryStageExecutionCommand({ pipelineName, pipelineExecutionId, stageName, retryMode: 'FAILED_ACTIONS' }),
    );
    expect(job()).not.toBe(first?.job);
    await succeed();
    expect((await stageOf('Validate'))?.latestExecution?.status).toBe('Succeeded');
  });
});

describe('a stage condition on the local endpoint', () => {
  it('is told by GetPipeline, and in the state of its stage from the start', async () => {
    const { pipeline } = await client.send(new GetPipelineCommand({ name: 'jobs' }));
    expect(pipeline?.stages?.[2]?.beforeEntry).toEqual({
      conditions: [{ result: 'FAIL', rules: [aLambdaRule('Ready')] }],
    });
    expect((await stageOf('Ship'))?.beforeEntryConditionState).toEqual({
      conditionStates: [{ ruleStates: [{ ruleName: 'Ready' }] }],
    });
  });

  it('has a rule called as an action is, and lets the execution in once that has succeeded', async () => {
    const execution = await atRule();
    const at = new Date(now);
    const before = await stageOf('Ship');
    const [rule] = before?.beforeEntryConditionState?.conditionStates?.[0]?.ruleStates ?? [];
    expect(before?.latestExecution).toEqual({ pipelineExecutionId: execution, status: 'InProgress', type: 'STANDARD' });
    expect(before?.beforeEntryConditionState).toEqual({
      latestExecution: { status: 'InProgress' },
      conditionStates: [
        {
          latestExecution: { status: 'InProgress', lastStatusChange: at },
          ruleStates: [
            {
              ruleName: 'Ready',
              latestExecution: {
                ruleExecutionId: rule?.latestExecution?.ruleExecutionId,
                status: 'InProgress',
                lastStatusChange: at,
              },
            },
          ],
        },
      ],
    });
    const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId: job() }));
    expect(jobDetails?.data?.pipelineContext).toMatchObject({
      stage: { name: 'Ship' },
      action: { name: 'Ready', actionExecutionId: rule?.latestExecution?.ruleExecutionId },
      pipelineExecutionId: execution,
    });
    await succeed({ executionDetails: { summary: 'Quiet enough' } });
    const after = await stageOf('Ship');
    expect(after?.beforeEntryConditionState?.conditionStates?.[0]?.ruleStates?.[0]?.latestExecution).toMatchObject({
      status: 'Succeeded',
      summary: 'Quiet enough',
    });
    expect(after?.actionStates?.[0]?.latestExecution?.status).toBe('InProgress');
    expect(paramsOf(calls.at(-1))).toMatchObject({
      'CodePipeline.job': { data: { actionConfiguration: { configuration: { UserParameters: 'R1' } } } },
    });
  });

  it('may leave a rule unnamed in GetJobDetails', async () => {
    await atRule('short-jobs');
    const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId: job() }));
    expect(jobDetails?.data?.pipelineContext).toMatchObject({ stage: { name: 'Ship' } });
    expect(jobDetails?.data?.pipelineContext?.action).toBe(undefined);
  });

  it('fails the stage, until somebody overrides it', async () => {
    const pipelineExecutionId = await atRule();
    const override = (more: object = {}) =>
      client.send(
        new OverrideStageConditionCommand({
          pipelineName: 'jobs',
          stageName: 'Ship',
          pipelineExecutionId,
          conditionType: 'BEFORE_ENTRY',
          ...more,
        }),
      );
    expect(await nameOfError(override())).toBe('ConditionNotOverridableException');
    await fail('Too many errors');
    const failed = await stageOf('Ship');
    expect([failed?.latestExecution?.status, failed?.actionStates]).toEqual(['Failed', [{ actionName: 'Tell' }]]);
    expect(failed?.beforeEntryConditionState).toMatchObject({
      latestExecution: { status: 'Failed' },
      conditionStates: [
        {
          ruleStates: [{ latestExecution: { errorDetails: { code: 'JobFailed', message: 'Too many errors' } } }],
        },
      ],
    });
    const errors = [
      override({ stageName: 'Gone' }),
      override({ conditionType: 'ON_SUCCESS' }),
      override({ conditionType: 'ON_FAILURE' }),
      override({ pipelineExecutionId: UNKNOWN }),
    ].map(nameOfError);
    expect(await Promise.all(errors)).toEqual([
      'StageNotFoundException',
      'ConditionNotOverridableException',
      'ValidationException',
      'ConditionNotOverridableException',
    ]);
    await override();
    expect((await stageOf('Ship'))?.beforeEntryConditionState?.latestExecution?.status).toBe('Overridden');
    await succeed();
    await fail('Unwell');
    expect((await stageOf('Ship'))?.onSuccessConditionState?.latestExecution?.status).toBe('Failed');
    await override({ conditionType: 'ON_SUCCESS' });
    pass(10);
    expect(await statusOf(pipelineExecutionId)).toBe('Succeeded');
  });

  it('cannot be overridden for an execution that another has followed', async () => {
    const pipelineExecutionId = await atRule();
    await fail();
    await atRule();
    const override = new OverrideStageConditionCommand({
      pipelineName: 'jobs',
      stageName: 'Ship',
      pipelineExecutionId,
      conditionType: 'BEFORE_ENTRY',
    });
    expect(await nameOfError(client.send(override))).toBe('NotLatestPipelineExecutionException');
  });

  it('skips the stage', async () => {
    const execution = await start('skips');
    pass(10);
    await stageOf('Ship', 'skips');
    await fail();
    expect((await stageOf('Ship', 'skips'))?.latestExecution).toMatchObject({
      pipelineExecutionId: execution,
      status: 'Skipped',
    });
    pass(10);
    expect(await statusOf(execution, 'skips')).toBe('Succeeded');
  });

  it('has its rules listed, the newest first', async () => {
    const pipelineExecutionId = await atRule();
    await fail('Too many errors');
    const { pipelineName, stageName } = { pipelineName: 'jobs', stageName: 'Ship' };
    pass(5);
    await client.send(
      new RetryStageExecutionCommand({ pipelineName, pipelineExecutionId, stageName, retryMode: 'FAILED_ACTIONS' }),
    );
    const list = async (filter: ListRuleExecutionsCommand['input']['filter'], maxResults?: number) => {
      const more = maxResults !== undefined && { maxResults };
      const listed = await client.send(new ListRuleExecutionsCommand({ pipelineName, filter, ...more }));
      return listed.ruleExecutionDetails ?? [];
    };
    const all = await list({ pipelineExecutionId });
    expect(all.map(({ ruleName, status }) => [ruleName, status])).toEqual([
      ['Ready', 'InProgress'],
      ['Ready', 'Failed'],
    ]);
    expect(all[1]).toEqual({
      pipelineExecutionId,
      ruleExecutionId: all[1]?.ruleExecutionId,
      pipelineVersion: 7,
      stageName: 'Ship',
      ruleName: 'Ready',
      startTime: new Date(TEN_O_CLOCK + 10_000),
      lastUpdateTime: new Date(TEN_O_CLOCK + 10_000),
      status: 'Failed',
      input: {
        ruleTypeId: { category: 'Rule', owner: 'AWS', provider: 'LambdaInvoke', version: '1' },
        configuration: { FunctionName: 'check' },
        resolvedConfiguration: { FunctionName: 'check' },
        region: 'eu-west-1',
        inputArtifacts: [],
      },
      output: {
        executionResult: {
          externalExecutionSummary: 'Too many errors',
          errorDetails: { code: 'JobFailed', message: 'Too many errors' },
        },
      },
    });
    const latest = { latestInPipelineExecution: { pipelineExecutionId, startTimeRange: 'Latest' } } as const;
    expect(await list(latest)).toEqual(all.slice(0, 1));
    await succeed();
    await succeed();
    expect((await list(latest)).map(({ ruleName, status }) => [ruleName, status])).toEqual([
      ['Ready', 'InProgress'],
      ['Ready', 'Succeeded'],
    ]);
    expect(await list(undefined, 1)).toHaveLength(1);
    expect(await nameOfError(list({ pipelineExecutionId: UNKNOWN }))).toBe('PipelineExecutionNotFoundException');
  });
});
