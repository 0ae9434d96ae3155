import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  LogLevel,
  WebClient,
} from '@slack/web-api';
import type { Logger } from '@slack/web-api';
import { failureOfStatus, failureOfWord, rateLimited } from '../delivery/slack-reply.ts';
import type { SlackFailure, SlackReply } from '../delivery/slack-reply.ts';

const TIMEOUT_MS = 5_000;

type Token = { readonly read: () => Promise<string>; readonly forget: () => void };

/** Asks something of Slack. Never rejects: what went wrong is in the reply. */
export type SlackCall = <Value>(ask: (client: WebClient) => Promise<Value>) => Promise<SlackReply<Value>>;

/**
 * Calls Slack's Web API. Nothing is tried again in here and nothing is waited for: the caller knows when. Each call has a
 * connection of its own, for one that a freeze of the Lambda has left half-dead makes the outcome of a post unknown.
 */
export const createSlackCall = (apiUrl: string, token: Token): SlackCall => {
  let connected: { readonly token: string; readonly client: WebClient } | undefined;

  const clientOf = (current: string): WebClient => {
    if (connected?.token !== current) {
      connected = {
        token: current,
        client: new WebClient(current, {
          slackApiUrl: apiUrl,
          timeout: TIMEOUT_MS,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
          allowAbsoluteUrls: false,
          headers: { connection: 'close' },
          fetch: fetchWithRetryAfter,
          logger: silent,
        }),
      };
    }
    return connected.client;
  };

  return async (ask) => {
    let current: string;
    try {
      current = await token.read();
    } catch (error) {
      // Nothing was asked of Slack, so nothing happened.
      const name = error instanceof Error ? error.name : 'Error';
      return {
        ok: false,
        failure: { kind: 'transient', error: `the token cannot be read: ${name}`, ambiguous: false },
      };
    }
    try {
      return { ok: true, value: await ask(clientOf(current)) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'unauthorized' && failure.error !== 'missing_scope') {
        token.forget();
      }
      return { ok: false, failure };
    }
  };
};

/** Connection errors after which nothing can have reached Slack. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Sorts whatever the client throws. Error texts are left behind: they may carry what was sent. */
const failureOf = (error: unknown): SlackFailure => {
  if (error instanceof WebAPIRateLimitedError) {
    return rateLimited(error.retryAfter);
  }
  if (error instanceof WebAPIPlatformError) {
    return failureOfWord(error.data.error);
  }
  if (error instanceof WebAPIHTTPError) {
    return failureOfStatus(error.statusCode);
  }
  const code = error instanceof WebAPIRequestError ? codeOf(error.original) : undefined;
  return { kind: 'transient', error: code ?? nameOf(error), ambiguous: !NOT_CONNECTED.has(code) };
};

const codeOf = (error: unknown): string | undefined => {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') {
      return at.code;
    }
    if (at.name === 'TimeoutError') {
      return 'TimeoutError';
    }
  }
  return undefined;
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

/** The client calls a 429 without seconds an unknown error: it gets the seconds that we wait then. */
const fetchWithRetryAfter: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.status !== 429 || /^\d+$/.test(response.headers.get('retry-after') ?? '')) {
    return response;
  }
  return new Response(null, { status: 429, headers: { 'retry-after': '30' } });
};

const nothing = (): void => undefined;

/** What goes wrong is in the reply; the client's own log would print what was sent. */
const silent: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => LogLevel.ERROR,
};
