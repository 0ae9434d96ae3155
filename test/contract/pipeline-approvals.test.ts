import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDecide } from '../../functions/decide/decide.ts';
import { pipelineOperations } from '../../local/aws/codepipeline/pipeline-operations.ts';
import { runPipelines } from '../../local/aws/codepipeline/simulated-pipelines.ts';
import type { SimulatedPipelines } from '../../local/aws/codepipeline/simulated-pipelines.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { jsonService, operationOf } from '../../local/aws/service.ts';
import type { Service } from '../../local/aws/service.ts';
import { clientSettings } from '../../shared/aws/clients.ts';
import { createFindApproval, createPipelineApprovals } from '../../shared/aws/pipeline-approvals.ts';
import { deliveryItem } from '../../shared/delivery/delivery.ts';
import { gateId } from '../../shared/gate/gate-id.ts';
import { opened } from '../../shared/gate/gate.ts';
import type { ApprovalPoint, GatePoint } from '../../shared/gate/gate.ts';
import type { Platform } from '../../shared/gate/platform.ts';
import { gateItem } from '../../shared/gate/stored-gate.ts';
import type { ApprovalRequest } from '../../shared/rollout/approval-request.ts';
import { deliveryKey, gateKey, gatePk } from '../../shared/store/keys.ts';
import { anOpenGate } from '../support/gates.ts';
import { anAction, aPipeline } from '../support/pipelines.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

const ACCOUNT = '111122223333';

type Turn = Awaited<ReturnType<typeof anOpenGate>>;

let now = TEN_O_CLOCK;
let pipelines: SimulatedPipelines;
let service: Service;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let client: CodePipelineClient;

const asked = anAction('ProdGate', 'Approval', {
  timeoutInMinutes: 60,
  configuration: { CustomData: 'Check the staging site', ExternalEntityLink: 'https://staging.example.com/' },
});

/** The pipelines' clock is turned by hand: each call sees what has happened by then. */
const fresh = (): void => {
  now = TEN_O_CLOCK;
  const [source, build, , deploy] = aPipeline().declaration.stages;
  const stages = [source, build, { name: 'Approve', actions: [asked] }, deploy].flatMap((stage) => stage ?? []);
  pipelines = runPipelines({
    pipelines: [aPipeline({ stages }), aPipeline({ stages, name: 'shop-many', executionMode: 'PARALLEL' })],
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: () => undefined,
    onApprovalNeeded: () => undefined,
    callFunction: () => false,
  });
  const operations = jsonService(pipelineOperations(pipelines, new Map(), () => now));
  service = (request) => {
    pass(0);
    return operations(request);
  };
};

const pass = (seconds: number): void => {
  now += seconds * 1_000;
  for (const { pipeline } of pipelines.states()) {
    pipelines.command(pipeline.declaration.name, { kind: 'wait' });
  }
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
    credentials: { accessKeyId: 'gatehouse-decide', secretAccessKey: 'x' },
  });
});

afterEach(fresh);
afterAll(() => gateway.close());

/** Starts an execution and waits until it is at its approval. */
const anApproval = (name = 'shop-prod'): { readonly point: ApprovalPoint; readonly token: string } => {
  const executionId = pipelines.start(name);
  pass(10);
  pass(10);
  return approvalOf(name, executionId);
};

const approvalOf = (name: string, executionId: string) => {
  const runs = pipelines.stateOf(name)?.executions.find(({ id }) => id === executionId)?.runs ?? [];
  const action = runs.find(({ stage }) => stage === 'Approve')?.actions.at(-1);
  const point: ApprovalPoint = {
    kind: 'pipeline-approval',
    rollout: { source: 'codepipeline', partition: 'aws', account: ACCOUNT, region: 'eu-west-1', name, executionId },
    stage: 'Approve',
    action: 'ProdGate',
    actionExecutionId: action?.id ?? 'none',
  };
  return { point, token: action?.token ?? 'none' };
};

const approvals = () =>
  createPipelineApprovals(
    () => client,
    () => now,
  );

const approvalOnly = (point: GatePoint): ApprovalPoint => {
  if (point.kind !== 'pipeline-approval') {
    throw new Error('Only pipelines wait here');
  }
  return point;
};

/** For decide, in whose world there are pipelines only. */
const platform: Platform = {
  look: (point, known) => approvals().look(approvalOnly(point), known),
  decide: (point, token, verdict, summary) => approvals().decide(approvalOnly(point), token, verdict, summary),
  describe: (point, known) => approvals().describe(approvalOnly(point), known),
};

