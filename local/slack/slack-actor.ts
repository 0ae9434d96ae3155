import { createHmac } from 'node:crypto';
import * as v from 'valibot';
import { isRecord, own, parseJson } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { Discovery } from './discovery.ts';

/** A message as it stands in its channel. */
export type Message = v.InferOutput<typeof Message> & { readonly channel: string };

/** What only one person sees, in the order of its coming. */
export type Ephemeral = v.InferOutput<typeof Ephemeral>;

/** A modal that somebody has open. */
export type Modal = v.InferOutput<typeof Modal>;

/** What a request says that a true Slack would not say. */
export type Forgery = {
  /** Signs with this instead of the app's signing secret. */
  readonly secret?: string;
  /** When the request says it was made, in epoch milliseconds. */
  readonly at?: number;
  /** The value of the button. */
  readonly value?: string;
  /** The workspace, of the request and of the person. */
  readonly team?: string;
  readonly app?: string;
  /** The action stands in the request twice. */
  readonly twice?: boolean;
  /** Anything else about the payload, before it is signed. */
  readonly payload?: (payload: JsonRecord) => JsonRecord;
  /** Changes the body after it was signed. */
  readonly body?: (body: string) => string;
};

/** A request as it went over the wire; sent again, it is a replay. */
export type SentRequest = {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** What came back, and after how many milliseconds; Slack waits for three seconds. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly ms: number }
  | { readonly kind: 'timed-out'; readonly ms: number };

/** What followed a click by the time it was acknowledged. */
export type Click = {
  readonly request: SentRequest;
  readonly answer: Answer;
  /** What the button's own dialog asked before; it was confirmed. */
  readonly asked: string | undefined;
  /** The modal that the app opened for this click. */
  readonly modal: Modal | undefined;
};

/** What followed the submission of a modal. */
export type Submission = {
  readonly request: SentRequest;
  readonly answer: Answer;
  readonly outcome:
    | { readonly kind: 'closed' }
    /** The modal stays open; what it says below its inputs, by their labels. */
    | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
    | { readonly kind: 'updated'; readonly modal: Modal }
    /** Slack says that something went wrong, and the modal stays open. */
    | { readonly kind: 'failed'; readonly why: string };
};

/** A person could not do that in Slack either; the message says why. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

/** Acts in the local workspace as people would; channels and people go by name or id. Everything rejects with `NotPossible`. */
export type SlackActor = {
  readonly discovery: Discovery;
  /** The newest first. */
  readonly messagesOf: (channel: string) => Promise<readonly Message[]>;
  /** What stands in the thread of a message, the oldest first. */
  readonly threadOf: (message: Message) => Promise<readonly Message[]>;
  /** Clicks a button, found by its text or its action_id; its own dialog, if it has one, is confirmed. */
  readonly click: (user: string, message: Message, button: string, forgery?: Forgery) => Promise<Click>;
  /** Fills in the inputs, found by their labels, and submits. */
  readonly submit: (
    user: string,
    modal: Modal,
    values: Readonly<Record<string, string>>,
    forgery?: Forgery,
  ) => Promise<Submission>;
  /** Sends the same bytes again. */
  readonly resend: (request: SentRequest) => Promise<Answer>;
  readonly modalsOf: (user: string) => Promise<readonly Modal[]>;
  readonly ephemeralsOf: (user: string) => Promise<readonly Ephemeral[]>;
};

const Text = v.looseObject({ text: v.string() });

const Button = v.looseObject({
  type: v.literal('button'),
  text: Text,
  action_id: v.string(),
  value: v.optional(v.string()),
  url: v.optional(v.string()),
  style: v.optional(v.string()),
  confirm: v.optional(v.looseObject({ title: Text, text: Text })),
});
type Button = v.InferOutput<typeof Button>;

const Blocks = v.array(v.looseObject({ type: v.string(), block_id: v.optional(v.string()) }));

const Message = v.looseObject({
  ts: v.string(),
  text: v.optional(v.string(), ''),
  thread_ts: v.optional(v.string()),
  blocks: v.optional(Blocks, []),
});

const Messages = v.object({ ok: v.literal(true), messages: v.array(Message) });

const Ephemeral = v.object({
  ts: v.string(),
  channel: v.string(),
  message: v.looseObject({ text: v.optional(v.string(), ''), blocks: v.optional(Blocks) }),
});

const Modal = v.object({
  trigger: v.string(),
  view: v.looseObject({ id: v.string(), title: Text, submit: v.nullable(Text), blocks: Blocks }),
});

