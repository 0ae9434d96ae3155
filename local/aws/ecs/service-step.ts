import type { JsonRecord } from '../../json.ts';
import { deploymentEvent, hookEvent } from './ecs-event.ts';
import { hookPayload, readHookAnswer } from './hook-call.ts';
import type { HookAnswer, HookCall } from './hook-call.ts';
import {
  idFrom,
  isAtHooks,
  isUnderWay,
  isWaiting,
  lastSuccessful,
  nextDueIn,
  revisionOf,
  taskDefinitionOf,
  trafficOf,
} from './service-state.ts';
import type { LambdaHookState, Revision, ServiceDeploymentState, ServiceState, WaitingHook } from './service-state.ts';
import { functionArn, speedOf, stagesOf, timeoutOf } from './simulated-service.ts';
import type { SimulatedHook } from './simulated-service.ts';

/** What a service is told to do. */
export type ServiceCommand =
  /** Nothing: only what is due by now happens. */
  | { readonly kind: 'wait' }
  /** Left out: the task definition that runs, or the next image where none are told. */
  | { readonly kind: 'deploy'; readonly taskDefinition?: string }
  /** What came of a call of a hook's function. */
  | ({ readonly kind: 'answer'; readonly answer: HookAnswer } & Pick<HookCall, 'deployment' | 'hook' | 'call'>)
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
  /** What is to be called now; each answer is a command. */
  readonly calls: readonly HookCall[];
};

