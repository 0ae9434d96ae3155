import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serviceOperations } from '../../local/aws/ecs/service-operations.ts';
import type { SimulatedService } from '../../local/aws/ecs/simulated-service.ts';
import { runServices } from '../../local/aws/ecs/simulated-services.ts';
import type { SimulatedServices } from '../../local/aws/ecs/simulated-services.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import type { AwsCall } from '../../local/aws/gateway.ts';
import { jsonService, refuseInJson } from '../../local/aws/service.ts';
import type { Service } from '../../local/aws/service.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createPauseHooks } from '../../shared/aws/pause-hooks.ts';
import type { PausePoint } from '../../shared/gate/gate.ts';
import { aServiceDeploymentId, TEN_O_CLOCK } from '../support/rollouts.ts';
import { aService, noFunction } from '../support/services.ts';
import { connectionTo } from '../support/stack.ts';

let now = TEN_O_CLOCK;
let services: SimulatedServices;
let service: Service;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let calls: AwsCall[] = [];

/** The services' clock is turned by hand. */
const fresh = (given: Partial<SimulatedService> = {}): void => {
  now = TEN_O_CLOCK;
  calls = [];
  services = runServices({
    services: [aService(given)],
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: () => undefined,
    callHook: noFunction,
  });
  service = jsonService(serviceOperations(services));
};

const pass = (seconds: number): void => {
  now += seconds * 1_000;
  services.command('prod', 'shop', { kind: 'wait' });
};

beforeAll(async () => {
  fresh();
  gateway = await startGateway({
    port: 0,
    onCall: (call) => calls.push(call),
    services: new Map([['ecs', (request) => service(request)]]),
  });
});

afterEach(() => {
  fresh();
});
afterAll(() => gateway.close());

const hooks = () =>
  createPauseHooks(
    (region) => createAwsClient('ecs', connectionTo({ aws: gateway.url, region }), 1),
    () => now,
  );

const deploymentOf = ({ rollout }: Pick<PausePoint, 'rollout'>) => services.find(rollout.executionId)?.deployment;

/** The hooks at which a deployment waits now. */
const pointsOf = (executionId: string): readonly PausePoint[] =>
  (services.find(executionId)?.deployment.hooks ?? []).map(({ id, stage }) => ({
    kind: 'ecs-pause',
    rollout: aServiceDeploymentId({ executionId }),
    hookId: id,
    lifecycleStage: stage,
  }));

/** Deploys something and waits until it waits at its hooks. */
const aWaitingOne = (): readonly [PausePoint, ...(readonly PausePoint[])] => {
  const executionId = services.start('prod', 'shop');
  pass(6);
  const [first, ...others] = pointsOf(executionId);
  if (first === undefined) {
    throw new Error('It waits nowhere');
  }
  return [first, ...others];
};

const openedAt = TEN_O_CLOCK + 6_000;

