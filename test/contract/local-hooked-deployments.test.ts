import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hookedOperations } from '../../local/aws/codedeploy/hooked/hooked-operations.ts';
import { fasterHookedGroup } from '../../local/aws/codedeploy/hooked/hooked-group.ts';
import type { HookedGroup } from '../../local/aws/codedeploy/hooked/hooked-group.ts';
import { weightsOf } from '../../local/aws/codedeploy/hooked/hooked-state.ts';
import type { HookCall } from '../../local/aws/codedeploy/hooked/hooked-step.ts';
import { runHookedDeployments } from '../../local/aws/codedeploy/hooked/simulated-hooked.ts';
import type { HookedDeployments } from '../../local/aws/codedeploy/hooked/simulated-hooked.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { answer, jsonService, refusal } from '../../local/aws/service.ts';
import type { Service } from '../../local/aws/service.ts';
import type { JsonRecord } from '../../local/json.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { aLambdaGroup, anEcsGroup, BOTH_HOOKS, ecsAppSpec, lambdaAppSpec } from '../support/hooked-deployments.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

const HEARD_OF = 'd-HEARDOF01';
const UNKNOWN = 'd-UNKNOWN01';

const Target = v.object({
  deploymentTarget: v.object({
    lambdaTarget: v.optional(v.record(v.string(), v.unknown())),
    ecsTarget: v.optional(v.record(v.string(), v.unknown())),
  }),
});
const Lifecycle = v.array(v.object({ lifecycleEventName: v.string(), status: v.string() }));

let now = TEN_O_CLOCK;
let hooked: HookedDeployments;
let events: JsonRecord[] = [];
let calls: HookCall[] = [];
let service: Service;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let call: AwsClient;

/** The groups' clock is turned by hand: each call sees what has happened by then. */
const run = (...groups: readonly HookedGroup[]): void => {
  now = TEN_O_CLOCK;
  events = [];
  calls = [];
  hooked = runHookedDeployments({
    groups,
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: (event) => events.push(event),
    callHook: (called) => {
      calls.push(called);
      return called.functionName === 'CodeDeployHook_nobody' ? 'there is no such function.' : undefined;
    },
  });
  const elsewhere = new Map([
    [
      'GetDeployment',
      ({ deploymentId }: JsonRecord) =>
        deploymentId === HEARD_OF
          ? answer({ deploymentInfo: { deploymentId, status: 'Failed' } })
          : refusal('DeploymentDoesNotExistException', 'Nobody has heard of it.'),
    ],
    ['BatchGetDeployments', ({ deploymentIds }: JsonRecord) => answer({ deploymentsInfo: [{ asked: deploymentIds }] })],
    ['ListDeployments', () => answer({ deployments: [HEARD_OF] })],
  ]);
  const operations = jsonService(hookedOperations(hooked, elsewhere));
  service = (request) => {
    pass(0);
    return operations(request);
  };
};

const pass = (seconds: number): void => {
  now += seconds * 1_000;
  for (const { group } of hooked.states()) {
    hooked.command(group.application, group.group, { kind: 'wait' });
  }
};

beforeAll(async () => {
  gateway = await startGateway({
    port: 0,
    onCall: () => undefined,
    services: new Map([['codedeploy', (request) => service(request)]]),
  });
  call = createAwsClient(
    'codedeploy',
    {
      region: 'eu-west-1',
      urlSuffix: 'nowhere.invalid',
      endpoint: gateway.url,
      credentials: { accessKeyId: 'alice', secretAccessKey: 'x' },
    },
    1,
  );
});

beforeEach(() => {
  run(aLambdaGroup(), anEcsGroup());
});
afterAll(() => gateway.close());

const revision = (content: string): JsonRecord => ({ revisionType: 'AppSpecContent', appSpecContent: { content } });

