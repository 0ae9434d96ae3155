import type { JsonRecord } from '../../json.ts';

/** The stages that may have hooks. */
export type HookableStage =
  | 'RECONCILE_SERVICE'
  | 'PRE_SCALE_UP'
  | 'POST_SCALE_UP'
  | 'TEST_TRAFFIC_SHIFT'
  | 'POST_TEST_TRAFFIC_SHIFT'
  | 'PRE_PRODUCTION_TRAFFIC_SHIFT'
  | 'PRODUCTION_TRAFFIC_SHIFT'
  | 'POST_PRODUCTION_TRAFFIC_SHIFT';

/** A pause hook of a service: where its deployments wait, how long in minutes, and what happens then. */
export type PauseHook = {
  readonly targetType?: 'PAUSE';
  readonly stages: readonly Exclude<HookableStage, 'TEST_TRAFFIC_SHIFT' | 'PRODUCTION_TRAFFIC_SHIFT'>[];
  readonly timeoutInMinutes: number;
  readonly timeoutAction: 'ROLLBACK' | 'CONTINUE';
};

/** A function that is asked at stages of a deployment, by its name or ARN, and what it is told each time. */
export type LambdaHook = {
  readonly targetType: 'AWS_LAMBDA';
  readonly functionName: string;
  readonly stages: readonly HookableStage[];
  readonly hookDetails?: JsonRecord;
  /** How long it may take to say that it has succeeded or failed. Left out: a day. */
  readonly timeoutInMinutes?: number;
  /** Left out: ROLLBACK. */
  readonly timeoutAction?: 'ROLLBACK' | 'CONTINUE';
};

export type SimulatedHook = PauseHook | LambdaHook;

/** An ECS service to simulate, whose new version gets its traffic in steps. Times are in milliseconds. */
export type SimulatedService = {
  readonly cluster: string;
  readonly service: string;
  readonly home: { readonly partition: string; readonly region: string; readonly account: string };
  readonly strategy: 'BLUE_GREEN' | 'LINEAR' | 'CANARY';
  /** How much of the production traffic the new version has after each step, in percent; the last is 100. */
  readonly steps: readonly number[];
  /** How long it stays at each step but the last. Left out: no time. */
  readonly stepBakeTime?: number;
  /** How long both versions run once the new one has all of the traffic. Left out: no time. */
  readonly bakeTime?: number;
  readonly hooks: readonly SimulatedHook[];
  /** What is deployed to it, one after the other, or those of its task definitions. */
  readonly images: readonly string[];
  /** The task definitions that there are, by family and revision; the first runs. Left out: whatever is deployed. */
  readonly taskDefinitions?: readonly string[];
  /** Names of the two target groups that its revisions take turns at; the first has what runs. */
  readonly targetGroups?: readonly [string, string];
  /** What it runs before the simulation begins, and since when, in epoch milliseconds. */
  readonly runs: { readonly image: string; readonly since: number };
  readonly stageMs: number;
  /** How many times as fast it bakes, calls the functions of its hooks again, and gives them up. Left out: 1. */
  readonly speed?: number;
  /** Where functions find what a deployment is about: in `executionDetails`, or beside it, as AWS once said. */
  readonly payload?: 'nested' | 'flat';
  /** Whether a function that is called again is called by the same execution id, or by another. Left out: the same. */
  readonly executionIds?: 'same' | 'fresh';
};

/** The same service with stages that take a part of their time only; its pause hooks wait as long as they say. */
export const fasterService = (service: SimulatedService, speed: number): SimulatedService => ({
  ...service,
  stageMs: Math.round(service.stageMs / speed),
  speed: speedOf(service) * speed,
});

/** How many times as fast a service goes as it says. */
export const speedOf = ({ speed = 1 }: SimulatedService): number => speed;

/** By which a service is found: no two have the same. */
export const serviceKey = (cluster: string, service: string): string => JSON.stringify([cluster, service]);

/**
 * The lifecycle stages of a deployment, in their order: what prepares a step of the production traffic, and the step, comes
 * once for each. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
 */
export const stagesOf = ({ steps }: SimulatedService): readonly string[] => [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  ...steps.flatMap(() => ['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']),
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

/** The ARN of something of ECS's. */
export const arnIn = (
  { home: { partition, region, account } }: Pick<SimulatedService, 'home'>,
  type: string,
  ...names: readonly string[]
): string => `arn:${partition}:ecs:${region}:${account}:${[type, ...names].join('/')}`;

/** The ARN of the service itself. */
export const serviceArn = (service: SimulatedService): string =>
  arnIn(service, 'service', service.cluster, service.service);

/** The ARN of a deployment of a service. */
export const deploymentArn = (service: SimulatedService, { id }: { readonly id: string }): string =>
  arnIn(service, 'service-deployment', service.cluster, service.service, id);

/** The ARN of a revision of a service. */
export const revisionArn = (service: SimulatedService, { number }: { readonly number: string }): string =>
  arnIn(service, 'service-revision', service.cluster, service.service, number);

/** The ARN of a hook's function in the account of its service, or as it is told. */
export const functionArn = (
  { home: { partition, region, account } }: Pick<SimulatedService, 'home'>,
  { functionName }: LambdaHook,
): string =>
  functionName.startsWith('arn:')
    ? functionName
    : `arn:${partition}:lambda:${region}:${account}:function:${functionName}`;

/** How long a hook may take, in minutes, and what happens then. */
export const timeoutOf = ({
  timeoutInMinutes = 1440,
  timeoutAction: action = 'ROLLBACK',
}: SimulatedHook): { readonly timeoutInMinutes: number; readonly action: 'ROLLBACK' | 'CONTINUE' } => ({
  timeoutInMinutes,
  action,
});
