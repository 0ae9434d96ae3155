import type { Invocation } from '../../local/virtual/invocation.ts';
import type { HeldMessage } from '../../local/virtual/virtual-slack.ts';
import type { SlackDeed, World } from '../../local/virtual/world.ts';
import { DETAILS } from '../../shared/config/config.ts';
import type { Config } from '../../shared/config/config.ts';
import { isOfRollout } from '../../shared/delivery/note.ts';
import { labelsOf } from '../../shared/config/labels.ts';
import { LEASE_MS } from '../../shared/delivery/delivery.ts';
import type { Delivery } from '../../shared/delivery/delivery.ts';
import type { Note } from '../../shared/delivery/note.ts';
import { noteMessage } from '../../shared/message/note-message.ts';
import { slackMessage } from '../../shared/message/slack-message.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import { deliveryKey } from '../../shared/store/keys.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Key } from '../../shared/store/store.ts';
import type { FaultyNetwork, Plan } from './faults.ts';
import { expect, lookOf, pairOf } from './oracle.ts';
import type { Knowledge } from './oracle.ts';
import { factOf } from './runs.ts';
import type { ToldEvent } from './runs.ts';
import type { Arrival } from './workload.ts';

/** Watches a world and holds the promises against it. */
export type Judge = {
  readonly onRollout: (pk: string, rev: number, rollout: Rollout) => void;
  readonly onDelivery: (key: Key, delivery: Delivery, by: Invocation) => void;
  readonly onSlackAsked: (by: Invocation, wakeUp: WakeUp) => void;
  readonly onSlackDeed: (deed: SlackDeed) => void;
  readonly problems: (end: End) => readonly string[];
};

/** How a world ended. */
type End = {
  readonly world: World;
  readonly arrivals: readonly Arrival[];
  /** What the sweep was told by AWS; its messages are called `poll-` and their number. */
  readonly polled: readonly ToldEvent[];
  readonly plan: Pick<Plan, 'historyScope'>;
  readonly faults: FaultyNetwork;
  readonly knowledge?: Knowledge;
};

/** A deed as it was seen: when, whether its doer owned the delivery then, and whether it was asked for within the lease. */
type Seen = SlackDeed & {
  readonly at: number;
  readonly owned: boolean;
  readonly inTime: boolean;
  /** How many revisions there were: a later one may look like an earlier. */
  readonly revisions: number;
  /** Its doer had already written down, as the owner, that it failed. */
  readonly wasGivenUp: boolean;
};

/** How long a message may be behind what it once showed, after a lost fence: two minutes, and the time to get there. */
const REPAIR_MS = 2 * 60_000 + 75_000;

/** Deliver gives a call of unknown outcome as long as this; what takes effect later was held up by a standstill. */
const OVERDUE_MS = 15_000;

const isOverdue = ({ at, askedAt, owned }: Seen): boolean => !owned && at - askedAt > OVERDUE_MS;

