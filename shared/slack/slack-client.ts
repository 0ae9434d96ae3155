import type { KnownBlock } from '@slack/types';
import * as v from 'valibot';
import type { SlackCall } from './slack-call.ts';

/** Which of our messages it is: what is looked for when a post's outcome is not known. */
const EVENT_TYPE = 'gatehouse_delivery';

/** How far around the begin of a post its message is looked for: Slack's clock is not ours. */
const AROUND_MS = 6 * 60_000;

/** At a post a second a channel has no more messages in that time. */
const MOST_PAGES = 5;
const PAGE = 200;

type Message = { readonly text: string; readonly blocks?: readonly KnownBlock[] };

/** The calls that deliveries are made of. Nothing is tried again in here: the delivery knows when. */
export const createSlackClient = (call: SlackCall) => ({
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
});

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
