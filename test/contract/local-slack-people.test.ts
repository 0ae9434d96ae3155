import { LogLevel, WebClient } from '@slack/web-api';
import type { ModalView } from '@slack/types';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Discovery } from '../../local/slack/discovery.ts';
import { startSlackLayer } from '../../local/slack/slack-layer.ts';
import type { SlackCall, SlackLayer } from '../../local/slack/slack-layer.ts';

const DEPLOYMENTS = 'C0DEPLOYMENTS';
const ADA = 'U0ADA';

let slack: SlackLayer;
let calls: SlackCall[];
let now: number;

const start = (more: Partial<Parameters<typeof startSlackLayer>[0]> = {}) =>
  startSlackLayer({
    port: 0,
    channels: { deployments: DEPLOYMENTS },
    workspace: 'T0GATEHOUSE',
    now: () => now,
    wait: () => Promise.resolve(),
    onCall: (call) => calls.push(call),
    ...more,
  });

beforeEach(async () => {
  calls = [];
  now = 1_795_428_858_000;
  slack = await start();
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

const bot = () =>
  new WebClient(slack.botToken, {
    slackApiUrl: `${slack.url}/api/`,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger,
  });

const refusedAs = (error: string, more: object = {}): unknown => {
  const data: unknown = expect.objectContaining({ ok: false, error, ...more });
  return expect.objectContaining({ data });
};

const post = async (path: string, body: object): Promise<{ readonly status: number; readonly body: unknown }> => {
  const response = await fetch(path.startsWith('http') ? path : slack.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};

const get = async (path: string): Promise<unknown> => (await fetch(slack.url + path)).json();

const Interaction = v.object({ trigger_id: v.string(), response_url: v.string() });

const click = async (ts = '1.000001', user = ADA) => {
  const { body } = await post('/_interaction', { kind: 'message', user, channel: DEPLOYMENTS, ts });
  return v.parse(Interaction, body);
};

const history = async () => {
  const reader = new WebClient(slack.readerToken, { slackApiUrl: `${slack.url}/api/`, logger });
  const { messages = [] } = await reader.conversations.history({ channel: DEPLOYMENTS });
  return messages.map(({ text }) => text);
};

const ephemeralsOf = async (user: string) => {
  const Ephemerals = v.object({ messages: v.array(v.object({ channel: v.string(), message: v.unknown() })) });
  return v.parse(Ephemerals, await get(`/_ephemerals?user=${user}`)).messages;
};

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const modal = (title = 'Reject'): ModalView => ({
  type: 'modal',
  title: plain(title),
  submit: plain('Reject'),
  callback_id: 'gate.reject',
  private_metadata: '{"gate":"g"}',
  blocks: [{ type: 'input', label: plain('Reason'), element: { type: 'plain_text_input' } }],
});

describe('the people of the local Slack', () => {
  it('are told apart: members, guests, bots, and those of another workspace', async () => {
    const Flags = v.object({
      user: v.object({
        team_id: v.string(),
        is_restricted: v.boolean(),
        is_bot: v.boolean(),
        is_stranger: v.boolean(),
      }),
    });
    const flagsOf = async (user: string) => v.parse(Flags, await bot().users.info({ user })).user;
    const member = { team_id: 'T0GATEHOUSE', is_restricted: false, is_bot: false, is_stranger: false };
    expect(await flagsOf(ADA)).toEqual(member);
    expect(await flagsOf('U0MALLORY')).toEqual(member);
    expect(await flagsOf('U0VISITOR')).toEqual({ ...member, is_restricted: true });
    expect(await flagsOf('U0ROBOT')).toEqual({ ...member, is_bot: true });
    expect(await flagsOf('U0EXTERNAL')).toEqual({ ...member, team_id: 'T0ELSEWHERE' });
    await expect(bot().users.info({ user: 'U0NOBODY' })).rejects.toEqual(refusedAs('user_not_found'));
  });

  it('are in user groups, whose members can change', async () => {
    const members = async () => (await bot().usergroups.users.list({ usergroup: 'S0RELEASE' })).users;
    expect(await members()).toEqual([ADA, 'U0GRACE', 'U0LINUS']);
    await post('/_usergroups', { usergroup: 'S0RELEASE', users: ['U0GRACE'] });
    expect(await members()).toEqual(['U0GRACE']);
    await expect(bot().usergroups.users.list({ usergroup: 'S0NOBODY' })).rejects.toEqual(refusedAs('no_such_subteam'));
    expect((await post('/_usergroups', { usergroup: 'S0NOBODY', users: [] })).status).toBe(400);
  });

  it('have no user groups on a plan without them', async () => {
    await post('/_faults', { method: 'usergroups.users.list', error: 'plan_upgrade_required', times: 1000 });
    const asked = bot().usergroups.users.list({ usergroup: 'S0RELEASE' });
    await expect(asked).rejects.toEqual(refusedAs('plan_upgrade_required'));
  });

  it('are seen with the scopes for it only', async () => {
    await slack.stop();
    slack = await start({ botScopes: ['channels:read'] });
    const needs = (needed: string) => refusedAs('missing_scope', { needed, provided: 'channels:read' });
    const { users, usergroups, chat } = bot();
    await expect(users.info({ user: ADA })).rejects.toEqual(needs('users:read'));
    await expect(usergroups.users.list({ usergroup: 'S0RELEASE' })).rejects.toEqual(needs('usergroups:read'));
    const said = chat.postEphemeral({ channel: DEPLOYMENTS, user: ADA, text: 'x' });
    await expect(said).rejects.toEqual(needs('chat:write'));
  });

  it('are told to whoever acts for them', async () => {
    await slack.stop();
    slack = await start({ approvers: [ADA], app: 'A0OTHER' });
    slack.setRequestUrl('http://127.0.0.1:1/slack');
    const { users, ...told } = v.parse(Discovery, await get('/_gatehouse'));
    expect(told).toEqual({
      requestUrl: 'http://127.0.0.1:1/slack',
      signingSecret: slack.signingSecret,
      team: 'T0GATEHOUSE',
      domain: 'gatehouse',
      app: 'A0OTHER',
      token: slack.readerToken,
      channels: { deployments: DEPLOYMENTS },
    });
    expect(users).toEqual(slack.users);
    expect(users.map(({ name, approver }) => [name, approver])).toEqual([
      ['ada', true],
      ['grace', false],
      ['linus', false],
      ['mallory', false],
      ['visitor', false],
      ['robot', false],
      ['external', false],
    ]);
  });
});

describe('an ephemeral message of the local Slack', () => {
  const say = (more: object = {}) =>
    bot().chat.postEphemeral({ channel: DEPLOYMENTS, user: ADA, text: 'You may not.', ...more });

  it('is seen by one person, and is not in the history', async () => {
    const { message_ts } = await say();
    expect(message_ts).toMatch(/^\d{10}\.\d{6}$/);
    expect(await ephemeralsOf(ADA)).toEqual([{ channel: DEPLOYMENTS, message: { text: 'You may not.' } }]);
    expect(await ephemeralsOf('U0GRACE')).toEqual([]);
    expect(await history()).toEqual([]);
    expect(calls[0]).toMatchObject({ method: 'chat.postEphemeral', ts: message_ts, user: ADA, ok: true });
  });

  it.each([
    ['user_not_found', { user: 'U0NOBODY' }],
    ['channel_not_found', { channel: 'C0NOBODY' }],
    ['no_text', { text: '' }],
    ['invalid_blocks', { blocks: [{ type: 'blink' }] }],
  ])('is refused as %s', async (error, more) => {
    await expect(say(more)).rejects.toEqual(refusedAs(error));
    expect(await ephemeralsOf(ADA)).toEqual([]);
  });

  it('does not reach who left the channel', async () => {
    await post('/_membership', { channel: 'deployments', user: ADA, member: false });
    await expect(say()).rejects.toEqual(refusedAs('user_not_in_channel'));
    await expect(say({ user: 'U0GRACE' })).resolves.toMatchObject({ ok: true });
  });

  it('cannot be edited as messages are', async () => {
    const { message_ts: ts = '' } = await say();
    const edit = bot().chat.update({ channel: DEPLOYMENTS, ts, text: 'x' });
    await expect(edit).rejects.toEqual(refusedAs('message_not_found'));
  });
});

describe('a modal of the local Slack', () => {
  it('is opened once by the trigger of a click, and named where the app left a name out', async () => {
    const { trigger_id } = await click();
    const { view } = await bot().views.open({ trigger_id, view: modal() });
    expect(view).toMatchObject({
      type: 'modal',
      team_id: 'T0GATEHOUSE',
      app_id: 'A0GATEHOUSE',
      callback_id: 'gate.reject',
      private_metadata: '{"gate":"g"}',
      state: { values: {} },
    });
    const anyName: unknown = expect.stringMatching(/^[0-9A-F]{5}$/);
    expect(view?.blocks).toMatchObject([{ block_id: anyName, element: { action_id: anyName } }]);
    expect(await get(`/_modals?user=${ADA}`)).toEqual({ ok: true, modals: [{ user: ADA, trigger: trigger_id, view }] });
    expect(calls.at(-1)).toMatchObject({ method: 'views.open', user: ADA, view: { callback_id: 'gate.reject' } });
    const again = bot().views.open({ trigger_id, view: modal() });
    await expect(again).rejects.toEqual(refusedAs('exchanged_trigger_id'));
  });

  it('needs a trigger of the last 3 seconds', async () => {
    const first = await click();
    const second = await click();
    now += 2999;
    await expect(bot().views.open({ ...first, view: modal() })).resolves.toMatchObject({ ok: true });
    now += 1;
    await expect(bot().views.open({ ...second, view: modal() })).rejects.toEqual(refusedAs('expired_trigger_id'));
    const unknown = bot().views.open({ trigger_id: '1.2.3', view: modal() });
    await expect(unknown).rejects.toEqual(refusedAs('invalid_trigger_id'));
  });

  it('is refused beyond the limits of Slack, and the trigger stays good', async () => {
    const { trigger_id } = await click();
    const opened = bot().views.open({ trigger_id, view: modal('t'.repeat(25)) });
    const messages = ['[ERROR] view.title.text is longer than 24 characters'];
    const response_metadata: unknown = expect.objectContaining({ messages });
    await expect(opened).rejects.toEqual(refusedAs('invalid_arguments', { response_metadata }));
    await expect(bot().views.open({ trigger_id, view: modal() })).resolves.toMatchObject({ ok: true });
  });

  it('is updated by its id, and not against a hash that is not its own any more', async () => {
    const { trigger_id } = await click();
    const { view } = await bot().views.open({ trigger_id, view: modal() });
    const { id: view_id = '', hash = '' } = view ?? {};
    const update = (title: string) => bot().views.update({ view_id, hash, view: modal(title) });
    expect((await update('Second')).view).toMatchObject({ id: view_id, title: { text: 'Second' } });
    await expect(update('Third')).rejects.toEqual(refusedAs('hash_conflict'));
    await expect(bot().views.update({ view_id: 'V0', view: modal() })).rejects.toEqual(refusedAs('not_found'));
  });

  it('is opened for people of the workspace only', async () => {
    const { status } = await post('/_interaction', { kind: 'modal', user: 'U0NOBODY' });
    expect(status).toBe(400);
  });
});

describe('a response_url of the local Slack', () => {
  it('says something to who clicked', async () => {
    const { response_url } = await click();
    expect(await post(response_url, { text: 'Only you' })).toEqual({ status: 200, body: { ok: true } });
    expect(await ephemeralsOf(ADA)).toEqual([{ channel: DEPLOYMENTS, message: { text: 'Only you' } }]);
    expect(calls).toEqual([
      expect.objectContaining({
        method: 'response_url',
        channel: DEPLOYMENTS,
        user: ADA,
        message: { text: 'Only you' },
      }),
    ]);
  });

  it('replaces or deletes the message that was clicked', async () => {
    const { ts = '' } = await bot().chat.postMessage({ channel: DEPLOYMENTS, text: 'first' });
    const { response_url } = await click(ts);
    await post(response_url, { replace_original: true, text: 'second' });
    expect(await history()).toEqual(['second']);
    await post(response_url, { delete_original: true });
    expect(await history()).toEqual([]);
    await post(response_url, { response_type: 'in_channel', text: 'third' });
    expect(await history()).toEqual(['third']);
  });

  it('replaces or deletes an ephemeral message', async () => {
    const { message_ts = '' } = await bot().chat.postEphemeral({ channel: DEPLOYMENTS, user: ADA, text: 'first' });
    const { response_url } = await click(message_ts);
    await post(response_url, { replace_original: true, text: 'second' });
    expect(await ephemeralsOf(ADA)).toEqual([{ channel: DEPLOYMENTS, message: { text: 'second' } }]);
    await post(response_url, { delete_original: true });
    expect(await ephemeralsOf(ADA)).toEqual([]);
  });

  it('is good for five uses', async () => {
    const { response_url } = await click();
    const uses = await Promise.all(Array.from({ length: 6 }, () => post(response_url, { text: 'x' })));
    expect(uses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 404]);
    expect(uses.at(-1)?.body).toEqual({ ok: false, error: 'used_url' });
  });

  it('is good for half an hour', async () => {
    const { response_url } = await click();
    now += 30 * 60_000 - 1;
    expect((await post(response_url, { text: 'x' })).status).toBe(200);
    now += 1;
    expect((await post(response_url, { text: 'x' })).body).toEqual({ ok: false, error: 'expired_url' });
  });

  it('is refused when it is made up, and when the message is none', async () => {
    expect((await post('/actions/T0GATEHOUSE/1/x', { text: 'x' })).status).toBe(404);
    const { response_url } = await click();
    expect((await post(response_url, { blocks: [{ type: 'blink' }] })).body).toMatchObject({ error: 'invalid_blocks' });
  });

  it('can be made to fail', async () => {
    await post('/_faults', { method: 'response_url', status: 503 });
    const { response_url } = await click();
    expect((await fetch(response_url, { method: 'POST', body: '{}' })).status).toBe(503);
  });
});
