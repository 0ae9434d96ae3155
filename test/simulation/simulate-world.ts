import { createHash } from 'node:crypto';
import { deliveryItem } from '../../shared/delivery/delivery.ts';
import { deliveryPlaceOf } from '../../shared/store/keys.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { Config } from '../../shared/config/config.ts';
import { isFinal } from '../../shared/rollout/state.ts';
import { createChance } from '../../local/virtual/chance.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryTable } from '../../local/virtual/memory-store.ts';
import type { MemoryTable } from '../../local/virtual/memory-store.ts';
import type { Call } from '../../local/virtual/network.ts';
import { createWorld, DEPLOYED } from '../../local/virtual/world.ts';
import type { World } from '../../local/virtual/world.ts';
import { storyProblems } from './explained.ts';
import { createFaultyNetwork, drawPlan } from './faults.ts';
import { createJudge } from './judge.ts';
import { createLookUps } from './look-ups.ts';
import type { HandledEvent, LookUps } from './look-ups.ts';
import { isHeard, versionOf } from './oracle.ts';
import { UNRESTRICTED } from './restrictions.ts';
import type { Restrictions } from './restrictions.ts';
import type { ToldEvent } from './runs.ts';
import { createTruth } from './truth.ts';
import type { Truth } from './truth.ts';
import { drawArrivals, drawConfig, drawStory } from './workload.ts';
import type { Arrival } from './workload.ts';

/** What came of a world: what it broke of the promises, and a digest of everything that happened in it. */
export type Simulated = {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly digest: string;
  readonly events: number;
  readonly posts: number;
  readonly edits: number;
  readonly faults: number;
  readonly parts: WorldParts;
};

/** What a world is made of, as far as it can be left out. */
export type WorldParts = {
  /** The numbers of the runs. */
  readonly runs: readonly number[];
  /** The ids of the events that took place. */
  readonly events: readonly string[];
  /** Every fault that struck, as `freeze.3`. */
  readonly faults: readonly string[];
};

export type SimulationOptions = {
  readonly harsh?: boolean;
  readonly restrictions?: Restrictions;
  /** Told, line by line, of what happens. */
  readonly trace?: (line: string) => void;
  /** Puts something between the world and its table. */
  readonly overTable?: (table: MemoryTable) => MemoryTable;
};

const BEGIN = Date.UTC(2026, 10, 20, 10);
const MINUTE_MS = 60_000;

/** A quarter of an hour for a token that was bad, and some time for what waits behind it. */
const PATIENCE_MS = 40 * MINUTE_MS;

/** A lost end is known of within a quarter of an hour. */
const REPAIRED_MS = 15 * MINUTE_MS;

/** The latest that an event comes after what it tells of. */
const LATEST_MS = 4 * MINUTE_MS;

/** More steps than any world takes that does not run in circles. */
const MOST_STEPS = 300_000;

