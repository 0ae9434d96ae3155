import { createChance } from '../../local/virtual/chance.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createWorld } from '../../local/virtual/world.ts';
import type { World } from '../../local/virtual/world.ts';
import type { Config } from '../../shared/config/config.ts';
import { deliveryItem, isDirty } from '../../shared/delivery/delivery.ts';
import { pauseItem } from '../../shared/delivery/pause.ts';
import type { Facts } from '../../shared/rollout/rollout.ts';
import { eventItem } from '../../shared/rollout/event-record.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import { deliveryPlaceOf } from '../../shared/store/keys.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { createCrashNetwork } from './crash-network.ts';
import type { Blow, BlowKind } from './crash-network.ts';
import { createJudge } from './judge.ts';
import type { ToldEvent } from './runs.ts';
import { CHANNELS } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import { createTruth } from './truth.ts';
import type { Truth } from './truth.ts';

/** How a scenario went: the calls that were made until all was done, what was broken of the promises, what remains. */
type Played = {
  readonly steps: readonly string[];
  readonly problems: readonly string[];
  readonly remains: Remains;
  /** How often each event was published to each topic. */
  readonly publications: ReadonlyMap<string, number>;
  /** Milliseconds after the beginning at which all was done. */
  readonly settledAt: number;
};

/** What people see and the table holds, as far as no blow may change it. */
type Remains = Readonly<Record<'rollouts' | 'messages' | 'deliveries' | 'events published' | 'circuits', string>>;

const MINUTE_MS = 60_000;
const PATIENCE_MS = 30 * MINUTE_MS;

/** What is not disturbed is shown at once: long before a sweep would come by. */
const PROMPT_MS = 5_000;

/** What a queue hides for three minutes after a crash is seen to when it comes again, and by the sweeps after that. */
const MENDED_MS = 6 * MINUTE_MS;

/** Whatever may befall an invocation at a call. */
const BLOWS: readonly Omit<Blow, 'step'>[] = (['killed', 'frozen', 'failed'] as const).flatMap((kind) =>
  [false, true].map((tookEffect) => ({ kind, tookEffect })),
);

/** Plays a scenario once as it is, then once for each call that was made in it and each blow that may fall there. */
export const playCrashes = async (
  scenario: Scenario,
): Promise<{ readonly played: number; readonly problems: readonly string[] }> => {
  const calm = await play(scenario);
  const problems = [...calm.problems, ...calmProblems(scenario, calm)];
  let played = 1;
  for (const [step, call] of calm.steps.entries().filter(isWorthABlow(calm.steps))) {
    for (const blow of BLOWS.filter((one) => mayFall(one, call, scenario))) {
      const crashed = await play(scenario, { step, ...blow });
      played += 1;
      const where = `${blow.kind} at step ${step}, ${call}, ${blow.tookEffect ? 'done' : 'not done'}`;
      problems.push(
        ...[...crashed.problems, ...differences(calm, crashed, blow.kind)].map((problem) => `${problem} (${where})`),
      );
    }
  }
  return { played, problems };
};

const mayFall = ({ kind, tookEffect }: Omit<Blow, 'step'>, call: string, { troubles = {} }: Scenario): boolean => {
  const name = call.slice(call.indexOf(': ') + 2);
  switch (kind) {
    case 'killed':
      return true;
    case 'failed':
      // What goes wrong in Slack is said in its reply: that is for the scenarios.
      return !/^(chat|conversations)\./.test(name);
    case 'frozen':
      // A post that is made when another owner has looked for it in vain, and then has no answer: nobody can know of it.
      return tookEffect || !name.startsWith('chat.postMessage') || troubles[name] === undefined;
  }
};

/** A sweep that finds nothing is like any other: the first stands for all. */
const isWorthABlow = (steps: readonly string[]) => {
  const idle = [...Map.groupBy(steps, (step) => step.slice(0, step.indexOf(':')))].flatMap(([by, calls]) =>
    calls.every((call) => call.startsWith(`${by}: Query `)) ? [by] : [],
  );
  return ([, step]: readonly [number, string]): boolean => !idle.slice(1).some((by) => step.startsWith(`${by}:`));
};

