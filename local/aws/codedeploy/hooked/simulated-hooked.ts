import type { JsonRecord } from '../../../json.ts';
import { groupKey } from '../deployment-group.ts';
import type { GroupReply } from '../deployment-step.ts';
import type { HookedGroup } from './hooked-group.ts';
import { idleHookedGroup, nextHookedDue } from './hooked-state.ts';
import type { HookedDeployment, HookedState } from './hooked-state.ts';
import { hookedStep } from './hooked-step.ts';
import type { HookCall, HookedCommand } from './hooked-step.ts';

/** Deployment groups of Lambda and ECS whose deployments run by a clock and call functions. */
export type HookedDeployments = {
  /** All groups, as they are now. */
  readonly states: () => readonly HookedState[];
  readonly stateOf: (application: string, group: string) => HookedState | undefined;
  /** A deployment and its group. */
  readonly find: (id: string) => { readonly state: HookedState; readonly deployment: HookedDeployment } | undefined;
  readonly command: (application: string, group: string, command: HookedCommand) => GroupReply;
  /** These alarms are red now, and no others. */
  readonly setRedAlarms: (names: readonly string[]) => void;
  /** Nothing goes on by itself any more. */
  readonly stop: () => void;
};

/** Timers go no further. */
const MOST_MS = 2_147_483_647;

/**
 * Runs deployment groups by whatever clock `now` and `after` go by; `after` returns what takes it back. `callHook` invokes a
 * function asynchronously and says why when there is no such function.
 */
export const runHookedDeployments = (options: {
  readonly groups: readonly HookedGroup[];
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly newId: () => string;
  readonly onEvent: (event: JsonRecord) => void;
  readonly callHook: (call: HookCall) => string | undefined;
  /** Told of a group after each step. */
  readonly onStep?: (state: HookedState) => void;
}): HookedDeployments => {
  const { now, after, newId, onEvent, callHook, onStep } = options;
  const states = new Map(
    options.groups.map((group) => [groupKey(group.application, group.group), idleHookedGroup(group)] as const),
  );
  const cancels = new Map<string, () => void>();
  let hasStopped = false;

  const command: HookedDeployments['command'] = (application, group, asked) => {
    const key = groupKey(application, group);
    const before = states.get(key);
    if (before === undefined) {
      const message = `No Deployment Group found for name: ${group}`;
      return { kind: 'refused', code: 'DeploymentGroupDoesNotExistException', message };
    }
    const { state, reply, events, calls } = hookedStep(before, asked, now(), newId);
    states.set(key, state);
    cancels.get(key)?.();
    cancels.delete(key);
    const due = nextHookedDue(state);
    if (due !== undefined && !hasStopped) {
      const goOn = () => command(application, group, { kind: 'wait' });
      cancels.set(key, after(Math.min(Math.max(0, due - now()), MOST_MS), goOn));
    }
    events.forEach(onEvent);
    onStep?.(state);
    for (const call of hasStopped ? [] : calls) {
      const trouble = callHook(call);
      if (trouble !== undefined) {
        command(application, group, { kind: 'no-function', executionId: call.executionId, says: trouble });
      }
    }
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
    setRedAlarms: (red) => {
      for (const { group } of states.values()) {
        command(group.application, group.group, { kind: 'alarms', red });
      }
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
