import * as v from 'valibot';
import { starterProblem } from './auto-yml.ts';
import { backwardTimes, hoursOf, WrittenCalendar } from './calendar-yml.ts';
import { didYouMean } from './near-name.ts';
import type { Path, Problem } from './problem.ts';

const orElse = <const Schema extends v.GenericSchema>(schema: Schema, otherwise: v.InferOutput<Schema>) =>
  v.fallback(schema, otherwise);

const Text = orElse(v.optional(v.string()), undefined);

const Texts = orElse(
  v.pipe(
    v.optional(v.union([v.string(), v.array(v.string())]), []),
    v.transform((written) => [written].flat()),
  ),
  [],
);

const Keys = orElse(v.record(v.string(), v.unknown()), {});

const Auto = v.object({ name: Text, fill: Texts, when: Keys });

const Rule = v.object({ name: Text, approvers: Texts });

const Gate = v.object({
  match: orElse(v.optional(v.record(v.string(), v.unknown()), {}), {}),
  rules: orElse(v.optional(v.array(orElse(Rule, { approvers: [] }))), undefined),
  auto: orElse(v.optional(v.array(orElse(Auto, { fill: [], when: {} })), []), []),
});
type Gate = v.InferOutput<typeof Gate>;

const Person = v.object({ iam: Texts, git: Texts });

const Names = orElse(
  v.object({
    people: orElse(v.optional(v.record(v.string(), orElse(Person, { iam: [], git: [] })), {}), {}),
    gates: orElse(v.optional(v.array(orElse(Gate, { match: {}, rules: undefined, auto: [] })), []), []),
  }),
  { people: {}, gates: [] },
);
type People = v.InferOutput<typeof Names>['people'];

type Placed = { readonly gate: Gate; readonly auto: v.InferOutput<typeof Auto>; readonly path: Path };

/** What is wrong with rules that approve in the place of people, beyond what their schema sees. */
export const autoProblems = (written: unknown): readonly Problem[] => {
  const { people, gates } = v.parse(Names, written);
  return gates.flatMap((gate, place) =>
    gate.auto.flatMap((auto, index) => {
      const placed = { gate, auto, path: ['gates', place, 'auto', index] };
      return [
        ...namedTwice(placed, index),
        ...unknownRules(placed),
        ...unknownPeople(placed, people),
        ...neverKnown(placed),
        ...timesBackward(placed),
      ];
    }),
  );
};

/** The record names the rule, and a decision is done again by its name. */
const namedTwice = ({ gate, auto: { name }, path }: Placed, index: number): readonly Problem[] => {
  const first = gate.auto.findIndex((other) => other.name === name);
  return name === undefined || first === index
    ? []
    : [{ path: [...path, 'name'], says: `is already that of auto[${first}]` }];
};

const unknownRules = ({ gate: { rules }, auto: { fill }, path }: Placed): readonly Problem[] => {
  const at = [...path, 'fill'];
  if (rules === undefined) {
    return fill.length === 0 ? [] : [{ path: at, says: 'has no rules to fill: leave it out, or give the gate rules' }];
  }
  const known = rules.map(({ name, approvers }) => name ?? approvers.join(', '));
  return fill.flatMap((one): readonly Problem[] => {
    const count = known.filter((name) => name === one).length;
    return count === 1
      ? []
      : [
          {
            path: at,
            says:
              count === 0
                ? `no rule of that name among the gate's rules${didYouMean(one, known)}`
                : `"${one}" is what two of the gate's rules are called`,
          },
        ];
  });
};

const textsOf = (value: unknown): readonly string[] => v.parse(Texts, value);

const unknownPeople = ({ auto: { when }, path }: Placed, people: People): readonly Problem[] => {
  const known = Object.keys(people);
  const at = (key: string): Path => [...path, 'when', key];
  const nobody = (key: string, name: string): Problem => ({
    path: at(key),
    says: `nobody of that name under people${didYouMean(name, known)}`,
  });
  return [
    ...textsOf(when['author']).flatMap((name): readonly Problem[] => {
      const person = Object.hasOwn(people, name) ? people[name] : undefined;
      if (person === undefined) {
        return [nobody('author', name)];
      }
      return person.git.length > 0
        ? []
        : [{ path: at('author'), says: `"${name}" has no git under people: no commit is known to be theirs` }];
    }),
    ...textsOf(when['startedBy']).flatMap((one): readonly Problem[] => {
      if (one.startsWith('arn:')) {
        const says = starterProblem(one);
        return says === undefined ? [] : [{ path: at('startedBy'), says }];
      }
      const person = Object.hasOwn(people, one) ? people[one] : undefined;
      if (person === undefined) {
        return [nobody('startedBy', one)];
      }
      const [says] = person.iam.flatMap((arn) => starterProblem(arn) ?? []);
      if (person.iam.length === 0) {
        return [
          { path: at('startedBy'), says: `"${one}" has no iam under people: nothing is known to be started by them` },
        ];
      }
      return says === undefined
        ? []
        : [{ path: at('startedBy'), says: `"${one}" has an iam under people that ${says}` }];
    }),
  ];
};

/** What only pipelines tell. */
const OF_PIPELINES = ['ref', 'author', 'startedBy', 'succeeded'];

/** What names one of these is not about a pipeline. */
const OF_OTHERS = ['application', 'group', 'cluster', 'service'];

const neverKnown = ({ gate: { match }, auto: { when }, path }: Placed): readonly Problem[] => {
  const isOfOthers = OF_OTHERS.some((key) => key in match);
  return Object.keys(when).flatMap((key): readonly Problem[] => {
    if (isOfOthers && OF_PIPELINES.includes(key)) {
      return [{ path: [...path, 'when', key], says: 'can never hold: only pipelines tell that' }];
    }
    return key === 'checks' && !('suite' in match)
      ? [
          {
            path: [...path, 'when', key],
            says: 'can never hold: the gate is not about what suites ask, see match.suite',
          },
        ]
      : [];
  });
};

const timesBackward = ({ auto: { when }, path }: Placed): readonly Problem[] => {
  const { hours, freeze } = v.parse(WrittenCalendar, when);
  return backwardTimes({ hours: hours.map(hoursOf), freeze }, [...path, 'when']);
};
