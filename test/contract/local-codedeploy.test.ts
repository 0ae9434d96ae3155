import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deploymentOperations } from '../../local/aws/codedeploy/deployment-operations.ts';
import { runDeployments } from '../../local/aws/codedeploy/simulated-deployments.ts';
import type { SimulatedDeployments } from '../../local/aws/codedeploy/simulated-deployments.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { answer, jsonService, refusal } from '../../local/aws/service.ts';
import type { Service } from '../../local/aws/service.ts';
import type { JsonRecord } from '../../local/json.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { aCommit, aGroup } from '../support/deployments.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

const HEARD_OF = 'd-HEARDOF01';
const UNKNOWN = 'd-UNKNOWN01';

let now = TEN_O_CLOCK;
let deployments: SimulatedDeployments;
let events: JsonRecord[] = [];
let service: Service;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let call: AwsClient;

/** The groups' clock is turned by hand: each call sees what has happened by then. */
const fresh = (): void => {
  now = TEN_O_CLOCK;
  events = [];
  deployments = runDeployments({
    groups: [
      aGroup(),
      aGroup({ group: 'staging', readyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' } }),
      aGroup({ group: 'careful', rollsBack: true }),
    ],
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: (event) => events.push(event),
  });
  const elsewhere = new Map([
    [
      'GetDeployment',
      ({ deploymentId }: JsonRecord) =>
        deploymentId === HEARD_OF
          ? answer({ deploymentInfo: { deploymentId, status: 'Failed' } })
          : refusal('DeploymentDoesNotExistException', 'Nobody has heard of it.'),
    ],
    [
      'BatchGetDeployments',
      ({ deploymentIds }: JsonRecord) =>
        JSON.stringify(deploymentIds) === JSON.stringify([HEARD_OF])
          ? answer({ deploymentsInfo: [{ deploymentId: HEARD_OF, status: 'Failed' }] })
          : refusal('DeploymentDoesNotExistException', 'Nobody has heard of it.'),
    ],
  ]);
  const operations = jsonService(deploymentOperations(deployments, elsewhere));
  service = (request) => {
    pass(0);
    return operations(request);
  };
};

const pass = (seconds: number): void => {
  now += seconds * 1_000;
  for (const { group } of deployments.states()) {
    deployments.command(group.application, group.group, { kind: 'wait' });
  }
};

beforeAll(async () => {
  fresh();
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

afterEach(fresh);
afterAll(() => gateway.close());

const create = async (group = 'prod', more: JsonRecord = {}): Promise<string> => {
  const made = await call('CreateDeployment', {
    applicationName: 'storefront',
    deploymentGroupName: group,
    revision: aCommit('b'),
    ...more,
  });
  return v.parse(v.object({ deploymentId: v.string() }), made).deploymentId;
};

const infoOf = async (deploymentId: string): Promise<JsonRecord> =>
  v.parse(
    v.object({ deploymentInfo: v.record(v.string(), v.unknown()) }),
    await call('GetDeployment', { deploymentId }),
  ).deploymentInfo;

const refusalOf = (operation: string, input: object): Promise<string> =>
  call(operation, input).then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.name : 'no error'),
  );

/** What the bus heard, one line an event: second, what it is of, state. */
const story = (deployment: string): readonly string[] =>
  events.flatMap((event) => {
    const parsed = parseEventText(JSON.stringify(event));
    if (parsed.kind !== 'change') {
      return ['not a change'];
    }
    const { rollout, register, state, version } = parsed.change;
    return rollout.executionId === deployment
      ? [`${(version.time - TEN_O_CLOCK) / 1_000} ${register.kind} ${state}`]
      : [];
  });

const something: unknown = expect.anything();
const aHash: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);

describe('the simulated CodeDeploy', () => {
  it('has a deployment wait once it is ready, and move its traffic when it is told to', async () => {
    const id = await create('prod', { description: 'Spring sale' });
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress', creator: 'user', description: 'Spring sale' });
    pass(10);
    expect(await infoOf(id)).toMatchObject({
      status: 'Ready',
      revision: aCommit('b'),
      previousRevision: aCommit('a'),
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 60 },
      },
    });
    pass(100);
    expect(await call('ContinueDeployment', { deploymentId: id, deploymentWaitType: 'READY_WAIT' })).toEqual({});
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress' });
    pass(10);
    expect(await infoOf(id)).toMatchObject({ status: 'Succeeded', completeTime: (TEN_O_CLOCK + 120_000) / 1_000 });
    expect(story(id)).toEqual([
      '0 rollout in-progress',
      '0 instance in-progress',
      '10 instance in-progress',
      '10 rollout waiting',
      '120 instance succeeded',
      '120 rollout succeeded',
    ]);
  });

  it('stops what nobody continues in time', async () => {
    const id = await create();
    pass(10 + 60 * 60);
    expect(await infoOf(id)).toMatchObject({ status: 'Stopped', errorInformation: { code: 'TIMEOUT' } });
    expect(story(id).at(-1)).toBe('3610 rollout stopped');
    expect(await refusalOf('ContinueDeployment', { deploymentId: id, deploymentWaitType: 'READY_WAIT' })).toBe(
      'DeploymentAlreadyCompletedException',
    );
  });

  it('goes on by itself where the group says so', async () => {
    const id = await create('staging');
    pass(10);
    expect(await infoOf(id)).toMatchObject({ status: 'InProgress' });
    pass(10);
    expect(await infoOf(id)).toMatchObject({ status: 'Succeeded' });
    expect(story(id)).toContain('10 rollout waiting');
  });

  it('undoes what is stopped by a deployment of its own, when it is asked to', async () => {
    const id = await create();
    pass(10);
    expect(await call('StopDeployment', { deploymentId: id, autoRollbackEnabled: true })).toMatchObject({
      status: 'Succeeded',
    });
    const stopped = await infoOf(id);
    expect(stopped).toMatchObject({ status: 'Stopped', errorInformation: { code: 'MANUAL_STOP' } });
    const { rollbackDeploymentId } = v.parse(v.object({ rollbackDeploymentId: v.string() }), stopped['rollbackInfo']);
    pass(10);
    expect(await infoOf(rollbackDeploymentId)).toMatchObject({
      status: 'Succeeded',
      creator: 'codeDeployRollback',
      revision: aCommit('a'),
      rollbackInfo: { rollbackTriggeringDeploymentId: id },
    });
    expect(story(rollbackDeploymentId)).toEqual(['10 rollout in-progress', '20 rollout succeeded']);
    expect(await refusalOf('StopDeployment', { deploymentId: id })).toBe('DeploymentAlreadyCompletedException');
  });

  it('stops without undoing anything when it is not asked to', async () => {
    const id = await create();
    await call('StopDeployment', { deploymentId: id });
    expect(await infoOf(id)).not.toHaveProperty('rollbackInfo');
  });

  it('fails when it is told to, and is undone where the group says so', async () => {
    deployments.fail('storefront', 'careful');
    const id = await create('careful');
    pass(10);
    await call('ContinueDeployment', { deploymentId: id, deploymentWaitType: 'READY_WAIT' });
    pass(10);
    expect(await infoOf(id)).toMatchObject({ status: 'Failed', rollbackInfo: something });
    expect(story(id).slice(-2)).toEqual(['20 instance failed', '20 rollout failed']);
  });

  it('tells of a group what it runs and how it was tried last', async () => {
    const id = await create();
    const { deploymentGroupInfo } = v.parse(
      v.object({ deploymentGroupInfo: v.record(v.string(), v.unknown()) }),
      await call('GetDeploymentGroup', { applicationName: 'storefront', deploymentGroupName: 'prod' }),
    );
    expect(deploymentGroupInfo).toMatchObject({
      targetRevision: aCommit('a'),
      lastSuccessfulDeployment: { deploymentId: 'd-0E8B2C591' },
      lastAttemptedDeployment: { deploymentId: id },
      deploymentStyle: { deploymentType: 'BLUE_GREEN' },
    });
    expect(await call('ListDeployments', { applicationName: 'storefront', deploymentGroupName: 'prod' })).toEqual({
      deployments: [id, 'd-0E8B2C591'],
    });
  });

  it('never tells what an AppSpec says', async () => {
    const id = await create('prod', {
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content: '{"version":0.0}' } },
    });
    expect(await infoOf(id)).toMatchObject({
      revision: { appSpecContent: { content: null, sha256: aHash } },
    });
  });

  it('tells of what others have heard of, also among its own', async () => {
    const id = await create();
    expect(await infoOf(HEARD_OF)).toEqual({ deploymentId: HEARD_OF, status: 'Failed' });
    expect(await call('BatchGetDeployments', { deploymentIds: [HEARD_OF, id] })).toMatchObject({
      deploymentsInfo: [{ deploymentId: id }, { deploymentId: HEARD_OF }],
    });
  });

  it('refuses as AWS does', async () => {
    const id = await create();
    const group = { applicationName: 'storefront', deploymentGroupName: 'prod' };
    const wait = { deploymentId: id, deploymentWaitType: 'READY_WAIT' };
    const refusals = [
      ['ContinueDeployment', wait],
      ['ContinueDeployment', { ...wait, deploymentWaitType: 'ANY_WAIT' }],
      ['ContinueDeployment', { ...wait, deploymentWaitType: 'TERMINATION_WAIT' }],
      ['ContinueDeployment', {}],
      ['ContinueDeployment', { deploymentId: 'd-1' }],
      ['StopDeployment', { deploymentId: UNKNOWN }],
      ['GetDeployment', { deploymentId: UNKNOWN }],
      ['BatchGetDeployments', { deploymentIds: [id, UNKNOWN] }],
      ['CreateDeployment', { ...group, revision: aCommit('b') }],
      ['CreateDeployment', { ...group, deploymentGroupName: 'staging' }],
      ['CreateDeployment', { ...group, deploymentGroupName: 'staging', revision: { revisionType: 'Tape' } }],
      ['CreateDeployment', { ...group, deploymentGroupName: 'nowhere', revision: aCommit('b') }],
      ['CreateDeployment', { ...group, applicationName: 'nothing', revision: aCommit('b') }],
    ] as const;
    const names: string[] = [];
    for (const [operation, input] of refusals) {
      names.push(await refusalOf(operation, input));
    }
    expect(names).toEqual([
      'DeploymentIsNotInReadyStateException',
      'InvalidDeploymentWaitTypeException',
      'InvalidDeploymentStatusException',
      'DeploymentIdRequiredException',
      'InvalidDeploymentIdException',
      'DeploymentDoesNotExistException',
      'DeploymentDoesNotExistException',
      'DeploymentDoesNotExistException',
      'DeploymentLimitExceededException',
      'RevisionRequiredException',
      'InvalidRevisionException',
      'DeploymentGroupDoesNotExistException',
      'ApplicationDoesNotExistException',
    ]);
  });
});
