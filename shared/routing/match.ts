import type { EnvironmentMatch, Match, Source } from '../config/config.ts';
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
  'cluster',
  'service',
  'stage',
  'action',
  'state',
  'account',
  'region',
] as const satisfies readonly Criterion[];

/** Whether every criterion holds. */
export const matches = (match: Match, facts: ChangeFacts): boolean =>
  CRITERIA.every((criterion) => holds(criterion, match, facts));

const ROLLOUT_CRITERIA = [
  'source',
  'pipeline',
  'application',
  'group',
  'cluster',
  'service',
  'account',
  'region',
] as const;

/** Whether every criterion holds that is about a rollout itself: what names pipelines does not mean deployments. */
export const matchesRollout = (match: EnvironmentMatch & Pick<Match, 'source'>, id: RolloutId): boolean => {
  const facts = rolloutFactsOf(id);
  return ROLLOUT_CRITERIA.every((criterion) => matchesAny(match[criterion], facts[criterion]));
};

/** What some sources have and others have not. */
const NAMES_OF: Readonly<Record<Source, readonly Criterion[]>> = {
  codepipeline: ['pipeline', 'stage', 'action'],
  codedeploy: ['application', 'group'],
  ecs: ['cluster', 'service', 'stage'],
};

const NAMES: ReadonlySet<Criterion> = new Set(Object.values(NAMES_OF).flat());

/** Whether any change of a source can be meant: it asks for no other one, and for nothing that only others have. */
export const mayMeanSource = (match: Match, source: Source): boolean =>
  criteriaOf(match).every((criterion) =>
    criterion === 'source'
      ? match.source?.includes(source) === true
      : !NAMES.has(criterion) || NAMES_OF[source].includes(criterion),
  );

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
  // What waits for people, an action or a hook, is why its stage waits, and the whole rollout.
  part === subjectOf(match) || state === 'waiting';

const asksFor = (match: Match, criterion: Criterion): boolean => (match[criterion] ?? []).length > 0;

const holds = (criterion: Criterion, match: Match, facts: ChangeFacts): boolean =>
  matchesAny(match[criterion], facts[criterion]) &&
  (criterion !== 'state' || !asksFor(match, criterion) || isOfSubject(match, facts));

const matchesAny = (globs: readonly string[] = [], value: string | undefined): boolean =>
  globs.length === 0 || (value !== undefined && globs.some((glob) => matchesGlob(glob, value)));
