import type { Config } from '../../shared/config/config.ts';
import { labelsOf } from '../../shared/config/labels.ts';
import { deliveryItem, isDirty } from '../../shared/delivery/delivery.ts';
import type { Delivery } from '../../shared/delivery/delivery.ts';
import { isOfRollout } from '../../shared/delivery/note.ts';
import { pauseItem } from '../../shared/delivery/pause.ts';
import type { Pause } from '../../shared/delivery/pause.ts';
import { consoleLink } from '../../shared/message/console-link.ts';
import { creatorInWords, deploymentErrorInWords } from '../../shared/message/deployment-words.ts';
import { describeRollout } from '../../shared/message/describe-rollout.ts';
import { describeStart } from '../../shared/message/describe-trigger.ts';
import { redact } from '../../shared/redact.ts';
import { eventItem } from '../../shared/rollout/event-record.ts';
import type { EventRecord } from '../../shared/rollout/event-record.ts';
import { MAX_REGISTERS } from '../../shared/rollout/fold.ts';
import { overviewOf } from '../../shared/rollout/overview.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Facts, Rollout, RolloutId } from '../../shared/rollout/rollout.ts';
import { isOfRevision } from '../../shared/rollout/service-deployment.ts';
import type { State } from '../../shared/rollout/state.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { compareText } from '../../shared/rollout/version.ts';
import type { Version } from '../../shared/rollout/version.ts';
import { circuitKey, deliveryPlaceOf, methodKey, rolloutKey, rolloutPk } from '../../shared/store/keys.ts';
import type { StoredGate, StoredRow } from './find-rollouts.ts';
import { gateStory } from './gate-story.ts';
import type { StoryGate } from './gate-story.ts';
import { slackTroubleOf } from './slack-trouble.ts';

/** The story of a rollout, as what is stored tells it. Times are epoch milliseconds; null is what nobody knows. */
export type Story = {
  readonly rollout: RolloutId;
  /** What became of it, in a sentence: a rollback is called one. */
  readonly title: string;
  readonly environment: string | null;
  readonly state: State;
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Who or what started it. */
  readonly startedBy: readonly string[];
  readonly link: string | null;
  /** How often the rollout was written: what messages show is one of these. */
  readonly revision: number;
  /** By how much the quickest event came after it had happened. */
  readonly delayMs: number;
  /** In the order in which they were handled. */
  readonly events: readonly StoryEvent[];
  readonly facts: readonly StoryFact[];
  /** Whether AWS has answered to what no event tells. */
  readonly lookedUp: boolean;
  readonly messages: readonly StoryMessage[];
  readonly notes: readonly StoryNote[];
  /** Where it has waited for people, the earliest first. */
  readonly gates: readonly StoryGate[];
  /** Keys of what is stored in a way that this version cannot read. */
  readonly unreadable: readonly string[];
};

export type StoryEvent = {
  /** `rollout`, `stage:Deploy`, `action:Deploy/Release`, `instance:i-0a1b2c3d`. */
  readonly register: string;
  /** The stage, the action or the instance in words; null for the whole of it. */
  readonly part: string | null;
  readonly state: State | null;
  readonly attempt: number;
  readonly time: number;
  readonly handledAt: number;
  /** Slow: more than a minute above the quickest. Out of order: after an event that happened later. */
  readonly late: 'no' | 'slow' | 'out-of-order';
  readonly outcome: EventRecord['outcome'];
  /** Why it changed nothing, or less than it says, or nobody heard of it. */
  readonly why: string | null;
  readonly eventIds: readonly string[];
  readonly routes: readonly string[];
  readonly channels: readonly string[];
  readonly published: readonly string[];
  /** Topics that have not taken it so far. */
  readonly unpublished: readonly string[];
  /** The replay of an archive that brought it: it was not published, nor anybody called. */
  readonly replay: string | null;
  readonly trouble: { readonly at: number; readonly error: string; readonly count: number } | null;
};

/** What is known of the rollout besides its states, and which event it is known as of. */
export type StoryFact = {
  readonly name: keyof Facts;
  readonly says: string;
  /** No event says so: AWS was asked. */
  readonly lookedUp: boolean;
  readonly asOf: Pick<Version, 'attempt' | 'time' | 'eventId'>;
};

export type StoryMessage = {
  readonly channel: string;
  readonly status: 'shown' | 'waiting' | 'under-way' | 'refused';
  /** What is the matter, in words; null where all is well. */
  readonly because: string | null;
  readonly remedy: string | null;
  readonly ts: string | null;
  /** The revision that is shown, and the one that is wanted. */
  readonly shown: number;
  readonly wanted: number;
  readonly postedAt: number | null;
  readonly shownAt: number | null;
  readonly edits: number | null;
  /** How often somebody took it in hand. */
  readonly turns: number;
  readonly nextTryAt: number | null;
  readonly troubles: readonly {
    readonly error: string;
    readonly says: string;
    readonly count: number;
    readonly from: number;
    readonly to: number;
  }[];
};

