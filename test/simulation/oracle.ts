import type { Config, Detail, Route } from '../../shared/config/config.ts';
import type { Labels } from '../../shared/config/labels.ts';
import { noteMessage } from '../../shared/message/note-message.ts';
import { slackMessage } from '../../shared/message/slack-message.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Facts, RegisterState, Rollout } from '../../shared/rollout/rollout.ts';
import type { LookedUp } from './look-ups.ts';
import { factOf } from './runs.ts';
import type { ToldEvent } from './runs.ts';

/** What has to be in the end, worked out from the events that were accepted, what was looked up, and nothing else. */
export type Expected = {
  /** What a channel may show of a rollout, and what may be said in the thread, by `pairOf`. */
  readonly messages: ReadonlyMap<string, readonly string[]>;
  /** Each fact with each topic that has to hear of it. */
  readonly publications: readonly { readonly fact: string; readonly topic: string }[];
};

export const pairOf = (executionId: string, channel: string, note = ''): string =>
  `${executionId} in ${channel} ${note}`;

/** What people see of a message, to be compared. */
export const lookOf = ({ text, blocks }: { readonly text: string; readonly blocks?: readonly unknown[] }): string =>
  JSON.stringify([text, blocks ?? []]);

/** What may be known of a rollout beside its events. */
export type Knowledge = {
  readonly inTheEnd: (executionId: string) => readonly LookedUp[];
  /** A note says what was known when it was posted. */
  readonly atAnyTime: (executionId: string) => readonly LookedUp[];
};

/** Nothing is looked up. */
const IGNORANCE: Knowledge = { inTheEnd: () => [{}], atAnyTime: () => [{}] };

export const expect = (accepted: readonly ToldEvent[], config: Config, knowledge = IGNORANCE): Expected => {
  const executions = [...Map.groupBy(accepted, ({ rollout }) => rollout.executionId)];
  return {
    messages: new Map(
      executions.flatMap(([executionId, events]) => {
        const channels = new Set(events.flatMap((event) => destinations(event, config, 'slack')));
        const rollout = foldApart(events);
        if (rollout === undefined) {
          return [];
        }
        const inTheEnd = knowledge.inTheEnd(executionId).map((known) => withKnown(rollout, known));
        const atAnyTime = knowledge.atAnyTime(executionId).map((known) => withKnown(rollout, known));
        return [
          ...[...channels].map((channel) => {
            const detail = detailIn(channel, events, config);
            const looks = inTheEnd.map((one) => lookOf(slackMessage(one, labelsOf(one, config), detail)));
            return [pairOf(executionId, channel), looks] as const;
          }),
          ...events.flatMap((event) => notesOn(event, atAnyTime, config)),
        ];
      }),
    ),
    publications: [...new Map(accepted.map((event) => [factOf(event), event]))].flatMap(([fact, event]) =>
      destinations(event, config, 'sns').map((topic) => ({ fact, topic })),
    ),
  };
};

/** Whether anybody hears of an event. */
export const isHeard = (event: ToldEvent, { routes }: Config): boolean => routes.some((route) => hears(route, event));

const leadsTo = ({ to }: Route, channel: string): boolean =>
  to.some((one) => one.kind === 'slack' && one.channel === channel);

/** Of all routes that led to a channel, the first in the file says how much is told there. */
const detailIn = (channel: string, events: readonly ToldEvent[], { routes }: Config): Detail =>
  routes.find((route) => leadsTo(route, channel) && events.some((event) => hears(route, event)))?.detail ?? 'full';

