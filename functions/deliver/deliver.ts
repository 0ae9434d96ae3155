import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import { labelsOf } from '../../shared/config/labels.ts';
import { askFor } from '../../shared/delivery/ask-for.ts';
import { backoffMs } from '../../shared/delivery/backoff.ts';
import {
  adopted,
  claimed,
  closedToEdits,
  deliveryItem,
  doubted,
  failed,
  found,
  intended,
  isDirty,
  LEASE_MS,
  noteWanted,
  POST_WITHIN_MS,
  postponed,
  refused,
  removed,
  SETTLE_MS,
  shown,
} from '../../shared/delivery/delivery.ts';
import type { Delivery, Showing } from '../../shared/delivery/delivery.ts';
import { isOfRollout, newsNote } from '../../shared/delivery/note.ts';
import type { Note } from '../../shared/delivery/note.ts';
import { circuitClosed, circuitOpened, methodPaused, pauseItem } from '../../shared/delivery/pause.ts';
import type { SlackFailure, SlackReply } from '../../shared/delivery/slack-reply.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import { policyAt } from '../../shared/gate/policy.ts';
import { gateItem } from '../../shared/gate/stored-gate.ts';
import type { Log } from '../../shared/log.ts';
import { gateMessage } from '../../shared/message/gate-message.ts';
import { gateNoteMessage } from '../../shared/message/gate-note-message.ts';
import { noteMessage } from '../../shared/message/note-message.ts';
import { slackMessage } from '../../shared/message/slack-message.ts';
import type { SlackMessage } from '../../shared/message/slack-message.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem, Step } from '../../shared/store/change-item.ts';
import { circuitKey, deliveryKey, gateKey, gateOf, methodKey, rolloutKey, rolloutPk } from '../../shared/store/keys.ts';
import type { Item } from '../../shared/store/store.ts';

/** The calls of Slack's Web API that a delivery needs. They never throw: what went wrong is in the reply. */
export type Slack = {
  /** Posts a message, or with `thread` a reply to one, that can be found again by `key`. */
  readonly post: (
    channel: string,
    message: PlainOrRich,
    key: string,
    thread?: string,
  ) => Promise<SlackReply<{ readonly ts: string }>>;
  readonly update: (channel: string, ts: string, message: PlainOrRich) => Promise<SlackReply<{ readonly ts: string }>>;
  readonly remove: (channel: string, ts: string) => Promise<SlackReply<undefined>>;
  /** The message that a post begun at `since` (epoch milliseconds) left; needs the optional history scope. */
  readonly find: (
    channel: string,
    key: string,
    since: number,
    thread?: string,
  ) => Promise<SlackReply<{ readonly ts: string | undefined }>>;
};

/** A message, or only its text for a channel that will not have the blocks. */
export type PlainOrRich = Pick<SlackMessage, 'text'> & Partial<Pick<SlackMessage, 'blocks'>>;

/** What a wake-up led to. */
export type Delivered =
  'posted' | 'updated' | 'unchanged' | 'nothing-to-do' | 'postponed' | 'failed' | 'refused' | 'lost';

export type Deliver = (wakeUp: WakeUp) => Promise<Delivered>;

export type DeliverDeps = {
  readonly config: Config;
  readonly changeItem: ChangeItem;
  readonly slack: Slack;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly clock: Clock;
  /** Milliseconds since whenever, by a clock that nobody sets. */
  readonly stopwatch: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: Log;
};

/** Slack takes about one message a second in a channel. The queue brings a channel's deliveries one after the other. */
const CHANNEL_PACE_MS = 1_000;

/** A pause up to here is waited out: the sweep, which would come back to it, comes by once a minute. */
const SHORT_PAUSE_MS = 5_000;

type Method = 'chat.postMessage' | 'chat.update' | SearchMethod;

type SearchMethod = 'conversations.history' | 'conversations.replies';

/** One owner's time with a delivery. */
type Turn = {
  readonly deps: DeliverDeps;
  readonly wake: WakeUp;
  /** The delivery as it was claimed. */
  readonly delivery: Delivery;
  /** From when another may take over, by the stopwatch. */
  readonly leaseEndsAt: number;
  /** Records what was done. */
  readonly record: <Outcome>(
    transition: (delivery: Delivery | undefined) => Step<Delivery, Outcome>,
  ) => Promise<Outcome>;
  /** Until when the workspace leaves the method alone, in epoch milliseconds. */
  readonly pausedUntil: number;
  /** The token was refused the last time: this call is a try. */
  readonly circuitOpen: boolean;
};

