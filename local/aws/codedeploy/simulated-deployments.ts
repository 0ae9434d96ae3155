import type { JsonRecord } from '../../json.ts';
import { runClockwork } from '../clockwork.ts';
import type { Clock } from '../clockwork.ts';
import { groupKey } from './deployment-group.ts';
import type { RevisionLocation, SimulatedGroup } from './deployment-group.ts';
import { idleGroup, nextDueIn } from './deployment-state.ts';
import type { GroupState, SimulatedDeployment } from './deployment-state.ts';
import { groupStep } from './deployment-step.ts';
import type { GroupCommand, GroupReply, GroupStep } from './deployment-step.ts';

/** Deployment groups whose deployments run by a clock. */
export type SimulatedDeployments = {
  /** All groups, as they are now. */
  readonly states: () => readonly GroupState[];
  readonly stateOf: (application: string, group: string) => GroupState | undefined;
  /** A deployment and its group. */
  readonly find: (id: string) => { readonly state: GroupState; readonly deployment: SimulatedDeployment } | undefined;
  readonly command: (application: string, group: string, command: GroupCommand) => GroupReply;
  /** Starts a deployment as CreateDeployment does, and returns its id. Throws when AWS would refuse. */
  readonly start: (
    application: string,
    group: string,
    options?: { readonly revision?: RevisionLocation; readonly description?: string },
  ) => string;
  /** Has the next shifts of traffic in a group fail: one of them, or as many as told. */
  readonly fail: (application: string, group: string, times?: number) => void;
  /** Nothing goes on by itself any more. */
  readonly stop: () => void;
};

/** Runs deployment groups by whatever clock `now` and `after` go by; `after` returns what takes it back. */
export const runDeployments = (
  options: Clock & {
    readonly groups: readonly SimulatedGroup[];
    readonly newId: () => string;
    readonly onEvent: (event: JsonRecord) => void;
  },
): SimulatedDeployments => {
  const { newId, onEvent, ...clock } = options;
  const clockwork = runClockwork<GroupState, GroupCommand, GroupStep>({
    clock,
    start: new Map(
      options.groups.map((group) => [groupKey(group.application, group.group), idleGroup(group)] as const),
    ),
    step: (before, command, now) => groupStep(before, command, now, newId),
    nextDue: nextDueIn,
    onStep: (_, { events }) => {
      events.forEach(onEvent);
    },
  });

  const command: SimulatedDeployments['command'] = (application, group, asked) =>
    clockwork.tell(groupKey(application, group), asked)?.reply ?? {
      kind: 'refused',
      code: 'DeploymentGroupDoesNotExistException',
      message: `No Deployment Group found for name: ${group}`,
    };

  return {
    states: clockwork.states,
    stateOf: (application, group) => clockwork.stateOf(groupKey(application, group)),
    find: (id) =>
      clockwork
        .states()
        .flatMap((state) => state.deployments.map((deployment) => ({ state, deployment })))
        .find(({ deployment }) => deployment.id === id),
    command,
    start: (application, group, given = {}) => {
      const reply = command(application, group, { kind: 'create', ...given });
      if (reply.kind === 'refused' || reply.deployment === undefined) {
        throw new Error(reply.kind === 'refused' ? `${reply.code}: ${reply.message}` : 'Nothing was deployed.');
      }
      return reply.deployment;
    },
    fail: (application, group, times = 1) => {
      command(application, group, { kind: 'fail', times });
    },
    stop: clockwork.stop,
  };
};
