import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadConfig } from '../scripts/config/load-config.ts';
import { isArn, topicsOf } from '../scripts/template-parts.ts';
import { runApplications } from './applications/applications.ts';
import type { SimulatedApplications } from './applications/applications.ts';
import { DEMO_APPLICATIONS } from './applications/demo-applications.ts';
import { ACCOUNT, CREDENTIALS, REGION } from './aws/account.ts';
import { DEMO_GROUPS } from './aws/codedeploy/demo-groups.ts';
import { fasterGroup } from './aws/codedeploy/deployment-group.ts';
import type { SimulatedGroup } from './aws/codedeploy/deployment-group.ts';
import { deploymentOperations } from './aws/codedeploy/deployment-operations.ts';
import { hookedOperations } from './aws/codedeploy/hooked/hooked-operations.ts';
import type { HookCall } from './aws/codedeploy/hooked/hooked-step.ts';
import type { HookedDeployments } from './aws/codedeploy/hooked/simulated-hooked.ts';
import { runDeployments } from './aws/codedeploy/simulated-deployments.ts';
import type { SimulatedDeployments } from './aws/codedeploy/simulated-deployments.ts';
import { approvalTopicsOf, createApprovalTopics } from './aws/codepipeline/approval-topics.ts';
import { DEMO_PIPELINES } from './aws/codepipeline/demo-pipelines.ts';
import { faster } from './aws/codepipeline/pipeline.ts';
import type { SimulatedPipeline } from './aws/codepipeline/pipeline.ts';
import { pipelineOperations } from './aws/codepipeline/pipeline-operations.ts';
import { runPipelines } from './aws/codepipeline/simulated-pipelines.ts';
import type { SimulatedPipelines } from './aws/codepipeline/simulated-pipelines.ts';
import { DEMO_SERVICES } from './aws/ecs/demo-services.ts';
import type { HookAnswer, HookCall as ServiceHookCall } from './aws/ecs/hook-call.ts';
import { serviceOperations } from './aws/ecs/service-operations.ts';
import { runningServiceOf } from './aws/ecs/service-state.ts';
import { fasterService } from './aws/ecs/simulated-service.ts';
import type { SimulatedService } from './aws/ecs/simulated-service.ts';
import { runServices } from './aws/ecs/simulated-services.ts';
import type { SimulatedServices } from './aws/ecs/simulated-services.ts';
import { createEmbeddedQueues } from './aws/embedded-queues.ts';
import type { EmbeddedQueues, Publication } from './aws/embedded-queues.ts';
import { createEmbeddedTables } from './aws/embedded-tables.ts';
import { createEventBus } from './aws/event-bus.ts';
import type { DeliverToTarget, EventBus } from './aws/event-bus.ts';
import { readEventRule } from './aws/event-rule.ts';
import type { EventRule } from './aws/event-rule.ts';
import { createEventService } from './aws/event-service.ts';
import { startGateway } from './aws/gateway.ts';
import type { AnsweredCall, AwsCall, AwsFault } from './aws/gateway.ts';
import { createFunctionService } from './lambda/function-service.ts';
import { createRoleService } from './aws/role-service.ts';
import { createParameterStore } from './aws/parameter-store.ts';
import { jsonService } from './aws/service.ts';
import type { Service } from './aws/service.ts';
import { completeEvent, scheduledEvent } from './aws/service-event.ts';
import type { JsonRecord } from './json.ts';
import type { ApplicationFunctions } from './lambda/application-functions.ts';
import { createAsyncInvocations, readAsyncConfig } from './lambda/async-invocations.ts';
import type { AsyncInvocations } from './lambda/async-invocations.ts';
import { functionNameOf, readEventSource, startEventSources } from './lambda/event-sources.ts';
import { readReference } from './lambda/function-reference.ts';
import { readLambdaFunction } from './lambda/lambda-function.ts';
import { createLambdaRuntime } from './lambda/lambda-runtime.ts';
import type { InvocationResult, LambdaRuntime } from './lambda/lambda-runtime.ts';
import { intervalOf } from './lambda/schedule.ts';
import { readHttpRoutes, startHttpApi } from './http/http-api.ts';
import { readRecordedAnswers, recordedOperations } from './recorded/recorded-answers.ts';
import { createSeenRollouts } from './recorded/seen-rollouts.ts';
import { startSlackLayer } from './slack/slack-layer.ts';
import type { SlackCall, SlackLayer } from './slack/slack-layer.ts';
import { createResources, foreignTopicsOf, secretsOf } from './stack-resources.ts';
import { compileTemplate } from './template/compile-template.ts';
import type { CompiledStack } from './template/compile-template.ts';
import { resolveTemplate } from './template/resolve-template.ts';