/** What is to be shown: the message, and the revision of the rollout that it was rendered from. */
type Rendered = {
  readonly message: SlackMessage;
  readonly rev: number;
  readonly digest: string;
  /** The message to whose thread it belongs. */
  readonly thread?: string;
  /** What is said in its own thread where it cannot be edited. */
  readonly news?: ReturnType<typeof newsNote>;
};

/** Why there is nothing to be shown: not yet, or never. */
type Unrendered = { readonly until: number } | { readonly refused: string };

/**
 * Brings one Slack message up to its rollout: claims the delivery, renders the newest state, posts or edits, records
 * what is shown. Whatever happens in between, the delivery itself says what is left to do.
 */
export const createDeliver =
  (deps: DeliverDeps): Deliver =>
  async (wake) => {
    const turn = await claim(deps, wake);
    if (turn === undefined) {
      return 'nothing-to-do';
    }
    const { clock } = deps;
    const wait = turn.pausedUntil - clock.now();
    if (wait > SHORT_PAUSE_MS) {
      return postpone(turn, turn.pausedUntil, 'keep-intent');
    }
    await clock.sleep(Math.max(0, wait));
    for (const extra of turn.delivery.extra ?? []) {
      await removeExtra(turn, extra);
    }
    if (!isDirty(turn.delivery)) {
      return 'unchanged';
    }
    const rendered = await render(turn);
    if ('until' in rendered) {
      return postpone(turn, rendered.until, 'keep-intent');
    }
    if ('refused' in rendered) {
      deps.log.error('delivery refused', { ...namesOf(turn), error: rendered.refused });
      await turn.record(refused(turn.delivery.fence, rendered.refused, 'for-good', clock.now()));
      return 'refused';
    }
    return show(turn, rendered);
  };

const claim = async (deps: DeliverDeps, wake: WakeUp): Promise<Turn | undefined> => {
  const { changeItem, clock, config } = deps;
  const key = deliveryKey(wake);
  const beganAt = deps.stopwatch();
  // The answer to the read may have set the clock.
  const { outcome: delivery, item: claimedItem } = await changeItem(key, deliveryItem, (stored) =>
    claimed(clock.now())(stored),
  );
  if (delivery === undefined) {
    return undefined;
  }
  const { workspace } = config.slack;
  const [{ outcome: circuit }, ...pauses] = await Promise.all([
    changeItem(circuitKey(workspace), pauseItem, unchanged),
    ...methodsOf(delivery).map((method) => changeItem(methodKey(workspace, method), pauseItem, unchanged)),
  ]);
  let item: Item | undefined = claimedItem;
  return {
    deps,
    wake,
    delivery,
    leaseEndsAt: beganAt + LEASE_MS,
    record: async (transition) => {
      const changed = await changeItem(key, deliveryItem, transition, item);
      item = changed.item;
      return changed.outcome;
    },
    pausedUntil: Math.max(circuit?.until ?? 0, ...pauses.map(({ outcome: pause }) => pause?.until ?? 0)),
    circuitOpen: (circuit?.count ?? 0) > 0,
  };
};

/** The methods that a turn may call: after a search the message that was found, or one that was not, is next. */
const methodsOf = ({ ts, intent, note }: Delivery): readonly Method[] => {
  if (ts !== undefined) {
    return ['chat.update'];
  }
  return intent === undefined ? ['chat.postMessage'] : [searchMethod(note), 'chat.postMessage', 'chat.update'];
};

/** A channel's history does not have what is in its threads. */
const searchMethod = (note: Note | undefined): SearchMethod =>
  note === undefined ? 'conversations.history' : 'conversations.replies';

const postpone = async (
  { record, delivery }: Turn,
  until: number,
  intent: 'keep-intent' | 'drop-intent',
  trouble?: { readonly error: string; readonly at: number },
): Promise<Delivered> => {
  await record(postponed(delivery.fence, until, intent, trouble));
  return 'postponed';
};

