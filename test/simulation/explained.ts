import { drawStory } from '../../local/explain/draw-story.ts';
import { rolloutStory } from '../../local/explain/rollout-story.ts';
import type { Story } from '../../local/explain/rollout-story.ts';
import type { World } from '../../local/virtual/world.ts';
import type { Config } from '../../shared/config/config.ts';
import { rolloutIdOf } from '../../shared/store/keys.ts';
import type { Arrival } from './workload.ts';

/** An event's record has room for no more ids. */
const MOST_IDS = 10;

/** P18: of every rollout a story can be told, with every event that came, and no edit in it that was not made. */
export const storyProblems = (
  world: World,
  arrivals: readonly Arrival[],
  config: Config,
  now: number,
): readonly string[] => {
  const stories = storiesOf(world, config, now);
  const events = stories.flatMap((story) => story.events);
  const ids = new Set(events.flatMap(({ eventIds }) => eventIds));
  const isCut = events.some(({ eventIds }) => eventIds.length >= MOST_IDS);
  const edits = new Map(world.slack.messages().map((held) => [`${held.channel} ${held.ts}`, held.edits]));
  return [
    ...arrivals.flatMap(({ told }) =>
      told === undefined || isCut || ids.has(told.eventId) ? [] : [`P18: no story has the event ${told.eventId}`],
    ),
    ...stories
      .flatMap(({ messages, notes }) => [...messages, ...notes])
      .filter(({ channel, ts, postedAt, edits: told }) => {
        const isUntold = ts !== null && postedAt === null;
        return isUntold || (told ?? 0) > (edits.get(`${channel} ${ts ?? ''}`) ?? 0);
      })
      .map(({ channel, ts }) => `P18: the story of ${channel} ${ts ?? ''} is not what happened`),
    ...stories.flatMap((story) =>
      story.unreadable.length > 0 || /undefined|NaN|\[object/.test(drawStory(story, config, false))
        ? [`P18: the story of ${story.rollout.executionId} makes no sense`]
        : [],
    ),
  ];
};

const storiesOf = (world: World, config: Config, now: number): readonly Story[] => {
  const rows = world.items().map(({ key, rev, body }) => ({ ...key, rev, body }));
  const pauses = rows.filter(({ pk }) => pk.startsWith('W#'));
  return [...Map.groupBy(rows, ({ pk }) => pk)].flatMap(([pk, items]) => {
    const id = rolloutIdOf(pk);
    return id === undefined ? [] : [rolloutStory({ id, items, pauses }, config, now)];
  });
};
