import { join } from 'node:path';
import type { CompiledIn } from './bundle.ts';
import { loadConfig } from './config/load-config.ts';
import { loadSuites } from './suites/load-suites.ts';

/** Compiles what the bundles of a project carry: its gatehouse.yml and its suites. Rejects with all that is wrong with either. */
export const loadCompiled = async (root: string): Promise<CompiledIn> => {
  const config = await loadConfig(join(root, 'gatehouse.yml'));
  return { config, suites: await loadSuites(join(root, 'suites'), config) };
};
