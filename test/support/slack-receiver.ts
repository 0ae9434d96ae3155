import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readBody, startLoopbackServer } from '../../local/loopback-server.ts';

/** What the app answers. */
export type Reply = { readonly status?: number; readonly body?: string };

/** An app's request URL, as Slack sees it. */
export type Receiver = {
  readonly url: string;
  /** The payloads of what was signed and of now, in order. */
  readonly received: readonly unknown[];
  /** How many requests were refused. */
  readonly refused: () => number;
  readonly stop: () => Promise<void>;
};

/** Starts an app that takes Slack's requests and checks them by the book, apart from Gatehouse's own code. */
export const startReceiver = async (options: {
  readonly signingSecret: string;
  readonly now: () => number;
  readonly onRequest: (payload: unknown) => Promise<Reply>;
}): Promise<Receiver> => {
  const received: unknown[] = [];
  let refused = 0;

  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  const isFromSlack = (headers: IncomingMessage['headers'], body: string): boolean => {
    const timestamp = String(headers['x-slack-request-timestamp']);
    const hash = createHmac('sha256', options.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
    const isNow = Math.abs(options.now() / 1000 - Number(timestamp)) <= 300;
    return isNow && headers['x-slack-signature'] === `v0=${hash}`;
  };

  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const body = (await readBody(request, 1_000_000))?.toString('utf8') ?? '';
    if (!isFromSlack(request.headers, body)) {
      refused += 1;
      return { status: 401 };
    }
    const payload: unknown = JSON.parse(new URLSearchParams(body).get('payload') ?? '');
    received.push(payload);
    return options.onRequest(payload);
  };

  const server = await startLoopbackServer({
    port: 0,
    purpose: 'the receiver',
    onRequest: (request, response) => {
      answer(request).then(
        ({ status = 200, body = '' }) => response.writeHead(status).end(body),
        () => response.writeHead(500).end(),
      );
    },
  });
  return { url: `${server.url}/slack`, received, refused: () => refused, stop: server.close };
};
