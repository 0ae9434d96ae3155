import { LogLevel, WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSlackLayer } from '../../local/slack/slack-layer.ts';
import type { SlackCall, SlackLayer } from '../../local/slack/slack-layer.ts';
import { SLACK_SCOPES } from '../../scripts/setup/slack-scopes.ts';
import { createSlackClient } from '../../shared/slack/slack-client.ts';

const CHANNELS = { deployments: 'C0DEPLOYMENTS', general: 'C0GENERAL' };

let slack: SlackLayer;
let calls: SlackCall[];
let now: number;

beforeEach(async () => {
  calls = [];
  now = 1_795_428_858_000;
  slack = await startSlackLayer({
    port: 0,
    channels: CHANNELS,
    workspace: 'T0GATEHOUSE',
    now: () => now,
    wait: () => Promise.resolve(),
    onCall: (call) => calls.push(call),
  });
});

afterEach(() => slack.stop());

const quiet = () => undefined;
const logger = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  setLevel: quiet,
  setName: quiet,
  getLevel: () => LogLevel.ERROR,
};

const clientOf = (token: string | undefined, path = '/api/') =>
  new WebClient(token, {
    slackApiUrl: `${slack.url}${path}`,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger,
  });

const bot = () => clientOf(slack.botToken);
const reader = () => clientOf(slack.readerToken);

const post = (more: object = {}) => bot().chat.postMessage({ channel: CHANNELS.deployments, text: 'hello', ...more });

