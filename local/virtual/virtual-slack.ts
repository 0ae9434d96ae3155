import type { PlainOrRich } from '../../functions/deliver/deliver.ts';
import { failureOfWord, rateLimited } from '../../shared/delivery/slack-reply.ts';
import type { SlackFailure, SlackReply } from '../../shared/delivery/slack-reply.ts';
import { blockProblems, MAX_TEXT } from '../slack/block-limits.ts';
import { admitCall, UNHURRIED } from '../slack/slack-limits.ts';

/** A message as a channel holds it. */
export type HeldMessage = {
  readonly channel: string;
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
  /** The message to whose thread it belongs. */
  readonly thread: string | undefined;
  /** The metadata by which its sender can find it. */
  readonly key: string;
  readonly edits: number;
  readonly deleted: boolean;
};

/** A call and how it ended: `ok`, or Slack's word for what was wrong. */
export type HeardCall = {
  readonly method: string;
  readonly channel: string;
  readonly ts: string | null;
  readonly result: string;
};

/** A Slack workspace in memory, with Slack's rate limits and Block Kit's. Every call takes effect at once. */
export type VirtualSlack = {
  readonly post: (
    channel: string,
    message: PlainOrRich,
    key: string,
    thread?: string,
  ) => SlackReply<{ readonly ts: string }>;
  readonly update: (channel: string, ts: string, message: PlainOrRich) => SlackReply<{ readonly ts: string }>;
  readonly remove: (channel: string, ts: string) => SlackReply<undefined>;
  readonly find: (
    channel: string,
    key: string,
    since: number,
    thread?: string,
  ) => SlackReply<{ readonly ts: string | undefined }>;
  /** In the order they were posted. */
  readonly messages: () => readonly HeldMessage[];
  readonly calls: () => readonly HeardCall[];
};

export type VirtualSlackOptions = {
  readonly channels: readonly string[];
  /** Whether the app may read a channel's history. */
  readonly historyScope: boolean;
  readonly now: () => number;
};

/** How far around the begin of a post its message is looked for, as the Slack client does. */
const AROUND_MS = 6 * 60_000;

export const createVirtualSlack = ({ channels, historyScope, now }: VirtualSlackOptions): VirtualSlack => {
  const messages = new Map<string, HeldMessage & { readonly postedAt: number }>();
  const calls: HeardCall[] = [];
  let pace = UNHURRIED;

  const heard = <Value>(
    method: string,
    channel: string,
    ts: string | null,
    answer: () => SlackReply<Value>,
  ): SlackReply<Value> => {
    const admission = admitCall(pace, method, channel, now());
    if (admission.kind === 'ratelimited') {
      calls.push({ method, channel, ts, result: 'ratelimited' });
      return { ok: false, failure: rateLimited(admission.retryAfterSeconds) };
    }
    ({ pace } = admission);
    const reply = channels.includes(channel) ? answer() : refuse('channel_not_found');
    calls.push({ method, channel, ts, result: reply.ok ? 'ok' : errorOf(reply) });
    return reply;
  };

  const changed = (
    channel: string,
    ts: string,
    change: (held: HeldMessage) => Partial<HeldMessage>,
  ): SlackReply<{ readonly ts: string }> => {
    const place = `${channel}/${ts}`;
    const held = messages.get(place);
    if (held === undefined || held.deleted) {
      return refuse('message_not_found');
    }
    messages.set(place, { ...held, ...change(held) });
    return { ok: true, value: { ts } };
  };

  return {
    post: (channel, message, key, thread) => {
      const ts = `${Math.floor(now() / 1000)}.${String(messages.size + 1).padStart(6, '0')}`;
      return heard('chat.postMessage', channel, ts, () => {
        const parent = messages.get(`${channel}/${thread}`);
        const problem =
          thread !== undefined && (parent === undefined || parent.deleted) ? 'thread_not_found' : problemOf(message);
        if (problem !== undefined) {
          return refuse(problem);
        }
        messages.set(`${channel}/${ts}`, {
          channel,
          ts,
          ...contentOf(message),
          thread,
          key,
          edits: 0,
          deleted: false,
          postedAt: now(),
        });
        return { ok: true, value: { ts } };
      });
    },

    update: (channel, ts, message) =>
      heard('chat.update', channel, ts, () => {
        const problem = problemOf(message);
        return problem === undefined
          ? changed(channel, ts, ({ edits }) => ({ ...contentOf(message), edits: edits + 1 }))
          : refuse(problem);
      }),

    remove: (channel, ts) =>
      heard('chat.delete', channel, ts, () => {
        const reply = changed(channel, ts, () => ({ deleted: true }));
        return reply.ok ? { ok: true, value: undefined } : reply;
      }),

    find: (channel, key, since, thread) =>
      heard(thread === undefined ? 'conversations.history' : 'conversations.replies', channel, null, () => {
        if (!historyScope) {
          return refuse('missing_scope');
        }
        const found = [...messages.values()].find(
          (held) =>
            held.channel === channel &&
            held.thread === thread &&
            !held.deleted &&
            held.key === key &&
            held.postedAt >= since - AROUND_MS &&
            held.postedAt <= since + AROUND_MS,
        );
        return { ok: true, value: { ts: found?.ts } };
      }),

    messages: () => [...messages.values()].map(({ postedAt, ...held }) => held),
    calls: () => calls,
  };
};

type Refusal = { readonly ok: false; readonly failure: SlackFailure };

const refuse = (word: string): Refusal => ({ ok: false, failure: failureOfWord(word) });

const errorOf = ({ failure }: Refusal): string => (failure.kind === 'rate-limited' ? 'ratelimited' : failure.error);

const problemOf = (message: PlainOrRich): string | undefined => {
  if (message.text === '') {
    return 'no_text';
  }
  if (message.text.length > MAX_TEXT) {
    return 'msg_too_long';
  }
  return blockProblems(message).length > 0 ? 'invalid_blocks' : undefined;
};

/** As JSON would bring it over: nobody shares an object with Slack. */
const contentOf = ({ text, blocks }: PlainOrRich): { readonly text: string; readonly blocks: readonly unknown[] } => ({
  text,
  blocks: structuredClone(blocks ?? []),
});
