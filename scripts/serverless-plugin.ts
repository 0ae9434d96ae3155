import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../shared/config/config.ts';
import { bundleFunctions } from './bundle.ts';
import { compileConfig } from './config/compile-config.ts';
import { configWarnings } from './config/config-warnings.ts';
import { publishStatement, topicResources } from './template-parts.ts';

/** What the plugin uses of the Serverless Framework. */
type Serverless = {
  readonly serviceDir: string;
  /** `Error`: one that is shown to the user as it is, without a trace. */
  readonly classes: { readonly Error: new (message: string) => Error };
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: {
    readonly provider: { readonly stage: string; environment?: unknown };
    readonly functions: Readonly<Record<string, { readonly name: string; environment?: unknown }>>;
  };
};

/** What a plugin is given to tell the user something. */
type Tools = { readonly log: { readonly warning: (text: string) => void } };

type VariableRequest = {
  readonly address: string;
  readonly resolveVariable: (variable: string) => Promise<unknown>;
};

/**
 * Makes the Serverless Framework know Gatehouse: `${gatehouse:topics}` and `${gatehouse:mayPublish}` come from
 * gatehouse.yml, functions are bundled before they are packaged, and `invoke local` has the embedded stack around it.
 */
export default class GatehousePlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly configurationVariablesSources: unknown;

  constructor(serverless: Serverless, _options: unknown, { log }: Tools) {
    const { serviceDir } = serverless;
    const config = readConfig(serverless);
    for (const warning of configWarnings(config)) {
      log.warning(`gatehouse.yml: ${warning}`);
    }
    const bundle = async () => {
      await bundleFunctions(serviceDir, config);
    };
    let finish = (): Promise<void> => Promise.resolve();

    this.configurationVariablesSources = {
      gatehouse: {
        resolve: async ({ address, resolveVariable }: VariableRequest) => {
          switch (address) {
            case 'topics':
              return { value: topicResources(config, `${String(await resolveVariable('self:custom.name'))}-`) };
            case 'mayPublish':
              return { value: publishStatement(config) };
            default:
              throw new Error(`serverless.yml asks for \${gatehouse:${address}}, which there is not`);
          }
        },
      },
    };
    this.hooks = {
      initialize: async () => {
        if (serverless.processedInput.commands.join(' ') === 'invoke local') {
          await bundle();
          finish = await surround(serverless);
        }
      },
      'before:package:createDeploymentArtifacts': bundle,
      'before:deploy:function:packageFunction': bundle,
      finalize: () => finish(),
      error: () => finish(),
    };
  }
}

const readConfig = ({ serviceDir, classes }: Serverless): Config => {
  try {
    return compileConfig(readFileSync(join(serviceDir, 'gatehouse.yml'), 'utf8'));
  } catch (error) {
    throw new classes.Error(error instanceof Error ? error.message : String(error));
  }
};

/** Puts the embedded stack around `invoke local`: the environments lead there, and no reference is looked up in AWS. */
const surround = async ({ serviceDir, service }: Serverless): Promise<() => Promise<void>> => {
  // Loaded only here: what is deployed does not need it.
  const { startInvocation } = await import('../local/invocation.ts');
  const { environmentOf, finish } = await startInvocation({
    root: serviceDir,
    stage: service.provider.stage,
    print: (text) => {
      process.stdout.write(`${text}\n`);
    },
  });
  service.provider.environment = {};
  for (const lambda of Object.values(service.functions)) {
    lambda.environment = environmentOf(lambda.name);
  }
  return finish;
};
