import type { Config } from '../../shared/config/config.ts';
import { policyName } from '../../shared/gate/policy.ts';
import { routeName } from '../../shared/routing/route.ts';
import { isArn } from '../template-parts.ts';

/** A channel that routes lead to or gates ask in, and the names of these. */
export type ChannelDestination = { readonly id: string; readonly name: string; readonly routes: readonly string[] };

/** A topic that routes lead to. `own`: the stack makes it. */
export type TopicDestination = {
  readonly name: string;
  readonly arn: string;
  readonly own: boolean;
  readonly routes: readonly string[];
};

/** The channels that routes lead to or gates ask in, each once. */
export const channelDestinations = ({ slack, routes, gates = [] }: Config): readonly ChannelDestination[] => {
  const found = new Map(routesByKey(routes, (to) => (to.kind === 'slack' ? to.channel : undefined)));
  gates.forEach((policy, index) => {
    for (const channel of policy.channels) {
      found.set(channel, [
        ...(found.get(channel) ?? []),
        policy.name === undefined ? policyName(policy, index) : `gate ${policy.name}`,
      ]);
    }
  });
  return [...found].map(([id, leading]) => ({
    id,
    name: Object.entries(slack.channels).find(([, channel]) => channel === id)?.[0] ?? id,
    routes: leading,
  }));
};

/** The topics that routes lead to, each once; `prefix` comes before the names of the stack's own. */
export const topicDestinations = ({ routes }: Config, prefix: string): readonly TopicDestination[] =>
  [...routesByKey(routes, (to) => (to.kind === 'sns' ? to.topic : undefined))].map(([name, leading]) => ({
    name,
    arn: isArn(name) ? name : `${prefix}${name}`,
    own: !isArn(name),
    routes: leading,
  }));

const routesByKey = (
  routes: Config['routes'],
  keyOf: (to: Config['routes'][number]['to'][number]) => string | undefined,
): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>();
  routes.forEach((route, index) => {
    const keys = new Set(route.to.map(keyOf).filter((key) => key !== undefined));
    for (const key of keys) {
      found.set(key, [...(found.get(key) ?? []), routeName(route, index)]);
    }
  });
  return found;
};
