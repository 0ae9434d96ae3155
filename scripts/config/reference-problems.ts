import * as v from 'valibot';
import { routeName } from '../../shared/routing/route.ts';
import { autoProblems } from './auto-problems.ts';
import { mayMeet } from './may-meet.ts';
import { didYouMean } from './near-name.ts';
import type { Path, Problem } from './problem.ts';

const orElse = <const Schema extends v.GenericSchema>(schema: Schema, otherwise: v.InferOutput<Schema>) =>
  v.fallback(schema, otherwise);

const Text = orElse(v.optional(v.string()), undefined);

const Destinations = orElse(v.array(orElse(v.object({ slack: Text, sns: Text }), {})), []);

const Mention = orElse(
  v.pipe(
    v.optional(v.union([v.string(), v.array(v.string())]), []),
    v.transform((written) => [written].flat()),
  ),
  [],
);

const Quorum = orElse(v.optional(v.number(), 1), 1);

const Rule = v.object({ approvers: Mention, quorum: Quorum });

const Validation = v.object({
  http: orElse(v.object({ hosts: Mention, private: Mention }), { hosts: [], private: [] }),
  rules: orElse(v.array(orElse(v.object({ name: Text }), {})), []),
});

const NO_VALIDATION = { http: { hosts: [], private: [] }, rules: [] };

const NO_GATE = { to: [], approvers: [], quorum: 1, rules: [], mention: [] };

const GateNames = v.object({
  to: Destinations,
  approvers: Mention,
  quorum: Quorum,
  rules: orElse(v.array(orElse(Rule, { approvers: [], quorum: 1 })), []),
  mention: Mention,
});

/** The names that a file gives and uses, as far as they can be made out whatever else is wrong with it. */
const Names = orElse(
  v.object({
    slack: orElse(
      v.object({
        channels: orElse(v.record(v.string(), v.unknown()), {}),
        mentions: orElse(v.optional(v.record(v.string(), v.unknown()), {}), {}),
      }),
      { channels: {}, mentions: {} },
    ),
    routes: orElse(
      v.array(orElse(v.object({ name: Text, to: Destinations, mention: Mention }), { to: [], mention: [] })),
      [],
    ),
    default: v.optional(Destinations, []),
    people: orElse(v.optional(v.record(v.string(), v.unknown()), {}), {}),
    gates: orElse(v.array(orElse(GateNames, NO_GATE)), []),
    validation: orElse(v.optional(Validation, NO_VALIDATION), NO_VALIDATION),
    listen: orElse(v.object({ topics: orElse(v.array(Text), []) }), { topics: [] }),
  }),
  {
    slack: { channels: {}, mentions: {} },
    routes: [],
    default: [],
    people: {},
    gates: [],
    validation: NO_VALIDATION,
    listen: { topics: [] },
  },
);
type Names = v.InferOutput<typeof Names>;

/** What the schema cannot see: names that lead nowhere or to two things, and what cannot be reached together. */
export const referenceProblems = (written: unknown): readonly Problem[] => {
  const names = v.parse(Names, written);
  return [
    ...unknownChannels(names),
    ...channelsTwice(names),
    ...unknownMentions(names),
    ...unknownApprovers(names),
    ...quorumsOutOfReach(names),
    ...namesTwice(names),
    ...partitionsApart(names),
    ...loops(names),
    ...alarmTopics(names),
    ...rulesTwice(names),
    ...privateAndUnreached(names),
    ...autoProblems(written),
  ];
};

type Place = { readonly path: Path; readonly slack?: string | undefined; readonly sns?: string | undefined };

const destinationsOf = ({ routes, default: others, gates }: Names): readonly Place[] => [
  ...routes.flatMap(({ to }, route) => to.map((one, index) => ({ ...one, path: ['routes', route, 'to', index] }))),
  ...others.map((one, index) => ({ ...one, path: ['default', index] })),
  ...gates.flatMap(({ to }, gate) => to.map((one, index) => ({ ...one, path: ['gates', gate, 'to', index] }))),
];

const unknownChannels = (names: Names): readonly Problem[] => {
  const channels = Object.entries(names.slack.channels);
  const known = channels.map(([name]) => name);
  return destinationsOf(names).flatMap(({ path, slack }): readonly Problem[] => {
    if (slack === undefined || known.includes(slack)) {
      return [];
    }
    const [named] = channels.find(([, id]) => id === slack) ?? [];
    const hint = named === undefined ? didYouMean(slack, known) : `, that is the id of "${named}"`;
    return [{ path: [...path, 'slack'], says: `no channel of that name under slack.channels${hint}` }];
  });
};

/** Slack's own words for everybody in a channel: in a thread it notifies nobody of them. */
const EVERYBODY: ReadonlySet<string> = new Set(['here', 'channel', 'everyone']);

const unknownMentions = ({ slack, routes }: Names): readonly Problem[] => {
  const known = Object.keys(slack.mentions);
  return routes.flatMap(({ mention }, route) =>
    mention
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: ['routes', route, 'mention'],
        says: EVERYBODY.has(name)
          ? `Slack notifies nobody of "${name}" in a thread: name a user group under slack.mentions`
          : `nobody of that name under slack.mentions${didYouMean(name, known)}`,
      })),
  );
};

type Ruled = { readonly path: Path; readonly approvers: readonly string[]; readonly quorum: number };

