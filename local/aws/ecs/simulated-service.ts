/** A pause hook of a service: where its deployments wait, how long in minutes, and what happens then. */
export type SimulatedHook = {
  readonly stages: readonly string[];
  readonly timeoutInMinutes: number;
  readonly timeoutAction: 'ROLLBACK' | 'CONTINUE';
};

/** An ECS service to simulate, whose new version gets its traffic in steps. Times are in milliseconds. */
export type SimulatedService = {
  readonly cluster: string;
  readonly service: string;
  readonly home: { readonly partition: string; readonly region: string; readonly account: string };
  readonly strategy: 'BLUE_GREEN' | 'LINEAR' | 'CANARY';
  /** How much of the production traffic the new version has after each step, in percent; the last is 100. */
  readonly steps: readonly number[];
  readonly hooks: readonly SimulatedHook[];
  /** What is deployed to it when nothing else is said, one after the other. */
  readonly images: readonly string[];
  /** What it runs before the simulation begins, and since when, in epoch milliseconds. */
  readonly runs: { readonly image: string; readonly since: number };
  readonly stageMs: number;
};

/** The same service with stages that take a part of their time only; its hooks wait as long as they say. */
export const fasterService = (service: SimulatedService, speed: number): SimulatedService => ({
  ...service,
  stageMs: Math.round(service.stageMs / speed),
});

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

export const arnIn = (
  { home: { partition, region, account } }: Pick<SimulatedService, 'home'>,
  type: string,
  ...names: readonly string[]
): string => `arn:${partition}:ecs:${region}:${account}:${[type, ...names].join('/')}`;
