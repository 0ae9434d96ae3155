import { matchesGlob } from '../routing/glob.ts';
import { BAKE } from './suite.ts';
import type { Suite, SuiteMatch } from './suite.ts';

/** What a suite is looked for. */
export type SuiteTarget =
  | {
      readonly platform: 'codedeploy-lambda' | 'codedeploy-ecs';
      readonly application: string;
      readonly group: string;
      readonly hook: string;
    }
  | { readonly platform: 'ecs-native'; readonly cluster: string; readonly service: string; readonly hook: string }
  | { readonly platform: 'codepipeline'; readonly pipeline: string; readonly stage: string; readonly action: string };

/**
 * The suite for what asks: of those that match the one with most criteria, and of these one that names it letter by letter
 * rather than by a glob. Two that match equally are refused when they are compiled.
 */
export const chooseSuite = (target: SuiteTarget, suites: readonly Suite[]): Suite | undefined =>
  suites
    .filter(({ match }) => matchesTarget(match, target))
    .map((suite) => ({ suite, rank: rankOf(suite.match, target) }))
    .reduce<{ suite: Suite; rank: number } | undefined>(
      (best, one) => (best === undefined || one.rank > best.rank ? one : best),
      undefined,
    )?.suite;

/** Criteria of names, by globs; a target that has no such name is not meant. */
export const NAMES = ['application', 'group', 'cluster', 'service', 'pipeline', 'stage', 'action'] as const;

const matchesTarget = ({ platform, hook, ...names }: SuiteMatch, target: SuiteTarget): boolean =>
  (platform === undefined || platform === target.platform) &&
  matchesHook(hook, 'hook' in target ? target.hook : undefined) &&
  NAMES.every((name) => {
    const globs = names[name];
    const called = nameIn(target, name);
    return globs === undefined || (called !== undefined && globs.some((glob) => matchesGlob(glob, called)));
  });

const matchesHook = (hooks: SuiteMatch['hook'], hook: string | undefined): boolean =>
  hooks === undefined ? hook !== BAKE : hooks.some((one) => one === hook);

const nameIn = (target: SuiteTarget, name: (typeof NAMES)[number]): string | undefined =>
  new Map(Object.entries(target)).get(name);

/** Criteria weigh more than all that may be literal in them. */
const CRITERION = 10;

const rankOf = (match: SuiteMatch, target: SuiteTarget): number =>
  [match.platform, match.hook, ...NAMES.map((name) => match[name])].filter((criterion) => criterion !== undefined)
    .length *
    CRITERION +
  NAMES.filter((name) => match[name]?.includes(nameIn(target, name) ?? '') === true).length;