/** What was found in the table. */
export type Stored = {
  readonly id: RolloutId;
  /** Everything under the rollout's key. */
  readonly items: readonly StoredRow[];
  /** Everything under the workspace's key. */
  readonly pauses: readonly StoredRow[];
  readonly gates?: readonly StoredGate[];
};

/** A reply in the thread of a message: it calls people to a failure, or says what the message cannot. */
export type StoryNote = StoryMessage & { readonly key: string } & (
    | {
        readonly kind: 'failure';
        /** Slack's ids of whom it calls. */
        readonly calls: readonly string[];
        /** The stage, the action or the instance that failed; null for the whole of it. */
        readonly part: string | null;
        readonly attempt: number;
      }
    | { readonly kind: 'news' }
    /** What a check of a validation has found. */
    | { readonly kind: 'check'; readonly part: string; readonly says: string }
  );

/** A rollout that a newer version has stored. */
export class StoryUnreadable extends Error {
  override readonly name = 'StoryUnreadable';
}

/** Tells a rollout's story from what is stored. Throws `StoryUnreadable`. */
export const rolloutStory = ({ id, items, pauses, gates = [] }: Stored, config: Config, now: number): Story => {
  const unreadable: string[] = [];
  const read = <Body>(row: StoredRow, parse: (body: unknown) => Body): readonly Body[] => {
    try {
      return [parse(row.body)];
    } catch {
      unreadable.push(row.sk);
      return [];
    }
  };
  const pk = rolloutPk(id);
  const state = items.find(({ sk }) => sk === rolloutKey(pk).sk);
  const [stored] = state === undefined ? [] : read(state, rolloutItem.parse);
  if (state === undefined || stored === undefined) {
    throw new StoryUnreadable(
      `What is stored of ${id.executionId} cannot be read by this version. Check out the version that is deployed, and ask again.`,
    );
  }
  const { rollout } = stored;
  const overview = overviewOf(rollout);
  const labels = labelsOf(id, config);
  const records = items.filter(({ sk }) => sk.startsWith('EVENT#')).flatMap((row) => read(row, eventItem.parse));
  const deliveries = items.flatMap((row) => {
    const place = deliveryPlaceOf({ pk, sk: row.sk });
    return place === undefined ? [] : read(row, deliveryItem.parse).map((delivery) => ({ ...place, delivery }));
  });
  const parents = new Map(
    deliveries.filter(({ note }) => note === undefined).map(({ channel, delivery }) => [channel, delivery]),
  );
  const held = heldOf(pauses, config.slack.workspace);
  const message = ({ channel, delivery }: (typeof deliveries)[number]): StoryMessage =>
    storyMessage(channel, delivery, { held, now, parent: parents.get(channel) });
  const events = storyEvents(records, stored);
  return {
    rollout: id,
    title: describeRollout(id, overview, labels),
    environment: labels.environment ?? null,
    state: overview.state,
    attempt: overview.attempt,
    startedAt: overview.startedAt,
    endedAt: overview.endedAt ?? null,
    startedBy: describeStart(rollout.facts).map(redact),
    link: consoleLink(id) ?? null,
    revision: state.rev,
    ...events,
    facts: storyFacts(rollout.facts),
    lookedUp: isLookedUp(rollout),
    messages: deliveries.filter(({ note }) => note === undefined).map(message),
    notes: deliveries.flatMap((each): readonly StoryNote[] => {
      const { note: key, delivery } = each;
      if (key === undefined || delivery.note === undefined || !isOfRollout(delivery.note)) {
        return [];
      }
      if (delivery.note.kind === 'news') {
        return [{ ...message(each), key, kind: 'news' }];
      }
      if (delivery.note.kind === 'check') {
        const { suite, check, says } = delivery.note;
        return [{ ...message(each), key, kind: 'check', part: `${suite} / ${check}`, says: redact(says) }];
      }
      const { kind, mentions, register, attempt } = delivery.note;
      return [{ ...message(each), key, kind, calls: mentions, part: partOf(registerName(register)), attempt }];
    }),
    gates: gates
      .flatMap((gate) => {
        const story = gateStory(gate, config);
        if (story === undefined) {
          unreadable.push(`the gate ${gate.id}`);
        }
        return story ?? [];
      })
      .sort((a, b) => a.openedAt - b.openedAt),
    unreadable,
  };
};