/** Takes a service to a moment, in epoch milliseconds, and has it obey a command then. */
export const serviceStep = (
  before: ServiceState,
  command: ServiceCommand,
  now: number,
  newId: () => string,
): ServiceStep => {
  const events: JsonRecord[] = [];
  const calls: HookCall[] = [];
  let state = before;
  const { service } = before;
  const stages = stagesOf(service);
  const speed = speedOf(service);

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
      doing: 'stage',
      until: at + service.stageMs,
    });
    const { source } = deployment;
    if (source !== undefined) {
      tell(at, source, 'IN_PROGRESS', `${reason} Rolling back to deploymentId ecs-svc/${source.number}.`);
    }
  };

  const newHook = (hook: SimulatedHook, stage: string, at: number): WaitingHook => {
    const { timeoutInMinutes, action: timeoutAction } = timeoutOf(hook);
    const timeoutMs = timeoutInMinutes * 60_000;
    return hook.targetType === 'AWS_LAMBDA'
      ? {
          targetType: 'AWS_LAMBDA',
          ...{ id: newId(), stage, status: 'IN_PROGRESS', functionArn: functionArn(service, hook), calls: 0 },
          ...{ expiresAt: at + Math.round(timeoutMs / speed), timeoutAction },
          ...(hook.hookDetails !== undefined && { details: hook.hookDetails }),
        }
      : {
          targetType: 'PAUSE',
          ...{ id: `ecs-pause-${idFrom(newId(), 43)}`, stage, status: 'AWAITING_ACTION' },
          ...{ expiresAt: at + timeoutMs, timeoutAction },
        };
  };

  const putHook = (deployment: ServiceDeploymentState, hook: WaitingHook): ServiceDeploymentState =>
    put({ ...deployment, hooks: deployment.hooks.map((one) => (one.id === hook.id ? hook : one)) });

  /** Has the function of a hook called, for the first time or again. */
  const call = (
    deployment: ServiceDeploymentState,
    { callAgainAt, ...before }: LambdaHookState,
  ): ServiceDeploymentState => {
    const hook = { ...before, calls: before.calls + 1 };
    const called = putHook(deployment, hook);
    const executionId = service.executionIds === 'fresh' && hook.calls > 1 ? newId() : hook.id;
    calls.push({
      ...{ deployment: called.id, hook: hook.id, call: hook.calls, functionArn: hook.functionArn },
      payload: hookPayload(service, called, hook, executionId),
    });
    return called;
  };

  /** Comes to hooks, all at once. */
  const comeTo = (
    { until, ...deployment }: ServiceDeploymentState,
    hooks: readonly WaitingHook[],
    at: number,
  ): ServiceDeploymentState => {
    const waiting = put({ ...deployment, doing: 'hooks', hooks });
    return hooks.reduce((now, hook) => {
      switch (hook.targetType) {
        case 'AWS_LAMBDA':
          return call(now, hook);
        case 'PAUSE':
          events.push(hookEvent({ service, at, id: newId() }, now, hook));
          return now;
      }
    }, waiting);
  };

  /** Comes to the hooks of its stage, or goes on where it has none. */
  const pause = (deployment: ServiceDeploymentState, at: number): void => {
    const stage = stages[deployment.at] ?? '';
    const hooks = service.hooks.filter((hook) => hook.stages.some((one) => one === stage));
    const paused = comeTo(
      deployment,
      hooks.map((hook) => newHook(hook, stage, at)),
      at,
    );
    if (hooks.length === 0) {
      leave(paused, at);
    }
  };

  /** Ends a rollback, once the hooks at stages that have moved traffic have heard of it moving back. */
  const finishRollback = (deployment: ServiceDeploymentState, at: number): void => {
    end({ ...deployment, hooks: [] }, at, 'ROLLBACK_SUCCESSFUL', deployment.reason);
    const { source } = deployment;
    if (source !== undefined) {
      tell(at, source, 'COMPLETED', `ECS deployment ecs-svc/${source.number} completed.`);
    }
  };

  /** Comes to the hooks that are called again in a rollback: at the stages that it has come to and that move traffic. */
  const pauseInRollback = (deployment: ServiceDeploymentState, at: number): void => {
    const reached = stages.slice(0, deployment.at + 1);
    const hooks = MOVE_TRAFFIC.filter((stage) => reached.includes(stage)).flatMap((stage) =>
      service.hooks
        .filter((hook) => hook.targetType === 'AWS_LAMBDA' && hook.stages.includes(stage))
        .map((hook) => newHook(hook, stage, at)),
    );
    const paused = comeTo(deployment, hooks, at);
    if (hooks.length === 0) {
      finishRollback(paused, at);
    }
  };

  /** What its stage was for is done, and its hooks let it go on; between two steps of the traffic it bakes. */
  const leave = (deployment: ServiceDeploymentState, at: number): void => {
    const { stepBakeTime = 0, bakeTime = 0 } = service;
    const stage = stages[deployment.at];
    const isStep = stage === 'PRODUCTION_TRAFFIC_SHIFT' && trafficOf(service, deployment).production < 100;
    const bakes = (isStep ? stepBakeTime : stage === 'BAKE_TIME' ? bakeTime : 0) / speed;
    if (bakes > 0) {
      put({ ...deployment, doing: 'bake', until: at + Math.round(bakes) });
    } else {
      advance(deployment, at);
    }
  };

  const advance = (deployment: ServiceDeploymentState, at: number): void => {
    if (deployment.at + 1 < stages.length) {
      put({ ...deployment, at: deployment.at + 1, doing: 'stage', hooks: [], until: at + service.stageMs });
      return;
    }
    end({ ...deployment, hooks: [] }, at, 'SUCCESSFUL');
    tell(at, deployment.target, 'COMPLETED', `ECS deployment ecs-svc/${deployment.target.number} completed.`);
  };

  /**
   * All hooks of a stage wait at once: any of them takes the deployment back, all of them let it go on. In a rollback
   * nothing that they say matters.
   */
  const resolve = (
    deployment: ServiceDeploymentState,
    hook: WaitingHook,
    status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT',
    action: 'CONTINUE' | 'ROLLBACK',
    at: number,
  ): void => {
    const done = { ...hook, status };
    const resolved = putHook(deployment, done);
    if (done.targetType === 'PAUSE') {
      events.push(hookEvent({ service, at, id: newId() }, resolved, done));
    }
    if (resolved.status === 'IN_PROGRESS' && action === 'ROLLBACK') {
      rollBack(resolved, at, reasonOf(done.targetType, status));
    } else if (!resolved.hooks.some(isWaiting)) {
      (resolved.status === 'IN_PROGRESS' ? leave : finishRollback)(resolved, at);
    }
  };

  /** Hears what came of a call. Whatever a deployment has gone on from is of no interest to it. */
  const hear = ({ deployment: id, hook: hookId, call: number, answer }: AnswerCommand): void => {
    const deployment = state.deployments.find((one) => one.id === id);
    const hook = deployment?.hooks.find((one) => one.id === hookId);
    if (
      deployment === undefined ||
      !isAtHooks(deployment) ||
      hook?.targetType !== 'AWS_LAMBDA' ||
      !isWaiting(hook) ||
      hook.calls !== number ||
      hook.callAgainAt !== undefined
    ) {
      return;
    }
    const verdict = readHookAnswer(answer);
    switch (verdict.kind) {
      case 'succeeded':
        resolve(deployment, hook, 'SUCCEEDED', 'CONTINUE', now);
        return;
      case 'failed':
        resolve(deployment, hook, 'FAILED', 'ROLLBACK', now);
        return;
      case 'in-progress': {
        const details = { ...hook.details, ...verdict.details };
        putHook(deployment, {
          ...hook,
          callAgainAt: now + Math.round((verdict.delaySeconds * 1_000) / speed),
          ...(Object.keys(details).length > 0 && { details }),
        });
      }
    }
  };

  const goOn = (deployment: ServiceDeploymentState, at: number): void => {
    const { until, target } = deployment;
    if (isAtHooks(deployment)) {
      const waiting = deployment.hooks.filter(isWaiting);
      const expired = waiting.find(({ expiresAt }) => expiresAt <= at);
      if (expired !== undefined) {
        resolve(deployment, expired, 'TIMED_OUT', expired.timeoutAction, at);
        return;
      }
      const again = waiting.find((hook) => hook.targetType === 'AWS_LAMBDA' && (hook.callAgainAt ?? at + 1) <= at);
      if (again?.targetType === 'AWS_LAMBDA') {
        call(deployment, again);
      }
      return;
    }
    if (deployment.status === 'ROLLBACK_IN_PROGRESS') {
      pauseInRollback(deployment, at);
      return;
    }
    if (until === undefined) {
      return;
    }
    if (deployment.doing === 'bake') {
      advance(deployment, at);
      return;
    }
    if (stages[deployment.at] === 'SCALE_UP' && state.failures > 0) {
      state = { ...state, failures: state.failures - 1 };
      tell(at, target, 'FAILED', 'ECS deployment circuit breaker: tasks failed to start.');
      rollBack(deployment, at, 'ECS deployment circuit breaker: tasks failed to start.');
      return;
    }
    pause(deployment, at);
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

  const deploy = (asked: Extract<ServiceCommand, { readonly kind: 'deploy' }>): ServiceReply => {
    const source = lastSuccessful(state)?.target;
    const taskDefinition =
      asked.taskDefinition === undefined
        ? service.taskDefinitions && source?.taskDefinition
        : taskDefinitionOf(service, asked.taskDefinition);
    if (asked.taskDefinition !== undefined && taskDefinition === undefined) {
      return refused('ClientException', 'TaskDefinition not found.');
    }
    // A newer deployment takes the place of one that is under way.
    for (const running of state.deployments.filter(isUnderWay)) {
      end({ ...running, hooks: [] }, now, 'STOPPED', 'A newer deployment has started.');
    }
    const count = state.deployments.length;
    const place = service.taskDefinitions?.findIndex((name) => taskDefinitionOf(service, name) === taskDefinition);
    const image = service.images[(place ?? count - 1) % service.images.length] ?? service.runs.image;
    const given = { image, createdAt: now, ...(taskDefinition !== undefined && { taskDefinition }) };
    const target = revisionOf(service, count + 1, given, source);
    const begun = put({
      id: idFrom(newId(), 21),
      status: 'IN_PROGRESS',
      createdAt: now,
      at: 0,
      doing: 'stage',
      until: now + service.stageMs,
      hooks: [],
      target,
      ...(source !== undefined && { source }),
    });
    tell(now, target, 'IN_PROGRESS', `ECS deployment ecs-svc/${target.number} in progress.`);
    return { kind: 'done', deployment: begun.id };
  };

  const obey = (): ServiceReply => {
    switch (command.kind) {
      case 'wait':
        return { kind: 'done' };
      case 'fail':
        state = { ...state, failures: command.times };
        return { kind: 'done' };
      case 'answer':
        hear(command);
        return { kind: 'done' };
      case 'deploy':
        return deploy(command);
      case 'continue': {
        const deployment = state.deployments.find(({ id }) => id === command.deployment);
        if (deployment === undefined) {
          return noDeployment();
        }
        const hook = deployment.hooks.find(({ id }) => id === command.hook);
        if (deployment.status !== 'IN_PROGRESS') {
          return refused('ClientException', `The service deployment is in the ${deployment.status} state.`);
        }
        if (hook?.status !== 'AWAITING_ACTION') {
          return refused('InvalidParameterException', 'The specified hook is not awaiting action.');
        }
        resolve(deployment, hook, command.action === 'CONTINUE' ? 'SUCCEEDED' : 'FAILED', command.action, now);
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
  return { state, reply, events, calls };
};

type AnswerCommand = Extract<ServiceCommand, { readonly kind: 'answer' }>;

/** In the order in which a rollback takes the traffic back. */
const MOVE_TRAFFIC = ['PRODUCTION_TRAFFIC_SHIFT', 'TEST_TRAFFIC_SHIFT'] as const;

const HOOK_WORDS = { SUCCEEDED: 'was continued', FAILED: 'was rolled back', TIMED_OUT: 'timed out' } as const;

/** Why a hook takes a deployment back. ECS says nothing of what a function has said or thrown. */
const reasonOf = (type: WaitingHook['targetType'], status: keyof typeof HOOK_WORDS): string => {
  switch (type) {
    case 'PAUSE':
      return `Service deployment rolled back because a pause hook ${HOOK_WORDS[status]}.`;
    case 'AWS_LAMBDA':
      return status === 'TIMED_OUT'
        ? 'Service deployment rolled back because a Lambda hook timed out.'
        : 'Service deployment rolled back: hook execution failure(s) detected.';
  }
};

const refused = (code: string, message: string): ServiceReply => ({ kind: 'refused', code, message });

const noDeployment = (): ServiceReply =>
  refused('ServiceDeploymentNotFoundException', 'The service deployment was not found.');