const play = async (scenario: Scenario, blow?: Blow): Promise<Played> => {
  const { routes, events, troubles = {}, answersAfterMs = {}, unknownToAws = 0 } = scenario;
  const { restsAfterMs = 0, lookUp = () => ({}) } = scenario;
  const config: Config = {
    slack: { workspace: 'T1', channels: CHANNELS },
    environments: [],
    routes,
  };
  const kernel = createKernel(TEN_O_CLOCK);
  const { clock } = kernel;
  const coming = events.flatMap(({ told, comesAtMs }) =>
    comesAtMs === undefined ? [] : [{ atMs: comesAtMs, text: told.text, told, outcome: undefined }],
  );
  const truth = createTruth(events.map(({ told }) => ({ told, at: told.time })).sort((a, b) => a.at - b.at));
  const polled: ToldEvent[] = [];
  let asked = 0;
  const faults = createCrashNetwork(kernel, { troubles, answersAfterMs }, blow);
  const judge = createJudge(config, clock.now);
  const world = createWorld({
    kernel,
    config,
    network: faults.network,
    random: createChance(1).random,
    historyScope: true,
    lookUp: (_id, asOf) => Promise.resolve(lookUp(asOf)),
    ask: (rollouts) => {
      asked += rollouts.length === 0 ? 0 : 1;
      return asked <= unknownToAws ? rollouts.map(() => ({ kind: 'missing' })) : truth.ask(rollouts, clock.now());
    },
    onPolled: (text) => {
      polled.push(...[truth.toldBy(text) ?? []].flat());
    },
    onWritten: ({ key, rev, body }, by) => {
      if (key.sk === 'STATE') {
        judge.onRollout(key.pk, rev, rolloutItem.parse(body).rollout);
      }
      if (deliveryPlaceOf(key) !== undefined) {
        judge.onDelivery(key, deliveryItem.parse(body), by);
      }
    },
    onSlackDeed: judge.onSlackDeed,
  });
  for (const [place, { atMs, text }] of coming.entries()) {
    kernel.after(atMs, () => {
      world.send(text, String(place));
    });
  }
  const lastAt = TEN_O_CLOCK + Math.max(restsAfterMs, ...coming.map(({ atMs }) => atMs));
  const isOver = (): boolean => clock.now() > Math.max(lastAt, faults.thawedAt()) && world.isAtRest();
  const isSettled = await kernel.run(isOver, lastAt + PATIENCE_MS);
  const settledAt = clock.now() - TEN_O_CLOCK;
  const steps = [...faults.steps()];
  const calls = world.slack.calls().length;
  await kernel.run(() => false, clock.now() + 5 * MINUTE_MS);
  const plan = { rates: new Map(), outages: [], badTokens: [], historyScope: true, calmFrom: clock.now() };
  return {
    steps,
    settledAt,
    remains: remainsOf(world),
    publications: countsOf(world),
    problems: [
      ...(isSettled ? [] : ['P3: it does not come to rest']),
      ...(world.slack.calls().length === calls ? [] : ['P3: it is not left alone when it is done']),
      ...faults.rudeness(),
      ...accountProblems(world, coming.length),
      ...repairProblems(world, truth),
      ...(scenario.isUnjudged ? [] : judge.problems({ world, arrivals: coming, polled, plan, faults })),
    ],
  };
};

/** P7: every message came to a good end, and none was given up. */
const accountProblems = (world: World, messages: number): readonly string[] => {
  const done = new Set(world.accounts().flatMap(({ handled: { id, outcome } }) => (outcome === 'failed' ? [] : [id])));
  return [
    ...Array.from({ length: messages }, (_, id) => String(id))
      .filter((id) => !done.has(id))
      .map((id) => `P7: nothing became of message ${id}`),
    ...world.deadLetters().map((body) => `P7: given up: ${body}`),
  ];
};

/** P8: what is known of ends as AWS has it, whichever events were lost. */
const repairProblems = (world: World, truth: Truth): readonly string[] =>
  world.items().flatMap(({ key, body }) => {
    if (key.sk !== 'STATE') {
      return [];
    }
    const { id, registers } = rolloutItem.parse(body).rollout;
    const known = registers['rollout']?.state;
    const end = truth.endOf(id.executionId)?.state;
    return known === end ? [] : [`P8: ${key.pk} is ${known ?? 'unknown'}, not ${end ?? 'unknown'}`];
  });

