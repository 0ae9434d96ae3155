import { asError } from '../../shared/as-error.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import { labelsOf } from '../../shared/config/labels.ts';
import { askFor } from '../../shared/delivery/ask-for.ts';
import { noteWanted, wanted } from '../../shared/delivery/delivery.ts';
import { failureNote } from '../../shared/delivery/note.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Log } from '../../shared/log.ts';
import { snsMessage } from '../../shared/message/sns-message.ts';
import type { SnsMessage } from '../../shared/message/sns-message.ts';
import { quarantinedText, quarantineItem } from '../../shared/quarantine/quarantine.ts';
import { cameUnder, eventItem, withRefusal } from '../../shared/rollout/event-record.ts';
import type { EventRecord, Trouble } from '../../shared/rollout/event-record.ts';
import type { ApprovalRequest } from '../../shared/rollout/approval-request.ts';
import { factId } from '../../shared/rollout/fact-id.ts';
import { fold, withFacts } from '../../shared/rollout/fold.ts';
import { isToBeLookedUp } from '../../shared/rollout/looked-up.ts';
import { overviewOf } from '../../shared/rollout/overview.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Deployment, Facts, Rollout, RolloutId, StateChange } from '../../shared/rollout/rollout.ts';
import { isUnjoined } from '../../shared/rollout/service-deployment.ts';
import type { Unjoined } from '../../shared/rollout/service-deployment.ts';
import { isFinal } from '../../shared/rollout/state.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { compareVersions } from '../../shared/rollout/version.ts';
import type { Version } from '../../shared/rollout/version.ts';
import { heard } from '../../shared/rollout/watch.ts';
import { audienceOf, mayBeHeardOf } from '../../shared/routing/route.ts';
import type { Audience } from '../../shared/routing/route.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem, Step } from '../../shared/store/change-item.ts';
import { eventKey, quarantineKey, rolloutKey, rolloutPk } from '../../shared/store/keys.ts';
import type { Item } from '../../shared/store/store.ts';
import { openGates, openRequested, withGate } from './open-gates.ts';
import type { GatePorts } from './open-gates.ts';

/** What a queue message says, or the one event of a direct invocation. */
export type Message = { readonly id: string; readonly text: string };

/** What became of a message. `failed`: not everything was done, so it has to come again. */
export type Handled = {
  readonly id: string;
  readonly outcome: 'applied' | 'duplicate' | 'stale' | 'unrouted' | 'ignored' | 'quarantined' | 'failed';
  readonly reason?: string;
};

export type Notify = (messages: readonly Message[]) => Promise<readonly Handled[]>;

export type NotifyDeps = {
  readonly config: Config;
  readonly changeItem: ChangeItem;
  readonly publish: (topic: string, message: SnsMessage) => Promise<void>;
  /** What AWS knows of a rollout and no event tells, as of a version. May reject; soon ends either way. */
  readonly lookUp: (id: RolloutId, asOf: Version) => Promise<Facts>;
  /** Which deployment of its service a change is of; undefined: AWS does not know of it yet. Rejects when it does not answer. */
  readonly join: (change: Unjoined) => Promise<StateChange | undefined>;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  /** How long ago an event may have happened, in milliseconds. */
  readonly oldestEventMs: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** What gates take that are opened here. */
  readonly gates: GatePorts;
  /** Says of a deployment that its traffic may be watched, if a suite may be for it. Left out: none is for any. */
  readonly sayBake?: ((deployment: Deployment) => Promise<void>) | undefined;
};

/**
 * Takes in a batch of events: folds each into its rollout, asks for the Slack messages that are to show it, publishes
 * it to the topics of its routes. Every step may be repeated, so what failed half-way just comes again.
 */
export const createNotify =
  (deps: NotifyDeps): Notify =>
  async (messages) => {
    const unusable: Promise<Handled>[] = [];
    const changes: Told[] = [];
    for (const message of messages) {
      const parsed = parseEventText(message.text);
      switch (parsed.kind) {
        case 'change':
          if (deps.clock.now() - parsed.change.version.time > deps.oldestEventMs) {
            unusable.push(quarantine(deps, message, TOO_OLD));
            break;
          }
          changes.push({ id: message.id, change: parsed.change, replay: parsed.replay });
          break;
        case 'approval':
          unusable.push(openRequestedGate(deps, message, parsed.request, parsed.sentAt));
          break;
        case 'ignored':
          unusable.push(Promise.resolve({ id: message.id, outcome: 'ignored', reason: parsed.reason }));
          break;
        case 'quarantined':
          unusable.push(quarantine(deps, message, parsed.reason));
          break;
      }
    }
    const arrived = await Promise.all(changes.map((told) => arrive(deps, told)));
    const arrivals = arrived.flatMap((one) => ('change' in one ? [one] : []));
    unusable.push(...arrived.flatMap((one) => ('change' in one ? [] : [Promise.resolve(one)])));
    const rollouts = Map.groupBy(arrivals, ({ change }) => rolloutPk(change.rollout));
    const handled = await Promise.all([
      ...unusable,
      ...[...rollouts].map(([pk, together]) => takeIn(deps, pk, together)),
    ]);
    return handled.flat();
  };

