import * as v from 'valibot';
import { deploymentFacts, stagesFact } from '../rollout/looked-up.ts';
import type { Facts, RolloutId } from '../rollout/rollout.ts';
import type { Version } from '../rollout/version.ts';
import type { AwsClient } from './aws-client.ts';

/** Where the functions run: what happens elsewhere cannot be asked about from here. */
export type Home = { readonly account: string; readonly region: string };

/** A look-up that takes longer is given up: what people hear must not wait for what would only adorn it. */
const LOOK_UP_MS = 2_000;

/** As many as fit into that time. */
export const LOOK_UP_TRIES = 4;

/** The account and the region that an ARN names. */
export const homeOf = (arn: string): Home => {
  const [, , , region = '', account = ''] = arn.split(':');
  return { account, region };
};

const Deployment = v.object({ deploymentInfo: v.looseObject({}) });

const Pipeline = v.object({ pipeline: v.object({ stages: v.array(v.object({ name: v.string() })) }) });

/**
 * Asks CodeDeploy for what no event tells of a deployment (GetDeployment), and CodePipeline for the order of a
 * pipeline's stages (GetPipeline). Nothing for a rollout of another account or region. Rejects when AWS does not answer in time or will not.
 */
export const createLookUp =
  (home: Home, { codeDeploy, codePipeline }: { readonly codeDeploy: AwsClient; readonly codePipeline: AwsClient }) =>
  async (id: RolloutId, asOf: Version): Promise<Facts> => {
    if (id.account !== home.account || id.region !== home.region) {
      return {};
    }
    const abortSignal = AbortSignal.timeout(LOOK_UP_MS);
    switch (id.source) {
      case 'codedeploy': {
        const answer = await codeDeploy('GetDeployment', { deploymentId: id.executionId }, abortSignal);
        return deploymentFacts(v.parse(Deployment, answer).deploymentInfo, id, asOf);
      }
      case 'codepipeline': {
        const answer = await codePipeline('GetPipeline', { name: id.name }, abortSignal);
        return stagesFact(
          v.parse(Pipeline, answer).pipeline.stages.map(({ name }) => name),
          asOf,
        );
      }
      case 'ecs':
        return {};
    }
  };
