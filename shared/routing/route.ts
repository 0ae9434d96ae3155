import type { Config, Detail, Mention, Route } from '../config/config.ts';
import type { RolloutId, StateChange } from '../rollout/rollout.ts';
import { factsOf } from './change-facts.ts';
import type { ChangeFacts } from './change-facts.ts';
import { isOfSubject, matches, matchesRollout } from './match.ts';

/** Who hears of a change: channels and topics, each named once. */
export type Audience = {
  readonly channels: readonly Listener[];
  readonly topics: readonly { readonly topic: string; readonly detail: Detail }[];
  /** What the routes are called that lead there. */
  readonly routes: readonly string[];
};

/** A channel that hears of a change. */
export type Listener = {
  readonly channel: string;
  /** The first of the routes that lead there, by its place among all. */
  readonly route: number;
  /** How much that route tells. */
  readonly detail: Detail;
  /** Who there is called to it. */
  readonly mentions: readonly Mention[];
};

/** What a route says to a change. `because`: what a route before it did, so that this one is not asked. */
export type Answer =
  | { readonly route: Route; readonly says: 'matches' | 'differs' | 'excepted' }
  | { readonly route: Route; readonly says: 'not-asked'; readonly because: string };

/**
 * The destinations of a change. What was received decides, not what it was folded into: so the same events lead to the
 * same destinations in whatever order they come.
 */
export const audienceOf = (change: StateChange, routes: Config['routes']): Audience => {
  const facts = factsOf(change);
  const channels = new Map<string, Listener>();
  const topics = new Map<string, Audience['topics'][number]>();
  const names: string[] = [];
  for (const [place, { says, route }] of askRoutes(facts, routes).entries()) {
    if (says !== 'matches') {
      continue;
    }
    names.push(routeName(route, place));
    for (const to of route.to) {
      switch (to.kind) {
        case 'slack': {
          const { channel } = to;
          const known = channels.get(channel) ?? {
            channel,
            route: place,
            detail: route.detail ?? 'full',
            mentions: [],
          };
          channels.set(channel, { ...known, mentions: distinct([...known.mentions, ...mentionsOf(route, facts)]) });
          break;
        }
        case 'sns':
          if (!topics.has(to.topic)) {
            topics.set(to.topic, { topic: to.topic, detail: route.detail ?? 'full' });
          }
      }
    }
  }
  return { channels: [...channels.values()], topics: [...topics.values()], routes: names };
};

/** People are called when it is the very thing that a route asks for which has failed. */
const mentionsOf = ({ match, mention = [] }: Route, facts: ChangeFacts): readonly Mention[] =>
  facts.state === 'failed' && isOfSubject(match, facts) ? mention : [];

/** Whether any route may lead somebody to a rollout, whatever state it or a part of it comes into. */
export const mayBeHeardOf = (id: RolloutId, routes: Config['routes']): boolean =>
  routes.some(({ match }) => matchesRollout(match, id));

/** Asks each route in turn, until one that matches says stop. */
export const askRoutes = (facts: ChangeFacts, routes: Config['routes']): readonly Answer[] => {
  let stopped: string | undefined;
  let matched: string | undefined;
  return routes.map((route, index) => {
    const because = stopped ?? (route.fallback === true ? matched : undefined);
    if (because !== undefined) {
      return { route, says: 'not-asked', because };
    }
    const says = answerOf(route, facts);
    if (says === 'matches') {
      const name = routeName(route, index);
      matched ??= `${name} matched`;
      stopped = route.stop === true ? `${name} said stop` : undefined;
    }
    return { route, says };
  });
};

const answerOf = ({ match, except }: Route, facts: ChangeFacts): 'matches' | 'differs' | 'excepted' => {
  if (!matches(match, facts)) {
    return 'differs';
  }
  return except !== undefined && matches(except, facts) ? 'excepted' : 'matches';
};

/** What a route is called: by its name, otherwise by its place. */
export const routeName = ({ name, fallback }: Pick<Route, 'name' | 'fallback'>, index: number): string =>
  name ?? (fallback === true ? 'default' : `route ${index + 1}`);

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];
