import * as v from 'valibot';

const place = { partition: v.string(), account: v.string(), region: v.string() };

export const StoredExecution = v.object({
  source: v.literal('codepipeline'),
  ...place,
  name: v.string(),
  executionId: v.string(),
});

export const StoredDeployment = v.object({
  source: v.literal('codedeploy'),
  ...place,
  application: v.string(),
  group: v.string(),
  executionId: v.string(),
});

export const StoredServiceDeployment = v.object({
  source: v.literal('ecs'),
  ...place,
  cluster: v.string(),
  service: v.string(),
  executionId: v.string(),
});

/** A rollout's id as it is kept. */
export const StoredId = v.variant('source', [StoredExecution, StoredDeployment, StoredServiceDeployment]);