export type StackOptions = {
  /** 0 takes a free port. */
  readonly ports: { readonly aws: number; readonly slack: number; readonly gatehouse?: number };
  /** What the functions print, and what goes wrong around them; `source` is the function's name or `stack`. */
  readonly log: (line: string, source: string) => void;
  /** Whether the functions run; without them the queues fill and nobody reads. */
  readonly functions: boolean;
  /** Whether rules with a schedule fire. */
  readonly schedules: boolean;
  /** The id of the Slack workspace. Left out: that of the gatehouse.yml that is shipped. */
  readonly workspace?: string;
  /** Left out: all scopes that the app's manifest can ask for. */
  readonly botScopes?: readonly string[];
  /** The id of the Slack app. Left out: A0GATEHOUSE. */
  readonly app?: string;
  /** Ids of the people who may decide somewhere. */
  readonly approvers?: readonly string[];
  readonly onSlackCall?: (call: SlackCall) => void;
  /** Told of each call of an AWS API that came through the endpoint, once the service has answered. */
  readonly onAwsCall?: (call: AnsweredCall) => void;
  /** What goes wrong with a call of an AWS API. Left out: nothing. */
  readonly awsFaultOf?: (call: AwsCall) => AwsFault | undefined;
  readonly onPublish?: (publication: Publication) => void;
  /** ARNs of topics that are not the stack's own and that it publishes to: they are stood in for. */
  readonly foreignTopics?: readonly string[];
  /** The pipelines that are simulated; left out: those of the demonstration. */
  readonly pipelines?: readonly SimulatedPipeline[];
  /** The deployment groups that are simulated; left out: those of the demonstration. */
  readonly deploymentGroups?: readonly SimulatedGroup[];
  /** The ECS services that are simulated; left out: those of the demonstration. */
  readonly ecsServices?: readonly SimulatedService[];
  /** The applications that CodeDeploy deploys to Lambda and ECS; left out: those of the demonstration. */
  readonly applications?: SimulatedApplications;
  /** How many times faster what is simulated is than it says; what waits for people waits as long as it says. Left out: 1. */
  readonly speed?: number;
  /** AWS services besides the embedded ones, by the name that calls are signed for. */
  readonly services?: ReadonlyMap<string, Service>;
};

/** Gatehouse's stack on this machine. */
export type Stack = {
  /** The endpoint of every AWS service. */
  readonly aws: string;
  readonly slack: string;
  /** The HTTP API, and the path of it where Slack sends what people click. */
  readonly gatehouse: string;
  readonly slackRequestPath: string;
  /** The bot's token. */
  readonly slackToken: string;
  /** A token that may read channels and their history. */
  readonly slackReaderToken: string;
  /** What Slack signs its requests to the app with, the workspace's id, the app's, and who is in the workspace. */
  readonly signingSecret: string;
  readonly team: string;
  readonly app: string;
  readonly users: SlackLayer['users'];
  readonly region: string;
  readonly account: string;
  /** Channel ids by name. */
  readonly channels: Readonly<Record<string, string>>;
  /** The simulated pipelines, to be started and made to fail. */
  readonly pipelines: Pick<SimulatedPipelines, 'start' | 'fail' | 'states'>;
  /** The simulated deployment groups of CodeDeploy, in which deployments are started and made to fail. */
  readonly deployments: Pick<SimulatedDeployments, 'start' | 'fail' | 'states'>;
  /** The simulated deployments to Lambda and ECS, which call hooks. */
  readonly hookedDeployments: Pick<HookedDeployments, 'states' | 'find'>;
  /** Addresses on loopback of the applications' web services, by the names of their hosts. */
  readonly hosts: Readonly<Record<string, string>>;
  /** The simulated ECS services, to which new versions are deployed and made to fail. */
  readonly services: Pick<SimulatedServices, 'start' | 'fail' | 'states' | 'find' | 'command' | 'hookCalls'>;
  /** Puts events on the bus as AWS's services do; what the envelope lacks is filled in. */
  readonly putEvents: (events: readonly JsonRecord[]) => void;
  /** Resolves when every queue that feeds a function is empty and nothing is under way. */
  readonly idle: () => Promise<void>;
  readonly invoke: LambdaRuntime['invoke'];
  readonly environmentOf: LambdaRuntime['environmentOf'];
  /** Where the functions' handlers are found. */
  readonly taskRoot: string;
  /** Ends everything; the process can exit then. */
  readonly stop: () => Promise<void>;
};

