import type { Config, Detail, Route } from '../../shared/config/config.ts';
import type { Labels } from '../../shared/config/labels.ts';
import { noteMessage } from '../../shared/message/note-message.ts';
import { slackMessage } from '../../shared/message/slack-message.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Facts, RegisterState, Rollout } from '../../shared/rollout/rollout.ts';
import type { ToldEvent } from './runs.ts';

/** What has to be in the end, worked out from the events that were accepted and from nothing else. */
export type Expected = {
  /** What a channel shows of an execution, and what is said in the thread, by `pairOf`. */
  readonly messages: ReadonlyMap<string, string>;
  /** Each event with each topic that has to hear of it. */
  readonly publications: readonly { readonly eventId: string; readonly topic: string }[];
};

export const pairOf = (executionId: string, channel: string, note = ''): string =>
  `${executionId} in ${channel} ${note}`;

/** What people see of a message, to be compared. */
export const lookOf = ({ text, blocks }: { readonly text: string; readonly blocks?: readonly unknown[] }): string =>
  JSON.stringify([text, blocks ?? []]);

export const expect = (accepted: readonly ToldEvent[], config: Config): Expected => {
  const executions = [...Map.groupBy(accepted, ({ rollout }) => rollout.executionId).values()];
  return {
    messages: new Map(
      executions.flatMap((events) => {
        const channels = new Set(events.flatMap((event) => destinations(event, config, 'slack')));
        const rollout = foldApart(events);
        return rollout === undefined
          ? []
          : [
              ...[...channels].map((channel) => {
                const message = slackMessage(rollout, labelsOf(rollout, config), detailIn(channel, events, config));
                return [pairOf(rollout.id.executionId, channel), lookOf(message)] as const;
              }),
              ...events.flatMap((event) => notesOn(event, rollout, config)),
            ];
      }),
    ),
    publications: [...new Map(accepted.map((event) => [event.eventId, event])).values()].flatMap((event) =>
      destinations(event, config, 'sns').map((topic) => ({ eventId: event.eventId, topic })),
    ),
  };
};

const leadsTo = ({ to }: Route, channel: string): boolean =>
  to.some((one) => one.kind === 'slack' && one.channel === channel);

/** Of all routes that led to a channel, the first in the file says how much is told there. */
const detailIn = (channel: string, events: readonly ToldEvent[], { routes }: Config): Detail =>
  routes.find((route) => leadsTo(route, channel) && events.some((event) => hears(route, event)))?.detail ?? 'full';

/** The worlds' routes ask for whole executions: of those that have failed people are told. */
const notesOn = (event: ToldEvent, rollout: Rollout, config: Config): readonly (readonly [string, string])[] => {
  const { register, attempt } = event;
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
            pairOf(rollout.id.executionId, channel, `failed rollout ${attempt}`),
            lookOf(noteMessage(rollout, labelsOf(rollout, config), note)),
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

/** The worlds' routes name pipelines in full. */
const hears = (
  { match: { pipeline: pipelines = [], state: states = [] } }: Route,
  { rollout, register, state }: ToldEvent,
): boolean => {
  const pipeline = pipelines.length === 0 || pipelines.includes(rollout.name);
  const whole = register.kind === 'rollout' || state === 'waiting';
  return pipeline && (states.length === 0 || (whole && states.includes(state)));
};

const labelsOf = ({ id }: Rollout, { environments }: Config): Labels => {
  const found = environments.find(({ match }) => id.source === 'codepipeline' && match.pipeline?.includes(id.name));
  return found === undefined ? {} : { environment: found.name };
};

const newest = (events: readonly ToldEvent[]): ToldEvent | undefined =>
  events.toSorted(
    (a, b) => b.attempt - a.attempt || b.time - a.time || b.rank - a.rank || (b.eventId > a.eventId ? 1 : -1),
  )[0];

const versionOf = ({ attempt, time, rank, eventId }: ToldEvent) => ({ attempt, time, rank, eventId });

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
