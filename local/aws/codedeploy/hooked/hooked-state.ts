import { createHash } from 'node:crypto';
import { deploymentId } from '../deployment-state.ts';
import { LIFECYCLE, readAppSpec } from './app-spec.ts';
import type { LifecycleEventName } from './app-spec.ts';
import type { HookedGroup, Revision, RollbackEvent } from './hooked-group.ts';
import type { ShiftStep } from './traffic-shift.ts';

/** One lifecycle event of a deployment. Times are epoch milliseconds. */
export type LifecycleEvent = {
  readonly name: LifecycleEventName;
  readonly status: 'Pending' | 'InProgress' | 'Succeeded' | 'Failed' | 'Skipped' | 'Unknown';
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The function that was called, and what its verdict has to name. */
  readonly hook?: { readonly functionName: string; readonly executionId: string };
  readonly trouble?: string;
};

export type TaskSet = {
  readonly id: string;
  readonly label: 'Blue' | 'Green';
  readonly taskDefinition: string;
  readonly targetGroup: string;
  readonly status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
  /** Its share of the production traffic, in per cent. */
  readonly weight: number;
  readonly hasTestTraffic: boolean;
  readonly running: number;
};

/** Who has the traffic: an alias's versions, or a service's task sets. */
export type Traffic =
  | {
      readonly platform: 'Lambda';
      readonly version: string;
      /** The version that has a part of it, in per cent. */
      readonly next?: { readonly version: string; readonly weight: number };
    }
  | { readonly platform: 'ECS'; readonly taskSets: readonly TaskSet[] };

/** One deployment. Times are epoch milliseconds. */
export type HookedDeployment = {
  readonly id: string;
  readonly instanceGroupId: string;
  readonly status: 'InProgress' | 'Ready' | 'Succeeded' | 'Failed' | 'Stopped';
  readonly revision: Revision;
  readonly previous?: Revision;
  readonly description?: string;
  readonly creator: 'user' | 'codeDeployRollback';
  readonly config: string;
  readonly shift: readonly ShiftStep[];
  readonly rollbackOn: readonly RollbackEvent[];
  readonly alarms: readonly string[];
  readonly createdAt: number;
  readonly changedAt: number;
  readonly completedAt?: number;
  readonly lifecycle: readonly LifecycleEvent[];
  /** What it does until when; it does nothing any more once it is over. `step`: how far the traffic has been shifted. */
  readonly phase?:
    | { readonly doing: 'event'; readonly event: LifecycleEventName; readonly step: number; readonly until: number }
    | { readonly doing: 'ready-wait' | 'termination-wait'; readonly until: number };
  /** Whether the wait for people is behind it. */
  readonly wasReady: boolean;
  /** Who had the traffic when it ended. */
  readonly traffic?: Traffic;
  readonly error?: { readonly code: string; readonly message: string };
  readonly rollbackOf?: string;
  readonly rolledBackBy?: string;
};

/** A group, all that was deployed there, oldest first, and who has the traffic. */
export type HookedState = {
  readonly group: HookedGroup;
  readonly deployments: readonly HookedDeployment[];
  readonly traffic: Traffic;
  /** Names of the alarms that are red, whoever's they are. */
  readonly redAlarms: readonly string[];
};

/** How many tasks a service has. */
export const TASKS = 2;

/** A group in which nothing has happened yet but what it says itself. Throws when its AppSpec says nothing. */
export const idleHookedGroup = (group: HookedGroup): HookedState => {
  const { target, runs, groupId, config, rollbackOn, alarms } = group;
  const revision = revisionOf(runs.content, group);
  if (typeof revision === 'string') {
    throw new Error(revision);
  }
  const { appSpec } = revision;
  const traffic: Traffic =
    appSpec.platform === 'Lambda'
      ? { platform: 'Lambda', version: appSpec.targetVersion }
      : {
          platform: 'ECS',
          taskSets: [
            {
              id: `ecs-svc/${numberOf(groupId)}`,
              label: 'Blue',
              taskDefinition: appSpec.taskDefinition,
              targetGroup: target.platform === 'ECS' ? target.targetGroups[0] : '',
              status: 'PRIMARY',
              weight: 100,
              hasTestTraffic: true,
              running: TASKS,
            },
          ],
        };
  return {
    group,
    deployments: [
      {
        id: deploymentId(groupId),
        instanceGroupId: groupId,
        status: 'Succeeded',
        revision,
        creator: 'user',
        config,
        shift: [],
        rollbackOn,
        alarms,
        createdAt: runs.since,
        changedAt: runs.since,
        completedAt: runs.since,
        lifecycle: eventsOf(group).map((name) => ({
          name,
          status: 'Succeeded',
          startedAt: runs.since,
          endedAt: runs.since,
        })),
        wasReady: false,
        traffic,
      },
    ],
    traffic,
    redAlarms: [],
  };
};

/** An AppSpec as a revision; a text says what is wrong with it. */
export const revisionOf = (content: string, { target }: HookedGroup): Revision | string => {
  const appSpec = readAppSpec(content, target.platform);
  return typeof appSpec === 'string'
    ? appSpec
    : { content, appSpec, sha256: createHash('sha256').update(content).digest('hex') };
};

/** The lifecycle events that a deployment to a group has, in their order. */
export const eventsOf = ({ target }: HookedGroup): readonly LifecycleEventName[] =>
  target.platform === 'ECS' && !target.hasTestListener
    ? LIFECYCLE.ECS.filter((name) => !name.includes('TestTraffic'))
    : LIFECYCLE[target.platform];

/** When something will happen by itself, in epoch milliseconds. */
export const nextHookedDue = ({ deployments }: HookedState): number | undefined => {
  const due = deployments.flatMap(({ phase }) => (phase === undefined ? [] : [phase.until]));
  return due.length === 0 ? undefined : Math.min(...due);
};

/** The revision that runs: what was deployed last without trouble. */
export const revisionThatRuns = ({ deployments }: HookedState): HookedDeployment | undefined =>
  deployments.findLast(({ status }) => status === 'Succeeded');

/** The deployment that is under way. */
export const underWay = ({ deployments }: HookedState): HookedDeployment | undefined =>
  deployments.find(({ phase }) => phase !== undefined);

/** Whether traffic is being shifted, or has been and is looked at. */
export const isShifting = (state: HookedState): boolean => {
  const phase = underWay(state)?.phase;
  return phase?.doing === 'event' && (phase.event === 'AllowTraffic' || phase.event === 'AfterAllowTraffic');
};

/** Who has how much of an alias's traffic, in per cent, by version. */
export const weightsOf = (traffic: Traffic): ReadonlyMap<string, number> => {
  if (traffic.platform === 'ECS') {
    return new Map();
  }
  const { version, next } = traffic;
  return next === undefined
    ? new Map([[version, 100]])
    : new Map([
        [version, 100 - next.weight],
        [next.version, next.weight],
      ]);
};

/** A number as AWS gives task sets, made of a UUID. */
export const numberOf = (uuid: string): string =>
  BigInt(`0x${uuid.replaceAll('-', '').slice(0, 15)}`)
    .toString()
    .padStart(19, '0');
