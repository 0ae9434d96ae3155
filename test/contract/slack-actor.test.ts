import { WebClient } from '@slack/web-api';
import type { KnownBlock, ModalView } from '@slack/types';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meetSlack, NotPossible } from '../../local/slack/slack-actor.ts';
import type { Message, Modal, SlackActor } from '../../local/slack/slack-actor.ts';
import { startSlackLayer } from '../../local/slack/slack-layer.ts';
import type { SlackLayer } from '../../local/slack/slack-layer.ts';
import { startReceiver } from '../support/slack-receiver.ts';
import type { Receiver, Reply } from '../support/slack-receiver.ts';

const DEPLOYMENTS = 'C0DEPLOYMENTS';
const NOW = 1_795_428_858_000;

const plain = (text: string) => ({ type: 'plain_text' as const, text });

const aButton = (text: string, action_id: string) => ({
  type: 'button' as const,
  text: plain(text),
  action_id,
  value: 'gate-1',
});

const CONFIRM = { title: plain('Sure?'), text: plain('Go'), confirm: plain('Yes'), deny: plain('No') };

const BLOCKS: KnownBlock[] = [
  { type: 'section', text: { type: 'mrkdwn', text: 'shop-prod waits' }, accessory: aButton('Details', 'gate.link') },
  {
    type: 'actions',
    block_id: 'gate',
    elements: [
      {
        ...aButton('Approve', 'gate.approve'),
        style: 'primary',
        confirm: CONFIRM,
      },
      { ...aButton('Reject', 'gate.reject-in-modal'), style: 'danger' },
    ],
  },
];

const MODAL: ModalView = {
  type: 'modal',
  callback_id: 'gate.reject',
  private_metadata: '{"gate":"gate-1"}',
  title: plain('Reject'),
  submit: plain('Reject'),
  blocks: [
    { type: 'section', text: plain('You are about to reject.') },
    {
      type: 'input',
      block_id: 'note',
      label: plain('Reason'),
      element: { type: 'plain_text_input', action_id: 'note', min_length: 3, max_length: 20 },
    },
    {
      type: 'input',
      block_id: 'ticket',
      optional: true,
      label: plain('Ticket'),
      element: { type: 'plain_text_input', action_id: 'ticket' },
    },
  ],
};

const Payload = v.looseObject({ type: v.string(), trigger_id: v.string(), response_url: v.optional(v.string(), '') });
type Payload = v.InferOutput<typeof Payload>;

let slack: SlackLayer;
let receiver: Receiver;
let actor: SlackActor;
let message: Message;
let app: WebClient;
/** What the app does with a request. */
let onRequest: (payload: Payload) => Promise<Reply>;

const openModal = async ({ type, trigger_id }: Payload): Promise<Reply> => {
  if (type === 'block_actions') {
    await app.views.open({ trigger_id, view: MODAL });
  }
  return {};
};

beforeEach(async () => {
  const now = () => NOW;
  slack = await startSlackLayer({
    port: 0,
    channels: { deployments: DEPLOYMENTS },
    workspace: 'T0GATEHOUSE',
    now,
    wait: () => Promise.resolve(),
    onCall: () => undefined,
  });
  app = new WebClient(slack.botToken, { slackApiUrl: `${slack.url}/api/`, retryConfig: { retries: 0 } });
  onRequest = openModal;
  receiver = await startReceiver({
    signingSecret: slack.signingSecret,
    now,
    onRequest: (payload) => onRequest(v.parse(Payload, payload)),
  });
  slack.setRequestUrl(receiver.url);
  await app.chat.postMessage({ channel: DEPLOYMENTS, text: 'shop-prod waits for approval', blocks: BLOCKS });
  actor = await meetSlack(slack.url, now);
  message = await newest();
});

afterEach(async () => {
  await receiver.stop();
  await slack.stop();
});

const newest = async (): Promise<Message> => {
  const [first] = await actor.messagesOf('deployments');
  if (first === undefined) {
    throw new Error('nothing was posted');
  }
  return first;
};

const clickReject = async (): Promise<Modal> => {
  const { modal } = await actor.click('ada', message, 'Reject');
  if (modal === undefined) {
    throw new Error('no modal was opened');
  }
  return modal;
};

const why = async (doing: Promise<unknown>): Promise<string> => {
  try {
    await doing;
  } catch (error) {
    if (error instanceof NotPossible) {
      return error.message;
    }
  }
  return 'it was possible';
};

const anyText: unknown = expect.any(String);

