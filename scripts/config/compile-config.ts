import * as v from 'valibot';
import type {
  AutoMatch,
  AutoRule,
  Config,
  Destination,
  GatePolicy,
  Person,
  Route,
  ValidationPolicy,
} from '../../shared/config/config.ts';
import { isFinal, ROLLOUT_STATES } from '../../shared/rollout/state.ts';
import type { AutoYml } from './auto-yml.ts';
import { hoursOf } from './calendar-yml.ts';
import { GatehouseYml } from './gatehouse-yml.ts';
import { pathName } from './problem.ts';
import { readYaml } from './read-yaml.ts';
import { referenceProblems } from './reference-problems.ts';
import { schemaProblems } from './schema-problems.ts';
import { withoutSecrets } from './secret-literals.ts';

/** `gatehouse.yml` cannot be used: every problem with its place, none with a value that might be secret. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    const clean = problems.map(withoutSecrets);
    super([`${file} has ${clean.length === 1 ? 'a problem' : `${clean.length} problems`}:`, ...clean].join('\n  '));
    this.problems = clean;
  }
}

/** Compiles the text of a `gatehouse.yml` to what bundles carry. Throws as `readGatehouseYml`. */
export const compileConfig = (text: string, file?: string): Config => compile(readGatehouseYml(text, file));

/** Reads the text of a `gatehouse.yml`. Throws `ConfigInvalid` with all of its problems at once. */
export const readGatehouseYml = (text: string, file = 'gatehouse.yml'): GatehouseYml => {
  const read = readYaml(GatehouseYml, text);
  if ('unreadable' in read) {
    throw new ConfigInvalid(
      file,
      read.unreadable.map(({ line, says }) => (line === undefined ? says : `line ${line}  ${says}`)),
    );
  }
  const parsed = v.safeParse(GatehouseYml, read.value);
  const problems = [
    ...schemaProblems(GatehouseYml, parsed.issues ?? []),
    ...referenceProblems(read.value),
    ...read.problems,
  ];
  if (!parsed.success || problems.length > 0) {
    throw new ConfigInvalid(
      file,
      problems
        .map(({ path, says, line = read.lineAt(path) }) => ({ line, says: `${pathName(path)}: ${says}` }))
        .sort((a, b) => a.line - b.line)
        .map(({ line, says }) => `line ${line}  ${says}`),
    );
  }
  return parsed.output;
};

const compile = ({
  slack,
  accounts,
  regions,
  environments,
  routes,
  default: others,
  people,
  gates,
  validation,
}: GatehouseYml): Config => ({
  slack: {
    workspace: slack.workspace,
    ...(slack.app !== undefined && { app: slack.app }),
    channels: slack.channels,
  },
  ...(accounts !== undefined && { accounts }),
  ...(regions !== undefined && { regions }),
  environments: environments ?? [],
  routes:
    routes === undefined && others === undefined
      ? routesOfNoRoutes(slack)
      : [
          ...(routes ?? []).map(({ match = {}, to, mention, ...route }): Route => ({
            ...route,
            match,
            to: destinationsOf(to, slack),
            ...(mention !== undefined && { mention: mention.map((name) => slack.mentions?.[name] ?? name) }),
          })),
          ...(others === undefined ? [] : [{ match: {}, to: destinationsOf(others, slack), fallback: true }]),
        ],
  ...(people !== undefined && { people: peopleOf(people) }),
  ...(gates !== undefined && { gates: gates.map((gate) => policyOf(gate, slack, people ?? {})) }),
  ...(validation !== undefined && { validation: validationOf(validation) }),
});

const validationOf = ({ http, secrets, rules }: NonNullable<GatehouseYml['validation']>): ValidationPolicy => ({
  http: { hosts: http?.hosts ?? [], privateHosts: http?.private ?? [], ports: http?.ports ?? [] },
  secrets: secrets ?? {},
  rules: (rules ?? []).map(({ name, match, allow }) => ({ name, match: match ?? {}, allow })),
});

const peopleOf = (people: NonNullable<GatehouseYml['people']>): readonly Person[] =>
  Object.entries(people).map(([name, { slack, iam, git }]) => ({
    name,
    user: slack,
    iam: iam ?? [],
    git: (git ?? []).map((one) => one.toLowerCase()),
  }));

