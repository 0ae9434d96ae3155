import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as settled } from 'node:timers/promises';
import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HookAnswer, HookCall } from '../../local/aws/ecs/hook-call.ts';
import { serviceOperations } from '../../local/aws/ecs/service-operations.ts';
import { runningServiceOf } from '../../local/aws/ecs/service-state.ts';
import type { LambdaHook, PauseHook, SimulatedService } from '../../local/aws/ecs/simulated-service.ts';
import { fasterService } from '../../local/aws/ecs/simulated-service.ts';
import { runServices } from '../../local/aws/ecs/simulated-services.ts';
import type { SimulatedServices } from '../../local/aws/ecs/simulated-services.ts';
import { targetGroupArn } from '../../local/aws/elasticloadbalancing/target-group-service.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { jsonService } from '../../local/aws/service.ts';
import type { JsonRecord } from '../../local/json.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { eventually } from '../support/eventually.ts';
import { createReadTargets } from '../../shared/aws/target-groups.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { aService } from '../support/services.ts';
import { aStack, connectionTo } from '../support/stack.ts';

let now = TEN_O_CLOCK;
let services: SimulatedServices;
let events: JsonRecord[] = [];
/** What the functions answer. Left alone they are content. */
let answerTo: (call: HookCall) => HookAnswer | Promise<HookAnswer>;

const SUCCEEDED: HookAnswer = { kind: 'returned', value: { hookStatus: 'SUCCEEDED' } };
const FAILED: HookAnswer = { kind: 'returned', value: { hookStatus: 'FAILED' } };

const inProgress = (more: JsonRecord = {}): HookAnswer => ({
  kind: 'returned',
  value: { hookStatus: 'IN_PROGRESS', ...more },
});

const fresh = (given: Partial<SimulatedService>, speed = 1): void => {
  now = TEN_O_CLOCK;
  events = [];
  services = runServices({
    services: [fasterService(aService({ stageMs: 1_000 * speed, ...given }), speed)],
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: (event) => events.push(event),
    callHook: (call) => Promise.resolve(answerTo(call)),
  });
};

const gateway = await startGateway({
  port: 0,
  onCall: () => undefined,
  services: new Map([['ecs', (request) => jsonService(serviceOperations(services))(request)]]),
});

const ecs = createAwsClient('ecs', connectionTo({ aws: gateway.url, region: 'eu-west-1' }), 1);

beforeEach(() => {
  answerTo = () => SUCCEEDED;
});
afterAll(() => gateway.close());

const lambdaAt = (stages: LambdaHook['stages'], more: Partial<LambdaHook> = {}): LambdaHook => ({
  ...{ targetType: 'AWS_LAMBDA', functionName: 'check', stages },
  ...more,
});

const pauseAt = (stages: PauseHook['stages']): PauseHook => ({
  ...{ stages, timeoutInMinutes: 60, timeoutAction: 'ROLLBACK' },
});

/** Has time pass second by second, as functions answer in between. */
const pass = async (seconds: number): Promise<void> => {
  for (let second = 0; second < seconds; second += 1) {
    now += 1_000;
    services.command('prod', 'shop', { kind: 'wait' });
    await settled();
  }
};

const newest = () => {
  const deployment = services.states()[0]?.deployments.at(-1);
  if (deployment === undefined) {
    throw new Error('Nothing was deployed');
  }
  return deployment;
};

const DEPLOYMENT = 'arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/';
const REVISION = 'arn:aws:ecs:eu-west-1:111122223333:service-revision/prod/shop/';

const Described = v.object({ serviceDeployments: v.tuple([v.record(v.string(), v.unknown())]) });

const described = async (): Promise<JsonRecord> => {
  const serviceDeploymentArns = [`${DEPLOYMENT}${newest().id}`];
  const told = v.parse(Described, await ecs('DescribeServiceDeployments', { serviceDeploymentArns }));
  return told.serviceDeployments[0];
};

const stopIt = () =>
  ecs('StopServiceDeployment', { serviceDeploymentArn: `${DEPLOYMENT}${newest().id}`, stopType: 'ROLLBACK' });

const Weights = v.record(v.string(), v.number());

const Payload = v.object({
  lifecycleStage: v.string(),
  executionDetails: v.object({ productionTrafficWeights: Weights, testTrafficWeights: Weights }),
});

