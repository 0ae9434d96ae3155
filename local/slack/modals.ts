import { randomBytes } from 'node:crypto';
import { isList, isRecord, own } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { viewProblems } from './block-limits.ts';

/** A modal that somebody has open, and the trigger that opened it. */
export type OpenModal = { readonly user: string; readonly trigger: string; readonly view: JsonRecord };

/** What Slack answers about a modal. */
type Answer = JsonRecord & { readonly ok: boolean };

/** Triggers, and the modals that were opened with them. */
export type Modals = {
  /** What an interaction of this user lets the app open one modal with. */
  readonly issueTrigger: (user: string) => string;
  /** views.open */
  readonly open: (fields: JsonRecord) => Answer;
  /** views.update */
  readonly update: (fields: JsonRecord) => Answer;
  readonly close: (id: string) => void;
  /** The last one is on top. */
  readonly of: (user: string) => readonly OpenModal[];
  /** Whose trigger or modal the fields of a call name. */
  readonly viewerOf: (fields: JsonRecord) => string | undefined;
};

/** How long a trigger can be used: https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses */
const TRIGGER_LIFE_MS = 3000;

/** The modals of a workspace in which only one app opens any. `now` is in epoch milliseconds. */
export const createModals = (options: {
  readonly team: string;
  readonly app: string;
  readonly bot: string;
  readonly now: () => number;
}): Modals => {
  const { team, app, bot, now } = options;
  const triggers = new Map<string, { readonly user: string; readonly until: number; used: boolean }>();
  const modals = new Map<string, OpenModal>();

  const complete = (view: JsonRecord, id: string): JsonRecord => ({
    submit: null,
    close: null,
    callback_id: '',
    private_metadata: '',
    external_id: '',
    clear_on_close: false,
    notify_on_close: false,
    ...view,
    id,
    team_id: team,
    blocks: isList(view['blocks']) ? view['blocks'].map(withIds) : [],
    state: { values: {} },
    hash: `${Math.floor(now() / 1000)}.${randomId(8)}`,
    previous_view_id: null,
    root_view_id: id,
    app_id: app,
    app_installed_team_id: team,
    bot_id: bot,
  });

  const put = (modal: OpenModal, id: string): Answer => {
    modals.set(id, modal);
    return { ok: true, view: modal.view };
  };

  return {
    issueTrigger: (user) => {
      const trigger = `${now()}.${team}.${randomBytes(16).toString('hex')}`;
      triggers.set(trigger, { user, until: now() + TRIGGER_LIFE_MS, used: false });
      return trigger;
    },
    open: (fields) => {
      const view = readView(fields);
      if (view.kind === 'refused') {
        return view.answer;
      }
      const name = String(own(fields, 'trigger_id'));
      const trigger = triggers.get(name);
      if (trigger === undefined) {
        return { ok: false, error: 'invalid_trigger_id' };
      }
      if (trigger.used) {
        return { ok: false, error: 'exchanged_trigger_id' };
      }
      if (now() >= trigger.until) {
        return { ok: false, error: 'expired_trigger_id' };
      }
      trigger.used = true;
      const id = `V${randomId(10)}`;
      return put({ user: trigger.user, trigger: name, view: complete(view.view, id) }, id);
    },
    update: (fields) => {
      const view = readView(fields);
      if (view.kind === 'refused') {
        return view.answer;
      }
      const id = String(own(fields, 'view_id'));
      const open = modals.get(id);
      if (open === undefined) {
        return { ok: false, error: 'not_found' };
      }
      const hash = own(fields, 'hash');
      return hash !== undefined && hash !== open.view['hash']
        ? { ok: false, error: 'hash_conflict' }
        : put({ ...open, view: complete(view.view, id) }, id);
    },
    close: (id) => {
      modals.delete(id);
    },
    of: (user) => [...modals.values()].filter((modal) => modal.user === user),
    viewerOf: (fields) =>
      triggers.get(String(own(fields, 'trigger_id')))?.user ?? modals.get(String(own(fields, 'view_id')))?.user,
  };
};

type ReadView =
  { readonly kind: 'view'; readonly view: JsonRecord } | { readonly kind: 'refused'; readonly answer: Answer };

const readView = (fields: JsonRecord): ReadView => {
  const view = own(fields, 'view');
  const problems = viewProblems(view);
  return isRecord(view) && problems.length === 0
    ? { kind: 'view', view }
    : {
        kind: 'refused',
        answer: {
          ok: false,
          error: 'invalid_arguments',
          response_metadata: { messages: problems.map((problem) => `[ERROR] ${problem}`) },
        },
      };
};

/** Slack names what the app left without a name. */
const withIds = (block: unknown): unknown => {
  if (!isRecord(block)) {
    return block;
  }
  const { element } = block;
  return {
    ...block,
    block_id: block['block_id'] ?? randomId(5),
    ...(isRecord(element) && { element: { ...element, action_id: element['action_id'] ?? randomId(5) } }),
  };
};

const randomId = (length: number): string => randomBytes(length).toString('hex').toUpperCase().slice(0, length);