/** Plays one small world: a few executions, everything that the seed has go wrong, and the promises held against it. */
export const simulateWorld = async (
  seed: number,
  { harsh = false, restrictions = UNRESTRICTED, trace, overTable = (table) => table }: SimulationOptions = {},
): Promise<Simulated> => {
  const chance = createChance(seed);
  const config = drawConfig(chance.fork('config'));
  const kernel = createKernel(BEGIN);
  const { clock } = kernel;
  const story = drawStory(chance.fork('story'), BEGIN, restrictions);
  const truth = createTruth(story.happenings, story.known);
  /** What the sweep was told by AWS, in the order in which it was put into the queue. */
  const polled: ToldEvent[] = [];
  const overAt = Math.max(BEGIN, ...story.happenings.map(({ at }) => at));
  const plan = drawPlan(chance.fork('plan'), BEGIN, overAt + LATEST_MS, harsh);

  const hash = createHash('sha256');
  const note = (line: string): void => {
    const entry = `${((clock.now() - BEGIN) / 1000).toFixed(3).padStart(10)} ${line}`;
    hash.update(entry);
    trace?.(entry);
  };
  const say = ({ by, operation }: Call, befell: string): void => {
    note(`${by.name} ${by.number} ${operation}: ${befell}`);
  };
  const faulty = createFaultyNetwork(kernel, plan, chance, say, restrictions);
  const lookUps = createLookUps(kernel, truth, faulty);
  const arrivals = drawArrivals(chance.fork('arrivals'), BEGIN, story, faulty.strikesOnItsWay);
  const judge = createJudge(config, clock.now);
  const world = createWorld({
    kernel,
    config,
    network: faulty.network,
    random: chance.random,
    historyScope: plan.historyScope,
    table: overTable(createMemoryTable()),
    skewOf: (by) => {
      const skew = faulty.skewOf(by);
      if (skew !== 0) {
        note(`${by.name} ${by.number} begins with a clock that is ${skew} ms fast`);
      }
      return skew;
    },
    lookUp: lookUps.lookUp,
    ask: (rollouts, askersNow) => truth.ask(rollouts, clock.now(), askersNow),
    onPolled: (text) => {
      const told = truth.toldBy(text);
      if (told !== undefined) {
        polled.push(told);
        note(`polled ${told.eventId}`);
      }
    },
    losesWakeUp: () => faulty.strikes('lost-wake-up'),
    visibilityMs: (name) => (faulty.strikes('overlap') ? chance.between(0, 4_000) : DEPLOYED[name].visibilityMs),
    onWritten: (item, by) => {
      if (item.key.sk === 'STATE') {
        note(`${by.name} ${by.number} folded ${item.key.pk.slice(-2)} to ${item.rev}`);
        judge.onRollout(item.key.pk, item.rev, rolloutItem.parse(item.body).rollout);
      }
      if (deliveryPlaceOf(item.key) !== undefined) {
        const delivery = deliveryItem.parse(item.body);
        judge.onDelivery(item.key, delivery, by);
        const place = deliveryPlaceOf(item.key);
        if (place !== undefined && faulty.strikes('extra-wake-up', 5)) {
          kernel.after(chance.between(0, 15_000), () => {
            world.wake(place);
          });
        }
        note(`${by.name} ${by.number} wrote ${item.key.pk.slice(-2)} ${item.key.sk} ${JSON.stringify(delivery)}`);
      }
    },
    onSlackAsked: judge.onSlackAsked,
    onSlackDeed: (deed) => {
      note(
        `${deed.by.name} ${deed.by.number} ${deed.shows === undefined ? 'deleted' : 'showed'} ${deed.wakeUp.pk.slice(-2)} ${deed.wakeUp.channel} ${deed.ts}`,
      );
      judge.onSlackDeed(deed);
    },
  });

  let sent = 0;
  for (const [place, { atMs, text, told }] of arrivals.entries()) {
    kernel.after(atMs, () => {
      sent += 1;
      note(`message ${place} comes: ${told === undefined ? 'a stranger' : `${told.eventId}, ${told.state}`}`);
      world.send(text, String(place));
    });
  }
  const problems: string[] = [];
  const settle = async (): Promise<void> => {
    const until = Math.max(clock.now(), plan.calmFrom) + PATIENCE_MS;
    const isOver = (): boolean => sent === arrivals.length && clock.now() >= plan.calmFrom && world.isAtRest();
    if (!(await kernel.run(isOver, until, MOST_STEPS))) {
      problems.push(clock.now() >= until ? 'P3: it does not come to rest' : 'it runs in circles');
    }
  };
  const letPass = (ms: number): Promise<boolean> => kernel.run(() => false, clock.now() + ms, MOST_STEPS);

  await settle();
  // Who stood still while all others ended thaws now, and may disturb the rest once more; and what was lost is found.
  await letPass(REPAIRED_MS);
  await settle();
  const calls = world.slack.calls().length;
  await letPass(5 * MINUTE_MS);
  const handled = handledEvents(world, arrivals, polled);
  problems.push(
    ...(world.slack.calls().length === calls ? [] : ['P3: it is not left alone when it is done']),
    ...accountProblems(world, arrivals),
    ...repairProblems(world, truth),
    ...storyProblems(world, arrivals, config, clock.now()),
    ...judge.problems({
      world,
      arrivals,
      polled,
      plan,
      faults: faulty,
      knowledge: {
        inTheEnd: (executionId) => lookUps.inTheEnd(executionId, handled),
        atAnyTime: lookUps.atAnyTime,
      },
    }),
    ...lookUpProblems(handled, config, lookUps),
  );
  const posts = world.slack.messages().length;
  const edits = world.slack.messages().reduce((sum, message) => sum + message.edits, 0);
  return {
    seed,
    problems: [...new Set(problems)],
    digest: hash.digest('base64url'),
    events: arrivals.length,
    posts,
    edits,
    faults: faulty.faultTimes().length,
    parts: {
      runs: story.runs,
      events: story.happenings.map(({ told }) => told.eventId),
      faults: faulty.struck(),
    },
  };
};

