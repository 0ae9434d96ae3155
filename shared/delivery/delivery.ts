import * as v from 'valibot';
import type { ItemKind, Step } from '../store/change-item.ts';
import { StoredHistory, withEdit, withPost, withTrouble } from './history.ts';
import type { History } from './history.ts';
import { StoredNote } from './note.ts';
import type { Note } from './note.ts';

/**
 * How far one Slack message is behind its rollout. `want` is the rollout's revision that it should show, `done` the one
 * that it shows; the difference is the whole truth about what is left to do, whatever became of any wake-up.
 */
export type Delivery = {
  readonly want: number;
  readonly done: number;
  /** Raised by each claim: only the newest owner may record what it did. */
  readonly fence: number;
  /** Slack's id of the message, once it is known. */
  readonly ts?: string;
  /** Digest of what is shown: the same is not sent twice. */
  readonly shown?: string;
  /** A first post that was begun. Without a `ts` beside it nobody knows whether the message is there. */
  readonly intent?: Intent;
  /** Posts of our own that were one too many: to be deleted. */
  readonly extra?: readonly string[];
  /** Epoch milliseconds before which there is no try. */
  readonly retryAt?: number;
  readonly failures: number;
  readonly error?: string;
  /** Slack will not have it: for good, or until somebody invites the bot. */
  readonly refused?: 'for-good' | 'heals';
  /** Slack has nobody edit it any more: what is new is said in its thread. */
  readonly uneditable?: true;
  /** Epoch milliseconds from when the sweep sends a wake-up. */
  readonly dueAt?: number;
  /** What is said, where this is no message of its own but a reply in the thread of one. */
  readonly note?: Note;
  /** Left out as long as nothing was tried, and by the version before this one. */
  readonly history?: History;
};

/** `key` is the metadata by which the message can be found again, `at` when the post began, in epoch milliseconds. */
export type Intent = { readonly key: string; readonly at: number };

const optional = <T extends v.GenericSchema>(schema: T) => v.exactOptional(schema);

const StoredDelivery = v.object({
  want: v.number(),
  done: v.number(),
  fence: v.number(),
  ts: optional(v.string()),
  shown: optional(v.string()),
  intent: optional(v.object({ key: v.string(), at: v.number() })),
  extra: optional(v.array(v.string())),
  retryAt: optional(v.number()),
  failures: v.number(),
  error: optional(v.string()),
  refused: optional(v.picklist(['for-good', 'heals'])),
  uneditable: optional(v.literal(true)),
  dueAt: optional(v.number()),
  note: optional(StoredNote),
  history: optional(StoredHistory),
});

export const deliveryItem: ItemKind<Delivery> = {
  parse: (body) => v.parse(StoredDelivery, body),
  due: ({ dueAt }) => (dueAt === undefined ? undefined : { kind: 'delivery', at: dueAt }),
};

/** How long the sweep leaves a delivery to the wake-up that was sent for it. */
export const WAKE_UP_MS = 60_000;
/** How long an owner has before another may take over. */
export const LEASE_MS = 60_000;
/** How long after its begin a post of unknown outcome may still appear in the channel. */
export const SETTLE_MS = 15_000;
/** How long after its intent a post may still be sent: it is over, one way or another, before anybody looks for it. */
export const POST_WITHIN_MS = 8_000;
/** How often a channel that the bot is not in is tried again. */
export const HEAL_MS = 60 * 60_000;

/** Asks for a revision to be shown. True: the delivery was at rest, and one wake-up is to be sent. */
export const wanted =
  (rev: number, now: number) =>
  (delivery: Delivery | undefined): Step<Delivery, boolean> => {
    if (delivery === undefined) {
      return { body: { want: rev, done: 0, fence: 0, failures: 0, dueAt: now + WAKE_UP_MS }, outcome: true };
    }
    // An owner may have rendered a newer revision than the one that it was asked for.
    if (delivery.want >= rev || delivery.done >= rev) {
      return { outcome: false };
    }
    const { refused, ...rest } = delivery;
    const atRest = refused === undefined ? !isDirty(delivery) : refused === 'heals';
    return atRest
      ? { body: { ...rest, want: rev, dueAt: now + WAKE_UP_MS }, outcome: true }
      : { body: { ...delivery, want: rev }, outcome: false };
  };

/** Asks for a note to be posted, once. True: nobody has asked before, and one wake-up is to be sent. */
export const noteWanted =
  (note: Note, now: number) =>
  (delivery: Delivery | undefined): Step<Delivery, boolean> =>
    delivery === undefined
      ? { body: { want: 1, done: 0, fence: 0, failures: 0, dueAt: now + WAKE_UP_MS, note }, outcome: true }
      : { outcome: false };

