import type { JsonRecord } from '../../json.ts';
import { targetGroupArn } from '../elasticloadbalancing/target-group-service.ts';
import { isUnderWay, lastSuccessful, TASKS, trafficOf } from './service-state.ts';
import type { Revision, ServiceDeploymentState, ServiceState, WaitingHook } from './service-state.ts';
import {
  arnIn,
  deploymentArn,
  functionArn,
  revisionArn,
  serviceArn,
  stagesOf,
  timeoutOf,
} from './simulated-service.ts';
import type { SimulatedHook, SimulatedService } from './simulated-service.ts';

/** A deployment as ListServiceDeployments tells it. */
export const briefDeployment = ({ service }: ServiceState, deployment: ServiceDeploymentState): JsonRecord => ({
  serviceDeploymentArn: deploymentArn(service, deployment),
  serviceArn: serviceArn(service),
  clusterArn: arnIn(service, 'cluster', service.cluster),
  createdAt: deployment.createdAt / 1000,
  startedAt: deployment.createdAt / 1000,
  ...(deployment.finishedAt !== undefined && { finishedAt: deployment.finishedAt / 1000 }),
  targetServiceRevisionArn: revisionArn(service, deployment.target),
  status: deployment.status,
  ...(deployment.reason !== undefined && { statusReason: deployment.reason }),
});

/** A deployment as DescribeServiceDeployments tells it. */
export const describeDeployment = (state: ServiceState, deployment: ServiceDeploymentState): JsonRecord => {
  const { service } = state;
  const { target, source, rollback, hooks } = deployment;
  const { targetServiceRevisionArn, ...brief } = briefDeployment(state, deployment);
  const { test, production } = trafficOf(service, deployment);
  return {
    ...brief,
    updatedAt: (deployment.finishedAt ?? deployment.createdAt) / 1000,
    sourceServiceRevisions: source === undefined ? [] : [summary(service, source, 100 - test, 100 - production)],
    targetServiceRevision: summary(service, target, test, production),
    ...(isUnderWay(deployment) && { lifecycleStage: stagesOf(service)[deployment.at] }),
    lifecycleHookDetails: hooks.map(describeHook),
    deploymentConfiguration: configurationOf(service),
    ...(rollback !== undefined && {
      rollback: {
        reason: rollback.reason,
        startedAt: rollback.startedAt / 1000,
        ...(source !== undefined && { serviceRevisionArn: revisionArn(service, source) }),
      },
    }),
    deploymentCircuitBreaker: {
      status: isUnderWay(deployment) ? 'MONITORING' : 'MONITORING_COMPLETE',
      failureCount: 0,
      threshold: 3,
    },
  };
};

const summary = (service: SimulatedService, revision: Revision, test: number, production: number): JsonRecord => ({
  arn: revisionArn(service, revision),
  requestedTaskCount: TASKS,
  runningTaskCount: TASKS,
  pendingTaskCount: 0,
  requestedTestTrafficWeight: test,
  requestedProductionTrafficWeight: production,
});

const describeHook = (hook: WaitingHook): JsonRecord => ({
  hookId: hook.id,
  targetType: hook.targetType,
  ...(hook.targetType === 'AWS_LAMBDA' && { targetArn: hook.functionArn }),
  status: hook.status,
  expiresAt: hook.expiresAt / 1000,
  timeoutAction: hook.timeoutAction,
});

const configurationOf = (service: SimulatedService): JsonRecord => {
  const { strategy, steps, stepBakeTime = 0, bakeTime = 0, hooks } = service;
  const minutes = Math.round(stepBakeTime / 60_000);
  return {
    strategy,
    bakeTimeInMinutes: Math.round(bakeTime / 60_000),
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    deploymentCircuitBreaker: { enable: true, rollback: true },
    ...(strategy === 'CANARY' && {
      canaryConfiguration: { canaryPercent: steps[0], canaryBakeTimeInMinutes: minutes },
    }),
    ...(strategy === 'LINEAR' && { linearConfiguration: { stepPercent: steps[0], stepBakeTimeInMinutes: minutes } }),
    lifecycleHooks: hooks.map((hook) => hookOf(service, hook)),
  };
};

const hookOf = (service: SimulatedService, hook: SimulatedHook): JsonRecord => ({
  ...(hook.targetType === 'AWS_LAMBDA'
    ? {
        targetType: 'AWS_LAMBDA',
        hookTargetArn: functionArn(service, hook),
        roleArn: `arn:${service.home.partition}:iam::${service.home.account}:role/ecs-hooks`,
        ...(hook.hookDetails !== undefined && { hookDetails: hook.hookDetails }),
      }
    : { targetType: 'PAUSE' }),
  lifecycleStages: hook.stages,
  timeoutConfiguration: timeoutOf(hook),
});

/** Where a service is behind a load balancer, and in which of its two target groups a revision is. */
const loadBalancersOf = ({ service, targetGroups = ['', ''] }: SimulatedService, targetGroup: string): JsonRecord => {
  const [first, alternate] = targetGroups;
  return {
    loadBalancers: [
      {
        ...{ targetGroupArn: targetGroupArn(first), containerName: service, containerPort: 80 },
        advancedConfiguration: { alternateTargetGroupArn: targetGroupArn(alternate) },
      },
    ],
    resolvedConfiguration: { loadBalancers: [{ targetGroupArn: targetGroupArn(targetGroup) }] },
  };
};

/** A revision as DescribeServiceRevisions tells it. */
export const describeRevision = (service: SimulatedService, revision: Revision): JsonRecord => ({
  serviceRevisionArn: revisionArn(service, revision),
  serviceArn: serviceArn(service),
  clusterArn: arnIn(service, 'cluster', service.cluster),
  taskDefinition: revision.taskDefinition,
  launchType: 'FARGATE',
  containerImages: [{ containerName: service.service, image: revision.image }],
  ...(revision.targetGroup !== undefined && loadBalancersOf(service, revision.targetGroup)),
  createdAt: revision.createdAt / 1000,
});

/** A service as DescribeServices and UpdateService tell it. */
export const describeService = (state: ServiceState): JsonRecord => {
  const { service, deployments } = state;
  const running = deployments.findLast(isUnderWay);
  const shown = [...(running === undefined ? [] : [running]), ...[lastSuccessful(state)].flatMap((one) => one ?? [])];
  return {
    serviceArn: serviceArn(service),
    serviceName: service.service,
    clusterArn: arnIn(service, 'cluster', service.cluster),
    status: 'ACTIVE',
    desiredCount: TASKS,
    runningCount: TASKS,
    pendingCount: 0,
    launchType: 'FARGATE',
    deploymentController: { type: 'ECS' },
    deploymentConfiguration: configurationOf(service),
    taskDefinition: (running ?? lastSuccessful(state))?.target.taskDefinition,
    deployments: shown.map(({ target, createdAt, finishedAt, status }, index) => ({
      id: `ecs-svc/${target.number}`,
      status: index === 0 ? 'PRIMARY' : 'ACTIVE',
      taskDefinition: target.taskDefinition,
      createdAt: createdAt / 1000,
      updatedAt: (finishedAt ?? createdAt) / 1000,
      rolloutState: status === 'SUCCESSFUL' ? 'COMPLETED' : status === 'IN_PROGRESS' ? 'IN_PROGRESS' : 'FAILED',
    })),
    ...(running !== undefined && { currentServiceDeployment: deploymentArn(service, running) }),
  };
};