type Told = { readonly id: string; readonly change: StateChange; readonly replay: string | undefined };

type Arrival = {
  readonly id: string;
  readonly change: StateChange;
  readonly audience: Audience;
  /** The replay that brought it: nobody is to hear of it again but by the message that shows it. */
  readonly replay: string | undefined;
};

const arrive = async (deps: NotifyDeps, told: Told): Promise<Arrival | Handled> => {
  const { id, replay } = told;
  const joined = await attempt(join(deps, told.change));
  return joined.ok
    ? {
        id,
        change: joined.value,
        audience: audienceOf(joined.value, deps.config.routes),
        replay: replay?.startsWith(PUBLISHING_REPLAY) === true ? undefined : replay,
      }
    : failed(deps.log, id, joined.error);
};

/** So long ECS may take to show a deployment that it has told of, and to answer at all. */
const UNLISTED_MS = 60_000;
const UNANSWERED_MS = 15 * 60_000;

/** Nothing is folded before it is known into what; what nobody can say after a while is a rollout of its own. */
const join = async (deps: NotifyDeps, change: StateChange): Promise<StateChange> => {
  const { config, clock, log } = deps;
  if (!isUnjoined(change) || !mayBeHeardOf(change.rollout, config.routes)) {
    return change;
  }
  const age = clock.now() - change.version.time;
  const joined = await attempt(deps.join(change));
  if (joined.ok && joined.value !== undefined) {
    return joined.value;
  }
  const error = joined.ok ? new Error('ECS does not list the deployment yet') : asError(joined.error);
  if (age < (joined.ok ? UNLISTED_MS : UNANSWERED_MS)) {
    throw error;
  }
  log.warn('rollout not looked up', { rollout: rolloutPk(change.rollout), error });
  return change;
};

/** Nothing is on its way for so long: it comes out of an archive or a copy, and would begin a rollout that is long over. */
const TOO_OLD = 'too old';

/** Who replays an archive asks for what it tells to be published by giving the replay a name that begins so. */
const PUBLISHING_REPLAY = 'publish';

const quarantine = async (
  { changeItem, clock, log }: NotifyDeps,
  message: Message,
  reason: string,
): Promise<Handled> => {
  log.warn('event quarantined', { messageId: message.id, reason });
  try {
    await changeItem(quarantineKey(clock.now(), message.id), quarantineItem, () => ({
      body: quarantinedText(message.text, reason),
      outcome: undefined,
    }));
    return { id: message.id, outcome: 'quarantined', reason };
  } catch (error) {
    return failed(log, message.id, error);
  }
};

/** So long AWS may take to show an approval that it has told of. */
const UNSHOWN_MS = 15 * 60_000;

const openRequestedGate = async (
  deps: NotifyDeps,
  message: Message,
  request: ApprovalRequest,
  sentAt: number | undefined,
): Promise<Handled> => {
  const requested = await attempt(openRequested(deps, request));
  if (!requested.ok) {
    return failed(deps.log, message.id, requested.error);
  }
  switch (requested.value) {
    case 'opened':
      return { id: message.id, outcome: 'applied' };
    case 'nobody-asked':
      return { id: message.id, outcome: 'ignored', reason: 'an approval that no gate of gatehouse.yml is about' };
    case 'unshown':
      return sentAt !== undefined && deps.clock.now() - sentAt < UNSHOWN_MS
        ? failed(deps.log, message.id, new Error('AWS does not show the approval yet'))
        : { id: message.id, outcome: 'ignored', reason: 'an approval that AWS does not show, or not any more' };
  }
};

