import type { AppSpec } from './app-spec.ts';

export const ROLLBACK_EVENTS = [
  'DEPLOYMENT_FAILURE',
  'DEPLOYMENT_STOP_ON_ALARM',
  'DEPLOYMENT_STOP_ON_REQUEST',
] as const;

/** After what a deployment is rolled back. */
export type RollbackEvent = (typeof ROLLBACK_EVENTS)[number];

/** A revision: an AppSpec, what it says, and the hash that it is known by. */
export type Revision = { readonly content: string; readonly sha256: string; readonly appSpec: AppSpec };

/** Whose traffic the deployments of a group shift. */
export type HookedTarget =
  | {
      readonly platform: 'Lambda';
      readonly functionName: string;
      readonly alias: string;
      readonly versions: readonly string[];
    }
  | {
      readonly platform: 'ECS';
      readonly cluster: string;
      readonly service: string;
      /** Family and revision: `web:2`. */
      readonly taskDefinitions: readonly string[];
      /** Names of the two target groups; the first has the traffic when the simulation begins. */
      readonly targetGroups: readonly [string, string];
      /** Whether there is a listener for test traffic. */
      readonly hasTestListener: boolean;
      /** How long it waits for somebody to let the traffic move, and is stopped then; left out: it does not wait. */
      readonly readyWaitMinutes?: number;
      /** How long the original task set is kept once it has no traffic any more; left out: not at all. */
      readonly terminationWaitMinutes?: number;
    };

/** A deployment group of CodeDeploy's for Lambda or ECS, whose deployments call hooks. */
export type HookedGroup = {
  readonly application: string;
  readonly group: string;
  readonly groupId: string;
  readonly home: { readonly partition: string; readonly region: string; readonly account: string };
  readonly target: HookedTarget;
  /** Name of the deployment configuration. */
  readonly config: string;
  readonly rollbackOn: readonly RollbackEvent[];
  /** Names of the alarms that stop a deployment. */
  readonly alarms: readonly string[];
  /** What was deployed there before the simulation begins, and when, in epoch milliseconds. */
  readonly runs: { readonly content: string; readonly since: number };
  /** How long CodeDeploy takes for what it does itself: to start tasks, to move a listener. */
  readonly stepMs: number;
  readonly minuteMs: number;
};

/** How long a hook has until it counts as failed. */
export const HOOK_MINUTES = 60;

/** The same group by a faster clock, on which a minute takes a part of its time only. What waits for people does not change. */
export const fasterHookedGroup = (group: HookedGroup, speed: number): HookedGroup => ({
  ...group,
  stepMs: Math.round(group.stepMs / speed),
  minuteMs: group.minuteMs / speed,
});
