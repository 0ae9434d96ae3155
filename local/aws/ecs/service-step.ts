import type { JsonRecord } from '../../json.ts';
import { deploymentEvent, hookEvent } from './ecs-event.ts';
import { idFrom, isUnderWay, isWaiting, lastSuccessful, nextDueIn, revisionOf } from './service-state.ts';
import type { Revision, ServiceDeploymentState, ServiceState, WaitingHook } from './service-state.ts';
import { stagesOf } from './simulated-service.ts';

/** What a service is told to do. */
export type ServiceCommand =
  /** Nothing: only what is due by now happens. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'deploy'; readonly image?: string }
  | {
      readonly kind: 'continue';
      readonly deployment: string;
      readonly hook: string;
      readonly action: 'CONTINUE' | 'ROLLBACK';
    }
  | { readonly kind: 'stop'; readonly deployment: string }
  /** The tasks of the next deployments do not start, as many as told. */
  | { readonly kind: 'fail'; readonly times: number };

/** What came of a command: the deployment that it was about or has made, or AWS's refusal. */
export type ServiceReply =
  | { readonly kind: 'done'; readonly deployment?: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type ServiceStep = {
  readonly state: ServiceState;
  readonly reply: ServiceReply;
  readonly events: readonly JsonRecord[];
};

/** Takes a service to a moment, in epoch milliseconds, and has it obey a command then. */
export const serviceStep = (
  before: ServiceState,
  command: ServiceCommand,
  now: number,
  newId: () => string,
): ServiceStep => {
  const events: JsonRecord[] = [];
  let state = before;
  const { service } = before;
  const stages = stagesOf(service);

  const tell = (at: number, revision: Revision, name: Parameters<typeof deploymentEvent>[2], reason: string): void => {
    events.push(deploymentEvent({ service, at, id: newId() }, revision, name, reason));
  };
  const put = (deployment: ServiceDeploymentState): ServiceDeploymentState => {
    const { deployments } = state;
    const isKnown = deployments.some(({ id }) => id === deployment.id);
    state = {
      ...state,
      deployments: isKnown
        ? deployments.map((one) => (one.id === deployment.id ? deployment : one))
        : [...deployments, deployment],
    };
    return deployment;
  };
  const end = (
    { until, ...deployment }: ServiceDeploymentState,
    at: number,
    status: 'SUCCESSFUL' | 'STOPPED' | 'ROLLBACK_SUCCESSFUL',
    reason?: string,
  ): void => {
    put({ ...deployment, status, finishedAt: at, ...(reason !== undefined && { reason }) });
  };

  /** Goes back to what ran before, within the same deployment; what its other hooks wait for is void. */
  const rollBack = (deployment: ServiceDeploymentState, at: number, reason: string): void => {
    put({
      ...deployment,
      status: 'ROLLBACK_IN_PROGRESS',
      reason,
      rollback: { reason, startedAt: at },
      until: at + service.stageMs,
    });
    const { source } = deployment;
    if (source !== undefined) {
      tell(at, source, 'IN_PROGRESS', `${reason} Rolling back to deploymentId ecs-svc/${source.number}.`);
    }
  };

  /** Comes to the hooks of its stage, or to the next stage where it has none. */
  const pause = ({ until, ...deployment }: ServiceDeploymentState, at: number): void => {
    const stage = stages[deployment.at] ?? '';
    const hooks = service.hooks
      .filter((hook) => hook.stages.includes(stage))
      .map(({ timeoutInMinutes, timeoutAction }): WaitingHook => ({
        id: `ecs-pause-${idFrom(newId(), 43)}`,
        stage,
        status: 'AWAITING_ACTION',
        expiresAt: at + timeoutInMinutes * 60_000,
        timeoutAction,
      }));
    const paused = put({ ...deployment, hooks });
    for (const hook of hooks) {
      events.push(hookEvent({ service, at, id: newId() }, paused, hook));
    }
    if (hooks.length === 0) {
      advance(paused, at);
    }
  };

  const advance = (deployment: ServiceDeploymentState, at: number): void => {
    if (deployment.at + 1 < stages.length) {
      put({ ...deployment, at: deployment.at + 1, hooks: [], until: at + service.stageMs });
      return;
    }
    end({ ...deployment, hooks: [] }, at, 'SUCCESSFUL');
    tell(at, deployment.target, 'COMPLETED', `ECS deployment ecs-svc/${deployment.target.number} completed.`);
  };

  /** All hooks of a stage wait at once: any of them takes the deployment back, all of them let it go on. */
  const resolve = (
    deployment: ServiceDeploymentState,
    id: string,
    status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT',
    action: 'CONTINUE' | 'ROLLBACK',
    at: number,
  ): void => {
    const hooks = deployment.hooks.map((hook) => (hook.id === id ? { ...hook, status } : hook));
    const resolved = put({ ...deployment, hooks });
    for (const hook of hooks.filter((one) => one.id === id)) {
      events.push(hookEvent({ service, at, id: newId() }, resolved, hook));
    }
    if (action === 'ROLLBACK') {
      rollBack(resolved, at, `Service deployment rolled back because a pause hook ${HOOK_WORDS[status]}.`);
    } else if (!hooks.some(isWaiting)) {
      advance(resolved, at);
    }
  };

  const goOn = (deployment: ServiceDeploymentState, at: number): void => {
    const { until, source, target } = deployment;
    if (deployment.status === 'ROLLBACK_IN_PROGRESS') {
      end({ ...deployment, hooks: [] }, at, 'ROLLBACK_SUCCESSFUL', deployment.reason);
      if (source !== undefined) {
        tell(at, source, 'COMPLETED', `ECS deployment ecs-svc/${source.number} completed.`);
      }
      return;
    }
    const expired = deployment.hooks.find((hook) => isWaiting(hook) && hook.expiresAt <= at);
    if (expired !== undefined) {
      resolve(deployment, expired.id, 'TIMED_OUT', expired.timeoutAction, at);
      return;
    }
    if (until !== undefined) {
      if (stages[deployment.at] === 'SCALE_UP' && state.failures > 0) {
        state = { ...state, failures: state.failures - 1 };
        tell(at, target, 'FAILED', 'ECS deployment circuit breaker: tasks failed to start.');
        rollBack(deployment, at, 'ECS deployment circuit breaker: tasks failed to start.');
        return;
      }
      pause(deployment, at);
    }
  };

  /** Has everything happen that is due by now, each at its time. */
  const catchUp = (): void => {
    for (let due = nextDueIn(state); due !== undefined && due <= now; due = nextDueIn(state)) {
      const at = due;
      const next = state.deployments.find((one) => nextDueIn({ ...state, deployments: [one] }) === at);
      if (next !== undefined) {
        goOn(next, at);
      }
    }
  };

  const obey = (): ServiceReply => {
    switch (command.kind) {
      case 'wait':
        return { kind: 'done' };
      case 'fail':
        state = { ...state, failures: command.times };
        return { kind: 'done' };
      case 'deploy': {
        // A newer deployment takes the place of one that is under way.
        for (const running of state.deployments.filter(isUnderWay)) {
          end({ ...running, hooks: [] }, now, 'STOPPED', 'A newer deployment has started.');
        }
        const count = state.deployments.length;
        const image = command.image ?? service.images[(count - 1) % service.images.length] ?? service.runs.image;
        const source = lastSuccessful(state)?.target;
        const target = revisionOf(service, count + 1, image, now);
        const begun = put({
          id: idFrom(newId(), 21),
          status: 'IN_PROGRESS',
          createdAt: now,
          at: 0,
          until: now + service.stageMs,
          hooks: [],
          target,
          ...(source !== undefined && { source }),
        });
        tell(now, target, 'IN_PROGRESS', `ECS deployment ecs-svc/${target.number} in progress.`);
        return { kind: 'done', deployment: begun.id };
      }
      case 'continue': {
        const deployment = state.deployments.find(({ id }) => id === command.deployment);
        if (deployment === undefined) {
          return noDeployment();
        }
        const hook = deployment.hooks.find(({ id }) => id === command.hook);
        if (deployment.status !== 'IN_PROGRESS') {
          return refused('ClientException', `The service deployment is in the ${deployment.status} state.`);
        }
        if (hook === undefined || !isWaiting(hook)) {
          return refused('InvalidParameterException', 'The specified hook is not awaiting action.');
        }
        resolve(deployment, hook.id, command.action === 'CONTINUE' ? 'SUCCEEDED' : 'FAILED', command.action, now);
        return { kind: 'done', deployment: deployment.id };
      }
      case 'stop': {
        const deployment = state.deployments.find(({ id }) => id === command.deployment);
        if (deployment === undefined) {
          return noDeployment();
        }
        if (!isUnderWay(deployment)) {
          return refused('ConflictException', `The service deployment is in the ${deployment.status} state.`);
        }
        if (deployment.status === 'IN_PROGRESS') {
          rollBack(deployment, now, 'Service deployment was stopped by a user.');
        }
        return { kind: 'done', deployment: deployment.id };
      }
    }
  };

  catchUp();
  const reply = obey();
  // What takes no time has happened, too.
  catchUp();
  return { state, reply, events };
};

const HOOK_WORDS = { SUCCEEDED: 'was continued', FAILED: 'was rolled back', TIMED_OUT: 'timed out' } as const;

const refused = (code: string, message: string): ServiceReply => ({ kind: 'refused', code, message });

const noDeployment = (): ServiceReply =>
  refused('ServiceDeploymentNotFoundException', 'The service deployment was not found.');