describe('an approval of a pipeline', () => {
  it('is pending with its own token, and decided with it once', async () => {
    const { point, token } = anApproval();
    expect(await approvals().look(point, {})).toEqual({ kind: 'pending', token });
    expect(await approvals().decide(point, token, 'approve', 'Approved by ada (U0ADA) via Slack')).toBe('done');
    expect(await approvals().decide(point, token, 'reject', 'No')).toBe('over');
    expect(await approvals().look(point, {})).toMatchObject({
      kind: 'ended',
      ending: { as: 'approved', summary: 'Approved by ada (U0ADA) via Slack' },
    });
  });

  it('is decided with no other token than its own', async () => {
    const { point } = anApproval();
    expect(await approvals().decide(point, randomUUID(), 'approve', 'x')).toBe('over');
    expect(await approvals().look(point, {})).toMatchObject({ kind: 'pending' });
  });

  it('fails without a word of its token, which AWS quotes where it finds something wrong with it (S42)', async () => {
    const { point, token } = anApproval();
    service = () =>
      Promise.resolve({
        status: 400,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: JSON.stringify({
          __type: 'ValidationException',
          message: `1 validation error detected: Value '${token}' at 'token' failed to satisfy constraint`,
        }),
      });
    const failed: unknown = await approvals()
      .decide(point, token, 'approve', 'x')
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'ValidationException' });
    expect(String(failed)).toContain("Value '[token]' at 'token' failed");
    expect(inspect(failed, { depth: 10 })).not.toContain(token);
  });

  it('is over once its stage was retried, which asks anew under another token (S19)', async () => {
    const { point, token } = anApproval();
    expect(await approvals().decide(point, token, 'reject', 'No')).toBe('done');
    pass(1);
    pipelines.command('shop-prod', {
      kind: 'retry',
      stage: 'Approve',
      execution: point.rollout.executionId,
      mode: 'FAILED_ACTIONS',
    });
    pass(1);
    const again = approvalOf('shop-prod', point.rollout.executionId);
    expect(again.token).not.toBe(token);
    // The button of the first is of an action that has ended, whatever waits there by now.
    expect(await approvals().look(point, {})).toMatchObject({ kind: 'ended', ending: { as: 'rejected' } });
    expect(await approvals().look(again.point, {})).toEqual({ kind: 'pending', token: again.token });
  });

  it('is over once a newer execution stands in its place, whose token is never its own (S18)', async () => {
    const { point, token } = anApproval();
    const newer = pipelines.start('shop-prod');
    pass(10);
    pass(10);
    pipelines.command('shop-prod', { kind: 'stop', execution: point.rollout.executionId, abandon: true, reason: '' });
    pass(10);
    const next = approvalOf('shop-prod', newer);
    expect(next.token).not.toBe(token);
    expect(await approvals().look(next.point, {})).toEqual({ kind: 'pending', token: next.token });
    expect(await approvals().look(point, {})).toMatchObject({ kind: 'ended', ending: { as: 'stopped' } });
  });

  it('is looked up by its execution when the stage is said to have another by now (S18)', async () => {
    const { point, token } = anApproval();
    const asItIs = service;
    let state: ReturnType<Service> | undefined;
    service = (request) => {
      if (operationOf(request.headers) !== 'GetPipelineState') {
        return asItIs(request);
      }
      state ??= asItIs(request);
      return state;
    };
    expect(await approvals().look(point, {})).toEqual({ kind: 'pending', token });
    const told = await state;
    if (told === undefined) {
      throw new Error('Nobody asked for the state');
    }
    // AWS puts together what it knows of stage and of action: the action is still the old one's.
    state = Promise.resolve({ ...told, body: told.body.replaceAll(point.rollout.executionId, randomUUID()) });
    pipelines.command('shop-prod', { kind: 'stop', execution: point.rollout.executionId, abandon: true, reason: '' });
    pass(1);
    expect(await approvals().look(point, { token })).toMatchObject({ kind: 'ended', ending: { as: 'stopped' } });
  });

  it('is told apart in PARALLEL mode, where several wait at once (S20)', async () => {
    const first = anApproval('shop-many');
    const second = anApproval('shop-many');
    expect(await approvals().look(first.point, {})).toEqual({ kind: 'pending', token: first.token });
    expect(await approvals().look(second.point, {})).toEqual({ kind: 'pending', token: second.token });
    expect(await approvals().decide(second.point, second.token, 'reject', 'No')).toBe('done');
    expect(await approvals().look(first.point, {})).toMatchObject({ kind: 'pending' });
    expect(await approvals().look(second.point, {})).toMatchObject({
      kind: 'ended',
      ending: { as: 'rejected' },
    });
  });

  it('expires, and takes no decision any more then (S27)', async () => {
    const { point, token } = anApproval();
    pass(61 * 60);
    expect(await approvals().look(point, { token })).toMatchObject({ kind: 'ended', ending: { as: 'expired' } });
    expect(await approvals().decide(point, token, 'approve', 'Too late')).toBe('over');
    expect(await approvals().look(point, { token })).toMatchObject({ kind: 'ended', ending: { as: 'expired' } });
  });

  it('is stopped with its execution', async () => {
    const other = anApproval('shop-many');
    pipelines.command('shop-many', {
      kind: 'stop',
      execution: other.point.rollout.executionId,
      abandon: true,
      reason: 'Not today',
    });
    pass(1);
    expect(await approvals().look(other.point, {})).toMatchObject({ kind: 'ended', ending: { as: 'stopped' } });
  });

  it('is gone with its pipeline, and unseen when AWS does not show it yet', async () => {
    const { point } = anApproval();
    const rollout = { ...point.rollout, name: 'gone' };
    expect(await approvals().look({ ...point, rollout }, {})).toEqual({
      kind: 'ended',
      ending: { as: 'gone', at: now },
    });
    expect(await approvals().look({ ...point, actionExecutionId: randomUUID() }, {})).toEqual({
      kind: 'unseen',
    });
  });

  it('has a newer execution behind it that waits in front of its stage', async () => {
    const { point, token } = anApproval();
    const newer = pipelines.start('shop-prod');
    pass(10);
    pass(10);
    expect(await approvals().look(point, {})).toEqual({ kind: 'pending', token, newer });
  });

  it('is described by what it ships, what runs, what its author asks and when it expires', async () => {
    const { point } = anApproval();
    const described = await approvals().describe(point, {});
    expect(described).toEqual({
      shown: {
        revisions: [
          {
            source: 'SourceOutput',
            id: 'c40a7b2e9d1f48536ae0b8c7d6f5e4a3b2c1d0ef',
            summary: 'Accept cards of two more banks',
            url:
              'https://eu-west-1.console.aws.amazon.com/codesuite/settings/connections/redirect' +
              '?connectionArn=arn:aws:codeconnections:eu-west-1:111122223333:connection/6d1c0f6e-2b7a-4c55-9d0e-3a1f5b7c9e21' +
              '&referenceType=COMMIT&FullRepositoryId=acme/shop&Commit=c40a7b2e9d1f48536ae0b8c7d6f5e4a3b2c1d0ef',
          },
        ],
      },
      expiresAt: TEN_O_CLOCK + 20_000 + 60 * 60_000,
      request: { text: 'Check the staging site', url: 'https://staging.example.com/' },
    });
  });
});

