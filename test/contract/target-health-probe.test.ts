import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_APPLICATIONS } from '../../local/applications/demo-applications.ts';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import type { AwsConnection } from '../../shared/aws/aws-client.ts';
import { createTakeSample } from '../../shared/probe/take-sample.ts';
import { systemClock } from '../../shared/system-clock.ts';
import type { Assertion } from '../../shared/validation/suite.ts';
import { ROOT } from '../support/command.ts';
import { listenHttp } from '../support/probes.ts';
import type { Listening } from '../support/probes.ts';
import { aStack, connectionTo } from '../support/stack.ts';
import { checkOf } from '../support/suites.ts';

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web-2/0123456789abcdef';

const open: Listening[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

const take = async (
  connection: AwsConnection,
  targetGroup = '${new.targetGroup}',
  expectations: readonly Assertion[] = [],
) => {
  const takeSample = createTakeSample({
    connection,
    http: { hosts: [], privateHosts: [], ports: [] },
    secrets: {},
    clock: systemClock,
  });
  const { sample } = await takeSample({
    check: checkOf({ kind: 'targetHealth', targetGroup }, { expect: expectations }),
    variables: { 'new.targetGroup': 'web-2' },
    since: 0,
    timeoutMs: 1_000,
  });
  return sample;
};

const targetOf = (id: string, state: string, reason = '') =>
  `<member><Target><Id>${id}</Id><Port>80</Port></Target><TargetHealth><State>${state}</State>` +
  `${reason === '' ? '' : `<Reason>${reason}</Reason><Description>It &amp; its port</Description>`}</TargetHealth></member>`;

const listOf = (...targets: readonly string[]) =>
  `<TargetHealthDescriptions>${targets.join('')}</TargetHealthDescriptions>`;

const NAMED = `<TargetGroups><member><TargetGroupArn>${ARN}</TargetGroupArn><TargetGroupName>web-2</TargetGroupName></member></TargetGroups>`;

/** Elastic Load Balancing, by what the results of its operations hold, or by a whole answer. */
const aLoadBalancer = async (results: {
  readonly health: string;
  readonly groups?: string;
  readonly status?: number;
}) => {
  const asked: Readonly<Record<string, string>>[] = [];
  const signed: string[] = [];
  const server = await listenHttp((response, { body, headers }) => {
    const form = Object.fromEntries(new URLSearchParams(body));
    asked.push(form);
    signed.push(headers.authorization ?? '');
    const action = form['Action'] ?? '';
    const result = action === 'DescribeTargetGroups' ? (results.groups ?? NAMED) : results.health;
    const whole = `<${action}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><${action}Result>${result}</${action}Result></${action}Response>`;
    response.writeHead(results.status ?? 200).end(results.status === undefined ? whole : results.health);
  });
  open.push(server);
  return { asked, signed, connection: connectionTo({ aws: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' }) };
};

describe('a sample of a target health check', () => {
  it('passes when all targets are healthy, and finds the group by its name', async () => {
    const { asked, signed, connection } = await aLoadBalancer({
      health: listOf(targetOf('10.0.0.1', 'healthy'), targetOf('10.0.0.2', 'healthy')),
    });
    expect(await take(connection)).toMatchObject({
      outcome: 'pass',
      says: 'web-2: 2 of 2 targets are healthy',
      value: '2 healthy',
      expected: '2 healthy',
    });
    expect(asked).toEqual([
      { Action: 'DescribeTargetGroups', Version: '2015-12-01', 'Names.member.1': 'web-2' },
      { Action: 'DescribeTargetHealth', Version: '2015-12-01', TargetGroupArn: ARN },
    ]);
    expect(signed[0]).toMatch(/\/eu-west-1\/elasticloadbalancing\/aws4_request, /);
  });

  it('asks at once for a group that it has the ARN of', async () => {
    const { asked, connection } = await aLoadBalancer({ health: listOf(targetOf('10.0.0.1', 'healthy')) });
    expect((await take(connection, ARN)).outcome).toBe('pass');
    expect(asked.map(({ Action }) => Action)).toEqual(['DescribeTargetHealth']);
  });

  it('fails with those that are not healthy, and why', async () => {
    const { connection } = await aLoadBalancer({
      health: listOf(
        targetOf('10.0.0.1', 'healthy'),
        targetOf('10.0.0.2', 'unhealthy', 'Target.Timeout'),
        targetOf('10.0.0.3', 'initial', 'Elb.InitialHealthChecking'),
      ),
    });
    expect(await take(connection)).toMatchObject({
      outcome: 'fail',
      says: 'web-2: 1 of 3 targets are healthy',
      value: '1 healthy, 1 unhealthy, 1 initial',
      expected: '3 healthy',
      evidence: [
        'web-2: 1 healthy, 1 unhealthy, 1 initial',
        '10.0.0.2:80 unhealthy Target.Timeout It & its port',
        '10.0.0.3:80 initial Elb.InitialHealthChecking It & its port',
      ].join('\n'),
    });
    const expectations: readonly Assertion[] = [
      { path: 'healthy', op: 'gte', value: 1 },
      { path: '[unhealthy, total, states.initial]', op: 'eq', value: [1, 3, 1] },
    ];
    expect(await take(connection, ARN, expectations)).toMatchObject({ outcome: 'pass' });
    expect(await take(connection, ARN, [{ path: 'unhealthy', op: 'eq', value: 0 }])).toMatchObject({
      outcome: 'fail',
      value: '1',
    });
  });

  it('has no data when no target is registered, whatever is expected', async () => {
    const { connection } = await aLoadBalancer({ health: listOf() });
    expect(await take(connection)).toMatchObject({ outcome: 'nodata', says: 'web-2 has no targets' });
    expect(await take(connection, ARN, [{ path: 'unhealthy', op: 'eq', value: 0 }])).toMatchObject({
      outcome: 'nodata',
    });
  });

  it('is an error when it is refused, or there is no such group', async () => {
    const refused = await aLoadBalancer({
      health:
        '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>',
      status: 403,
    });
    expect(await take(refused.connection)).toMatchObject({ outcome: 'error', says: 'AccessDenied: not you' });
    expect(refused.asked).toHaveLength(1);
    const none = await aLoadBalancer({ health: listOf(), groups: '<TargetGroups/>' });
    expect(await take(none.connection)).toMatchObject({ outcome: 'error', says: 'There is no target group web-2' });
  });

  it.each([
    ['is no XML', '{"State": "healthy"}', 200],
    ['is of somebody else', '<html><body>Hello</body></html>', 502],
    ['is cut off', '<DescribeTargetHealthResponse><DescribeTargetHealthResult>', 200],
    ['is too long', `<a>${'x'.repeat(1_000_001)}</a>`, 200],
  ])('is an error when the answer %s', async (_what, text, status) => {
    const { connection } = await aLoadBalancer({ health: text, status });
    expect((await take(connection, ARN)).outcome).toBe('error');
  });

  it('is an error when the answer lacks its list, or a state', async () => {
    for (const health of ['', listOf('<member><Target><Id>i-1</Id></Target></member>')]) {
      expect((await take((await aLoadBalancer({ health })).connection, ARN)).outcome).toBe('error');
    }
  });

  it('is an error when nobody answers in time', async () => {
    const server = await listenHttp(() => undefined);
    open.push(server);
    const late = connectionTo({ aws: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' });
    expect((await take(late)).outcome).toBe('error');
  });
});

describe('a target health check, at the local stack', () => {
  const stacks: Stack[] = [];

  const start = async (applications = DEMO_APPLICATIONS) => {
    const stack = await aStack(
      { template: parseTemplate({ Resources: {} }), taskRoot: ROOT },
      { deployments: 'C0DEPLOYMENTS' },
      { applications },
    );
    stacks.push(stack);
    return connectionTo(stack);
  };

  let connection: AwsConnection;

  beforeAll(async () => {
    connection = await start();
  });

  afterAll(async () => {
    for (const stack of stacks) {
      await stack.stop();
    }
  });

  it('sees the tasks that run, none where nothing is deployed, and which groups there are', async () => {
    expect(await take(connection, 'web-1')).toMatchObject({ outcome: 'pass', value: '2 healthy' });
    expect(await take(connection, 'web-2')).toMatchObject({ outcome: 'nodata' });
    expect(await take(connection, 'web-3')).toMatchObject({
      outcome: 'error',
      says: 'TargetGroupNotFound: One or more target groups not found',
    });
  });

  it('sees what is unhealthy', async () => {
    const ill = { 'web:1': () => ({ status: 500, body: {} }) };
    const webServices = DEMO_APPLICATIONS.webServices.map((web) => ({ ...web, taskDefinitions: ill }));
    const sample = await take(await start({ ...DEMO_APPLICATIONS, webServices }), 'web-1');
    expect(sample).toMatchObject({ outcome: 'fail', value: '2 unhealthy' });
    expect(sample.evidence).toContain('10.0.0.10:80 unhealthy Target.ResponseCodeMismatch');
  });
});
