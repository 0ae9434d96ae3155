import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { SLACK_SCOPES } from '../../scripts/setup/slack-scopes.ts';
import { isRecord, own, parseJson } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { readBody, startLoopbackServer } from '../loopback-server.ts';
import { blockProblems, MAX_TEXT } from './block-limits.ts';
import type { SlackMessage } from './block-limits.ts';
import type { Discovery } from './discovery.ts';
import { APP, startEmulatedWorkspace } from './emulated-workspace.ts';
import type { EmulatedWorkspace } from './emulated-workspace.ts';
import { createInteractivity, missingScope } from './interactivity.ts';
import type { Interactivity } from './interactivity.ts';
import type { Person } from './people.ts';
import { SlackFault, takeFault } from './slack-faults.ts';
import { admitCall, UNHURRIED } from './slack-limits.ts';

/** A call of the Slack Web API and what came of it. */
export type SlackCall = {
  readonly method: string;
  readonly channel: string | undefined;
  readonly ts: string | undefined;
  /** The message in whose thread it is. */
  readonly thread: string | undefined;
  readonly ok: boolean;
  readonly error: string | undefined;
  readonly message: SlackMessage;
  /** Who alone sees it: the receiver of an ephemeral message, the one whose modal it is. */
  readonly user?: string;
  /** The modal, as the app gave it. */
  readonly view?: unknown;
};

/** A Slack that only this machine can reach, as strict as Slack in what Gatehouse could get wrong. */
export type SlackLayer = {
  readonly url: string;
  /** May what the app's manifest asks for. */
  readonly botToken: string;
  /** May read channels and their history, as a person in the workspace may. */
  readonly readerToken: string;
  /** What Slack signs its requests to the app with. */
  readonly signingSecret: string;
  readonly team: string;
  readonly app: string;
  readonly users: Discovery['users'];
  /** Where Slack sends what people do, as the app's settings have it. */
  readonly setRequestUrl: (url: string) => void;
  readonly stop: () => Promise<void>;
};

const BOT_TOKEN = 'xoxb-gatehouse-local';
const READER_TOKEN = 'xoxp-reader-local';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** What the app may ask for by its manifest, optional scopes included, and no more. */
const BOT_SCOPES = SLACK_SCOPES.map(({ scope }) => scope);

/** How callers of `onCall` know what came by a response_url. */
const RESPONSE_URL = 'response_url';

/** Methods that carry a message. */
const MESSAGE_METHODS: ReadonlySet<string> = new Set(['chat.postMessage', 'chat.postEphemeral', 'chat.update']);

/**
 * Starts a Slack Web API at `/api/<method>` and `/<method>` with the given channels, ids by name. `POST /_faults` makes
 * calls to come fail, `DELETE /_faults` ends that; `POST /_membership` has the bot, or somebody else, leave a channel or
 * join it; `POST /_usergroups` gives a group other members. `GET /_gatehouse` tells what an actor needs to know.
 */
export const startSlackLayer = async (options: {
  readonly port: number;
  readonly channels: Readonly<Record<string, string>>;
  /** The id of the workspace. */
  readonly workspace: string;
  /** The id of the app. Left out: A0GATEHOUSE. */
  readonly app?: string;
  /** Left out: all that the app's manifest can ask for. */
  readonly botScopes?: readonly string[];
  /** Left out: those of `people.ts`. */
  readonly people?: readonly Person[];
  /** Ids of those who may decide somewhere. */
  readonly approvers?: readonly string[];
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly onCall: (call: SlackCall) => void;
}): Promise<SlackLayer> => {
  const { app = 'A0GATEHOUSE' } = options;
  const workspace = await startEmulatedWorkspace({
    channels: options.channels,
    app,
    botToken: BOT_TOKEN,
    botScopes: options.botScopes ?? BOT_SCOPES,
    readerToken: READER_TOKEN,
  });
  const signingSecret = randomBytes(16).toString('hex');
  let url = '';
  let requestUrl: string | null = null;
  /** Who is not in which channel: the bot's and people's ids behind the channel's. */
  const absent = new Set<string>();
  const interactivity = createInteractivity({
    workspace: options.workspace,
    app,
    bot: APP.bot,
    ...(options.people !== undefined && { people: options.people }),
    now: options.now,
    whyNotIn: (channel, user) =>
      Object.values(options.channels).includes(channel)
        ? absent.has(`${channel} ${user}`)
          ? 'user_not_in_channel'
          : undefined
        : 'channel_not_found',
    url: () => url,
  });
  const users = interactivity.people.map((person) => ({
    id: person.id,
    name: person.name,
    team: interactivity.teamOf(person),
    approver: options.approvers?.includes(person.id) ?? false,
  }));
  const discover = (): Discovery => ({
    requestUrl,
    signingSecret,
    team: options.workspace,
    domain: APP.domain,
    app,
    token: READER_TOKEN,
    channels: options.channels,
    users,
  });
  const take = createFrontDesk({ ...options, workspace, team: options.workspace, absent, interactivity, discover });
  try {
    const server = await startLoopbackServer({
      port: options.port,
      purpose: 'Slack',
      onRequest: (request, response) => {
        take(request).then(
          (reply) => {
            send(response, reply);
          },
          () => {
            send(response, json({ ok: false, error: 'internal_error' }, 500));
          },
        );
      },
    });
    url = server.url;
    return {
      url,
      botToken: BOT_TOKEN,
      readerToken: READER_TOKEN,
      signingSecret,
      team: options.workspace,
      app,
      users,
      setRequestUrl: (address) => {
        requestUrl = address;
      },
      stop: async () => {
        await server.close();
        await workspace.stop();
      },
    };
  } catch (error) {
    await workspace.stop();
    throw error;
  }
};

