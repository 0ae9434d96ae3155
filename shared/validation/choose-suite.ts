import { matchesGlob } from '../routing/glob.ts';
import type { Hook, Suite, SuiteMatch, ValidationPlatform } from './suite.ts';

/** What a suite is looked for. */
export type HookTarget = {
  readonly platform: ValidationPlatform;
  readonly application: string;
  readonly group: string;
  readonly hook: Hook;
};

/**
 * The suite for a hook: of those that match the one with most criteria, and of these one that names it letter by letter
 * rather than by a glob. Two that match equally are refused when they are compiled.
 */
export const chooseSuite = (target: HookTarget, suites: readonly Suite[]): Suite | undefined =>
  suites
    .filter(({ match }) => matchesTarget(match, target))
    .map((suite) => ({ suite, rank: rankOf(suite.match, target) }))
    .reduce<{ suite: Suite; rank: number } | undefined>(
      (best, one) => (best === undefined || one.rank > best.rank ? one : best),
      undefined,
    )?.suite;

const matchesTarget = ({ platform, application, group, hook }: SuiteMatch, target: HookTarget): boolean =>
  (platform === undefined || platform === target.platform) &&
  (application === undefined || application.some((glob) => matchesGlob(glob, target.application))) &&
  (group === undefined || group.some((glob) => matchesGlob(glob, target.group))) &&
  (hook === undefined || hook.includes(target.hook));

/** Criteria weigh more than all that may be literal in them. */
const CRITERION = 10;

const rankOf = ({ platform, application, group, hook }: SuiteMatch, target: HookTarget): number =>
  [platform, application, group, hook].filter((criterion) => criterion !== undefined).length * CRITERION +
  Number(application?.includes(target.application) === true) +
  Number(group?.includes(target.group) === true);
