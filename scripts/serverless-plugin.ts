import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../shared/config/config.ts';
import type { Suite } from '../shared/validation/suite.ts';
import { bundleFunctions } from './bundle.ts';
import { compileConfig, readGatehouseYml } from './config/compile-config.ts';
import { configWarnings } from './config/config-warnings.ts';
import { subscriptions, writeDeadLetters, writeEvents } from './listening.ts';
import { NO_VALUE, withoutNoValues } from './no-value.ts';
import {
  decideApprovals,
  decideDeployments,
  decideServices,
  readDeployments,
  readGatedPipelines,
  readGatedRevisions,
  readPipelines,
  readServiceDeployments,
  readServices,
} from './read-permissions.ts';
import { readStageParams, STAGE_PARAMS } from './stage-params.ts';
import type { StageParams } from './stage-params.ts';
import type { CompiledSuite } from './suites/compile-suite.ts';
import { ofNoSuite, readSuites, suiteFiles, usableSuites } from './suites/load-suites.ts';
import {
  bakesBegin,
  bakesReadSteps,
  bakesStop,
  suitesInvoke,
  suitesReadAlarms,
  suitesReadCalendars,
  suitesReadLogs,
  suitesReadMetrics,
  suitesReadSecrets,
  suitesReadTargets,
} from './suites/suite-permissions.ts';
import { problemLine } from './suites/suite-problem.ts';
import {
  alarmReceiver,
  alarmTopicResources,
  keyStatement,
  publishStatement,
  topicOutputs,
  topicResources,
  topicsOf,
} from './template-parts.ts';

/** What the plugin uses of the Serverless Framework. */
type Serverless = {
  readonly serviceDir: string;
  /** `Error`: one that is shown to the user as it is, without a trace. */
  readonly classes: { readonly Error: new (message: string) => Error };
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: {
    readonly provider: { readonly stage: string; environment?: unknown };
    readonly functions: Readonly<Record<string, { readonly name: string; environment?: unknown }>>;
    resources: unknown;
  };
};

/** What a plugin is given to tell the user something. */
type Tools = { readonly log: { readonly warning: (text: string) => void } };

type VariableRequest = {
  readonly address: string;
  readonly resolveVariable: (variable: string) => Promise<unknown>;
};

/**
 * Makes the Serverless Framework know Gatehouse: `${gatehouse:...}` stands for what follows from gatehouse.yml, the suites
 * and the stage's parameters, functions are bundled before they are packaged, and `invoke local` has the embedded stack around it.
 */
export default class GatehousePlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly configurationVariablesSources: unknown;

  constructor(serverless: Serverless, _options: unknown, { log }: Tools) {
    const { serviceDir, service, classes } = serverless;
    const gatehouse = readGatehouse(serviceDir, classes);
    for (const warning of configWarnings(gatehouse.config)) {
      log.warning(`gatehouse.yml: ${warning}`);
    }
    let problems: readonly string[] = [];
    const { config } = gatehouse;
    let suites: Promise<readonly CompiledSuite[]> | undefined;
    const readOnce = () =>
      (suites ??= suiteFiles(join(serviceDir, 'suites')).then((files) => readSuites(files, config)));
    const bundle = async () => {
      await bundleFunctions(serviceDir, { config, suites: usableSuites(await readOnce()) });
    };
    let finish = (): Promise<void> => Promise.resolve();

    this.configurationVariablesSources = {
      gatehouse: {
        resolve: async ({ address, resolveVariable }: VariableRequest) => {
          const stage = await readStage(resolveVariable);
          const { params, problems: found } = readStageParams(stage.written, stage.region);
          // Told once, when all is read: the framework would tell it again for each variable.
          problems = [...found, ...ownTopics(gatehouse, stage.name)];
          // What is wrong with them is told with the rest.
          const read = (await readOnce()).flatMap(({ suite }) => suite ?? []);
          return { value: partOf(address, { ...gatehouse, suites: read }, stage, params) ?? NO_VALUE };
        },
      },
    };
    this.hooks = {
      initialize: async () => {
        const read = await readOnce();
        for (const warning of [
          ...read.flatMap(({ warnings }) => warnings.map(problemLine)),
          ...ofNoSuite(config, read),
        ]) {
          log.warning(warning);
        }
        const told = [...problems, ...read.flatMap((suite) => suite.problems.map(problemLine))];
        if (told.length > 0) {
          throw new classes.Error(['This stage cannot be deployed:', ...told].join('\n  '));
        }
        if (serverless.processedInput.commands.join(' ') === 'invoke local') {
          await bundle();
          finish = await surround(serverless);
        }
      },
      'before:package:createDeploymentArtifacts': async () => {
        service.resources = withoutNoValues(service.resources);
        await bundle();
      },
      'before:deploy:function:packageFunction': bundle,
      finalize: () => finish(),
      error: () => finish(),
    };
  }
}

type Gatehouse = { readonly config: Config; readonly listenedTo: readonly string[] };

