import type { JsonRecord } from '../../../json.ts';
import type { HookedGroup, Revision } from './hooked-group.ts';
import { revisionThatRuns, TASKS, weightsOf } from './hooked-state.ts';
import type { HookedDeployment, HookedState, LifecycleEvent, TaskSet } from './hooked-state.ts';

/** A deployment as GetDeployment tells it. */
export const describeHooked = ({ group }: HookedState, deployment: HookedDeployment): JsonRecord => {
  const { id, status, revision, previous, description, creator, config, createdAt, completedAt, error } = deployment;
  const { rollbackOf, rolledBackBy, rollbackOn, alarms } = deployment;
  return {
    applicationName: group.application,
    deploymentGroupName: group.group,
    deploymentConfigName: config,
    deploymentId: id,
    ...(previous !== undefined && { previousRevision: toldRevision(previous) }),
    revision: toldRevision(revision),
    status,
    ...(error !== undefined && { errorInformation: error }),
    createTime: createdAt / 1000,
    startTime: createdAt / 1000,
    ...(completedAt !== undefined && { completeTime: completedAt / 1000 }),
    deploymentOverview: {
      Pending: 0,
      InProgress: status === 'InProgress' ? 1 : 0,
      Succeeded: status === 'Succeeded' ? 1 : 0,
      Failed: status === 'Failed' ? 1 : 0,
      Skipped: status === 'Stopped' ? 1 : 0,
      Ready: status === 'Ready' ? 1 : 0,
    },
    ...(description !== undefined && { description }),
    creator,
    ignoreApplicationStopFailures: false,
    autoRollbackConfiguration: toldRollback(rollbackOn),
    updateOutdatedInstancesOnly: false,
    ...((rollbackOf !== undefined || rolledBackBy !== undefined) && {
      rollbackInfo: {
        ...(rolledBackBy !== undefined && {
          rollbackDeploymentId: rolledBackBy,
          rollbackMessage: `The deployment ${rolledBackBy} brings back what ran before.`,
        }),
        ...(rollbackOf !== undefined && { rollbackTriggeringDeploymentId: rollbackOf }),
      },
    }),
    deploymentStyle: STYLE,
    instanceTerminationWaitTimeStarted: deployment.phase?.doing === 'termination-wait',
    ...(group.target.platform === 'ECS' && { blueGreenDeploymentConfiguration: toldBlueGreen(group) }),
    ...(group.target.platform === 'ECS' && { loadBalancerInfo: toldLoadBalancer(group) }),
    computePlatform: group.target.platform,
    ...(alarms.length > 0 && { overrideAlarmConfiguration: toldAlarms(alarms) }),
  };
};

/** A group as GetDeploymentGroup tells it. */
export const describeHookedGroup = (state: HookedState): JsonRecord => {
  const { group, deployments } = state;
  const { target, alarms, rollbackOn } = group;
  const succeeded = revisionThatRuns(state);
  const attempted = deployments.at(-1);
  return {
    applicationName: group.application,
    deploymentGroupId: group.groupId,
    deploymentGroupName: group.group,
    deploymentConfigName: group.config,
    serviceRoleArn: `arn:${group.home.partition}:iam::${group.home.account}:role/codedeploy`,
    ...(succeeded !== undefined && { targetRevision: toldRevision(succeeded.revision) }),
    triggerConfigurations: [],
    alarmConfiguration: toldAlarms(alarms),
    autoRollbackConfiguration: toldRollback(rollbackOn),
    deploymentStyle: STYLE,
    ...(target.platform === 'ECS' && {
      blueGreenDeploymentConfiguration: toldBlueGreen(group),
      loadBalancerInfo: toldLoadBalancer(group),
      ecsServices: [{ serviceName: target.service, clusterName: target.cluster }],
    }),
    ...(succeeded !== undefined && { lastSuccessfulDeployment: lastInfo(succeeded) }),
    ...(attempted !== undefined && { lastAttemptedDeployment: lastInfo(attempted) }),
    computePlatform: target.platform,
  };
};

/** What a deployment's target is called: the function, or cluster and service. */
export const targetIdOf = ({ target }: HookedGroup): string =>
  target.platform === 'Lambda' ? target.functionName : `${target.cluster}:${target.service}`;

