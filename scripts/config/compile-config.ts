import { closestMatch } from 'leven';
import * as v from 'valibot';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Config, Destination, Route } from '../../shared/config/config.ts';
import { isFinal, ROLLOUT_STATES } from '../../shared/rollout/state.ts';
import { GatehouseYml } from './gatehouse-yml.ts';

/** `gatehouse.yml` cannot be used: every problem with its place, none with a value that might be secret. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(
      [`${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:`, ...problems].join('\n  '),
    );
    this.problems = problems;
  }
}

type Problem = { readonly path: Path; readonly says: string };
type Path = readonly (string | number)[];

/** Compiles the text of a `gatehouse.yml`. Throws `ConfigInvalid` with all of its problems at once. */
export const compileConfig = (text: string, file = 'gatehouse.yml'): Config => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigInvalid(
      file,
      document.errors.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}  ${message}`),
    );
  }
  let written: unknown;
  try {
    written = document.toJS({ maxAliasCount: 50 });
  } catch {
    // The library's own words would say what is written there.
    throw new ConfigInvalid(file, ['the file: an alias (*name) leads nowhere, or there are too many of them']);
  }
  // An empty file lacks everything; a list is to valibot an object without keys.
  const parsed = v.safeParse(GatehouseYml, Array.isArray(written) ? 'a list' : (written ?? {}));
  const problems = [...(parsed.issues ?? []).flatMap(problemsOf), ...problemsBetween(v.parse(Names, written))];
  if (!parsed.success || problems.length > 0) {
    throw new ConfigInvalid(
      file,
      problems
        .map(({ path, says }) => ({ line: lineOf(document, lines, path), says: `${nameOf(path)}: ${says}` }))
        .sort((a, b) => a.line - b.line)
        .map(({ line, says }) => `line ${line}  ${says}`),
    );
  }
  return compile(parsed.output);
};

const problemsOf = (issue: v.BaseIssue<unknown>): readonly Problem[] => {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  // Of a union the branch that was meant says more than the union does.
  const meant = issue.type === 'union' ? issue.issues?.filter(({ path: inner }) => inner !== undefined) : undefined;
  if (meant !== undefined && meant.length > 0) {
    return meant.flatMap(problemsOf).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
  }
  return [{ path, says: sayingOf(issue, path) }];
};

const sayingOf = (issue: v.BaseIssue<unknown>, path: Path): string => {
  const last = path.at(-1);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `unknown key${hint(String(last), KEYS)}`;
  }
  if (issue.received === 'undefined') {
    return 'is missing';
  }
  if (issue.type === 'picklist' || issue.type === 'union') {
    const words = [...(issue.expected ?? '').matchAll(/"([^"]+)"/g)].flatMap(([, word]) => word ?? []);
    const near = typeof issue.input === 'string' ? hint(issue.input, words) : '';
    return `should be ${words.length === 0 ? 'text, or a list of texts' : `one of ${words.join(', ')}`}${near}`;
  }
  return issue.kind === 'schema' ? `should be ${wordFor(issue.expected)}` : issue.message;
};

const wordFor = (expected: string | null): string => {
  switch (expected) {
    case 'Object':
      return 'a mapping of keys';
    case 'Array':
      return 'a list';
    case 'string':
      return 'text';
    default:
      return expected ?? 'something else';
  }
};

const KEYS = [
  'slack',
  'workspace',
  'channels',
  'environments',
  'name',
  'match',
  'pipeline',
  'account',
  'routes',
  'state',
  'to',
  'sns',
] as const;

const hint = (word: string, known: readonly string[]): string => {
  const near = closestMatch(word.toLowerCase(), [...known], { maxDistance: 1 + Math.floor(word.length / 4) });
  return near === undefined ? '' : `, did you mean "${near}"?`;
};

/** The names that a file gives and uses, as far as they can be made out whatever else is wrong with it. */
const Names = v.fallback(
  v.object({
    slack: v.fallback(v.object({ channels: v.fallback(v.record(v.string(), v.unknown()), {}) }), { channels: {} }),
    routes: v.fallback(
      v.array(
        v.fallback(
          v.object({
            to: v.fallback(
              v.array(v.fallback(v.object({ slack: v.fallback(v.optional(v.string()), undefined) }), {})),
              [],
            ),
          }),
          { to: [] },
        ),
      ),
      [],
    ),
  }),
  { slack: { channels: {} }, routes: [] },
);

/** What the schema cannot see: names that lead nowhere, and two names for one channel. */
const problemsBetween = ({ slack, routes }: v.InferOutput<typeof Names>): readonly Problem[] => {
  const names = Object.keys(slack.channels);
  const unknown = routes.flatMap(({ to }, route) =>
    to.flatMap(({ slack: channel }, index): readonly Problem[] =>
      channel === undefined || names.includes(channel)
        ? []
        : [
            {
              path: ['routes', route, 'to', index, 'slack'],
              says: `no channel of that name under slack.channels${hint(channel, names)}`,
            },
          ],
    ),
  );
  const ids = Object.entries(slack.channels);
  const twice = ids.flatMap(([name, id], index): readonly Problem[] => {
    const first = ids.findIndex(([, other]) => other === id);
    return first === index
      ? []
      : [{ path: ['slack', 'channels', name], says: `is the same channel as "${ids[first]?.[0] ?? ''}"` }];
  });
  return [...unknown, ...twice];
};

const compile = ({ slack, environments, routes }: GatehouseYml): Config => ({
  slack,
  environments: (environments ?? []).map(({ name, match }) => ({
    name,
    match: { pipeline: listOf(match.pipeline), account: listOf(match.account) },
  })),
  routes: routes === undefined ? defaultRoutes(slack) : routes.map((route) => compileRoute(route, slack)),
});

const compileRoute = (
  { match, to }: NonNullable<GatehouseYml['routes']>[number],
  slack: GatehouseYml['slack'],
): Route => ({
  match: { pipeline: listOf(match?.pipeline), state: listOf(match?.state) },
  to: to.flatMap(({ slack: name, sns }): readonly Destination[] => {
    const channel = name === undefined ? undefined : slack.channels[name];
    return [
      ...(channel === undefined ? [] : [{ kind: 'slack', channel } as const]),
      ...(sns === undefined ? [] : [{ kind: 'sns', topic: sns } as const]),
    ];
  }),
});

/** Slack hears of everything, mail of what has ended. */
const defaultRoutes = ({ channels }: GatehouseYml['slack']): readonly Route[] => {
  const [channel] = Object.values(channels);
  return [
    ...(channel === undefined
      ? []
      : [{ match: { pipeline: [], state: [] }, to: [{ kind: 'slack', channel } as const] }]),
    { match: { pipeline: [], state: ROLLOUT_STATES.filter(isFinal) }, to: [{ kind: 'sns', topic: 'releases' }] },
  ];
};

const listOf = <Value>(value: Value | readonly Value[] | undefined): readonly Value[] =>
  value === undefined ? [] : isList(value) ? value : [value];

const isList = <Value>(value: Value | readonly Value[]): value is readonly Value[] => Array.isArray(value);

const nameOf = (path: Path): string =>
  path.length === 0
    ? 'the file'
    : path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');

/** The line of the nearest thing that is there: what is missing has none. */
const lineOf = (document: Document.Parsed, lines: LineCounter, path: Path): number => {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key: one }) => isScalar(one) && String(one.value) === String(key))?.key
      : undefined;
    const node: unknown = pair ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) {
      return lines.linePos(node.range[0]).line;
    }
  }
  return 1;
};
