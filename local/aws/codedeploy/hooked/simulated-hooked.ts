import type { JsonRecord } from '../../../json.ts';
import { runClockwork } from '../../clockwork.ts';
import type { Clock, Clockwork } from '../../clockwork.ts';
import { groupKey } from '../deployment-group.ts';
import type { GroupReply } from '../deployment-step.ts';
import type { HookedGroup } from './hooked-group.ts';
import { idleHookedGroup, nextHookedDue } from './hooked-state.ts';
import type { HookedDeployment, HookedState } from './hooked-state.ts';
import { hookedStep } from './hooked-step.ts';
import type { HookCall, HookedCommand, HookedStep } from './hooked-step.ts';

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

/**
 * Runs deployment groups by whatever clock `now` and `after` go by; `after` returns what takes it back. `callHook` invokes a
 * function asynchronously and says why when there is no such function.
 */
export const runHookedDeployments = (
  options: Clock & {
    readonly groups: readonly HookedGroup[];
    readonly newId: () => string;
    readonly onEvent: (event: JsonRecord) => void;
    readonly callHook: (call: HookCall) => string | undefined;
    /** Told of a group after each step. */
    readonly onStep?: (state: HookedState) => void;
  },
): HookedDeployments => {
  const { newId, onEvent, callHook, onStep, ...clock } = options;
  const clockwork: Clockwork<HookedState, HookedCommand, HookedStep> = runClockwork({
    clock,
    start: new Map(
      options.groups.map((group) => [groupKey(group.application, group.group), idleHookedGroup(group)] as const),
    ),
    step: (before, command, now) => hookedStep(before, command, now, newId),
    nextDue: nextHookedDue,
    onStep: (key, { state, events, calls }) => {
      events.forEach(onEvent);
      onStep?.(state);
      for (const call of clockwork.hasStopped() ? [] : calls) {
        const trouble = callHook(call);
        if (trouble !== undefined) {
          clockwork.tell(key, { kind: 'no-function', executionId: call.executionId, says: trouble });
        }
      }
    },
  });

  const command: HookedDeployments['command'] = (application, group, asked) =>
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
    setRedAlarms: (red) => {
      for (const { group } of clockwork.states()) {
        command(group.application, group.group, { kind: 'alarms', red });
      }
    },
    stop: clockwork.stop,
  };
};
