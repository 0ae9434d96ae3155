import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createSlackClient } from '../../shared/slack/slack-client.ts';

const TOKEN = ['x', 'oxb-1-canary'].join('');

type Call = { readonly method: string; readonly form: URLSearchParams; readonly socket: Socket };
type Answer = (response: ServerResponse, call: Call) => void;

const open: { close: () => void }[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of request) {
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts).toString();
};

/** A Slack that answers as it is told, and a client that talks to it. */
const aSlack = async (answer: Answer) => {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const call = {
        method: request.url?.split('/').at(-1) ?? '',
        form: new URLSearchParams(body),
        socket: request.socket,
      };
      calls.push(call);
      answer(response, call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let forgotten = 0;
  const token = { read: () => Promise.resolve(TOKEN), forget: () => (forgotten += 1) };
  return {
    calls,
    forgotten: () => forgotten,
    client: createSlackClient(`http://127.0.0.1:${port}/api/`, token),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const json =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

const MESSAGE = { text: 'shop-prod failed', blocks: [{ type: 'divider' as const }] };

describe('the Slack client', () => {
  it('posts so that nothing becomes a mention or a preview, with the key by which it can be found', async () => {
    const { client, calls } = await aSlack(json({ ok: true, ts: '1.5' }));
    await expect(client.post('C1', MESSAGE, 'key-1')).resolves.toEqual({ ok: true, value: { ts: '1.5' } });
    expect(Object.fromEntries(calls[0]?.form ?? [])).toMatchObject({
      channel: 'C1',
      text: 'shop-prod failed',
      blocks: '[{"type":"divider"}]',
      parse: 'none',
      link_names: 'false',
      unfurl_links: 'false',
      unfurl_media: 'false',
      metadata: '{"event_type":"gatehouse_delivery","event_payload":{"key":"key-1"}}',
    });
  });

  it('replies in a thread, and looks for a reply there', async () => {
    const { client, calls } = await aSlack((response, call) => {
      const messages = [{ ts: '1.6', metadata: { event_type: 'gatehouse_delivery', event_payload: { key: 'key-1' } } }];
      json({ ok: true, ts: '1.6', ...(call.method === 'conversations.replies' && { messages }) })(response, call);
    });
    await client.post('C1', MESSAGE, 'key-1', '1.5');
    await expect(client.find('C1', 'key-1', 1_000_000, '1.5')).resolves.toEqual({ ok: true, value: { ts: '1.6' } });
    expect(calls.map(({ method, form }) => [method, form.get('thread_ts') ?? form.get('ts')])).toEqual([
      ['chat.postMessage', '1.5'],
      ['conversations.replies', '1.5'],
    ]);
  });

  it('takes the blocks away when it sends plain text', async () => {
    const { client, calls } = await aSlack(json({ ok: true, ts: '1.5' }));
    await client.update('C1', '1.5', { text: 'plain' });
    expect(Object.fromEntries(calls[0]?.form ?? [])).toMatchObject({ ts: '1.5', text: 'plain', blocks: '[]' });
  });

  it('uses no connection twice', async () => {
    const { client, calls } = await aSlack(json({ ok: true, ts: '1.5' }));
    await client.post('C1', MESSAGE, 'a');
    await client.post('C1', MESSAGE, 'b');
    expect(new Set(calls.map(({ socket }) => socket)).size).toBe(2);
  });

  it.each([undefined, '-5', '0', 'soon', 'Mon, 23 Nov 2026 10:00:00 GMT'])(
    'rests for half a minute after a 429 whose Retry-After is %s (F24)',
    async (after) => {
      const { client, calls } = await aSlack(
        json({ ok: false }, 429, after === undefined ? {} : { 'retry-after': after }),
      );
      await expect(client.post('C1', MESSAGE, 'key')).resolves.toEqual({
        ok: false,
        failure: { kind: 'rate-limited', retryAfterMs: 30_000 },
      });
      expect(calls).toHaveLength(1);
    },
  );

  it.each([
    [500, true],
    [502, true],
    [503, false],
  ])(
    'takes a page of HTML with status %i for something that passes, and keeps nothing of it (F25)',
    async (status, ambiguous) => {
      const { client } = await aSlack((response) => {
        response.writeHead(status, { 'content-type': 'text/html' });
        response.end(`<html>${TOKEN} ${'sorry '.repeat(10_000)}</html>`);
      });
      await expect(client.post('C1', MESSAGE, 'key')).resolves.toEqual({
        ok: false,
        failure: { kind: 'transient', error: `HTTP ${status}`, ambiguous },
      });
    },
  );

  it.each([
    ['ratelimited', { kind: 'rate-limited', retryAfterMs: 30_000 }],
    ['internal_error', { kind: 'transient', error: 'internal_error', ambiguous: false }],
    ['service_unavailable', { kind: 'transient', error: 'service_unavailable', ambiguous: false }],
    ['fatal_error', { kind: 'transient', error: 'fatal_error', ambiguous: true }],
  ] as const)('takes %s with status 200 for something that passes (F26)', async (error, failure) => {
    const { client } = await aSlack(json({ ok: false, error }));
    await expect(client.post('C1', MESSAGE, 'key')).resolves.toEqual({ ok: false, failure });
  });

  it.each([
    ['a 429', json({ ok: false }, 429, { 'retry-after': '7' }), { kind: 'rate-limited', retryAfterMs: 7_000 }],
    ['not_in_channel', json({ ok: false, error: 'not_in_channel' }), { kind: 'refused', error: 'not_in_channel' }],
    ['invalid_blocks', json({ ok: false, error: 'invalid_blocks' }), { kind: 'unacceptable', error: 'invalid_blocks' }],
    [
      'edit_window_closed',
      json({ ok: false, error: 'edit_window_closed' }),
      { kind: 'uneditable', error: 'edit_window_closed' },
    ],
  ] as const)('asks once and reports %s', async (_name, answer, failure) => {
    const { client, calls } = await aSlack(answer);
    await expect(client.post('C1', MESSAGE, 'key')).resolves.toEqual({ ok: false, failure });
    expect(calls).toHaveLength(1);
  });

  it('does not know what became of a post whose connection broke', async () => {
    const { client } = await aSlack((_response, { socket }) => socket.destroy());
    await expect(client.post('C1', MESSAGE, 'key')).resolves.toMatchObject({
      ok: false,
      failure: { kind: 'transient', ambiguous: true },
    });
  });

  it('does not know what became of a post that was never answered', { timeout: 10_000 }, async () => {
    const { client } = await aSlack(() => undefined);
    await expect(client.post('C1', MESSAGE, 'key')).resolves.toEqual({
      ok: false,
      failure: { kind: 'transient', error: 'TimeoutError', ambiguous: true },
    });
  });

  it('knows that nothing was posted where nobody listens', async () => {
    const { client, close } = await aSlack(json({ ok: true }));
    close();
    await expect(client.post('C1', MESSAGE, 'key')).resolves.toEqual({
      ok: false,
      failure: { kind: 'transient', error: 'ECONNREFUSED', ambiguous: false },
    });
  });

  it('reads the token again after Slack refused it, and not because a scope is missing', async () => {
    const refused = await aSlack(json({ ok: false, error: 'token_revoked' }));
    await expect(refused.client.post('C1', MESSAGE, 'key')).resolves.toEqual({
      ok: false,
      failure: { kind: 'unauthorized', error: 'token_revoked' },
    });
    expect(refused.forgotten()).toBe(1);
    const narrow = await aSlack(json({ ok: false, error: 'missing_scope', needed: 'channels:history' }));
    await narrow.client.find('C1', 'key', 0);
    expect(narrow.forgotten()).toBe(0);
  });

  it('finds its own message by the key, and nobody else’s', async () => {
    const metadata = (event_type: string, key: string) => ({ event_type, event_payload: { key } });
    const { client, calls } = await aSlack(
      json({
        ok: true,
        messages: [
          { ts: '1.1', text: 'key-1' },
          { ts: '1.2', metadata: metadata('somebody_else', 'key-1') },
          { ts: '1.3', metadata: metadata('gatehouse_delivery', 'key-2') },
          { ts: '1.4', metadata: metadata('gatehouse_delivery', 'key-1') },
        ],
      }),
    );
    await expect(client.find('C1', 'key-1', 1_000_000_000)).resolves.toEqual({ ok: true, value: { ts: '1.4' } });
    await expect(client.find('C1', 'key-9', 1_000_000_000)).resolves.toEqual({ ok: true, value: { ts: undefined } });
    expect(Object.fromEntries(calls[0]?.form ?? [])).toMatchObject({
      oldest: '999640',
      latest: '1000360',
      include_all_metadata: 'true',
    });
  });

  it('turns the pages of a busy channel', async () => {
    const pages = [
      { ok: true, messages: [{ ts: '1.9' }], response_metadata: { next_cursor: 'older' } },
      {
        ok: true,
        messages: [{ ts: '1.1', metadata: { event_type: 'gatehouse_delivery', event_payload: { key: 'k' } } }],
      },
    ];
    const { client, calls } = await aSlack((response, call) => {
      json(pages[call.form.get('cursor') === 'older' ? 1 : 0])(response, call);
    });
    await expect(client.find('C1', 'k', 1_000_000_000)).resolves.toEqual({ ok: true, value: { ts: '1.1' } });
    expect(calls).toHaveLength(2);
  });

  it('never throws, and says nothing secret', async () => {
    const { client } = await aSlack(json({ ok: false, error: 'invalid_auth', echo: TOKEN }));
    const replies = [
      await client.post('C1', MESSAGE, 'k'),
      await client.update('C1', '1', MESSAGE),
      await client.remove('C1', '1'),
    ];
    expect(replies.map(({ ok }) => ok)).toEqual([false, false, false]);
    expect(inspect(replies, { depth: Infinity })).not.toContain('canary');
    const broken = createSlackClient('http://127.0.0.1:1/', {
      read: () => Promise.reject(new Error(`no ${TOKEN}`)),
      forget: () => undefined,
    });
    const reply = await broken.post('C1', MESSAGE, 'k');
    expect(reply).toEqual({
      ok: false,
      failure: { kind: 'transient', error: 'the token cannot be read: Error', ambiguous: false },
    });
  });
});