/** What a deployment deploys to, as GetDeploymentTarget tells it. */
export const describeTarget = (state: HookedState, deployment: HookedDeployment): JsonRecord => {
  const { group } = state;
  const { target } = group;
  const { partition, region, account } = group.home;
  const traffic = deployment.traffic ?? state.traffic;
  const told = {
    deploymentId: deployment.id,
    targetId: targetIdOf(group),
    status: STATUS[deployment.status],
    lastUpdatedAt: deployment.changedAt / 1000,
    lifecycleEvents: deployment.lifecycle.map(toldEvent),
  };
  const { appSpec } = deployment.revision;
  return appSpec.platform === 'Lambda' || target.platform === 'Lambda'
    ? {
        deploymentTargetType: 'LambdaTarget',
        lambdaTarget: {
          ...told,
          targetArn: `arn:${partition}:lambda:${region}:${account}:function:${targetIdOf(group)}`,
          ...(appSpec.platform === 'Lambda' && {
            lambdaFunctionInfo: {
              functionName: appSpec.functionName,
              functionAlias: appSpec.alias,
              currentVersion: appSpec.currentVersion,
              targetVersion: appSpec.targetVersion,
              targetVersionWeight: weightsOf(traffic).get(appSpec.targetVersion) ?? 0,
            },
          }),
        },
      }
    : {
        deploymentTargetType: 'ECSTarget',
        ecsTarget: {
          ...told,
          targetArn: `arn:${partition}:ecs:${region}:${account}:service/${target.cluster}/${target.service}`,
          taskSetsInfo: traffic.platform === 'ECS' ? traffic.taskSets.map(toldTaskSet) : [],
        },
      };
};

const STYLE = { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' } as const;

const STATUS = {
  InProgress: 'InProgress',
  Ready: 'Ready',
  Succeeded: 'Succeeded',
  Failed: 'Failed',
  Stopped: 'Skipped',
} as const;

const toldEvent = ({ name, status, startedAt, endedAt, trouble }: LifecycleEvent): JsonRecord => ({
  lifecycleEventName: name,
  ...(trouble !== undefined && { diagnostics: { errorCode: 'UnknownError', message: trouble } }),
  ...(startedAt !== undefined && { startTime: startedAt / 1000 }),
  ...(endedAt !== undefined && { endTime: endedAt / 1000 }),
  status,
});

const toldTaskSet = ({ id, status, weight, targetGroup, label, running }: TaskSet): JsonRecord => ({
  // AWS's spelling.
  identifer: id,
  desiredCount: status === 'DRAINING' ? 0 : TASKS,
  pendingCount: status === 'DRAINING' ? 0 : TASKS - running,
  runningCount: running,
  status,
  trafficWeight: weight,
  targetGroup: { name: targetGroup },
  taskSetLabel: label,
});

const toldRollback = (events: readonly string[]): JsonRecord => ({ enabled: events.length > 0, events });

const toldAlarms = (names: readonly string[]): JsonRecord => ({
  enabled: names.length > 0,
  ignorePollAlarmFailure: false,
  alarms: names.map((name) => ({ name })),
});

type Waits = { readonly readyWaitMinutes?: number; readonly terminationWaitMinutes?: number };

const toldBlueGreen = ({ target }: HookedGroup): JsonRecord => {
  const { readyWaitMinutes, terminationWaitMinutes = 0 }: Waits = target.platform === 'ECS' ? target : {};
  return {
    terminateBlueInstancesOnDeploymentSuccess: {
      action: 'TERMINATE',
      terminationWaitTimeInMinutes: terminationWaitMinutes,
    },
    deploymentReadyOption:
      readyWaitMinutes === undefined
        ? { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 }
        : { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: readyWaitMinutes },
  };
};

const toldLoadBalancer = ({ target, home, application }: HookedGroup): JsonRecord => {
  const listener = (name: string): JsonRecord => ({
    listenerArns: [
      `arn:${home.partition}:elasticloadbalancing:${home.region}:${home.account}:listener/app/${application}/${name}`,
    ],
  });
  return {
    targetGroupPairInfoList: [
      {
        targetGroups: target.platform === 'ECS' ? target.targetGroups.map((name) => ({ name })) : [],
        prodTrafficRoute: listener('production'),
        ...(target.platform === 'ECS' && target.hasTestListener && { testTrafficRoute: listener('test') }),
      },
    ],
  };
};

const lastInfo = ({ id, status, createdAt, completedAt }: HookedDeployment): JsonRecord => ({
  deploymentId: id,
  status,
  createTime: createdAt / 1000,
  ...(completedAt !== undefined && { endTime: completedAt / 1000 }),
});

/** AWS never tells what an AppSpec says; GetApplicationRevision does, to those who know its hash. */
const toldRevision = ({ sha256 }: Revision): JsonRecord => ({
  revisionType: 'AppSpecContent',
  appSpecContent: { content: null, sha256 },
});
