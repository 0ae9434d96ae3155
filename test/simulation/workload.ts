import type { Chance } from '../../local/virtual/chance.ts';
import { DETAILS } from '../../shared/config/config.ts';
import type { Config, Destination, Match, Route } from '../../shared/config/config.ts';
import { ROLLOUT_STATES } from '../../shared/rollout/state.ts';
import { APPLICATIONS, createDeployments } from './deployments.ts';
import type { FaultKind } from './faults.ts';
import { takesPlace } from './restrictions.ts';
import type { Restrictions } from './restrictions.ts';
import { createExecution, PIPELINES } from './runs.ts';
import type { Known, ToldEvent } from './runs.ts';
import type { Happening } from './truth.ts';

/** A message in the events queue; of a stranger's nothing is told but what has to become of it. */
export type Arrival = {
  readonly atMs: number;
  readonly text: string;
  readonly told: ToldEvent | undefined;
  readonly outcome: 'quarantined' | 'ignored' | undefined;
};

/** What is none of ours, or broken. */
const POISON = [
  ['', 'quarantined'],
  ['{"broken', 'quarantined'],
  ['[]', 'quarantined'],
  ['null', 'quarantined'],
  ['{"source":"aws.codepipeline","detail-type":"CodePipeline Pipeline Execution State Change"}', 'quarantined'],
  [
    '{"source":"aws.codedeploy","detail-type":"CodeDeploy Deployment State-change Notification","detail":"d-1"}',
    'quarantined',
  ],
  [`{"source":"aws.codedeploy","detail":${'['.repeat(5_000)}`, 'quarantined'],
  ['{"source":"aws.codepipeline","detail-type":"CodePipeline Weather Change","detail":{}}', 'ignored'],
  ['{"source":"aws.s3","detail-type":"Object Created"}', 'ignored'],
] as const;

/** What happens in a world, and when, whoever hears of it. */
export type Story = {
  readonly happenings: readonly Happening[];
  readonly known: readonly Known[];
  /** The numbers of the runs that take place. */
  readonly runs: readonly number[];
};

/** Draws what happens: executions and deployments side by side. */
export const drawStory = (chance: Chance, begin: number, restrictions: Restrictions): Story => {
  const pace = chance.oneOf(1, 1, 0.1, 0);
  const runs = Array.from({ length: chance.between(1, 8) }, (_, number) => number).filter((number) =>
    takesPlace(number, restrictions.runs),
  );
  const played = runs.map((number) => {
    const own = chance.fork(`run ${number}`);
    const create = own.happens(0.3) ? createDeployments : createExecution;
    return create(own, number, begin + 1000 * own.between(0, 120));
  });
  return {
    runs,
    known: played.flatMap(({ known }) => known),
    happenings: played
      .flatMap(({ events }) => events)
      .filter(({ eventId }) => takesPlace(eventId, restrictions.events))
      .map((told) => ({ told, at: begin + pace * (told.time - begin) })),
  };
};

/** What may befall an event on its way: each has its own chances, so that leaving one out changes nothing for another. */
export type OnItsWay = (fault: FaultKind, which: string, chance: Chance) => boolean;

/** Draws what comes in: the events, late, doubled or lost, and strangers among them. */
export const drawArrivals = (
  chance: Chance,
  begin: number,
  { happenings }: Story,
  strikes: OnItsWay,
): readonly Arrival[] => {
  const known = happenings.flatMap(({ told, at }): readonly Arrival[] => {
    const own = chance.fork(told.eventId);
    const isLost = strikes('lost-event', told.eventId, own);
    const isDoubled = strikes('doubled-event', told.eventId, own);
    const copies = own.between(2, 4);
    return isLost
      ? []
      : Array.from({ length: isDoubled ? copies : 1 }, (_, copy) => {
          const isLate = strikes('late-event', `${told.eventId}.${copy}`, own);
          return {
            atMs: at - begin + (isLate ? own.between(0, 240_000) : own.between(0, 500)),
            text: told.text,
            told,
            outcome: undefined,
          };
        });
  });
  const strange = POISON.flatMap(([text, outcome], place) => {
    const own = chance.fork(`poison ${place}`);
    return strikes('poison', String(place), own)
      ? [{ atMs: own.between(0, 60_000), text, told: undefined, outcome }]
      : [];
  });
  return [...known, ...strange];
};

/** Draws who hears of what; the first channel hears everything. */
export const drawConfig = (chance: Chance): Config => {
  const channels = ['C1', 'C2', 'C3'].slice(0, chance.between(1, 3));
  const destination = (): Destination =>
    chance.happens(0.3)
      ? { kind: 'sns', topic: chance.oneOf('releases', 'oncall') }
      : { kind: 'slack', channel: chance.oneOf('C1', ...channels) };
  const subject = (): Match =>
    chance.oneOf<Match>(
      {},
      {},
      { pipeline: [chance.oneOf(...PIPELINES)] },
      { pipeline: [chance.oneOf(...PIPELINES)] },
      { application: [chance.oneOf(...APPLICATIONS)] },
      { source: ['codedeploy'] },
    );
  const routes = Array.from({ length: chance.between(0, 3) }, (): Route => ({
    match: {
      ...subject(),
      state: chance.happens(0.5) ? [] : ROLLOUT_STATES.filter(() => chance.happens(0.4)),
    },
    to: Array.from({ length: chance.between(1, 2) }, destination),
    ...(chance.happens(0.3) && { detail: chance.oneOf(...DETAILS) }),
    ...(chance.happens(0.4) && { mention: chance.oneOf(['S2'], ['U1', 'S1'], ['U2']) }),
  }));
  return {
    slack: { workspace: 'T1', channels: Object.fromEntries(channels.map((id) => [id.toLowerCase(), id])) },
    environments: [
      { name: 'production', match: { pipeline: ['shop-prod'], account: [] } },
      { name: 'staging', match: { application: ['shop'] } },
    ],
    routes: [{ match: { pipeline: [], state: [] }, to: [{ kind: 'slack', channel: 'C1' }] }, ...routes],
  };
};
