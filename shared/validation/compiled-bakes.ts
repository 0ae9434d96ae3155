import type { BakeMatch } from './bakes.ts';

/** Put in by scripts/bundle.ts. */
declare const GATEHOUSE_BAKES: readonly BakeMatch[];

/** For which deployments the suites watch the traffic that a bundle was built with. */
export const compiledBakes: readonly BakeMatch[] = GATEHOUSE_BAKES;
