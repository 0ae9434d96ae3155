import type { JsonRecord } from '../../json.ts';
import { groupKey } from './deployment-group.ts';
import type { RevisionLocation, SimulatedGroup } from './deployment-group.ts';
import { idleGroup, nextDueIn } from './deployment-state.ts';
import type { GroupState, SimulatedDeployment } from './deployment-state.ts';
import { groupStep } from './deployment-step.ts';
import type { GroupCommand, GroupReply } from './deployment-step.ts';

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

/** Neither timers nor Node's counters go further. */
const MOST_MS = 2_147_483_647;

/** Runs deployment groups by whatever clock `now` and `after` go by; `after` returns what takes it back. */
export const runDeployments = (options: {
  readonly groups: readonly SimulatedGroup[];
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly newId: () => string;
  readonly onEvent: (event: JsonRecord) => void;
}): SimulatedDeployments => {
  const { now, after, newId, onEvent } = options;
  const states = new Map(
    options.groups.map((group) => [groupKey(group.application, group.group), idleGroup(group)] as const),
  );
  const cancels = new Map<string, () => void>();
  let hasStopped = false;

  const command: SimulatedDeployments['command'] = (application, group, asked) => {
    const key = groupKey(application, group);
    const before = states.get(key);
    if (before === undefined) {
      return {
        kind: 'refused',
        code: 'DeploymentGroupDoesNotExistException',
        message: `No Deployment Group found for name: ${group}`,
      };
    }
    const { state, reply, events } = groupStep(before, asked, now(), newId);
    states.set(key, state);
    cancels.get(key)?.();
    cancels.delete(key);
    const due = nextDueIn(state);
    if (due !== undefined && Number.isFinite(due) && !hasStopped) {
      const goOn = () => command(application, group, { kind: 'wait' });
      cancels.set(key, after(Math.min(Math.max(0, due - now()), MOST_MS), goOn));
    }
    events.forEach(onEvent);
    return reply;
  };

  return {
    states: () => [...states.values()],
    stateOf: (application, group) => states.get(groupKey(application, group)),
    find: (id) =>
      [...states.values()]
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
    stop: () => {
      hasStopped = true;
      cancels.forEach((cancel) => {
        cancel();
      });
      cancels.clear();
    },
  };
};
