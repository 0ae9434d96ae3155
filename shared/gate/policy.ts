import type { Config, GateMatch, GatePolicy } from '../config/config.ts';
import { matchesGlob } from '../routing/glob.ts';
import { matchesRollout } from '../routing/match.ts';
import type { GatePoint } from './gate.ts';

/** Who may decide at a point: the first policy that matches it. Undefined: nobody. */
export const policyAt = (
  point: Omit<GatePoint, 'actionExecutionId'>,
  { gates = [] }: Pick<Config, 'gates'>,
): GatePolicy | undefined => gates.find(({ match }) => matchesPoint(match, point));

/** What a policy is called: by its name, otherwise by its place. */
export const policyName = ({ name }: Pick<GatePolicy, 'name'>, index: number): string => name ?? `gate ${index + 1}`;

const matchesPoint = ({ stage, action, ...place }: GateMatch, point: Omit<GatePoint, 'actionExecutionId'>): boolean =>
  matchesRollout(place, point.rollout) && matchesAny(stage, point.stage) && matchesAny(action, point.action);

const matchesAny = (globs: readonly string[] = [], name: string): boolean =>
  globs.length === 0 || globs.some((glob) => matchesGlob(glob, name));
