import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { SLACK_SCOPES } from '../../scripts/setup/slack-scopes.ts';
import { isRecord, own, parseJson } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { readBody, startLoopbackServer } from '../loopback-server.ts';
import { blockProblems, MAX_TEXT } from './block-limits.ts';
import type { SlackMessage } from './block-limits.ts';
import { startEmulatedWorkspace } from './emulated-workspace.ts';
import type { EmulatedWorkspace } from './emulated-workspace.ts';
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
};

/** A Slack that only this machine can reach, as strict as Slack in what Gatehouse could get wrong. */
export type SlackLayer = {
  readonly url: string;
  /** May what the app's manifest asks for. */
  readonly botToken: string;
  /** May read channels and their history, as a person in the workspace may. */
  readonly readerToken: string;
  readonly stop: () => Promise<void>;
};

const BOT_TOKEN = 'xoxb-gatehouse-local';
const READER_TOKEN = 'xoxp-reader-local';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** What the app may ask for by its manifest, optional scopes included, and no more. */
const BOT_SCOPES = SLACK_SCOPES.map(({ scope }) => scope);

/** Methods that carry a message. */
const MESSAGE_METHODS: ReadonlySet<string> = new Set(['chat.postMessage', 'chat.postEphemeral', 'chat.update']);

/**
 * Starts a Slack Web API at `/api/<method>` and `/<method>` with the given channels, ids by name. `POST /_faults` makes
 * calls to come fail, `DELETE /_faults` ends that; `POST /_membership` has the bot leave a channel or join it.
 */
export const startSlackLayer = async (options: {
  readonly port: number;
  readonly channels: Readonly<Record<string, string>>;
  /** The id of the workspace. */
  readonly workspace: string;
  /** Left out: all that the app's manifest can ask for. */
  readonly botScopes?: readonly string[];
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly onCall: (call: SlackCall) => void;
}): Promise<SlackLayer> => {
  const workspace = await startEmulatedWorkspace({
    channels: options.channels,
    botToken: BOT_TOKEN,
    botScopes: options.botScopes ?? BOT_SCOPES,
    readerToken: READER_TOKEN,
  });
  const take = createFrontDesk(workspace, options);
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
    return {
      url: server.url,
      botToken: BOT_TOKEN,
      readerToken: READER_TOKEN,
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

const createFrontDesk = (
  workspace: EmulatedWorkspace,
  options: Parameters<typeof startSlackLayer>[0],
): ((request: IncomingMessage) => Promise<Reply>) => {
  const { channels, now, wait, onCall, botScopes = BOT_SCOPES } = options;
  /** Ids of the channels that the bot is not a member of. */
  const left = new Set<string>();
  let faults: readonly SlackFault[] = [];
  let pace = UNHURRIED;

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
    const channel = parsed.success ? parsed.output.channel : '';
    const id = Object.hasOwn(channels, channel) ? (channels[channel] ?? channel) : channel;
    if (!parsed.success || !Object.values(channels).includes(id)) {
      return json({ ok: false, error: parsed.success ? 'channel_not_found' : v.summarize(parsed.issues) }, 400);
    }
    if (parsed.output.member) {
      left.delete(id);
    } else {
      left.add(id);
    }
    return json({ ok: true });
  };

  const answer = async (method: string, token: string | undefined, fields: JsonRecord): Promise<Reply> => {
    const channel = typeof fields['channel'] === 'string' ? fields['channel'].replace(/^#/, '') : '';
    const id = Object.hasOwn(channels, channel) ? (channels[channel] ?? channel) : channel;
    const names = Object.keys(channels).filter((name) => channels[name] === id);
    const taken = takeFault(faults, method, [id, ...names]);
    faults = taken.left;
    const { fault } = taken;
    if (fault?.delayMs !== undefined) {
      await wait(fault.delayMs);
    }
    const failure = fault === undefined ? undefined : failureOf(fault);
    if (failure !== undefined) {
      return failure;
    }
    const refused = refusalOf(token, method, fields);
    if (refused !== undefined) {
      return refused;
    }
    // The emulator lets every bot write to a public channel, which on Slack takes a scope of its own.
    if (token === BOT_TOKEN && left.has(id) && method.startsWith('chat.') && botScopes.includes('chat:write')) {
      return json({ ok: false, error: 'not_in_channel' });
    }
    const admission = admitCall(pace, method, id, now());
    if (admission.kind === 'ratelimited') {
      return ratelimited(admission.retryAfterSeconds);
    }
    pace = admission.pace;
    // Only posting takes a channel by its name.
    const told = method === 'chat.postMessage' ? { ...fields, channel: id } : fields;
    const said = await workspace.call(method, token ?? '', told);
    const isBot = token === BOT_TOKEN;
    const body = isBot && method === 'conversations.info' && left.has(id) ? fromOutside(said) : said;
    return fault?.drop === 'after'
      ? { kind: 'cut' }
      : {
          kind: 'answer',
          status: 200,
          body: method === 'auth.test' ? inWorkspace(body, options.workspace) : body,
          headers: isBot ? { 'x-oauth-scopes': botScopes.join(',') } : {},
        };
  };

  return async (request) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) {
      return json({ ok: false, error: 'request_too_large' }, 413);
    }
    const fields = { ...Object.fromEntries(searchParams), ...readFields(request, body.toString('utf8')) };
    if (pathname === '/_faults') {
      return setFaults(request.method, fields);
    }
    if (pathname === '/_membership') {
      return setMembership(fields);
    }
    const method = pathname.replace(/^\/(?:api\/)?/, '');
    const reply = await answer(method, tokenOf(request, fields), fields);
    onCall(callOf(method, fields, reply));
    return reply;
  };
};

const Membership = v.strictObject({ channel: v.string(), member: v.boolean() });

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
  if (!MESSAGE_METHODS.has(method)) {
    return undefined;
  }
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

const structure = (value: unknown): unknown => (typeof value === 'string' ? parseJson(value) : value);

const Answered = v.object({
  ok: v.boolean(),
  error: v.optional(v.string()),
  ts: v.optional(v.string()),
  channel: v.optional(v.unknown()),
});

const callOf = (method: string, fields: JsonRecord, reply: Reply): SlackCall => {
  const parsed = v.safeParse(Answered, reply.kind === 'answer' ? parseJson(reply.body) : undefined);
  const told: v.InferOutput<typeof Answered> = parsed.success ? parsed.output : { ok: false };
  const channel = typeof told.channel === 'string' ? told.channel : own(fields, 'channel');
  const ts = told.ts ?? own(fields, 'ts');
  const thread = own(fields, 'thread_ts');
  return {
    method,
    channel: typeof channel === 'string' ? channel : undefined,
    ts: typeof ts === 'string' ? ts : undefined,
    thread: typeof thread === 'string' ? thread : undefined,
    ok: told.ok,
    error: told.ok ? undefined : (told.error ?? (reply.kind === 'cut' ? 'connection_cut' : `http_${reply.status}`)),
    message: messageOf(fields),
  };
};
