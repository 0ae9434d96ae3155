import { createFaultyNetwork } from '../simulation/faults.ts';
import { createCalmNetwork } from '../../local/virtual/network.ts';
import { createLossyNetwork } from './lossy-network.ts';
import { pipelinesOf, playLoad } from './play-load.ts';
import type { Load, Played } from './play-load.ts';

/** A load of the table in DESIGN, played: what came of it, what Slack's limits would let at best, and what was asked. */
export type LoadFigures = {
  readonly name: string;
  readonly what: string;
  /** Of several seeds the one that was done neither first nor last. */
  readonly played: Played;
  /** When the last seed was done. */
  readonly slowestMs: number;
  /** See `boundOf`; undefined where time is no question. */
  readonly bound: Bound | undefined;
  readonly targets: readonly Target[];
};

export type Bound = {
  /** When the counting begins: with the first event or at the end of the outage. Milliseconds after the load's begin. */
  readonly beginsMs: number;
  /** How long it takes at best. */
  readonly ms: number;
  /** How long it took, as a multiple of that. */
  readonly ratio: number;
};

export type Target = { readonly what: string; readonly asked: number; readonly got: number; readonly met: boolean };

export const LOADS = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6'] as const;

export type LoadName = (typeof LOADS)[number];

type Definition = {
  readonly name: LoadName;
  readonly what: string;
  readonly load: Load;
  /** How often it is played: where chance has a hand in it, one time says little. */
  readonly times: number;
  readonly hasBound: boolean;
  readonly targetsOf: (played: Played, bound: Bound) => readonly Target[];
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** What Slack takes: a post a second and channel, fifty edits a minute and workspace, of which fifty at once. */
const POST_EVERY_MS = SECOND_MS;
const EDITS_PER_MINUTE = 50;

/** 10,000 events in ten seconds: six stages of three actions make fifty events an execution. */
const burst = (channels: number): Load['workload'] => ({
  executions: 200,
  pipelines: pipelinesOf(channels),
  stages: 6,
  actionsPerStage: 3,
  startsAtMs: () => 0,
  lastsMs: 10 * SECOND_MS,
  doubled: 0,
  shuffled: false,
});

const messy = (channels: number): Load['workload'] => ({ ...burst(channels), doubled: 0.1, shuffled: true });

const OUTAGE = { fromMs: 5 * SECOND_MS, toMs: 5 * SECOND_MS + 4 * HOUR_MS };

const lossy: Load['networkOf'] = (kernel, chance) =>
  createLossyNetwork(kernel, chance, { crash: 0.002, lostAnswer: 0.01, tableFault: 0.005 });

const outage: Load['networkOf'] = (kernel, chance) => {
  const begin = kernel.clock.now();
  return createFaultyNetwork(
    kernel,
    {
      rates: new Map(),
      outages: [{ from: begin + OUTAGE.fromMs, to: begin + OUTAGE.toMs }],
      partitions: [],
      flapping: [],
      badTokens: [],
      skewMs: 0,
      historyScope: true,
      calmFrom: begin + OUTAGE.toMs,
    },
    chance,
    () => undefined,
  ).network;
};

const atMost = (what: string, asked: number, got: number): Target => ({ what, asked, got, met: got <= asked });

const exactly = (what: string, asked: number, got: number): Target => ({ what, asked, got, met: got === asked });

const truth = ({ duplicates, stale, deadLetters }: Played): readonly Target[] => [
  exactly('duplicates', 0, duplicates),
  exactly('stale messages', 0, stale),
  exactly('dead letters', 0, deadLetters),
];

const DEFINITIONS: readonly Definition[] = [
  {
    name: 'L1',
    what: '10,000 events in 10 s, 200 executions, 4 channels',
    load: { workload: burst(4), channels: 4, networkOf: createCalmNetwork },
    times: 1,
    hasBound: true,
    targetsOf: (played, { ratio }) => [
      atMost('times the bound', 1.25, ratio),
      exactly('posts', 200, played.posts),
      atMost('edits', 100, played.edits),
      ...truth(played),
    ],
  },
  {
    name: 'L2',
    what: 'the same shuffled, 10 % of the events twice, calls that crash, fail and lose their answers',
    load: { workload: messy(4), channels: 4, networkOf: lossy },
    times: 3,
    hasBound: true,
    targetsOf: (played, { ratio }) => [atMost('times the bound', 4, ratio), ...truth(played)],
  },
  {
    name: 'L3',
    what: 'L2 with one channel',
    load: { workload: messy(1), channels: 1, networkOf: lossy },
    times: 3,
    hasBound: true,
    targetsOf: (played) => [atMost('seconds', 400, played.convergedMs / SECOND_MS), ...truth(played)],
  },
  {
    name: 'L4',
    what: 'L1 with Slack out of reach for 4 h from the fifth second on',
    load: { workload: burst(4), channels: 4, networkOf: outage, outage: OUTAGE },
    times: 1,
    hasBound: true,
    targetsOf: (played, { beginsMs, ms }) => [
      atMost('seconds after the outage', (ms + 6 * MINUTE_MS) / SECOND_MS, (played.convergedMs - beginsMs) / SECOND_MS),
      atMost('calls of Slack in the outage', 200 * 48, played.callsInOutage),
      ...truth(played),
    ],
  },
  {
    name: 'L5',
    what: '24 h of one event a second, with the faults of L2',
    load: {
      workload: {
        ...messy(4),
        executions: 1728,
        startsAtMs: (number) => number * 50 * SECOND_MS,
        lastsMs: 10 * MINUTE_MS,
        shuffled: false,
      },
      channels: 4,
      networkOf: lossy,
    },
    times: 1,
    hasBound: false,
    targetsOf: (played) => [
      // What arrives while a crashed batch is hidden from the next to work on it.
      atMost('events waiting in the second half', 180, played.backlog[1]),
      atMost('KB of the largest item', 100, played.largestItem / 1000),
      ...truth(played),
    ],
  },
  {
    name: 'L6',
    what: '200 executions of 30 actions side by side',
    load: {
      workload: { ...burst(4), stages: 10, lastsMs: MINUTE_MS },
      channels: 4,
      networkOf: createCalmNetwork,
    },
    times: 1,
    hasBound: true,
    targetsOf: (played) => [
      atMost('KB of the largest item', 100, played.largestItem / 1000),
      atMost('blocks', 50, played.mostBlocks),
      ...truth(played),
    ],
  },
];

/** Plays the loads of the given names, one after the other. Virtual time: the figures are the same on every machine. */
export const playLoads = async (
  names: readonly LoadName[],
  onBegin: (name: LoadName) => void = () => undefined,
): Promise<readonly LoadFigures[]> => {
  const figures: LoadFigures[] = [];
  for (const { name, what, load, times, hasBound, targetsOf } of DEFINITIONS.filter(({ name: known }) =>
    names.includes(known),
  )) {
    onBegin(name);
    const plays: Played[] = [];
    for (let seed = 1; seed <= times; seed += 1) {
      plays.push(await playLoad(load, seed));
    }
    const played = combine(plays);
    const bound = boundOf(load, played);
    figures.push({
      name,
      what,
      played,
      slowestMs: Math.max(...plays.map(({ convergedMs }) => convergedMs)),
      bound: hasBound ? bound : undefined,
      targets: targetsOf(played, bound),
    });
  }
  return figures;
};

/** The middle one, with whatever went wrong in any of them. */
const combine = (plays: readonly Played[]): Played => {
  const inOrder = plays.toSorted((a, b) => a.convergedMs - b.convergedMs);
  const middle = inOrder[Math.floor(inOrder.length / 2)];
  if (middle === undefined) {
    throw new Error('A load is played at least once');
  }
  const sum = (of: (played: Played) => number): number => plays.reduce((all, played) => all + of(played), 0);
  return {
    ...middle,
    duplicates: sum(({ duplicates }) => duplicates),
    stale: sum(({ stale }) => stale),
    deadLetters: sum(({ deadLetters }) => deadLetters),
  };
};

/**
 * What Slack's limits let at best: the messages of the fullest channel a second apart, and the edits that were left after
 * coalescing fifty a minute. It counts from the last event on, as until then nobody knows what the messages are to show.
 */
const boundOf = (load: Load, { mostMessages, edits, lastArrivalMs, convergedMs }: Played): Bound => {
  const beginsMs = load.outage?.toMs ?? 0;
  const lastEventMs = Math.max(0, lastArrivalMs - beginsMs);
  const paced = Math.max(
    mostMessages * POST_EVERY_MS,
    (Math.max(0, edits - EDITS_PER_MINUTE) / EDITS_PER_MINUTE) * MINUTE_MS,
  );
  const ms = lastEventMs + paced;
  return { beginsMs, ms, ratio: (convergedMs - beginsMs) / ms };
};