type Share = { readonly production?: number | undefined; readonly test?: number | undefined };

/** At which stages functions were called, and how much of the traffic each heard that the new version has. */
const heard = (): readonly (readonly [string, Share])[] =>
  services.hookCalls().map(({ payload }) => {
    const { lifecycleStage, executionDetails } = v.parse(Payload, payload);
    const target = `${REVISION}${newest().target.number}`;
    return [
      lifecycleStage,
      {
        production: executionDetails.productionTrafficWeights[target],
        test: executionDetails.testTrafficWeights[target],
      },
    ];
  });

const A_UUID: unknown = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);

const EVERY_STAGE = [
  ...(['RECONCILE_SERVICE', 'PRE_SCALE_UP', 'POST_SCALE_UP', 'TEST_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT'] as const),
  ...(['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT'] as const),
];

describe('a function at the hooks of the simulated ECS', () => {
  it('is called with what ECS says of a deployment, and lets it go on', async () => {
    fresh({ hooks: [lambdaAt(['TEST_TRAFFIC_SHIFT'], { hookDetails: { suite: 'smoke' } })] });
    services.start('prod', 'shop');
    await pass(30);
    const { id, status, target, source } = newest();
    expect(status).toBe('SUCCESSFUL');
    expect(services.hookCalls()).toEqual([
      expect.objectContaining({
        functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:check',
        payload: {
          executionId: A_UUID,
          lifecycleStage: 'TEST_TRAFFIC_SHIFT',
          resourceArn: `${DEPLOYMENT}${id}`,
          executionDetails: {
            serviceArn: 'arn:aws:ecs:eu-west-1:111122223333:service/prod/shop',
            targetServiceRevisionArn: `${REVISION}${target.number}`,
            testTrafficWeights: { [`${REVISION}${target.number}`]: 100, [`${REVISION}${source?.number}`]: 0 },
            productionTrafficWeights: {},
          },
          hookDetails: { suite: 'smoke' },
        },
        answer: SUCCEEDED,
      }),
    ]);
    // The bus hears of the deployment only: hook events are of pause hooks.
    expect(events.map((event) => event['detail-type'])).toEqual([
      'ECS Deployment State Change',
      'ECS Deployment State Change',
    ]);
  });

  it('finds the details beside the rest where ECS writes as it once did', async () => {
    fresh({ payload: 'flat', hooks: [lambdaAt(['POST_TEST_TRAFFIC_SHIFT'])] });
    services.start('prod', 'shop');
    await pass(10);
    const payload = services.hookCalls()[0]?.payload ?? {};
    expect(Object.keys(payload).sort()).toEqual([
      ...['executionId', 'lifecycleStage', 'productionTrafficWeights', 'resourceArn', 'serviceArn'],
      ...['targetServiceRevisionArn', 'testTrafficWeights'],
    ]);
  });

  it.each([
    ['BLUE_GREEN', [100]],
    ['CANARY', [10, 100]],
    ['LINEAR', [40, 80, 100]],
  ] as const)('is called at every stage, and of %s at every step with its weights', async (strategy, steps) => {
    fresh({ strategy, steps, hooks: [lambdaAt(EVERY_STAGE)] });
    services.start('prod', 'shop');
    await pass(60);
    expect(newest().status).toBe('SUCCESSFUL');
    expect(heard()).toEqual([
      ['RECONCILE_SERVICE', {}],
      ['PRE_SCALE_UP', {}],
      ['POST_SCALE_UP', {}],
      ['TEST_TRAFFIC_SHIFT', { test: 100 }],
      ['POST_TEST_TRAFFIC_SHIFT', {}],
      ...steps.flatMap((production, index) => [
        ['PRE_PRODUCTION_TRAFFIC_SHIFT', { production: index === 0 ? 0 : steps[index - 1] }],
        ['PRODUCTION_TRAFFIC_SHIFT', { production }],
      ]),
      ['POST_PRODUCTION_TRAFFIC_SHIFT', {}],
    ]);
    const executionIds = services.hookCalls().map(({ payload }) => payload['executionId']);
    expect(new Set(executionIds).size).toBe(executionIds.length);
  });

  it('has the traffic stay at each step but the last for its time, by the clock of the stack', async () => {
    fresh({ strategy: 'CANARY', steps: [10, 100], stepBakeTime: 60_000, bakeTime: 120_000, hooks: [] }, 2);
    services.start('prod', 'shop');
    await pass(8);
    expect(await described()).toMatchObject({
      lifecycleStage: 'PRODUCTION_TRAFFIC_SHIFT',
      targetServiceRevision: { requestedProductionTrafficWeight: 10, requestedTestTrafficWeight: 100 },
      sourceServiceRevisions: [{ requestedProductionTrafficWeight: 90, requestedTestTrafficWeight: 0 }],
      deploymentConfiguration: {
        strategy: 'CANARY',
        bakeTimeInMinutes: 2,
        canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 1 },
      },
    });
    await pass(29);
    expect(newest()).toMatchObject({ at: 7 });
    await pass(2 + 30);
    expect(await described()).toMatchObject({
      status: 'IN_PROGRESS',
      lifecycleStage: 'BAKE_TIME',
      targetServiceRevision: { requestedProductionTrafficWeight: 100 },
    });
    await pass(40);
    expect(newest().status).toBe('SUCCESSFUL');
  });

  it.each([
    ['says FAILED', FAILED],
    ['says nothing', { kind: 'returned', value: undefined }],
    ['says null', { kind: 'returned', value: null }],
    ['says no hookStatus', { kind: 'returned', value: { status: 'SUCCEEDED' } }],
    ['says a hookStatus that there is not', { kind: 'returned', value: { hookStatus: 'Succeeded' } }],
    ['gives its answer as text', { kind: 'returned', value: '{"hookStatus":"SUCCEEDED"}' }],
    ['asks to be called at no time that there is', inProgress({ callBackDelay: 'soon' })],
    ['keeps details that are none', inProgress({ hookDetails: 'state' })],
    ['throws, or takes too long', { kind: 'failed', says: 'Sandbox.Timedout: Task timed out after 3.00 seconds' }],
  ] satisfies readonly (readonly [string, HookAnswer])[])('takes a deployment back when it %s', async (_, answer) => {
    answerTo = () => answer;
    fresh({ hooks: [lambdaAt(['POST_TEST_TRAFFIC_SHIFT'])] });
    services.start('prod', 'shop');
    await pass(6);
    expect(await described()).toMatchObject({
      status: 'ROLLBACK_IN_PROGRESS',
      statusReason: 'Service deployment rolled back: hook execution failure(s) detected.',
      lifecycleHookDetails: [{ targetType: 'AWS_LAMBDA', status: 'FAILED' }],
      targetServiceRevision: { requestedTestTrafficWeight: 0 },
    });
    await pass(2);
    expect(newest().status).toBe('ROLLBACK_SUCCESSFUL');
  });

  it('takes a deployment back when it cannot be called', async () => {
    answerTo = () => {
      throw new Error('There is no function check');
    };
    fresh({ hooks: [lambdaAt(['PRE_SCALE_UP'])] });
    services.start('prod', 'shop');
    await pass(10);
    expect(newest().status).toBe('ROLLBACK_SUCCESSFUL');
    expect(services.hookCalls()[0]?.answer).toEqual({ kind: 'failed', says: 'There is no function check' });
  });

  it('is called again when it asks for it, after half a minute or when it says, and told what it has said', async () => {
    const answers = [
      inProgress({ callBackDelay: 10, hookDetails: { seen: 1 } }),
      inProgress({ hookDetails: { seen: 2, ref: 'run-7' } }),
    ];
    answerTo = ({ call, payload }) =>
      payload['lifecycleStage'] === 'POST_TEST_TRAFFIC_SHIFT' ? (answers[call - 1] ?? SUCCEEDED) : SUCCEEDED;
    const hookDetails = { suite: 'smoke', seen: 0 };
    fresh({ hooks: [lambdaAt(['POST_TEST_TRAFFIC_SHIFT', 'PRE_PRODUCTION_TRAFFIC_SHIFT'], { hookDetails })] });
    services.start('prod', 'shop');
    await pass(6);
    expect(await described()).toMatchObject({
      lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
      lifecycleHookDetails: [
        {
          hookId: services.hookCalls()[0]?.hook,
          targetType: 'AWS_LAMBDA',
          targetArn: 'arn:aws:lambda:eu-west-1:111122223333:function:check',
          status: 'IN_PROGRESS',
          expiresAt: now / 1000 + 1440 * 60,
          timeoutAction: 'ROLLBACK',
        },
      ],
    });
    const count = () => services.hookCalls().length;
    await pass(9);
    expect(count()).toBe(1);
    await pass(1);
    expect(count()).toBe(2);
    await pass(29);
    expect(count()).toBe(2);
    await pass(1);
    expect(count()).toBe(3);
    await pass(20);
    expect(newest().status).toBe('SUCCESSFUL');
    // What one hook keeps is nobody else's.
    expect(services.hookCalls().map(({ payload }) => payload['hookDetails'])).toEqual([
      { suite: 'smoke', seen: 0 },
      { suite: 'smoke', seen: 1 },
      { suite: 'smoke', seen: 2, ref: 'run-7' },
      { suite: 'smoke', seen: 0 },
    ]);
    const ids = services.hookCalls().map(({ payload }) => payload['executionId']);
    expect([ids[0] === ids[1], ids[1] === ids[2], ids[2] === ids[3]]).toEqual([true, true, false]);
  });

  it('is called again sooner by a faster clock, and by another execution id where ECS does that', async () => {
    answerTo = ({ call }) => (call === 1 ? inProgress({ callBackDelay: 60 }) : SUCCEEDED);
    fresh({ executionIds: 'fresh', hooks: [lambdaAt(['RECONCILE_SERVICE'])] }, 20);
    services.start('prod', 'shop');
    await pass(4);
    const [first, second] = services.hookCalls();
    expect(second?.hook).toBe(first?.hook);
    expect(second?.payload['executionId']).not.toBe(first?.payload['executionId']);
  });

  it.each([
    ['ROLLBACK', 'ROLLBACK_SUCCESSFUL'],
    ['CONTINUE', 'SUCCESSFUL'],
  ] as const)(
    'has so long, and then %s is done; what it says after that is not heard',
    async (timeoutAction, status) => {
      const late = Promise.withResolvers<HookAnswer>();
      answerTo = () => late.promise;
      fresh({ hooks: [lambdaAt(['POST_SCALE_UP'], { timeoutInMinutes: 1, timeoutAction })] });
      services.start('prod', 'shop');
      await pass(63);
      expect(newest()).toMatchObject({ status: 'IN_PROGRESS', doing: 'hooks' });
      await pass(1);
      expect(newest().hooks).toMatchObject(timeoutAction === 'ROLLBACK' ? [{ status: 'TIMED_OUT' }] : []);
      late.resolve(timeoutAction === 'ROLLBACK' ? SUCCEEDED : FAILED);
      await pass(20);
      expect(newest().status).toBe(status);
    },
  );

  it('is not called again after its time is up', async () => {
    answerTo = () => inProgress({ callBackDelay: 45 });
    fresh({ hooks: [lambdaAt(['PRE_SCALE_UP'], { timeoutInMinutes: 1 })] });
    services.start('prod', 'shop');
    await pass(120);
    expect(newest()).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      reason: 'Service deployment rolled back because a Lambda hook timed out.',
    });
    expect(services.hookCalls()).toHaveLength(2);
  });

  it('works beside people: all have to let a deployment go on, any takes it back', async () => {
    fresh({ hooks: [pauseAt(['POST_TEST_TRAFFIC_SHIFT']), lambdaAt(['POST_TEST_TRAFFIC_SHIFT'])] });
    const deployment = services.start('prod', 'shop');
    await pass(20);
    const [pause, lambda] = newest().hooks;
    expect([pause?.status, lambda?.status]).toEqual(['AWAITING_ACTION', 'SUCCEEDED']);
    const go = { kind: 'continue', deployment, action: 'CONTINUE' } as const;
    expect(services.command('prod', 'shop', { ...go, hook: lambda?.id ?? '' })).toMatchObject({
      code: 'InvalidParameterException',
    });
    services.command('prod', 'shop', { ...go, hook: pause?.id ?? '' });
    await pass(20);
    expect(newest().status).toBe('SUCCESSFUL');

    answerTo = () => FAILED;
    services.start('prod', 'shop');
    await pass(6);
    expect(newest()).toMatchObject({
      status: 'ROLLBACK_IN_PROGRESS',
      hooks: [{ status: 'AWAITING_ACTION' }, { status: 'FAILED' }],
    });
  });

  it('is called again in a rollback where it has heard of traffic, and nothing that it says matters then', async () => {
    fresh({
      ...{ strategy: 'LINEAR', steps: [40, 80, 100], stepBakeTime: 60_000, targetGroups: ['shop-1', 'shop-2'] },
      hooks: [lambdaAt(['TEST_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT'])],
    });
    services.start('prod', 'shop');
    await pass(8 + 60 + 3);
    expect(await described()).toMatchObject({ targetServiceRevision: { requestedProductionTrafficWeight: 80 } });
    const [state] = services.states();
    expect(state && runningServiceOf(state)).toEqual({
      targetGroups: ['shop-1', 'shop-2'],
      tasks: [
        { taskDefinition: 'shop:1', targetGroup: 'shop-1', weight: 20, hasTestTraffic: false, running: 2 },
        { taskDefinition: 'shop:2', targetGroup: 'shop-2', weight: 80, hasTestTraffic: true, running: 2 },
      ],
    });
    const before = heard().length;
    const last = Promise.withResolvers<HookAnswer>();
    answerTo = ({ payload }) => (payload['lifecycleStage'] === 'TEST_TRAFFIC_SHIFT' ? last.promise : FAILED);
    await stopIt();
    expect(newest().status).toBe('ROLLBACK_IN_PROGRESS');
    await pass(10);
    expect(heard().slice(before)).toEqual([
      ['PRODUCTION_TRAFFIC_SHIFT', { production: 0 }],
      ['TEST_TRAFFIC_SHIFT', { test: 0 }],
    ]);
    const { executionDetails } = services.hookCalls().at(-2)?.payload ?? {};
    expect(executionDetails).toMatchObject({
      targetServiceRevisionArn: `${REVISION}${newest().target.number}`,
      productionTrafficWeights: { [`${REVISION}${newest().source?.number}`]: 100 },
    });
    // It waits for the answer.
    expect(newest().status).toBe('ROLLBACK_IN_PROGRESS');
    last.resolve(FAILED);
    await pass(1);
    expect(newest()).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      reason: 'Service deployment was stopped by a user.',
    });
  });

  it('keeps no rollback for ever', async () => {
    answerTo = ({ payload }) =>
      payload['lifecycleStage'] === 'TEST_TRAFFIC_SHIFT' && newest().status === 'ROLLBACK_IN_PROGRESS'
        ? inProgress()
        : payload['lifecycleStage'] === 'TEST_TRAFFIC_SHIFT'
          ? SUCCEEDED
          : FAILED;
    fresh({
      hooks: [lambdaAt(['TEST_TRAFFIC_SHIFT', 'POST_TEST_TRAFFIC_SHIFT'], { timeoutInMinutes: 2 })],
    });
    services.start('prod', 'shop');
    await pass(120);
    expect(newest().status).toBe('ROLLBACK_IN_PROGRESS');
    await pass(10);
    expect(newest().status).toBe('ROLLBACK_SUCCESSFUL');
  });

  it('is told of in what a service is configured with', async () => {
    fresh({
      strategy: 'LINEAR',
      steps: [50, 100],
      hooks: [pauseAt(['PRE_SCALE_UP']), lambdaAt(['PRODUCTION_TRAFFIC_SHIFT'], { hookDetails: { suite: 'smoke' } })],
    });
    services.start('prod', 'shop');
    const { deploymentConfiguration } = await described();
    expect(deploymentConfiguration).toMatchObject({
      strategy: 'LINEAR',
      linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 0 },
      lifecycleHooks: [
        {
          targetType: 'PAUSE',
          lifecycleStages: ['PRE_SCALE_UP'],
          timeoutConfiguration: { timeoutInMinutes: 60, action: 'ROLLBACK' },
        },
        {
          targetType: 'AWS_LAMBDA',
          hookTargetArn: 'arn:aws:lambda:eu-west-1:111122223333:function:check',
          roleArn: 'arn:aws:iam::111122223333:role/ecs-hooks',
          lifecycleStages: ['PRODUCTION_TRAFFIC_SHIFT'],
          hookDetails: { suite: 'smoke' },
          timeoutConfiguration: { timeoutInMinutes: 1440, action: 'ROLLBACK' },
        },
      ],
    });
  });
});

