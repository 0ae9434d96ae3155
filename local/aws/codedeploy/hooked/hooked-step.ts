import { createHash } from 'node:crypto';
import type { JsonRecord } from '../../../json.ts';
import { deploymentEvent } from '../deployment-event.ts';
import { deploymentId } from '../deployment-state.ts';
import type { GroupReply } from '../deployment-step.ts';
import type { LifecycleEventName } from './app-spec.ts';
import { HOOK_MINUTES } from './hooked-group.ts';
import type { Revision, RollbackEvent } from './hooked-group.ts';
import { eventsOf, nextHookedDue, numberOf, revisionThatRuns, TASKS, underWay } from './hooked-state.ts';
import type { HookedDeployment, HookedState, LifecycleEvent, TaskSet } from './hooked-state.ts';
import { AT_ONCE } from './traffic-shift.ts';
import type { ShiftStep } from './traffic-shift.ts';

/** What a deployment group is told. */
export type HookedCommand =
  /** Nothing: only what is due by now happens. */
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'create';
      readonly revision: Revision;
      readonly config: string;
      readonly shift: readonly ShiftStep[];
      readonly rollbackOn: readonly RollbackEvent[];
      readonly alarms: readonly string[];
      readonly description?: string;
    }
  /** What a function says of the hook that it was called for. */
  | {
      readonly kind: 'report';
      readonly deployment: string;
      readonly executionId: string;
      readonly status: 'Succeeded' | 'Failed';
    }
  /** The function of a hook cannot be called at all. */
  | { readonly kind: 'no-function'; readonly executionId: string; readonly says: string }
  | { readonly kind: 'continue'; readonly deployment: string; readonly wait: 'READY_WAIT' | 'TERMINATION_WAIT' }
  | { readonly kind: 'stop'; readonly deployment: string; readonly rollback: boolean }
  /** These alarms are red now, and no others. */
  | { readonly kind: 'alarms'; readonly red: readonly string[] };

/** A function that is to be called for a hook. */
export type HookCall = { readonly functionName: string; readonly deployment: string; readonly executionId: string };

export type HookedStep = {
  readonly state: HookedState;
  readonly reply: GroupReply;
  readonly events: readonly JsonRecord[];
  readonly calls: readonly HookCall[];
};

type Problem = NonNullable<HookedDeployment['error']>;