const readGatehouse = (serviceDir: string, classes: Serverless['classes']): Gatehouse => {
  try {
    const text = readFileSync(join(serviceDir, 'gatehouse.yml'), 'utf8');
    return { config: compileConfig(text), listenedTo: readGatehouseYml(text).listen?.topics ?? [] };
  } catch (error) {
    throw new classes.Error(error instanceof Error ? error.message : String(error));
  }
};

/** What only the stage tells: a topic of the stack's own among those that are listened to. */
const ownTopics = ({ config, listenedTo }: Gatehouse, stackName: string): readonly string[] => {
  const own = ['alarms', ...topicsOf(config.routes)].map((name) => `:${stackName}-${name}`);
  return listenedTo
    .filter((arn) => own.some((end) => arn.endsWith(end)))
    .map((arn) => `listen.topics of gatehouse.yml: ${arn} is a topic of this stack: listen to what others publish to`);
};

/** What the framework knows of the stage: the stack's name and region, and the parameters as they are written. */
type Stage = {
  readonly name: string;
  readonly region: string;
  readonly written: Readonly<Record<string, unknown>>;
};

const readStage = async (resolveVariable: VariableRequest['resolveVariable']): Promise<Stage> => {
  const name = String(await resolveVariable('self:custom.name'));
  const region = String(await resolveVariable('self:provider.region'));
  const written = await Promise.all(
    // A parameter may also be left out.
    STAGE_PARAMS.map(async (param) => [param, await resolveVariable(`param:${param}, null`)] as const),
  );
  return { name, region, written: Object.fromEntries(written) };
};

/** What `${gatehouse:address}` stands for. Undefined: nothing. */
const partOf = (
  address: string,
  { config, listenedTo, suites }: Gatehouse & { readonly suites: readonly Suite[] },
  { name, region }: Stage,
  params: StageParams,
): unknown => {
  switch (address) {
    case 'topics':
      return topicResources(config, `${name}-`, params.topicKeyArn);
    case 'topicOutputs':
      return topicOutputs(config);
    case 'alarmTopic':
      return alarmTopicResources(`${name}-alarms`, params);
    case 'alarmReceiver':
      return alarmReceiver(params);
    case 'subscriptions':
      return subscriptions(listenedTo, region);
    case 'topicsMayWriteEvents':
      return writeEvents(listenedTo);
    case 'topicsMayWriteDeadLetters':
      return writeDeadLetters(listenedTo, region);
    case 'mayPublish':
      return publishStatement(config);
    case 'mayUseTopicKey':
      return keyStatement(config, params.topicKeyArn);
    case 'mayReadPipelines':
      return readPipelines(config, ['codepipeline:GetPipeline']);
    case 'mayReadDeployments':
      return readDeployments(config, ['codedeploy:GetDeployment']);
    case 'mayFindServiceDeployments':
      return readServices(config, ['ecs:ListServiceDeployments']);
    case 'mayAskAboutPipelines':
      return readPipelines(config, [
        'codepipeline:GetPipelineExecution',
        'codepipeline:ListActionExecutions',
        'codepipeline:ListPipelineExecutions',
      ]);
    case 'mayAskAboutDeployments':
      return readDeployments(config, ['codedeploy:BatchGetDeployments']);
    case 'mayAskAboutServices':
      return readServiceDeployments(config, ['ecs:DescribeServiceDeployments']);
    case 'mayFindApprovals':
      return readGatedPipelines(config, ['codepipeline:GetPipelineState', 'codepipeline:ListActionExecutions']);
    case 'mayLookAtApprovals':
      return readGatedPipelines(config, [
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineExecution',
        'codepipeline:GetPipelineState',
        'codepipeline:ListActionExecutions',
        'codepipeline:ListPipelineExecutions',
      ]);
    case 'mayDecide':
      return decideApprovals(config, ['codepipeline:PutApprovalResult']);
    case 'mayDecideDeployments':
      return decideDeployments(config, [
        'codedeploy:ContinueDeployment',
        'codedeploy:GetDeployment',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:StopDeployment',
      ]);
    case 'mayDecideServices':
      return decideServices(config, ['ecs:ContinueServiceDeployment', 'ecs:DescribeServiceDeployments']);
    case 'mayReadGatedRevisions':
      return readGatedRevisions(config, ['ecs:DescribeServiceRevisions']);
    case 'suitesInvoke':
      return suitesInvoke(suites);
    case 'suitesReadMetrics':
      return suitesReadMetrics(suites);
    case 'suitesReadAlarms':
      return suitesReadAlarms(suites);
    case 'suitesReadLogs':
      return suitesReadLogs(suites);
    case 'suitesReadTargets':
      return suitesReadTargets(suites);
    case 'suitesReadCalendars':
      return suitesReadCalendars(suites);
    case 'suitesReadSecrets':
      return suitesReadSecrets(suites, config);
    case 'bakesStop':
      return bakesStop(suites);
    case 'bakesReadSteps':
      return bakesReadSteps(suites);
    case 'bakesBegin':
      return bakesBegin(suites);
    case 'permissionsBoundary':
      return params.permissionsBoundaryArn;
    default:
      throw new Error(`serverless.yml asks for \${gatehouse:${address}}, which there is not`);
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
