import type { JsonRecord } from '../../json.ts';
import { isUnderWay, lastSuccessful } from './service-state.ts';
import type { Revision, ServiceDeploymentState, ServiceState } from './service-state.ts';
import { arnIn, stagesOf } from './simulated-service.ts';
import type { SimulatedService } from './simulated-service.ts';

const TASKS = 2;

const serviceArn = (service: SimulatedService): string => arnIn(service, 'service', service.cluster, service.service);

export const deploymentArn = (service: SimulatedService, { id }: Pick<ServiceDeploymentState, 'id'>): string =>
  arnIn(service, 'service-deployment', service.cluster, service.service, id);

export const revisionArn = (service: SimulatedService, { number }: Revision): string =>
  arnIn(service, 'service-revision', service.cluster, service.service, number);

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
  const { test, production } = weightsOf(service, deployment);
  return {
    ...brief,
    updatedAt: (deployment.finishedAt ?? deployment.createdAt) / 1000,
    sourceServiceRevisions: source === undefined ? [] : [summary(service, source, 100 - test, 100 - production)],
    targetServiceRevision: summary(service, target, test, production),
    ...(isUnderWay(deployment) && { lifecycleStage: stagesOf(service)[deployment.at] }),
    lifecycleHookDetails: hooks.map(({ id, status, expiresAt, timeoutAction }) => ({
      hookId: id,
      targetType: 'PAUSE',
      status,
      expiresAt: expiresAt / 1000,
      timeoutAction,
    })),
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

/** How much of the traffic the target has, in percent: what has been shifted by now. */
const weightsOf = (
  service: SimulatedService,
  { at, status }: ServiceDeploymentState,
): { readonly test: number; readonly production: number } => {
  if (status.startsWith('ROLLBACK_') || status === 'STOPPED') {
    return { test: 0, production: 0 };
  }
  const passed = stagesOf(service).slice(0, at);
  const steps = passed.filter((stage) => stage === 'PRODUCTION_TRAFFIC_SHIFT').length;
  return {
    test: passed.includes('TEST_TRAFFIC_SHIFT') ? 100 : 0,
    production: service.steps[steps - 1] ?? 0,
  };
};

const configurationOf = ({ strategy, steps, hooks }: SimulatedService): JsonRecord => ({
  strategy,
  bakeTimeInMinutes: 0,
  maximumPercent: 200,
  minimumHealthyPercent: 100,
  deploymentCircuitBreaker: { enable: true, rollback: true },
  ...(strategy === 'CANARY' && { canaryConfiguration: { canaryPercent: steps[0], canaryBakeTimeInMinutes: 0 } }),
  ...(strategy === 'LINEAR' && { linearConfiguration: { stepPercent: steps[0], stepBakeTimeInMinutes: 0 } }),
  lifecycleHooks: hooks.map(({ stages, timeoutInMinutes, timeoutAction }) => ({
    targetType: 'PAUSE',
    lifecycleStages: stages,
    timeoutConfiguration: { timeoutInMinutes, action: timeoutAction },
  })),
});

/** A revision as DescribeServiceRevisions tells it. */
export const describeRevision = (service: SimulatedService, revision: Revision): JsonRecord => ({
  serviceRevisionArn: revisionArn(service, revision),
  serviceArn: serviceArn(service),
  clusterArn: arnIn(service, 'cluster', service.cluster),
  taskDefinition: revision.taskDefinition,
  launchType: 'FARGATE',
  containerImages: [{ containerName: service.service, image: revision.image }],
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