const render = async (turn: Turn): Promise<Rendered | Unrendered> => {
  const gate = gateOf(turn.wake.pk);
  return gate === undefined ? renderRollout(turn) : renderGate(turn, gate);
};

const renderRollout = async (turn: Turn): Promise<Rendered | Unrendered> => {
  const { deps, delivery, wake } = turn;
  const { outcome: stored, item } = await deps.changeItem(rolloutKey(wake.pk), rolloutItem, unchanged);
  if (stored === undefined || item === undefined) {
    return { refused: 'the rollout has expired' };
  }
  const { rollout, details = {}, gates = {}, validations } = stored;
  const labels = labelsOf(rollout.id, deps.config);
  if (delivery.note !== undefined) {
    return isOfRollout(delivery.note)
      ? renderNote(turn, noteMessage(rollout, labels, delivery.note), delivery.want)
      : { refused: 'only a gate has such a note' };
  }
  const detail = details[wake.channel]?.detail ?? 'full';
  const message = slackMessage(rollout, labels, detail, Object.values(gates), validations);
  return { message, rev: item.rev, digest: digestOf(message), news: newsNote(rollout) };
};

const renderGate = async (turn: Turn, id: string): Promise<Rendered | Unrendered> => {
  const { deps, delivery } = turn;
  const { changeItem, config, clock } = deps;
  const { outcome: gate, item } = await changeItem(gateKey(id), gateItem, unchanged);
  if (gate === undefined || item === undefined) {
    return { refused: 'the gate has expired' };
  }
  const labels = labelsOf(gate.point.rollout, config);
  const { note } = delivery;
  if (note !== undefined) {
    const said = isOfRollout(note) ? undefined : gateNoteMessage(gate, labels, note, clock.now());
    return said === undefined ? { refused: 'a gate has no such note' } : renderNote(turn, said, delivery.want);
  }
  const { outcome: stored } = await changeItem(rolloutKey(rolloutPk(gate.point.rollout)), rolloutItem, unchanged);
  const message = gateMessage(id, gate, stored?.rollout, labels, policyAt(gate.point, config));
  return { message, rev: item.rev, digest: digestOf(message) };
};

/** A note waits for the message in whose thread it belongs. */
const renderNote = async (
  { deps: { changeItem, clock }, wake: { pk, channel } }: Turn,
  message: SlackMessage,
  rev: number,
): Promise<Rendered | Unrendered> => {
  const { outcome: parent } = await changeItem(deliveryKey({ pk, channel }), deliveryItem, unchanged);
  if (parent?.ts !== undefined) {
    return { message, rev, digest: digestOf(message), thread: parent.ts };
  }
  // Not asked for yet: who asks for both may have ended in between, and will be back.
  return parent?.refused === 'for-good'
    ? { refused: 'there is no message to answer to' }
    : { until: Math.max(parent?.dueAt ?? 0, clock.now() + SHORT_PAUSE_MS) };
};

const digestOf = (message: SlackMessage): string =>
  createHash('sha256').update(JSON.stringify(message)).digest('base64url');

const show = async (turn: Turn, rendered: Rendered): Promise<Delivered> => {
  const { delivery, deps, record, wake } = turn;
  if (delivery.ts !== undefined) {
    if (delivery.shown === rendered.digest) {
      return recordShown(turn, rendered, delivery.ts, 'unchanged');
    }
    return delivery.uneditable === true
      ? tellInThread(turn, rendered, delivery.ts)
      : update(turn, rendered, delivery.ts);
  }
  if (delivery.intent === undefined) {
    return post(turn, rendered);
  }
  // A post was begun and nobody knows how it ended: it is looked for before anything is posted again.
  const search = await deps.slack.find(wake.channel, delivery.intent.key, delivery.intent.at, rendered.thread);
  if (!search.ok && (search.failure.kind === 'refused' || isMissingScope(search.failure))) {
    deps.log.warn('posted again without knowing', { ...namesOf(turn), reason: search.failure.error });
    return post(turn, rendered);
  }
  if (!search.ok) {
    return settle(turn, searchMethod(delivery.note), search.failure);
  }
  const { ts } = search.value;
  if (ts === undefined) {
    return post(turn, rendered);
  }
  // Kept before it is edited: an edit that fails must not cost the knowledge that there is a message.
  return (await record(found(delivery.fence, ts))) === 'lost' ? 'lost' : update(turn, rendered, ts);
};