export const createJudge = (config: Config, now: () => number): Judge => {
  /** What each revision of a rollout may look like, and what a note does, by the delivery's place. */
  const looks = new Map<string, (readonly string[])[]>();
  const executions = new Map<string, string>();
  const rollouts = new Map<string, Rollout>();
  const notes = new Map<string, Map<string, Note>>();
  const fences = new Map<string, number>();
  const claims = new Map<string, { readonly fence: number; readonly at: number }>();
  /** Which invocation has called Slack about which delivery. */
  const asked = new Set<string>();
  /** When an invocation first wrote down a message's id. */
  const recordedAt = new Map<string, number>();
  const extras = new Set<string>();
  const lastWriteAt = new Map<number, number>();
  const lastOwnWriteAt = new Map<number, number>();
  const deeds: Seen[] = [];

  const placeOf = ({ pk, sk }: Key): string => `${pk} ${sk}`;
  const pairOfDeed = ({ wakeUp }: SlackDeed): string =>
    pairOf(executions.get(wakeUp.pk) ?? wakeUp.pk, wakeUp.channel, wakeUp.note);

  const looksOf = ({ wakeUp }: SlackDeed) =>
    looks.get(wakeUp.note === undefined ? wakeUp.pk : placeOf(deliveryKey(wakeUp))) ?? [];

  /** A note says what is known when it is posted. */
  const drawNotes = (pk: string): void => {
    const rollout = rollouts.get(pk);
    for (const [place, note] of (rollout && notes.get(pk)) ?? []) {
      const look =
        rollout && isOfRollout(note) ? lookOf(noteMessage(rollout, labelsOf(rollout.id, config), note)) : undefined;
      const [known = []] = looks.get(place) ?? [];
      if (look !== undefined && !known.includes(look)) {
        looks.set(place, [[...known, look]]);
      }
    }
  };

  return {
    onRollout: (pk, rev, rollout) => {
      executions.set(pk, rollout.id.executionId);
      const known = looks.get(pk) ?? [];
      const labels = labelsOf(rollout.id, config);
      known[rev] = DETAILS.map((detail) => lookOf(slackMessage(rollout, labels, detail)));
      looks.set(pk, known);
      rollouts.set(pk, rollout);
      drawNotes(pk);
    },

    onDelivery: (key, { fence, done, ts, note, extra = [] }, by) => {
      const place = placeOf(key);
      if (note !== undefined && notes.get(key.pk)?.has(place) !== true) {
        notes.set(key.pk, (notes.get(key.pk) ?? new Map<string, Note>()).set(place, note));
        drawNotes(key.pk);
      }
      // Whoever doubts what a call of its own has left there ends the turn of the owner of now, and begins none.
      const isDoubt = asked.has(`${place} ${by.number}`) && done === 0 && ts !== undefined;
      lastWriteAt.set(by.number, now());
      extra.forEach((one) => extras.add(one));
      for (const known of ts === undefined ? extra : [ts, ...extra]) {
        recordedAt.set(`${by.number} ${known}`, recordedAt.get(`${by.number} ${known}`) ?? now());
      }
      if (fence > (fences.get(place) ?? 0)) {
        fences.set(place, fence);
        if (!isDoubt) {
          claims.set(`${place} ${by.number}`, { fence, at: now() });
        }
      }
      if (claims.get(`${place} ${by.number}`)?.fence === fence) {
        lastOwnWriteAt.set(by.number, now());
      }
    },

    onSlackAsked: (by, wakeUp) => {
      asked.add(`${placeOf(deliveryKey(wakeUp))} ${by.number}`);
    },

    onSlackDeed: (deed) => {
      const place = placeOf(deliveryKey(deed.wakeUp));
      const claim = claims.get(`${place} ${deed.by.number}`);
      deeds.push({
        ...deed,
        at: now(),
        revisions: looksOf(deed).length,
        owned: claim?.fence === fences.get(place),
        wasGivenUp: (lastOwnWriteAt.get(deed.by.number) ?? 0) > deed.askedAt,
        inTime: claim !== undefined && deed.askedAt < claim.at + LEASE_MS,
      });
    },

    problems: (end) => {
      const { world, arrivals, polled, plan, faults, knowledge } = end;
      const expected = expect([...arrivals.flatMap(({ told }) => told ?? []), ...polled], config, knowledge);
      const posts = Map.groupBy(deeds.filter(isFirstOf(deeds)), pairOfDeed);
      const visible = Map.groupBy(
        world.slack.messages().filter(({ deleted }) => !deleted),
        ({ channel, ts }) => {
          const post = deeds.find((deed) => deed.wakeUp.channel === channel && deed.ts === ts);
          return post === undefined ? 'nobody' : pairOfDeed(post);
        },
      );
      const ambiguous = new Set(faults.ambiguousPosts());
      const isDoubtful = ({ by, ts, at, owned }: Seen): boolean => {
        const recorded = recordedAt.get(`${by.number} ${ts}`);
        return (
          ambiguous.has(by.number) || !owned || extras.has(ts) || recorded === undefined || recorded > at + OVERDUE_MS
        );
      };
      const isAbandoned = (message: HeldMessage): boolean => {
        const last = deeds.findLast(({ wakeUp, ts }) => wakeUp.channel === message.channel && ts === message.ts);
        return (
          last !== undefined &&
          !last.owned &&
          (lastWriteAt.get(last.by.number) ?? 0) < last.at &&
          (isOverdue(last) || faults.interrupted().has(last.by.number))
        );
      };
      const messages = [...expected.messages].flatMap(([pair, possible]) => {
        const shown = visible.get(pair) ?? [];
        const made = posts.get(pair) ?? [];
        const doubtful = made.filter(isDoubtful).length;
        // A post that takes effect long after the fence was lost is its maker's to clean up. That is left undone only where something
        // else goes wrong as well: an invocation ends between a post of this pair and the record of it.
        const isUnrecorded = made.some(({ by, ts }) => !recordedAt.has(`${by.number} ${ts}`));
        const unowned = isUnrecorded ? made.filter(isOverdue).length : 0;
        const most = 1 + (plan.historyScope ? unowned : doubtful);
        return [
          ...(shown.length === 0 ? [`P2: no message for ${pair}`] : []),
          ...(shown.length > most
            ? [`P2: ${shown.length} messages for ${pair}, ${doubtful} posts were ambiguous`]
            : []),
          ...(doubtful === 0 && made.length > 1 ? [`P2: posted more than once: ${pair}`] : []),
          // Of several the one that is cared for is the truth. An edit made after the fence was lost is its maker's to
          // put in doubt: nobody else knows of it when its invocation ends at that moment.
          ...(shown.length > 0 && !shown.some((message) => possible.includes(lookOf(message)) || isAbandoned(message))
            ? [`P3: not what was received: ${pair}`]
            : []),
        ];
      });
      const late = deeds
        .filter(({ inTime, shows }) => !inTime && shows !== undefined)
        .map((deed) => `P4: asked Slack after its lease: ${pairOfDeed(deed)}`);
      const strays = [...visible.keys()]
        .filter((pair) => !expected.messages.has(pair))
        .map((pair) => `P2: nobody asked for ${pair}`);
      const astray = [...visible].flatMap(([pair, held]) =>
        held
          .filter(({ channel, ts, thread }) => {
            const post = deeds.find((deed) => deed.wakeUp.channel === channel && deed.ts === ts);
            const isNote = post?.wakeUp.note !== undefined;
            const parent = deeds.find((deed) => deed.wakeUp.channel === channel && deed.ts === thread);
            return isNote ? parent?.wakeUp.pk !== post.wakeUp.pk : thread !== undefined;
          })
          .map(() => `P2: in the wrong thread: ${pair}`),
      );
      const screens = [...Map.groupBy(deeds, ({ wakeUp, ts }) => `${wakeUp.channel}/${ts}`).values()].flatMap(
        (history) => screenProblems(history, looksOf, faults.faultTimes()),
      );
      return [
        ...messages,
        ...late,
        ...strays,
        ...astray,
        ...screens,
        ...publicationProblems(expected.publications, end),
      ];
    },
  };
};

