import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { loadConfig } from '../../scripts/config/load-config.ts';
import { loadSuites } from '../../scripts/suites/load-suites.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createInvokeLambda } from '../../shared/aws/lambda-invoke.ts';
import { createTakeSample } from '../../shared/probe/take-sample.ts';
import { systemClock } from '../../shared/system-clock.ts';
import type { CompareProbe, MetricProbe, Suite } from '../../shared/validation/suite.ts';
import type { TakeSample } from '../../shared/validation/take-sample.ts';
import { ROOT } from '../support/command.ts';
import { aCompareCheck } from '../support/runs.ts';
import { checkOf } from '../support/suites.ts';
import { aStack, connectionTo } from '../support/stack.ts';

let stack: Stack;
let suites: readonly Suite[];
let takeSample: TakeSample;

beforeAll(async () => {
  stack = await aStack(
    { template: parseTemplate({ Resources: {} }), taskRoot: ROOT },
    { deployments: 'C0DEPLOYMENTS' },
  );
  const config = await loadConfig(join(ROOT, 'gatehouse.yml'));
  suites = await loadSuites(join(ROOT, 'suites'), config);
  takeSample = createTakeSample({
    connection: connectionTo(stack),
    http: config.validation?.http ?? { hosts: [], privateHosts: [], ports: [] },
    secrets: {},
    localHosts: stack.hosts,
    clock: systemClock,
  });
});

afterAll(async () => {
  await stack.stop();
});

/** One sample of a check of a suite that is shipped. */
const sampleOf = async (suiteName: string, checkName: string, version: string, since = Date.now()) => {
  const suite = suites.find(({ name }) => name === suiteName);
  const check = suite?.checks.find(({ name }) => name === checkName);
  if (suite === undefined || check === undefined) {
    throw new Error(`there is no check ${checkName} of ${suiteName}`);
  }
  const { sample } = await takeSample({
    check,
    variables: {
      ...suite.vars,
      'function.name': 'orders',
      'function.alias': 'live',
      'old.version': '1',
      'new.version': version,
    },
    since,
    timeoutMs: check.sample.timeoutMs,
  });
  return sample;
};

describe('the suites that are shipped, at the local stack', () => {
  it('tell a good version of the function from a bad one, and from one that is not there', async () => {
    expect(await sampleOf('orders-before-traffic', 'health', '2')).toMatchObject({ outcome: 'pass' });
    expect(await sampleOf('orders-before-traffic', 'health', '3')).toMatchObject({ outcome: 'fail' });
    const missing = await sampleOf('orders-before-traffic', 'health', '99');
    expect([missing.outcome, missing.says]).toEqual([
      'error',
      expect.stringMatching(/^orders:99: ResourceNotFoundException: /),
    ]);
  });

  it('compare what two versions answer', async () => {
    expect(await sampleOf('orders-before-traffic', 'same-answer', '2')).toMatchObject({ outcome: 'pass' });
  });

  it('ask the web behind its listeners', async () => {
    expect(await sampleOf('web-test-traffic', 'health', '')).toMatchObject({ outcome: 'pass' });
    expect(await sampleOf('web-test-traffic', 'home', '')).toMatchObject({ outcome: 'pass' });
    expect(await sampleOf('web-after-traffic', 'front-door', '')).toMatchObject({ outcome: 'pass' });
  });

  it('look at alarms', async () => {
    expect(await sampleOf('orders-after-traffic', 'alarms', '2')).toMatchObject({ outcome: 'pass', says: 'It is OK' });
  });
});

describe('a metric check, at the local stack', () => {
  it('sees what was measured in whole periods since the hook began', async () => {
    const now = Date.now();
    const put = (minutesAgo: number, Value: number) => ({
      MetricName: 'Lost',
      Value,
      Timestamp: now / 1000 - minutesAgo * 60,
    });
    await createAwsClient('monitoring', connectionTo(stack))('PutMetricData', {
      Namespace: 'Orders',
      MetricData: [put(1, 2), put(2, 3), put(20, 100)],
    });
    const probe: MetricProbe = {
      kind: 'metric',
      namespace: 'Orders',
      metric: 'Lost',
      stat: 'Sum',
      dimensions: {},
      periodSeconds: 60,
      windowMs: 3_600_000,
      minDataPoints: 2,
    };
    const request = {
      check: checkOf(probe, { expect: [{ path: 'value', op: 'lte', value: 4 }] }),
      variables: {},
      timeoutMs: 5_000,
    } as const;
    const { sample } = await takeSample({ ...request, since: now - 10 * 60_000 });
    expect(sample).toMatchObject({ outcome: 'fail', value: '5', expected: '<= 4' });
    expect((await takeSample({ ...request, since: now })).sample).toMatchObject({ outcome: 'nodata' });
  });
});