/** What a batch brings for one rollout: folded at once, then told event by event. */
const takeIn = async (deps: NotifyDeps, pk: string, arrivals: readonly Arrival[]): Promise<readonly Handled[]> => {
  const { changeItem, log } = deps;
  try {
    const folded = await changeItem(rolloutKey(pk), rolloutItem, (stored) => foldAll(stored, arrivals, deps));
    const { stored, fresh } = folded.outcome;
    // Slack and SNS do not wait for each other's trouble: both are asked, then it is seen what is missing.
    const asked = await attempt(askForMessages(deps, pk, arrivals, stored, folded.item?.rev ?? 0));
    const opened = await attempt(
      openGates(
        deps,
        // What a replay brings out of an archive is long decided.
        arrivals.filter(({ replay }) => replay === undefined).map(({ change }) => change),
        stored,
      ),
    );
    const baked = await attempt(sayBake(deps, arrivals, stored));
    const enriched = await enrich(deps, pk, arrivals, stored, folded.item);
    const handled: Handled[] = [];
    // One after the other: the same event may be in the batch twice.
    for (const [index, arrival] of arrivals.entries()) {
      const published = await attempt(tell(deps, pk, arrival, enriched.stored, fresh[index] === true));
      const missed = [asked, opened, baked, enriched.kept, published].find((one) => one?.ok === false);
      handled.push(
        published.ok && missed === undefined
          ? published.value
          : failed(log, arrival.id, missed?.ok === false ? missed.error : undefined),
      );
    }
    return handled;
  } catch (error) {
    return arrivals.map(({ id }) => failed(log, id, error));
  }
};

/** Said of every event of a deployment that has not ended: whoever watches it begins once. */
const sayBake = async (
  { sayBake: say }: NotifyDeps,
  arrivals: readonly Arrival[],
  { rollout }: StoredRollout,
): Promise<void> => {
  const { id } = rollout;
  const isNews = arrivals.some(({ replay }) => replay === undefined);
  if (say !== undefined && id.source === 'codedeploy' && isNews && !isFinal(overviewOf(rollout).state)) {
    await say(id);
  }
};

type Folded = {
  readonly stored: StoredRollout;
  /** Of each arrival, whether it changed anything. */
  readonly fresh: readonly boolean[];
};

const foldAll = (
  known: StoredRollout | undefined,
  arrivals: readonly Arrival[],
  deps: NotifyDeps,
): Step<StoredRollout, Folded> => {
  let stored = known;
  const fresh = arrivals.map(({ change, audience }) => {
    const before = stored;
    stored = withGate(withArrival(stored, change, audience), change, deps);
    if (stored !== before) {
      stored = watched(stored, deps.config.routes, deps.clock.now());
    }
    // A put may succeed and its answer be lost: then this finds its own work, which was no less news.
    return stored.rollout !== before?.rollout || isIn(stored.rollout, change);
  });
  if (stored === undefined) {
    throw new Error('A rollout is folded from at least one change');
  }
  return { ...(stored !== known && { body: stored }), outcome: { stored, fresh } };
};

/** Watches what somebody hears of and has not ended: EventBridge may lose the event that tells its end. */
const watched = ({ watch, ...stored }: StoredRollout, routes: Config['routes'], now: number): StoredRollout =>
  isFinal(overviewOf(stored.rollout).state) || !mayBeHeardOf(stored.rollout.id, routes)
    ? stored
    : { ...stored, watch: heard(now) };

/** Whether the newest that is known of something was told by this event. */
const isIn = ({ registers, facts }: Rollout, { register, version }: StateChange): boolean =>
  [registers[registerName(register)], ...Object.values(facts)].some(
    (known) => known?.version.eventId === version.eventId,
  );

const withArrival = (stored: StoredRollout | undefined, change: StateChange, audience: Audience): StoredRollout => {
  const rollout = fold(stored?.rollout, change);
  const { channels = [], details = {} } = stored ?? {};
  const joining = audience.channels.filter(
    ({ channel, route }) => !channels.includes(channel) || route < (details[channel]?.route ?? 0),
  );
  return rollout === stored?.rollout && joining.length === 0
    ? stored
    : {
        ...stored,
        rollout,
        channels: [...new Set([...channels, ...joining.map(({ channel }) => channel)])],
        details: {
          ...details,
          ...Object.fromEntries(joining.map(({ channel, route, detail }) => [channel, { route, detail }])),
        },
      };
};

/** Repeated for every event, also one that changed nothing: the try before may have ended between fold and here. */
const askForMessages = async (
  deps: NotifyDeps,
  pk: string,
  arrivals: readonly Arrival[],
  { channels }: StoredRollout,
  rev: number,
): Promise<void> => {
  const now = deps.clock.now();
  await askFor(
    deps,
    channels.map((channel) => ({ place: { pk, channel }, transition: wanted(rev, now) })),
  );
  // After the messages in whose threads they belong: a note alone would have nothing to answer to.
  await askFor(
    deps,
    arrivals.flatMap(({ change, audience, replay }) =>
      audience.channels
        .filter(({ mentions }) => mentions.length > 0 && replay === undefined)
        .map(({ channel, mentions }) => {
          const { key, note } = failureNote(change, mentions);
          return { place: { pk, channel, note: key }, transition: noteWanted(note, now) };
        }),
    ),
  );
};

/**
 * Adds what no event tells, once the messages are on their way: they show it with an edit. What is known is published
 * also when it could not be kept, for a topic is not told twice.
 */
