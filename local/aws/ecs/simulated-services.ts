import type { JsonRecord } from '../../json.ts';
import type { HookAnswer, HookCall } from './hook-call.ts';
import { idleService, nextDueIn } from './service-state.ts';
import type { ServiceDeploymentState, ServiceState } from './service-state.ts';
import { serviceStep } from './service-step.ts';
import type { ServiceCommand, ServiceReply } from './service-step.ts';
import { serviceKey } from './simulated-service.ts';
import type { SimulatedService } from './simulated-service.ts';

/** A call of a hook's function, and once it has come what it was answered. */
export type MadeCall = HookCall & { readonly answer?: HookAnswer };

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
  readonly start: (cluster: string, service: string, taskDefinition?: string) => string;
  /** The newest calls of functions at hooks, oldest first. */
  readonly hookCalls: () => readonly MadeCall[];
  /** Has the tasks of the next deployments fail to start: of one of them, or as many as told. */
  readonly fail: (cluster: string, service: string, times?: number) => void;
  /** Nothing goes on by itself any more. */
  readonly stop: () => void;
};

/** Neither timers nor Node's counters go further. */
const MOST_MS = 2_147_483_647;

/** How many calls of functions are remembered. */
const MOST_CALLS = 1_000;

/**
 * Runs services by whatever clock `now` and `after` go by; `after` returns what takes it back. `callHook` invokes a function
 * and waits for what it returns.
 */
export const runServices = (options: {
  readonly services: readonly SimulatedService[];
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly newId: () => string;
  readonly onEvent: (event: JsonRecord) => void;
  readonly callHook: (call: HookCall) => Promise<HookAnswer>;
}): SimulatedServices => {
  const { now, after, newId, onEvent, callHook } = options;
  const states = new Map(
    options.services.map((service) => [serviceKey(service.cluster, service.service), idleService(service)] as const),
  );
  const cancels = new Map<string, () => void>();
  let made: readonly MadeCall[] = [];
  let hasStopped = false;

  const make = async (cluster: string, service: string, call: HookCall): Promise<void> => {
    made = [...made, call].slice(-MOST_CALLS);
    const answer = await Promise.try(() => callHook(call)).catch((error: unknown): HookAnswer => ({
      kind: 'failed',
      says: error instanceof Error ? error.message : String(error),
    }));
    made = made.map((one) => (one === call ? { ...call, answer } : one));
    if (!hasStopped) {
      const { deployment, hook, call: number } = call;
      command(cluster, service, { kind: 'answer', deployment, hook, call: number, answer });
    }
  };

  const command: SimulatedServices['command'] = (cluster, service, asked) => {
    const key = serviceKey(cluster, service);
    const before = states.get(key);
    if (before === undefined) {
      return { kind: 'refused', code: 'ServiceNotFoundException', message: 'Service not found.' };
    }
    const { state, reply, events, calls } = serviceStep(before, asked, now(), newId);
    states.set(key, state);
    cancels.get(key)?.();
    cancels.delete(key);
    const due = nextDueIn(state);
    if (due !== undefined && !hasStopped) {
      const goOn = () => command(cluster, service, { kind: 'wait' });
      cancels.set(key, after(Math.min(Math.max(0, due - now()), MOST_MS), goOn));
    }
    events.forEach(onEvent);
    for (const call of hasStopped ? [] : calls) {
      void make(cluster, service, call);
    }
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
    hookCalls: () => made,
    start: (cluster, service, taskDefinition) => {
      const reply = command(cluster, service, {
        kind: 'deploy',
        ...(taskDefinition !== undefined && { taskDefinition }),
      });
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