describe('a compare check, at the local stack', () => {
  const MINUTE = 60_000;

  /** Puts so many errors of so many invocations of a version, so many minutes ago. */
  const put = async (
    { functionName, version }: { readonly functionName: string; readonly version: string },
    minutesAgo: number,
    bad: number,
    all: number,
  ): Promise<void> => {
    const metric = (MetricName: string, Value: number) => ({
      MetricName,
      Value,
      Dimensions: [
        { Name: 'FunctionName', Value: functionName },
        { Name: 'ExecutedVersion', Value: version },
      ],
      Timestamp: Date.now() / 1000 - minutesAgo * 60,
    });
    await createAwsClient('monitoring', connectionTo(stack))('PutMetricData', {
      Namespace: 'AWS/Lambda',
      MetricData: [metric('Errors', bad), metric('Invocations', all)],
    });
  };

  /** One look at a function ten minutes after its hook has begun. */
  const look = async (functionName: string, overrides: Partial<CompareProbe> = {}) => {
    const { sample } = await takeSample({
      check: aCompareCheck(
        {},
        { dimensions: { FunctionName: '${function.name}', ExecutedVersion: '${side.version}' }, ...overrides },
      ),
      variables: { 'function.name': functionName, 'old.version': '6', 'new.version': '7' },
      since: Date.now() - 10 * MINUTE,
      timeoutMs: 5_000,
    });
    return sample;
  };

  it('sees that the new version errs where the old one does not', async () => {
    const functionName = 'new-errors';
    await put({ functionName, version: '6' }, 3, 0, 9_000);
    await put({ functionName, version: '7' }, 3, 20, 1_000);
    expect(await look(functionName)).toMatchObject({
      outcome: 'fail',
      says: 'Errors of Invocations: 2 % (20 of 1000), the old version 0 % (0 of 9000): 1.22 to 3.26 points worse, 0.2 tolerated: it is worse',
    });
  });

  it('compares with what was before where the old version has no traffic any more', async () => {
    const functionName = 'all-moved';
    const baselines = [{ kind: 'old-version' }, { kind: 'before-deployment', forMs: 30 * MINUTE }] as const;
    await put({ functionName, version: '7' }, 3, 0, 3_000);
    expect(await look(functionName, { baselines })).toMatchObject({ outcome: 'nodata' });
    await put({ functionName, version: '6' }, 20, 3, 27_000);
    const sample = await look(functionName, { baselines });
    expect(sample).toMatchObject({ outcome: 'pass', value: '0 % (0 of 3000)' });
    expect(sample.says).toContain('30 minutes before 0.0111 % (3 of 27000)');
  });

  it('proves nothing by twenty invocations', async () => {
    const functionName = 'hardly-called';
    await put({ functionName, version: '6' }, 3, 0, 9_000);
    await put({ functionName, version: '7' }, 3, 0, 20);
    expect(await look(functionName)).toMatchObject({ outcome: 'nodata', value: '20 in all' });
    expect(await look(functionName, { minSamples: 10, tolerate: { absolute: 0.01 } })).toMatchObject({
      outcome: 'between',
    });
  });

  it('has both sides from what versions of a function that is called have counted', async () => {
    const invoke = createInvokeLambda(connectionTo(stack));
    for (const qualifier of ['1', '3']) {
      for (let call = 0; call < 8; call += 1) {
        await invoke({
          functionName: 'orders',
          qualifier,
          payload: '{"path":"/health"}',
          logTail: false,
          timeoutMs: 5_000,
        });
      }
    }
    // Only whole minutes are looked at.
    const takeLater = createTakeSample({
      connection: connectionTo(stack),
      http: { hosts: [], privateHosts: [], ports: [] },
      secrets: {},
      clock: { now: () => Date.now() + 2 * MINUTE },
    });
    const { sample } = await takeLater({
      check: aCompareCheck(
        {},
        {
          dimensions: {
            FunctionName: 'orders',
            Resource: 'orders:${side.version}',
            ExecutedVersion: '${side.version}',
          },
          lookBackMs: 5 * MINUTE,
          minSamples: 5,
          tolerate: { absolute: 0.5 },
        },
      ),
      variables: { 'old.version': '1', 'new.version': '3' },
      since: Date.now(),
      timeoutMs: 5_000,
    });
    expect(sample.outcome).toBe('pass');
    expect(sample.says).toMatch(/^Errors of Invocations: 0 % \(0 of \d+\), the old version 0 % \(0 of \d+\)/);
  });
});
