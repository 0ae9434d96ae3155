import type { Chance } from '../../local/virtual/chance.ts';
import { DETAILS } from '../../shared/config/config.ts';
import type { Config, Destination, Route } from '../../shared/config/config.ts';
import { ROLLOUT_STATES } from '../../shared/rollout/state.ts';
import { createRun, PIPELINES } from './runs.ts';
import type { ToldEvent } from './runs.ts';
import type { Happening } from './truth.ts';

/** A message in the events queue; of a stranger's nothing is told but what has to become of it. */
export type Arrival = {
  readonly atMs: number;
  readonly text: string;
  readonly told: ToldEvent | undefined;
  readonly outcome: 'quarantined' | 'ignored' | undefined;
};

/** What is none of ours, or broken. */
const STRANGERS = [
  ['', 'quarantined'],
  ['{"broken', 'quarantined'],
  ['[]', 'quarantined'],
  ['{"source":"aws.codepipeline","detail-type":"CodePipeline Pipeline Execution State Change"}', 'quarantined'],
  ['{"source":"aws.s3","detail-type":"Object Created"}', 'ignored'],
] as const;

/** Draws what comes in: executions side by side, their events late, doubled or lost, and strangers among them. */
export const drawArrivals = (
  chance: Chance,
  begin: number,
  isHarsh: boolean,
): { readonly arrivals: readonly Arrival[]; readonly happenings: readonly Happening[] } => {
  const runs = Array.from({ length: chance.between(1, 8) }, (_, number) =>
    createRun(chance, number, begin + 1000 * chance.between(0, 120)),
  );
  const events = runs.flat();
  const pace = chance.oneOf(1, 1, 0.1, 0);
  const delayed = chance.oneOf(0, 0.1, 0.5);
  const doubled = isHarsh ? chance.oneOf(0.1, 0.3) : chance.oneOf(0, 0.05, 0.3);
  const lost = chance.oneOf(0, 0, 0.1, 0.4);
  const known = events.flatMap((told): readonly Arrival[] => {
    if (chance.happens(lost)) {
      return [];
    }
    const copies = chance.happens(doubled) ? chance.between(2, 4) : 1;
    return Array.from({ length: copies }, () => ({
      atMs:
        pace * (told.time - begin) + (chance.happens(delayed) ? chance.between(0, 240_000) : chance.between(0, 500)),
      text: told.text,
      told,
      outcome: undefined,
    }));
  });
  const strange = STRANGERS.filter(() => chance.happens(0.1)).map(([text, outcome]) => ({
    atMs: chance.between(0, 60_000),
    text,
    told: undefined,
    outcome,
  }));
  return {
    arrivals: [...known, ...strange],
    happenings: events.map((told) => ({ told, at: begin + pace * (told.time - begin) })),
  };
};

/** Draws who hears of what; the first channel hears everything. */
export const drawConfig = (chance: Chance): Config => {
  const channels = ['C1', 'C2', 'C3'].slice(0, chance.between(1, 3));
  const destination = (): Destination =>
    chance.happens(0.3)
      ? { kind: 'sns', topic: chance.oneOf('releases', 'oncall') }
      : { kind: 'slack', channel: chance.oneOf('C1', ...channels) };
  const routes = Array.from({ length: chance.between(0, 3) }, (): Route => ({
    match: {
      pipeline: chance.happens(0.5) ? [] : [chance.oneOf(...PIPELINES)],
      state: chance.happens(0.5) ? [] : ROLLOUT_STATES.filter(() => chance.happens(0.4)),
    },
    to: Array.from({ length: chance.between(1, 2) }, destination),
    ...(chance.happens(0.3) && { detail: chance.oneOf(...DETAILS) }),
    ...(chance.happens(0.4) && { mention: chance.oneOf(['S2'], ['U1', 'S1'], ['U2']) }),
  }));
  return {
    slack: { workspace: 'T1', channels: Object.fromEntries(channels.map((id) => [id.toLowerCase(), id])) },
    environments: [{ name: 'production', match: { pipeline: ['shop-prod'], account: [] } }],
    routes: [{ match: { pipeline: [], state: [] }, to: [{ kind: 'slack', channel: 'C1' }] }, ...routes],
  };
};
