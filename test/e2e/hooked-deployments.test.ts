import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_APPLICATIONS } from '../../local/applications/demo-applications.ts';
import type { HookedDeployment } from '../../local/aws/codedeploy/hooked/hooked-state.ts';
import { isRecord } from '../../local/json.ts';
import type { JsonRecord } from '../../local/json.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { ROOT } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { aStack, connectionTo } from '../support/stack.ts';

const HOOK = 'CodeDeployHook_gatehouse-local';

const NOBODY = parseTemplate({ Resources: {} });

type Verdict = 'Succeeded' | 'Failed';

type Called = { readonly deployment: string; readonly hook: string; readonly event: JsonRecord };

let stack: Stack;
let codeDeploy: AwsClient;
let called: Called[] = [];
/** What the hook's function comes to: a status to report, or an error of its own. */
let judge: (called: Called) => Verdict | Promise<Verdict> = () => 'Succeeded';

const hookOf = (deployment: string): string =>
  stack.hookedDeployments.find(deployment)?.deployment.lifecycle.find(({ status }) => status === 'InProgress')?.name ??
  'none';

/** The function that the examples call at their hooks; it stands in for Gatehouse's own. */
const check = async (event: unknown): Promise<void> => {
  const { DeploymentId: deployment, LifecycleEventHookExecutionId } = v.parse(
    v.object({ DeploymentId: v.string(), LifecycleEventHookExecutionId: v.string() }),
    event,
  );
  const one = { deployment, hook: hookOf(deployment), event: isRecord(event) ? event : {} };
  called.push(one);
  const status = await judge(one);
  await codeDeploy('PutLifecycleEventHookExecutionStatus', {
    deploymentId: deployment,
    lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
    status,
  });
};

const start = async (speed: number): Promise<void> => {
  stack = await aStack(
    { template: NOBODY, taskRoot: '/nowhere' },
    {},
    {
      speed,
      applications: {
        ...DEMO_APPLICATIONS,
        functions: [
          ...DEMO_APPLICATIONS.functions,
          { name: HOOK, versions: { '1': check }, aliases: {}, timeoutMs: 30_000 },
        ],
      },
    },
  );
  codeDeploy = createAwsClient('codedeploy', connectionTo(stack));
};

afterEach(() => {
  called = [];
  judge = () => 'Succeeded';
});

