import type { Config, Destination, Route } from '../config/config.ts';
import type { StateChange } from '../rollout/rollout.ts';
import { factsOf } from './change-facts.ts';
import type { ChangeFacts } from './change-facts.ts';
import { matches } from './match.ts';

/** Who hears of a change: channels and topics, each named once. */
export type Audience = { readonly channels: readonly string[]; readonly topics: readonly string[] };

/** What a route says to a change. `because`: what a route before it did, so that this one is not asked. */
export type Answer =
  | { readonly route: Route; readonly says: 'matches' | 'differs' | 'excepted' }
  | { readonly route: Route; readonly says: 'not-asked'; readonly because: string };

/**
 * The destinations of a change. What was received decides, not what it was folded into: so the same events lead to the
 * same destinations in whatever order they come.
 */
export const audienceOf = (change: StateChange, routes: Config['routes']): Audience => {
  const destinations = askRoutes(factsOf(change), routes).flatMap(({ says, route }) =>
    says === 'matches' ? route.to : [],
  );
  return {
    channels: distinct(destinations.flatMap((to) => (to.kind === 'slack' ? [to.channel] : []))),
    topics: distinct(destinations.flatMap((to: Destination) => (to.kind === 'sns' ? [to.topic] : []))),
  };
};

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
