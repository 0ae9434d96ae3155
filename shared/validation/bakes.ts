import { matchesGlob } from '../routing/glob.ts';
import type { Deployment } from '../rollout/rollout.ts';
import { BAKE } from './suite.ts';
import type { Suite, SuiteMatch } from './suite.ts';

/** What a suite of traffic asks for by names of CodeDeploy's. */
export type BakeMatch = Pick<SuiteMatch, 'application' | 'group'>;

/** For which deployments suites watch the traffic: next to nothing, where whoever hears of deployments has no use for suites. */
export const bakesOf = (suites: readonly Suite[]): readonly BakeMatch[] =>
  suites.flatMap(({ match: { hook, platform = LAMBDA, application, group } }) =>
    hook?.includes(BAKE) === true && platform === LAMBDA
      ? [{ ...(application !== undefined && { application }), ...(group !== undefined && { group }) }]
      : [],
  );

const LAMBDA = 'codedeploy-lambda';

/** Whether some suite may be for the traffic of a deployment. */
export const mayBake = (
  bakes: readonly BakeMatch[],
  { application, group }: Pick<Deployment, 'application' | 'group'>,
): boolean => bakes.some((match) => isAny(match.application, application) && isAny(match.group, group));

const isAny = (globs: readonly string[] | undefined, name: string): boolean =>
  globs === undefined || globs.some((glob) => matchesGlob(glob, name));