/** The worlds' routes ask for whole rollouts: of those that have failed people are told. */
const notesOn = (
  event: ToldEvent,
  rollouts: readonly Rollout[],
  config: Config,
): readonly (readonly [string, readonly string[]])[] => {
  const { rollout: id, register, attempt } = event;
  if (event.state !== 'failed' || register.kind !== 'rollout') {
    return [];
  }
  return destinations(event, config, 'slack').flatMap((channel) => {
    const calling = config.routes.filter((route) => leadsTo(route, channel) && hears(route, event));
    const mentions = [...new Set(calling.flatMap(({ mention = [] }) => mention))];
    const note = { kind: 'failure', register, attempt, mentions } as const;
    return mentions.length === 0
      ? []
      : [
          [
            pairOf(id.executionId, channel, `failed rollout ${attempt}`),
            rollouts.map((rollout) => lookOf(noteMessage(rollout, labelsOf(rollout, config), note))),
          ],
        ];
  });
};

const destinations = (event: ToldEvent, config: Config, kind: 'slack' | 'sns'): readonly string[] => [
  ...new Set(
    config.routes
      .filter((route) => hears(route, event))
      .flatMap(({ to }) => to)
      .flatMap((to) => (to.kind === kind ? [to.kind === 'slack' ? to.channel : to.topic] : [])),
  ),
];

/** The worlds' routes name pipelines and applications in full. */
const hears = ({ match }: Route, { rollout, register, state }: ToldEvent): boolean => {
  const { source = [], pipeline = [], application = [], state: states = [] } = match;
  const whole = register.kind === 'rollout' || state === 'waiting';
  return (
    (source.length === 0 || source.includes(rollout.source)) &&
    (pipeline.length === 0 || (rollout.source === 'codepipeline' && pipeline.includes(rollout.name))) &&
    (application.length === 0 || (rollout.source === 'codedeploy' && application.includes(rollout.application))) &&
    (states.length === 0 || (whole && states.includes(state)))
  );
};

const labelsOf = ({ id }: Rollout, { environments }: Config): Labels => {
  const found = environments.find(({ match }) =>
    id.source === 'codepipeline'
      ? match.pipeline?.includes(id.name)
      : id.source === 'codedeploy' && match.application?.includes(id.application),
  );
  return found === undefined ? {} : { environment: found.name };
};

const newest = (events: readonly ToldEvent[]): ToldEvent | undefined =>
  events.toSorted(
    (a, b) => b.attempt - a.attempt || b.time - a.time || b.rank - a.rank || (b.eventId > a.eventId ? 1 : -1),
  )[0];

/** Which event had it looked up is nobody's concern. */
const withKnown = (rollout: Rollout, known: LookedUp): Rollout => {
  const facts: Facts = Object.fromEntries(
    Object.entries(known).map(([name, value]) => [
      name,
      { version: { attempt: 0, time: 0, rank: 0, eventId: '' }, value },
    ]),
  );
  return { ...rollout, facts: { ...rollout.facts, ...facts } };
};

export const versionOf = ({ attempt, time, rank, eventId }: ToldEvent) => ({ attempt, time, rank, eventId });

/** The fold, done all at once and by sorting: it shares nothing with the one that is put to the test. */
const foldApart = (events: readonly ToldEvent[]): Rollout | undefined => {
  const [first] = events;
  if (first === undefined) {
    return undefined;
  }
  const registers = [...Map.groupBy(events, ({ register }) => registerName(register))].flatMap(
    ([name, those]): (readonly [string, RegisterState])[] => {
      const last = newest(those);
      return last === undefined
        ? []
        : [
            [
              name,
              {
                register: last.register,
                state: last.state,
                version: versionOf(last),
                startedAt: Math.min(...those.map(({ startedAt }) => startedAt)),
                ...(last.result && { result: last.result }),
              },
            ],
          ];
    },
  );
  return { id: first.rollout, registers: Object.fromEntries(registers), facts: factsOf(events) };
};

const factsOf = (events: readonly ToldEvent[]): Facts => {
  const started = newest(events.filter(({ trigger }) => trigger !== undefined));
  const stopping = newest(events.filter(({ stopReason }) => stopReason !== undefined));
  return {
    ...(started?.trigger && { trigger: { version: versionOf(started), value: started.trigger } }),
    ...(stopping?.stopReason !== undefined && {
      stopReason: { version: versionOf(stopping), value: stopping.stopReason },
    }),
  };
};
