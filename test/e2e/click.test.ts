import { WebClient } from '@slack/web-api';
import type { KnownBlock } from '@slack/types';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSlackLayer } from '../../local/slack/slack-layer.ts';
import type { SlackLayer } from '../../local/slack/slack-layer.ts';
import { run } from '../support/command.ts';
import { startReceiver } from '../support/slack-receiver.ts';
import type { Receiver, Reply } from '../support/slack-receiver.ts';

const CHANNELS = { deployments: 'C0DEPLOYMENTS', approvals: 'C0APPROVALS' };

let slack: SlackLayer;
let receiver: Receiver;
let app: WebClient;

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const button = (text: string, action_id: string) => ({
  type: 'button' as const,
  text: plain(text),
  action_id,
  value: 'gate-1',
});
const actions = (...elements: ReturnType<typeof button>[]): KnownBlock[] => [{ type: 'actions', elements }];

const APPROVE = button('Approve', 'gate.approve');
const APPROVE_IN_MODAL = button('Approve with a note', 'gate.approve-in-modal');
const REJECT = button('Reject', 'gate.reject-in-modal');

const Payload = v.variant('type', [
  v.object({
    type: v.literal('block_actions'),
    trigger_id: v.string(),
    user: v.object({ id: v.string() }),
    channel: v.object({ id: v.string() }),
    container: v.object({ message_ts: v.string() }),
    actions: v.tuple([v.object({ action_id: v.string() })]),
  }),
  v.object({
    type: v.literal('view_submission'),
    user: v.object({ id: v.string() }),
    view: v.object({ state: v.object({ values: v.record(v.string(), v.unknown()) }) }),
  }),
]);

/** An app for a moment: one approval is enough, and a rejection wants to know why. */
const onRequest = async (received: unknown): Promise<Reply> => {
  const payload = v.parse(Payload, received);
  const by = `<@${payload.user.id}>`;
  if (payload.type === 'view_submission') {
    const note = JSON.stringify(payload.view.state.values['note']);
    if (note.includes('errors')) {
      return { body: JSON.stringify({ response_action: 'errors', errors: { note: 'Say more' } }) };
    }
    const [channel, user] = [CHANNELS.deployments, payload.user.id];
    await app.chat.postEphemeral({ channel, user, text: `Recorded ${note}` });
    return {};
  }
  const [{ action_id }] = payload.actions;
  if (action_id === 'gate.approve') {
    const { id: channel } = payload.channel;
    await app.chat.update({ channel, ts: payload.container.message_ts, text: `approved by ${by}` });
    return {};
  }
  const element = { type: 'plain_text_input' as const, action_id: 'note' };
  const optional = action_id !== 'gate.reject-in-modal';
  const blocks: KnownBlock[] = [{ type: 'input', block_id: 'note', label: plain('Reason'), optional, element }];
  const { trigger_id } = payload;
  await app.views.open({ trigger_id, view: { type: 'modal', title: plain('Decide'), submit: plain('Send'), blocks } });
  return {};
};

beforeEach(async () => {
  slack = await startSlackLayer({
    port: 0,
    channels: CHANNELS,
    workspace: 'T0GATEHOUSE',
    now: Date.now,
    wait: () => Promise.resolve(),
    onCall: () => undefined,
  });
  app = new WebClient(slack.botToken, { slackApiUrl: `${slack.url}/api/`, retryConfig: { retries: 0 } });
  receiver = await startReceiver({ signingSecret: slack.signingSecret, now: Date.now, onRequest });
  slack.setRequestUrl(receiver.url);
});

afterEach(async () => {
  await receiver.stop();
  await slack.stop();
});

const click = (...args: readonly string[]) => run('local/click.ts', [...args, '--slack', slack.url]);

const post = async (text: string, blocks: KnownBlock[] = [], channel = CHANNELS.deployments): Promise<string> => {
  const { ts = '' } = await app.chat.postMessage({ channel, text, blocks: [{ type: 'divider' }, ...blocks] });
  return ts;
};

const RULE = '─'.repeat(75);

