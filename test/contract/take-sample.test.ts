import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../shared/probe/json.ts';
import { createTakeSample } from '../../shared/probe/take-sample.ts';
import type { ProbeDeps } from '../../shared/probe/take-sample.ts';
import type { JsonValue } from '../../shared/validation/json-value.ts';
import type { Assertion, Check, HttpStep, InvokeProbe, MetricProbe, Probe } from '../../shared/validation/suite.ts';
import type { SampleRequest } from '../../shared/validation/take-sample.ts';
import { listenHttp } from '../support/probes.ts';
import type { Heard, Listening } from '../support/probes.ts';
import { connectionTo } from '../support/stack.ts';
import { checkOf } from '../support/suites.ts';

const TEN_O_CLOCK = Date.parse('2026-11-23T10:00:00Z');
const MINUTE = 60_000;

const open: Listening[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

type Answers = Partial<{
  /** By the version that is asked for. */
  lambda: (response: ServerResponse, version: string | undefined, payload: JsonValue) => void;
  /** By the operation: what its output says, or a refusal. */
  cloudwatch: (operation: string, input: JsonValue) => object | ServerRefusal;
  secrets: Readonly<Record<string, string>>;
}>;

type ServerRefusal = { readonly refusal: string };

/** The parts of AWS that checks ask, over AWS's own protocols. */
const anAws = async ({ lambda, cloudwatch, secrets = {} }: Answers) => {
  const asked: (Heard & { readonly input: JsonValue })[] = [];
  const server = await listenHttp((response, heard) => {
    const input = parseJson(heard.body) ?? null;
    asked.push({ ...heard, input });
    const target = String(heard.headers['x-amz-target'] ?? '');
    const json = (body: object, status = 200) => response.writeHead(status).end(JSON.stringify(body));
    if (heard.url.startsWith('/2015-03-31/functions/')) {
      lambda?.(response, /Qualifier=(.*)$/.exec(heard.url)?.[1], input);
    } else if (target.startsWith('GraniteServiceVersion20100801.')) {
      const output = cloudwatch?.(target.replace(/^.*\./, ''), input) ?? {};
      if ('refusal' in output) {
        json({ __type: output.refusal, message: `about ${String(output.refusal)}` }, 400);
      } else {
        json(output);
      }
    } else {
      const value = Object.entries(secrets).find(([name]) => heard.body.includes(`"${name}"`))?.[1];
      json(
        value === undefined ? { __type: 'ParameterNotFound' } : { Parameter: { Value: value } },
        value === undefined ? 400 : 200,
      );
    }
  });
  open.push(server);
  return { asked, connection: connectionTo({ aws: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' }) };
};

const takerOf = (connection: ProbeDeps['connection'], overrides: Partial<ProbeDeps> = {}) =>
  createTakeSample({
    connection,
    http: { hosts: ['*.example.com'], privateHosts: [], ports: [] },
    secrets: { gate: '/gatehouse/gate' },
    clock: { now: () => TEN_O_CLOCK + 10 * MINUTE + 30_000 },
    ...overrides,
  });

const VARIABLES = { 'function.name': 'orders', 'old.version': '6', 'new.version': '7' };

const requestOf = (
  probe: Probe,
  expectations: readonly Assertion[] = [],
  overrides: Partial<SampleRequest> = {},
): SampleRequest => ({
  check: checkOf(probe, { expect: expectations }),
  variables: VARIABLES,
  since: TEN_O_CLOCK,
  timeoutMs: 2_000,
  ...overrides,
});

const answering =
  (payload: unknown, headers: Readonly<Record<string, string>> = {}): NonNullable<Answers['lambda']> =>
  (response, version) => {
    response
      .writeHead(200, { 'x-amz-executed-version': version ?? '$LATEST', ...headers })
      .end(JSON.stringify(payload));
  };

const refusing =
  (status: number, name: string): NonNullable<Answers['lambda']> =>
  (response) => {
    response.writeHead(status, { 'x-amzn-errortype': name }).end(JSON.stringify({ message: `about ${name}` }));
  };

describe('a sample of an invoke check', () => {
  const probeOf = (overrides: Partial<InvokeProbe> = {}): InvokeProbe => ({
    kind: 'invoke',
    function: 'orders',
    qualifiers: ['${new.version}'],
    payload: { path: '/health' },
    logTail: true,
    ignore: [],
    ...overrides,
  });
  const BOTH = probeOf({ qualifiers: ['${old.version}', '${new.version}'] });

  const take = async (
    answers: Answers,
    probe = probeOf(),
    expectations: readonly Assertion[] = [],
    more: Partial<SampleRequest> = {},
  ) => {
    const { asked, connection } = await anAws(answers);
    return { asked, ...(await takerOf(connection)(requestOf(probe, expectations, more))) };
  };

  it('passes when the new version answers', async () => {
    const { asked, sample } = await take(
      { lambda: answering({ statusCode: 200, body: '{"version": "7"}' }) },
      probeOf(),
      [
        { path: 'payload.statusCode', op: 'eq', value: 200 },
        { path: 'body.version', op: 'eq', value: '${new.version}' },
        { path: 'executedVersion', op: 'eq', value: '7' },
        { path: 'functionError', op: 'absent' },
        { path: 'durationMs', op: 'lt', value: 2_000 },
        { path: 'statusCode', op: 'eq', value: 200 },
      ],
    );
    expect(asked.map(({ url, input }) => [url, input])).toEqual([
      ['/2015-03-31/functions/orders/invocations?Qualifier=7', { path: '/health' }],
    ]);
    expect(sample).toMatchObject({
      at: TEN_O_CLOCK + 10 * MINUTE + 30_000,
      outcome: 'pass',
      says: 'payload.statusCode is 200, expected 200',
      value: '200',
      expected: '200',
    });
    expect(sample).not.toHaveProperty('evidence');
    expect((await take({ lambda: answering({}) })).sample).toMatchObject({ outcome: 'pass', value: 'an answer' });
  });

  it('fails when an assertion does not hold, with the end of the log', async () => {
    const logTail = {
      'x-amz-log-result': Buffer.from('START\ndatabase is away, password=canary\nEND').toString('base64'),
    };
    const { sample } = await take({ lambda: answering({ statusCode: 500 }, logTail) }, probeOf(), [
      { path: 'payload.statusCode', op: 'eq', value: 200 },
    ]);
    expect(sample).toMatchObject({ outcome: 'fail', value: '500', expected: '200' });
    expect(sample.evidence).toMatch(/^Invoke orders:7: status 200 after \d+ ms\n/);
    expect(sample.evidence).toContain('\nSTART\ndatabase is away, password=[redacted]\nEND');
  });

  it('fails when the function throws, or does not answer in time (F58)', async () => {
    const thrown = answering(
      { errorType: 'TypeError', errorMessage: 'undefined is not a function' },
      { 'x-amz-function-error': 'Unhandled' },
    );
    const { sample } = await take({ lambda: thrown }, probeOf(), [
      { path: 'functionError', op: 'eq', value: 'Unhandled' },
    ]);
    expect(sample).toMatchObject({ outcome: 'fail', says: 'orders:7 fails: TypeError: undefined is not a function' });
    const late = await take({ lambda: () => undefined }, probeOf(), [], { timeoutMs: 200 });
    expect(late.sample).toMatchObject({ outcome: 'fail', says: 'orders:7: There is no answer after 200 ms' });
  });

  it.each([
    [429, 'TooManyRequestsException'],
    [403, 'AccessDeniedException'],
    [404, 'ResourceNotFoundException'],
    [500, 'ServiceException'],
  ])('is an error when Lambda says %i %s: the run takes it again (F58)', async (status, name) => {
    const { asked, sample } = await take({ lambda: refusing(status, name) });
    expect(sample).toMatchObject({ outcome: 'error', says: `orders:7: ${name}: about ${name}` });
    expect(asked).toHaveLength(1);
  });

  it('fails when another version has run than the one that it is about (F58)', async () => {
    const other = answering({ statusCode: 200 }, { 'x-amz-executed-version': '$LATEST' });
    expect((await take({ lambda: other })).sample).toMatchObject({
      outcome: 'fail',
      says: 'orders:7: version $LATEST ran instead',
    });
    const unsaid: Answers['lambda'] = (response) => response.end('{}');
    expect((await take({ lambda: unsaid })).sample).toMatchObject({ outcome: 'error' });
  });

  it.each(['live', '$LATEST', '', '0', '7a', '-7', '7.0', '07'])(
    'is an error when the qualifier comes to %j, and calls nothing (F58)',
    async (qualifier) => {
      const { asked, sample } = await take({ lambda: answering({}) }, probeOf(), [], {
        variables: { ...VARIABLES, 'new.version': qualifier },
      });
      expect(sample).toMatchObject({ outcome: 'error' });
      expect(sample.says).toMatch(/is not the number of a version$/);
      expect(asked).toEqual([]);
    },
  );

  it.each<readonly [string, string | undefined, string]>([
    ['orders', 'payments', 'payments is deployed, which is not orders'],
    ['orders-*', 'payments', 'payments is deployed, which is not orders-*'],
    ['orders-*', undefined, 'It is not known which function is deployed, and orders-* names many'],
  ])('is an error when it is about %s and %s is deployed, and calls nothing', async (name, deployed, says) => {
    const { 'function.name': _, ...others } = VARIABLES;
    const { asked, sample } = await take({ lambda: answering({}) }, probeOf({ function: name }), [], {
      variables: { ...others, ...(deployed !== undefined && { 'function.name': deployed }) },
    });
    expect(sample).toMatchObject({ outcome: 'error', says });
    expect(asked).toEqual([]);
  });

  it('calls the function that is deployed, of those that match', async () => {
    const { asked } = await take({ lambda: answering({}) }, probeOf({ function: 'orders-*' }), [], {
      variables: { ...VARIABLES, 'function.name': 'orders-eu' },
    });
    expect(asked.map(({ url }) => url)).toEqual(['/2015-03-31/functions/orders-eu/invocations?Qualifier=7']);
  });

  it('compares two versions, but for what is to be ignored', async () => {
    const by: Answers['lambda'] = (response, version, payload) => {
      answering({ total: version === '6' ? 10 : 11, requestId: version, asked: payload })(response, version, payload);
    };
    const { asked, sample } = await take({ lambda: by }, { ...BOTH, ignore: ['requestId'] });
    expect(asked.map(({ url }) => url).sort()).toEqual([
      '/2015-03-31/functions/orders/invocations?Qualifier=6',
      '/2015-03-31/functions/orders/invocations?Qualifier=7',
    ]);
    expect(sample).toMatchObject({
      outcome: 'fail',
      says: 'They differ in payload.total',
      value: 'payload.total',
      expected: 'no differences',
    });
    expect(sample.evidence).toMatch(/orders:7: status 200[^]*orders:6: status 200/);
    const alike = await take({ lambda: by }, { ...BOTH, ignore: ['requestId', 'total'] });
    expect(alike.sample).toMatchObject({ outcome: 'pass', value: 'no differences' });
    const asserted = await take({ lambda: by }, BOTH, [
      { path: 'new.payload.total', op: 'eq', value: 11 },
      { path: 'old.payload.total', op: 'eq', value: 10 },
      { path: 'differences', op: 'length', value: 2 },
    ]);
    expect(asserted.sample).toMatchObject({ outcome: 'pass' });
  });

  it.each<readonly [string, string, 'fail' | 'error', string]>([
    ['ok', 'throws', 'fail', 'orders:7 fails: Unhandled'],
    ['throttled', 'throws', 'fail', 'orders:7 fails: Unhandled'],
    ['ok', 'throttled', 'error', 'orders:7: TooManyRequestsException: about TooManyRequestsException'],
    ['throttled', 'ok', 'error', 'orders:6: TooManyRequestsException: about TooManyRequestsException'],
    ['throttled', 'throttled', 'error', 'orders:7: TooManyRequestsException: about TooManyRequestsException'],
    ['other version', 'ok', 'error', 'orders:6: version 1 ran instead'],
    ['throws', 'ok', 'fail', 'They differ in functionError'],
  ])('of two versions, where the old one is %s and the new one %s, is a %s', async (old, next, outcome, says) => {
    const kinds: Readonly<Record<string, NonNullable<Answers['lambda']>>> = {
      ok: answering(null),
      throws: answering(null, { 'x-amz-function-error': 'Unhandled' }),
      throttled: refusing(429, 'TooManyRequestsException'),
      'other version': answering(null, { 'x-amz-executed-version': '1' }),
    };
    const { sample } = await take(
      { lambda: (response, version, payload) => kinds[version === '6' ? old : next]?.(response, version, payload) },
      BOTH,
    );
    expect(sample).toMatchObject({ outcome, says });
  });
});

describe('a sample of an alarms check', () => {
  const probe = (...names: readonly string[]): Probe => ({ kind: 'alarms', names });

  const alarm = (AlarmName: string, StateValue: string, minutes?: number) => ({
    AlarmName,
    StateValue,
    StateReason: `reason of ${AlarmName}`,
    ...(minutes !== undefined && { StateTransitionedTimestamp: TEN_O_CLOCK / 1000 + minutes * 60 }),
  });

  const take = async (output: object | ServerRefusal, names: readonly string[], more: Partial<SampleRequest> = {}) => {
    const { asked, connection } = await anAws({ cloudwatch: () => output });
    return { asked, ...(await takerOf(connection)(requestOf(probe(...names), [], more))) };
  };

  it('passes when all are OK, be they of metrics or of alarms', async () => {
    const { asked, sample, redNow } = await take(
      { MetricAlarms: [alarm('orders-5xx', 'OK')], CompositeAlarms: [alarm('orders', 'OK')] },
      ['${function.name}-5xx', 'orders'],
    );
    expect(sample).toMatchObject({ outcome: 'pass', says: 'All 2 are OK', value: 'OK', expected: 'OK' });
    expect(redNow).toEqual([]);
    expect(asked.map(({ headers, input }) => [headers['x-amz-target'], headers['content-type'], input])).toEqual([
      [
        'GraniteServiceVersion20100801.DescribeAlarms',
        'application/x-amz-json-1.0',
        { AlarmNames: ['orders-5xx', 'orders'], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 },
      ],
    ]);
    expect(asked[0]?.headers.authorization).toContain('/eu-west-1/monitoring/aws4_request');
  });

  it('fails when one has turned red since the hook began', async () => {
    const { sample, redNow } = await take({ MetricAlarms: [alarm('a', 'OK'), alarm('b', 'ALARM', 1)] }, ['a', 'b']);
    expect(sample).toMatchObject({
      outcome: 'fail',
      says: 'In alarm: b',
      value: 'ALARM: b',
      expected: 'OK',
      evidence: 'b: reason of b',
    });
    expect(redNow).toEqual([]);
  });

  it('has no data when one was red before it began, and says which', async () => {
    const first = await take({ MetricAlarms: [alarm('a', 'ALARM', -1)] }, ['a']);
    expect(first.sample).toMatchObject({ outcome: 'nodata', says: 'In alarm since before the deployment: a' });
    expect(first.redNow).toEqual(['a']);
    // Where CloudWatch does not say since when, the first look tells.
    const untold = await take({ MetricAlarms: [alarm('a', 'ALARM')] }, ['a']);
    expect([untold.sample.outcome, untold.redNow]).toEqual(['nodata', ['a']]);
    const later = await take({ MetricAlarms: [alarm('a', 'ALARM')] }, ['a'], { redBefore: ['a'] });
    expect(later.sample.outcome).toBe('nodata');
    const fresh = await take({ MetricAlarms: [alarm('a', 'ALARM')] }, ['a'], { redBefore: ['b'] });
    expect(fresh.sample.outcome).toBe('fail');
    // It was red, was not for a while, and is again: not told apart, as it was not this deployment that began it.
    const again = await take({ MetricAlarms: [alarm('a', 'ALARM', 2)] }, ['a'], { redBefore: ['a'] });
    expect(again.sample.outcome).toBe('nodata');
  });

  it('fails when one has turned red while traffic moved, before the hook that comes after it', async () => {
    const red = { MetricAlarms: [alarm('a', 'ALARM', -1)] };
    const caused = await take(red, ['a'], { deployedAt: TEN_O_CLOCK - 120_000 });
    expect(caused.sample).toMatchObject({ outcome: 'fail', says: 'In alarm: a' });
    expect(caused.redNow).toEqual([]);
    expect((await take(red, ['a'], { deployedAt: TEN_O_CLOCK - 30_000 })).sample.outcome).toBe('nodata');
  });

  it('fails for one although another was red before, is without data or is missing', async () => {
    const { sample } = await take(
      { MetricAlarms: [alarm('a', 'ALARM', -1), alarm('b', 'INSUFFICIENT_DATA'), alarm('c', 'ALARM', 1)] },
      ['a', 'b', 'c', 'd'],
    );
    expect(sample).toMatchObject({ outcome: 'fail', says: 'In alarm: c' });
  });

  it('has no data when CloudWatch has not', async () => {
    const { sample } = await take({ MetricAlarms: [alarm('a', 'INSUFFICIENT_DATA'), alarm('b', 'OK')] }, ['a', 'b']);
    expect(sample).toMatchObject({ outcome: 'nodata', says: 'Without data: a', value: 'no data: a' });
  });

  it('is an error when there is no such alarm, and when CloudWatch cannot be asked', async () => {
    expect((await take({ MetricAlarms: [alarm('a', 'OK')] }, ['a', 'b'])).sample).toMatchObject({
      outcome: 'error',
      says: 'There is no alarm b',
    });
    for (const refusal of ['ThrottlingException', 'AccessDenied']) {
      const { asked, sample } = await take({ refusal }, ['a']);
      expect(sample).toMatchObject({ outcome: 'error', says: `${refusal}: about ${refusal}` });
      expect(asked).toHaveLength(1);
    }
    expect((await take({ MetricAlarms: [{}] }, ['a'])).sample.outcome).toBe('error');
  });
});

describe('a sample of a metric check', () => {
  const probeOf = (overrides: Partial<MetricProbe> = {}): MetricProbe => ({
    kind: 'metric',
    namespace: 'AWS/Lambda',
    metric: 'Errors',
    stat: 'Sum',
    dimensions: { FunctionName: '${function.name}', ExecutedVersion: '${new.version}' },
    periodSeconds: 60,
    windowMs: 5 * MINUTE,
    minDataPoints: 1,
    ...overrides,
  });

  const of = (...Values: readonly unknown[]) => ({
    MetricDataResults: [{ Id: 'asked', StatusCode: 'Complete', Values }],
  });

  const take = async (
    output: object | ServerRefusal,
    expectations: readonly Assertion[],
    probe = probeOf(),
    more: Partial<SampleRequest> = {},
  ) => {
    const { asked, connection } = await anAws({ cloudwatch: () => output });
    return { asked, ...(await takerOf(connection)(requestOf(probe, expectations, more))) };
  };

  it('asks for whole periods, in the window and after the hook has begun', async () => {
    const expectations: readonly Assertion[] = [{ path: 'value', op: 'lt', value: 5 }];
    const { asked, sample } = await take(of(1, 0, 2), expectations);
    expect(sample).toMatchObject({
      outcome: 'pass',
      says: 'Errors (Sum): value is 3, expected < 5',
      value: '3',
      expected: '< 5',
    });
    expect(asked.map(({ headers, input }) => [headers['x-amz-target'], input])).toEqual([
      [
        'GraniteServiceVersion20100801.GetMetricData',
        {
          MetricDataQueries: [
            {
              Id: 'asked',
              MetricStat: {
                Metric: {
                  Namespace: 'AWS/Lambda',
                  MetricName: 'Errors',
                  Dimensions: [
                    { Name: 'FunctionName', Value: 'orders' },
                    { Name: 'ExecutedVersion', Value: '7' },
                  ],
                },
                Period: 60,
                Stat: 'Sum',
              },
              ReturnData: true,
            },
          ],
          StartTime: TEN_O_CLOCK / 1000 + 5 * 60,
          EndTime: TEN_O_CLOCK / 1000 + 10 * 60,
          ScanBy: 'TimestampAscending',
        },
      ],
    ]);
    const later = await take(of(1), expectations, probeOf(), { since: TEN_O_CLOCK + 6 * MINUTE + 1 });
    expect(later.asked[0]?.input).toMatchObject({ StartTime: TEN_O_CLOCK / 1000 + 7 * 60 });
    const tooEarly = await take(of(1), expectations, probeOf(), { since: TEN_O_CLOCK + 9 * MINUTE + 1 });
    expect([tooEarly.sample.outcome, tooEarly.asked]).toEqual(['nodata', []]);
  });

  it.each([
    ['Sum', 6],
    ['SampleCount', 6],
    ['Average', 2],
    ['Minimum', 1],
    ['Maximum', 3],
    ['p99', 3],
  ])('sees what the data points are together: of %s %d', async (stat, value) => {
    const { sample } = await take(
      of(1, 3, 2),
      [
        { path: 'value', op: 'eq', value },
        { path: '[min, max, sum, average]', op: 'eq', value: [1, 3, 6, 2] },
        { path: 'dataPoints', op: 'eq', value: [1, 3, 2] },
      ],
      probeOf({ stat }),
    );
    expect(sample).toMatchObject({ outcome: 'pass' });
  });

  it('fails with what was measured', async () => {
    const { sample } = await take(of(4, 5), [{ path: 'value', op: 'lt', value: 5 }]);
    expect(sample).toMatchObject({ outcome: 'fail', value: '9', expected: '< 5' });
    expect(sample.evidence).toContain('Sum of each 60 s from 2026-11-23T10:05:00.000Z: 4, 5');
  });

  it('has no data below its least number of data points', async () => {
    const expectations: readonly Assertion[] = [{ path: 'value', op: 'lt', value: 5 }];
    expect((await take(of(), expectations, probeOf({ minDataPoints: 0 }))).sample).toMatchObject({
      outcome: 'nodata',
      says: 'Errors has 0 data points, expected 1 or more',
    });
    expect((await take(of(9), expectations, probeOf({ minDataPoints: 2 }))).sample).toMatchObject({
      outcome: 'nodata',
      value: '1 data point',
      expected: '2 or more',
    });
    expect((await take(of(1, 2), expectations, probeOf({ minDataPoints: 2 }))).sample.outcome).toBe('pass');
  });

  it('reads all pages, and not for ever', async () => {
    let page = 0;
    const { asked, connection } = await anAws({
      cloudwatch: () => {
        page += 1;
        const [result] = of(page).MetricDataResults;
        return {
          MetricDataResults: [{ ...result, StatusCode: 'PartialData' }],
          ...(page !== 2 && { NextToken: `${page}` }),
        };
      },
    });
    const request = requestOf(probeOf(), [{ path: 'dataPoints', op: 'eq', value: [1, 2] }]);
    expect((await takerOf(connection)(request)).sample.outcome).toBe('pass');
    expect(asked[1]?.input).toMatchObject({ NextToken: '1' });
    expect((await takerOf(connection)(request)).sample).toMatchObject({
      outcome: 'error',
      says: 'CloudWatch has more than 5 pages of data points',
    });
  });

  it.each<readonly [string, object, string]>([
    ['is throttled', { refusal: 'ThrottlingException' }, 'ThrottlingException: about ThrottlingException'],
    ['has a number that is none', of(1, 'NaN'), 'One of 2 data points is NaN'],
    [
      'may not say',
      { MetricDataResults: [{ StatusCode: 'Forbidden', Messages: [{ Value: 'not yours' }] }] },
      'CloudWatch says Forbidden: not yours',
    ],
    ['has failed', { MetricDataResults: [{ StatusCode: 'InternalError' }] }, 'CloudWatch says InternalError'],
  ])('is an error when CloudWatch %s', async (_what, output, says) => {
    const { sample } = await take(output, [{ path: 'value', op: 'lt', value: 5 }]);
    expect(sample).toMatchObject({ outcome: 'error', says });
  });

  it('is an error when it expects nothing', async () => {
    expect((await take(of(1), [])).sample).toMatchObject({ outcome: 'error', says: 'It expects nothing' });
  });
});

describe('a sample of the user’s own function', () => {
  const PROBE: Probe = {
    kind: 'lambda',
    function: 'check-orders',
    input: { version: '${new.version}', key: '${secret:gate}' },
  };

  const take = async (
    lambda: Answers['lambda'],
    expectations: readonly Assertion[] = [],
    more: Partial<SampleRequest> = {},
  ) => {
    const { asked, connection } = await anAws({
      ...(lambda && { lambda }),
      secrets: { '/gatehouse/gate': 's3cret-value' },
    });
    return { asked, ...(await takerOf(connection)(requestOf(PROBE, expectations, more))) };
  };

  it('is called with what is deployed and with its input', async () => {
    const { asked, sample } = await take(answering({ verdict: 'pass' }));
    expect(asked.at(-1)).toMatchObject({
      url: '/2015-03-31/functions/check-orders/invocations',
      input: {
        check: 'lambda',
        variables: VARIABLES,
        since: '2026-11-23T10:00:00.000Z',
        input: { version: '7', key: 's3cret-value' },
      },
    });
    expect(sample).toMatchObject({ outcome: 'pass', says: 'check-orders says pass', value: 'pass', expected: 'pass' });
  });

  it('is what that says, and what it says of it', async () => {
    const told = {
      verdict: 'fail',
      says: '3 orders are lost',
      value: 3,
      expected: '0',
      link: 'https://example.com/orders',
    };
    expect((await take(answering(told))).sample).toMatchObject({
      outcome: 'fail',
      says: '3 orders are lost',
      value: '3',
      expected: '0',
      link: 'https://example.com/orders',
    });
    expect((await take(answering({ verdict: 'nodata' }))).sample.outcome).toBe('nodata');
  });

  it.each(['http://example.com/', 'javascript:alert(1)', 'no link', 'https://example.com/?key=s3cret-value'])(
    'has no link to %s',
    async (link) => {
      expect((await take(answering({ verdict: 'pass', link }))).sample).not.toHaveProperty('link');
    },
  );

  it('has to hold in what is expected of its answer, too', async () => {
    const lambda = answering({ verdict: 'pass', figures: { lost: 3 } });
    expect((await take(lambda, [{ path: 'figures.lost', op: 'eq', value: 0 }])).sample).toMatchObject({
      outcome: 'fail',
      says: 'figures.lost is 3, expected 0',
    });
    expect((await take(lambda, [{ path: 'figures.lost', op: 'eq', value: 3 }])).sample.outcome).toBe('pass');
  });

  it.each<readonly [string, Answers['lambda']]>([
    ['throws', answering({ errorMessage: 'no' }, { 'x-amz-function-error': 'Unhandled' })],
    ['is late', () => undefined],
    ['is not there', refusing(404, 'ResourceNotFoundException')],
    ['answers with another verdict', answering({ verdict: 'success' })],
    ['answers with nothing', answering(null)],
    ['answers with a list', answering([{ verdict: 'pass' }])],
    ['answers with no JSON', (response) => response.end('pass')],
  ])('is an error when that %s', async (_what, lambda) => {
    expect((await take(lambda, [], { timeoutMs: 300 })).sample.outcome).toBe('error');
  });
});

describe('a sample', () => {
  const stepOf = (overrides: Partial<HttpStep> = {}): HttpStep => ({
    id: 'step',
    method: 'GET',
    url: 'http://shop.example.com/',
    headers: {},
    redirect: 'error',
    ...overrides,
  });

  const aShop = async (answer: (response: ServerResponse, heard: Heard) => void) => {
    const server = await listenHttp(answer);
    open.push(server);
    return { 'shop.example.com': `http://127.0.0.1:${server.port}` };
  };

  it('holds nothing secret, wherever whoever answers puts it (S42, S43)', async () => {
    const { connection } = await anAws({ secrets: { '/gatehouse/gate': 'pass "word" 123' } });
    const localHosts = await aShop((response, { headers, body }) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          message: `${String(headers['x-auth'])} is wrong`,
          body,
          base64: Buffer.from('pass "word" 123').toString('base64'),
        }),
      );
    });
    const probe: Probe = {
      kind: 'http',
      steps: [
        stepOf({
          method: 'POST',
          headers: { 'X-Auth': '${secret:gate}' },
          body: { kind: 'json', value: { credentials: ['${secret:gate}'] } },
        }),
      ],
    };
    const { sample } = await takerOf(connection, { localHosts })(
      requestOf(probe, [
        { path: 'body.message', op: 'eq', value: 'welcome' },
        { path: 'body', op: 'absent' },
      ]),
    );
    expect(sample).toMatchObject({ outcome: 'fail', value: '"[redacted] is wrong"', expected: '"welcome"' });
    expect(sample.evidence).toContain('[redacted]');
    expect(JSON.stringify(sample)).not.toMatch(/word|cGFzcyA|x-auth/i);
  });

  it.each(['other', 'gate'])('is an error when there is no secret %s, and asks nobody', async (name) => {
    const { connection } = await anAws({});
    let asked = 0;
    const localHosts = await aShop((response) => {
      asked += 1;
      response.end();
    });
    const probe: Probe = { kind: 'http', steps: [stepOf({ headers: { 'x-auth': `\${secret:${name}}` } })] };
    const { sample } = await takerOf(connection, { localHosts })(requestOf(probe));
    expect([sample.outcome, asked]).toEqual(['error', 0]);
    expect(sample.says).toMatch(name === 'other' ? /^gatehouse\.yml names no secret other$/ : /^ParameterNotFound/);
  });

  it('is bounded and of one line, whatever is answered', async () => {
    const { connection } = await anAws({});
    const localHosts = await aShop((response) => response.writeHead(500).end('<!channel>\u202e\r\n'.repeat(20_000)));
    const probe: Probe = { kind: 'http', steps: [stepOf()] };
    const { sample } = await takerOf(connection, { localHosts })(
      requestOf(probe, [{ path: 'body', op: 'eq', value: 'x'.repeat(5_000) }]),
    );
    expect(sample.outcome).toBe('fail');
    expect(sample.says.length).toBeLessThanOrEqual(300);
    expect(sample.value?.length).toBeLessThanOrEqual(100);
    expect(sample.expected?.length).toBeLessThanOrEqual(100);
    expect(sample.evidence?.length).toBeLessThanOrEqual(2_000);
    expect(`${sample.says}${sample.value ?? ''}`).not.toMatch(/[\r\n\u202e]/);
    expect(sample.evidence).not.toMatch(/[\r\u202e]/);
  });

  it('is never rejected: what cannot be sampled is an error, and so is what takes too long', async () => {
    const { connection } = await anAws({ cloudwatch: () => ({}) });
    const take = takerOf(connection);
    const approval: Check = checkOf({ kind: 'approval' });
    expect((await take({ ...requestOf({ kind: 'approval' }), check: approval })).sample).toMatchObject({
      outcome: 'error',
      says: 'People are asked, and not sampled',
    });
    const silent = await listenHttp(() => undefined);
    open.push(silent);
    const slow = takerOf(connectionTo({ aws: `http://127.0.0.1:${silent.port}`, region: 'eu-west-1' }));
    const { sample } = await slow(requestOf({ kind: 'alarms', names: ['a'] }, [], { timeoutMs: 200 }));
    expect(sample).toMatchObject({ outcome: 'error', says: 'It took longer than 200 ms' });
    expect(sample.tookMs).toBeLessThan(700);
    // A secret that is never told.
    const probe: Probe = { kind: 'http', steps: [stepOf({ headers: { 'x-auth': '${secret:gate}' } })] };
    const waiting = await slow(requestOf(probe, [], { timeoutMs: 200 }));
    expect(waiting.sample).toMatchObject({ outcome: 'error', says: 'It took longer than 200 ms' });
  });
});
