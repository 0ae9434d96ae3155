import type { JsonRecord } from '../../json.ts';
import { runClockwork } from '../clockwork.ts';
import type { Clock, Clockwork } from '../clockwork.ts';
import type { HookAnswer, HookCall } from './hook-call.ts';
import { idleService, nextDueIn } from './service-state.ts';
import type { ServiceDeploymentState, ServiceState } from './service-state.ts';
import { serviceStep } from './service-step.ts';
import type { ServiceCommand, ServiceReply, ServiceStep } from './service-step.ts';
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

/** How many calls of functions are remembered. */
const MOST_CALLS = 1_000;

/**
 * Runs services by whatever clock `now` and `after` go by; `after` returns what takes it back. `callHook` invokes a function
 * and waits for what it returns.
 */
export const runServices = (
  options: Clock & {
    readonly services: readonly SimulatedService[];
    readonly newId: () => string;
    readonly onEvent: (event: JsonRecord) => void;
    readonly callHook: (call: HookCall) => Promise<HookAnswer>;
  },
): SimulatedServices => {
  const { newId, onEvent, callHook, ...clock } = options;
  let made: readonly MadeCall[] = [];

  const make = async (key: string, call: HookCall): Promise<void> => {
    made = [...made, call].slice(-MOST_CALLS);
    const answer = await Promise.try(() => callHook(call)).catch((error: unknown): HookAnswer => ({
      kind: 'failed',
      says: error instanceof Error ? error.message : String(error),
    }));
    made = made.map((one) => (one === call ? { ...call, answer } : one));
    if (!clockwork.hasStopped()) {
      const { deployment, hook, call: number } = call;
      clockwork.tell(key, { kind: 'answer', deployment, hook, call: number, answer });
    }
  };

  const clockwork: Clockwork<ServiceState, ServiceCommand, ServiceStep> = runClockwork({
    clock,
    start: new Map(
      options.services.map((service) => [serviceKey(service.cluster, service.service), idleService(service)] as const),
    ),
    step: (before, command, now) => serviceStep(before, command, now, newId),
    nextDue: nextDueIn,
    onStep: (key, { events, calls }) => {
      events.forEach(onEvent);
      for (const call of clockwork.hasStopped() ? [] : calls) {
        void make(key, call);
      }
    },
  });

  const command: SimulatedServices['command'] = (cluster, service, asked) =>
    clockwork.tell(serviceKey(cluster, service), asked)?.reply ?? {
      kind: 'refused',
      code: 'ServiceNotFoundException',
      message: 'Service not found.',
    };

  return {
    states: clockwork.states,
    stateOf: (cluster, service) => clockwork.stateOf(serviceKey(cluster, service)),
    find: (id) =>
      clockwork
        .states()
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
    stop: clockwork.stop,
  };
};
