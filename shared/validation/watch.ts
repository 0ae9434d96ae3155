import type { Deployment } from '../rollout/rollout.ts';

/** A step of the traffic of a deployment that is watched. */
export type WatchedStep = {
  /** How much of the traffic the new version has, in per cent. */
  readonly weight: number;
  /** The id of its run. */
  readonly run: string;
  /** `new`: its run is to begin; `begun`: it has; `over`: what comes behind it is there, and its run has been told so. */
  readonly stage: 'new' | 'begun' | 'over';
};

/** What is known of a deployment whose traffic is watched. */
export type Watch = {
  readonly rollout: Deployment;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** At how many steps the traffic rests before all of it has moved; absent: that is not known. */
  readonly of?: number;
  /** In their order: the weight only grows. */
  readonly steps: readonly WatchedStep[];
  /** Why nothing is watched any more. */
  readonly end?: { readonly says: string; readonly at: number };
};

/** How the traffic of a deployment is. */
export type TrafficNow =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'moving'; readonly weight: number }
  /** There is nothing left to watch. */
  | { readonly kind: 'over'; readonly says: string };

/** What is to be done about a watch: each of it may be done twice, and is done until it is marked as done. */
export type WatchEffect =
  ({ readonly kind: 'begin' } & StepOf) | ({ readonly kind: 'overtake'; readonly says: string } & StepOf);

/** `step`: from 1 on. */
type StepOf = { readonly weight: number; readonly run: string; readonly step: number };

/** CodeDeploy moves the traffic of a function within two days, and waits an hour for each of two hooks. */
const LONGEST_MS = 50 * 3_600_000;

/**
 * Takes in how the traffic is now; the watch itself where that is no news. What CodeDeploy told before it may tell again
 * later: a smaller weight than the last is none. `runOf`: the id of the run at a weight.
 */
export const watched = (watch: Watch, traffic: TrafficNow, now: number, runOf: (weight: number) => string): Watch => {
  if (watch.end !== undefined) {
    return watch;
  }
  if (now - watch.startedAt > LONGEST_MS) {
    return ended(watch, 'The deployment takes longer than CodeDeploy lets one take', now);
  }
  switch (traffic.kind) {
    case 'waiting':
      return watch;
    case 'over':
      return ended(watch, traffic.says, now);
    case 'moving': {
      const { weight } = traffic;
      if (weight >= 100) {
        return ended(watch, 'All of the traffic has moved', now);
      }
      return weight > (watch.steps.at(-1)?.weight ?? 0)
        ? { ...watch, steps: [...watch.steps, { weight, run: runOf(weight), stage: 'new' }] }
        : watch;
    }
  }
};

const ended = (watch: Watch, says: string, at: number): Watch => ({ ...watch, end: { says, at } });

/** What is to be done by now: the run of the newest step, and the end of those before. */
export const toDo = ({ steps, end }: Watch): readonly WatchEffect[] =>
  steps.flatMap(({ weight, run, stage }, index): readonly WatchEffect[] => {
    const of = { weight, run, step: index + 1 };
    const next = steps[index + 1];
    const says = next === undefined ? end?.says : `The traffic has gone on to ${next.weight} %`;
    if (says === undefined) {
      return stage === 'new' ? [{ kind: 'begin', ...of }] : [];
    }
    return stage === 'over' ? [] : [{ kind: 'overtake', says, ...of }];
  });

/** Marks what has been done. */
export const done = (watch: Watch, effects: readonly WatchEffect[]): Watch => {
  const steps = watch.steps.map((step) => {
    const kinds = effects.filter(({ run }) => run === step.run).map(({ kind }) => kind);
    if (kinds.includes('overtake')) {
      return step.stage === 'over' ? step : { ...step, stage: 'over' as const };
    }
    return kinds.includes('begin') && step.stage === 'new' ? { ...step, stage: 'begun' as const } : step;
  });
  return steps.every((step, index) => step === watch.steps[index]) ? watch : { ...watch, steps };
};

/** Whether there is nothing left to do, now or later. */
export const isWatchOver = (watch: Watch): boolean => watch.end !== undefined && toDo(watch).length === 0;
