import type { Config, Match, Route } from '../../shared/config/config.ts';
import { routeName } from '../../shared/routing/route.ts';
import type { ConfigFacts } from '../setup/repository.ts';
import type { Row } from '../setup/row.ts';

const GROUP = 'Configuration';

/** The ids in the `gatehouse.yml` that is shipped: nobody's. */
const EXAMPLES: ReadonlySet<string> = new Set(['T0GATEHOUSE', 'C0DEPLOYMENTS']);

/** Whether `gatehouse.yml` can be used, and what in it may not be meant so. */
export const checkConfiguration = (facts: ConfigFacts, { isLocal }: { readonly isLocal: boolean }): readonly Row[] => {
  if (facts.kind === 'invalid') {
    return facts.problems.map((says) => ({
      group: GROUP,
      name: 'gatehouse.yml',
      status: 'problem',
      says,
      remedy: 'mend it there; docs/routes.md explains every key',
    }));
  }
  const { config } = facts;
  const problems = isLocal ? [] : exampleIds(config);
  return [
    ...(problems.length > 0
      ? problems
      : [
          {
            group: GROUP,
            name: 'gatehouse.yml',
            status: 'ok' as const,
            says: `${counted(config.routes.length, 'route')}, ${counted(Object.keys(config.slack.channels).length, 'channel')}`,
          },
        ]),
    ...unusedChannels(config),
    ...neverAsked(config.routes),
    ...loudTopics(config.routes),
  ];
};

const exampleIds = ({ slack }: Config): readonly Row[] => {
  const ids: readonly (readonly [string, string])[] = [
    ['slack.workspace', slack.workspace],
    ...Object.entries(slack.channels).map(([name, id]) => [`slack.channels.${name}`, id] as const),
  ];
  return ids
    .filter(([, id]) => EXAMPLES.has(id))
    .map(([path, id]) => ({
      group: GROUP,
      name: path,
      status: 'problem',
      says: `${id} is the example's id, not yours`,
      remedy: path.endsWith('workspace')
        ? 'open Slack in a browser: the id is the T… in the address (app.slack.com/client/T…)'
        : 'open the channel in Slack, click its name: the id is at the bottom of the “About” tab',
    }));
};

const unusedChannels = ({ slack, routes }: Config): readonly Row[] => {
  const used = new Set(routes.flatMap(({ to }) => to.flatMap((one) => (one.kind === 'slack' ? [one.channel] : []))));
  return Object.entries(slack.channels)
    .filter(([, id]) => !used.has(id))
    .map(([name]) => ({
      group: GROUP,
      name: `slack.channels.${name}`,
      status: 'note',
      says: `no route leads to #${name}`,
      remedy: 'add it to the "to" of a route, or take it out',
    }));
};

const isEmpty = (match: Match): boolean => Object.values(match).every((values) => values.length === 0);

/** A route that matches everything and says stop leaves nothing to those after it, and any such route nothing to the default. */
const neverAsked = (routes: readonly Route[]): readonly Row[] =>
  routes.flatMap((route, index): readonly Row[] => {
    const all = routes.findIndex(
      ({ match, except, stop }, other) =>
        other < index && isEmpty(match) && except === undefined && (stop === true || route.fallback === true),
    );
    const earlier = routes[all];
    return earlier === undefined
      ? []
      : [
          {
            group: GROUP,
            name: routeName(route, index),
            status: 'note',
            says: `is never asked: ${routeName(earlier, all)} matches everything${route.fallback === true ? '' : ' and says stop'}`,
            remedy: 'put it before that one, or take it out',
          },
        ];
  });

/** Mail for every action of every pipeline is seldom what somebody wanted. */
const loudTopics = (routes: readonly Route[]): readonly Row[] =>
  routes.flatMap(({ match, to, ...route }, index) =>
    match.state === undefined || match.state.length === 0
      ? to.flatMap((one): readonly Row[] =>
          one.kind === 'sns'
            ? [
                {
                  group: GROUP,
                  name: routeName(route, index),
                  status: 'note',
                  says: `topic ${one.topic} gets every change, also of stages, actions and instances`,
                  remedy: 'add "state" to its match if only the end of a rollout is wanted',
                },
              ]
            : [],
        )
      : [],
  );

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** serverless.yml and what it is made of make no template. */
export const notCompiled = (problem: string): Row => ({
  group: GROUP,
  name: 'serverless.yml',
  status: 'problem',
  says: problem,
  remedy: 'npx serverless package says the same, and where',
});

/** Whether this runs on the Node that the functions run on. `version` as in `process.versions.node`. */
export const checkNode = (version: string): Row => {
  const major = Number(version.split('.')[0]);
  return major >= 24
    ? { group: GROUP, name: 'Node.js', status: 'ok', says: version }
    : {
        group: GROUP,
        name: 'Node.js',
        status: 'problem',
        says: `${version} runs this; the functions are made for 24`,
        remedy: 'npm ci brings it along: call this through npm run',
      };
};