describe('a pause hook', () => {
  it('is pending, and lets the deployment go on once it is approved', async () => {
    const [point] = aWaitingOne();
    expect(await hooks().look(point, { openedAt })).toEqual({ kind: 'pending' });
    expect(await hooks().decide(point, undefined, 'approve', 'Approved by ada (UADA) via Slack')).toBe('done');
    expect(deploymentOf(point)?.status).toBe('IN_PROGRESS');
    pass(10);
    expect(deploymentOf(point)?.status).toBe('SUCCESSFUL');
    expect(await hooks().look(point, { openedAt })).toMatchObject({ kind: 'ended', ending: { as: 'approved' } });
  });

  it('has the deployment rolled back once it is rejected', async () => {
    const [point] = aWaitingOne();
    expect(await hooks().decide(point, undefined, 'reject', 'No')).toBe('done');
    expect(deploymentOf(point)?.status).toBe('ROLLBACK_IN_PROGRESS');
    expect(await hooks().look(point, { openedAt })).toEqual({ kind: 'ended', ending: { as: 'rejected', at: now } });
    pass(1);
    expect(deploymentOf(point)?.status).toBe('ROLLBACK_SUCCESSFUL');
    // The hook is not listed any more; what ECS says of the rollback tells whose it was.
    expect(await hooks().look(point, { openedAt })).toMatchObject({ kind: 'ended', ending: { as: 'rejected' } });
  });

  it('is over when somebody was first: a second answer is refused, and the truth is read anew', async () => {
    const [point] = aWaitingOne();
    await hooks().decide(point, undefined, 'approve', 'Yes');
    expect(await hooks().decide(point, undefined, 'reject', 'No')).toBe('over');
    pass(0.5);
    expect(await hooks().look(point, { openedAt })).toMatchObject({ kind: 'unseen' });
    pass(0.5);
    expect(deploymentOf(point)?.status).toBe('IN_PROGRESS');
    pass(10);
    expect(await hooks().decide(point, undefined, 'reject', 'No')).toBe('over');
    expect(deploymentOf(point)?.status).toBe('SUCCESSFUL');
  });

  it('was approved when its deployment has gone on without it, once ECS can be trusted to lag no more', async () => {
    fresh({ stageMs: 120_000 });
    const executionId = services.start('prod', 'shop');
    pass(720);
    const [point] = pointsOf(executionId);
    if (point === undefined) {
      throw new Error('It waits nowhere');
    }
    services.command('prod', 'shop', {
      kind: 'continue',
      deployment: executionId,
      hook: point.hookId,
      action: 'CONTINUE',
    });
    const known = { openedAt: now };
    expect(await hooks().look(point, known)).toEqual({ kind: 'unseen' });
    pass(60);
    expect(await hooks().look(point, known)).toEqual({ kind: 'ended', ending: { as: 'approved', at: now } });
    expect(await hooks().look(point, { ...known, expiresAt: now })).toMatchObject({ ending: { as: 'expired' } });
  });

  it.each([
    ['ROLLBACK', 'ROLLBACK_IN_PROGRESS', 'ECS rolls back'],
    ['CONTINUE', 'IN_PROGRESS', 'ECS goes on without an answer'],
  ] as const)(
    'has expired when nobody answered in time, and ECS does what it was told: %s',
    async (action, status, summary) => {
      const waiting = { stages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutInMinutes: 10 } as const;
      // The other hook keeps the deployment where it is.
      fresh({
        hooks: [
          { ...waiting, timeoutAction: action },
          { ...waiting, timeoutInMinutes: 60, timeoutAction: 'ROLLBACK' },
        ],
      });
      const [point] = aWaitingOne();
      pass(600);
      expect(deploymentOf(point)?.status).toBe(status);
      expect(await hooks().look(point, { openedAt })).toEqual({
        kind: 'ended',
        ending: { as: 'expired', summary, at: now },
      });
      expect(await hooks().decide(point, undefined, 'approve', 'Yes')).toBe('over');
    },
  );

  it('waits beside others of its stage: all of them let the deployment go on, any takes it back', async () => {
    const waiting = { stages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutInMinutes: 60, timeoutAction: 'ROLLBACK' } as const;
    fresh({ hooks: [waiting, waiting] });
    const [first, second] = aWaitingOne();
    if (second === undefined) {
      throw new Error('There is one hook only');
    }
    await hooks().decide(first, undefined, 'approve', 'Yes');
    expect(await hooks().look(first, { openedAt })).toMatchObject({ ending: { as: 'approved' } });
    expect(await hooks().look(second, { openedAt })).toEqual({ kind: 'pending' });
    await hooks().decide(second, undefined, 'approve', 'Yes');
    pass(10);
    expect(deploymentOf(first)?.status).toBe('SUCCESSFUL');

    const [third, fourth] = aWaitingOne();
    if (fourth === undefined) {
      throw new Error('There is one hook only');
    }
    await hooks().decide(third, undefined, 'reject', 'No');
    expect(await hooks().look(fourth, { openedAt: now })).toMatchObject({
      kind: 'ended',
      ending: { as: 'stopped', summary: 'Service deployment rolled back because a pause hook was rolled back.' },
    });
    expect(await hooks().decide(fourth, undefined, 'approve', 'Yes')).toBe('over');
  });

  it('asks anew at each step of the traffic, under another id', async () => {
    const at = { stages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'], timeoutInMinutes: 60, timeoutAction: 'ROLLBACK' } as const;
    fresh({ strategy: 'CANARY', steps: [10, 100], hooks: [at] });
    const executionId = services.start('prod', 'shop');
    pass(7);
    const [first] = pointsOf(executionId);
    expect(first && (await hooks().describe(first, {})).request?.text).toContain('0 % of the production traffic');
    await (first && hooks().decide(first, undefined, 'approve', 'Yes'));
    pass(2);
    const [second] = pointsOf(executionId);
    expect(second?.hookId).not.toBe(first?.hookId);
    expect(second && (await hooks().describe(second, {})).request?.text).toContain('10 % of the production traffic');
    expect(second && (await hooks().look(second, { openedAt: now }))).toEqual({ kind: 'pending' });
    expect(first && (await hooks().decide(first, undefined, 'reject', 'No'))).toBe('over');
  });

  it('was stopped with its deployment, and is gone when ECS does not know it', async () => {
    const [point] = aWaitingOne();
    services.command('prod', 'shop', { kind: 'stop', deployment: point.rollout.executionId });
    expect(await hooks().look(point, { openedAt })).toMatchObject({ kind: 'ended', ending: { as: 'stopped' } });
    const unknown = { ...point, rollout: aServiceDeploymentId({ executionId: 'nobody' }) };
    expect(await hooks().look(unknown, { openedAt })).toEqual({ kind: 'ended', ending: { as: 'gone', at: now } });
    expect(await hooks().decide(unknown, undefined, 'reject', 'No')).toBe('over');
    expect(await hooks().describe(unknown, {})).toEqual({});
  });

  it('always says whether to go on or to go back: left out it would mean to go on', async () => {
    const [point] = aWaitingOne();
    const bodies: string[] = [];
    const real = service;
    service = (request) => {
      bodies.push(request.body);
      return real(request);
    };
    await hooks().decide(point, undefined, 'reject', 'No');
    expect(bodies.map((body): unknown => JSON.parse(body))).toEqual([
      {
        serviceDeploymentArn: `arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/${point.rollout.executionId}`,
        hookId: point.hookId,
        action: 'ROLLBACK',
      },
    ]);
  });

  it('is described by what would run, what runs now, how far the traffic is, and when it ends', async () => {
    const [point] = aWaitingOne();
    expect(await hooks().describe(point, { openedAt })).toEqual({
      shown: {
        revisions: [{ source: 'ECS', id: 'shop:2', summary: 'registry.example.com/shop:2' }],
        running: { source: 'ECS', id: 'shop:1', summary: 'registry.example.com/shop:1' },
      },
      expiresAt: openedAt + 3_600_000,
      request: { text: 'The new version has 100 % of the test traffic and 0 % of the production traffic.' },
    });
    expect(calls.map(({ operation }) => operation)).toEqual(['DescribeServiceDeployments', 'DescribeServiceRevisions']);
  });

  it('makes do with the numbers of revisions where it may not read them', async () => {
    const [point] = aWaitingOne();
    const real = service;
    service = (request) =>
      request.headers['x-amz-target']?.endsWith('DescribeServiceRevisions') === true
        ? Promise.resolve(refuseInJson('AccessDeniedException', 'No'))
        : real(request);
    const { shown } = await hooks().describe(point, {});
    expect(shown?.revisions.map(({ id }) => id)).toEqual([expect.stringMatching(/^\d{10,19}$/)]);
  });

  it('rejects when AWS does not answer or does not allow it', async () => {
    const [point] = aWaitingOne();
    service = () => Promise.resolve(refuseInJson('AccessDeniedException', 'No'));
    await expect(hooks().look(point, { openedAt })).rejects.toThrow('No');
    await expect(hooks().decide(point, undefined, 'approve', 'Yes')).rejects.toThrow('No');
  });
});