describe('a person who clicks a button', () => {
  it('sends what Slack sends, signed', async () => {
    const { answer, asked, modal } = await actor.click('ada', message, 'Approve');
    expect(answer).toMatchObject({ kind: 'answered', status: 200, body: '' });
    expect(asked).toBe('Sure?: Go');
    expect(modal?.view.title.text).toBe('Reject');
    const aMessage: unknown = expect.objectContaining({ ts: message.ts, text: 'shop-prod waits for approval' });
    const anAddress: unknown = expect.stringMatching(`^${slack.url}/actions/T0GATEHOUSE/`);
    expect(receiver.received).toEqual([
      {
        type: 'block_actions',
        user: { id: 'U0ADA', username: 'ada', name: 'ada', team_id: 'T0GATEHOUSE' },
        api_app_id: 'A0GATEHOUSE',
        token: 'local-verification-token',
        trigger_id: anyText,
        team: { id: 'T0GATEHOUSE', domain: 'gatehouse' },
        enterprise: null,
        is_enterprise_install: false,
        container: { type: 'message', message_ts: message.ts, channel_id: DEPLOYMENTS, is_ephemeral: false },
        channel: { id: DEPLOYMENTS, name: 'deployments' },
        message: aMessage,
        state: { values: {} },
        response_url: anAddress,
        actions: [
          {
            type: 'button',
            action_id: 'gate.approve',
            block_id: 'gate',
            text: plain('Approve'),
            value: 'gate-1',
            style: 'primary',
            confirm: CONFIRM,
            action_ts: '1795428858.000001',
          },
        ],
      },
    ]);
  });

  it('finds buttons by their text and by their action_id, beside sections too', async () => {
    await actor.click('ada', message, 'gate.reject-in-modal');
    await actor.click('ada', message, 'Details');
    const Clicked = v.object({ actions: v.tuple([v.object({ action_id: v.string(), block_id: v.string() })]) });
    expect(receiver.received.map((payload) => v.parse(Clicked, payload).actions[0])).toEqual([
      { action_id: 'gate.reject-in-modal', block_id: 'gate' },
      { action_id: 'gate.link', block_id: 'block0' },
    ]);
  });

  it('cannot click what is not there', async () => {
    expect(await why(actor.click('ada', message, 'Deploy'))).toBe(
      'The message "shop-prod waits for approval" has no button "Deploy"; it has: ' +
        'Details (gate.link), Approve (gate.approve), Reject (gate.reject-in-modal).',
    );
    await app.chat.update({ channel: DEPLOYMENTS, ts: message.ts, text: 'shop-prod was approved' });
    expect(await why(actor.click('ada', await newest(), 'Approve'))).toBe(
      'The message "shop-prod was approved" has no button "Approve"; it has no buttons.',
    );
    expect(receiver.received).toEqual([]);
  });

  it('is somebody of the workspace, and may be of another one', async () => {
    expect(await why(actor.click('eve', message, 'Approve'))).toMatch(
      /^There is nobody called "eve"\. There are: ada, /,
    );
    await actor.click('external', message, 'Details');
    expect(receiver.received).toMatchObject([
      { user: { id: 'U0EXTERNAL', team_id: 'T0ELSEWHERE' }, team: { id: 'T0GATEHOUSE' } },
    ]);
  });

  it('sees what comes back for this person only', async () => {
    onRequest = async ({ response_url }) => {
      const body = JSON.stringify({ text: 'by the response_url' });
      await fetch(response_url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      await app.chat.postEphemeral({ channel: DEPLOYMENTS, user: 'U0ADA', text: 'by the Web API' });
      return {};
    };
    const { modal } = await actor.click('ada', message, 'Approve');
    expect(modal).toBe(undefined);
    expect((await actor.ephemeralsOf('ada')).map((each) => each.message.text)).toEqual([
      'by the response_url',
      'by the Web API',
    ]);
    expect(await actor.ephemeralsOf('grace')).toEqual([]);
  });

  it('sees what stands in the thread', async () => {
    await app.chat.postMessage({ channel: DEPLOYMENTS, thread_ts: message.ts, text: 'ada approved' });
    expect((await actor.threadOf(message)).map(({ text }) => text)).toEqual(['ada approved']);
  });

  it('gives up after the three seconds that Slack waits', { timeout: 10_000 }, async () => {
    onRequest = () => new Promise(() => undefined);
    const { answer } = await actor.click('ada', message, 'Approve');
    expect(answer.kind).toBe('timed-out');
    expect(answer.ms).toBeGreaterThanOrEqual(2990);
  });

  it('is told when nobody takes clicks', async () => {
    await receiver.stop();
    expect(await why(actor.click('ada', message, 'Approve'))).toBe(
      `Nobody answers at ${receiver.url}, where the app takes what people do.`,
    );
    expect(await why(meetSlack('http://127.0.0.1:9'))).toBe('No local Slack answers at http://127.0.0.1:9.');
    expect(await why(meetSlack(receiver.url))).toMatch(/^No local Slack answers at /);
  });
});

describe('a person who fills in a modal', () => {
  it('submits it as Slack does, and it closes', async () => {
    const modal = await clickReject();
    const { outcome } = await actor.submit('ada', modal, { Reason: 'not today' });
    expect(outcome).toEqual({ kind: 'closed' });
    expect(await actor.modalsOf('ada')).toEqual([]);
    expect(receiver.received[1]).toEqual({
      type: 'view_submission',
      user: { id: 'U0ADA', username: 'ada', name: 'ada', team_id: 'T0GATEHOUSE' },
      api_app_id: 'A0GATEHOUSE',
      token: 'local-verification-token',
      trigger_id: anyText,
      team: { id: 'T0GATEHOUSE', domain: 'gatehouse' },
      enterprise: null,
      is_enterprise_install: false,
      view: {
        ...modal.view,
        state: {
          values: {
            note: { note: { type: 'plain_text_input', value: 'not today' } },
            ticket: { ticket: { type: 'plain_text_input', value: null } },
          },
        },
      },
      response_urls: [],
    });
    expect(modal.view).toMatchObject({ callback_id: 'gate.reject', private_metadata: '{"gate":"gate-1"}' });
  });

  it.each([
    [{}, 'The modal "Reject" wants 3 to 20 characters in "Reason".'],
    [{ Reason: '' }, 'The modal "Reject" wants 3 to 20 characters in "Reason".'],
    [{ Reason: 'no' }, 'The modal "Reject" wants 3 to 20 characters in "Reason".'],
    [{ Reason: 'x'.repeat(21) }, 'The modal "Reject" wants 3 to 20 characters in "Reason".'],
    [{ Reason: 'fine', Colour: 'red' }, 'The modal "Reject" has no input "Colour", only: Reason, Ticket.'],
  ])('cannot submit %j', async (values: Record<string, string>, reason) => {
    expect(await why(actor.submit('ada', await clickReject(), values))).toBe(reason);
    expect(receiver.received).toHaveLength(1);
  });

  it('cannot submit one that is closed, or that somebody else has open', async () => {
    const modal = await clickReject();
    expect(await why(actor.submit('grace', modal, { Reason: 'fine' }))).toBe('grace has no such modal open any more.');
    await actor.submit('ada', modal, { Reason: 'fine' });
    expect(await why(actor.submit('ada', modal, { Reason: 'fine' }))).toBe('ada has no such modal open any more.');
  });

  it.each([
    [
      'errors, beside the inputs',
      { response_action: 'errors', errors: { note: 'Say more' } },
      { kind: 'errors', errors: { Reason: 'Say more' } },
      1,
    ],
    ['errors in nothing', { response_action: 'errors', errors: { x: 'Say more' } }, { kind: 'failed' }, 1],
    ['the end of everything', { response_action: 'clear' }, { kind: 'closed' }, 0],
    [
      'another view',
      { response_action: 'update', view: { ...MODAL, title: plain('Thanks') } },
      { kind: 'updated', modal: { view: { title: { text: 'Thanks' } } } },
      1,
    ],
    ['a word that Slack does not know', { response_action: 'dance' }, { kind: 'failed' }, 1],
  ])('sees what the app answers: %s', async (_name, response, outcome, open) => {
    const modal = await clickReject();
    onRequest = () => Promise.resolve({ body: JSON.stringify(response) });
    expect((await actor.submit('ada', modal, { Reason: 'fine' })).outcome).toMatchObject(outcome);
    expect(await actor.modalsOf('ada')).toHaveLength(open);
  });

  it('sees that the app failed', async () => {
    const modal = await clickReject();
    onRequest = () => Promise.resolve({ status: 500 });
    expect((await actor.submit('ada', modal, { Reason: 'fine' })).outcome).toEqual({
      kind: 'failed',
      why: 'the app answered with HTTP 500',
    });
  });
});

describe('somebody who pretends to be Slack', () => {
  it.each([
    ['signs with another secret', { secret: 'another' }],
    ['is late', { at: NOW - 301_000 }],
    ['is early', { at: NOW + 301_000 }],
    ['changes the body afterwards', { body: (body: string) => body.replace('gate-1', 'gate-2') }],
  ])('%s', async (_name, forgery) => {
    const { answer } = await actor.click('ada', message, 'Approve', forgery);
    expect(answer).toMatchObject({ status: 401 });
    expect([receiver.received, receiver.refused()]).toEqual([[], 1]);
  });

  it.each([
    ['another value', { value: 'gate-2' }, { actions: [{ value: 'gate-2' }] }],
    ['another workspace', { team: 'T1' }, { team: { id: 'T1' }, user: { team_id: 'T1' } }],
    ['another app', { app: 'A1' }, { api_app_id: 'A1' }],
    ['two actions', { twice: true }, { actions: [{ value: 'gate-1' }, { value: 'gate-1' }] }],
    ['anything', { payload: () => ({ type: 'odd', trigger_id: 't' }) }, { type: 'odd' }],
  ])('has %s signed', async (_name, forgery, payload) => {
    await actor.click('ada', message, 'Approve', forgery);
    expect(receiver.received).toMatchObject([payload]);
  });

  it('sends the same bytes again', async () => {
    const { request } = await actor.click('ada', message, 'Details');
    await actor.resend(request);
    expect(receiver.received).toHaveLength(2);
    expect(receiver.received[1]).toEqual(receiver.received[0]);
  });
});
