import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileTemplate } from '../../local/template/compile-template.ts';
import type { Template } from '../../local/template/resolve-template.ts';
import type { Config } from '../../shared/config/config.ts';
import { compileConfig, ConfigInvalid } from '../config/compile-config.ts';

/** What is written in `gatehouse.yml`, compiled, or what is wrong with it. */
export type ConfigFacts =
  | { readonly kind: 'valid'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** What the repository says: `gatehouse.yml`, and serverless.yml as it would be deployed. */
export type Repository = {
  readonly config: ConfigFacts;
  /** `problem`: why serverless.yml cannot be compiled. Undefined: nothing to compile without a `gatehouse.yml`. */
  readonly template: Template | { readonly problem: string } | undefined;
};

/** Reads and compiles what the repository says about a stage. Never rejects. */
export const readRepository = async (root: string, stage: string): Promise<Repository> => {
  const config = await readConfig(root);
  if (config.kind === 'invalid') {
    return { config, template: undefined };
  }
  try {
    const { template } = await compileTemplate({ root, stage });
    return { config, template };
  } catch (error) {
    return { config, template: { problem: error instanceof Error ? error.message : String(error) } };
  }
};

const readConfig = async (root: string): Promise<ConfigFacts> => {
  try {
    return { kind: 'valid', config: compileConfig(await readFile(join(root, 'gatehouse.yml'), 'utf8')) };
  } catch (error) {
    return {
      kind: 'invalid',
      problems: error instanceof ConfigInvalid ? error.problems : ['the file: cannot be read'],
    };
  }
};