/** How often `idle` looks. */
const IDLE_LOOK_MS = 20;

/** Compiles the project's serverless.yml and gatehouse.yml, unless that is done already, and runs what would be deployed. */
export const startStack = async (
  options: StackOptions & { readonly root: string; readonly stage: string },
): Promise<Stack> => {
  const config = await loadConfig(join(options.root, 'gatehouse.yml'));
  const foreignTopics = topicsOf(config.routes).filter(isArn);
  return runStack(await compileTemplate(options), config.slack.channels, {
    workspace: config.slack.workspace,
    approvers: (config.gates ?? []).flatMap(({ rules }) => rules.flatMap(({ users }) => users)),
    ...options,
    foreignTopics,
  });
};

/** Runs a compiled stack. Rejects, with nothing left running, when a port is taken or the template cannot be run here. */
export const runStack = async (
  compiled: CompiledStack,
  channels: Readonly<Record<string, string>>,
  options: StackOptions,
): Promise<Stack> => {
  const running: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of running.splice(0).reverse()) {
      await end();
    }
  };
  try {
    const stack = await start(compiled, channels, options, (end) => running.push(end));
    return { ...stack, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const start = async (
  { template, taskRoot }: CompiledStack,
  channels: Readonly<Record<string, string>>,
  options: StackOptions,
  onStop: (end: () => Promise<void>) => void,
): Promise<Omit<Stack, 'stop'>> => {
  const log = (line: string): void => {
    options.log(line, 'stack');
  };
  const seen = createSeenRollouts();
  const recorded = recordedOperations(await readRecordedAnswers(), seen);
  const services = new Map(options.services ?? []);
  const gateway = await startGateway({
    port: options.ports.aws,
    services,
    onCall: options.onAwsCall ?? ignore,
    ...(options.awsFaultOf !== undefined && { faultOf: options.awsFaultOf }),
    kill: (sessionToken) => runtime.kill(sessionToken),
  });
  onStop(gateway.close);
  const slack = await startSlackLayer({
    port: options.ports.slack,
    channels,
    workspace: options.workspace ?? 'T0GATEHOUSE',
    ...(options.botScopes !== undefined && { botScopes: options.botScopes }),
    ...(options.app !== undefined && { app: options.app }),
    ...(options.approvers !== undefined && { approvers: options.approvers }),
    now: Date.now,
    wait: pause,
    onCall: options.onSlackCall ?? ignore,
  });
  onStop(slack.stop);

  const resourcesOf = resolveTemplate(template, {
    region: REGION,
    account: ACCOUNT,
    stackName: 'local',
    endpoint: gateway.url,
  });
  const simulated = (options.pipelines ?? DEMO_PIPELINES).map((each) => faster(each, options.speed ?? 1));
  const tables = createEmbeddedTables();
  const own = resourcesOf('AWS::SNS::Topic').map(({ arn }) => arn);
  const queues = await createEmbeddedQueues({
    endpoint: gateway.url,
    foreignTopics: [
      ...(options.foreignTopics ?? []),
      ...foreignTopicsOf(resourcesOf),
      ...approvalTopicsOf(simulated).filter((topic) => !own.includes(topic)),
    ],
    onPublish: options.onPublish ?? ignore,
  });
  const functions = resourcesOf('AWS::Lambda::Function').map(readLambdaFunction);
  // Rules are switched on and off in place: bus, schedules and API have the same list.
  const rules = resourcesOf('AWS::Events::Rule').map(readEventRule);
  const setState = (rule: EventRule, state: string): void => {
    rules[rules.indexOf(rule)] = { ...rule, state };
  };
  const sources = resourcesOf('AWS::Lambda::EventSourceMapping').flatMap((each) => readEventSource(each) ?? []);
  await createResources(resourcesOf, tables, queues);

  const speed = options.speed ?? 1;
  const clock = { now: Date.now, after: later };
  const applications = await runApplications(options.applications ?? DEMO_APPLICATIONS, {
    ...clock,
    speed,
    random: Math.random,
    onEvent: (event) => {
      bus.put(event);
    },
    callHook: (call, applicationFunctions) => callHook(call, applicationFunctions, runtime, invocations),
    serviceOf: (cluster, service) => {
      const state = ecsServices.stateOf(cluster, service);
      return state && runningServiceOf(state);
    },
  });
  onStop(applications.stop);
  const runtime = createLambdaRuntime({
    taskRoot,
    functions,
    environment: environmentOf(gateway.url, slack.url, applications.hosts),
    log: options.log,
  });
  const invocations = createAsyncInvocations({
    ...clock,
    configs: resourcesOf('AWS::Lambda::EventInvokeConfig').map(readAsyncConfig),
    invoke: (reference, event) => invokeAny(reference, event, applications.functions, runtime),
    send: (queueArn, body) => queues.send(queueArn.split(':').at(-1) ?? '', { body }),
    newId: randomUUID,
    speed,
    log: options.log,
  });
  const now = (): Date => new Date();
  const bus = createEventBus({
    rules,
    deliver: delivererTo(queues, invocations, options),
    onEvent: seen.observe,
    wait: pause,
    log,
  });
  const approvals = createApprovalTopics(queues, log);
  const clockwork = { ...clock, newId: randomUUID, onEvent: bus.put };
  const pipelines = runPipelines({
    ...clockwork,
    pipelines: simulated,
    onApprovalNeeded: approvals.publish,
    callFunction: ({ functionName, event }) =>
      invokeLater(functionName, event, applications.functions, runtime, invocations),
  });
  const deployments = runDeployments({
    ...clockwork,
    groups: (options.deploymentGroups ?? DEMO_GROUPS).map((each) => fasterGroup(each, speed)),
  });
  const ecsServices = runServices({
    ...clockwork,
    services: (options.ecsServices ?? DEMO_SERVICES).map((each) => fasterService(each, speed)),
    callHook: (call) => callServiceHook(call, applications.functions, runtime, log),
  });
  if (!services.has('codedeploy')) {
    const others = deploymentOperations(deployments, recorded.codedeploy);
    services.set('codedeploy', jsonService(hookedOperations(applications.hooked, others)));
  }
  if (!services.has('codepipeline')) {
    services.set('codepipeline', jsonService(pipelineOperations(pipelines, recorded.codepipeline, Date.now)));
  }
  if (!services.has('ecs')) {
    services.set('ecs', jsonService(serviceOperations(ecsServices)));
  }
  if (!services.has('monitoring')) {
    services.set('monitoring', applications.cloudWatch);
  }
  if (!services.has('elasticloadbalancing')) {
    services.set('elasticloadbalancing', applications.loadBalancing);
  }
  if (!services.has('logs')) {
    services.set('logs', applications.logs);
  }
  services.set('dynamodb', tables.service);
  services.set('sqs', queues.service);
  services.set('sns', queues.service);
  services.set('sts', queues.service);
  const secrets = new Map([
    ['SLACK_TOKEN_PARAMETER', slack.botToken],
    ['SLACK_SIGNING_SECRET_PARAMETER', slack.signingSecret],
  ]);
  services.set('ssm', createParameterStore({ secrets: secretsOf(functions, secrets), now }));
  services.set('events', createEventService({ rules, setState, bus, now }));
  services.set(
    'lambda',
    createFunctionService({
      functions: resourcesOf('AWS::Lambda::Function'),
      mappings: resourcesOf('AWS::Lambda::EventSourceMapping'),
      permissions: resourcesOf('AWS::Lambda::Permission'),
      variables: { SLACK_API_URL: `${slack.url}/api/` },
      invocable: { applications: applications.functions, invoke: runtime.invoke, invokeLater: invocations.invoke },
    }),
  );
  services.set('iam', createRoleService(resourcesOf('AWS::IAM::Role')));

  const polled = options.functions ? sources : [];
  const polling = startEventSources({
    sources: polled,
    queues,
    invoke: runtime.invoke,
    now: Date.now,
    wait: pause,
    log: options.log,
  });
  // In this order: no new batch, no new message, no invocation that would still want to call somebody.
  onStop(async () => {
    pipelines.stop();
    deployments.stop();
    applications.hooked.stop();
    ecsServices.stop();
    invocations.stop();
    await approvals.settled();
    const polledOut = polling.stop();
    await runtime.stop();
    await queues.stop();
    await polledOut;
  });
  if (options.functions && options.schedules) {
    onStop(startSchedules(rules, bus, log));
  }

  const routes = readHttpRoutes(resourcesOf);
  const api = await startHttpApi({
    port: options.ports.gatehouse ?? 0,
    routes,
    invoke: runtime.invoke,
    now,
    log: options.log,
  });
  onStop(api.close);
  slack.setRequestUrl(`${api.url}${routes[0]?.path ?? ''}`);

  const isIdle = async (): Promise<boolean> => {
    const counts = await Promise.all(polled.map(({ queueName }) => queues.countMessages(queueName)));
    return (
      counts.every((count) => count === 0) &&
      bus.pending() + approvals.pending() + polling.pending() + runtime.pending() + invocations.pending() === 0
    );
  };
  return {
    aws: gateway.url,
    slack: slack.url,
    gatehouse: api.url,
    slackRequestPath: routes[0]?.path ?? '/',
    slackToken: slack.botToken,
    slackReaderToken: slack.readerToken,
    signingSecret: slack.signingSecret,
    team: slack.team,
    app: slack.app,
    users: slack.users,
    region: REGION,
    account: ACCOUNT,
    channels,
    pipelines,
    deployments,
    hookedDeployments: applications.hooked,
    hosts: applications.hosts,
    services: ecsServices,
    putEvents: (events) => {
      events.map((event) => completeEvent(event, now())).forEach(bus.put);
    },
    idle: async () => {
      // Twice: a message may have gone from a queue not yet looked at to one that was.
      while (!(await isIdle()) || !(await isIdle())) {
        await wait(IDLE_LOOK_MS);
      }
    },
    invoke: runtime.invoke,
    environmentOf: runtime.environmentOf,
    taskRoot,
  };
};

const pause = async (milliseconds: number): Promise<void> => {
  await wait(milliseconds);
};

const ignore = (): void => undefined;

/** Has something happen later; returns what takes it back. */
const later = (ms: number, work: () => void): (() => void) => {
  const timer = setTimeout(work, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** What Lambda puts into every environment, and where the outside world is. */
const environmentOf = (
  aws: string,
  slack: string,
  hosts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_SESSION_TOKEN: 'local',
  AWS_ENDPOINT_URL: aws,
  SLACK_API_URL: `${slack}/api/`,
  // Recorded events are of some other year.
  OLDEST_EVENT_DAYS: '99999',
  // What answers here for hosts of the applications.
  LOCAL_HOSTS: JSON.stringify(hosts),
});

const delivererTo =
  (queues: EmbeddedQueues, invocations: AsyncInvocations, { functions }: StackOptions): DeliverToTarget =>
  async ({ arn, body, groupId, attributes }) => {
    if (arn.includes(':sqs:')) {
      await queues.send(arn.split(':').at(-1) ?? '', {
        body,
        ...(groupId !== undefined && { groupId }),
        ...(attributes !== undefined && { attributes }),
      });
      return;
    }
    if (!arn.includes(':lambda:')) {
      throw new Error(`The local event bus delivers to queues and functions only, not to ${arn}`);
    }
    if (functions) {
      // EventBridge is done as soon as Lambda has taken the event.
      const event: unknown = JSON.parse(body);
      invocations.invoke(functionNameOf(arn), arn, event);
    }
  };

/** Invokes a function of an application or of the stack itself. */
const invokeAny = async (
  reference: string,
  event: unknown,
  applications: ApplicationFunctions,
  runtime: LambdaRuntime,
): Promise<InvocationResult> => {
  const { name, qualifier } = readReference(reference);
  if (applications.find(name) === undefined) {
    return runtime.invoke(name, event);
  }
  const invoked = await applications.invoke(name, event, qualifier);
  return invoked.kind === 'not-found'
    ? { kind: 'failed', errorType: 'ResourceNotFoundException', message: `Function not found: ${reference}` }
    : invoked;
};

/** Calls a hook as CodeDeploy does, which does not wait for what the function says. */
const callHook = (
  { functionName, deployment, executionId }: HookCall,
  applications: ApplicationFunctions,
  runtime: LambdaRuntime,
  invocations: AsyncInvocations,
): string | undefined =>
  invokeLater(
    functionName,
    { DeploymentId: deployment, LifecycleEventHookExecutionId: executionId },
    applications,
    runtime,
    invocations,
  )
    ? undefined
    : `there is no function ${functionName}.`;

/** Invokes a function asynchronously, if there is one. */
const invokeLater = (
  functionName: string,
  event: unknown,
  applications: ApplicationFunctions,
  runtime: LambdaRuntime,
  invocations: AsyncInvocations,
): boolean => {
  const { name, qualifier } = readReference(functionName);
  if (runtime.environmentOf(name) === undefined && !applications.has(name, qualifier)) {
    return false;
  }
  invocations.invoke(
    qualifier === undefined ? name : `${name}:${qualifier}`,
    `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
    event,
  );
  return true;
};

/** Calls a hook as ECS does, which waits for what the function returns and tells nobody why it returns nothing. */
const callServiceHook = async (
  { functionArn, payload }: ServiceHookCall,
  applications: ApplicationFunctions,
  runtime: LambdaRuntime,
  log: (line: string) => void,
): Promise<HookAnswer> => {
  const { name, qualifier } = readReference(functionArn);
  if (runtime.environmentOf(name) === undefined && !applications.has(name, qualifier)) {
    log(`ECS cannot call ${functionArn}, which is not there.`);
    return { kind: 'failed', says: 'ResourceNotFoundException' };
  }
  const reference = qualifier === undefined ? name : `${name}:${qualifier}`;
  const invoked = await invokeAny(reference, payload, applications, runtime);
  switch (invoked.kind) {
    case 'returned':
      return invoked;
    case 'failed':
      log(`${functionArn} failed at a hook of ECS: ${invoked.errorType}: ${invoked.message}`);
      return { kind: 'failed', says: `${invoked.errorType}: ${invoked.message}` };
  }
};

const startSchedules = (rules: readonly EventRule[], bus: EventBus, log: (line: string) => void) => {
  const timers = rules.flatMap((rule) => {
    if (rule.schedule === undefined) {
      return [];
    }
    const every = intervalOf(rule.schedule);
    if (every === undefined) {
      log(`The rule ${rule.name} keeps to the calendar (${rule.schedule}), which is not followed here.`);
      return [];
    }
    return [
      setInterval(() => {
        if (rules.some(({ name, state }) => name === rule.name && state === 'ENABLED')) {
          bus.send(rule, scheduledEvent(rule.arn, new Date()));
        }
      }, every),
    ];
  });
  return (): Promise<void> => {
    timers.forEach(clearInterval);
    return Promise.resolve();
  };
};
