import { join } from 'node:path';
import { bundleFunctions } from './bundle.ts';
import { loadConfig } from './config/load-config.ts';
import { publishStatement, topicResources } from './template-parts.ts';

/** What the plugin uses of the Serverless Framework. */
type Serverless = {
  readonly serviceDir: string;
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: {
    readonly service: string;
    readonly provider: { environment?: unknown };
    readonly functions: Readonly<Record<string, { environment?: unknown }>>;
  };
};

type VariableRequest = {
  readonly address: string;
  readonly resolveVariable: (variable: string) => Promise<unknown>;
};

/**
 * Makes the Serverless Framework know `gatehouse.yml`: `${gatehouse:topics}` and `${gatehouse:mayPublish}` in
 * serverless.yml, the functions bundled before they are packaged.
 */
export default class GatehousePlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly configurationVariablesSources: unknown;

  constructor(serverless: Serverless) {
    const config = () => loadConfig(join(serverless.serviceDir, 'gatehouse.yml'));
    const bundle = async () => {
      await bundleFunctions(serverless.serviceDir, await config());
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': bundle,
      'before:deploy:function:packageFunction': bundle,
    };
    this.configurationVariablesSources = {
      gatehouse: {
        resolve: async ({ address, resolveVariable }: VariableRequest) => {
          switch (address) {
            case 'topics':
              return { value: topicResources(await config(), `${String(await resolveVariable('self:custom.name'))}-`) };
            case 'mayPublish':
              return { value: publishStatement(await config()) };
            default:
              throw new Error(`serverless.yml asks for \${gatehouse:${address}}, which there is not`);
          }
        },
      },
    };
  }
}
