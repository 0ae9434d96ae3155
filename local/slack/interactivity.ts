import * as v from 'valibot';
import { own } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { createDirectory } from './directory.ts';
import { createModals } from './modals.ts';
import { PEOPLE, USER_GROUPS } from './people.ts';
import type { Person } from './people.ts';
import { createEphemerals, createResponseAddresses } from './private-messages.ts';
import type { Clicked, Ephemerals } from './private-messages.ts';

/** What the emulator lacks: people, modals, and what only one person sees. */
export type Interactivity = {
  /** Answers a Web API method; undefined for one that is the emulator's. */
  readonly call: (method: string, fields: JsonRecord) => JsonRecord | undefined;
  /** Does what a person's Slack does behind the scenes; undefined for a path that is not known. */
  readonly perform: (path: string, fields: JsonRecord) => JsonRecord | undefined;
  /** Takes one of the uses of a response_url; Slack's word for why not, when there is none left. */
  readonly useAddress: (path: string) => Clicked | string;
  readonly ephemerals: Ephemerals;
  /** Who sees the modal that a call of views.open or views.update is about. */
  readonly viewerOf: (fields: JsonRecord) => string | undefined;
  readonly person: (id: unknown) => Person | undefined;
  readonly teamOf: (person: Person) => string;
  readonly people: readonly Person[];
};

/** The scope that a method takes: https://docs.slack.dev/reference/scopes. The emulator knows those of its own methods. */
const SCOPES: ReadonlyMap<string, string> = new Map([
  ['users.info', 'users:read'],
  ['users.list', 'users:read'],
  ['usergroups.users.list', 'usergroups:read'],
  ['chat.postEphemeral', 'chat:write'],
]);

/** Why a method is beyond the scopes that a token has; undefined when it is not. */
export const missingScope = (method: string, provided: readonly string[]): JsonRecord | undefined => {
  const needed = SCOPES.get(method);
  return needed === undefined || provided.includes(needed)
    ? undefined
    : { ok: false, error: 'missing_scope', needed, provided: provided.join(',') };
};

const Interaction = v.variant('kind', [
  v.object({ kind: v.literal('message'), user: v.string(), channel: v.string(), ts: v.string() }),
  v.object({ kind: v.literal('modal'), user: v.string() }),
]);

/** The interactive parts of a workspace; `url` says where response_urls lead to. */
export const createInteractivity = (options: {
  readonly workspace: string;
  readonly app: string;
  readonly bot: string;
  readonly people?: readonly Person[];
  readonly now: () => number;
  /** Slack's word for why nobody of that id sees anything there; undefined for a member of the channel. */
  readonly whyNotIn: (channel: string, user: string) => string | undefined;
  readonly url: () => string;
}): Interactivity => {
  const { workspace, app, bot, now, people = PEOPLE, whyNotIn, url } = options;
  const directory = createDirectory(people, USER_GROUPS, workspace);
  const modals = createModals({ team: workspace, app, bot, now });
  const ephemerals = createEphemerals(now);
  const addresses = createResponseAddresses(workspace, now);

  const postEphemeral = (fields: JsonRecord): JsonRecord => {
    const { user, text, blocks, attachments, thread_ts } = fields;
    const channel = String(own(fields, 'channel'));
    const receiver = directory.person(user);
    const refused = receiver === undefined ? 'user_not_found' : whyNotIn(channel, receiver.id);
    if (receiver === undefined || refused !== undefined) {
      return { ok: false, error: refused };
    }
    if ((text === undefined || text === '') && blocks === undefined && attachments === undefined) {
      return { ok: false, error: 'no_text' };
    }
    const ts = ephemerals.add(channel, receiver.id, {
      text,
      ...(blocks !== undefined && { blocks }),
      ...(attachments !== undefined && { attachments }),
      ...(thread_ts !== undefined && { thread_ts }),
    });
    return { ok: true, message_ts: ts };
  };

  const interact = (fields: JsonRecord): JsonRecord => {
    const parsed = v.safeParse(Interaction, fields);
    if (!parsed.success) {
      return { ok: false, error: v.summarize(parsed.issues) };
    }
    const { output } = parsed;
    if (directory.person(output.user) === undefined) {
      return { ok: false, error: 'user_not_found' };
    }
    const trigger_id = modals.issueTrigger(output.user);
    return output.kind === 'modal'
      ? { ok: true, trigger_id }
      : { ok: true, trigger_id, response_url: `${url()}${addresses.issue(output)}` };
  };

  return {
    call: (method, fields) => {
      switch (method) {
        case 'views.open':
          return modals.open(fields);
        case 'views.update':
          return modals.update(fields);
        case 'chat.postEphemeral':
          return postEphemeral(fields);
        default:
          return directory.answer(method, fields);
      }
    },
    perform: (path, fields) => {
      const user = String(own(fields, 'user'));
      switch (path) {
        case '/_interaction':
          return interact(fields);
        case '/_modals':
          return { ok: true, modals: modals.of(user) };
        case '/_modals/close':
          modals.close(String(own(fields, 'view_id')));
          return { ok: true };
        case '/_modals/update':
          return modals.update(fields);
        case '/_ephemerals':
          return { ok: true, messages: ephemerals.of(user) };
        case '/_usergroups':
          return directory.setMembers(fields) ? { ok: true } : { ok: false, error: 'no_such_subteam' };
        default:
          return undefined;
      }
    },
    useAddress: addresses.use,
    ephemerals,
    viewerOf: modals.viewerOf,
    person: directory.person,
    teamOf: directory.teamOf,
    people,
  };
};
