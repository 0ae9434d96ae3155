import type { KnownBlock } from '@slack/types';
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  LogLevel,
  WebClient,
} from '@slack/web-api';
import type { Logger } from '@slack/web-api';
import * as v from 'valibot';
import { failureOfStatus, failureOfWord, rateLimited } from '../delivery/slack-reply.ts';
import type { SlackFailure, SlackReply } from '../delivery/slack-reply.ts';

/** Which of our messages it is: what is looked for when a post's outcome is not known. */
const EVENT_TYPE = 'gatehouse_delivery';

const TIMEOUT_MS = 5_000;

/** How far around the begin of a post its message is looked for: Slack's clock is not ours. */
const AROUND_MS = 6 * 60_000;

/** At a post a second a channel has no more messages in that time. */
const MOST_PAGES = 5;
const PAGE = 200;

type Token = { readonly read: () => Promise<string>; readonly forget: () => void };

type Message = { readonly text: string; readonly blocks?: readonly KnownBlock[] };

/**
 * Calls Slack's Web API. Nothing is tried again in here and nothing is waited for: the delivery knows when. Each call
 * has a connection of its own, for one that a freeze of the Lambda has left half-dead makes the outcome of a post unknown.
 */
export const createSlackClient = (apiUrl: string, token: Token) => {
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

  const call = async <Value>(ask: (client: WebClient) => Promise<Value>): Promise<SlackReply<Value>> => {
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

  return {
    post: (channel: string, message: Message, key: string, thread?: string) =>
      call(async (client) => {
        const { ts } = await client.chat.postMessage({
          channel,
          ...contentOf(message),
          ...(thread !== undefined && { thread_ts: thread }),
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: EVENT_TYPE, event_payload: { key } },
        });
        return { ts: v.parse(Ts, ts) };
      }),

    update: (channel: string, ts: string, message: Message) =>
      call(async (client) => {
        await client.chat.update({ channel, ts, ...contentOf(message) });
        return { ts };
      }),

    remove: (channel: string, ts: string) =>
      call(async (client) => {
        await client.chat.delete({ channel, ts });
        return undefined;
      }),

    find: (channel: string, key: string, since: number, thread?: string) =>
      call(async (client) => {
        let cursor: string | undefined;
        for (let page = 0; page < MOST_PAGES; page += 1) {
          const asked = {
            channel,
            oldest: String((since - AROUND_MS) / 1000),
            latest: String((since + AROUND_MS) / 1000),
            include_all_metadata: true,
            limit: PAGE,
            ...(cursor && { cursor }),
          };
          const history = await (thread === undefined
            ? client.conversations.history(asked)
            : client.conversations.replies({ ...asked, ts: thread }));
          const { messages, response_metadata: more } = v.parse(History, history);
          const ours = messages.find(({ metadata }) => metadata?.event_payload?.key === key);
          cursor = more?.next_cursor;
          if (ours !== undefined || !cursor) {
            return { ts: ours?.ts };
          }
        }
        return { ts: undefined };
      }),
  };
};

const Ts = v.pipe(v.string(), v.nonEmpty());

const History = v.object({
  messages: v.fallback(
    v.array(
      v.object({
        ts: Ts,
        metadata: v.fallback(
          v.optional(
            v.object({ event_type: v.literal(EVENT_TYPE), event_payload: v.optional(v.object({ key: v.string() })) }),
          ),
          undefined,
        ),
      }),
    ),
    [],
  ),
  response_metadata: v.fallback(v.optional(v.object({ next_cursor: v.optional(v.string()) })), undefined),
});

const contentOf = ({ text, blocks }: Message) => ({
  text,
  // An empty list takes the blocks of an earlier edit away.
  blocks: [...(blocks ?? [])],
  // Nothing in a text becomes a mention or a link unless we made it one.
  parse: 'none' as const,
  link_names: false,
});

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
