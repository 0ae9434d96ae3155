import type { ValidationPolicy } from '../config/config.ts';
import type { RolloutId } from '../rollout/rollout.ts';
import { matchesGlob } from '../routing/glob.ts';
import { matchesRollout } from '../routing/match.ts';
import type { Allowance, Run } from './run.ts';

/** What the owner of an environment allows a suite at a rollout, or where there is none; each by the first rule that does. */
export const allowancesAt = (
  { rules = [] }: Partial<Pick<ValidationPolicy, 'rules'>>,
  rollout: RolloutId,
  suite: string | undefined,
): Run['allowances'] => {
  const found: Partial<Record<Allowance, string>> = {};
  for (const { name, match, allow } of rules) {
    const { suite: globs, ...place } = match;
    const isMeant = globs === undefined || (suite !== undefined && globs.some((glob) => matchesGlob(glob, suite)));
    if (isMeant && matchesRollout(place, rollout)) {
      for (const allowance of allow) {
        found[allowance] ??= name;
      }
    }
  }
  return found;
};