describe('npm run click', { timeout: 20_000 }, () => {
  it('approves the newest message that can be, and prints the message after it', async () => {
    await post('older waits', actions(APPROVE, REJECT));
    await post('shop-prod waits', actions(APPROVE, REJECT), CHANNELS.approvals);
    await post('something else');
    expect(await click('approve', '--as', 'ada')).toEqual({
      code: 0,
      stdout: `╭─ Slack #approvals ${'─'.repeat(56)}\n│ approved by @U0ADA\n╰${RULE}\n\n`,
      stderr: 'ada clicks "Approve": shop-prod waits\n',
    });
  });

  it('rejects with a reason in the modal, and prints the modal and the answer', async () => {
    await post('shop-prod waits', actions(APPROVE, REJECT));
    const { code, stdout } = await click('reject', 'shop', '--as', 'U0GRACE', '--note', 'not today');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, 6)).toEqual([
      `╭─ Modal for @grace: Decide ${'─'.repeat(48)}`,
      '│ Reason (required)',
      `│ ${'_'.repeat(40)}`,
      '│',
      '│ [ Send ]  [ Cancel ]',
      `╰${RULE}`,
    ]);
    expect(stdout).toContain('╭─ Slack #deployments, only for @grace ─');
    expect(stdout).toContain('not today');
  });

  it('approves in a modal where there is no other way, or with a note', async () => {
    const ts = await post('one waits', actions(APPROVE_IN_MODAL));
    await post('two waits', actions(APPROVE, APPROVE_IN_MODAL));
    const plainly = await click('approve', ts, '--as', 'ada');
    expect([plainly.code, plainly.stderr]).toEqual([0, 'ada clicks "Approve with a note": one waits\n']);
    const noted = await click('approve', 'two', '--as', 'ada', '--note', 'well done');
    expect([noted.code, noted.stderr]).toEqual([0, 'ada clicks "Approve with a note": two waits\n']);
    expect(noted.stdout).toContain('well done');
  });

  it.each([
    [['approve', 'nothing', '--as', 'ada'], 'There is no message with "nothing" in its text.\n'],
    [['approve', 'done', '--as', 'ada'], 'The message "done" has no button to approve; it has no buttons.\n'],
    [
      ['reject', 'one-way', '--as', 'ada', '--note', 'no'],
      'The message "one-way" has no button to reject; it has: Approve.\n',
    ],
    [
      ['reject', 'waits', '--as', 'ada'],
      'ada clicks "Reject": it waits\nThe modal wants "Reason": give it with --note TEXT.\n',
    ],
    [['reject', 'waits', '--as', 'ada', '--note', 'errors'], 'ada clicks "Reject": it waits\nReason: Say more\n'],
    [
      ['approve', 'waits', '--as', 'eve'],
      'There is nobody called "eve". There are: ada, grace, linus, mallory, visitor, robot, external.\n',
    ],
  ])('says why %j cannot be done', async (args, reason) => {
    await post('done');
    await post('one-way', actions(APPROVE));
    await post('it waits', actions(APPROVE, REJECT));
    const { code, stderr } = await click(...args);
    expect([code, stderr]).toEqual([1, reason]);
  });

  it('says so when nobody takes the click, and when there is no Slack', async () => {
    await post('it waits', actions(APPROVE));
    await receiver.stop();
    const alone = await click('approve', '--as', 'ada');
    expect([alone.code, alone.stderr]).toEqual([
      1,
      `ada clicks "Approve": it waits\nNobody answers at ${receiver.url}, where the app takes what people do.\n`,
    ]);
    const nowhere = await run('local/click.ts', ['approve', '--as', 'ada', '--slack', 'http://127.0.0.1:9']);
    expect([nowhere.code, nowhere.stderr]).toEqual([1, 'No local Slack answers at http://127.0.0.1:9.\n']);
  });

  it.each([
    [[], 'Say approve or reject'],
    [['dance', '--as', 'ada'], 'Say approve or reject'],
    [['approve'], 'Say who clicks: --as USER'],
    [['approve', 'two', 'words', '--as', 'ada'], 'Name one MESSAGE; put a text with spaces in quotes'],
    [['approve', '--as', 'ada', '--port', 'x'], '--port takes a number'],
    [['approve', '--as', 'ada', '--slack', 'x'], '--slack takes a URL'],
  ])('does not understand %j', async (args, reason) => {
    const { code, stderr } = await run('local/click.ts', args);
    expect([code, stderr.split('\n')[0]]).toEqual([2, reason]);
  });

  it('explains itself', async () => {
    const { code, stdout } = await run('local/click.ts', ['--help']);
    expect([code, stdout.split('\n')[0]]).toEqual([
      0,
      'Clicks in the Slack of npm start as a person would, from a second terminal, and prints what Slack shows then.',
    ]);
  });
});
