import type { JsonRecord } from '../../json.ts';
import { deploymentEvent, instanceEvent } from './deployment-event.ts';
import type { RevisionLocation } from './deployment-group.ts';
import { deploymentId, lastSucceeded, nextDueIn } from './deployment-state.ts';
import type { GroupState, SimulatedDeployment } from './deployment-state.ts';

/** What a deployment group is told to do. */
export type GroupCommand =
  /** Nothing: only what is due by now happens. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'create'; readonly revision?: RevisionLocation; readonly description?: string }
  | { readonly kind: 'continue'; readonly deployment: string }
  | { readonly kind: 'stop'; readonly deployment: string; readonly rollback: boolean }
  /** The next shifts of traffic fail, as many as told. */
  | { readonly kind: 'fail'; readonly times: number };

/** What came of a command: the deployment that it was about or has made, or AWS's refusal. */
export type GroupReply =
  | { readonly kind: 'done'; readonly deployment?: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type GroupStep = {
  readonly state: GroupState;
  readonly reply: GroupReply;
  readonly events: readonly JsonRecord[];
};

const ENDLESS = Number.POSITIVE_INFINITY;

/** Takes a group to a moment, in epoch milliseconds, and has it obey a command then. */
export const groupStep = (before: GroupState, command: GroupCommand, now: number, newId: () => string): GroupStep => {
  const events: JsonRecord[] = [];
  let state = before;

  const tell = (at: number, deployment: SimulatedDeployment, word: Parameters<typeof deploymentEvent>[2]): void => {
    events.push(deploymentEvent({ group: state.group, at, id: newId() }, deployment, word));
  };
  const tellInstances = (
    at: number,
    deployment: SimulatedDeployment,
    word: Parameters<typeof instanceEvent>[3],
  ): void => {
    for (const instance of state.group.instances) {
      events.push(instanceEvent({ group: state.group, at, id: newId() }, deployment, instance, word));
    }
  };
  const put = (deployment: SimulatedDeployment): SimulatedDeployment => {
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
  const enter = (
    deployment: SimulatedDeployment,
    status: 'InProgress' | 'Ready',
    doing: NonNullable<SimulatedDeployment['phase']>['doing'],
    until: number,
  ): SimulatedDeployment => put({ ...deployment, status, phase: { doing, until } });

  const end = (
    { phase, ...deployment }: SimulatedDeployment,
    at: number,
    status: 'Succeeded' | 'Failed' | 'Stopped',
    error?: SimulatedDeployment['error'],
  ): SimulatedDeployment => {
    const over = put({ ...deployment, status, completedAt: at, ...(error !== undefined && { error }) });
    tell(at, over, ({ Succeeded: 'SUCCESS', Failed: 'FAILURE', Stopped: 'STOP' } as const)[status]);
    return over;
  };

  const begin = (
    at: number,
    given: Pick<SimulatedDeployment, 'revision' | 'creator'> & Partial<SimulatedDeployment>,
    phase: NonNullable<SimulatedDeployment['phase']>,
  ): SimulatedDeployment => {
    const previous = lastSucceeded(state)?.revision;
    const begun = put({
      id: deploymentId(newId()),
      instanceGroupId: newId(),
      createdAt: at,
      ...(previous !== undefined && { previous }),
      ...given,
      status: 'InProgress',
      phase,
    });
    tell(at, begun, 'START');
    return begun;
  };

  /** Brings back what ran before, if anything did. */
  const rollBack = (undone: SimulatedDeployment, at: number): void => {
    const revision = lastSucceeded(state)?.revision;
    if (revision !== undefined) {
      const rollback = begin(
        at,
        { revision, creator: 'codeDeployRollback', rollbackOf: undone.id },
        { doing: 'rolling-back', until: at + state.group.shiftsMs },
      );
      put({ ...undone, rolledBackBy: rollback.id });
    }
  };

  const shift = (deployment: SimulatedDeployment, at: number): void => {
    enter(deployment, 'InProgress', 'shifting', at + state.group.shiftsMs);
  };

  const goOn = (deployment: SimulatedDeployment, at: number): void => {
    const { readyOption, rollsBack } = state.group;
    switch (deployment.phase?.doing) {
      case 'preparing': {
        tellInstances(at, deployment, 'READY');
        tell(at, deployment, 'READY');
        if (readyOption.actionOnTimeout === 'CONTINUE_DEPLOYMENT') {
          shift(deployment, at);
        } else {
          const { waitTimeInMinutes } = readyOption;
          const until = waitTimeInMinutes === undefined ? ENDLESS : at + waitTimeInMinutes * 60_000;
          enter(deployment, 'Ready', 'waiting', until);
        }
        return;
      }
      case 'waiting':
        end(deployment, at, 'Stopped', {
          code: 'TIMEOUT',
          message: 'The traffic was not rerouted before the wait time was over.',
        });
        return;
      case 'shifting':
        if (state.failures > 0) {
          state = { ...state, failures: state.failures - 1 };
          tellInstances(at, deployment, 'FAILURE');
          const failed = end(deployment, at, 'Failed', {
            code: 'HEALTH_CONSTRAINTS',
            message: 'Too few healthy instances are in the replacement.',
          });
          if (rollsBack) {
            rollBack(failed, at);
          }
          return;
        }
        tellInstances(at, deployment, 'SUCCESS');
        end(deployment, at, 'Succeeded');
        return;
      case 'rolling-back':
        end(deployment, at, 'Succeeded');
        return;
      case undefined:
        return;
    }
  };

  /** Has everything happen that is due by now, each at its time. */
  const catchUp = (): void => {
    for (let due = nextDueIn(state); due !== undefined && due <= now; due = nextDueIn(state)) {
      const next = state.deployments.find(({ phase }) => phase?.until === due);
      if (next !== undefined) {
        goOn(next, due);
      }
    }
  };

  const obey = (): GroupReply => {
    switch (command.kind) {
      case 'wait':
        return { kind: 'done' };
      case 'fail':
        state = { ...state, failures: command.times };
        return { kind: 'done' };
      case 'create': {
        const { group, deployments } = state;
        const running = deployments.find(({ phase }) => phase !== undefined);
        const made = deployments.filter(({ creator }) => creator === 'user').length;
        const revision = command.revision ?? group.revisions[made % group.revisions.length];
        if (running !== undefined) {
          return refused(
            'DeploymentLimitExceededException',
            `The Deployment Group '${group.group}' already has an active Deployment '${running.id}'`,
          );
        }
        if (revision === undefined) {
          return refused('RevisionRequiredException', 'A revision is required.');
        }
        const { description } = command;
        const begun = begin(
          now,
          { revision, creator: 'user', ...(description !== undefined && { description }) },
          { doing: 'preparing', until: now + group.preparesMs },
        );
        tellInstances(now, begun, 'START');
        return { kind: 'done', deployment: begun.id };
      }
      case 'continue': {
        const deployment = state.deployments.find(({ id }) => id === command.deployment);
        if (deployment?.phase === undefined) {
          return deployment === undefined ? noDeployment(command.deployment) : completed(deployment);
        }
        if (deployment.phase.doing !== 'waiting') {
          return refused(
            'DeploymentIsNotInReadyStateException',
            `The deployment ${deployment.id} does not have a status of Ready and can't continue yet.`,
          );
        }
        shift(deployment, now);
        return { kind: 'done', deployment: deployment.id };
      }
      case 'stop': {
        const deployment = state.deployments.find(({ id }) => id === command.deployment);
        if (deployment?.phase === undefined) {
          return deployment === undefined ? noDeployment(command.deployment) : completed(deployment);
        }
        const stopped = end(deployment, now, 'Stopped', {
          code: 'MANUAL_STOP',
          message: 'The deployment was stopped by a user.',
        });
        if (command.rollback) {
          rollBack(stopped, now);
        }
        return { kind: 'done', deployment: stopped.id };
      }
    }
  };

  catchUp();
  const reply = obey();
  // What takes no time has happened, too.
  catchUp();
  return { state, reply, events };
};

const refused = (code: string, message: string): GroupReply => ({ kind: 'refused', code, message });

const noDeployment = (id: string): GroupReply =>
  refused('DeploymentDoesNotExistException', `The deployment ${id} could not be found`);

const completed = ({ id }: SimulatedDeployment): GroupReply =>
  refused('DeploymentAlreadyCompletedException', `The deployment ${id} is already complete.`);