const TextInput = v.looseObject({
  block_id: v.string(),
  label: Text,
  optional: v.optional(v.boolean(), false),
  element: v.looseObject({
    type: v.literal('plain_text_input'),
    action_id: v.string(),
    initial_value: v.optional(v.string()),
    min_length: v.optional(v.number(), 0),
    max_length: v.optional(v.number(), 3000),
  }),
});
type TextInput = v.InferOutput<typeof TextInput>;

const Response = v.variant('response_action', [
  v.object({ response_action: v.literal('errors'), errors: v.record(v.string(), v.string()) }),
  v.object({ response_action: v.literal('update'), view: v.looseObject({}) }),
  v.object({ response_action: v.literal('clear') }),
]);

/** How long Slack waits for an acknowledgement. */
const PATIENCE_MS = 3000;

/** Every request carries it beside the signature, which took its place: https://docs.slack.dev/authentication/verifying-requests-from-slack */
const VERIFICATION_TOKEN = 'local-verification-token';

/** The buttons of a message: those in its blocks of actions, and those beside sections. */
export const buttonsOf = ({ blocks }: Message): readonly (Button & { readonly block_id: string })[] =>
  blocks.flatMap((block, index) => {
    const { elements, accessory } = block;
    const found = block.type === 'actions' && Array.isArray(elements) ? elements : [accessory];
    return found.flatMap((each) => {
      const button = v.safeParse(Button, each);
      return button.success ? [{ ...button.output, block_id: blockId(block.block_id, index) }] : [];
    });
  });

/** Slack names the blocks that the app left without a name. */
const blockId = (given: string | undefined, index: number): string => given ?? `block${index}`;

/** The inputs of a modal that take text. */
export const inputsOf = ({ view }: Modal): readonly TextInput[] =>
  view.blocks.flatMap((block) => {
    if (block.type !== 'input') {
      return [];
    }
    const input = v.safeParse(TextInput, block);
    if (!input.success) {
      throw new NotPossible(`The modal "${view.title.text}" has an input that only takes what is no text.`);
    }
    return [input.output];
  });

