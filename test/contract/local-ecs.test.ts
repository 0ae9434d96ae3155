import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { serviceOperations } from '../../local/aws/ecs/service-operations.ts';
import type { SimulatedService } from '../../local/aws/ecs/simulated-service.ts';
import { runServices } from '../../local/aws/ecs/simulated-services.ts';
import type { SimulatedServices } from '../../local/aws/ecs/simulated-services.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { jsonService } from '../../local/aws/service.ts';
import type { JsonRecord } from '../../local/json.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createJoin } from '../../shared/aws/join-deployments.ts';
import { fold } from '../../shared/rollout/fold.ts';
import { overviewOf } from '../../shared/rollout/overview.ts';
import { parseEvent } from '../../shared/rollout/parse-event.ts';
import type { Rollout, StateChange } from '../../shared/rollout/rollout.ts';
import { isUnjoined } from '../../shared/rollout/service-deployment.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { aService, noFunction } from '../support/services.ts';
import { connectionTo } from '../support/stack.ts';

let now = TEN_O_CLOCK;
let services: SimulatedServices;
let events: JsonRecord[] = [];

const fresh = (given: Partial<SimulatedService> = {}): void => {
  now = TEN_O_CLOCK;
  events = [];
  services = runServices({
    services: [aService(given)],
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: (event) => events.push(event),
    callHook: noFunction,
  });
};

const gateway = await startGateway({
  port: 0,
  onCall: () => undefined,
  services: new Map([['ecs', (request) => jsonService(serviceOperations(services))(request)]]),
});

beforeEach(() => {
  fresh();
});
afterAll(() => gateway.close());

const ecs = createAwsClient('ecs', connectionTo({ aws: gateway.url, region: 'eu-west-1' }), 1);

const pass = (seconds: number): void => {
  now += seconds * 1_000;
  services.command('prod', 'shop', { kind: 'wait' });
};

const SHOP = { cluster: 'prod', service: 'shop' };

const Listed = v.object({
  serviceDeployments: v.array(v.object({ serviceDeploymentArn: v.string(), status: v.string() })),
});

const Described = v.object({
  serviceDeployments: v.array(
    v.object({
      status: v.string(),
      lifecycleStage: v.optional(v.string()),
      lifecycleHookDetails: v.array(v.object({ hookId: v.string(), status: v.string() })),
    }),
  ),
  failures: v.array(v.object({ reason: v.string() })),
});

const deployments = async () => v.parse(Listed, await ecs('ListServiceDeployments', SHOP)).serviceDeployments;

const newest = async (): Promise<string> => (await deployments())[0]?.serviceDeploymentArn ?? '';

const describeIt = async (arn: string) =>
  v.parse(Described, await ecs('DescribeServiceDeployments', { serviceDeploymentArns: [arn] }));

const Told = v.object({
  'detail-type': v.string(),
  detail: v.object({ eventName: v.string(), lifecycleStage: v.optional(v.string()) }),
});

const told = (): readonly string[] =>
  events.map((event) => {
    const { detail } = v.parse(Told, event);
    return [detail.eventName, detail.lifecycleStage].filter((part) => part !== undefined).join(' ');
  });

/** What Gatehouse makes of the events, each joined as of now. */
const rolloutsOf = async (): Promise<readonly Rollout[]> => {
  const join = createJoin({ account: '111122223333', region: 'eu-west-1' }, ecs);
  const changes: StateChange[] = [];
  for (const event of events) {
    const parsed = parseEvent(event);
    if (parsed.kind !== 'change') {
      throw new Error(JSON.stringify(parsed));
    }
    changes.push((isUnjoined(parsed.change) ? await join(parsed.change) : parsed.change) ?? parsed.change);
  }
  return [...Map.groupBy(changes, ({ rollout }) => rollout.executionId).values()].flatMap(
    (own) => own.reduce<Rollout | undefined>(fold, undefined) ?? [],
  );
};

