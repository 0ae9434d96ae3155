import { LogLevel, WebClient } from '@slack/web-api';
import type { Logger } from '@slack/web-api';
import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { Clock } from '../clock.ts';
import { failureOfWord, isTokenRefused } from '../delivery/slack-reply.ts';
import type { Log } from '../log.ts';

/** What is known of people is asked again after this time: whoever leaves a group may not decide much longer. */
const KEPT_MS = 5 * 60_000;

/** More than that are asked for anew: memory is bounded. */
const MOST_KEPT = 500;

const TIMEOUT_MS = 5_000;

type Token = { readonly read: () => Promise<string>; readonly forget: () => void };

/** What Slack knows of people. Nothing here rejects: what nobody can tell is undefined, and a decision fails closed. */
export const createSlackPeople = (apiUrl: string, token: Token, { now }: Pick<Clock, 'now'>, log: Log) => {
  const told = async <Value>(what: string, ask: (client: WebClient) => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await ask(clientOf(apiUrl, await token.read()));
    } catch (error) {
      if (isTokenRefused(failureOfWord(wordOf(error)))) {
        token.forget();
      }
      log.warn('slack did not tell', { what, error: asError(error) });
      return undefined;
    }
  };
  return {
    members: kept(now, (group: string) =>
      told('usergroups.users.list', async (client) => {
        const { users } = v.parse(Members, await client.usergroups.users.list({ usergroup: group }));
        return new Set(users);
      }),
    ),

    profile: kept(now, (user: string) =>
      told('users.info', async (client) => {
        const { user: profile } = v.parse(Profile, await client.users.info({ user }));
        return {
          isBot: profile.is_bot || profile.deleted,
          isGuest: profile.is_restricted || profile.is_ultra_restricted || profile.is_stranger,
        };
      }),
    ),

    tell: async (channel: string, user: string, text: string): Promise<void> => {
      await told('chat.postEphemeral', (client) =>
        client.chat.postEphemeral({ channel, user, text, parse: 'none', link_names: false }),
      );
    },

    linkTo: (channel: string, ts: string): Promise<string | undefined> =>
      told('chat.getPermalink', async (client) => {
        const { permalink } = v.parse(Permalink, await client.chat.getPermalink({ channel, message_ts: ts }));
        return permalink;
      }),
  };
};

const Refused = v.fallback(v.object({ data: v.object({ error: v.string() }) }), { data: { error: '' } });

/** Slack's own word for it, where it is Slack that refused. */
const wordOf = (error: unknown): string => v.parse(Refused, error).data.error;

const flag = v.fallback(v.optional(v.boolean(), false), false);

const Members = v.object({ users: v.array(v.string()) });

const Profile = v.object({
  user: v.object({
    is_bot: flag,
    deleted: flag,
    is_restricted: flag,
    is_ultra_restricted: flag,
    is_stranger: flag,
  }),
});

/** It stands in a message as it is: an address, and nothing that would end it there. */
const Permalink = v.object({ permalink: v.pipe(v.string(), v.regex(/^https?:\/\/[A-Za-z0-9.:/_?=&%-]{1,300}$/)) });

/** Remembers what was told, not that nothing was. */
const kept = <Value>(now: () => number, ask: (id: string) => Promise<Value | undefined>) => {
  const known = new Map<string, { readonly value: Value; readonly at: number }>();
  return async (id: string): Promise<Value | undefined> => {
    const before = known.get(id);
    if (before !== undefined && now() - before.at < KEPT_MS) {
      return before.value;
    }
    const value = await ask(id);
    if (known.size >= MOST_KEPT) {
      known.clear();
    }
    if (value === undefined) {
      known.delete(id);
    } else {
      known.set(id, { value, at: now() });
    }
    return value;
  };
};

/** Nothing is waited for and nothing tried again in here: a vote that cannot be counted comes again. */
const clientOf = (slackApiUrl: string, token: string): WebClient =>
  new WebClient(token, {
    slackApiUrl,
    timeout: TIMEOUT_MS,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: SILENT,
  });

const nothing = (): void => undefined;

/** The client's own log would print what was sent. */
const SILENT: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => LogLevel.ERROR,
};
