import type { JsonRecord } from '../../json.ts';
import type { RevisionLocation } from './deployment-group.ts';
import { lastSucceeded } from './deployment-state.ts';
import type { GroupState, SimulatedDeployment } from './deployment-state.ts';

/** A deployment as GetDeployment tells it. */
export const describeDeployment = (state: GroupState, deployment: SimulatedDeployment): JsonRecord => {
  const { group } = state;
  const { id, status, revision, previous, description, creator, createdAt, completedAt, error } = deployment;
  const { rollbackOf, rolledBackBy } = deployment;
  const count = group.instances.length;
  return {
    applicationName: group.application,
    deploymentGroupName: group.group,
    deploymentConfigName: configOf(state),
    deploymentId: id,
    ...(previous !== undefined && { previousRevision: told(previous) }),
    revision: told(revision),
    status,
    ...(error !== undefined && { errorInformation: error }),
    createTime: createdAt / 1000,
    startTime: createdAt / 1000,
    ...(completedAt !== undefined && { completeTime: completedAt / 1000 }),
    deploymentOverview: {
      Pending: 0,
      InProgress: status === 'InProgress' ? count : 0,
      Succeeded: status === 'Succeeded' ? count : 0,
      Failed: status === 'Failed' ? count : 0,
      Skipped: status === 'Stopped' ? count : 0,
      Ready: status === 'Ready' ? count : 0,
    },
    ...(description !== undefined && { description }),
    creator,
    ignoreApplicationStopFailures: false,
    autoRollbackConfiguration: rollbackConfiguration(state),
    updateOutdatedInstancesOnly: false,
    ...((rollbackOf !== undefined || rolledBackBy !== undefined) && {
      rollbackInfo: {
        ...(rolledBackBy !== undefined && { rollbackDeploymentId: rolledBackBy }),
        ...(rollbackOf !== undefined && { rollbackTriggeringDeploymentId: rollbackOf }),
      },
    }),
    deploymentStyle: STYLE,
    instanceTerminationWaitTimeStarted: status === 'Succeeded' && creator === 'user',
    blueGreenDeploymentConfiguration: blueGreen(state),
    computePlatform: group.computePlatform,
  };
};

/** A group as GetDeploymentGroup tells it. */
export const describeGroup = (state: GroupState): JsonRecord => {
  const { group, deployments } = state;
  const succeeded = lastSucceeded(state);
  const attempted = deployments.at(-1);
  return {
    applicationName: group.application,
    deploymentGroupId: group.groupId,
    deploymentGroupName: group.group,
    deploymentConfigName: configOf(state),
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    autoScalingGroups: [],
    serviceRoleArn: `arn:${group.home.partition}:iam::${group.home.account}:role/codedeploy`,
    ...(succeeded !== undefined && { targetRevision: told(succeeded.revision) }),
    triggerConfigurations: [],
    autoRollbackConfiguration: rollbackConfiguration(state),
    deploymentStyle: STYLE,
    blueGreenDeploymentConfiguration: blueGreen(state),
    ...(succeeded !== undefined && { lastSuccessfulDeployment: lastInfo(succeeded) }),
    ...(attempted !== undefined && { lastAttemptedDeployment: lastInfo(attempted) }),
    computePlatform: group.computePlatform,
  };
};

const STYLE = { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' } as const;

const configOf = ({ group: { computePlatform } }: GroupState): string =>
  computePlatform === 'ECS' ? 'CodeDeployDefault.ECSAllAtOnce' : 'CodeDeployDefault.AllAtOnce';

const blueGreen = ({ group }: GroupState): JsonRecord => ({
  terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 0 },
  deploymentReadyOption: group.readyOption,
  ...(group.computePlatform === 'Server' && { greenFleetProvisioningOption: { action: 'COPY_AUTO_SCALING_GROUP' } }),
});

const rollbackConfiguration = ({ group: { rollsBack } }: GroupState): JsonRecord => ({
  enabled: rollsBack,
  ...(rollsBack && { events: ['DEPLOYMENT_FAILURE'] }),
});

const lastInfo = ({ id, status, createdAt, completedAt }: SimulatedDeployment): JsonRecord => ({
  deploymentId: id,
  status,
  createTime: createdAt / 1000,
  ...(completedAt !== undefined && { endTime: completedAt / 1000 }),
});

/** AWS never tells what an AppSpec says. */
const told = (revision: RevisionLocation): JsonRecord =>
  revision.revisionType === 'AppSpecContent'
    ? { ...revision, appSpecContent: { ...revision.appSpecContent, content: null } }
    : revision;