/** Whether AWS has said of it what it is asked; of a service's deployment that is which one it is. */
const isLookedUp = ({ id, facts }: Rollout): boolean => {
  switch (id.source) {
    case 'codepipeline':
      return facts.stages !== undefined;
    case 'codedeploy':
      // Where AWS names nobody, it says so: it is there after every answer.
      return facts.creator !== undefined;
    case 'ecs':
      return !isOfRevision(id);
  }
};

const LATE_MS = 60_000;

/** What one batch brings is handled at once, in no order. */
const AT_ONCE_MS = 1_000;

const storyEvents = (records: readonly EventRecord[], stored: StoredRollout): Pick<Story, 'delayMs' | 'events'> => {
  const delayMs = Math.max(0, Math.min(...records.map(({ handledAt, time }) => handledAt - time)));
  const handled: EventRecord[] = [];
  const events = [...records]
    .sort((a, b) => a.handledAt - b.handledAt || a.time - b.time || compareText(a.register, b.register))
    .map((record): StoryEvent => {
      const { register, state, attempt, time, handledAt, trouble, topics = record.published } = record;
      // Where none came in time, as in a replay, the clocks of event and handling say nothing of a single one.
      const slow = delayMs <= LATE_MS && handledAt - time - delayMs > LATE_MS;
      const isBehind = handled.some((before) => before.time > time && before.handledAt + AT_ONCE_MS < handledAt);
      const late = isBehind ? 'out-of-order' : slow ? 'slow' : 'no';
      const overtaken = handled.some((before) => before.register === register && isNewer(before, record));
      handled.push(record);
      return {
        register,
        part: partOf(register),
        state: state ?? null,
        attempt,
        time,
        handledAt,
        late,
        outcome: record.outcome,
        why: whyNot(record, stored.rollout, overtaken),
        eventIds: record.eventIds,
        routes: record.routes ?? [],
        channels: record.channels ?? [],
        published: record.published,
        unpublished: topics.filter((topic) => !record.published.includes(topic)),
        replay: record.published.length > 0 ? null : (record.replay ?? null),
        trouble:
          trouble === undefined ? null : { at: trouble.at, error: redact(trouble.error), count: trouble.count ?? 1 },
      };
    });
  return { delayMs: records.length === 0 ? 0 : delayMs, events };
};

/** The part that a register is of, also one that is not kept: its name tells all of it. */
const partOf = (name: string): string | null => {
  const [kind = '', parts] = name.split(':');
  const words = parts?.split('/').map(decodeURIComponent).join(' / ');
  return words === undefined ? null : kind === 'instance' ? `instance ${words}` : words;
};

const isNewer = (a: Pick<Version, 'attempt' | 'time'>, b: Pick<Version, 'attempt' | 'time'>): boolean =>
  (a.attempt - b.attempt || a.time - b.time) > 0;

const whyNot = (record: EventRecord, { registers }: Rollout, overtaken: boolean): string | null => {
  switch (record.outcome) {
    case 'applied':
      return overtaken ? 'it told a start or another fact; its state was over by then' : null;
    case 'unrouted':
      return 'no route matches: nobody hears of it';
    case 'stale': {
      const known = registers[record.register];
      if (known === undefined) {
        return `not kept: a rollout keeps ${MAX_REGISTERS} parts, the rollout and its stages first`;
      }
      if (isNewer(known.version, record)) {
        return 'older than what was known';
      }
      return known.state === record.state
        ? 'the same as what was known, by another road'
        : 'of the same second as what was known, and less far along';
    }
  }
};

const storyFacts = (facts: Facts): readonly StoryFact[] => {
  const fact = <Name extends keyof Facts>(
    name: Name,
    words: (value: NonNullable<Facts[Name]>['value']) => string,
    lookedUp = false,
  ): readonly StoryFact[] => {
    const known: Facts[Name] = facts[name];
    if (known === undefined) {
      return [];
    }
    const { attempt, time, eventId } = known.version;
    return [{ name, says: redact(words(known.value)), lookedUp, asOf: { attempt, time, eventId } }];
  };
  return [
    ...fact('trigger', (trigger) => describeStart({ trigger: { version: NO_VERSION, value: trigger } }).join(' · ')),
    ...fact('creator', (creator) => creatorInWords(creator) ?? creator, true),
    ...fact('stages', (stages) => stages.join(', '), true),
    ...fact('stopReason', (reason) => reason),
    ...fact('failure', ({ errorCode, summary }) =>
      [errorCode && (deploymentErrorInWords(errorCode) ?? errorCode), summary].filter(Boolean).join(': '),
    ),
    ...fact('rollbackOf', (other) => other),
    ...fact('rolledBackBy', (other) => other),
    ...fact('gone', () => 'AWS knows nothing of it any more, so nobody asks again'),
  ];
};

const NO_VERSION: Version = { attempt: 1, time: 0, rank: 0, eventId: '' };

