import type { RevisionLocation, SimulatedGroup } from './deployment-group.ts';

/** One deployment. Times are epoch milliseconds. */
export type SimulatedDeployment = {
  readonly id: string;
  /** Of the instances of the replacement; events name it. */
  readonly instanceGroupId: string;
  readonly status: 'InProgress' | 'Ready' | 'Succeeded' | 'Failed' | 'Stopped';
  readonly revision: RevisionLocation;
  /** What ran there when it began. */
  readonly previous?: RevisionLocation;
  readonly description?: string;
  readonly creator: 'user' | 'codeDeployRollback';
  readonly createdAt: number;
  readonly completedAt?: number;
  /** What it does until when; it does nothing any more once it is over. */
  readonly phase?: { readonly doing: 'preparing' | 'waiting' | 'shifting' | 'rolling-back'; readonly until: number };
  readonly error?: { readonly code: string; readonly message: string };
  /** The deployment that it undoes. */
  readonly rollbackOf?: string;
  /** The deployment that undoes it. */
  readonly rolledBackBy?: string;
};

/** A group and all that was deployed there, oldest first. */
export type GroupState = {
  readonly group: SimulatedGroup;
  readonly deployments: readonly SimulatedDeployment[];
  /** How many of the next shifts of traffic fail. */
  readonly failures: number;
};

/** A group in which nothing has happened yet but what it says itself. */
export const idleGroup = (group: SimulatedGroup): GroupState => ({
  group,
  deployments:
    group.runs === undefined
      ? []
      : [
          {
            id: deploymentId(group.groupId),
            instanceGroupId: group.groupId,
            status: 'Succeeded',
            revision: group.runs.revision,
            creator: 'user',
            createdAt: group.runs.since,
            completedAt: group.runs.since,
          },
        ],
  failures: 0,
});

/** The id of a deployment, made of a UUID. */
export const deploymentId = (uuid: string): string => `d-${uuid.replaceAll('-', '').slice(-9).toUpperCase()}`;

/** When something will happen by itself, in epoch milliseconds. */
export const nextDueIn = ({ deployments }: GroupState): number | undefined => {
  const due = deployments.flatMap(({ phase }) => (phase === undefined ? [] : [phase.until]));
  return due.length === 0 ? undefined : Math.min(...due);
};

export const lastSucceeded = ({ deployments }: GroupState): SimulatedDeployment | undefined =>
  deployments.findLast(({ status }) => status === 'Succeeded');
