import type { Chance } from '../../local/virtual/chance.ts';
import { aPipelineEvent } from '../support/events.ts';

/** An event on its way, and how long after the begin of the load it comes. */
export type LoadEvent = { readonly atMs: number; readonly text: string };

/** Pipeline executions side by side. */
export type Workload = {
  readonly executions: number;
  /** They share these pipelines evenly. */
  readonly pipelines: readonly string[];
  readonly stages: number;
  readonly actionsPerStage: number;
  /** When each begins, and how long it takes from its first event to its last. */
  readonly startsAtMs: (number: number) => number;
  readonly lastsMs: number;
  /** How many of the events come twice. */
  readonly doubled: number;
  /** Whether they come in any order instead of their own. */
  readonly shuffled: boolean;
};

/** One execution in ten fails at its last action. */
const FAILS_EVERY = 10;

type Told = { readonly level: 'Pipeline' | 'Stage' | 'Action'; readonly detail: Readonly<Record<string, unknown>> };

/** The events of a workload by the time they come. `begin` in epoch milliseconds. */
export const createLoadEvents = (workload: Workload, begin: number, chance: Chance): readonly LoadEvent[] => {
  const { executions, pipelines, startsAtMs, lastsMs, doubled, shuffled } = workload;
  const inOrder = Array.from({ length: executions }, (_, number) => {
    const told = toldOf(workload, number % FAILS_EVERY === 0);
    const step = lastsMs / told.length;
    return told.map(({ level, detail }, place): LoadEvent => {
      const atMs = startsAtMs(number) + Math.floor(place * step + chance.random() * step);
      const text = aPipelineEvent(
        {
          id: `load-${number}-${place}`,
          'detail-type': `CodePipeline ${level} Execution State Change`,
          // To the second, as CodePipeline tells it.
          time: new Date(Math.floor((begin + atMs) / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
        },
        {
          pipeline: pipelines[number % pipelines.length],
          'execution-id': `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
          ...detail,
        },
      );
      return { atMs, text };
    });
  }).flat();
  const copies = inOrder
    .filter(() => chance.happens(doubled))
    .map(({ atMs, text }) => ({ atMs: atMs + chance.between(0, 2000), text }));
  const all = [...inOrder, ...copies];
  const times = all.map(({ atMs }) => atMs);
  const order = shuffled ? chance.shuffled(all).map(({ text }, place) => ({ text, atMs: times[place] ?? 0 })) : all;
  return order.toSorted((a, b) => a.atMs - b.atMs);
};

const toldOf = ({ stages, actionsPerStage }: Workload, fails: boolean): readonly Told[] => {
  const end = (isLast: boolean): string => (fails && isLast ? 'FAILED' : 'SUCCEEDED');
  const stageOf = (place: number): readonly Told[] => {
    const stage = `Stage${place}`;
    const isLast = place === stages - 1;
    const actions = Array.from({ length: actionsPerStage }, (_, number): readonly Told[] => {
      const action = { stage, action: `Action${number}`, type: { category: 'Build', provider: 'CodeBuild' } };
      const state = end(isLast && number === actionsPerStage - 1);
      const result = { 'external-execution-summary': 'Tests failed', 'error-code': 'JobFailed' };
      return [
        { level: 'Action', detail: { ...action, state: 'STARTED' } },
        { level: 'Action', detail: { ...action, state, ...(state === 'FAILED' && { 'execution-result': result }) } },
      ];
    });
    return [
      { level: 'Stage', detail: { stage, state: 'STARTED' } },
      ...actions.flat(),
      { level: 'Stage', detail: { stage, state: end(isLast) } },
    ];
  };
  return [
    { level: 'Pipeline', detail: { state: 'STARTED' } },
    ...Array.from({ length: stages }, (_, place) => stageOf(place)).flat(),
    { level: 'Pipeline', detail: { state: end(true) } },
  ];
};