/** What keeps a workspace's messages back. */
type Held = { readonly circuit: Pause | undefined; readonly methods: ReadonlyMap<string, Pause> };

const METHODS = ['chat.postMessage', 'chat.update', 'conversations.history', 'conversations.replies'];

const heldOf = (rows: readonly StoredRow[], workspace: string): Held => {
  const pause = (sk: string): Pause | undefined => {
    const row = rows.find((each) => each.sk === sk);
    try {
      return row && pauseItem.parse(row.body);
    } catch {
      return undefined;
    }
  };
  return {
    circuit: pause(circuitKey(workspace).sk),
    methods: new Map(
      METHODS.flatMap((method) => {
        const found = pause(methodKey(workspace, method).sk);
        return found === undefined ? [] : [[method, found] as const];
      }),
    ),
  };
};

type Around = { readonly held: Held; readonly now: number; readonly parent: Delivery | undefined };

const storyMessage = (channel: string, delivery: Delivery, around: Around): StoryMessage => {
  const { history, ts, want, done, fence } = delivery;
  const standing = standingOf(delivery, around);
  return {
    channel,
    status: standing.status,
    because: standing.because ?? null,
    remedy: standing.remedy ?? null,
    ts: ts ?? null,
    shown: done,
    wanted: want,
    postedAt: history?.postedAt ?? null,
    shownAt: history?.shownAt ?? null,
    edits: history?.edits ?? null,
    turns: fence,
    nextTryAt: standing.nextTryAt ?? null,
    troubles: (history?.troubles ?? []).map((trouble) => ({
      ...trouble,
      error: redact(trouble.error),
      says: slackTroubleOf(redact(trouble.error)).says,
    })),
  };
};

type Standing = {
  readonly status: StoryMessage['status'];
  readonly because?: string;
  readonly remedy?: string;
  readonly nextTryAt?: number;
};

/** How far the sweep, which comes every minute, may be behind before somebody should look. */
const OVERDUE_MS = 10 * 60_000;

const standingOf = (delivery: Delivery, { held, now, parent }: Around): Standing => {
  const { refused, retryAt, dueAt, error, note, ts, extra, uneditable, failures, intent } = delivery;
  const next = dueAt ?? retryAt;
  const later = next === undefined ? {} : { nextTryAt: next };
  if (refused !== undefined) {
    const { says, remedy } = slackTroubleOf(redact(error ?? 'unknown'));
    return {
      status: refused === 'heals' ? 'waiting' : 'refused',
      because: says,
      ...(remedy !== undefined && { remedy }),
      ...(refused === 'heals' && later),
    };
  }
  if (!isDirty(delivery)) {
    return extra === undefined
      ? {
          status: 'shown',
          ...(uneditable && { because: 'it cannot be edited any more: what is new is in its thread' }),
        }
      : { status: 'shown', because: `posts one too many, to be deleted: ${extra.length}`, ...later };
  }
  const { circuit, methods } = held;
  if (circuit !== undefined && circuit.count > 0) {
    const { says, remedy } = slackTroubleOf(redact(circuit.error ?? 'unknown'));
    return {
      status: 'waiting',
      because: `every message of the workspace waits: ${says}`,
      ...(remedy !== undefined && { remedy }),
      nextTryAt: Math.max(circuit.until, next ?? 0),
    };
  }
  if (next !== undefined && next + OVERDUE_MS < now) {
    return {
      status: 'waiting',
      because: 'it is due and nobody has come for it',
      remedy: 'Look at the logs of sweep and deliver, and at the alarms.',
      ...later,
    };
  }
  if (note !== undefined && parent?.ts === undefined) {
    return { status: 'waiting', because: 'for the message that it is a reply to', ...later };
  }
  const method = ts !== undefined ? 'chat.update' : 'chat.postMessage';
  const pausedUntil = methods.get(method)?.until ?? 0;
  if (pausedUntil > now) {
    return {
      status: 'waiting',
      because: `${slackTroubleOf('ratelimited').says}: no ${method} before the pause is over`,
      nextTryAt: Math.max(pausedUntil, retryAt ?? 0),
    };
  }
  if (retryAt !== undefined && retryAt > now) {
    const because =
      failures > 0 && error !== undefined
        ? `${slackTroubleOf(redact(error)).says}, ${failures} ${failures === 1 ? 'time' : 'times'} in a row`
        : 'it was put off';
    return { status: 'waiting', because, nextTryAt: retryAt };
  }
  return intent !== undefined && ts === undefined
    ? { status: 'under-way', because: 'a post was begun; whether it is there is found out before the next', ...later }
    : { status: 'under-way', because: 'it is someone’s turn, or a wake-up is on its way', ...later };
};
