import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SimulatedGroup } from '../../local/aws/codedeploy/deployment-group.ts';
import { deploymentOperations } from '../../local/aws/codedeploy/deployment-operations.ts';
import { runDeployments } from '../../local/aws/codedeploy/simulated-deployments.ts';
import type { SimulatedDeployments } from '../../local/aws/codedeploy/simulated-deployments.ts';
import { startGateway } from '../../local/aws/gateway.ts';
import { jsonService, refuseInJson } from '../../local/aws/service.ts';
import type { Service } from '../../local/aws/service.ts';
import type { AwsCall } from '../../local/aws/gateway.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createReadyDeployments } from '../../shared/aws/ready-deployments.ts';
import type { ReadyPoint } from '../../shared/gate/gate.ts';
import { aCommit, aGroup } from '../support/deployments.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

let now = TEN_O_CLOCK;
let deployments: SimulatedDeployments;
let service: Service;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let calls: AwsCall[] = [];

/** The groups' clock is turned by hand: each call sees what has happened by then. */
const fresh = (...groups: readonly SimulatedGroup[]): void => {
  now = TEN_O_CLOCK;
  calls = [];
  deployments = runDeployments({
    groups: groups.length === 0 ? [aGroup()] : groups,
    now: () => now,
    after: () => () => undefined,
    newId: randomUUID,
    onEvent: () => undefined,
  });
  const operations = jsonService(deploymentOperations(deployments, new Map()));
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
    onCall: (call) => calls.push(call),
    services: new Map([['codedeploy', (request) => service(request)]]),
  });
});

afterEach(() => {
  fresh();
});
afterAll(() => gateway.close());

const pointOf = (executionId: string, group = 'prod'): ReadyPoint => ({
  kind: 'deployment-ready',
  rollout: {
    source: 'codedeploy',
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    application: 'storefront',
    group,
    executionId,
  },
});

/** Starts a deployment and waits until it is ready. */
const aReadyOne = (options: Parameters<SimulatedDeployments['start']>[2] = {}): ReadyPoint => {
  const point = pointOf(deployments.start('storefront', 'prod', options));
  pass(10);
  return point;
};

const ready = () =>
  createReadyDeployments(
    (region) =>
      createAwsClient(
        'codedeploy',
        {
          region,
          urlSuffix: 'nowhere.invalid',
          endpoint: gateway.url,
          credentials: { accessKeyId: 'gatehouse-decide', secretAccessKey: 'x' },
        },
        1,
      ),
    () => now,
  );

const statusOf = ({ rollout }: ReadyPoint): string | undefined =>
  deployments.find(rollout.executionId)?.deployment.status;

const openedAt = TEN_O_CLOCK + 10_000;

