import {
  CodePipelineClient,
  DisableStageTransitionCommand,
  EnableStageTransitionCommand,
  GetPipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  ListPipelinesCommand,
  PutApprovalResultCommand,
  RetryStageExecutionCommand,
  RollbackStageCommand,
  StartPipelineExecutionCommand,
  StopPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pipelineOperations } from '../../local/aws/codepipeline/pipeline-operations.ts';
import { runPipelines } from '../../local/aws/codepipeline/simulated-pipelines.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { answer, jsonService } from '../../local/aws/service.ts';
import type { Service } from '../../local/aws/service.ts';
import { clientSettings } from '../../shared/aws/clients.ts';
import { aPipeline } from '../support/pipelines.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

const HEARD_OF = '0a1b2c3d-0000-4000-8000-000000000009';
const UNKNOWN = '0a1b2c3d-0000-4000-8000-00000000000f';

let now = TEN_O_CLOCK;
let service: Service;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let client: CodePipelineClient;

/** The pipelines' clock is turned by hand: each call sees what has happened by then. */
const fresh = (): void => {
  now = TEN_O_CLOCK;
  const pipelines = runPipelines({
    pipelines: [
      aPipeline(),
      aPipeline({ name: 'shop-many', executionMode: 'PARALLEL' }),
      aPipeline({ name: 'shop-queue', executionMode: 'QUEUED' }),
    ],
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: () => undefined,
    onApprovalNeeded: () => undefined,
    callFunction: () => false,
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
