import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { voteModal } from '../../shared/message/vote-modal.ts';
import { createOpenView, createRespond } from '../../shared/slack/slack-answers.ts';
import { GATE } from '../support/slack-requests.ts';

type Call = { readonly path: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: unknown };

const open: (() => void)[] = [];

afterEach(() => {
  open.splice(0).forEach((close) => {
    close();
  });
});

/** A Slack that gives one answer, or none. */
const aSlack = async (answer: { status?: number; body?: string } | 'silent') => {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      calls.push({ path: request.url, headers: request.headers, body: JSON.parse(body) });
      if (answer !== 'silent') {
        response.writeHead(answer.status ?? 200).end(answer.body ?? '{"ok":true}');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { calls, url: `http://127.0.0.1:${port}` };
};

const soon = () => Date.now() + 1_000;

describe('the form of a vote', () => {
  const view = voteModal('reject', { gate: GATE, channel: 'C0APPROVALS', ts: '1795428858.000100' }, 'shop-prod waits');
  const opening = async (answer: Parameters<typeof aSlack>[0], token = () => Promise.resolve('xoxb-canary')) => {
    const slack = await aSlack(answer);
    const openView = createOpenView(`${slack.url}/api/`, token, Date.now);
    return { slack, reply: await openView('trigger-canary', view, Date.now() + 300) };
  };

  it('is opened by the trigger of the click', async () => {
    const { slack, reply } = await opening({});
    expect(reply).toEqual({ ok: true, value: undefined });
    expect(slack.calls).toMatchObject([
      {
        path: '/api/views.open',
        headers: { authorization: 'Bearer xoxb-canary', 'content-type': 'application/json; charset=utf-8' },
        body: { trigger_id: 'trigger-canary', view },
      },
    ]);
  });

  it.each([
    [{ body: '{"ok":false,"error":"expired_trigger_id"}' }, { kind: 'refused', error: 'expired_trigger_id' }],
    [{ body: '{"ok":false,"error":"invalid_auth"}' }, { kind: 'unauthorized', error: 'invalid_auth' }],
    [{ body: '<html>' }, { kind: 'refused', error: 'unreadable' }],
    [{ status: 503 }, { kind: 'transient', error: 'HTTP 503', ambiguous: false }],
    [{ status: 429 }, { kind: 'rate-limited', retryAfterMs: 30_000 }],
    ['silent' as const, { kind: 'transient', error: 'TimeoutError', ambiguous: true }],
  ])('says why it is not open: %j', async (answer, failure) => {
    const { reply } = await opening(answer);
    expect(reply).toEqual({ ok: false, failure });
  });

  it('stays closed without a token', async () => {
    const { slack, reply } = await opening({}, () => Promise.reject(new TypeError('canary')));
    expect(reply).toEqual({ ok: false, failure: { kind: 'transient', error: 'TypeError', ambiguous: true } });
    expect(slack.calls).toEqual([]);
  });
});

describe('whoever clicked', () => {
  it('is told what only they see, and the message stays', async () => {
    const slack = await aSlack({ body: 'ok' });
    await createRespond(`${slack.url}/api/`, Date.now)(`${slack.url}/actions/T1/1/x`, 'Click again.', soon());
    expect(slack.calls).toMatchObject([
      {
        path: '/actions/T1/1/x',
        body: { response_type: 'ephemeral', replace_original: false, text: 'Click again.' },
      },
    ]);
    expect(slack.calls[0]?.headers.authorization).toBeUndefined();
  });

  it('is not told by an address that Slack has closed, and that is said without the address', async () => {
    const slack = await aSlack({ status: 404, body: 'expired_url' });
    const respond = createRespond(`${slack.url}/api/`, Date.now);
    await expect(respond(`${slack.url}/actions/canary`, 'x', soon())).rejects.toThrow(/^Slack answered 404$/);
  });

  it.each([
    'http://hooks.slack.com/actions/T1/1/x',
    'https://hooks.slack.com.evil.example/actions/x',
    'https://evil.example/hooks.slack.com',
    'https://hooks.slack.com@evil.example/x',
    'https://user:pass@hooks.slack.com/x',
    'https://hooks.slack.com:8443/x',
    'https://slack.com/api/x',
    'https://hooks.slack-gov.com/x',
    'https://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next',
    'file:///etc/passwd',
    'hooks.slack.com/x',
    '',
  ])('is not told by way of %j', async (address) => {
    const respond = createRespond('https://slack.com/api/', Date.now);
    await expect(respond(address, 'x', soon())).rejects.toThrow(/^The address for answers is not Slack’s$/);
  });

  it('is told on this machine by nobody but the Slack of this machine', async () => {
    const slack = await aSlack({});
    const other = await aSlack({});
    const respond = createRespond(`${slack.url}/api/`, Date.now);
    for (const address of [`${other.url}/x`, 'https://hooks.slack.com/x']) {
      await expect(respond(address, 'x', soon())).rejects.toThrow('The address for answers is not Slack’s');
    }
    expect(other.calls).toEqual([]);
  });
});
