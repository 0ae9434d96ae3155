import { createHmac } from 'node:crypto';
import type { RawRequest } from '../../shared/interaction/verify-request.ts';

export const SIGNING_SECRET = '8f742231b10e8888abcd99yyyzzz85a5';

/** 2018-07-12T21:16:58Z: when the request of Slack's documentation was made. */
export const REQUESTED_AT = 1_531_420_618_000;

export const GATE = 'AbCdEfGhIjKlMnOpQrStUv';

export const signatureOf = (timestamp: string, body: Buffer | string, secret = SIGNING_SECRET): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;

/** A request as Slack signs it at `at`, epoch milliseconds. */
export const aRequest = (
  body: Buffer | string,
  given: { at?: number; secret?: string; headers?: Record<string, string>; method?: string } = {},
): RawRequest => {
  const { at = REQUESTED_AT, secret = SIGNING_SECRET, headers = {}, method = 'POST' } = given;
  const bytes = Buffer.from(body);
  const timestamp = String(Math.floor(at / 1000));
  return {
    method,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signatureOf(timestamp, bytes, secret),
      ...headers,
    },
    body: bytes,
  };
};

/** The same request with other headers; undefined takes one away. */
export const withHeaders = (request: RawRequest, headers: Record<string, string | undefined>): RawRequest => ({
  ...request,
  headers: Object.fromEntries(
    Object.entries({ ...request.headers, ...headers }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  ),
});

export const formOf = (payload: unknown): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

const SENDER = {
  team: { id: 'T0GATEHOUSE', domain: 'gatehouse' },
  enterprise: null,
  user: { id: 'U0ADA', username: 'ada', name: 'Ada', team_id: 'T0GATEHOUSE' },
  api_app_id: 'A0GATEHOUSE',
  token: 'deprecated-canary',
  is_enterprise_install: false,
};

/** The payload of a click on a button of a gate's message. */
export const aClick = (action: object = {}, more: object = {}) => ({
  type: 'block_actions',
  ...SENDER,
  container: { type: 'message', message_ts: '1795428858.000100', channel_id: 'C0APPROVALS', is_ephemeral: false },
  trigger_id: '398738663015.47445629121.canary',
  channel: { id: 'C0APPROVALS', name: 'approvals' },
  message: {
    type: 'message',
    ts: '1795428858.000100',
    text: 'shop-prod waits for approval: 3f2a1bc Fix &lt;login&gt;',
  },
  response_url: 'https://hooks.slack.com/actions/T0GATEHOUSE/1/canary',
  actions: [
    {
      type: 'button',
      block_id: 'b1',
      action_id: 'gate.approve',
      value: GATE,
      action_ts: '1795428900.123456',
      ...action,
    },
  ],
  ...more,
});

/** The payload of a form that was sent. */
export const aForm = (note: string | null, view: object = {}, more: object = {}) => ({
  type: 'view_submission',
  ...SENDER,
  trigger_id: '398738663015.47445629121.canary',
  view: {
    id: 'V0FORM1',
    type: 'modal',
    callback_id: 'gate.reject',
    private_metadata: JSON.stringify({ gate: GATE, channel: 'C0APPROVALS', ts: '1795428858.000100' }),
    state: { values: { note: { note: { type: 'plain_text_input', value: note } } } },
    hash: '1',
    ...view,
  },
  response_urls: [],
  ...more,
});
