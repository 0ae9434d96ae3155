import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsConnection } from '../../shared/aws/aws-client.ts';
import { createInvokeLambda } from '../../shared/aws/lambda-invoke.ts';
import { parseJson } from '../../shared/probe/json.ts';
import { createTakeSample } from '../../shared/probe/take-sample.ts';
import type { JsonValue } from '../../shared/validation/json-value.ts';
import type { Assertion, LogsProbe } from '../../shared/validation/suite.ts';
import { ROOT } from '../support/command.ts';
import { listenHttp } from '../support/probes.ts';
import type { Listening } from '../support/probes.ts';
import { aStack, connectionTo } from '../support/stack.ts';
import { checkOf } from '../support/suites.ts';

const BEGAN = Date.parse('2026-11-23T10:00:00Z');
const NOW = BEGAN + 60_000;

const open: Listening[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

const probeOf = (overrides: Partial<LogsProbe> = {}): LogsProbe => ({
  kind: 'logs',
  group: '/aws/lambda/${function.name}',
  pattern: '?ERROR ?FATAL',
  ...overrides,
});

const take = async (
  connection: AwsConnection,
  probe = probeOf(),
  expectations: readonly Assertion[] = [],
  { since, now = NOW }: { readonly since?: number; readonly now?: number } = {},
) => {
  const takeSample = createTakeSample({
    connection,
    http: { hosts: [], privateHosts: [], ports: [] },
    secrets: {},
    clock: { now: () => now },
  });
  const { sample } = await takeSample({
    check: checkOf(probe, { expect: expectations }),
    variables: { 'function.name': 'orders' },
    since: since ?? BEGAN,
    timeoutMs: 2_000,
  });
  return sample;
};

const line = (message: string, logStreamName = 'one', timestamp = BEGAN + 1_000) => ({
  message,
  logStreamName,
  timestamp,
});

/** CloudWatch Logs that answers each call with what is next: to those with a pattern and to those without. */
const someLogs = async (answers: { readonly any: readonly object[]; readonly matching?: readonly object[] }) => {
  const asked: JsonValue[] = [];
  const left = { any: [...answers.any], matching: [...(answers.matching ?? [])] };
  const server = await listenHttp((response, { body, headers }) => {
    asked.push(parseJson(body) ?? null);
    const list = body.includes('filterPattern') ? left.matching : left.any;
    const next = (list.length > 1 ? list.shift() : list[0]) ?? { events: [] };
    const isRefused = '__type' in next || headers['x-amz-target'] !== 'Logs_20140328.FilterLogEvents';
    response.writeHead(isRefused ? 400 : 200).end(JSON.stringify(next));
  });
  open.push(server);
  return { asked, connection: connectionTo({ aws: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' }) };
};

describe('a sample of a logs check', () => {
  it('passes when somebody logs since the hook has begun, and nothing matches', async () => {
    const { asked, connection } = await someLogs({
      any: [{ events: [line('all is well')] }],
      matching: [{ events: [] }],
    });
    expect(await take(connection, probeOf({ streamPrefix: '2026/11/23' }))).toMatchObject({
      outcome: 'pass',
      says: '/aws/lambda/orders, 2026/11/23*: matches is 0, expected 0',
      value: '0',
      expected: '0',
    });
    const input = {
      logGroupName: '/aws/lambda/orders',
      logStreamNamePrefix: '2026/11/23',
      startTime: BEGAN,
      endTime: NOW,
      limit: 1_000,
    };
    expect(asked).toEqual([input, { ...input, filterPattern: '?ERROR ?FATAL' }]);
  });

  it('fails with the first lines that match, without what is secret in them', async () => {
    const long = `ERROR password=hunter2 ${'x'.repeat(1_000)}`;
    const more = Array.from({ length: 11 }, (_, index) => line(`FATAL ${index}`, 'two'));
    const { connection } = await someLogs({
      any: [{ events: [line('hi')] }],
      matching: [{ events: [line(long), ...more] }],
    });
    const { evidence = '', ...sample } = await take(connection);
    expect(sample).toMatchObject({ outcome: 'fail', value: '12', expected: '0' });
    const lines = evidence.split('\n');
    expect(lines[0]).toBe('/aws/lambda/orders, from 2026-11-23T10:00:00.000Z: ?ERROR ?FATAL');
    expect(lines[1]).toMatch(/^2026-11-23T10:00:01\.000Z one ERROR password=\[redacted\] x+$/);
    expect(lines[1]?.length).toBeLessThanOrEqual(300);
    expect(lines.slice(2, 4)).toEqual(['2026-11-23T10:00:01.000Z two FATAL 0', '2026-11-23T10:00:01.000Z two FATAL 1']);
    expect(lines.slice(11)).toEqual(['and 2 more']);
  });

  it('reads pages to the end, empty ones too, and counts streams', async () => {
    const { connection } = await someLogs({
      any: [{ events: [], nextToken: 'a' }, { events: [line('hi', 'one')] }],
      matching: [
        { events: [line('ERROR 1', 'two')], nextToken: 'b' },
        { events: [], nextToken: 'c' },
        { events: [line('ERROR 2', 'three')] },
      ],
    });
    expect(
      await take(connection, probeOf(), [
        { path: 'matches', op: 'lte', value: 2 },
        { path: 'streams', op: 'eq', value: 3 },
      ]),
    ).toMatchObject({ outcome: 'pass' });
  });

  it('has no data where nobody has logged anything, and where there is no such group: that is not "no errors"', async () => {
    const silent = await someLogs({ any: [{ events: [] }] });
    expect(await take(silent.connection)).toMatchObject({
      outcome: 'nodata',
      says: '/aws/lambda/orders: nothing has been logged since the hook began',
    });
    const missing = await someLogs({ any: [{ __type: 'ResourceNotFoundException', message: 'no group' }] });
    expect(await take(missing.connection)).toMatchObject({
      outcome: 'nodata',
      says: 'There is no log group /aws/lambda/orders',
    });
  });

  it('reads ten pages at most: an upper bound that is passed fails, and anything else is an error', async () => {
    const endless = { any: [{ events: [line('hi')] }], matching: [{ events: [line('ERROR')], nextToken: 'more' }] };
    const { asked, connection } = await someLogs(endless);
    expect(await take(connection)).toMatchObject({
      outcome: 'fail',
      says: '/aws/lambda/orders: matches is 10, expected 0, and there are more',
    });
    expect(asked).toHaveLength(11);
    expect(await take(connection, probeOf(), [{ path: 'matches', op: 'lt', value: 10 }])).toMatchObject({
      outcome: 'fail',
    });
    for (const assertion of [
      { path: 'matches', op: 'lt', value: 11 },
      { path: 'matches', op: 'eq', value: 5 },
      { path: 'matches', op: 'gte', value: 20 },
    ] as const) {
      expect(await take(connection, probeOf(), [assertion])).toMatchObject({
        outcome: 'error',
        says: '/aws/lambda/orders: CloudWatch Logs has more than 10 pages of matches: 10 at least',
      });
    }
    const empty = await someLogs({ any: [{ events: [], nextToken: 'more' }] });
    expect(await take(empty.connection)).toMatchObject({ outcome: 'error' });
  });

  it.each(['ThrottlingException', 'AccessDeniedException', 'InvalidParameterException'])(
    'is an error when the query is refused with %s',
    async (refusal) => {
      const refused = { __type: refusal, message: 'no' };
      const first = await someLogs({ any: [refused] });
      expect(await take(first.connection)).toMatchObject({ outcome: 'error', says: `${refusal}: no` });
      expect(first.asked).toHaveLength(1);
      const second = await someLogs({ any: [{ events: [line('hi')] }], matching: [refused] });
      expect(await take(second.connection)).toMatchObject({ outcome: 'error', says: `${refusal}: no` });
    },
  );

  it('is an error when the query is not answered in time, or with something else', async () => {
    const server = await listenHttp(() => undefined);
    open.push(server);
    const late = connectionTo({ aws: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' });
    expect(await take(late)).toMatchObject({ outcome: 'error', says: 'It took longer than 2000 ms' });
    expect(await take((await someLogs({ any: [{ events: 'none' }] })).connection)).toMatchObject({ outcome: 'error' });
    expect(await take(late, probeOf({ group: '/ecs/${nothing}' }))).toMatchObject({
      outcome: 'error',
      says: 'There is nothing for ${nothing}',
    });
  });
});

describe('a logs check, at the local stack', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await aStack(
      { template: parseTemplate({ Resources: {} }), taskRoot: ROOT },
      { deployments: 'C0DEPLOYMENTS' },
    );
  });

  afterAll(async () => {
    await stack.stop();
  });

  it('sees what the functions of the applications have logged since the hook began', async () => {
    const connection = connectionTo(stack);
    const order = (qualifier: string) =>
      createInvokeLambda(connection)({
        ...{ functionName: 'orders', qualifier, logTail: false, timeoutMs: 2_000 },
        payload: JSON.stringify({ path: '/orders', items: [] }),
      });
    const now = Date.now();
    const until = { since: now - 1_000, now: now + 60_000 };
    const look = () => take(connection, probeOf({ pattern: 'ERROR -WARN' }), [], until);
    expect(await look()).toMatchObject({ outcome: 'nodata' });
    await order('2');
    expect(await look()).toMatchObject({ outcome: 'pass' });
    await order('4');
    const failed = await look();
    expect(failed).toMatchObject({ outcome: 'fail', value: '1' });
    expect(failed.evidence).toMatch(/ERROR Invoke Error \{"errorType":"TypeError"/);
    const later = { since: now + 30_000, now: now + 60_000 };
    expect(await take(connection, probeOf(), [], later)).toMatchObject({ outcome: 'nodata' });
    expect(await take(connection, probeOf({ group: '/ecs/web' }))).toMatchObject({ outcome: 'nodata' });
    const inJson = await take(connection, probeOf({ pattern: '{ $.level = "error" }' }), [], until);
    expect(inJson.outcome).toBe('error');
    expect(inJson.says).toMatch(/^InvalidParameterException: /);
  });

  it('is given what else is written there, page by page', async () => {
    const connection = connectionTo(stack);
    const logs = createAwsClient('logs', connection);
    const now = Date.now();
    await logs('CreateLogGroup', { logGroupName: '/ecs/web' });
    const write = (stream: string, ...messages: readonly string[]) =>
      logs('PutLogEvents', {
        logGroupName: '/ecs/web',
        logStreamName: stream,
        logEvents: messages.map((message) => ({ timestamp: now, message })),
      });
    await write('web/1', ...Array.from({ length: 1_200 }, (_, index) => `FATAL ${index}`));
    await write('web/2', 'request "GET /" took 3 ms', 'Unhandled Rejection');
    const look = (probe: Partial<LogsProbe>, ...expectations: readonly Assertion[]) =>
      take(connection, probeOf({ group: '/ecs/web', ...probe }), expectations, { since: now, now: now + 1_000 });
    expect(await look({ pattern: 'FATAL' })).toMatchObject({ outcome: 'fail', value: '1200' });
    expect(await look({ pattern: 'FATAL', streamPrefix: 'web/2' })).toMatchObject({ outcome: 'pass' });
    expect(await look({ pattern: '"Unhandled Rejection"' })).toMatchObject({ outcome: 'fail', value: '1' });
    expect(await look({ pattern: '%took \\d+ ms%' }, { path: 'matches', op: 'gte', value: 1 })).toMatchObject({
      outcome: 'pass',
    });
    expect(await look({ pattern: 'FATAL', streamPrefix: 'web/3' })).toMatchObject({ outcome: 'nodata' });
  });
});