const setFault = (fault: object) =>
  fetch(`${slack.url}/_faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });

const history = async () => {
  const { messages = [] } = await reader().conversations.history({ channel: CHANNELS.deployments });
  return messages.map(({ text }) => text);
};

const anyText: unknown = expect.any(String);

const refusedAs = (error: string): unknown => {
  const data: unknown = expect.objectContaining({ ok: false, error });
  return expect.objectContaining({ data });
};

describe('the local Slack', () => {
  it('shows the configured channels by their ids, the bot a member of each', async () => {
    const { channels = [] } = await reader().conversations.list();
    expect(channels.map(({ id, name }) => [id, name])).toEqual([
      ['C0GENERAL', 'general'],
      ['C0DEPLOYMENTS', 'deployments'],
    ]);
    for (const channel of Object.values(CHANNELS)) {
      const { members } = await reader().conversations.members({ channel });
      expect(members).toContain('U0GATEHOUSE');
    }
  });

  it('takes a post by channel id, by name and by #name, and shows it in the history', async () => {
    const byId = await post({ text: 'by id' });
    await post({ channel: 'deployments', text: 'by name' });
    await post({ channel: '#deployments', text: 'by #name' });
    expect([byId.ok, byId.channel]).toEqual([true, CHANNELS.deployments]);
    expect(await history()).toEqual(['by #name', 'by name', 'by id']);
  });

  it('edits and deletes its messages', async () => {
    const { ts = '' } = await post({ text: 'first' });
    await bot().chat.update({ channel: CHANNELS.deployments, ts, text: 'second' });
    expect(await history()).toEqual(['second']);
    await bot().chat.delete({ channel: CHANNELS.deployments, ts });
    expect(await history()).toEqual([]);
  });

  it('keeps the metadata of a message, by which the bot finds it again', async () => {
    const metadata = { event_type: 'gatehouse_delivery', event_payload: { key: 'k' } };
    await post({ metadata });
    const { messages = [] } = await bot().conversations.history({
      channel: CHANNELS.deployments,
      include_all_metadata: true,
    });
    expect(messages.map((message) => message.metadata)).toEqual([metadata]);
  });

  it('answers below the root as well', async () => {
    const response = await clientOf(slack.botToken, '/').auth.test();
    expect([response.ok, response.user_id, response.bot_id]).toEqual([true, 'U0GATEHOUSE', 'B0GATEHOUSE']);
  });

  it('takes JSON bodies and a token among the fields', async () => {
    const asJson = await fetch(`${slack.url}/api/chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
      body: JSON.stringify({ channel: CHANNELS.deployments, text: 'json', blocks: [{ type: 'divider' }] }),
    });
    expect(await asJson.json()).toMatchObject({ ok: true, channel: CHANNELS.deployments });
    const asForm = await fetch(`${slack.url}/api/chat.postMessage`, {
      method: 'POST',
      body: new URLSearchParams({ token: slack.botToken, channel: CHANNELS.deployments, text: 'form' }),
    });
    expect(await asForm.json()).toMatchObject({ ok: true, channel: CHANNELS.deployments });
  });

  it('tells who is nobody and who is unknown', async () => {
    await expect(clientOf(undefined).auth.test()).rejects.toEqual(refusedAs('not_authed'));
    await expect(clientOf('xoxb-other').auth.test()).rejects.toEqual(refusedAs('invalid_auth'));
  });

  it('lets the bot do only what the app asks for', async () => {
    await expect(bot().users.lookupByEmail({ email: 'ada@example.com' })).rejects.toEqual(refusedAs('missing_scope'));
  });

  it('knows no other channel', async () => {
    await expect(post({ channel: 'C0NOBODY' })).rejects.toEqual(refusedAs('channel_not_found'));
  });

  it.each([
    ['invalid_blocks', { blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] }],
    ['invalid_attachments', { attachments: [{ blocks: [{ type: 'blink' }] }] }],
    ['msg_too_long', { text: 'x'.repeat(40_001) }],
    ['no_text', { text: '' }],
  ])('refuses a message with %s', async (error, message) => {
    await expect(post(message)).rejects.toEqual(refusedAs(error));
    expect(await history()).toEqual([]);
  });

  it('refuses an edit that it would refuse as a post', async () => {
    const { ts = '' } = await post({ text: 'first' });
    const edit = bot().chat.update({ channel: CHANNELS.deployments, ts, text: 'x', blocks: [{ type: 'section' }] });
    await expect(edit).rejects.toEqual(refusedAs('invalid_blocks'));
    expect(await history()).toEqual(['first']);
  });

  it('takes about a post a second and channel', async () => {
    await post();
    await post();
    await post();
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 1 });
    await expect(post({ channel: CHANNELS.general })).resolves.toMatchObject({ ok: true });
    now += 1000;
    await expect(post()).resolves.toMatchObject({ ok: true });
  });

  it('tells of every call', async () => {
    await post({ text: 'told' });
    await post({ text: '' }).catch(quiet);
    expect(calls).toEqual([
      {
        method: 'chat.postMessage',
        channel: CHANNELS.deployments,
        ts: anyText,
        ok: true,
        error: undefined,
        message: { text: 'told' },
      },
      {
        method: 'chat.postMessage',
        channel: CHANNELS.deployments,
        ts: undefined,
        ok: false,
        error: 'no_text',
        message: { text: '' },
      },
    ]);
  });

  it('is still the same Slack after a connection that broke off', async () => {
    const cut = new AbortController();
    const broken = fetch(`${slack.url}/api/chat.postMessage`, {
      method: 'POST',
      signal: cut.signal,
      duplex: 'half',
      body: new ReadableStream({
        start: (controller) => {
          controller.enqueue(Buffer.from('text='));
          setTimeout(() => {
            cut.abort();
          }, 50);
        },
      }),
    });
    await expect(broken).rejects.toMatchObject({ name: 'AbortError' });
    await expect(post()).resolves.toMatchObject({ ok: true });
  });
});