const remainsOf = (world: World): Remains => {
  const items = world.items();
  const shown = world.slack.messages().filter(({ deleted }) => !deleted);
  const textOf = (ts: string | undefined) => shown.find((message) => message.ts === ts)?.text;
  return {
    rollouts: linesOf(
      items.flatMap(({ key, body }) => {
        if (key.sk !== 'STATE') {
          return [];
        }
        const { rollout, channels, details } = rolloutItem.parse(body);
        return [
          [key.pk, entriesOf(rollout.registers), valuesOf(rollout.facts), channels.toSorted(), entriesOf(details)],
        ];
      }),
    ),
    messages: linesOf(shown.map(({ channel, text, blocks, thread }) => [channel, text, blocks, textOf(thread)])),
    deliveries: linesOf(
      items.flatMap(({ key, body }) => {
        if (deliveryPlaceOf(key) === undefined) {
          return [];
        }
        const delivery = deliveryItem.parse(body);
        return [[key, delivery.refused, delivery.extra, delivery.refused === undefined && isDirty(delivery)]];
      }),
    ),
    'events published': linesOf(
      items.flatMap(({ key, body }) =>
        key.sk.startsWith('EVENT#') ? [[key, eventItem.parse(body).published.toSorted()]] : [],
      ),
    ),
    circuits: linesOf(
      items.flatMap(({ key, body }) => (key.sk === 'CIRCUIT' ? [[key, pauseItem.parse(body).count]] : [])),
    ),
  };
};

const linesOf = (things: readonly unknown[]): string =>
  things
    .map((thing) => JSON.stringify(thing))
    .sort()
    .join('\n');

const entriesOf = (record: Readonly<Record<string, unknown>> = {}) =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** Which event had something looked up is not what is told; that nobody knew of it for a while is in the message. */
const valuesOf = ({ gone, ...facts }: Facts): unknown =>
  Object.entries(facts)
    .map(([name, fact]) => [name, fact.value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));

const countsOf = (world: World): ReadonlyMap<string, number> =>
  new Map(
    [...Map.groupBy(world.publications(), ({ topic, document }) => `${document.eventId} to ${topic}`)].map(
      ([one, made]) => [one, made.length],
    ),
  );

/** What may not even happen where nobody is dealt a blow. */
const calmProblems = ({ isCalm, events }: Scenario, { settledAt, publications }: Played): readonly string[] => {
  const lastAt = Math.max(...events.map(({ comesAtMs = 0 }) => comesAtMs));
  return [
    ...(isCalm === true && settledAt > lastAt + PROMPT_MS
      ? [`P4: done only ${settledAt - lastAt} ms after the last event`]
      : []),
    ...[...publications].flatMap(([one, made]) => (made === 1 ? [] : [`P1: published ${made} times: ${one}`])),
  ];
};

/** What a blow has changed that it must not. */
const differences = (calm: Played, crashed: Played, kind: BlowKind): readonly string[] => {
  const parts = ['rollouts', 'messages', 'deliveries', 'events published'] as const;
  return [
    // Who stood still with a bad token says so when all the others are done, and nobody is left to try another.
    ...[...parts, ...(kind === 'frozen' ? [] : (['circuits'] as const))]
      .filter((part) => calm.remains[part] !== crashed.remains[part])
      .map((part) => `P3: not the same ${part} as without the blow`),
    ...[...new Set([...calm.publications.keys(), ...crashed.publications.keys()])].flatMap((one) => {
      const usual = calm.publications.get(one) ?? 0;
      const made = crashed.publications.get(one) ?? 0;
      return made < usual || made > usual + 1 ? [`P1: published ${made} times, not ${usual}: ${one}`] : [];
    }),
    ...(crashed.settledAt > calm.settledAt + MENDED_MS
      ? [`P4: mended only ${(crashed.settledAt - calm.settledAt) / 1000} s later`]
      : []),
  ];
};
