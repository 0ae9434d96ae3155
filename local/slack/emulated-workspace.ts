import { createEmulator } from 'emulate';
import * as v from 'valibot';
import { parseJson } from '../json.ts';
import type { JsonRecord } from '../json.ts';

/** A Slack workspace in memory, with channels of its own ids, which this module keeps to itself. */
export type EmulatedWorkspace = {
  /** Calls a Web API method. Channel ids are the configured ones, in and out. */
  readonly call: (method: string, token: string, fields: JsonRecord) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** The app's bot, and the domain of the workspace. */
export const APP = { bot: 'B0GATEHOUSE', botUser: 'U0GATEHOUSE', domain: 'gatehouse' };

const READER_SCOPES = [
  'channels:read',
  'channels:history',
  'groups:read',
  'groups:history',
  'users:read',
  'chat:write',
];

const SETUP_TOKEN = 'xoxp-setup';

const Channels = v.object({
  ok: v.literal(true),
  channels: v.array(v.looseObject({ id: v.string(), name: v.string() })),
});

/**
 * Starts a workspace with public channels of the given names, known by the given ids, the bot a member of each.
 * `botToken` has the given scopes and no other; `readerToken` may look at channels.
 */
export const startEmulatedWorkspace = async (options: {
  readonly channels: Readonly<Record<string, string>>;
  /** The app's id. */
  readonly app: string;
  readonly botToken: string;
  readonly botScopes: readonly string[];
  readonly readerToken: string;
}): Promise<EmulatedWorkspace> => {
  const { channels, botToken, readerToken } = options;
  const botScopes = [...options.botScopes];
  const emulator = await createEmulator({
    service: 'slack',
    port: 0,
    hostname: '127.0.0.1',
    seed: {
      slack: {
        strict_scopes: true,
        team: { name: 'Gatehouse', domain: APP.domain },
        channels: Object.keys(channels).map((name) => ({ name })),
        oauth_apps: [
          {
            app_id: options.app,
            client_id: 'local.gatehouse',
            client_secret: 'local',
            name: 'Gatehouse',
            redirect_uris: [],
            scopes: botScopes,
            bot_id: APP.bot,
            bot_user_id: APP.botUser,
            bot_name: 'gatehouse',
          },
        ],
        tokens: [
          { token: botToken, type: 'bot', app_id: options.app, user: APP.botUser, bot_id: APP.bot, scopes: botScopes },
          { token: readerToken, type: 'test', scopes: READER_SCOPES },
          { token: SETUP_TOKEN, type: 'test', scopes: ['channels:read', 'channels:manage'] },
        ],
      },
    },
  });
  const endpoint = `http://127.0.0.1:${new URL(emulator.url).port}/api`;

  const post = async (method: string, token: string, fields: JsonRecord): Promise<string> => {
    const response = await fetch(`${endpoint}/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    });
    return response.text();
  };

  const all = v.parse(Channels, parseJson(await post('conversations.list', SETUP_TOKEN, { limit: 1000 }))).channels;
  const ids = all.flatMap(({ id, name }) => {
    const configured = Object.hasOwn(channels, name) ? channels[name] : undefined;
    return configured === undefined ? [] : [{ inner: id, configured }];
  });
  for (const { inner } of ids) {
    await post('conversations.invite', SETUP_TOKEN, { channel: inner, users: APP.botUser });
  }

  const innerId = (value: unknown): unknown => ids.find(({ configured }) => configured === value)?.inner ?? value;

  return {
    call: async (method, token, fields) => {
      const { channel, cursor, ...rest } = fields;
      const translated = { ...rest, channel: innerId(channel), cursor: innerId(cursor) };
      const answer = await post(method, token, translated);
      const shown = method === 'conversations.list' ? withoutOthers(answer, ids) : answer;
      return ids.reduce((text, { inner, configured }) => text.replaceAll(inner, configured), shown);
    },
    stop: () => emulator.close(),
  };
};

/** The emulator brings channels of its own, which nobody configured. */
const withoutOthers = (answer: string, ids: readonly { readonly inner: string }[]): string => {
  const parsed = v.safeParse(
    v.looseObject({ channels: v.array(v.looseObject({ id: v.string() })) }),
    parseJson(answer),
  );
  return parsed.success
    ? JSON.stringify({
        ...parsed.output,
        channels: parsed.output.channels.filter(({ id }) => ids.some(({ inner }) => inner === id)),
      })
    : answer;
};
