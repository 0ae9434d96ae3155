import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createLookUp, homeOf, LOOK_UP_TRIES } from '../../shared/aws/look-up.ts';
import { aDeploymentId, aRolloutId, aVersion } from '../support/rollouts.ts';
import { connectionTo } from '../support/stack.ts';

const ROOT = join(import.meta.dirname, '../..');

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'test',
    ports: { aws: 0, slack: 0 },
    functions: false,
    schedules: false,
    pipelines: [],
    log: () => undefined,
  });
});

afterAll(async () => {
  await stack.stop();
});

const HOME = homeOf('arn:aws:sns:eu-west-1:111122223333:gatehouse-test-');

const lookUpAt = (endpoint: string) => {
  const connection = connectionTo({ aws: endpoint, region: HOME.region });
  return createLookUp(HOME, {
    codeDeploy: createAwsClient('codedeploy', connection, LOOK_UP_TRIES),
    codePipeline: createAwsClient('codepipeline', connection, LOOK_UP_TRIES),
  });
};

const WHY =
  'The overall deployment failed because too many individual instances failed deployment, too few healthy instances are available for deployment, or some instances in your deployment group are experiencing problems.';

const fact = <Value>(value: Value) => ({ version: aVersion(), value });

describe('a look-up', () => {
  it('says of a failed deployment why it failed, who made it, and what rolls it back', async () => {
    const id = aDeploymentId({ executionId: 'd-4K8XQ2VZP' });
    expect(await lookUpAt(stack.aws)(id, aVersion())).toEqual({
      creator: fact('user'),
      failure: fact({
        errorCode: 'HEALTH_CONSTRAINTS',
        summary: WHY,
      }),
      rolledBackBy: fact('d-7M1WTN3HC'),
    });
  });

  it('says of a rollback what it rolls back', async () => {
    const id = aDeploymentId({ executionId: 'd-7M1WTN3HC' });
    expect(await lookUpAt(stack.aws)(id, aVersion())).toEqual({
      creator: fact('codeDeployRollback'),
      rollbackOf: fact('d-4K8XQ2VZP'),
    });
  });

  it('says of a pipeline in which order its stages are', async () => {
    expect(await lookUpAt(stack.aws)(aRolloutId(), aVersion())).toEqual({
      stages: fact(['Source', 'Build', 'Deploy']),
    });
  });

  it.each([
    ['another account', { account: '444455556666' }],
    ['another region', { region: 'us-east-1' }],
  ])('asks nothing about what happens in %s', async (_, elsewhere) => {
    const nobody = 'http://127.0.0.1:1';
    expect(await lookUpAt(nobody)(aDeploymentId(elsewhere), aVersion())).toEqual({});
    expect(await lookUpAt(nobody)(aRolloutId(elsewhere), aVersion())).toEqual({});
  });

  it('rejects with AWS’s own word for it', async () => {
    const unknown = aDeploymentId({ executionId: 'd-NONE12345' });
    await expect(lookUpAt(stack.aws)(unknown, aVersion())).rejects.toMatchObject({
      name: 'DeploymentDoesNotExistException',
    });
    await expect(lookUpAt(stack.aws)(aRolloutId({ name: 'none' }), aVersion())).rejects.toMatchObject({
      name: 'PipelineNotFoundException',
    });
  });

  it('gives up within two seconds on an AWS that does not answer', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const begin = performance.now();
    await expect(lookUpAt(`http://127.0.0.1:${port}`)(aDeploymentId(), aVersion())).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(performance.now() - begin).toBeLessThan(3_500);
    server.closeAllConnections();
    server.close();
  });
});