/** Takes a group to a moment, in epoch milliseconds, and has it obey a command then. */
export const hookedStep = (
  before: HookedState,
  command: HookedCommand,
  now: number,
  newId: () => string,
): HookedStep => {
  const events: JsonRecord[] = [];
  const calls: HookCall[] = [];
  let state = before;
  const { group } = before;
  const { target } = group;

  const tell = (at: number, deployment: HookedDeployment, word: Parameters<typeof deploymentEvent>[2]): void => {
    events.push(deploymentEvent({ group, at, id: newId() }, deployment, word));
  };

  const put = (deployment: HookedDeployment): HookedDeployment => {
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

  const putEvent = (
    deployment: HookedDeployment,
    name: LifecycleEventName,
    change: Partial<LifecycleEvent>,
    at: number,
  ): HookedDeployment =>
    put({
      ...deployment,
      changedAt: at,
      lifecycle: deployment.lifecycle.map((event) => (event.name === name ? { ...event, ...change } : event)),
    });

  const end = (
    { phase, ...deployment }: HookedDeployment,
    at: number,
    status: 'Succeeded' | 'Failed' | 'Stopped',
    error?: Problem,
  ): HookedDeployment => {
    const over = put({
      ...deployment,
      status,
      changedAt: at,
      completedAt: at,
      traffic: state.traffic,
      // A function may still run somewhere; what has not begun never will.
      lifecycle: deployment.lifecycle.map((event) => {
        switch (event.status) {
          case 'InProgress':
            return { ...event, status: event.hook === undefined ? 'Failed' : 'Unknown', endedAt: at };
          case 'Pending':
            return { ...event, status: 'Skipped' };
          default:
            return event;
        }
      }),
      ...(error !== undefined && { error }),
    });
    tell(at, over, ({ Succeeded: 'SUCCESS', Failed: 'FAILURE', Stopped: 'STOP' } as const)[status]);
    return over;
  };

  /** Ends what has not succeeded, and brings back what ran before where that is wanted and possible. */
  const endBadly = (
    deployment: HookedDeployment,
    at: number,
    status: 'Failed' | 'Stopped',
    error: Problem,
    isRolledBack: boolean,
  ): HookedDeployment => {
    const over = end(deployment, at, status, error);
    const previous = revisionThatRuns(state)?.revision;
    // Before its tasks are there, a deployment to ECS has changed nothing.
    const hasChanged = state.traffic.platform === 'Lambda' || state.traffic.taskSets.length > 1;
    if (!isRolledBack || over.creator === 'codeDeployRollback' || previous === undefined || !hasChanged) {
      return over;
    }
    const rollback = begin(at, {
      revision: turnedBack(previous, over.revision),
      previous: over.revision,
      creator: 'codeDeployRollback',
      config: over.config,
      shift: AT_ONCE,
      rollbackOn: [],
      alarms: [],
      rollbackOf: over.id,
    });
    return put({ ...over, rolledBackBy: rollback.id });
  };

  const begin = (
    at: number,
    given: Pick<HookedDeployment, 'revision' | 'creator' | 'config' | 'shift' | 'rollbackOn' | 'alarms'> &
      Partial<HookedDeployment>,
  ): HookedDeployment => {
    const begun = put({
      id: deploymentId(newId()),
      instanceGroupId: newId(),
      status: 'InProgress',
      createdAt: at,
      changedAt: at,
      lifecycle: eventsOf(group).map((name) => ({ name, status: 'Pending' })),
      wasReady: false,
      ...given,
    });
    tell(at, begun, 'START');
    const problem = problemWith(begun);
    if (problem !== undefined) {
      return endBadly(begun, at, 'Failed', problem, false);
    }
    const red = redOf(begun);
    return red.length > 0 ? stopForAlarms(begun, at, red) : goOn(begun, at);
  };

  const redOf = ({ alarms }: HookedDeployment): readonly string[] =>
    alarms.filter((name) => state.redAlarms.includes(name));

  const stopForAlarms = (deployment: HookedDeployment, at: number, red: readonly string[]): HookedDeployment =>
    endBadly(
      deployment,
      at,
      'Stopped',
      { code: 'ALARM_ACTIVE', message: `The deployment was stopped because alarms are active: ${red.join(', ')}` },
      deployment.rollbackOn.includes('DEPLOYMENT_STOP_ON_ALARM'),
    );

  /** What keeps a revision from being deployed at all. */
  const problemWith = ({ creator, revision: { appSpec } }: HookedDeployment): Problem | undefined => {
    if (appSpec.platform === 'ECS') {
      return target.platform === 'ECS' && target.taskDefinitions.includes(appSpec.taskDefinition)
        ? undefined
        : { code: 'ECS_UPDATE_ERROR', message: `The task definition ${appSpec.taskDefinition} cannot be found.` };
    }
    const { functionName, alias, currentVersion, targetVersion } = appSpec;
    if (target.platform !== 'Lambda' || target.functionName !== functionName || target.alias !== alias) {
      return { code: 'INVALID_LAMBDA_FUNCTION', message: `The function ${functionName}:${alias} cannot be found.` };
    }
    if (!target.versions.includes(targetVersion)) {
      return {
        code: 'INVALID_LAMBDA_FUNCTION',
        message: `The function ${functionName} has no version ${targetVersion}.`,
      };
    }
    if (creator === 'user' && state.traffic.platform === 'Lambda' && state.traffic.version !== currentVersion) {
      return {
        code: 'INVALID_LAMBDA_CONFIGURATION',
        message: `The alias ${alias} points to version ${state.traffic.version} and not to ${currentVersion}.`,
      };
    }
    return undefined;
  };

  /** Begins what comes next. */
  const goOn = (deployment: HookedDeployment, at: number): HookedDeployment => {
    const next = deployment.lifecycle.find(({ status }) => status === 'Pending')?.name;
    if (next === undefined) {
      return finish(deployment, at);
    }
    const isByPeople = target.platform === 'ECS' && target.readyWaitMinutes !== undefined;
    if (next === 'BeforeAllowTraffic' && isByPeople && !deployment.wasReady && deployment.creator === 'user') {
      // People's time is nobody's to shorten.
      const until = at + (target.readyWaitMinutes ?? 0) * 60_000;
      const ready = put({
        ...deployment,
        status: 'Ready',
        wasReady: true,
        changedAt: at,
        phase: { doing: 'ready-wait', until },
      });
      tell(at, ready, 'READY');
      return ready;
    }
    return beginEvent(deployment, next, at);
  };

  const beginEvent = (deployment: HookedDeployment, name: LifecycleEventName, at: number): HookedDeployment => {
    const functionName = deployment.revision.appSpec.hooks[name];
    if (functionName !== undefined) {
      const hook = { functionName, executionId: executionIdOf(newId()) };
      calls.push({ ...hook, deployment: deployment.id });
      const until = at + HOOK_MINUTES * group.minuteMs;
      return putEvent(
        { ...deployment, phase: { doing: 'event', event: name, step: 0, until } },
        name,
        { status: 'InProgress', startedAt: at, hook },
        at,
      );
    }
    switch (name) {
      case 'Install':
      case 'AllowTestTraffic': {
        if (name === 'Install') {
          install(deployment);
        } else {
          giveTestTraffic();
        }
        const until = at + group.stepMs;
        return putEvent(
          { ...deployment, phase: { doing: 'event', event: name, step: 0, until } },
          name,
          { status: 'InProgress', startedAt: at },
          at,
        );
      }
      case 'AllowTraffic':
        return shift(putEvent(deployment, name, { status: 'InProgress', startedAt: at }, at), 0, at);
      default:
        return goOn(putEvent(deployment, name, { status: 'Succeeded', startedAt: at, endedAt: at }, at), at);
    }
  };

  /** Gives the new version its share, and says when it gets more. */
  const shift = (deployment: HookedDeployment, step: number, at: number): HookedDeployment => {
    const weight = deployment.shift[step]?.weight ?? 100;
    giveTraffic(deployment, weight);
    const following = deployment.shift[step + 1];
    const started = deployment.lifecycle.find(({ name }) => name === 'AllowTraffic')?.startedAt ?? at;
    const until = following === undefined ? at + group.stepMs : started + following.afterMinutes * group.minuteMs;
    return put({ ...deployment, changedAt: at, phase: { doing: 'event', event: 'AllowTraffic', step, until } });
  };

  const giveTraffic = ({ revision: { appSpec } }: HookedDeployment, weight: number): void => {
    if (appSpec.platform === 'Lambda' && state.traffic.platform === 'Lambda') {
      const { targetVersion: version } = appSpec;
      const traffic =
        weight === 100
          ? { platform: 'Lambda' as const, version }
          : { platform: 'Lambda' as const, version: state.traffic.version, next: { version, weight } };
      state = { ...state, traffic };
      return;
    }
    eachTaskSet((set) =>
      set.label === 'Green'
        ? { ...set, weight, status: weight === 100 ? 'PRIMARY' : 'ACTIVE' }
        : { ...set, weight: 100 - weight, status: weight === 100 ? 'ACTIVE' : 'PRIMARY' },
    );
  };

  const eachTaskSet = (change: (set: TaskSet) => TaskSet): void => {
    if (state.traffic.platform === 'ECS') {
      state = { ...state, traffic: { platform: 'ECS', taskSets: state.traffic.taskSets.map(change) } };
    }
  };

  /** Makes the task set that is to get the traffic; a rollback goes back to the one that is still there. */
  const install = ({ creator, revision: { appSpec } }: HookedDeployment): void => {
    if (state.traffic.platform !== 'ECS' || target.platform !== 'ECS' || appSpec.platform !== 'ECS') {
      return;
    }
    if (creator === 'codeDeployRollback') {
      eachTaskSet((set) => ({ ...set, label: set.label === 'Blue' ? 'Green' : 'Blue' }));
      return;
    }
    // What an earlier deployment has left behind makes room.
    const kept = state.traffic.taskSets.filter(({ status }) => status === 'PRIMARY');
    const [first, second] = target.targetGroups;
    const added: TaskSet = {
      id: `ecs-svc/${numberOf(newId())}`,
      label: 'Green',
      taskDefinition: appSpec.taskDefinition,
      targetGroup: kept.some(({ targetGroup }) => targetGroup === first) ? second : first,
      status: 'ACTIVE',
      weight: 0,
      hasTestTraffic: false,
      running: 0,
    };
    const blue = kept.map((set) => ({ ...set, label: 'Blue' as const, hasTestTraffic: true }));
    state = { ...state, traffic: { platform: 'ECS', taskSets: [...blue, added] } };
  };

  const giveTestTraffic = (): void => {
    eachTaskSet((set) => ({ ...set, hasTestTraffic: set.label === 'Green' }));
  };

  /** All of its events are over: what ran before is ended, at once or after a while. */
  const finish = (deployment: HookedDeployment, at: number): HookedDeployment => {
    const minutes = target.platform === 'ECS' ? (target.terminationWaitMinutes ?? 0) : 0;
    return minutes > 0 && deployment.creator === 'user'
      ? put({
          ...deployment,
          changedAt: at,
          phase: { doing: 'termination-wait', until: at + minutes * group.minuteMs },
        })
      : succeed(deployment, at);
  };

  const succeed = (deployment: HookedDeployment, at: number): HookedDeployment => {
    eachTaskSet((set) => (set.label === 'Green' ? set : { ...set, status: 'DRAINING', running: 0 }));
    const over = end(deployment, at, 'Succeeded');
    if (state.traffic.platform === 'ECS') {
      const left = state.traffic.taskSets.filter(({ label }) => label === 'Green');
      const taskSets = left.map((set) => ({ ...set, label: 'Blue' as const, hasTestTraffic: true }));
      state = { ...state, traffic: { platform: 'ECS', taskSets } };
    }
    return over;
  };

  const failHook = (deployment: HookedDeployment, name: LifecycleEventName, at: number, trouble: string): void => {
    endBadly(
      putEvent(deployment, name, { status: 'Failed', endedAt: at, trouble }, at),
      at,
      'Failed',
      { code: 'HOOK_EXECUTION_FAILURE', message: `The hook of ${name} has failed: ${trouble}` },
      deployment.rollbackOn.includes('DEPLOYMENT_FAILURE'),
    );
  };

  const passEvent = (deployment: HookedDeployment, name: LifecycleEventName, at: number): void => {
    goOn(putEvent(deployment, name, { status: 'Succeeded', endedAt: at }, at), at);
  };

  /** Does what is due. */
  const pass = (deployment: HookedDeployment, at: number): void => {
    const { phase } = deployment;
    switch (phase?.doing) {
      case 'ready-wait':
        endBadly(
          deployment,
          at,
          'Stopped',
          { code: 'TIMEOUT', message: 'The traffic was not rerouted before the wait time was over.' },
          deployment.rollbackOn.includes('DEPLOYMENT_FAILURE'),
        );
        return;
      case 'termination-wait':
        succeed(deployment, at);
        return;
      case 'event': {
        const { event, step } = phase;
        if (deployment.lifecycle.some(({ name, hook }) => name === event && hook !== undefined)) {
          failHook(deployment, event, at, 'CodeDeploy was not told of a result within an hour.');
          return;
        }
        if (event === 'AllowTraffic' && step + 1 < deployment.shift.length) {
          shift(deployment, step + 1, at);
          return;
        }
        if (event === 'Install') {
          eachTaskSet((set) => ({ ...set, running: TASKS }));
        }
        passEvent(deployment, event, at);
        return;
      }
      case undefined:
        return;
    }
  };

  /** Has everything happen that is due by now, each at its time. */
  const catchUp = (): void => {
    for (let due = nextHookedDue(state); due !== undefined && due <= now; due = nextHookedDue(state)) {
      const next = state.deployments.find(({ phase }) => phase?.until === due);
      if (next !== undefined) {
        pass(next, due);
      }
    }
  };

  const byHook = (executionId: string) =>
    state.deployments
      .flatMap((deployment) => deployment.lifecycle.map((event) => ({ deployment, event })))
      .find(({ event }) => event.hook?.executionId === executionId);

  const active = (id: string): HookedDeployment | GroupReply => {
    const deployment = state.deployments.find((one) => one.id === id);
    if (deployment === undefined) {
      return refused('DeploymentDoesNotExistException', `The deployment ${id} could not be found`);
    }
    return deployment.phase === undefined
      ? refused('DeploymentAlreadyCompletedException', `The deployment ${id} is already complete.`)
      : deployment;
  };

  const obey = (): GroupReply => {
    switch (command.kind) {
      case 'wait':
        return { kind: 'done' };
      case 'create': {
        const running = underWay(state);
        if (running !== undefined) {
          return refused(
            'DeploymentLimitExceededException',
            `The Deployment Group '${group.group}' already has an active Deployment '${running.id}'`,
          );
        }
        const { kind, ...given } = command;
        const previous = revisionThatRuns(state)?.revision;
        const begun = begin(now, { ...given, creator: 'user', ...(previous !== undefined && { previous }) });
        return { kind: 'done', deployment: begun.id };
      }
      case 'report': {
        const found = byHook(command.executionId);
        if (found?.deployment.id !== command.deployment) {
          return refused(
            'InvalidLifecycleEventHookExecutionIdException',
            'A lifecycle event hook is invalid: the deployment has called no hook with that execution ID.',
          );
        }
        const { deployment, event } = found;
        if (event.status !== 'InProgress') {
          return refused(
            'LifecycleEventAlreadyCompletedException',
            `An attempt to return the status of an already completed lifecycle event occurred: ${event.name}`,
          );
        }
        if (command.status === 'Succeeded') {
          passEvent(deployment, event.name, now);
        } else {
          failHook(deployment, event.name, now, 'the function has reported that it failed.');
        }
        return { kind: 'done', deployment: deployment.id };
      }
      case 'no-function': {
        const found = byHook(command.executionId);
        if (found?.event.status === 'InProgress') {
          failHook(found.deployment, found.event.name, now, command.says);
        }
        return { kind: 'done' };
      }
      case 'continue': {
        const deployment = active(command.deployment);
        if ('kind' in deployment) {
          return deployment;
        }
        if (command.wait === 'TERMINATION_WAIT') {
          if (deployment.phase?.doing !== 'termination-wait') {
            return refused('InvalidDeploymentStatusException', 'The deployment does not wait for that.');
          }
          succeed(deployment, now);
          return { kind: 'done', deployment: deployment.id };
        }
        if (deployment.phase?.doing !== 'ready-wait') {
          return refused(
            'DeploymentIsNotInReadyStateException',
            `The deployment ${deployment.id} does not have a status of Ready and can't continue yet.`,
          );
        }
        goOn({ ...deployment, status: 'InProgress' }, now);
        return { kind: 'done', deployment: deployment.id };
      }
      case 'stop': {
        const deployment = active(command.deployment);
        if ('kind' in deployment) {
          return deployment;
        }
        endBadly(
          deployment,
          now,
          'Stopped',
          { code: 'MANUAL_STOP', message: 'The deployment was stopped by a user.' },
          command.rollback || deployment.rollbackOn.includes('DEPLOYMENT_STOP_ON_REQUEST'),
        );
        return { kind: 'done', deployment: deployment.id };
      }
      case 'alarms': {
        state = { ...state, redAlarms: command.red };
        const running = underWay(state);
        const red = running === undefined ? [] : redOf(running);
        if (running !== undefined && red.length > 0) {
          stopForAlarms(running, now, red);
        }
        return { kind: 'done' };
      }
    }
  };

  catchUp();
  const reply = obey();
  // What takes no time has happened, too.
  catchUp();
  return { state, reply, events, calls };
};

/** What ran before, to be deployed again: an alias goes back from the version that failed. */
const turnedBack = (previous: Revision, failed: Revision): Revision =>
  previous.appSpec.platform === 'Lambda' && failed.appSpec.platform === 'Lambda'
    ? { ...previous, appSpec: { ...previous.appSpec, currentVersion: failed.appSpec.targetVersion } }
    : previous;

const refused = (code: string, message: string): GroupReply => ({ kind: 'refused', code, message });

/** As CodeDeploy's: opaque, and 288 characters of base64 that end with a padding. */
const executionIdOf = (uuid: string): string => {
  const noise = Buffer.concat(
    ['a', 'b'].map((salt) =>
      createHash('sha512')
        .update(salt + uuid)
        .digest(),
    ),
  );
  const told = {
    encryptedData: noise.subarray(0, 102).toString('base64'),
    ivParameterSpec: noise.subarray(102, 114).toString('base64'),
    materialSetSerial: 1,
  };
  return Buffer.from(JSON.stringify(told)).toString('base64');
};
