import * as v from 'valibot';
import { matchesGlob } from '../../shared/routing/glob.ts';

const OneOrMore = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((written) => [written].flat()),
);

const Statement = v.object({
  Effect: v.string(),
  Principal: v.optional(v.union([v.string(), v.record(v.string(), OneOrMore)]), {}),
  Action: v.optional(OneOrMore, []),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), v.unknown())), {}),
});

const Policy = v.object({
  Statement: v.pipe(
    v.union([Statement, v.array(Statement)]),
    v.transform((written) => [written].flat()),
  ),
});

/** Who wants to do what, and what conditions may ask about: keys in lower case, such as `aws:sourcearn`. */
export type Access = {
  readonly principals: readonly string[];
  readonly action: string;
  readonly context: Readonly<Record<string, string>>;
};

/** Operators that ask for a text, by the begin of their names. */
const COMPARES = /^(?:ForAnyValue:)?(?:Arn|String)(?:Equals|Like)/;

/**
 * Whether a resource's policy has a statement that allows something. Conditions that cannot be judged from here count as
 * held, and statements that deny are left aside: what this says no to is refused for certain.
 */
export const allows = (policy: unknown, { principals, action, context }: Access): boolean => {
  const parsed = v.safeParse(Policy, policy);
  return (
    parsed.success &&
    parsed.output.Statement.some(
      ({ Effect, Principal, Action, Condition }) =>
        Effect === 'Allow' &&
        namesOf(Principal).some((name) => name === '*' || principals.includes(name)) &&
        Action.some((glob) => matchesGlob(glob.toLowerCase(), action.toLowerCase())) &&
        Object.entries(Condition).every(([operator, asked]) => !COMPARES.test(operator) || holds(asked, context)),
    )
  );
};

const namesOf = (principal: string | Readonly<Record<string, readonly string[]>>): readonly string[] =>
  typeof principal === 'string' ? [principal] : Object.values(principal).flat();

const holds = (asked: Readonly<Record<string, unknown>>, context: Access['context']): boolean =>
  Object.entries(asked).every(([key, values]) => {
    const known = context[key.toLowerCase()];
    const globs = v.safeParse(OneOrMore, values);
    return known === undefined || !globs.success || globs.output.some((glob) => matchesGlob(glob, known));
  });
