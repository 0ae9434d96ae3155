import type { EnvironmentMatch, Match } from '../config/config.ts';
import type { RolloutId } from '../rollout/rollout.ts';
import { rolloutFactsOf } from './change-facts.ts';
import type { ChangeFacts } from './change-facts.ts';
import { matchesGlob } from './glob.ts';

export type Criterion = keyof Match;

/** In the order in which people are told of them. */
export const CRITERIA = [
  'source',
  'pipeline',
  'application',
  'group',
  'stage',
  'action',
  'state',
  'account',
  'region',
] as const satisfies readonly Criterion[];

/** Whether every criterion holds. */
export const matches = (match: Match, facts: ChangeFacts): boolean =>
  CRITERIA.every((criterion) => holds(criterion, match, facts));

const ROLLOUT_CRITERIA = ['source', 'pipeline', 'application', 'group', 'account', 'region'] as const;

/** Whether every criterion holds that is about a rollout itself: what names pipelines does not mean deployments. */
export const matchesRollout = (match: EnvironmentMatch & Pick<Match, 'source'>, id: RolloutId): boolean => {
  const facts = rolloutFactsOf(id);
  return ROLLOUT_CRITERIA.every((criterion) => matchesAny(match[criterion], facts[criterion]));
};

/** The criteria that do not hold. */
export const failingCriteria = (match: Match, facts: ChangeFacts): readonly Criterion[] =>
  CRITERIA.filter((criterion) => !holds(criterion, match, facts));

/** The criteria that ask for anything. */
export const criteriaOf = (match: Match): readonly Criterion[] =>
  CRITERIA.filter((criterion) => asksFor(match, criterion));

/** What a match names most closely: its `state` is the state of that. */
export const subjectOf = (match: Match): 'action' | 'stage' | 'rollout' =>
  asksFor(match, 'action') ? 'action' : asksFor(match, 'stage') ? 'stage' : 'rollout';

/** Whether the state of what changed is the state of what the match is about. */
export const isOfSubject = (match: Match, { part, state }: ChangeFacts): boolean =>
  // Of the parts only an action waits for people: it is why its stage waits, and the whole rollout.
  part === subjectOf(match) || state === 'waiting';

const asksFor = (match: Match, criterion: Criterion): boolean => (match[criterion] ?? []).length > 0;

const holds = (criterion: Criterion, match: Match, facts: ChangeFacts): boolean =>
  matchesAny(match[criterion], facts[criterion]) &&
  (criterion !== 'state' || !asksFor(match, criterion) || isOfSubject(match, facts));

const matchesAny = (globs: readonly string[] = [], value: string | undefined): boolean =>
  globs.length === 0 || (value !== undefined && globs.some((glob) => matchesGlob(glob, value)));