/** The events that were done with, and by whom. */
const handledEvents = (
  world: World,
  arrivals: readonly Arrival[],
  polled: readonly ToldEvent[],
): readonly HandledEvent[] =>
  world.accounts().flatMap(({ by, handled: { id, outcome } }) => {
    const told = id.startsWith('poll-') ? polled[Number(id.slice('poll-'.length))] : arrivals[Number(id)]?.told;
    return told === undefined || outcome === 'failed' ? [] : [{ by, told }];
  });

/** Of a deployment AWS is asked when it starts and when it ends, of an execution once: whether it answers or not. */
const lookUpProblems = (handled: readonly HandledEvent[], config: Config, lookUps: LookUps): readonly string[] =>
  handled
    .filter(({ told }) => told.register.kind === 'rollout' && isHeard(told, config))
    .filter(({ told }) => told.rollout.source === 'codepipeline' || told.state === 'in-progress' || isFinal(told.state))
    .filter(({ told }) => {
      const asOf = told.rollout.source === 'codepipeline' ? EVER : versionOf(told);
      return !lookUps.wasAsked(told.rollout.executionId, asOf);
    })
    .map(({ told }) => `P3: never looked up: ${told.rollout.executionId} as of ${told.eventId}`);

const EVER = { attempt: 0, time: 0, rank: 0, eventId: '' };

/** P8: what is known of ends as AWS has it, whichever events were lost. */
const repairProblems = (world: World, truth: Truth): readonly string[] =>
  world.items().flatMap(({ key, body }) => {
    if (key.sk !== 'STATE') {
      return [];
    }
    const { rollout, channels } = rolloutItem.parse(body);
    const known = rollout.registers['rollout']?.state;
    const end = truth.endOf(rollout.id.executionId)?.state;
    // What has failed is over until it is heard of again: of a retry somebody has to hear.
    return known === end || known === 'failed' || channels.length === 0
      ? []
      : [`P8: ${key.pk} is ${known ?? 'unknown'}, not ${end ?? 'unknown'}`];
  });

/** P7: every message came to one good end, and the numbers add up. */
const accountProblems = (world: World, arrivals: readonly Arrival[]): readonly string[] => {
  const ends = new Map(
    world
      .accounts()
      .filter(({ handled }) => handled.outcome !== 'failed')
      .map(({ handled }) => [handled.id, handled.outcome]),
  );
  const quarantine = world.items().flatMap(({ key }) => (key.pk.startsWith('Q#') ? [key.sk] : []));
  return [
    ...world.deadLetters().map((body) => `P7: given up: ${body.slice(0, 80)}`),
    ...arrivals.flatMap(({ told, outcome }, place) => {
      const end = ends.get(String(place));
      const isKept = outcome !== 'quarantined' || quarantine.some((sk) => sk.endsWith(`#${place}`));
      const isGood = isKept && (outcome === undefined ? KNOWN_ENDS.has(end) : end === outcome);
      return isGood ? [] : [`P7: message ${place} (${told?.eventId ?? 'a stranger'}) ended as ${end ?? 'nothing'}`];
    }),
  ];
};

const KNOWN_ENDS: ReadonlySet<string | undefined> = new Set(['applied', 'stale', 'duplicate', 'unrouted']);
