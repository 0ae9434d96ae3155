import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../local/stack.ts';
import { parseTemplate } from '../../local/template/resolve-template.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import type { AwsConnection } from '../../shared/aws/aws-client.ts';
import { parseJson } from '../../shared/probe/json.ts';
import { createTakeSample } from '../../shared/probe/take-sample.ts';
import type { JsonValue } from '../../shared/validation/json-value.ts';
import type { CalendarProbe } from '../../shared/validation/suite.ts';
import { ROOT } from '../support/command.ts';
import { listenHttp } from '../support/probes.ts';
import type { Listening } from '../support/probes.ts';
import { aStack, connectionTo } from '../support/stack.ts';
import { checkOf } from '../support/suites.ts';

/** A Friday evening. */
const EVENING = Date.parse('2026-11-27T18:30:00Z');
const NOON = Date.parse('2026-11-27T12:00:00Z');

const open: Listening[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

const office = { days: [1, 2, 3, 4, 5], from: 9 * 60, to: 16 * 60, tz: 'Europe/Berlin' };

const take = async (connection: AwsConnection, probe: Partial<CalendarProbe>, now: number) => {
  const takeSample = createTakeSample({
    connection,
    http: { hosts: [], privateHosts: [], ports: [] },
    secrets: {},
    clock: { now: () => now },
  });
  const { sample } = await takeSample({
    check: checkOf({ kind: 'calendar', hours: [], freeze: [], ssm: [], ...probe }),
    variables: {},
    since: 0,
    timeoutMs: 1_000,
  });
  return sample;
};

/** SSM that answers every call alike. */
const anSsm = async (answer: object, status = 200) => {
  const asked: JsonValue[] = [];
  const server = await listenHttp((response, { body, headers }) => {
    asked.push([String(headers['x-amz-target']), parseJson(body) ?? null]);
    response.writeHead(status).end(JSON.stringify(answer));
  });
  open.push(server);
  return { asked, connection: connectionTo({ aws: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' }) };
};

describe('a sample of a calendar check', () => {
  it('passes within the hours, and asks nobody about them', async () => {
    const { asked, connection } = await anSsm({ State: 'CLOSED' });
    expect(await take(connection, { hours: [office] }, NOON)).toMatchObject({
      outcome: 'pass',
      says: 'It is open',
      value: 'open',
      expected: 'open',
    });
    expect(asked).toEqual([]);
  });

  it('fails outside of them, and in a freeze, and says when it opens', async () => {
    const { asked, connection } = await anSsm({ State: 'OPEN' });
    expect(await take(connection, { hours: [office], ssm: ['prod'] }, EVENING)).toMatchObject({
      outcome: 'fail',
      says: 'Closed, outside Mon-Fri 09:00-16:00 Europe/Berlin; opens 2026-11-30 08:00 UTC',
      value: 'closed',
      expected: 'open',
    });
    const freeze = [{ from: NOON - 1, to: NOON + 3_600_000, why: 'Black Friday' }];
    expect(await take(connection, { hours: [office], freeze }, NOON)).toMatchObject({
      outcome: 'fail',
      says: 'Closed, frozen until 2026-11-27 13:00 UTC: Black Friday; opens 2026-11-27 13:00 UTC',
    });
    expect(asked).toEqual([]);
  });

  it('asks SSM about its change calendars, all at once', async () => {
    const { asked, connection } = await anSsm({ State: 'OPEN', AtTime: '2026-11-27T12:00:00Z' });
    const other = 'arn:aws:ssm:eu-west-1:111122223333:document/everybody';
    expect(await take(connection, { ssm: ['prod', other] }, NOON)).toMatchObject({ outcome: 'pass' });
    expect(asked).toEqual([['AmazonSSM.GetCalendarState', { CalendarNames: ['prod', other] }]]);
  });

  it('fails when SSM says that they are closed, and knows from when on hours are open again', async () => {
    const closed = await anSsm({ State: 'CLOSED', NextTransitionTime: '2026-11-27T20:00:00Z' });
    expect(await take(closed.connection, { hours: [office], ssm: ['prod'] }, NOON)).toMatchObject({
      outcome: 'fail',
      says: 'Closed by prod; opens 2026-11-30 08:00 UTC',
    });
    expect(await take(closed.connection, { ssm: ['prod', 'all'] }, NOON)).toMatchObject({
      outcome: 'fail',
      says: 'Closed by prod, all; opens 2026-11-27 20:00 UTC',
    });
    const forever = await anSsm({ State: 'CLOSED' });
    expect(await take(forever.connection, { ssm: ['prod'] }, NOON)).toMatchObject({
      outcome: 'fail',
      says: 'Closed by prod; when it opens is not known',
    });
  });

  it.each([
    [{ __type: 'InvalidDocument', message: 'no such calendar' }, 400, 'InvalidDocument: no such calendar'],
    [{ __type: 'AccessDeniedException', message: 'not you' }, 400, 'AccessDeniedException: not you'],
    [{ State: 'AJAR' }, 200, 'Invalid type'],
    [{}, 200, 'Invalid key'],
  ])('is an error when they cannot be read: %j', async (answer, status, says) => {
    const { asked, connection } = await anSsm(answer, status);
    const sample = await take(connection, { ssm: ['prod'] }, NOON);
    expect(sample.outcome).toBe('error');
    expect(sample.says).toContain(says);
    expect(asked).toHaveLength(1);
  });
});

describe('a calendar check, at the local stack', () => {
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

  const stamp = (at: number) => new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');

  const create = (Name: string, type: string, from: number, to: number) =>
    createAwsClient('ssm', connectionTo(stack))('CreateDocument', {
      Name,
      DocumentType: 'ChangeCalendar',
      DocumentFormat: 'TEXT',
      Content: [
        'BEGIN:VCALENDAR',
        'VERSION:2.0',
        `X-CALENDAR-TYPE:${type}`,
        'BEGIN:VEVENT',
        'SUMMARY:Release',
        `DTSTART:${stamp(from)}`,
        `DTEND:${stamp(to)}`,
        'END:VEVENT',
        'END:VCALENDAR',
      ].join('\r\n'),
    });

  it('is open and closed as change calendars are now, and an error without one', async () => {
    const connection = connectionTo(stack);
    const now = Date.now();
    const end = Math.ceil(now / 60_000) * 60_000 + 600_000;
    await create('frozen', 'DEFAULT_OPEN', now - 60_000, end);
    await create('window', 'DEFAULT_CLOSED', now - 60_000, end);
    expect(await take(connection, { ssm: ['window'] }, now)).toMatchObject({ outcome: 'pass' });
    expect(await take(connection, { ssm: ['frozen'] }, now)).toMatchObject({
      outcome: 'fail',
      says: `Closed by frozen; opens ${new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    });
    expect(await take(connection, { ssm: ['window', 'frozen'] }, now)).toMatchObject({ outcome: 'fail' });
    const missing = await take(connection, { ssm: ['window', 'nowhere'] }, now);
    expect([missing.outcome, missing.says.split(':')[0]]).toEqual(['error', 'InvalidDocument']);
  });
});