const enrich = async (
  deps: NotifyDeps,
  pk: string,
  arrivals: readonly Arrival[],
  stored: StoredRollout,
  held: Item | undefined,
): Promise<{ readonly stored: StoredRollout; readonly kept?: Attempt<void> | undefined }> => {
  const { changeItem, lookUp, log } = deps;
  const [newest] = arrivals
    .map(({ change }) => change)
    .filter((change) => isToBeLookedUp(stored.rollout, change))
    .sort((a, b) => compareVersions(b.version, a.version));
  const isHeardOf = stored.channels.length > 0 || arrivals.some(({ audience }) => audience.topics.length > 0);
  if (newest === undefined || !isHeardOf) {
    return { stored };
  }
  const facts = await attempt(lookUp(newest.rollout, newest.version));
  if (!facts.ok) {
    log.warn('rollout not looked up', { rollout: pk, error: asError(facts.error) });
    return { stored };
  }
  const enriched = withLookedUp(stored, facts.value);
  const kept =
    enriched === stored
      ? undefined
      : await attempt(
          changeItem(
            rolloutKey(pk),
            rolloutItem,
            (known = stored) => {
              const next = withLookedUp(known, facts.value);
              return { ...(next !== known && { body: next }), outcome: next };
            },
            held,
          ).then(({ outcome, item }) => askForMessages(deps, pk, [], outcome, item?.rev ?? 0)),
        );
  return { stored: enriched, kept };
};

const withLookedUp = (stored: StoredRollout, facts: Facts): StoredRollout => {
  const rollout = withFacts(stored.rollout, facts);
  return rollout === stored.rollout ? stored : { ...stored, rollout };
};

/** Publishes an event to the topics that have not had it, and keeps the record that says so. */
const tell = async (
  deps: NotifyDeps,
  pk: string,
  { id, change, audience, replay }: Arrival,
  { rollout, channels }: StoredRollout,
  fresh: boolean,
): Promise<Handled> => {
  const { changeItem, config, publish, clock, log } = deps;
  const key = eventKey(pk, factId(change));
  const { outcome: known, item = 'nothing' } = await changeItem(key, eventItem, unchanged);
  const toTell = replay === undefined ? audience.topics : [];
  const topics = toTell.map(({ topic }) => topic);
  const routed = channels.length > 0 || audience.topics.length > 0;
  const outcome = !fresh ? 'stale' : routed ? 'applied' : 'unrouted';
  const record: EventRecord = known ?? {
    outcome,
    eventIds: [],
    register: registerName(change.register),
    state: change.state,
    routes: audience.routes,
    channels: audience.channels.map(({ channel }) => channel),
    topics,
    attempt: change.version.attempt,
    time: change.version.time,
    handledAt: clock.now(),
    published: [],
    ...(replay !== undefined && { replay }),
  };
  const keep = (published: readonly string[], trouble: Trouble | undefined) =>
    changeItem(
      key,
      eventItem,
      (stored) => {
        const next = {
          ...cameUnder(stored ?? record, change.version.eventId),
          published: [...new Set([...(stored?.published ?? []), ...published])],
        };
        return { body: trouble === undefined ? next : withRefusal(next, trouble), outcome: undefined };
      },
      item,
    );
  const missing = toTell.filter(({ topic }) => !record.published.includes(topic));
  const published = await Promise.all(
    missing.map(({ topic, detail }) =>
      attempt(publish(topic, snsMessage(change, rollout, labelsOf(rollout.id, config), detail))),
    ),
  );
  const done = missing.flatMap(({ topic }, index) => (published[index]?.ok ? [topic] : []));
  const repeated = known?.eventIds.includes(change.version.eventId) === true;
  const refusal = published.find((one) => !one.ok);
  if (!repeated || missing.length > 0) {
    await keep(done, refusal && { at: clock.now(), error: asError(refusal.error).name });
  }
  if (refusal !== undefined) {
    return failed(log, id, refusal.error);
  }
  const handled: Handled = { id, outcome: repeated ? 'duplicate' : known === undefined ? outcome : 'stale' };
  log.info('event handled', {
    messageId: id,
    outcome: handled.outcome,
    eventId: change.version.eventId,
    rollout: pk,
    register: record.register,
    state: change.state,
    published: done,
    replay,
  });
  return handled;
};

type Attempt<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown };

const attempt = async <Value>(work: Promise<Value>): Promise<Attempt<Value>> => {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    return { ok: false, error };
  }
};

const failed = (log: Log, id: string, error: unknown): Handled => {
  const cause = asError(error);
  log.error('event failed', { messageId: id, error: cause });
  return { id, outcome: 'failed', reason: cause.name };
};
