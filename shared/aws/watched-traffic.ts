import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { Deployment } from '../rollout/rollout.ts';
import { BAKE } from '../validation/suite.ts';
import type { TrafficNow } from '../validation/watch.ts';
import type { AwsClient } from './aws-client.ts';
import { readDeployment, readTargets, rollbackOf } from './hooked-deployments.ts';
import type { Home } from './hooked-deployments.ts';

/** A deployment whose traffic may be watched, as CodeDeploy tells it. */
export type WatchedDeployment = {
  readonly rollout: Deployment;
  /** Why there is nothing to watch, whatever its traffic does. */
  readonly unwatched?: string;
  readonly traffic: TrafficNow;
  /** Epoch milliseconds: the begin of the deployment, and that of its traffic. */
  readonly deployedAt?: number;
  readonly since?: number;
  /** What templates may name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Name of the deployment configuration. */
  readonly config?: string;
};

/** CodeDeploy as a watch knows it. */
export type WatchedTraffic = {
  /** How a deployment's traffic is; undefined: CodeDeploy knows of no such deployment. Rejects where it does not answer. */
  readonly read: (deploymentId: string) => Promise<WatchedDeployment | undefined>;
  /** At how many steps traffic rests by a deployment configuration before all of it has moved. Rejects where it is not told. */
  readonly stepsOf: (config: string) => Promise<number | undefined>;
};

/** The traffic of CodeDeploy's deployments to Lambda, which moves without a hook. */
export const createWatchedTraffic = (client: AwsClient, home: Home): WatchedTraffic => ({
  read: async (deploymentId) => {
    try {
      const deployment = await readDeployment(client, deploymentId);
      const { applicationName: application, deploymentGroupName: group, deploymentConfigName: config } = deployment;
      const rollout: Deployment = { source: 'codedeploy', ...home, application, group, executionId: deploymentId };
      const rollback = rollbackOf(deployment);
      const unwatched =
        rollback ?? (deployment.computePlatform === 'Lambda' ? undefined : 'its traffic is not moved by Lambda');
      const targets = unwatched === undefined ? await readTargets(client, deploymentId) : [];
      const target = targets.find(({ platform }) => platform === 'codedeploy-lambda');
      const event = target?.events.find(({ lifecycleEventName }) => lifecycleEventName === BAKE);
      return {
        rollout,
        ...(unwatched !== undefined && { unwatched }),
        traffic: trafficOf(deployment.status, event?.status, Number(target?.variables['new.weight'])),
        ...(deployment.createTime !== undefined && { deployedAt: deployment.createTime * 1000 }),
        ...(event?.startTime !== undefined && { since: event.startTime * 1000 }),
        variables: {
          'deployment.id': deploymentId,
          application,
          group,
          hook: BAKE,
          region: home.region,
          account: home.account,
          ...target?.variables,
        },
        ...(config !== undefined && { config }),
      };
    } catch (thrown) {
      const error = asError(thrown);
      if (error.name === 'DeploymentDoesNotExistException' || error.name === 'InvalidDeploymentIdException') {
        return undefined;
      }
      throw error;
    }
  },

  stepsOf: async (deploymentConfigName) => {
    const { type, timeBasedLinear } = v.parse(Config, await client('GetDeploymentConfig', { deploymentConfigName }))
      .deploymentConfigInfo.trafficRoutingConfig;
    switch (type) {
      case 'AllAtOnce':
        return 0;
      case 'TimeBasedCanary':
        return 1;
      case 'TimeBasedLinear': {
        const { linearPercentage: percentage } = timeBasedLinear ?? {};
        return percentage === undefined || percentage <= 0 ? undefined : Math.ceil(100 / percentage) - 1;
      }
      default:
        return undefined;
    }
  },
});

const trafficOf = (status: string | undefined, event: string | undefined, weight: number): TrafficNow => {
  const how = ENDED[status ?? ''];
  if (how !== undefined) {
    return { kind: 'over', says: `The deployment has ${how}` };
  }
  switch (event) {
    case undefined:
    case 'Pending':
      return { kind: 'waiting' };
    case 'InProgress':
      // It says nothing of the weight before it has moved any.
      return weight > 0 ? { kind: 'moving', weight } : { kind: 'waiting' };
    default:
      return {
        kind: 'over',
        says: event === 'Succeeded' ? 'All of the traffic has moved' : 'No traffic moves any more',
      };
  }
};

const ENDED: Readonly<Record<string, string | undefined>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  Stopped: 'been stopped',
};

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TrafficRoutingConfig.html */
const Config = v.object({
  deploymentConfigInfo: v.object({
    trafficRoutingConfig: v.optional(
      v.object({
        type: v.optional(v.string(), ''),
        timeBasedLinear: v.optional(v.object({ linearPercentage: v.optional(v.number()) })),
      }),
      {},
    ),
  }),
});
