import type { Suite } from './suite.ts';

/** Put in by scripts/bundle.ts: a Lambda parses no YAML. */
declare const GATEHOUSE_SUITES: readonly Suite[];

/** The suites that a bundle was built with. */
export const compiledSuites: readonly Suite[] = GATEHOUSE_SUITES;