/** Whether the message is behind its rollout. */
export const isDirty = ({ want, done }: Delivery): boolean => want > done;

/** Takes the delivery over, if there is something to do and it may be done now. */
export const claimed =
  (now: number) =>
  (delivery: Delivery | undefined): Step<Delivery, Delivery | undefined> => {
    const isDone = delivery === undefined || (!isDirty(delivery) && delivery.extra === undefined);
    if (isDone || !mayBeTried(delivery, now)) {
      return { outcome: undefined };
    }
    const { refused: healing, shown: digest, ...rest } = delivery;
    const body = { ...rest, fence: delivery.fence + 1, dueAt: now + LEASE_MS };
    // Only the owner knows what is shown, until it says so: should it end in the middle of an edit, nobody does.
    return { body, outcome: { ...body, ...(digest !== undefined && { shown: digest }) } };
  };

const mayBeTried = ({ refused, retryAt, intent, ts }: Delivery, now: number): boolean =>
  refused !== 'for-good' &&
  (retryAt === undefined || retryAt <= now) &&
  (intent === undefined || ts !== undefined || intent.at + SETTLE_MS <= now);

/** Whether an owner still is one, or what it did is now for somebody else to judge. */
export type Ownership = 'owned' | 'lost';

/** Records that a first post begins: from here on a crash leaves its outcome unknown. */
export const intended = (fence: number, intent: Intent) =>
  ifOwned<Ownership>(fence, 'lost', (delivery) =>
    delivery.ts === undefined ? { body: { ...delivery, intent }, outcome: 'owned' } : { outcome: 'lost' },
  );

/** Records that the post of unknown outcome is there: from here on it is the message. */
export const found = (fence: number, ts: string) =>
  ifOwned<Ownership>(fence, 'lost', ({ intent, ...delivery }) => {
    if (delivery.ts !== undefined) {
      return { outcome: delivery.ts === ts ? 'owned' : 'lost' };
    }
    const history = intent === undefined ? undefined : withPost(delivery.history, intent.at);
    return { body: { ...delivery, ts, ...(history && { history }) }, outcome: 'owned' };
  });

/** What an owner did to a message, or found that it need not do. */
export type Showing = {
  readonly ts: string;
  readonly rev: number;
  readonly digest: string;
  readonly by: 'posted' | 'updated' | 'unchanged';
  /** Why Slack would not have it as it was, and it is shown as plain text. */
  readonly trouble?: string;
};

/** Records that the message `ts` shows revision `rev`. `behind`: more was wanted meanwhile. */
export const shown = (fence: number, showing: Showing, now: number) =>
  ifOwned<'clean' | 'behind' | 'lost'>(fence, 'lost', (delivery) => {
    const { ts, rev, digest } = showing;
    if (delivery.ts !== undefined && delivery.ts !== ts) {
      return { outcome: 'lost' };
    }
    const { want, extra, uneditable, note } = delivery;
    const behind = want > rev;
    const history = historyOf(delivery, showing, now);
    return {
      body: {
        want,
        done: rev,
        fence,
        ts,
        shown: digest,
        failures: 0,
        ...(extra && { extra }),
        ...(uneditable && { uneditable }),
        ...(note && { note }),
        ...(history && { history }),
        ...((behind || extra) && { dueAt: now + WAKE_UP_MS }),
      },
      outcome: behind ? 'behind' : 'clean',
    };
  });

const historyOf = (
  { shown: digest, history: known }: Delivery,
  { by, trouble }: Showing,
  now: number,
): History | undefined => {
  // A claim forgets what is shown: where it is known, this is its owner's own write, and counted already.
  if (digest !== undefined || by === 'unchanged') {
    return known;
  }
  const history = trouble === undefined ? known : withTrouble(known, trouble, now);
  return by === 'posted' ? withPost(history, now) : withEdit(history, now);
};

/** Records that Slack will not have the message edited any more. */
export const closedToEdits = (fence: number, error: string, now: number) =>
  ifOwned<Ownership>(fence, 'lost', (delivery) => ({
    body: { ...delivery, uneditable: true, history: withTrouble(delivery.history, error, now) },
    outcome: 'owned',
  }));

/** Records a failure that may pass: tried again at `retryAt`. `ambiguous`: the post may have happened all the same. */
export const failed = (
  fence: number,
  { error, retryAt, ambiguous }: { error: string; retryAt: number; ambiguous: boolean },
  now: number,
) =>
  ifOwned<Ownership>(fence, 'lost', ({ intent, ...delivery }) => {
    const settled = ambiguous && intent !== undefined ? intent.at + SETTLE_MS : 0;
    const next = Math.max(retryAt, settled);
    return {
      body: {
        ...delivery,
        ...(ambiguous && intent && { intent }),
        failures: delivery.failures + 1,
        error,
        retryAt: next,
        dueAt: next,
        history: withTrouble(delivery.history, error, now),
      },
      outcome: 'owned',
    };
  });

