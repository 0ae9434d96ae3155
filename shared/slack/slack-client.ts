import type { KnownBlock } from '@slack/types';
import * as v from 'valibot';
import { failureOfStatus, failureOfWord, isTokenRefused, rateLimited } from '../delivery/slack-reply.ts';
import type { SlackFailure, SlackReply } from '../delivery/slack-reply.ts';
import { post } from '../https/post.ts';
import type { Posted } from '../https/post.ts';

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
  const call = async <const Schema extends v.GenericSchema>(
    method: string,
    input: Readonly<Record<string, unknown>>,
    Wanted: Schema,
  ): Promise<SlackReply<v.InferOutput<Schema>>> => {
    let current: string;
    try {
      current = await token.read();
    } catch (error) {
      // Nothing was asked of Slack, so nothing happened.
      const reason = `the token cannot be read: ${nameOf(error)}`;
      return { ok: false, failure: { kind: 'transient', error: reason, ambiguous: false } };
    }
    try {
      const posted = await post(new URL(method, apiUrl), {
        headers: { authorization: `Bearer ${current}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: formOf(input),
        keepAlive: false,
        timeoutMs: TIMEOUT_MS,
      });
      const failure = failureIn(posted);
      if (failure === undefined) {
        return { ok: true, value: v.parse(Wanted, JSON.parse(posted.text)) };
      }
      if (isTokenRefused(failure)) {
        token.forget();
      }
      return { ok: false, failure };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };

  return {
    post: (channel: string, message: Message, key: string, thread?: string) =>
      call(
        'chat.postMessage',
        {
          channel,
          ...contentOf(message),
          ...(thread !== undefined && { thread_ts: thread }),
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: EVENT_TYPE, event_payload: { key } },
        },
        v.object({ ts: Ts }),
      ),

    update: (channel: string, ts: string, message: Message) =>
      call(
        'chat.update',
        { channel, ts, ...contentOf(message) },
        v.pipe(
          v.unknown(),
          v.transform(() => ({ ts })),
        ),
      ),

    remove: (channel: string, ts: string) =>
      call(
        'chat.delete',
        { channel, ts },
        v.pipe(
          v.unknown(),
          v.transform(() => undefined),
        ),
      ),

    find: async (
      channel: string,
      key: string,
      since: number,
      thread?: string,
    ): Promise<SlackReply<{ readonly ts: string | undefined }>> => {
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const history = await call(
          thread === undefined ? 'conversations.history' : 'conversations.replies',
          {
            channel,
            ...(thread !== undefined && { ts: thread }),
            oldest: String((since - AROUND_MS) / 1000),
            latest: String((since + AROUND_MS) / 1000),
            include_all_metadata: true,
            limit: PAGE,
            ...(cursor && { cursor }),
          },
          History,
        );
        if (!history.ok) {
          return history;
        }
        const { messages, response_metadata: more } = history.value;
        const ours = messages.find(({ metadata }) => metadata?.event_payload?.key === key);
        cursor = more?.next_cursor;
        if (ours !== undefined || !cursor) {
          return { ok: true, value: { ts: ours?.ts } };
        }
      }
      return { ok: true, value: { ts: undefined } };
    },
  };
};

/** Texts as they are, everything else as JSON: what all of Slack's methods take. */
const formOf = (input: Readonly<Record<string, unknown>>): string =>
  new URLSearchParams(
    Object.fromEntries(
      Object.entries(input).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    ),
  ).toString();

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

const Answer = v.pipe(
  v.string(),
  v.parseJson(),
  v.variant('ok', [v.object({ ok: v.literal(true) }), v.object({ ok: v.literal(false), error: v.string() })]),
);

/** Why an answer is none; undefined where it is one. Throws when it is not Slack's. */
const failureIn = ({ status, headers, text }: Posted): SlackFailure | undefined => {
  if (status === 429) {
    return rateLimited(Number(headers['retry-after']));
  }
  if (status !== 200) {
    return failureOfStatus(status);
  }
  const answer = v.parse(Answer, text);
  return answer.ok ? undefined : failureOfWord(answer.error);
};

/** Connection errors after which nothing can have reached Slack. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Sorts whatever a call throws. Error texts are left behind: they may carry what was sent. */
const failureOf = (error: unknown): SlackFailure => {
  const word = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : nameOf(error);
  return { kind: 'transient', error: word, ambiguous: !NOT_CONNECTED.has(word) };
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
