import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../../local/aws/gateway.ts';
import { answer, jsonService, refusal } from '../../local/aws/service.ts';
import type { JsonRecord } from '../../local/json.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createJoin } from '../../shared/aws/join-deployments.ts';
import type { Unjoined } from '../../shared/rollout/service-deployment.ts';
import { aChange, aServiceDeploymentId, TEN_O_CLOCK } from '../support/rollouts.ts';
import { connectionTo } from '../support/stack.ts';

const HOME = { account: '111122223333', region: 'eu-west-1' };

const asked: JsonRecord[] = [];

const REFUSALS = ['AccessDeniedException', 'ServiceNotFoundException', 'ClusterNotFoundException', 'ServerException'];

let gateway: Awaited<ReturnType<typeof startGateway>>;

beforeAll(async () => {
  const listed = (id: string, createdAt: number) => ({
    serviceDeploymentArn: `arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/${id}`,
    createdAt: TEN_O_CLOCK / 1000 + createdAt,
    targetServiceRevisionArn: 'arn:aws:ecs:eu-west-1:111122223333:service-revision/prod/shop/7',
    status: 'IN_PROGRESS',
  });
  const list = (input: JsonRecord) => {
    asked.push(input);
    const { service, nextToken } = input;
    if (typeof service === 'string' && REFUSALS.includes(service)) {
      return refusal(service, 'no');
    }
    return answer(
      service === 'idle'
        ? { serviceDeployments: [] }
        : nextToken === undefined
          ? { serviceDeployments: [listed('older', -600)], nextToken: 'more' }
          : { serviceDeployments: [listed('newer', -2.6)] },
    );
  };
  gateway = await startGateway({
    port: 0,
    onCall: () => undefined,
    services: new Map([['ecs', jsonService(new Map([['ListServiceDeployments', list]]))]]),
  });
});

afterAll(() => gateway.close());

const change = (given: Parameters<typeof aServiceDeploymentId>[0] = {}): Unjoined => ({
  ...aChange({ version: { attempt: 0 } }),
  rollout: aServiceDeploymentId({ executionId: 'ecs-svc/1', ...given }),
});

const joinAt = (endpoint: string) =>
  createJoin(HOME, createAwsClient('ecs', connectionTo({ aws: endpoint, region: HOME.region }), 1));

describe('joining a change to a service deployment', () => {
  it('finds it on whichever page it is, by the names of cluster and service', async () => {
    asked.splice(0);
    const joined = await joinAt(gateway.url)(change());
    expect(joined?.rollout).toEqual(aServiceDeploymentId({ executionId: 'newer' }));
    expect(joined?.startedAt).toBe(TEN_O_CLOCK - 3_000);
    expect(asked.map(({ cluster, service }) => [cluster, service])).toEqual([
      ['prod', 'shop'],
      ['prod', 'shop'],
    ]);
  });

  it('finds nothing where ECS lists nothing yet', async () => {
    expect(await joinAt(gateway.url)(change({ service: 'idle' }))).toBeUndefined();
  });

  it.each(['AccessDeniedException', 'ServiceNotFoundException', 'ClusterNotFoundException'])(
    'leaves a change as it is where asking is of no use: %s',
    async (service) => {
      expect(await joinAt(gateway.url)(change({ service }))).toEqual(change({ service }));
    },
  );

  it('rejects with AWS’s own word where asking again may help', async () => {
    await expect(joinAt(gateway.url)(change({ service: 'ServerException' }))).rejects.toMatchObject({
      name: 'ServerException',
    });
  });

  it.each([{ account: '444455556666' }, { region: 'us-east-1' }])('asks nothing about %j', async (elsewhere) => {
    expect(await joinAt('http://127.0.0.1:1')(change(elsewhere))).toEqual(change(elsewhere));
  });

  it('gives up soon on an AWS that does not answer', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(joinAt(`http://127.0.0.1:${port}`)(change())).rejects.toMatchObject({ name: 'TimeoutError' });
    server.closeAllConnections();
    server.close();
  });
});