/** Puts the delivery off: not its own failure, so it does not count as one. `trouble`: what Slack answered, if it was asked. */
export const postponed = (
  fence: number,
  until: number,
  keep: 'keep-intent' | 'drop-intent',
  trouble?: { readonly error: string; readonly at: number },
) =>
  ifOwned<Ownership>(fence, 'lost', ({ intent, ...delivery }) => ({
    body: {
      ...delivery,
      ...(keep === 'keep-intent' && intent && { intent }),
      ...(trouble && { history: withTrouble(delivery.history, trouble.error, trouble.at) }),
      retryAt: until,
      dueAt: until,
    },
    outcome: 'owned',
  }));

/** Records that Slack will not have it. One that `heals` is tried with the next change and every hour. */
export const refused = (fence: number, error: string, kind: 'for-good' | 'heals', now: number) =>
  ifOwned<Ownership>(fence, 'lost', ({ intent, dueAt, retryAt, ...delivery }) => ({
    body: {
      ...delivery,
      failures: delivery.failures + 1,
      error,
      refused: kind,
      history: withTrouble(delivery.history, error, now),
      ...(kind === 'heals' && { dueAt: now + HEAL_MS }),
    },
    outcome: 'owned',
  }));

const ifOwned =
  <Outcome>(fence: number, lost: Outcome, transition: (delivery: Delivery) => Step<Delivery, Outcome>) =>
  (delivery: Delivery | undefined): Step<Delivery, Outcome> =>
    delivery?.fence === fence ? transition(delivery) : { outcome: lost };

/**
 * Makes the post of an owner that lost its fence the message, if there is none yet. `extra`: there is one, and this is
 * to be deleted.
 */
export const adopted =
  (ts: string, now: number) =>
  (delivery: Delivery | undefined): Step<Delivery, 'adopted' | 'extra'> => {
    if (delivery === undefined || delivery.extra?.includes(ts)) {
      return { outcome: 'extra' };
    }
    if (delivery.ts !== undefined && delivery.ts !== ts) {
      const dueAt = delivery.refused === 'for-good' ? undefined : (delivery.dueAt ?? now + WAKE_UP_MS);
      const extra = [...(delivery.extra ?? []), ts];
      return { body: { ...delivery, extra, ...(dueAt !== undefined && { dueAt }) }, outcome: 'extra' };
    }
    // The channel has taken a message: whatever refused one before is over.
    const { intent, shown: digest, refused, ...rest } = delivery;
    return delivery.ts === ts
      ? { outcome: 'adopted' }
      : {
          body: {
            ...rest,
            ts,
            done: 0,
            dueAt: delivery.dueAt ?? now + WAKE_UP_MS,
            history: withPost(delivery.history, now),
          },
          outcome: 'adopted',
        };
  };

/** Records that a post too many is gone. */
export const removed =
  (ts: string) =>
  (delivery: Delivery | undefined): Step<Delivery, undefined> => {
    if (!delivery?.extra?.includes(ts)) {
      return { outcome: undefined };
    }
    const { extra, dueAt, ...rest } = delivery;
    const left = extra.filter((other) => other !== ts);
    const isDue = dueAt !== undefined && (left.length > 0 || isDirty(delivery));
    return { body: { ...rest, ...(left.length > 0 && { extra: left }), ...(isDue && { dueAt }) }, outcome: undefined };
  };

/**
 * Records that nobody knows what the message shows: an owner that lost its fence has edited it. The owner of now may have
 * edited it before, and is not believed either.
 */
export const doubted =
  (now: number) =>
  (delivery: Delivery | undefined): Step<Delivery, undefined> => {
    if (delivery === undefined) {
      return { outcome: undefined };
    }
    const { shown: digest, refused, ...rest } = delivery;
    return {
      body: { ...rest, done: 0, fence: delivery.fence + 1, dueAt: now + WAKE_UP_MS },
      outcome: undefined,
    };
  };

/** Records that a wake-up was sent for what was due at `seen`. */
export const awoken =
  (seen: number, now: number) =>
  (delivery: Delivery | undefined): Step<Delivery, undefined> =>
    delivery?.dueAt === seen
      ? { body: { ...delivery, dueAt: now + 2 * WAKE_UP_MS }, outcome: undefined }
      : { outcome: undefined };
