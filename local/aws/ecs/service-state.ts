import { createHash } from 'node:crypto';
import type { JsonRecord } from '../../json.ts';
import { arnIn, stagesOf } from './simulated-service.ts';
import type { SimulatedService } from './simulated-service.ts';

/** How many tasks a revision has. */
export const TASKS = 2;

/** What a deployment brings: a number, and a task definition with its image. */
export type Revision = {
  readonly number: string;
  readonly taskDefinition: string;
  readonly image: string;
  /** Name of the target group that its tasks are in. */
  readonly targetGroup?: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
};

type AnyHookState = {
  readonly id: string;
  readonly stage: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly timeoutAction: 'ROLLBACK' | 'CONTINUE';
};

/** A pause hook at which a deployment has come. */
export type PauseHookState = AnyHookState & {
  readonly targetType: 'PAUSE';
  readonly status: 'AWAITING_ACTION' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
};

/** A function that a deployment waits for. */
export type LambdaHookState = AnyHookState & {
  readonly targetType: 'AWS_LAMBDA';
  readonly status: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  readonly functionArn: string;
  /** How often it has been called. */
  readonly calls: number;
  /** When it is called again, in epoch milliseconds; absent while it is running. */
  readonly callAgainAt?: number;
  /** What its next call tells it: what the service says, and what it said itself. */
  readonly details?: JsonRecord;
};

export type WaitingHook = PauseHookState | LambdaHookState;

/** One deployment of a service. Times are epoch milliseconds. */
export type ServiceDeploymentState = {
  readonly id: string;
  readonly status: 'IN_PROGRESS' | 'SUCCESSFUL' | 'STOPPED' | 'ROLLBACK_IN_PROGRESS' | 'ROLLBACK_SUCCESSFUL';
  readonly reason?: string;
  readonly createdAt: number;
  readonly finishedAt?: number;
  /** Its place among the stages of its service. */
  readonly at: number;
  /** What it does there: the stage's own work, waiting for the hooks, or nothing for a while. */
  readonly doing: 'stage' | 'hooks' | 'bake';
  /** When that is done; absent while it waits at hooks and once it is over. */
  readonly until?: number;
  /** The hooks of the stage that it is at, and once it is rolled back those that are called then. */
  readonly hooks: readonly WaitingHook[];
  readonly target: Revision;
  readonly source?: Revision;
  readonly rollback?: { readonly reason: string; readonly startedAt: number };
};

/** A service and all that was deployed to it, oldest first. */
export type ServiceState = {
  readonly service: SimulatedService;
  readonly deployments: readonly ServiceDeploymentState[];
  /** How many of the next deployments have tasks that do not start. */
  readonly failures: number;
};

/** A service to which nothing has been deployed yet but what it says itself. */
export const idleService = (service: SimulatedService): ServiceState => ({
  service,
  deployments: [
    {
      id: idFrom(`${service.cluster}/${service.service}`, 21),
      status: 'SUCCESSFUL',
      createdAt: service.runs.since,
      finishedAt: service.runs.since,
      at: stagesOf(service).length - 1,
      doing: 'stage',
      hooks: [],
      target: revisionOf(service, 1, { image: service.runs.image, createdAt: service.runs.since }),
    },
  ],
  failures: 0,
});

/** Something that looks like an id of AWS's, made of a text. */
export const idFrom = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, length);

/** What is deployed to a service for the nth time, in place of another revision. */
export const revisionOf = (
  service: SimulatedService,
  count: number,
  given: Pick<Revision, 'image' | 'createdAt'> & Partial<Pick<Revision, 'taskDefinition'>>,
  source?: Revision,
): Revision => {
  const targetGroup = service.targetGroups?.find((name) => name !== source?.targetGroup);
  return {
    number: String(
      createHash('sha256').update(`${service.cluster}/${service.service}/${count}`).digest().readBigUInt64BE() >> 1n,
    ),
    taskDefinition: arnIn(service, 'task-definition', `${service.service}:${count}`),
    ...(targetGroup !== undefined && { targetGroup }),
    ...given,
  };
};