describe('a deployment that is ready', () => {
  it('is pending, and moves its traffic once it is approved', async () => {
    const point = aReadyOne();
    expect(await ready().look(point, { openedAt })).toEqual({ kind: 'pending' });
    expect(await ready().decide(point, undefined, 'approve', 'Approved by ada (U0ADA) via Slack')).toBe('done');
    expect(statusOf(point)).toBe('InProgress');
    pass(10);
    expect(statusOf(point)).toBe('Succeeded');
    expect(await ready().look(point, { openedAt })).toEqual({
      kind: 'ended',
      ending: { as: 'approved', at: TEN_O_CLOCK + 20_000 },
    });
    expect(await ready().decide(point, undefined, 'reject', 'No')).toBe('over');
    expect(statusOf(point)).toBe('Succeeded');
  });

  it('is stopped and rolled back once it is rejected', async () => {
    const point = aReadyOne();
    expect(await ready().decide(point, undefined, 'reject', 'No')).toBe('done');
    expect(statusOf(point)).toBe('Stopped');
    expect(await ready().look(point, { openedAt })).toEqual({
      kind: 'ended',
      ending: {
        as: 'rejected',
        summary: 'The deployment was stopped by a user.',
        at: TEN_O_CLOCK + 10_000,
      },
    });
    const { deployments: all } = deployments.states()[0] ?? {};
    expect(all?.at(-1)).toMatchObject({ creator: 'codeDeployRollback', rollbackOf: point.rollout.executionId });
    expect(await ready().decide(point, undefined, 'approve', 'Yes')).toBe('over');
  });

  it('was approved when somebody continues it in the console, once AWS can be trusted to lag no more', async () => {
    fresh(aGroup({ shiftsMs: 600_000 }));
    const point = aReadyOne();
    deployments.command('storefront', 'prod', { kind: 'continue', deployment: point.rollout.executionId });
    expect(await ready().look(point, { openedAt })).toEqual({ kind: 'unseen' });
    expect(await ready().decide(point, undefined, 'approve', 'Yes')).toBe('over');
    pass(60);
    expect(await ready().look(point, { openedAt })).toMatchObject({ kind: 'ended', ending: { as: 'approved' } });
  });

  it('is not seen as long as AWS shows it as it was before', async () => {
    const point = pointOf(deployments.start('storefront', 'prod'));
    expect(await ready().look(point, { openedAt: now })).toEqual({ kind: 'unseen' });
    expect(await ready().decide(point, undefined, 'approve', 'Yes')).toBe('over');
    pass(10);
    expect(await ready().look(point, { openedAt: now })).toEqual({ kind: 'pending' });
  });

  it('has expired when nobody continued it in time, and is gone when AWS does not know it', async () => {
    const point = aReadyOne();
    pass(60 * 60);
    expect(await ready().look(point, { openedAt })).toMatchObject({
      kind: 'ended',
      ending: { as: 'expired', at: TEN_O_CLOCK + 3_610_000 },
    });
    const unknown = pointOf('d-UNKNOWN01');
    expect(await ready().look(unknown, { openedAt })).toEqual({ kind: 'ended', ending: { as: 'gone', at: now } });
    expect(await ready().decide(unknown, undefined, 'reject', 'No')).toBe('over');
  });

  it('was stopped when the move of its traffic has failed before it was looked at', async () => {
    fresh(aGroup({ shiftsMs: 1_000 }));
    const point = aReadyOne();
    deployments.fail('storefront', 'prod');
    await ready().decide(point, undefined, 'approve', 'Yes');
    pass(1);
    expect(await ready().look(point, { openedAt })).toMatchObject({ kind: 'ended', ending: { as: 'stopped' } });
  });

  it('asks nobody where its group goes on by itself', async () => {
    fresh(aGroup({ readyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' }, shiftsMs: 600_000 }));
    const point = aReadyOne();
    expect(await ready().look(point, { openedAt })).toEqual({ kind: 'ended', ending: { as: 'unasked', at: now } });
  });

  it('asks what its group says when the deployment does not say it', async () => {
    const point = aReadyOne();
    const operations = service;
    service = async (request) => {
      const reply = await operations(request);
      return {
        ...reply,
        body:
          request.headers['x-amz-target']?.endsWith('GetDeployment') === true
            ? reply.body.replace('blueGreenDeploymentConfiguration', 'somethingElse')
            : reply.body,
      };
    };
    expect(await ready().look(point, { openedAt })).toEqual({ kind: 'pending' });
    expect(calls.map(({ operation }) => operation)).toEqual(['GetDeployment', 'GetDeploymentGroup']);
  });

  it('rejects when AWS does not answer or does not allow it', async () => {
    const point = aReadyOne();
    service = () => Promise.resolve(refuseInJson('AccessDeniedException', 'No'));
    await expect(ready().look(point, { openedAt })).rejects.toThrow('No');
    await expect(ready().decide(point, undefined, 'approve', 'Yes')).rejects.toThrow('No');
  });

  it('is described by its revision, what runs now, what its author says and when it ends', async () => {
    const point = aReadyOne({ description: 'Spring sale' });
    expect(await ready().describe(point, { openedAt })).toEqual({
      shown: {
        revisions: [
          {
            source: 'acme/storefront',
            id: 'b'.repeat(40),
            url: `https://github.com/acme/storefront/commit/${'b'.repeat(40)}`,
          },
        ],
        running: {
          source: 'acme/storefront',
          id: 'a'.repeat(40),
          url: `https://github.com/acme/storefront/commit/${'a'.repeat(40)}`,
        },
      },
      expiresAt: openedAt + 3_600_000,
      request: { text: 'Spring sale' },
    });
  });

  it('is described by where its revision lies when that is no commit, and leads nowhere else', async () => {
    fresh(aGroup({ runs: { revision: aCommit('a', 'javascript:alert(1)//'), since: TEN_O_CLOCK } }));
    const point = aReadyOne({
      revision: {
        revisionType: 'S3',
        s3Location: { bucket: 'releases', key: 'storefront.zip', bundleType: 'zip', version: 'v42' },
      },
    });
    expect((await ready().describe(point, { openedAt })).shown).toEqual({
      revisions: [{ source: 'S3', id: 'v42', summary: 's3://releases/storefront.zip' }],
      running: { source: 'javascript:alert(1)//', id: 'a'.repeat(40) },
    });
  });
});
