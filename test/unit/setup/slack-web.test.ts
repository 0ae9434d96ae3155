import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createCallSlack } from '../../../scripts/setup/slack-web.ts';

const TOKEN = 'xoxb-canary';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

/** Calls a server that answers so, and tells what it was sent. */
const call = async (status: number, headers: Readonly<Record<string, string>>, body: string) => {
  const received: unknown[] = [];
  const running = createServer((request, response) => {
    let sent = '';
    request.on('data', (chunk: Buffer) => {
      sent += chunk.toString();
    });
    request.on('end', () => {
      received.push([request.method, request.url, request.headers.authorization, sent]);
      response.writeHead(status, headers).end(body);
    });
  });
  server = running;
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
  const address = running.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const answer = await createCallSlack(`http://127.0.0.1:${port}/api/`, TOKEN)('conversations.info', { channel: 'C1' });
  return { answer, received, host: `127.0.0.1:${port}` };
};

describe('createCallSlack', () => {
  it('calls a method with the token in a header, and reads the scopes', async () => {
    const { answer, received } = await call(
      200,
      { 'x-oauth-scopes': 'chat:write, channels:read' },
      '{"ok":true,"a":1}',
    );
    expect(received).toEqual([['POST', '/api/conversations.info', `Bearer ${TOKEN}`, 'channel=C1']]);
    expect(answer).toEqual({ kind: 'told', body: { ok: true, a: 1 }, scopes: ['chat:write', 'channels:read'] });
  });

  it.each([
    ['a word', 200, '{"ok":false,"error":"missing_scope","needed":"groups:read"}', 'missing_scope', 'groups:read'],
    ['a status and a word', 429, '{"ok":false,"error":"ratelimited"}', 'ratelimited', undefined],
    ['a page instead of a word', 503, '<html>xoxb-canary</html>', 'HTTP 503', undefined],
    ['something that is no word', 200, `{"ok":false,"error":"${TOKEN} is bad"}`, 'HTTP 200', undefined],
    ['nothing', 200, '', 'HTTP 200', undefined],
  ])('tells a refusal by %s, and passes nothing else on', async (_name, status, body, error, needed) => {
    expect((await call(status, {}, body)).answer).toEqual({ kind: 'refused', error, needed });
  });

  it('takes the token to no other place', async () => {
    const { answer, received, host } = await call(302, { location: '/elsewhere' }, '');
    expect(answer).toEqual({ kind: 'unreachable', host, because: 'the call failed' });
    expect(received).toHaveLength(1);
  });

  it('tells a network that fails', async () => {
    const answer = await createCallSlack('http://127.0.0.1:9/api/', TOKEN)('auth.test', {});
    expect(answer).toMatchObject({ kind: 'unreachable', host: '127.0.0.1:9' });
    expect(JSON.stringify(answer)).not.toContain('canary');
  });
});