/** The ARN of a task definition by its family, family and revision, or ARN; undefined when a service has no such one. */
export const taskDefinitionOf = (service: SimulatedService, asked: string): string | undefined => {
  const name = asked.split('/').at(-1) ?? asked;
  const known = service.taskDefinitions ?? [name];
  // A family is its newest revision.
  const found = known.find((one) => one === name) ?? known.findLast((one) => one.split(':')[0] === name);
  const arn = found && arnIn(service, 'task-definition', found);
  return asked.startsWith('arn:') && arn !== asked ? undefined : arn;
};

/** When something will happen by itself, in epoch milliseconds. */
export const nextDueIn = ({ deployments }: ServiceState): number | undefined => {
  const due = deployments.flatMap((deployment) => [
    ...(deployment.until === undefined ? [] : [deployment.until]),
    ...(isAtHooks(deployment) ? deployment.hooks.filter(isWaiting).map(nextDueAt) : []),
  ]);
  return due.length === 0 ? undefined : Math.min(...due);
};

/** When a hook that is waited for is called again or waited for no longer. */
const nextDueAt = (hook: WaitingHook): number =>
  Math.min(hook.expiresAt, (hook.targetType === 'AWS_LAMBDA' ? hook.callAgainAt : undefined) ?? hook.expiresAt);

/** Whether it waits for nothing but its hooks. */
export const isAtHooks = (deployment: ServiceDeploymentState): boolean =>
  isUnderWay(deployment) && deployment.doing === 'hooks';

export const isWaiting = ({ status }: WaitingHook): boolean => status === 'AWAITING_ACTION' || status === 'IN_PROGRESS';

/** How much of the traffic the target of a deployment has, in percent: what has been shifted by now. */
export const trafficOf = (
  service: SimulatedService,
  { at, doing, status }: ServiceDeploymentState,
): { readonly test: number; readonly production: number } => {
  if (status.startsWith('ROLLBACK_') || status === 'STOPPED') {
    return { test: 0, production: 0 };
  }
  const passed = stagesOf(service).slice(0, doing === 'stage' ? at : at + 1);
  const steps = passed.filter((stage) => stage === 'PRODUCTION_TRAFFIC_SHIFT').length;
  return {
    test: passed.includes('TEST_TRAFFIC_SHIFT') ? 100 : 0,
    production: service.steps[steps - 1] ?? 0,
  };
};

/** What runs of a service, by family and revision, its share of the traffic, and the target groups that it may be in. */
export const runningServiceOf = (state: ServiceState) => {
  const { service, deployments } = state;
  const underWay = deployments.findLast(isUnderWay);
  const { test, production } = underWay === undefined ? { test: 0, production: 0 } : trafficOf(service, underWay);
  const before = underWay === undefined ? lastSuccessful(state)?.target : underWay.source;
  const hasStarted = underWay !== undefined && underWay.at > stagesOf(service).indexOf('SCALE_UP');
  const tasks = ({ taskDefinition, targetGroup = '' }: Revision, weight: number, hasTestTraffic: boolean) => ({
    taskDefinition: taskDefinition.split('/').at(-1) ?? taskDefinition,
    ...{ targetGroup, weight, hasTestTraffic, running: TASKS },
  });
  return {
    targetGroups: service.targetGroups ?? [],
    tasks: [
      ...(before === undefined ? [] : [tasks(before, 100 - production, test === 0)]),
      ...(hasStarted ? [tasks(underWay.target, production, test > 0)] : []),
    ],
  };
};

/** Whether it has not ended. */
export const isUnderWay = ({ status }: ServiceDeploymentState): boolean =>
  status === 'IN_PROGRESS' || status === 'ROLLBACK_IN_PROGRESS';

/** What last came through: it runs until something else does. */
export const lastSuccessful = ({ deployments }: ServiceState): ServiceDeploymentState | undefined =>
  deployments.findLast(({ status }) => status === 'SUCCESSFUL');
