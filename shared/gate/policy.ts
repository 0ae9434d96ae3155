import type { Config, GateMatch, GatePolicy } from '../config/config.ts';
import { matchesGlob } from '../routing/glob.ts';
import { matchesRollout } from '../routing/match.ts';
import type { GatePoint } from './gate.ts';

/** Who may decide at a point: the first policy that matches it. Undefined: nobody. */
export const policyAt = (point: GatePoint, { gates = [] }: Pick<Config, 'gates'>): GatePolicy | undefined =>
  gates.find(({ match }) => gatedKind(match) === point.kind && matchesPoint(match, point));

/** What a policy is called: by its name, otherwise by its place. */
export const policyName = ({ name }: Pick<GatePolicy, 'name'>, index: number): string => name ?? `gate ${index + 1}`;

/**
 * Which kind of point a policy is about: what names neither suite, application nor service is about pipelines, so that none
 * opens more than it says.
 */
export const gatedKind = ({ suite, application, group, cluster, service }: GateMatch): GatePoint['kind'] => {
  if (suite !== undefined) {
    return 'validation';
  }
  return application !== undefined || group !== undefined
    ? 'deployment-ready'
    : cluster !== undefined || service !== undefined
      ? 'ecs-pause'
      : 'pipeline-approval';
};

const matchesPoint = ({ stage, action, suite, ...place }: GateMatch, point: GatePoint): boolean => {
  if (!matchesRollout(place, point.rollout)) {
    return false;
  }
  switch (point.kind) {
    case 'pipeline-approval':
      return matchesAny(stage, point.stage) && matchesAny(action, point.action);
    case 'deployment-ready':
      return true;
    case 'ecs-pause':
      return matchesAny(stage, point.lifecycleStage);
    case 'validation':
      return matchesAny(suite, point.suite);
  }
};

const matchesAny = (globs: readonly string[] = [], name: string): boolean =>
  globs.length === 0 || globs.some((glob) => matchesGlob(glob, name));
