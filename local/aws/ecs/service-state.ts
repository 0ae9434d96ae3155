import { createHash } from 'node:crypto';
import { arnIn, stagesOf } from './simulated-service.ts';
import type { SimulatedService } from './simulated-service.ts';

/** What a deployment brings: a number, and a task definition with its image. */
export type Revision = {
  readonly number: string;
  readonly taskDefinition: string;
  readonly image: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
};

/** A pause hook at which a deployment has come. */
export type WaitingHook = {
  readonly id: string;
  readonly stage: string;
  readonly status: 'AWAITING_ACTION' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly timeoutAction: 'ROLLBACK' | 'CONTINUE';
};

/** One deployment of a service. Times are epoch milliseconds. */
export type ServiceDeploymentState = {
  readonly id: string;
  readonly status: 'IN_PROGRESS' | 'SUCCESSFUL' | 'STOPPED' | 'ROLLBACK_IN_PROGRESS' | 'ROLLBACK_SUCCESSFUL';
  readonly reason?: string;
  readonly createdAt: number;
  readonly finishedAt?: number;
  /** Its place among the stages of its service. */
  readonly at: number;
  /** When what it does now is done; absent while it waits at hooks and once it is over. */
  readonly until?: number;
  /** The hooks of the stage that it is at. */
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
      hooks: [],
      target: revisionOf(service, 1, service.runs.image, service.runs.since),
    },
  ],
  failures: 0,
});

/** Something that looks like an id of AWS's, made of a text. */
export const idFrom = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, length);

/** What is deployed to a service for the nth time. */
export const revisionOf = (service: SimulatedService, count: number, image: string, createdAt: number): Revision => ({
  number: String(
    createHash('sha256').update(`${service.cluster}/${service.service}/${count}`).digest().readBigUInt64BE() >> 1n,
  ),
  taskDefinition: arnIn(service, 'task-definition', `${service.service}:${count}`),
  image,
  createdAt,
});

/** When something will happen by itself, in epoch milliseconds. */
export const nextDueIn = ({ deployments }: ServiceState): number | undefined => {
  const due = deployments.flatMap(({ status, until, hooks }) => [
    ...(until === undefined ? [] : [until]),
    ...(status === 'IN_PROGRESS' ? hooks.flatMap((hook) => (isWaiting(hook) ? [hook.expiresAt] : [])) : []),
  ]);
  return due.length === 0 ? undefined : Math.min(...due);
};

export const isWaiting = ({ status }: WaitingHook): boolean => status === 'AWAITING_ACTION';

/** Whether it has not ended. */
export const isUnderWay = ({ status }: ServiceDeploymentState): boolean =>
  status === 'IN_PROGRESS' || status === 'ROLLBACK_IN_PROGRESS';

/** What last came through: it runs until something else does. */
export const lastSuccessful = ({ deployments }: ServiceState): ServiceDeploymentState | undefined =>
  deployments.findLast(({ status }) => status === 'SUCCESSFUL');