/** Meets the local Slack at the address of its layer. Rejects with `NotPossible` when there is none. */
export const meetSlack = async (slack: string, now: () => number = Date.now): Promise<SlackActor> => {
  const discovery = await readJson(`${slack}/_gatehouse`, Discovery);
  const { team, domain, app, channels, users, token, signingSecret } = discovery;
  let actions = 0;

  const channelOf = (channel: string): { readonly id: string; readonly name: string } => {
    const wanted = channel.replace(/^#/, '');
    const known = Object.entries(channels).find(([name, id]) => name === wanted || id === wanted);
    if (known === undefined) {
      throw new NotPossible(`There is no channel "${channel}". There are: ${Object.keys(channels).join(', ')}.`);
    }
    return { name: known[0], id: known[1] };
  };

  const personOf = (user: string): Discovery['users'][number] => {
    const wanted = user.replace(/^@/, '');
    const known = users.find(({ id, name }) => name === wanted || id === wanted);
    if (known === undefined) {
      throw new NotPossible(
        `There is nobody called "${user}". There are: ${users.map(({ name }) => name).join(', ')}.`,
      );
    }
    return known;
  };

  const tellLayer = <Schema extends v.GenericSchema>(path: string, fields: JsonRecord, schema: Schema) =>
    readJson(`${slack}${path}`, schema, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    });

  const readMessages = async (method: string, channel: string, more: Readonly<Record<string, string>> = {}) => {
    const { id } = channelOf(channel);
    const query = new URLSearchParams({ channel: id, limit: '200', ...more });
    const { messages } = await readJson(`${slack}/api/${method}`, Messages, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: query,
    });
    return messages.map((message) => ({ ...message, channel: id }));
  };

  const modalsOf = async (user: string): Promise<readonly Modal[]> => {
    const Modals = v.object({ modals: v.array(Modal) });
    return (await readJson(`${slack}/_modals?user=${personOf(user).id}`, Modals)).modals;
  };

  const send = async ({ body, headers }: SentRequest): Promise<Answer> => {
    if (discovery.requestUrl === null) {
      throw new NotPossible('Nobody takes what people do in this Slack: the app has no request URL.');
    }
    const started = performance.now();
    const elapsed = (): number => Math.round(performance.now() - started);
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const response = await fetch(discovery.requestUrl, { method: 'POST', headers, body, signal });
      return { kind: 'answered', status: response.status, body: await response.text(), ms: elapsed() };
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') {
        return { kind: 'timed-out', ms: elapsed() };
      }
      throw new NotPossible(`Nobody answers at ${discovery.requestUrl}, where the app takes what people do.`);
    }
  };

  const sign = (payload: JsonRecord, { secret = signingSecret, at = now(), ...forgery }: Forgery): SentRequest => {
    const body = new URLSearchParams({ payload: JSON.stringify(forgery.payload?.(payload) ?? payload) }).toString();
    const timestamp = String(Math.floor(at / 1000));
    return {
      body: forgery.body?.(body) ?? body,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`,
      },
    };
  };

  /** What every interaction has in common: https://docs.slack.dev/reference/interaction-payloads */
  const envelope = (type: string, user: string, trigger_id: string, forgery: Forgery): JsonRecord => {
    const { id, name, team: home } = personOf(user);
    return {
      type,
      user: { id, username: name, name, team_id: forgery.team ?? home },
      api_app_id: forgery.app ?? app,
      token: VERIFICATION_TOKEN,
      trigger_id,
      team: { id: forgery.team ?? team, domain },
      enterprise: null,
      is_enterprise_install: false,
    };
  };

  const click: SlackActor['click'] = async (user, message, wanted, forgery = {}) => {
    const button = findButton(message, wanted);
    const { id: channel, name } = channelOf(message.channel);
    const { id } = personOf(user);
    const Interaction = v.object({ trigger_id: v.string(), response_url: v.string() });
    const interaction = { kind: 'message', user: id, channel, ts: message.ts };
    const { trigger_id, response_url } = await tellLayer('/_interaction', interaction, Interaction);
    actions += 1;
    const { type, action_id, block_id, text, url, style, confirm } = button;
    const value = forgery.value ?? button.value;
    const action = {
      type,
      action_id,
      block_id,
      text,
      ...(value !== undefined && { value }),
      ...(url !== undefined && { url }),
      ...(style !== undefined && { style }),
      ...(confirm !== undefined && { confirm }),
      action_ts: `${(now() / 1000).toFixed(3)}${String(actions % 1000).padStart(3, '0')}`,
    };
    const { channel: _, ...posted } = message;
    const payload = {
      ...envelope('block_actions', user, trigger_id, forgery),
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: channel,
        is_ephemeral: false,
        ...(message.thread_ts !== undefined && { thread_ts: message.thread_ts }),
      },
      channel: { id: channel, name },
      message: {
        ...posted,
        blocks: message.blocks.map((block, index) => ({ ...block, block_id: blockId(block.block_id, index) })),
      },
      state: { values: {} },
      response_url,
      actions: forgery.twice === true ? [action, action] : [action],
    };
    const request = sign(payload, forgery);
    const answer = await send(request);
    const modal = (await modalsOf(user)).find(({ trigger }) => trigger === trigger_id);
    return { request, answer, asked: confirm && `${confirm.title.text}: ${confirm.text.text}`, modal };
  };

  const submit: SlackActor['submit'] = async (user, { view: { id } }, values, forgery = {}) => {
    const modal = (await modalsOf(user)).find(({ view }) => view.id === id);
    if (modal === undefined) {
      throw new NotPossible(`${user} has no such modal open any more.`);
    }
    const inputs = inputsOf(modal);
    const state = stateOf(modal, inputs, values);
    const Trigger = v.object({ trigger_id: v.string() });
    const interaction = { kind: 'modal', user: personOf(user).id };
    const { trigger_id } = await tellLayer('/_interaction', interaction, Trigger);
    const payload = {
      ...envelope('view_submission', user, trigger_id, forgery),
      view: { ...modal.view, state: { values: state } },
      response_urls: [],
    };
    const request = sign(payload, forgery);
    const answer = await send(request);
    return { request, answer, outcome: await follow(modal, inputs, answer) };
  };

  /** Does to the modal what the app answered to its submission. */
  const follow = async (
    { trigger, view: { id } }: Modal,
    inputs: readonly TextInput[],
    answer: Answer,
  ): Promise<Submission['outcome']> => {
    if (answer.kind === 'timed-out') {
      return { kind: 'failed', why: 'the app did not answer within three seconds' };
    }
    if (answer.status !== 200) {
      return { kind: 'failed', why: `the app answered with HTTP ${answer.status}` };
    }
    const close = (): Promise<unknown> => tellLayer('/_modals/close', { view_id: id }, v.looseObject({}));
    if (answer.body.trim() === '') {
      await close();
      return { kind: 'closed' };
    }
    const response = v.safeParse(Response, parseJson(answer.body));
    if (!response.success) {
      return { kind: 'failed', why: 'the app answered with something that is no response to a submission' };
    }
    const { output } = response;
    switch (output.response_action) {
      case 'clear':
        await close();
        return { kind: 'closed' };
      case 'errors': {
        const labels = Object.entries(output.errors).map(([block, error]) => {
          const input = inputs.find(({ block_id }) => block_id === block);
          return input === undefined ? undefined : ([input.label.text, error] as const);
        });
        const errors = labels.filter((each) => each !== undefined);
        return errors.length === labels.length && errors.length > 0
          ? { kind: 'errors', errors: Object.fromEntries(errors) }
          : { kind: 'failed', why: 'the app found errors in inputs that the modal does not have' };
      }
      case 'update': {
        const Updated = v.looseObject({ view: Modal.entries.view });
        const { view } = await tellLayer('/_modals/update', { view_id: id, view: output.view }, Updated);
        return { kind: 'updated', modal: { trigger, view } };
      }
    }
  };

  return {
    discovery,
    messagesOf: (channel) => readMessages('conversations.history', channel),
    threadOf: async ({ channel, ts }) =>
      (await readMessages('conversations.replies', channel, { ts })).filter((reply) => reply.ts !== ts),
    click,
    submit,
    resend: send,
    modalsOf,
    ephemeralsOf: async (user) => {
      const Ephemerals = v.object({ messages: v.array(Ephemeral) });
      return (await readJson(`${slack}/_ephemerals?user=${personOf(user).id}`, Ephemerals)).messages;
    },
  };
};

const findButton = (message: Message, wanted: string): ReturnType<typeof buttonsOf>[number] => {
  const buttons = buttonsOf(message);
  const byId = buttons.filter(({ action_id }) => action_id === wanted);
  const found = byId.length > 0 ? byId : buttons.filter(({ text }) => text.text === wanted);
  const [button] = found;
  if (button === undefined || found.length > 1) {
    const labels = buttons.map(({ text, action_id }) => `${text.text} (${action_id})`).join(', ');
    throw new NotPossible(
      `The message "${message.text}" has ${found.length > 1 ? 'more than one' : 'no'} button "${wanted}"; ${
        labels === '' ? 'it has no buttons' : `it has: ${labels}`
      }.`,
    );
  }
  return button;
};

type State = Readonly<
  Record<string, Readonly<Record<string, { readonly type: string; readonly value: string | null }>>>
>;

/** What Slack's own form lets through, and how it tells the app. */
const stateOf = ({ view }: Modal, inputs: readonly TextInput[], values: Readonly<Record<string, string>>): State => {
  const labels = inputs.map(({ label }) => label.text);
  const unknown = Object.keys(values).find((label) => !labels.includes(label));
  if (unknown !== undefined) {
    const known = labels.length === 0 ? 'no inputs' : `only: ${labels.join(', ')}`;
    throw new NotPossible(`The modal "${view.title.text}" has no input "${unknown}", ${known}.`);
  }
  if (view.submit === null) {
    throw new NotPossible(`The modal "${view.title.text}" has nothing to submit.`);
  }
  return Object.fromEntries(
    inputs.map(({ block_id, label, optional, element }) => {
      const value = values[label.text] ?? element.initial_value ?? '';
      const length = Array.from(value).length;
      if (value === '' ? !optional : length < element.min_length || length > element.max_length) {
        const bounds = `${Math.max(element.min_length, 1)} to ${element.max_length} characters`;
        throw new NotPossible(`The modal "${view.title.text}" wants ${bounds} in "${label.text}".`);
      }
      return [block_id, { [element.action_id]: { type: element.type, value: value === '' ? null : value } }];
    }),
  );
};

const readJson = async <Schema extends v.GenericSchema>(
  url: string,
  schema: Schema,
  init: RequestInit = {},
): Promise<v.InferOutput<Schema>> => {
  let body: unknown;
  try {
    body = parseJson(await (await fetch(url, init)).text());
  } catch {
    throw new NotPossible(`No local Slack answers at ${new URL(url).origin}.`);
  }
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) {
    const error = isRecord(body) ? own(body, 'error') : undefined;
    throw new NotPossible(
      typeof error === 'string'
        ? `Slack refuses it: ${error}.`
        : `What answers at ${new URL(url).origin} is no local Slack.`,
    );
  }
  return parsed.output;
};
