import { createHash } from 'node:crypto';

/** CodeDeploy's call of a hook, as it tells of it. */
export type HookCall = { readonly deploymentId: string; readonly hookExecutionId: string };

/**
 * The id of the run that a call of a hook asks for: whoever hears of the call comes to the same, before anything about the
 * deployment could be read. It tells nothing and opens nothing.
 */
export const runIdOf = (
  { partition, account, region }: { readonly partition: string; readonly account: string; readonly region: string },
  { deploymentId, hookExecutionId }: HookCall,
): string =>
  createHash('sha256')
    .update(JSON.stringify(['codedeploy', partition, account, region, deploymentId, hookExecutionId]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