const create = async (application: string, content: string, more: JsonRecord = {}): Promise<string> => {
  const made = await call('CreateDeployment', {
    applicationName: application,
    deploymentGroupName: 'prod',
    revision: revision(content),
    ...more,
  });
  return v.parse(v.object({ deploymentId: v.string() }), made).deploymentId;
};

const canary = (more: JsonRecord = {}): Promise<string> => create('orders', lambdaAppSpec('1', '2', BOTH_HOOKS), more);

const infoOf = async (deploymentId: string): Promise<JsonRecord> =>
  v.parse(
    v.object({ deploymentInfo: v.record(v.string(), v.unknown()) }),
    await call('GetDeployment', { deploymentId }),
  ).deploymentInfo;

const targetOf = async (deploymentId: string): Promise<JsonRecord> => {
  const { targetIds } = v.parse(
    v.object({ targetIds: v.array(v.string()) }),
    await call('ListDeploymentTargets', { deploymentId }),
  );
  const { deploymentTarget } = v.parse(
    Target,
    await call('GetDeploymentTarget', { deploymentId, targetId: targetIds[0] }),
  );
  return deploymentTarget.lambdaTarget ?? deploymentTarget.ecsTarget ?? {};
};

/** The lifecycle of a deployment so far, one word an event. */
const lifecycleOf = async (deploymentId: string): Promise<readonly string[]> =>
  v
    .parse(Lifecycle, (await targetOf(deploymentId))['lifecycleEvents'])
    .map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`);

/** What the function says that was called last. */
const report = (status: string, called = calls.at(-1)): Promise<unknown> =>
  call('PutLifecycleEventHookExecutionStatus', {
    deploymentId: called?.deployment,
    lifecycleEventHookExecutionId: called?.executionId,
    status,
  });

const weights = (): readonly (readonly [string, number])[] =>
  hooked.states().flatMap(({ traffic }) => [...weightsOf(traffic)]);

const rollbackOf = async (deploymentId: string): Promise<string> => {
  const { rollbackInfo } = await infoOf(deploymentId);
  return v.parse(v.object({ rollbackDeploymentId: v.string() }), rollbackInfo).rollbackDeploymentId;
};

const refusalOf = (operation: string, input: object): Promise<string> =>
  call(operation, input).then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.name : 'no error'),
  );

/** What the bus heard, one line an event: second and state. */
const story = (deployment: string): readonly string[] =>
  events.flatMap((event) => {
    const parsed = parseEventText(JSON.stringify(event));
    if (parsed.kind !== 'change') {
      return ['not a change'];
    }
    const { rollout, state, version } = parsed.change;
    return rollout.executionId === deployment ? [`${(version.time - TEN_O_CLOCK) / 1_000} ${state}`] : [];
  });

describe('the simulated CodeDeploy, deploying to Lambda', () => {
  it('calls the hooks around a canary, and shifts the alias', async () => {
    const id = await canary({ description: 'Currencies' });
    expect(await infoOf(id)).toMatchObject({
      status: 'InProgress',
      computePlatform: 'Lambda',
      creator: 'user',
      description: 'Currencies',
      deploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content: null } },
    });
    expect(await lifecycleOf(id)).toEqual([
      'BeforeAllowTraffic InProgress',
      'AllowTraffic Pending',
      'AfterAllowTraffic Pending',
    ]);
    expect(calls).toMatchObject([{ functionName: 'CodeDeployHook_check', deployment: id }]);
    pass(30);
    expect(await report('Succeeded')).toEqual({ lifecycleEventHookExecutionId: calls[0]?.executionId });
    expect(await targetOf(id)).toMatchObject({
      targetId: 'orders',
      status: 'InProgress',
      lambdaFunctionInfo: {
        functionName: 'orders',
        functionAlias: 'live',
        currentVersion: '1',
        targetVersion: '2',
        targetVersionWeight: 10,
      },
    });
    expect(weights()).toEqual([
      ['1', 90],
      ['2', 10],
    ]);
    pass(299);
    expect(await lifecycleOf(id)).toContain('AllowTraffic InProgress');
    pass(3);
    expect(weights()).toEqual([['2', 100]]);
    expect(await lifecycleOf(id)).toEqual([
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic Succeeded',
      'AfterAllowTraffic InProgress',
    ]);
    pass(60);
    await report('Succeeded');
    expect(await infoOf(id)).toMatchObject({ status: 'Succeeded', completeTime: TEN_O_CLOCK / 1_000 + 392 });
    expect(story(id)).toEqual(['0 in-progress', '392 succeeded']);
  });

  it('gives each call of a hook an id of its own, as opaque and as long as CodeDeploy does', async () => {
    await canary();
    await report('Succeeded');
    pass(400);
    const ids = calls.map(({ executionId }) => executionId);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) {
      expect(id).toMatch(/^[A-Za-z0-9+/]{287}=$/);
      const { encryptedData, ...rest } = v.parse(
        v.record(v.string(), v.unknown()),
        JSON.parse(Buffer.from(id, 'base64').toString()),
      );
      expect(Object.keys({ encryptedData, ...rest })).toEqual([
        'encryptedData',
        'ivParameterSpec',
        'materialSetSerial',
      ]);
    }
  });

  it('fails when a hook says so before any traffic, and brings back what ran by a deployment of its own', async () => {
    const id = await canary();
    await report('Failed');
    expect(await infoOf(id)).toMatchObject({
      status: 'Failed',
      errorInformation: { code: 'HOOK_EXECUTION_FAILURE' },
    });
    expect(await lifecycleOf(id)).toEqual([
      'BeforeAllowTraffic Failed',
      'AllowTraffic Skipped',
      'AfterAllowTraffic Skipped',
    ]);
    const rollback = await rollbackOf(id);
    expect(await infoOf(rollback)).toMatchObject({
      status: 'InProgress',
      creator: 'codeDeployRollback',
      rollbackInfo: { rollbackTriggeringDeploymentId: id },
    });
    expect(story(id).at(-1)).toBe('0 failed');
    expect(story(rollback)).toEqual(['0 in-progress']);
  });

  it('calls the hooks of a rollback too, which are those of what ran before', async () => {
    const id = await canary();
    await report('Succeeded');
    pass(400);
    expect(weights()).toEqual([['2', 100]]);
    await report('Failed');
    const rollback = await rollbackOf(id);
    expect(calls.at(-1)?.deployment).toBe(rollback);
    expect(await lifecycleOf(rollback)).toContain('BeforeAllowTraffic InProgress');
    await report('Succeeded');
    pass(2);
    expect(weights()).toEqual([['1', 100]]);
    await report('Succeeded');
    expect(await infoOf(rollback)).toMatchObject({ status: 'Succeeded' });
    expect(await targetOf(rollback)).toMatchObject({
      lambdaFunctionInfo: { currentVersion: '2', targetVersion: '1', targetVersionWeight: 100 },
    });
  });

  it('rolls a failed rollback back no further', async () => {
    await canary();
    await report('Failed');
    await report('Failed');
    expect(hooked.stateOf('orders', 'prod')?.deployments.map(({ status }) => status)).toEqual([
      'Succeeded',
      'Failed',
      'Failed',
    ]);
  });

  it('gives up on a hook after an hour, by its own clock', async () => {
    const id = await canary();
    pass(3_599);
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress' });
    const [first] = calls;
    pass(1);
    expect(await infoOf(id)).toMatchObject({
      status: 'Failed',
      errorInformation: { code: 'HOOK_EXECUTION_FAILURE' },
    });
    await expect(report('Succeeded', first)).rejects.toMatchObject({ name: 'LifecycleEventAlreadyCompletedException' });
  });

  it('gives up sooner by a faster clock, and shifts sooner', async () => {
    run(fasterHookedGroup(aLambdaGroup(), 60));
    const id = await canary();
    await report('Succeeded');
    pass(5.1);
    expect(await lifecycleOf(id)).toContain('AfterAllowTraffic InProgress');
    pass(59);
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress' });
    pass(1);
    expect(await infoOf(id)).toMatchObject({ status: 'Failed' });
  });

  it('fails when there is no function of the name that a hook has', async () => {
    const id = await create('orders', lambdaAppSpec('1', '2', { BeforeAllowTraffic: 'CodeDeployHook_nobody' }));
    expect(await infoOf(id)).toMatchObject({ status: 'Failed', errorInformation: { code: 'HOOK_EXECUTION_FAILURE' } });
  });

  it('shifts step by step, or at once, as the configuration says', async () => {
    const id = await create('orders', lambdaAppSpec('1', '2'), {
      deploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
    });
    const shares: unknown[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      const { lambdaFunctionInfo } = await targetOf(id);
      shares.push(v.parse(v.object({ targetVersionWeight: v.number() }), lambdaFunctionInfo).targetVersionWeight);
      pass(60);
    }
    expect(shares).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(await infoOf(id)).toMatchObject({ status: 'Succeeded' });
    const next = await create('orders', lambdaAppSpec('2', '3'), {
      deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
    });
    pass(2);
    expect(await infoOf(next)).toMatchObject({ status: 'Succeeded' });
  });

  it('says by what steps a configuration shifts', async () => {
    const routing = async (name: string): Promise<unknown> => {
      const told = await call('GetDeploymentConfig', { deploymentConfigName: `CodeDeployDefault.${name}` });
      return v.parse(
        v.object({
          deploymentConfigInfo: v.object({ computePlatform: v.string(), trafficRoutingConfig: v.unknown() }),
        }),
        told,
      ).deploymentConfigInfo;
    };
    expect(await routing('LambdaLinear10PercentEvery3Minutes')).toMatchObject({
      computePlatform: 'Lambda',
      trafficRoutingConfig: {
        type: 'TimeBasedLinear',
        timeBasedLinear: { linearPercentage: 10, linearInterval: 3 },
      },
    });
    expect(await routing('LambdaCanary10Percent5Minutes')).toMatchObject({
      trafficRoutingConfig: {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: 10, canaryInterval: 5 },
      },
    });
    expect(await routing('ECSAllAtOnce')).toMatchObject({
      computePlatform: 'ECS',
      trafficRoutingConfig: { type: 'AllAtOnce' },
    });
    expect(await refusalOf('GetDeploymentConfig', {})).toBe('DeploymentConfigNameRequiredException');
    expect(await refusalOf('GetDeploymentConfig', { deploymentConfigName: 'Mine' })).toBe(
      'DeploymentConfigDoesNotExistException',
    );
  });

  it('takes the traffic back when it is stopped in the midst of a shift', async () => {
    const id = await create('orders', lambdaAppSpec('1', '2'), {
      deploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
    });
    pass(70);
    expect(weights()).toContainEqual(['2', 20]);
    await call('StopDeployment', { deploymentId: id, autoRollbackEnabled: true });
    expect(await lifecycleOf(id)).toContain('AllowTraffic Failed');
    const back = await rollbackOf(id);
    // Its hooks are those of what ran before.
    for (let hook = 0; hook < 2; hook += 1) {
      await report('Succeeded');
      pass(5);
    }
    expect(await infoOf(back)).toMatchObject({ status: 'Succeeded', creator: 'codeDeployRollback' });
    expect(weights()).toContainEqual(['1', 100]);
    expect(story(id).map((line) => line.replace(/^\S+ /, ''))).toEqual(['in-progress', 'stopped']);
    expect(story(back).map((line) => line.replace(/^\S+ /, ''))).toEqual(['in-progress', 'succeeded']);
  });

  it('stops when an alarm of its group is red, also when it was red before, and rolls back where the group says so', async () => {
    run(aLambdaGroup({ alarms: ['orders-errors'] }));
    const id = await canary();
    await report('Succeeded');
    hooked.setRedAlarms(['other']);
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress' });
    hooked.setRedAlarms(['other', 'orders-errors']);
    expect(await infoOf(id)).toMatchObject({ status: 'Stopped', errorInformation: { code: 'ALARM_ACTIVE' } });
    expect(story(id).at(-1)).toBe('0 stopped');
    const rollback = await rollbackOf(id);
    await report('Succeeded');
    pass(10);
    await report('Succeeded');
    expect(await infoOf(rollback)).toMatchObject({ status: 'Succeeded' });
    const careless = await canary({ overrideAlarmConfiguration: { enabled: false } });
    expect(await infoOf(careless)).toMatchObject({ status: 'InProgress' });
    await call('StopDeployment', { deploymentId: careless });
    expect(await infoOf(await canary())).toMatchObject({ status: 'Stopped' });
  });

  it('stops when it is told to, and hears no hook after that', async () => {
    const id = await canary();
    expect(await call('StopDeployment', { deploymentId: id })).toMatchObject({ status: 'Succeeded' });
    expect(await infoOf(id)).toMatchObject({ status: 'Stopped', errorInformation: { code: 'MANUAL_STOP' } });
    expect(await lifecycleOf(id)).toEqual([
      'BeforeAllowTraffic Unknown',
      'AllowTraffic Skipped',
      'AfterAllowTraffic Skipped',
    ]);
    await expect(report('Succeeded')).rejects.toMatchObject({ name: 'LifecycleEventAlreadyCompletedException' });
    expect(await infoOf(id)).not.toHaveProperty('rollbackInfo');
    const other = await canary();
    await call('StopDeployment', { deploymentId: other, autoRollbackEnabled: true });
    expect(await infoOf(await rollbackOf(other))).toMatchObject({ creator: 'codeDeployRollback' });
  });

  it('fails what cannot be deployed, each with its reason', async () => {
    const codes: unknown[] = [];
    for (const content of [
      lambdaAppSpec('1', '9'),
      lambdaAppSpec('2', '3'),
      lambdaAppSpec('1', '2').replace('"orders","Alias', '"payments","Alias'),
    ]) {
      const { status, errorInformation } = await infoOf(await create('orders', content));
      codes.push([status, v.parse(v.object({ code: v.string() }), errorInformation).code]);
    }
    expect(codes).toEqual([
      ['Failed', 'INVALID_LAMBDA_FUNCTION'],
      ['Failed', 'INVALID_LAMBDA_CONFIGURATION'],
      ['Failed', 'INVALID_LAMBDA_FUNCTION'],
    ]);
    expect(calls).toEqual([]);
  });

  it('reads YAML, hooks in small letters, and functions by their ARN', async () => {
    const arn = 'arn:aws:lambda:eu-west-1:111122223333:function';
    await create(
      'orders',
      [
        'version: 0.0',
        'Resources:',
        '  - orders:',
        '      Type: AWS::Lambda::Function',
        `      Properties: {Name: "${arn}:orders", Alias: live, CurrentVersion: "1", TargetVersion: 2}`,
        'hooks:',
        `  - BeforeAllowTraffic: ${arn}:CodeDeployHook_check`,
      ].join('\n'),
    );
    expect(calls).toMatchObject([{ functionName: `${arn}:CodeDeployHook_check` }]);
  });

  it('tells what an AppSpec says to those who know its hash', async () => {
    const content = lambdaAppSpec('1', '2', BOTH_HOOKS);
    const { revision: told } = await infoOf(await canary());
    expect(await call('GetApplicationRevision', { applicationName: 'orders', revision: told })).toMatchObject({
      revision: { appSpecContent: { content } },
      revisionInfo: { deploymentGroups: ['prod'] },
    });
  });

  it('tells of a group, of several deployments, and of what others have heard of', async () => {
    const id = await canary();
    expect(await call('GetDeploymentGroup', { applicationName: 'orders', deploymentGroupName: 'prod' })).toMatchObject({
      deploymentGroupInfo: {
        computePlatform: 'Lambda',
        lastAttemptedDeployment: { deploymentId: id },
        lastSuccessfulDeployment: { deploymentId: 'd-2A4E6B7D3' },
        autoRollbackConfiguration: { enabled: true },
      },
    });
    expect(await call('BatchGetDeployments', { deploymentIds: [HEARD_OF, id] })).toMatchObject({
      deploymentsInfo: [{ deploymentId: id }, { asked: [HEARD_OF] }],
    });
    expect(await infoOf(HEARD_OF)).toEqual({ deploymentId: HEARD_OF, status: 'Failed' });
    expect(await call('ListDeployments', { applicationName: 'orders' })).toEqual({ deployments: [id, 'd-2A4E6B7D3'] });
    expect(await call('ListDeployments', {})).toMatchObject({
      deployments: [id, 'd-2A4E6B7D3', 'd-3B5F7C8E4', HEARD_OF],
    });
  });

  it('refuses as AWS does', async () => {
    const id = await canary();
    const group = { applicationName: 'orders', deploymentGroupName: 'prod' };
    const good = { ...group, revision: revision(lambdaAppSpec('1', '2')) };
    const hook = {
      deploymentId: id,
      lifecycleEventHookExecutionId: calls[0]?.executionId,
      status: 'Succeeded',
    };
    const refusals = [
      ['PutLifecycleEventHookExecutionStatus', { ...hook, deploymentId: undefined }],
      ['PutLifecycleEventHookExecutionStatus', { ...hook, deploymentId: 'd-1' }],
      ['PutLifecycleEventHookExecutionStatus', { ...hook, deploymentId: UNKNOWN }],
      ['PutLifecycleEventHookExecutionStatus', { ...hook, lifecycleEventHookExecutionId: 'eyJ' }],
      ['PutLifecycleEventHookExecutionStatus', { ...hook, lifecycleEventHookExecutionId: undefined }],
      ['PutLifecycleEventHookExecutionStatus', { ...hook, status: 'InProgress' }],
      ['PutLifecycleEventHookExecutionStatus', { ...hook, status: 'Skipped' }],
      ['ListDeploymentTargets', { deploymentId: UNKNOWN }],
      ['BatchGetDeploymentTargets', { deploymentId: id, targetIds: [] }],
      ['BatchGetDeploymentTargets', { deploymentId: id, targetIds: ['payments'] }],
      ['BatchGetDeploymentTargets', { deploymentId: id, targetIds: Array.from({ length: 26 }, () => 'orders') }],
      ['GetDeploymentTarget', { deploymentId: id }],
      ['ContinueDeployment', { deploymentId: id, deploymentWaitType: 'READY_WAIT' }],
      ['ContinueDeployment', { deploymentId: id, deploymentWaitType: 'ANY' }],
      ['CreateDeployment', good],
      ['CreateDeployment', { ...good, applicationName: 'payments' }],
      ['CreateDeployment', { ...good, deploymentGroupName: 'test' }],
      ['CreateDeployment', { ...good, deploymentGroupName: undefined }],
      ['CreateDeployment', group],
      ['CreateDeployment', { ...group, revision: revision('version: 1') }],
      ['CreateDeployment', { ...group, revision: revision('{') }],
      ['CreateDeployment', { ...group, revision: revision(ecsAppSpec(2)) }],
      ['CreateDeployment', { ...group, revision: revision(lambdaAppSpec('1', '2', { AfterInstall: 'x' })) }],
      ['CreateDeployment', { ...good, deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce' }],
      ['CreateDeployment', { ...good, autoRollbackConfiguration: { enabled: true, events: ['SOMETIMES'] } }],
      [
        'CreateDeployment',
        { ...good, overrideAlarmConfiguration: { alarms: Array.from({ length: 11 }, () => ({ name: 'a' })) } },
      ],
      ['GetApplicationRevision', { applicationName: 'orders', revision: revision('never') }],
    ] as const;
    const names: string[] = [];
    for (const [operation, input] of refusals) {
      names.push(`${operation} ${await refusalOf(operation, input)}`);
    }
    expect(names).toMatchInlineSnapshot(`
      [
        "PutLifecycleEventHookExecutionStatus DeploymentIdRequiredException",
        "PutLifecycleEventHookExecutionStatus InvalidDeploymentIdException",
        "PutLifecycleEventHookExecutionStatus DeploymentDoesNotExistException",
        "PutLifecycleEventHookExecutionStatus InvalidLifecycleEventHookExecutionIdException",
        "PutLifecycleEventHookExecutionStatus InvalidLifecycleEventHookExecutionIdException",
        "PutLifecycleEventHookExecutionStatus InvalidLifecycleEventHookExecutionStatusException",
        "PutLifecycleEventHookExecutionStatus InvalidLifecycleEventHookExecutionStatusException",
        "ListDeploymentTargets DeploymentDoesNotExistException",
        "BatchGetDeploymentTargets DeploymentTargetIdRequiredException",
        "BatchGetDeploymentTargets DeploymentTargetDoesNotExistException",
        "BatchGetDeploymentTargets DeploymentTargetListSizeExceededException",
        "GetDeploymentTarget DeploymentTargetIdRequiredException",
        "ContinueDeployment UnsupportedActionForDeploymentTypeException",
        "ContinueDeployment InvalidDeploymentWaitTypeException",
        "CreateDeployment DeploymentLimitExceededException",
        "CreateDeployment ApplicationDoesNotExistException",
        "CreateDeployment DeploymentGroupDoesNotExistException",
        "CreateDeployment DeploymentGroupNameRequiredException",
        "CreateDeployment RevisionRequiredException",
        "CreateDeployment InvalidRevisionException",
        "CreateDeployment InvalidRevisionException",
        "CreateDeployment InvalidRevisionException",
        "CreateDeployment InvalidRevisionException",
        "CreateDeployment DeploymentConfigDoesNotExistException",
        "CreateDeployment InvalidAutoRollbackConfigException",
        "CreateDeployment AlarmsLimitExceededException",
        "GetApplicationRevision RevisionDoesNotExistException",
      ]
    `);
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress' });
  });
});

const taskSets = async (id: string): Promise<unknown> => {
  const { taskSetsInfo } = await targetOf(id);
  return v
    .parse(v.array(v.object({ taskSetLabel: v.string(), status: v.string(), trafficWeight: v.number() })), taskSetsInfo)
    .map(({ taskSetLabel, status, trafficWeight }) => `${taskSetLabel} ${status} ${trafficWeight}`);
};

describe('the simulated CodeDeploy, deploying to ECS', () => {
  const HOOKS = { AfterInstall: 'CodeDeployHook_a', AfterAllowTestTraffic: 'CodeDeployHook_b' };

  it('starts new tasks, gives them test traffic and then all of it, with its hooks between', async () => {
    const id = await create('web', ecsAppSpec(2, HOOKS));
    expect(await taskSets(id)).toEqual(['Blue PRIMARY 100', 'Green ACTIVE 0']);
    expect(await targetOf(id)).toMatchObject({
      targetId: 'prod:web',
      targetArn: 'arn:aws:ecs:eu-west-1:111122223333:service/prod/web',
      taskSetsInfo: [
        { targetGroup: { name: 'web-1' }, runningCount: 2, pendingCount: 0 },
        { targetGroup: { name: 'web-2' }, runningCount: 0, pendingCount: 2 },
      ],
    });
    pass(2);
    expect(calls).toMatchObject([{ functionName: 'CodeDeployHook_a' }]);
    await report('Succeeded');
    pass(2);
    expect(calls).toMatchObject([{}, { functionName: 'CodeDeployHook_b' }]);
    const { traffic } = hooked.stateOf('web', 'prod') ?? {};
    expect(traffic).toMatchObject({ taskSets: [{ hasTestTraffic: false }, { hasTestTraffic: true, weight: 0 }] });
    await report('Succeeded');
    expect(await taskSets(id)).toEqual(['Blue ACTIVE 0', 'Green PRIMARY 100']);
    pass(2);
    expect(await lifecycleOf(id)).toEqual([
      'BeforeInstall Succeeded',
      'Install Succeeded',
      'AfterInstall Succeeded',
      'AllowTestTraffic Succeeded',
      'AfterAllowTestTraffic Succeeded',
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic Succeeded',
      'AfterAllowTraffic Succeeded',
    ]);
    expect(story(id)).toEqual(['0 in-progress', '6 succeeded']);
    expect(hooked.stateOf('web', 'prod')?.traffic).toMatchObject({
      taskSets: [{ taskDefinition: 'web:2', status: 'PRIMARY', targetGroup: 'web-2' }],
    });
  });

  it('goes back to the tasks that are still there when a hook fails', async () => {
    const id = await create('web', ecsAppSpec(2, HOOKS));
    pass(2);
    await report('Succeeded');
    pass(2);
    await report('Failed');
    const rollback = await rollbackOf(id);
    pass(10);
    expect(await infoOf(rollback)).toMatchObject({ status: 'Succeeded', creator: 'codeDeployRollback' });
    expect(hooked.stateOf('web', 'prod')?.traffic).toMatchObject({
      taskSets: [{ taskDefinition: 'web:1', status: 'PRIMARY', weight: 100, targetGroup: 'web-1' }],
    });
  });

  it('has nothing to roll back before there are new tasks', async () => {
    const id = await create('web', ecsAppSpec(2, { BeforeInstall: 'CodeDeployHook_a' }));
    await report('Failed');
    expect(await infoOf(id)).toMatchObject({ status: 'Failed' });
    expect(await infoOf(id)).not.toHaveProperty('rollbackInfo');
  });

  it('has no test traffic where there is no listener for it', async () => {
    run(anEcsGroup({ hasTestListener: false }));
    const id = await create('web', ecsAppSpec(2));
    expect((await lifecycleOf(id)).join()).not.toContain('TestTraffic');
  });

  it('waits for people where the group says so, as long as it says however fast the clock is', async () => {
    run(fasterHookedGroup(anEcsGroup({ readyWaitMinutes: 60, terminationWaitMinutes: 60 }), 60));
    const id = await create('web', ecsAppSpec(2));
    pass(1);
    expect(await infoOf(id)).toMatchObject({ status: 'Ready' });
    expect(await refusalOf('ContinueDeployment', { deploymentId: id, deploymentWaitType: 'TERMINATION_WAIT' })).toBe(
      'InvalidDeploymentStatusException',
    );
    pass(3_000);
    expect(await call('ContinueDeployment', { deploymentId: id, deploymentWaitType: 'READY_WAIT' })).toEqual({});
    pass(1);
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress', instanceTerminationWaitTimeStarted: true });
    expect(await refusalOf('ContinueDeployment', { deploymentId: id, deploymentWaitType: 'READY_WAIT' })).toBe(
      'DeploymentIsNotInReadyStateException',
    );
    await call('ContinueDeployment', { deploymentId: id, deploymentWaitType: 'TERMINATION_WAIT' });
    expect(await infoOf(id)).toMatchObject({ status: 'Succeeded' });
    expect(story(id)).toEqual(['0 in-progress', '0 waiting', '3002 succeeded']);
  });

  it('stops what nobody continues in time', async () => {
    run(anEcsGroup({ readyWaitMinutes: 5 }));
    const id = await create('web', ecsAppSpec(2));
    pass(400);
    expect(await infoOf(id)).toMatchObject({ status: 'Stopped', errorInformation: { code: 'TIMEOUT' } });
  });

  it('fails a task definition that is not there', async () => {
    expect(await infoOf(await create('web', ecsAppSpec(9)))).toMatchObject({
      status: 'Failed',
      errorInformation: { code: 'ECS_UPDATE_ERROR' },
    });
  });
});