const isFirstOf =
  (deeds: readonly Seen[]) =>
  ({ ts, wakeUp }: Seen, place: number): boolean =>
    deeds.findIndex((other) => other.ts === ts && other.wakeUp.channel === wakeUp.channel) === place;

/** P4: a message shows revisions that were, and never goes back; if somebody without the fence did it, not for long. */
const screenProblems = (
  history: readonly Seen[],
  looksOf: (deed: Seen) => readonly (readonly string[])[],
  faultTimes: readonly number[],
): readonly string[] => {
  const problems: string[] = [];
  let newest = 0;
  let regressedAt: number | undefined;
  for (const deed of history) {
    const { shows, wakeUp, at, owned, wasGivenUp } = deed;
    if (shows === undefined) {
      break;
    }
    // A place in the list that nobody filled is undefined to the iterator.
    const revisions = [...looksOf(deed).slice(0, deed.revisions).entries()].flatMap(([rev, possible = []]) =>
      possible.includes(lookOf(shows)) ? [rev] : [],
    );
    const forward = revisions.find((rev) => rev >= newest);
    if (revisions.length === 0) {
      problems.push(`P4: shown what never was: ${wakeUp.pk}`);
    } else if (forward === undefined) {
      regressedAt ??= at;
      if (owned) {
        problems.push(`P4: went back although it had the fence: ${wakeUp.pk} in ${wakeUp.channel}`);
      }
      if (wasGivenUp) {
        problems.push(`P4: went back through a call that was given up: ${wakeUp.pk} in ${wakeUp.channel}`);
      }
    } else {
      const since = regressedAt;
      const wasDisturbed = since !== undefined && faultTimes.some((time) => time >= since - 60_000 && time <= at);
      if (since !== undefined && at - since > REPAIR_MS && !wasDisturbed) {
        problems.push(`P4: went back for ${(at - since) / 1000} s: ${wakeUp.pk} in ${wakeUp.channel}`);
      }
      regressedAt = undefined;
      newest = forward;
    }
  }
  return problems;
};

/** P1: at least once; never again when the event was done with; and no more often than it came, if nothing went wrong. */
const publicationProblems = (
  expected: readonly { readonly fact: string; readonly topic: string }[],
  { world, arrivals, polled, faults }: End,
): readonly string[] => {
  const told = [...arrivals.flatMap((arrival) => arrival.told ?? []), ...polled];
  const toldIn = (messageId: string): ToldEvent | undefined =>
    messageId.startsWith('poll-') ? polled[Number(messageId.slice('poll-'.length))] : arrivals[Number(messageId)]?.told;
  // What AWS says when it is asked is the fact that an event tells: whichever comes first is published.
  const facts = new Map(told.map((event) => [`${event.eventId} ${event.state}`, factOf(event)]));
  const doneAt = new Map<string, number>();
  for (const { handled, at } of world.accounts()) {
    const event = toldIn(handled.id);
    const fact = event && factOf(event);
    if (fact !== undefined && handled.outcome !== 'failed' && !doneAt.has(fact)) {
      doneAt.set(fact, at);
    }
  }
  const made = Map.groupBy(
    world.publications(),
    ({ topic, document: { eventId, state } }) => `${facts.get(`${eventId} ${state}`) ?? 'nothing'} to ${topic}`,
  );
  const wanted = new Set(expected.map(({ fact, topic }) => `${fact} to ${topic}`));
  return [
    ...[...wanted].filter((one) => !made.has(one)).map((one) => `P1: never published: ${one}`),
    ...[...made].flatMap(([one, publications]) => {
      const fact = one.slice(0, one.lastIndexOf(' to '));
      const copies = told.filter((event) => factOf(event) === fact).length;
      const tooLate = publications.some(({ by }) => by.startedAt > (doneAt.get(fact) ?? Number.POSITIVE_INFINITY));
      return [
        ...(wanted.has(one) ? [] : [`P1: published although nobody asked: ${one}`]),
        ...(tooLate ? [`P1: published again: ${one}`] : []),
        ...(faults.faultTimes().length === 0 && publications.length > copies
          ? [`P1: published ${publications.length} times: ${one}`]
          : []),
      ];
    }),
  ];
};
