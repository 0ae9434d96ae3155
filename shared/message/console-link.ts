import type { RolloutId } from '../rollout/rollout.ts';

type Host = (region: string) => string;

const HOSTS: ReadonlyMap<string, Host> = new Map<string, Host>([
  ['aws', (region) => `${region}.console.aws.amazon.com`],
  ['aws-cn', (region) => `${region}.console.amazonaws.cn`],
  ['aws-us-gov', () => 'console.amazonaws-us-gov.com'],
]);

/** Where the rollout is seen in the AWS console; undefined in a partition whose console we do not know. */
export const consoleLink = ({ partition, region, name, executionId }: RolloutId): string | undefined => {
  const host = HOSTS.get(partition);
  return host === undefined
    ? undefined
    : `https://${host(region)}/codesuite/codepipeline/pipelines/${encode(name)}/executions/${encode(executionId)}/timeline?region=${encode(region)}`;
};

const encode = (part: string): string => encodeURIComponent(part.toWellFormed());