const isMissingScope = (failure: SlackFailure): failure is SlackFailure & { readonly kind: 'unauthorized' } =>
  failure.kind === 'unauthorized' && failure.error === 'missing_scope';

const post = async (turn: Turn, rendered: Rendered): Promise<Delivered> => {
  const { delivery, deps, record, wake } = turn;
  const beganAt = deps.stopwatch();
  const intent = { key: delivery.intent?.key ?? deps.newId(), at: deps.clock.now() };
  if ((await record(intended(delivery.fence, intent))) === 'lost') {
    return 'lost';
  }
  return send(
    { ...turn, leaseEndsAt: Math.min(turn.leaseEndsAt, beganAt + POST_WITHIN_MS) },
    rendered,
    undefined,
    (message) => deps.slack.post(wake.channel, message, intent.key, rendered.thread),
  );
};

const update = (turn: Turn, rendered: Rendered, ts: string): Promise<Delivered> =>
  send(turn, rendered, ts, (message) => turn.deps.slack.update(turn.wake.channel, ts, message));

/** Says in the thread of a message what it cannot show: once for each state that the rollout comes into. */
const tellInThread = async (turn: Turn, rendered: Rendered, ts: string): Promise<Delivered> => {
  const { deps, wake } = turn;
  if (rendered.news !== undefined) {
    const { key, note } = rendered.news;
    await askFor(deps, [{ place: { ...wake, note: key }, transition: noteWanted(note, deps.clock.now()) }]);
  }
  return recordShown(turn, rendered, ts, 'unchanged');
};

/** `ts`: the message that the call edits; where there is none it posts one. */
const send = async (
  turn: Turn,
  rendered: Rendered,
  ts: string | undefined,
  call: (message: PlainOrRich) => Promise<SlackReply<{ readonly ts: string }>>,
): Promise<Delivered> => {
  const { clock, stopwatch, log } = turn.deps;
  const calledAt = stopwatch();
  if (calledAt >= turn.leaseEndsAt) {
    // Stood still for so long that somebody else may be at it. If not, the sweep will see.
    return 'lost';
  }
  let reply = await call(rendered.message);
  let trouble: string | undefined;
  if (!reply.ok && reply.failure.kind === 'unacceptable') {
    trouble = reply.failure.error;
    log.error('blocks refused, sent as plain text', { ...namesOf(turn), error: trouble });
    reply = await call({ text: rendered.message.text });
  }
  const delivered = reply.ok
    ? await recordShown(turn, rendered, reply.value.ts, ts === undefined ? 'posted' : 'updated', trouble)
    : ts !== undefined && reply.failure.kind === 'uneditable'
      ? await closeToEdits(turn, rendered, ts, reply.failure.error)
      : await settle(turn, ts === undefined ? 'chat.postMessage' : 'chat.update', reply.failure);
  await clock.sleep(Math.max(0, calledAt + CHANNEL_PACE_MS - stopwatch()));
  return delivered;
};

const closeToEdits = async (turn: Turn, rendered: Rendered, ts: string, error: string): Promise<Delivered> => {
  const { deps, delivery, record } = turn;
  deps.log.warn('message closed to edits', { ...namesOf(turn), error });
  const owned = await record(closedToEdits(delivery.fence, error, deps.clock.now()));
  return owned === 'lost' ? 'lost' : tellInThread(turn, rendered, ts);
};

const recordShown = async (
  turn: Turn,
  { rev, digest }: Rendered,
  ts: string,
  delivered: Showing['by'],
  trouble?: string,
): Promise<Delivered> => {
  const { deps, delivery, record, wake } = turn;
  const showing = { ts, rev, digest, by: delivered, ...(trouble !== undefined && { trouble }) };
  const outcome = await record(shown(delivery.fence, showing, deps.clock.now()));
  deps.log.info('message shown', { ...namesOf(turn), delivered, outcome, rev });
  if (turn.circuitOpen && delivered !== 'unchanged') {
    await closeCircuit(deps);
  }
  switch (outcome) {
    case 'clean':
      return delivered;
    case 'behind':
      // At the end of the channel's line: whatever comes until then is in the same edit.
      await deps.wakeUp([wake]);
      return delivered;
    case 'lost':
      await repair(turn, ts, delivered);
      return 'lost';
  }
};