type Reply =
  | { readonly kind: 'cut' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    };

const json = (body: JsonRecord, status = 200, headers: Readonly<Record<string, string>> = {}): Reply => ({
  kind: 'answer',
  status,
  body: JSON.stringify(body),
  headers,
});

const send = (response: ServerResponse, reply: Reply): void => {
  switch (reply.kind) {
    case 'cut':
      response.destroy();
      return;
    case 'answer':
      response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8', ...reply.headers });
      response.end(reply.body);
  }
};

const ratelimited = (seconds: number): Reply =>
  json({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': String(seconds) });

const createFrontDesk = (options: {
  readonly channels: Readonly<Record<string, string>>;
  readonly workspace: EmulatedWorkspace;
  readonly team: string;
  readonly absent: Set<string>;
  readonly interactivity: Interactivity;
  readonly discover: () => Discovery;
  readonly botScopes?: readonly string[];
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly onCall: (call: SlackCall) => void;
}): ((request: IncomingMessage) => Promise<Reply>) => {
  const { channels, workspace, absent, interactivity, now, wait, onCall, botScopes = BOT_SCOPES } = options;
  let faults: readonly SlackFault[] = [];
  let pace = UNHURRIED;

  const idOf = (channel: string): string =>
    Object.hasOwn(channels, channel) ? (channels[channel] ?? channel) : channel;

  const setFaults = (method: string | undefined, fields: JsonRecord): Reply => {
    if (method === 'DELETE') {
      faults = [];
      return json({ ok: true });
    }
    const parsed = v.safeParse(SlackFault, fields);
    if (!parsed.success) {
      return json({ ok: false, error: v.summarize(parsed.issues) }, 400);
    }
    faults = [...faults, parsed.output];
    return json({ ok: true });
  };

  const setMembership = (fields: JsonRecord): Reply => {
    const parsed = v.safeParse(Membership, fields);
    const id = idOf(parsed.success ? parsed.output.channel : '');
    if (!parsed.success || !Object.values(channels).includes(id)) {
      return json({ ok: false, error: parsed.success ? 'channel_not_found' : v.summarize(parsed.issues) }, 400);
    }
    const who = `${id} ${parsed.output.user}`;
    if (parsed.output.member) {
      absent.delete(who);
    } else {
      absent.add(who);
    }
    return json({ ok: true });
  };

  /** What was asked to go wrong with a call, after the time that it was asked to take. */
  const meetFault = async (method: string, channel: string) => {
    const names = Object.keys(channels).filter((name) => channels[name] === channel);
    const { fault, left } = takeFault(faults, method, [channel, ...names]);
    faults = left;
    if (fault?.delayMs !== undefined) {
      await wait(fault.delayMs);
    }
    return { failure: fault === undefined ? undefined : failureOf(fault), isLost: fault?.drop === 'after' };
  };

  const answer = async (method: string, token: string | undefined, fields: JsonRecord): Promise<Reply> => {
    const id = idOf(typeof fields['channel'] === 'string' ? fields['channel'].replace(/^#/, '') : '');
    const { failure, isLost } = await meetFault(method, id);
    if (failure !== undefined) {
      return failure;
    }
    const refused = refusalOf(token, method, fields);
    if (refused !== undefined) {
      return refused;
    }
    const isBot = token === BOT_TOKEN;
    const isLeft = absent.has(`${id} ${APP.botUser}`);
    // The emulator lets every bot write to a public channel, which on Slack takes a scope of its own.
    if (isBot && isLeft && method.startsWith('chat.') && botScopes.includes('chat:write')) {
      return json({ ok: false, error: 'not_in_channel' });
    }
    const admission = admitCall(pace, method, id, now());
    if (admission.kind === 'ratelimited') {
      return ratelimited(admission.retryAfterSeconds);
    }
    pace = admission.pace;
    // Only posting takes a channel by its name.
    const told = method.startsWith('chat.post') ? { ...fields, channel: id } : fields;
    const ours = (isBot ? missingScope(method, botScopes) : undefined) ?? interactivity.call(method, read(told));
    const said = ours === undefined ? await workspace.call(method, token ?? '', told) : JSON.stringify(ours);
    const body = isBot && method === 'conversations.info' && isLeft ? fromOutside(said) : said;
    return isLost
      ? { kind: 'cut' }
      : {
          kind: 'answer',
          status: 200,
          body: method === 'auth.test' ? inWorkspace(body, options.team) : body,
          headers: isBot ? { 'x-oauth-scopes': botScopes.join(',') } : {},
        };
  };

  /** What an app says to a click by its response_url: https://docs.slack.dev/interactivity/handling-user-interaction */
  const answerClick = async (path: string, fields: JsonRecord): Promise<Reply> => {
    const clicked = interactivity.useAddress(path);
    if (typeof clicked === 'string') {
      return json({ ok: false, error: clicked }, 404);
    }
    const { channel, user, ts } = clicked;
    const { failure, isLost } = await meetFault(RESPONSE_URL, channel);
    const refused = failure ?? messageRefusal(fields);
    if (refused !== undefined) {
      return refused;
    }
    const message = messageOf(fields);
    const call = { method: RESPONSE_URL, channel, thread: undefined, ok: true, error: undefined, message };
    const { ephemerals } = interactivity;
    const isPrivate = ephemerals.of(user).some((each) => each.ts === ts);
    if (fields['delete_original'] === true || fields['replace_original'] === true) {
      const replaces = fields['replace_original'] === true;
      if (!isPrivate) {
        await workspace.call(replaces ? 'chat.update' : 'chat.delete', BOT_TOKEN, { channel, ts, ...message });
      } else if (replaces) {
        ephemerals.replace(ts, message);
      } else {
        ephemerals.remove(ts);
      }
      onCall({ ...call, ts, ...(isPrivate && { user }) });
    } else if (fields['response_type'] === 'in_channel') {
      await workspace.call('chat.postMessage', BOT_TOKEN, { channel, ...message });
      onCall({ ...call, ts: undefined });
    } else {
      onCall({ ...call, ts: ephemerals.add(channel, user, message), user });
    }
    return isLost ? { kind: 'cut' } : json({ ok: true });
  };

  return async (request) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) {
      return json({ ok: false, error: 'request_too_large' }, 413);
    }
    const fields = { ...Object.fromEntries(searchParams), ...readFields(request, body.toString('utf8')) };
    switch (pathname) {
      case '/_faults':
        return setFaults(request.method, fields);
      case '/_membership':
        return setMembership(fields);
      case '/_gatehouse':
        return json(options.discover());
      default: {
        if (pathname.startsWith('/actions/')) {
          return answerClick(pathname, fields);
        }
        const performed = interactivity.perform(pathname, fields);
        if (performed !== undefined) {
          return json(performed, performed['ok'] === true ? 200 : 400);
        }
        const method = pathname.replace(/^\/(?:api\/)?/, '');
        const reply = await answer(method, tokenOf(request, fields), fields);
        const viewer = method.startsWith('views.') ? interactivity.viewerOf(fields) : undefined;
        onCall({ ...callOf(method, fields, reply), ...(viewer !== undefined && { user: viewer }) });
        return reply;
      }
    }
  };
};

const Membership = v.strictObject({
  channel: v.string(),
  member: v.boolean(),
  user: v.optional(v.string(), APP.botUser),
});

/** A channel as a bot sees it that is not in it. */
const fromOutside = (body: string): string => {
  const told = parseJson(body);
  const channel = isRecord(told) ? own(told, 'channel') : undefined;
  return isRecord(told) && isRecord(channel)
    ? JSON.stringify({ ...told, channel: { ...channel, is_member: false } })
    : body;
};

/** The emulator gives its workspace an id of its own. */
const inWorkspace = (body: string, workspace: string): string => {
  const told = parseJson(body);
  return isRecord(told) && 'team_id' in told ? JSON.stringify({ ...told, team_id: workspace }) : body;
};

const readFields = (request: IncomingMessage, body: string): JsonRecord => {
  if ((request.headers['content-type'] ?? '').includes('json')) {
    const parsed = parseJson(body);
    return isRecord(parsed) ? parsed : {};
  }
  return Object.fromEntries(new URLSearchParams(body));
};

const tokenOf = (request: IncomingMessage, fields: JsonRecord): string | undefined => {
  const [, bearer] = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const field = own(fields, 'token');
  return bearer ?? (typeof field === 'string' ? field : undefined);
};

const failureOf = (fault: SlackFault): Reply | undefined => {
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.drop === 'before') {
    return { kind: 'cut' };
  }
  if (fault.status !== undefined) {
    return { kind: 'answer', status: fault.status, body: '', headers };
  }
  if (fault.error !== undefined) {
    return json({ ok: false, error: fault.error }, fault.error === 'ratelimited' ? 429 : 200, headers);
  }
  return undefined;
};

/** What Slack would say no to and the emulator would not. */
const refusalOf = (token: string | undefined, method: string, fields: JsonRecord): Reply | undefined => {
  if (token === undefined) {
    return json({ ok: false, error: 'not_authed' });
  }
  if (token !== BOT_TOKEN && token !== READER_TOKEN) {
    return json({ ok: false, error: 'invalid_auth' });
  }
  return MESSAGE_METHODS.has(method) ? messageRefusal(fields) : undefined;
};

const messageRefusal = (fields: JsonRecord): Reply | undefined => {
  const message = messageOf(fields);
  const problems = blockProblems(message);
  if (problems.length > 0) {
    const attached = problems.every((problem) => problem.startsWith('attachments'));
    const messages = problems.map((problem) => `[ERROR] ${problem}`);
    const error = attached ? 'invalid_attachments' : 'invalid_blocks';
    return json({ ok: false, error, response_metadata: { messages } });
  }
  return typeof message.text === 'string' && Array.from(message.text).length > MAX_TEXT
    ? json({ ok: false, error: 'msg_too_long' })
    : undefined;
};

/** Blocks come as JSON in a text from forms, as they are from JSON bodies. */
const messageOf = (fields: JsonRecord): SlackMessage => ({
  ...(fields['text'] !== undefined && { text: fields['text'] }),
  ...(fields['blocks'] !== undefined && { blocks: structure(fields['blocks']) }),
  ...(fields['attachments'] !== undefined && { attachments: structure(fields['attachments']) }),
});

/** The fields with their structures read. */
const read = (fields: JsonRecord): JsonRecord => ({
  ...fields,
  ...messageOf(fields),
  ...(fields['view'] !== undefined && { view: structure(fields['view']) }),
});

const structure = (value: unknown): unknown => (typeof value === 'string' ? parseJson(value) : value);

const Answered = v.object({
  ok: v.boolean(),
  error: v.optional(v.string()),
  ts: v.optional(v.string()),
  message_ts: v.optional(v.string()),
  channel: v.optional(v.unknown()),
});

const callOf = (method: string, fields: JsonRecord, reply: Reply): SlackCall => {
  const parsed = v.safeParse(Answered, reply.kind === 'answer' ? parseJson(reply.body) : undefined);
  const told: v.InferOutput<typeof Answered> = parsed.success ? parsed.output : { ok: false };
  const channel = typeof told.channel === 'string' ? told.channel : own(fields, 'channel');
  const ts = told.ts ?? told.message_ts ?? own(fields, 'ts');
  const thread = own(fields, 'thread_ts');
  return {
    method,
    channel: typeof channel === 'string' ? channel : undefined,
    ts: typeof ts === 'string' ? ts : undefined,
    thread: typeof thread === 'string' ? thread : undefined,
    ok: told.ok,
    error: told.ok ? undefined : (told.error ?? (reply.kind === 'cut' ? 'connection_cut' : `http_${reply.status}`)),
    message: messageOf(fields),
    ...(method === 'chat.postEphemeral' && { user: String(own(fields, 'user')) }),
    ...(method.startsWith('views.') && { view: structure(own(fields, 'view')) }),
  };
};
