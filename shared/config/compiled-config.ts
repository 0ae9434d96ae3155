import type { Config } from './config.ts';

/** Put in by scripts/bundle.ts: a Lambda parses no YAML. */
declare const GATEHOUSE_CONFIG: Config;

/** The `gatehouse.yml` that a bundle was built with. */
export const compiledConfig: Config = GATEHOUSE_CONFIG;