/** A bundled function that looks at the new version through the listener for tests. */
const HANDLER = `exports.handler = async () => {
  const hosts = JSON.parse(process.env.LOCAL_HOSTS);
  const { status } = await fetch(hosts['basket-test.example.com'] + '/health');
  return { hookStatus: status === 200 ? 'SUCCEEDED' : 'FAILED' };
};`;

describe('the service `basket` of the local stack', () => {
  let taskRoot: string;
  let stack: Stack;

  beforeAll(async () => {
    taskRoot = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    await mkdir(join(taskRoot, 'dist/check'), { recursive: true });
    await writeFile(join(taskRoot, 'dist/check/index.js'), HANDLER);
    await writeFile(join(taskRoot, 'dist/package.json'), '{ "type": "commonjs" }');
    const template = parseTemplate({
      Resources: {
        Validate: {
          Type: 'AWS::Lambda::Function',
          Properties: { FunctionName: 'CodeDeployHook_gatehouse-local', Handler: 'dist/check/index.handler' },
        },
      },
    });
    stack = await aStack({ template, taskRoot }, { deployments: 'C0DEPLOYMENTS' }, { speed: 200 });
  });

  afterAll(async () => {
    await stack.stop();
    await rm(taskRoot, { recursive: true });
  });

  const update = (taskDefinition: string): Promise<unknown> =>
    createAwsClient(
      'ecs',
      connectionTo(stack),
      1,
    )('UpdateService', {
      ...{ cluster: 'prod', service: 'basket', taskDefinition },
    });

  const ended = () =>
    eventually(
      () => {
        const state = stack.services.states().find(({ service }) => service.service === 'basket');
        return Promise.resolve(state?.deployments.at(-1));
      },
      (deployment) => deployment?.finishedAt !== undefined,
    );

  const answers = async (host: string): Promise<unknown> => {
    const response = await fetch(`${stack.hosts[host]}/version`);
    return response.json();
  };

  it('lets a good version through, which answers everybody then', async () => {
    expect(await answers('basket.example.com')).toEqual({ version: '1' });
    await update('basket:2');
    expect((await ended())?.status).toBe('SUCCESSFUL');
    expect(await answers('basket.example.com')).toEqual({ version: '2' });
    expect(stack.services.hookCalls().map(({ payload }) => payload['lifecycleStage'])).toEqual([
      'POST_TEST_TRAFFIC_SHIFT',
      ...[40, 80, 100].flatMap(() => ['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']),
    ]);
  });

  it('tells in which target group a revision is, and how its tasks feel', async () => {
    const state = stack.services.states().find(({ service }) => service.service === 'basket');
    const revisions = (state?.deployments ?? []).map(
      ({ target }) => `arn:aws:ecs:us-east-1:000000000000:service-revision/prod/basket/${target.number}`,
    );
    const call = createAwsClient('ecs', connectionTo(stack), 1);
    expect(await call('DescribeServiceRevisions', { serviceRevisionArns: revisions })).toMatchObject({
      serviceRevisions: ['basket-1', 'basket-2'].map((name) => ({
        loadBalancers: [{ targetGroupArn: targetGroupArn('basket-1') }],
        resolvedConfiguration: { loadBalancers: [{ targetGroupArn: targetGroupArn(name) }] },
      })),
    });
    const read = createReadTargets(connectionTo(stack));
    const statesIn = async (group: string) =>
      (await read(group, AbortSignal.timeout(5_000))).map((target) => target.state);
    expect([await statesIn('basket-1'), await statesIn('basket-2')]).toEqual([[], ['healthy', 'healthy']]);
  });

  it('keeps a bad one from everybody', async () => {
    await update('arn:aws:ecs:us-east-1:000000000000:task-definition/basket:3');
    const deployment = await ended();
    expect(deployment?.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(deployment?.target.image).toMatch(/basket:1\.3\.0$/);
    expect(await answers('basket.example.com')).toEqual({ version: '2' });
    expect(await answers('basket-test.example.com')).toEqual({ version: '2' });
  });

  it('has no task definitions but its own, and nothing to do for the one that runs', async () => {
    for (const unknown of ['basket:4', 'web:1', 'arn:aws:ecs:us-east-1:1:task-definition/basket:2']) {
      await expect(update(unknown)).rejects.toMatchObject({ name: 'ClientException' });
    }
    const count = () => stack.services.states().flatMap(({ deployments }) => deployments).length;
    const before = count();
    await update('basket:2');
    expect(count()).toBe(before);
  });
});
