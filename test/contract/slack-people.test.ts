import { afterEach, describe, expect, it } from 'vitest';
import { startLoopbackServer } from '../../local/loopback-server.ts';
import type { LoopbackServer } from '../../local/loopback-server.ts';
import type { LogFields } from '../../shared/log.ts';
import { createSlackPeople } from '../../shared/slack/slack-people.ts';

const TOKEN = ['x', 'oxb-1-canary'].join('');
const MINUTE = 60_000;

type Answer = { readonly status?: number; readonly body: object | string };

let server: LoopbackServer | undefined;

afterEach(() => server?.close());

/** A Slack that gives one answer until it is given another, and who is asked about people. */
const aSlack = async (first: Answer) => {
  const slack = { answer: first, forgotten: 0, now: 1_000_000 };
  const calls: (string | undefined)[] = [];
  const logged: (readonly [message: string, fields: LogFields | undefined])[] = [];
  const log = (message: string, fields?: LogFields): void => {
    logged.push([message, fields]);
  };
  server = await startLoopbackServer({
    port: 0,
    purpose: 'Slack',
    onRequest: ({ url }, response) => {
      calls.push(url?.split('/').at(-1));
      const { status = 200, body } = slack.answer;
      response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }) });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    },
  });
  const people = createSlackPeople(
    `${server.url}/api/`,
    { read: () => Promise.resolve(TOKEN), forget: () => (slack.forgotten += 1) },
    { now: () => slack.now },
    { info: log, warn: log, error: log },
  );
  return { slack, calls, people, logged };
};

describe('what Slack knows of people', () => {
  it('is who is in a group, asked again after five minutes: whoever has left may not decide much longer', async () => {
    const { slack, calls, people } = await aSlack({ body: { ok: true, users: ['U1', 'U2'] } });
    expect(await people.members('S1')).toEqual(new Set(['U1', 'U2']));
    slack.answer = { body: { ok: true, users: ['U1'] } };
    slack.now += 5 * MINUTE - 1;
    expect(await people.members('S1')).toEqual(new Set(['U1', 'U2']));
    slack.now += 1;
    expect(await people.members('S1')).toEqual(new Set(['U1']));
    expect(calls).toEqual(['usergroups.users.list', 'usergroups.users.list']);
  });

  it.each([
    ['of a group', { ok: false, error: 'no_such_subteam' }],
    ['because a right is missing', { ok: false, error: 'missing_scope' }],
    ['in words that nobody expects', { ok: true, users: 'U1' }],
    ['at all', 'out of order'],
  ])('is nothing when Slack tells nothing %s, and asked again the next time (S22)', async (_what, body) => {
    const { slack, people } = await aSlack({ body });
    expect(await people.members('S1')).toBeUndefined();
    slack.answer = { body: { ok: true, users: ['U1'] } };
    expect(await people.members('S1')).toEqual(new Set(['U1']));
    slack.answer = { body };
    slack.now += 5 * MINUTE;
    // What was known is too old to decide by.
    expect(await people.members('S1')).toBeUndefined();
  });

  it.each([
    [{}, { isBot: false, isGuest: false }],
    [{ is_bot: true }, { isBot: true, isGuest: false }],
    [{ deleted: true }, { isBot: true, isGuest: false }],
    [{ is_restricted: true }, { isBot: false, isGuest: true }],
    [{ is_ultra_restricted: true }, { isBot: false, isGuest: true }],
    [{ is_stranger: true }, { isBot: false, isGuest: true }],
  ])('is of %j whether that is a bot or a guest', async (user, profile) => {
    const { people } = await aSlack({ body: { ok: true, user } });
    expect(await people.profile('U1')).toEqual(profile);
  });

  it.each<[number, Answer]>([
    [1, { body: { ok: false, error: 'invalid_auth' } }],
    [1, { body: { ok: false, error: 'token_revoked' } }],
    [0, { body: { ok: false, error: 'missing_scope' } }],
    [0, { body: { ok: false, error: 'user_not_found' } }],
    [0, { status: 429, body: '' }],
    [0, { status: 503, body: '' }],
    [0, { body: { ok: true, user: 1 } }],
  ])('costs %i tokens when Slack answers %j: only a token that is refused is read anew', async (forgotten, answer) => {
    const { slack, people, logged } = await aSlack(answer);
    expect(await people.profile('U1')).toBeUndefined();
    expect(slack.forgotten).toBe(forgotten);
    expect(logged.map(([message, fields]) => [message, fields?.['what']])).toEqual([
      ['slack did not tell', 'users.info'],
    ]);
    expect(JSON.stringify(logged)).not.toContain('canary');
  });

  it('is told to one person by a message that mentions nobody, and rejects for nothing', async () => {
    const { calls, people } = await aSlack({ body: { ok: false, error: 'user_not_in_channel' } });
    await expect(people.tell('C1', 'U1', 'Your click was not counted.')).resolves.toBeUndefined();
    expect(calls).toEqual(['chat.postEphemeral']);
  });
});