describe('a fault of the local Slack', () => {
  it('is an error word of Slack, as often as asked for', async () => {
    await setFault({ method: 'chat.postMessage', error: 'not_in_channel', times: 2 });
    await expect(post()).rejects.toEqual(refusedAs('not_in_channel'));
    await expect(post()).rejects.toEqual(refusedAs('not_in_channel'));
    await expect(post()).resolves.toMatchObject({ ok: true });
  });

  it('is an HTTP status', async () => {
    await setFault({ method: 'chat.postMessage', status: 503 });
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_http_error', statusCode: 503 });
  });

  it('is a rate limit with its own time', async () => {
    await setFault({ method: 'chat.postMessage', error: 'ratelimited', retryAfter: 17 });
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 17 });
  });

  it('cuts the connection before the call takes effect', async () => {
    await setFault({ method: 'chat.postMessage', drop: 'before' });
    await expect(post({ text: 'lost' })).rejects.toMatchObject({ code: 'slack_webapi_request_error' });
    expect(await history()).toEqual([]);
  });

  it('cuts the connection after the call took effect', async () => {
    await setFault({ method: 'chat.postMessage', drop: 'after' });
    await expect(post({ text: 'there' })).rejects.toMatchObject({ code: 'slack_webapi_request_error' });
    expect(await history()).toEqual(['there']);
  });

  it('can be of one channel, by id or by name', async () => {
    await setFault({ method: 'chat.postMessage', channel: 'general', error: 'is_archived' });
    await expect(post()).resolves.toMatchObject({ ok: true });
    await expect(post({ channel: CHANNELS.general })).rejects.toEqual(refusedAs('is_archived'));
  });

  it('can be taken back', async () => {
    await setFault({ method: 'chat.postMessage', error: 'fatal_error', times: 100 });
    await fetch(`${slack.url}/_faults`, { method: 'DELETE' });
    await expect(post()).resolves.toMatchObject({ ok: true });
  });

  it('is refused when it makes no sense', async () => {
    expect((await setFault({ method: 'chat.postMessage', drop: 'sometimes' })).status).toBe(400);
  });

  it('keeps replies in their thread, where they can be found again', async () => {
    const { ts: thread = '' } = await post();
    const token = { read: () => Promise.resolve(slack.botToken), forget: () => undefined };
    const client = createSlackClient(`${slack.url}/api/`, token);
    now += 1_100;
    const replied = await client.post(CHANNELS.deployments, { text: '<!here> it failed' }, 'key-1', thread);
    const ts = replied.ok ? replied.value.ts : undefined;
    expect(ts).toMatch(/^\d+\.\d+$/);
    const since = Number(ts) * 1000;
    expect(await client.find(CHANNELS.deployments, 'key-1', since, thread)).toEqual({ ok: true, value: { ts } });
    expect(await client.find(CHANNELS.deployments, 'key-1', since)).toEqual({ ok: true, value: { ts: undefined } });
    expect(calls.find(({ thread: one }) => one !== undefined)?.thread).toBe(thread);
  });
});

describe('the bot of the local Slack', () => {
  const setMembership = (body: object) =>
    fetch(`${slack.url}/_membership`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const isMember = async () => {
    const { channel } = await bot().conversations.info({ channel: CHANNELS.deployments });
    return channel?.is_member;
  };

  it('is of the workspace that is configured, and is told its scopes', async () => {
    const { team_id, response_metadata } = await bot().auth.test();
    expect([team_id, response_metadata?.scopes]).toEqual(['T0GATEHOUSE', SLACK_SCOPES.map(({ scope }) => scope)]);
  });

  it('is a member of every channel until it leaves, and again once it is back', async () => {
    expect(await isMember()).toBe(true);
    await setMembership({ channel: 'deployments', member: false });
    expect(await isMember()).toBe(false);
    await expect(post()).rejects.toEqual(refusedAs('not_in_channel'));
    await setMembership({ channel: CHANNELS.deployments, member: true });
    expect(await isMember()).toBe(true);
    expect((await post()).ok).toBe(true);
  });

  it.each([
    ['a channel that is not there', { channel: 'nowhere', member: false }],
    ['anything else', { channel: 'deployments' }],
  ])('cannot leave %s', async (_name, body) => {
    expect((await setMembership(body)).status).toBe(400);
  });
});