describe('the simulated ECS', () => {
  it('deploys through its lifecycle stages, waits at its hook, and tells of it', async () => {
    await ecs('UpdateService', { ...SHOP, forceNewDeployment: true });
    const arn = await newest();
    expect((await describeIt(arn)).serviceDeployments[0]).toMatchObject({
      status: 'IN_PROGRESS',
      lifecycleStage: 'RECONCILE_SERVICE',
      lifecycleHookDetails: [],
    });
    pass(60);
    const waiting = (await describeIt(arn)).serviceDeployments[0];
    expect(waiting).toMatchObject({ lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT' });
    const hookId = waiting?.lifecycleHookDetails[0]?.hookId;
    expect(hookId).toMatch(/^ecs-pause-[\w-]{43}$/);
    await ecs('ContinueServiceDeployment', { serviceDeploymentArn: arn, hookId, action: 'CONTINUE' });
    pass(60);
    expect((await deployments()).map(({ status }) => status)).toEqual(['SUCCESSFUL', 'SUCCESSFUL']);
    expect(told()).toEqual([
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'HOOK_AWAITING_ACTION POST_TEST_TRAFFIC_SHIFT',
      'HOOK_SUCCEEDED POST_TEST_TRAFFIC_SHIFT',
      'SERVICE_DEPLOYMENT_COMPLETED',
    ]);
    const [rollout, ...others] = await rolloutsOf();
    expect([rollout && overviewOf(rollout).state, others]).toEqual(['succeeded', []]);
  });

  it('is to Gatehouse one rollout that failed when a hook takes it back', async () => {
    services.start('prod', 'shop');
    pass(60);
    const { id = '', hooks } = services.states()[0]?.deployments.at(-1) ?? {};
    services.command('prod', 'shop', {
      kind: 'continue',
      deployment: id,
      hook: hooks?.[0]?.id ?? '',
      action: 'ROLLBACK',
    });
    expect((await rolloutsOf()).map((one) => overviewOf(one).state)).toEqual(['stopping']);
    pass(60);
    const [rollout, ...others] = await rolloutsOf();
    expect(others).toEqual([]);
    expect(rollout?.id.executionId).toBe(id);
    expect(rollout && overviewOf(rollout)).toMatchObject({ state: 'failed', rollback: 'no' });
    expect(rollout?.facts.stopReason?.value).toContain('pause hook');
  });

  it('is to Gatehouse one rollout that failed when its tasks do not start', async () => {
    services.fail('prod', 'shop');
    services.start('prod', 'shop');
    pass(60);
    expect(told()).toEqual([
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_FAILED',
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_COMPLETED',
    ]);
    const [rollout, ...others] = await rolloutsOf();
    expect([rollout && overviewOf(rollout).state, others]).toEqual(['failed', []]);
    // What ran before was not deployed again.
    expect((await deployments()).map(({ status }) => status)).toEqual(['ROLLBACK_SUCCESSFUL', 'SUCCESSFUL']);
  });

  it('stops what is under way when something newer is deployed', async () => {
    services.start('prod', 'shop');
    await ecs('UpdateService', { ...SHOP, taskDefinition: 'shop:7' });
    expect((await deployments()).map(({ status }) => status)).toEqual(['IN_PROGRESS', 'STOPPED', 'SUCCESSFUL']);
  });

  it('pages, and lists by status and by time', async () => {
    services.start('prod', 'shop');
    const first = v.parse(
      v.object({ nextToken: v.string() }),
      await ecs('ListServiceDeployments', { ...SHOP, maxResults: 1 }),
    );
    const second = v.parse(Listed, await ecs('ListServiceDeployments', { ...SHOP, maxResults: 1, ...first }));
    expect(second.serviceDeployments.map(({ status }) => status)).toEqual(['SUCCESSFUL']);
    const since = { createdAt: { after: TEN_O_CLOCK / 1000 - 1 } };
    for (const asked of [{ status: ['IN_PROGRESS'] }, since]) {
      const { serviceDeployments } = v.parse(Listed, await ecs('ListServiceDeployments', { ...SHOP, ...asked }));
      expect(serviceDeployments.map(({ status }) => status)).toEqual(['IN_PROGRESS']);
    }
  });

  it.each([
    ['UpdateService', { ...SHOP, service: 'none' }, 'ServiceNotFoundException'],
    ['ListServiceDeployments', { cluster: 'none', service: 'shop' }, 'ClusterNotFoundException'],
    ['ListServiceDeployments', {}, 'InvalidParameterException'],
    ['DescribeServiceDeployments', { serviceDeploymentArns: [] }, 'InvalidParameterException'],
    [
      'ContinueServiceDeployment',
      { serviceDeploymentArn: 'arn:aws:ecs:x', hookId: 'h' },
      'ServiceDeploymentNotFoundException',
    ],
    ['StopServiceDeployment', { serviceDeploymentArn: 'arn:aws:ecs:x' }, 'ServiceDeploymentNotFoundException'],
    [
      'StopServiceDeployment',
      { serviceDeploymentArn: 'arn:aws:ecs:x', stopType: 'ABORT' },
      'InvalidParameterException',
    ],
    ['DeleteService', {}, 'UnknownOperationException'],
  ])('refuses %s of %j as ECS does', async (operation, input, name) => {
    await expect(ecs(operation, input)).rejects.toMatchObject({ name });
  });

  it('refuses an answer to a hook that is over, and to stop what has ended', async () => {
    services.start('prod', 'shop');
    pass(60);
    const arn = await newest();
    const hookId = (await describeIt(arn)).serviceDeployments[0]?.lifecycleHookDetails[0]?.hookId;
    const decide = { serviceDeploymentArn: arn, hookId };
    // Without an action it goes on.
    await ecs('ContinueServiceDeployment', decide);
    await expect(ecs('ContinueServiceDeployment', decide)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    pass(60);
    await expect(ecs('ContinueServiceDeployment', decide)).rejects.toMatchObject({ name: 'ClientException' });
    await expect(ecs('StopServiceDeployment', { serviceDeploymentArn: arn })).rejects.toMatchObject({
      name: 'ConflictException',
    });
  });

  it('tells of services and of what it does not know of', async () => {
    services.start('prod', 'shop');
    const Services = v.object({
      services: v.array(v.object({ taskDefinition: v.string(), deployments: v.array(v.object({ id: v.string() })) })),
      failures: v.array(v.object({ arn: v.string(), reason: v.string() })),
    });
    const answer = v.parse(Services, await ecs('DescribeServices', { cluster: 'prod', services: ['shop', 'none'] }));
    expect(answer.services[0]?.taskDefinition).toContain('task-definition/shop:2');
    expect(answer.services[0]?.deployments.map(({ id }) => /^ecs-svc\/\d+$/.test(id))).toEqual([true, true]);
    expect(answer.failures).toEqual([{ arn: 'none', reason: 'MISSING' }]);
    expect(await describeIt('arn:aws:ecs:x')).toEqual({ serviceDeployments: [], failures: [{ reason: 'MISSING' }] });
  });
});
