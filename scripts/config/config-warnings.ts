import type { Config, Match, Route } from '../../shared/config/config.ts';
import { policyName } from '../../shared/gate/policy.ts';
import { CRITERIA } from '../../shared/routing/match.ts';
import { routeName } from '../../shared/routing/route.ts';
import { mayMeet } from './may-meet.ts';

/** What a `gatehouse.yml` says that can be used and yet may not be what was meant. */
export const configWarnings = (config: Config): readonly string[] => [
  ...toldDifferently(config),
  ...approvedAlways(config),
];

/** The owner's decision, and a gate at which nobody is asked. */
const approvedAlways = ({ gates = [] }: Config): readonly string[] =>
  gates.flatMap((gate, place) =>
    (gate.auto ?? [])
      .filter(({ when, fills }) => Object.keys(when).length === 0 && fills.length === gate.rules.length)
      .map(({ name }) => `${policyName(gate, place)} asks nobody: "${name}" approves always, whatever it is`),
  );

const toldDifferently = ({ slack, routes }: Config): readonly string[] =>
  Object.entries(slack.channels).flatMap(([name, channel]) => {
    const leading = routes
      .map((route, place) => ({ route, name: routeName(route, place), detail: route.detail ?? 'full' }))
      .filter(({ route }) => leadsTo(route, channel));
    return leading.flatMap((later, place) => {
      const first = leading
        .slice(0, place)
        .find((earlier) => earlier.detail !== later.detail && mayBothMatch(earlier.route, later.route));
      return first === undefined
        ? []
        : [
            `#${name} is told "${first.detail}" by ${first.name} and "${later.detail}" by ${later.name}: ` +
              `of a rollout that both lead there it is told "${first.detail}", as the first says`,
          ];
    });
  });

const leadsTo = ({ to }: Route, channel: string): boolean =>
  to.some((one) => one.kind === 'slack' && one.channel === channel);

/** False where some rollout's name, account or the like would have to be two things at once. The state may change. */
const mayBothMatch = (a: Route, b: Route): boolean =>
  CRITERIA.filter((criterion) => criterion !== 'state').every((criterion) => overlap(a.match, b.match, criterion));

const overlap = (a: Match, b: Match, criterion: (typeof CRITERIA)[number]): boolean => {
  const [ours, theirs] = [a[criterion] ?? [], b[criterion] ?? []];
  return ours.length === 0 || theirs.length === 0 || ours.some((one) => theirs.some((other) => mayMeet(one, other)));
};
