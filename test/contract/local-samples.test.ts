import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { loadConfig } from '../../scripts/config/load-config.ts';
import { loadSuites } from '../../scripts/suites/load-suites.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createTakeSample } from '../../shared/probe/take-sample.ts';
import { systemClock } from '../../shared/system-clock.ts';
import type { MetricProbe, Suite } from '../../shared/validation/suite.ts';
import type { TakeSample } from '../../shared/validation/take-sample.ts';
import { ROOT } from '../support/command.ts';
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
