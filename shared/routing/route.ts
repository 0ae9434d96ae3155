import type { Config, Destination, Match } from '../config/config.ts';
import type { RolloutId, StateChange } from '../rollout/rollout.ts';
import { matchesGlob } from './glob.ts';

/** Who hears of a change: channels and topics, each named once. */
export type Audience = { readonly channels: readonly string[]; readonly topics: readonly string[] };

/**
 * The destinations of a change. What was received decides, not what it was folded into: so the same events lead to the
 * same destinations in whatever order they come.
 */
export const audienceOf = (change: StateChange, routes: Config['routes']): Audience => {
  const destinations = routes.filter(({ match }) => matches(match, change)).flatMap(({ to }) => to);
  return {
    channels: distinct(destinations.flatMap((to) => (to.kind === 'slack' ? [to.channel] : []))),
    topics: distinct(destinations.flatMap((to: Destination) => (to.kind === 'sns' ? [to.topic] : []))),
  };
};

const matches = ({ pipeline, state }: Match, change: StateChange): boolean =>
  matchesPipeline(pipeline, change.rollout) &&
  (state.length === 0 || (isOfTheWhole(change) && state.includes(change.state)));

/** An action that waits for people is why the whole rollout waits. */
const isOfTheWhole = ({ register, state }: StateChange): boolean => register.kind === 'rollout' || state === 'waiting';

/** The name of the environment that a rollout changes, if `gatehouse.yml` names it. */
export const environmentOf = (id: RolloutId, environments: Config['environments']): string | undefined =>
  environments.find(
    ({ match }) =>
      matchesPipeline(match.pipeline, id) && (match.account.length === 0 || match.account.includes(id.account)),
  )?.name;

/** What names pipelines does not mean deployments. */
const matchesPipeline = (globs: readonly string[], id: RolloutId): boolean =>
  globs.length === 0 || (id.source === 'codepipeline' && globs.some((glob) => matchesGlob(glob, id.name)));

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];