const rulesOf = ({ gates }: Names): readonly Ruled[] =>
  gates.flatMap(({ approvers, quorum, rules }, gate) => [
    ...(approvers.length === 0 ? [] : [{ path: ['gates', gate], approvers, quorum }]),
    ...rules.map((rule, index) => ({ path: ['gates', gate, 'rules', index], ...rule })),
  ]);

const unknownApprovers = (names: Names): readonly Problem[] => {
  const { people, slack, gates } = names;
  const known = [...Object.keys(people), ...Object.keys(slack.mentions)];
  const mentions = Object.keys(slack.mentions);
  return [
    ...rulesOf(names).flatMap(({ path, approvers }) =>
      approvers
        .filter((name) => !known.includes(name) && !name.includes('*'))
        .map((name) => ({
          path: [...path, 'approvers'],
          says: `nobody of that name under people or slack.mentions${didYouMean(name, known)}`,
        })),
    ),
    ...gates.flatMap(({ mention }, gate) =>
      mention
        .filter((name) => !mentions.includes(name))
        .map((name) => ({
          path: ['gates', gate, 'mention'],
          says: `nobody of that name under slack.mentions${didYouMean(name, mentions)}`,
        })),
    ),
  ];
};

/** Of a group nobody knows here how many are in it. */
const quorumsOutOfReach = (names: Names): readonly Problem[] => {
  const isGroup = (name: string): boolean => {
    const id = names.slack.mentions[name];
    return typeof id === 'string' && id.startsWith('S');
  };
  return rulesOf(names).flatMap(({ path, approvers, quorum }): readonly Problem[] => {
    const count = new Set(approvers).size;
    return count === 0 || approvers.some(isGroup) || count >= quorum
      ? []
      : [{ path: [...path, 'quorum'], says: `asks for ${quorum} of ${count}: it could never be approved` }];
  });
};

const channelsTwice = ({ slack }: Names): readonly Problem[] => {
  const ids = Object.entries(slack.channels);
  return ids.flatMap(([name, id], index): readonly Problem[] => {
    const first = ids.findIndex(([, other]) => other === id);
    return first === index
      ? []
      : [{ path: ['slack', 'channels', name], says: `is the same channel as "${ids[first]?.[0] ?? ''}"` }];
  });
};

/** A name given may also be the name that another route has by its place. */
const namesTwice = ({ routes }: Names): readonly Problem[] => {
  const named = routes.map(({ name }) => ({ ...(name !== undefined && { name }) }));
  const all = [...named, { fallback: true }].map(routeName);
  return routes.flatMap(({ name }, index): readonly Problem[] => {
    const other = name === undefined ? -1 : all.findIndex((one, place) => one === name && place !== index);
    // Of two that are given the name, the second is told.
    return other === -1 || (routes[other]?.name !== undefined && other > index)
      ? []
      : [
          {
            path: ['routes', index, 'name'],
            says: other === routes.length ? 'is what the default is called' : `is already that of routes[${other}]`,
          },
        ];
  });
};

/** The functions run in one partition, and from there no other can be reached. */
const partitionsApart = (names: Names): readonly Problem[] => {
  const places = [
    ...destinationsOf(names).map(({ path, sns }) => ({ path: [...path, 'sns'], sns })),
    ...listened(names),
  ];
  const topics = places.flatMap(({ path, sns }) => {
    const [, partition] = /^arn:(aws(?:-cn|-us-gov)?):/.exec(sns ?? '') ?? [];
    return partition === undefined ? [] : [{ path, partition }];
  });
  return topics.flatMap(({ path, partition }): readonly Problem[] => {
    const first = topics[0]?.partition ?? partition;
    return first === partition
      ? []
      : [{ path, says: `is in partition ${partition}, another topic in ${first}: one deployment reaches one of them` }];
  });
};

const listened = ({ listen }: Names): readonly Place[] =>
  listen.topics.map((sns, index) => ({ sns, path: ['listen', 'topics', index] }));

/** What Gatehouse publishes is no state change: it would come back only to be quarantined. */
const loops = (names: Names): readonly Problem[] => {
  const published = destinationsOf(names).map(({ sns }) => sns);
  return listened(names).flatMap(({ path, sns }): readonly Problem[] =>
    sns !== undefined && published.includes(sns)
      ? [{ path, says: 'is published to by a route: listen to topics that others publish to' }]
      : [],
  );
};

/** The stack has a topic of that name. */
const alarmTopics = (names: Names): readonly Problem[] =>
  destinationsOf(names).flatMap(({ path, sns }): readonly Problem[] =>
    sns === 'alarms' ? [{ path: [...path, 'sns'], says: 'is the topic that hears of alarms: take another name' }] : [],
  );

/** A run's record names the rule that let it go on. */
const rulesTwice = ({ validation: { rules } }: Names): readonly Problem[] =>
  rules.flatMap(({ name }, index): readonly Problem[] => {
    const first = rules.findIndex((rule) => rule.name === name);
    return name === undefined || first === index
      ? []
      : [{ path: ['validation', 'rules', index, 'name'], says: `is already that of rules[${first}]` }];
  });

const privateAndUnreached = ({ validation: { http } }: Names): readonly Problem[] =>
  http.private.flatMap((glob, index): readonly Problem[] =>
    http.hosts.some((host) => mayMeet(host, glob))
      ? []
      : [{ path: ['validation', 'http', 'private', index], says: 'is none of the hosts that may be reached at all' }],
  );