type WrittenGate = NonNullable<GatehouseYml['gates']>[number];

const policyOf = (
  { name, match, to, approvers, quorum, rules, rejections, confirm, ...gate }: WrittenGate,
  slack: GatehouseYml['slack'],
  people: NonNullable<GatehouseYml['people']>,
): GatePolicy => {
  const asked = (rules ?? [{ approvers: approvers ?? [], ...(quorum !== undefined && { quorum }) }]).map((rule) => {
    const ids = rule.approvers.flatMap((one) => people[one]?.slack ?? slack.mentions?.[one] ?? []);
    return {
      name: ('name' in rule ? rule.name : undefined) ?? rule.approvers.join(', '),
      users: ids.filter((id) => !id.startsWith('S')),
      groups: ids.filter((id) => id.startsWith('S')),
      quorum: rule.quorum ?? 1,
    };
  });
  return {
    ...(name !== undefined && { name }),
    match: match ?? {},
    channels: to.flatMap(({ slack: channel }) => slack.channels[channel] ?? []),
    rules: asked,
    rejections: rejections ?? 1,
    confirm: confirm ?? 'modal',
    selfApproval: gate.selfApproval ?? 'deny',
    unknownAuthor: gate.unknownAuthor ?? 'deny',
    supersede: gate.supersede ?? false,
    ...(gate.expires !== undefined && { expireAfterMs: gate.expires }),
    onExpiry: gate.onExpiry ?? 'aws',
    remindAfterMs: [...(gate.remind ?? [])].sort((a, b) => a - b),
    ...(gate.mention !== undefined && { mention: gate.mention.map((one) => slack.mentions?.[one] ?? one) }),
    ...(gate.openLimit !== undefined && { openLimitMs: gate.openLimit }),
    ...(gate.auto !== undefined && { auto: gate.auto.map((auto) => autoOf(auto, asked, people)) }),
  };
};

const autoOf = (
  { name, fill, when }: AutoYml,
  rules: GatePolicy['rules'],
  people: NonNullable<GatehouseYml['people']>,
): AutoRule => ({
  name,
  fills: rules.flatMap((rule, place) => (fill === undefined || fill.includes(rule.name) ? [place] : [])),
  when: autoMatchOf(when, people),
});

const autoMatchOf = (
  { always, startedBy, succeeded, validated, hours, ...when }: AutoYml['when'],
  people: NonNullable<GatehouseYml['people']>,
): AutoMatch => ({
  ...when,
  ...(startedBy !== undefined && {
    startedBy: startedBy.flatMap((one) => (one.startsWith('arn:') ? [one] : (people[one]?.iam ?? []))),
  }),
  ...(succeeded !== undefined && {
    succeeded: succeeded.map(({ for: forMs, ...one }) => ({ ...one, ...(forMs !== undefined && { forMs }) })),
  }),
  ...(validated !== undefined && {
    validated: validated.map(({ suite, verdict }) => ({ suite, verdict: verdict ?? 'pass' })),
  }),
  ...(hours !== undefined && { hours: hours.map(hoursOf) }),
});

const destinationsOf = (
  to: NonNullable<GatehouseYml['default']>,
  { channels }: GatehouseYml['slack'],
): readonly Destination[] =>
  to.flatMap(({ slack: name, sns }): readonly Destination[] => {
    const channel = name === undefined ? undefined : channels[name];
    return [
      ...(channel === undefined ? [] : [{ kind: 'slack', channel } as const]),
      ...(sns === undefined ? [] : [{ kind: 'sns', topic: sns } as const]),
    ];
  });

/** Slack hears of everything, mail of what has ended. */
const routesOfNoRoutes = ({ channels }: GatehouseYml['slack']): readonly Route[] => {
  const [channel] = Object.values(channels);
  return [
    ...(channel === undefined ? [] : [{ match: {}, to: [{ kind: 'slack', channel } as const] }]),
    { match: { state: ROLLOUT_STATES.filter(isFinal) }, to: [{ kind: 'sns', topic: 'releases' }] },
  ];
};
