import type { Config, Destination, Match } from '../config/config.ts';
import type { StateChange } from '../rollout/rollout.ts';
import { factsOf } from './change-facts.ts';
import type { ChangeFacts } from './change-facts.ts';
import { criteriaOf, failingCriteria, isOfSubject, subjectOf } from './match.ts';
import type { Criterion } from './match.ts';
import { askRoutes, routeName } from './route.ts';

/** Whether a route matches a change, and if not, why not. */
export type ExplainedRoute =
  | { readonly route: string; readonly answer: 'matches'; readonly to: readonly Destination[]; readonly stops: boolean }
  | { readonly route: string; readonly answer: 'differs'; readonly reasons: readonly Reason[] }
  | { readonly route: string; readonly answer: 'not-asked'; readonly says: string };

/** A criterion that does not hold, and how it is not met. */
export type Reason = { readonly criterion: Criterion | 'except'; readonly says: string };

/** Says of each route whether it matches a change, by the same answers that decide who hears of it. */
export const explainRoutes = (change: StateChange, routes: Config['routes']): readonly ExplainedRoute[] => {
  const facts = factsOf(change);
  return askRoutes(facts, routes).map((answer, index): ExplainedRoute => {
    const { match, except = {}, to, stop = false } = answer.route;
    const route = routeName(answer.route, index);
    switch (answer.says) {
      case 'matches':
        return { route, answer: 'matches', to, stops: stop };
      case 'differs':
        return { route, answer: 'differs', reasons: differences(match, facts) };
      case 'excepted':
        return { route, answer: 'differs', reasons: [{ criterion: 'except', says: exception(except, facts) }] };
      case 'not-asked':
        return { route, answer: 'not-asked', says: `not asked: ${answer.because}` };
    }
  });
};

const differences = (match: Match, facts: ChangeFacts): readonly Reason[] => {
  const subject = subjectOf(match);
  // That there is no such stage or action says it all: its state need not be told as well.
  const hasSubject = subject === 'rollout' || facts[subject] !== undefined;
  return failingCriteria(match, facts)
    .filter((criterion) => criterion !== 'state' || hasSubject)
    .map((criterion) => ({ criterion, says: difference(criterion, match, facts) }));
};

const difference = (criterion: Criterion, match: Match, facts: ChangeFacts): string => {
  const value = facts[criterion];
  const wanted = `the route asks for ${either(match[criterion] ?? [])}`;
  if (value === undefined) {
    return `the change has no ${criterion}, ${wanted}`;
  }
  if (criterion === 'state' && !isOfSubject(match, facts)) {
    return `it is the state of one ${facts.part}, the route asks for that of the ${wholeName(subjectOf(match))}`;
  }
  return `${criterion} is ${value}, ${wanted}`;
};

const wholeName = (subject: ReturnType<typeof subjectOf>): string =>
  subject === 'rollout' ? 'rollout as a whole' : subject;

const exception = (except: Match, facts: ChangeFacts): string =>
  `the route makes an exception of ${criteriaOf(except)
    .map((criterion) => `${criterion} ${facts[criterion] ?? ''}`)
    .join(', ')}`;

const OR = new Intl.ListFormat('en-GB', { type: 'disjunction' });

const either = (values: readonly string[]): string => OR.format(values);
