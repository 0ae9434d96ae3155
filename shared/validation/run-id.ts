import { createHash } from 'node:crypto';

/** CodeDeploy's call of a hook, as it tells of it. */
export type HookCall = { readonly deploymentId: string; readonly hookExecutionId: string };

/**
 * The id of the run that a call asks for, by what the call itself says: whoever hears of it comes to the same, before
 * anything about the rollout could be read. It tells nothing and opens nothing.
 */
export const runIdOf = (
  { partition, account, region }: { readonly partition: string; readonly account: string; readonly region: string },
  door: 'codedeploy' | 'bake' | 'ecs' | 'codepipeline',
  ...call: readonly string[]
): string =>
  createHash('sha256')
    .update(JSON.stringify([door, partition, account, region, ...call]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
