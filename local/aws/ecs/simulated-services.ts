import type { JsonRecord } from '../../json.ts';
import { idleService, nextDueIn } from './service-state.ts';
import type { ServiceDeploymentState, ServiceState } from './service-state.ts';
import { serviceStep } from './service-step.ts';
import type { ServiceCommand, ServiceReply } from './service-step.ts';
import { serviceKey } from './simulated-service.ts';
import type { SimulatedService } from './simulated-service.ts';

/** ECS services whose deployments run by a clock. */
export type SimulatedServices = {
  /** All services, as they are now. */
  readonly states: () => readonly ServiceState[];
  readonly stateOf: (cluster: string, service: string) => ServiceState | undefined;
  /** A deployment and its service. */
  readonly find: (
    id: string,
  ) => { readonly state: ServiceState; readonly deployment: ServiceDeploymentState } | undefined;
  readonly command: (cluster: string, service: string, command: ServiceCommand) => ServiceReply;
  /** Starts a deployment as UpdateService does, and returns its id. Throws when AWS would refuse. */
  readonly start: (cluster: string, service: string, image?: string) => string;
  /** Has the tasks of the next deployments fail to start: of one of them, or as many as told. */
  readonly fail: (cluster: string, service: string, times?: number) => void;
  /** Nothing goes on by itself any more. */
  readonly stop: () => void;
};

/** Neither timers nor Node's counters go further. */
const MOST_MS = 2_147_483_647;

/** Runs services by whatever clock `now` and `after` go by; `after` returns what takes it back. */
export const runServices = (options: {
  readonly services: readonly SimulatedService[];
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly newId: () => string;
  readonly onEvent: (event: JsonRecord) => void;
}): SimulatedServices => {
  const { now, after, newId, onEvent } = options;
  const states = new Map(
    options.services.map((service) => [serviceKey(service.cluster, service.service), idleService(service)] as const),
  );
  const cancels = new Map<string, () => void>();
  let hasStopped = false;

  const command: SimulatedServices['command'] = (cluster, service, asked) => {
    const key = serviceKey(cluster, service);
    const before = states.get(key);
    if (before === undefined) {
      return { kind: 'refused', code: 'ServiceNotFoundException', message: 'Service not found.' };
    }
    const { state, reply, events } = serviceStep(before, asked, now(), newId);
    states.set(key, state);
    cancels.get(key)?.();
    cancels.delete(key);
    const due = nextDueIn(state);
    if (due !== undefined && !hasStopped) {
      const goOn = () => command(cluster, service, { kind: 'wait' });
      cancels.set(key, after(Math.min(Math.max(0, due - now()), MOST_MS), goOn));
    }
    events.forEach(onEvent);
    return reply;
  };

  return {
    states: () => [...states.values()],
    stateOf: (cluster, service) => states.get(serviceKey(cluster, service)),
    find: (id) =>
      [...states.values()]
        .flatMap((state) => state.deployments.map((deployment) => ({ state, deployment })))
        .find(({ deployment }) => deployment.id === id),
    command,
    start: (cluster, service, image) => {
      const reply = command(cluster, service, { kind: 'deploy', ...(image !== undefined && { image }) });
      if (reply.kind === 'refused' || reply.deployment === undefined) {
        throw new Error(reply.kind === 'refused' ? `${reply.code}: ${reply.message}` : 'Nothing was deployed.');
      }
      return reply.deployment;
    },
    fail: (cluster, service, times = 1) => {
      command(cluster, service, { kind: 'fail', times });
    },
    stop: () => {
      hasStopped = true;
      cancels.forEach((cancel) => {
        cancel();
      });
      cancels.clear();
    },
  };
};