/** Another owner has taken over while this one called: its post is the one message or one too many, its edit in doubt. */
const repair = async (turn: Turn, ts: string, delivered: Showing['by']): Promise<void> => {
  const { deps, record } = turn;
  const now = deps.clock.now();
  switch (delivered) {
    case 'unchanged':
      return;
    case 'updated':
      await record(doubted(now));
      return;
    case 'posted':
      if ((await record(adopted(ts, now))) === 'extra') {
        await removeExtra(turn, ts);
      }
  }
};

/** Deletes a post too many. What may still be deleted later stays on record. */
const removeExtra = async (turn: Turn, ts: string): Promise<void> => {
  const { deps, record, wake } = turn;
  const removal = await deps.slack.remove(wake.channel, ts);
  if (removal.ok || removal.failure.kind === 'refused') {
    await record(removed(ts));
  }
  if (!removal.ok) {
    deps.log.warn('extra message not deleted', { ...namesOf(turn), ts, reason: removal.failure.kind });
  }
};

/** Decides what follows from a failure, and records it. */
const settle = async (turn: Turn, method: Method, failure: SlackFailure): Promise<Delivered> => {
  const { deps, delivery, record } = turn;
  const { changeItem, config, clock, random, log } = deps;
  const now = clock.now();
  const names = { ...namesOf(turn), method };
  // As long as the search itself fails, the outcome of the post that it is about stays unknown.
  const searching = method === searchMethod(delivery.note);
  const intent = searching ? 'keep-intent' : 'drop-intent';
  switch (failure.kind) {
    case 'rate-limited': {
      const until = now + failure.retryAfterMs;
      log.info('rate limited', { ...names, retryAfterMs: failure.retryAfterMs });
      await changeItem(methodKey(config.slack.workspace, method), pauseItem, methodPaused(until));
      const delivered = await postpone(turn, until, intent, { error: 'ratelimited', at: now });
      if (failure.retryAfterMs <= SHORT_PAUSE_MS) {
        // The sweep would come back to it a minute later.
        await clock.sleep(failure.retryAfterMs);
        await deps.wakeUp([turn.wake]);
      }
      return delivered;
    }
    case 'transient': {
      const { error, ambiguous } = failure;
      // What may still take effect has to be over before the next try.
      const retryAt = now + Math.max(backoffMs(delivery.failures, random()), ambiguous ? SETTLE_MS : 0);
      log.warn('delivery failed', { ...names, error, ambiguous, failures: delivery.failures + 1 });
      const owned = await record(failed(delivery.fence, { error, retryAt, ambiguous: ambiguous || searching }, now));
      if (owned === 'lost' && ambiguous && method === 'chat.update') {
        await record(doubted(now));
      }
      return 'failed';
    }
    case 'unauthorized': {
      const { error } = failure;
      const { outcome: circuit } = await changeItem(
        circuitKey(config.slack.workspace),
        pauseItem,
        circuitOpened(error, now),
      );
      if (circuit.wasClosed) {
        log.error('circuit opened: Slack does not accept the token', { error, workspace: config.slack.workspace });
      }
      return postpone(turn, circuit.until, intent, { error, at: now });
    }
    case 'unacceptable':
    case 'uneditable':
    case 'refused': {
      const { error } = failure;
      log.error('delivery refused', { ...names, error });
      await record(refused(delivery.fence, error, error === 'not_in_channel' ? 'heals' : 'for-good', now));
      return 'refused';
    }
  }
};

const closeCircuit = async ({ changeItem, config, log }: DeliverDeps): Promise<void> => {
  const { outcome: wasOpen } = await changeItem(circuitKey(config.slack.workspace), pauseItem, circuitClosed);
  if (wasOpen) {
    log.info('circuit closed', { workspace: config.slack.workspace });
  }
};

const namesOf = ({ wake: { pk, channel, note } }: Turn) => ({ rollout: pk, channel, note });