/** Calls an API of the stack as the AWS CLI does. */
const aws = async (service: string, target: string, input: object): Promise<unknown> => {
  const response = await fetch(stack.aws, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=x/20261123/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  return response.json();
};

/** `aws deploy create-deployment --revision file://examples/...` */
const deploy = async (application: string, file: string, more: object = {}): Promise<string> => {
  const revision: unknown = JSON.parse(await readFile(join(ROOT, 'examples', application, file), 'utf8'));
  const made = await aws('codedeploy', 'CodeDeploy_20141006.CreateDeployment', {
    applicationName: application,
    deploymentGroupName: 'prod',
    revision,
    ...more,
  });
  return v.parse(v.object({ deploymentId: v.string() }), made).deploymentId;
};

const becomesOver = (id: string): Promise<HookedDeployment | undefined> =>
  eventually(
    () => Promise.resolve(stack.hookedDeployments.find(id)?.deployment),
    (deployment) => deployment?.phase === undefined,
  );

/** A deployment that went wrong, once what brings back what ran before is over too. */
const becomesRolledBack = async (id: string) => {
  const failed = await becomesOver(id);
  return { failed, rollback: await becomesOver(failed?.rolledBackBy ?? '') };
};

const invoke = async (qualifier: string, path: string): Promise<unknown> => {
  const response = await fetch(`${stack.aws}/2015-03-31/functions/orders/invocations?Qualifier=${qualifier}`, {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x/20261123/us-east-1/lambda/aws4_request, Signature=0' },
    body: JSON.stringify({ path }),
  });
  return response.json();
};

const alias = async (): Promise<unknown> => {
  const response = await fetch(`${stack.aws}/2015-03-31/functions/orders/aliases/live`, {
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x/20261123/us-east-1/lambda/aws4_request, Signature=0' },
  });
  return v.parse(v.object({ FunctionVersion: v.string() }), await response.json()).FunctionVersion;
};

const alarmIs = async (): Promise<unknown> => {
  const told = await aws('monitoring', 'GraniteServiceVersion20100801.DescribeAlarms', {});
  const { MetricAlarms } = v.parse(v.object({ MetricAlarms: v.array(v.object({ StateValue: v.string() })) }), told);
  return MetricAlarms[0]?.StateValue;
};

const web = async (host: string, path: string) => {
  const response = await fetch(`${stack.hosts[host] ?? ''}${path}`);
  const body: unknown = await response.json();
  return [response.status, body] as const;
};

const healthOf = (answer: unknown): Verdict =>
  isRecord(answer) && answer['statusCode'] === 200 ? 'Succeeded' : 'Failed';

describe('the sample function, deployed by CodeDeploy on the local stack', () => {
  beforeAll(() => start(200));
  afterAll(() => stack.stop());

  it('gets a bad version, which is brought back before anybody uses it', async () => {
    judge = async () => healthOf(await invoke('3', '/health'));
    const id = await deploy('orders', 'bad.json');
    // Also what brings back the old version is asked about here, and a bad verdict ends it too.
    const { failed, rollback } = await becomesRolledBack(id);
    expect([failed?.status, failed?.error?.code]).toEqual(['Failed', 'HOOK_EXECUTION_FAILURE']);
    expect(rollback).toMatchObject({ creator: 'codeDeployRollback', rollbackOf: id, status: 'Failed' });
    expect(called.map(({ deployment, hook }) => [deployment, hook])).toEqual([
      [id, 'BeforeAllowTraffic'],
      [rollback?.id, 'BeforeAllowTraffic'],
    ]);
    expect(await alias()).toBe('1');
  });

  it('gets a version that is bad under load, which its alarm shows and nothing before', async () => {
    judge = async ({ deployment, hook }) => {
      if (hook === 'BeforeAllowTraffic' || stack.hookedDeployments.find(deployment)?.deployment.creator !== 'user') {
        return healthOf(await invoke('4', '/health'));
      }
      const state = await eventually(alarmIs, (value) => value === 'ALARM');
      return state === 'ALARM' ? 'Failed' : 'Succeeded';
    };
    const id = await deploy('orders', 'bad-under-load.json');
    const { failed, rollback } = await becomesRolledBack(id);
    expect(failed?.lifecycle.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic Succeeded',
      'AfterAllowTraffic Failed',
    ]);
    expect(rollback?.status).toBe('Succeeded');
    expect(await alias()).toBe('1');
    // Users go on, and the alarm recovers.
    expect(await eventually(alarmIs, (value) => value === 'OK')).toBe('OK');
  });

  it('is stopped by an alarm, where the deployment is to be', async () => {
    const id = await deploy('orders', 'good.json', {
      overrideAlarmConfiguration: { enabled: true, alarms: [{ name: 'orders-errors' }] },
    });
    await eventually(
      () => Promise.resolve(called.length),
      (count) => count === 1,
    );
    await aws('monitoring', 'GraniteServiceVersion20100801.SetAlarmState', {
      AlarmName: 'orders-errors',
      StateValue: 'ALARM',
      StateReason: 'A rehearsal',
    });
    const { failed, rollback } = await becomesRolledBack(id);
    expect([failed?.status, failed?.error?.code, rollback?.status]).toEqual(['Stopped', 'ALARM_ACTIVE', 'Succeeded']);
  });

  it('gets a good version as a canary, which its users notice bit by bit', async () => {
    const id = await deploy('orders', 'good.json');
    expect((await becomesOver(id))?.status).toBe('Succeeded');
    expect(called.map(({ hook }) => hook)).toEqual(['BeforeAllowTraffic', 'AfterAllowTraffic']);
    for (const { event } of called) {
      expect(Object.keys(event)).toEqual(['DeploymentId', 'LifecycleEventHookExecutionId']);
      expect(event['LifecycleEventHookExecutionId']).toHaveLength(288);
    }
    expect(await alias()).toBe('2');
    const told = await aws('monitoring', 'GraniteServiceVersion20100801.GetMetricData', {
      StartTime: Date.now() / 1000 - 60,
      EndTime: Date.now() / 1000 + 60,
      MetricDataQueries: ['1', '2'].map((version) => ({
        Id: `v${version}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Lambda',
            MetricName: 'Invocations',
            Dimensions: [
              { Name: 'FunctionName', Value: 'orders' },
              { Name: 'Resource', Value: 'orders:live' },
              { Name: 'ExecutedVersion', Value: version },
            ],
          },
          Period: 60,
          Stat: 'Sum',
        },
      })),
    });
    const Data = v.object({ MetricDataResults: v.array(v.object({ Values: v.array(v.number()) })) });
    const used = v.parse(Data, told).MetricDataResults.map(({ Values }) => Values.length > 0);
    expect(used).toEqual([true, true]);
  });
});

describe('the sample web service, deployed by CodeDeploy on the local stack', () => {
  beforeAll(() => start(200));
  afterAll(() => stack.stop());

  it('gets a bad version, which only its test listener shows', async () => {
    judge = async ({ deployment }) => {
      if (stack.hookedDeployments.find(deployment)?.deployment.creator !== 'user') {
        return 'Succeeded';
      }
      const [status] = await web('web-test.example.com', '/health');
      expect(await web('web.example.com', '/health')).toMatchObject([200, {}]);
      return status === 200 ? 'Succeeded' : 'Failed';
    };
    const id = await deploy('web', 'bad.json');
    const { failed, rollback } = await becomesRolledBack(id);
    expect(failed?.error?.message).toContain('AfterAllowTestTraffic');
    expect(rollback?.status).toBe('Succeeded');
    expect(await web('web.example.com', '/version')).toEqual([200, { version: '1' }]);
    expect(await web('web-test.example.com', '/version')).toEqual([200, { version: '1' }]);
  });

  it('gets a good version, first behind its test listener', async () => {
    const seen: unknown[] = [];
    judge = async ({ hook }): Promise<Verdict> => {
      const versions = await Promise.all(
        ['web-test.example.com', 'web.example.com'].map(async (host) => (await web(host, '/version'))[1]),
      );
      seen.push([hook, ...versions]);
      return 'Succeeded';
    };
    expect((await becomesOver(await deploy('web', 'good.json')))?.status).toBe('Succeeded');
    expect(seen).toEqual([
      ['AfterAllowTestTraffic', { version: '2' }, { version: '1' }],
      ['AfterAllowTraffic', { version: '2' }, { version: '2' }],
    ]);
  });
});

describe('a hook on the local stack whose function crashes', () => {
  beforeAll(() => start(2_000));
  afterAll(() => stack.stop());

  it('is called twice more by Lambda, and counts as failed after an hour', { timeout: 30_000 }, async () => {
    judge = () => Promise.reject(new Error('out of memory'));
    const id = await deploy('orders', 'good.json', { autoRollbackConfiguration: { enabled: false } });
    const failed = await becomesOver(id);
    expect([failed?.status, failed?.error?.code]).toEqual(['Failed', 'HOOK_EXECUTION_FAILURE']);
    expect(failed?.error?.message).toContain('within an hour');
    expect((failed?.completedAt ?? 0) - (failed?.createdAt ?? 0)).toBe(3_600_000 / 2_000);
    expect(called.map(({ hook }) => hook)).toEqual(Array.from({ length: 3 }, () => 'BeforeAllowTraffic'));
    expect(new Set(called.map(({ event }) => event['LifecycleEventHookExecutionId'])).size).toBe(1);
  });
});
