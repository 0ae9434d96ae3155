import type { Config } from '../../shared/config/config.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { Path } from '../config/problem.ts';
import type { PlacedCheck } from './suite-of.ts';
import type { SuiteYml } from './suite-yml.ts';

/** A suite, as it is written and as it is compiled. */
export type LintedSuite = {
  readonly yml: SuiteYml;
  readonly suite: Suite;
  readonly checks: readonly PlacedCheck[];
  /** Left out: what depends on it is not looked at. */
  readonly config?: Config;
};

/** What is wrong with a suite as a whole, and where. */
export type LintProblem = {
  readonly path: Path;
  readonly says: string;
  /** Places that it follows from besides: with a mistake in one of them it may only seem to be wrong. */
  readonly dependsOn?: readonly Path[];
};