describe('the gate of an approval whose stage was retried', () => {
  /** Opens the gate of a point, with its message in the channel. */
  const open = async ({ changeItem }: Turn, { point, token }: ReturnType<typeof anApproval>, ts: string) => {
    const gate = gateId(point);
    await changeItem(gateKey(gate), gateItem, opened({ point, openedAt: now, channels: ['C1'], token }, now));
    await changeItem(deliveryKey({ pk: gatePk(gate), channel: 'C1' }), deliveryItem, () => ({
      body: { want: 1, done: 1, fence: 1, failures: 0, ts },
      outcome: undefined,
    }));
    return { gate, ts };
  };

  it('is over, and the new approval has one of its own with buttons of its own (F46)', async () => {
    const turn = await anOpenGate();
    const decide = createDecide({ ...turn, platform });
    const first = anApproval();
    const before = await open(turn, first, '1700000000.000100');
    await approvals().decide(first.point, first.token, 'reject', 'By hand');
    pass(1);
    const execution = first.point.rollout.executionId;
    pipelines.command('shop-prod', { kind: 'retry', stage: 'Approve', execution, mode: 'FAILED_ACTIONS' });
    pass(1);
    const second = approvalOf('shop-prod', execution);
    const after = await open(turn, second, '1700000000.000200');
    expect(await decide(turn.aVote(before))).toBe('refused');
    expect(turn.told).toEqual([
      ['UADA', 'Your click was not counted: it was rejected outside Slack already by gatehouse-decide.'],
    ]);
    expect(await approvals().look(second.point, {})).toEqual({ kind: 'pending', token: second.token });
    expect(await decide(turn.aVote(after))).toBe('counted');
    expect(await approvals().look(second.point, {})).toMatchObject({ kind: 'ended', ending: { as: 'approved' } });
    expect(await approvals().look(first.point, {})).toMatchObject({ kind: 'ended', ending: { as: 'rejected' } });
  });
});

describe('the message of an approval action', () => {
  const requestOf = (name: string, token: string): ApprovalRequest => ({
    region: 'eu-west-1',
    pipeline: name,
    stage: 'Approve',
    action: 'ProdGate',
    token,
  });

  it('is about the action that has its token, in every mode', async () => {
    const find = createFindApproval(
      () => client,
      ACCOUNT,
      () => now,
    );
    for (const name of ['shop-prod', 'shop-many']) {
      const { point, token } = anApproval(name);
      expect(await find(requestOf(name, token))).toEqual({ point, since: TEN_O_CLOCK + 20_000 });
      now = TEN_O_CLOCK;
    }
  });

  it('is about none when AWS shows no such token', async () => {
    anApproval();
    const find = createFindApproval(
      () => client,
      ACCOUNT,
      () => now,
    );
    expect(await find(requestOf('shop-prod', randomUUID()))).toBeUndefined();
  });
});
