import type { RolloutId } from '../rollout/rollout.ts';

type Host = (region: string) => string;

const HOSTS: ReadonlyMap<string, Host> = new Map<string, Host>([
  ['aws', (region) => `${region}.console.aws.amazon.com`],
  ['aws-cn', (region) => `${region}.console.amazonaws.cn`],
  ['aws-us-gov', () => 'console.amazonaws-us-gov.com'],
]);

/** Where the rollout is seen in the AWS console; undefined in a partition whose console we do not know. */
export const consoleLink = (id: RolloutId): string | undefined => {
  const host = HOSTS.get(id.partition);
  return host === undefined
    ? undefined
    : `https://${host(id.region)}/codesuite/${pageOf(id)}?region=${encode(id.region)}`;
};

const CONSOLES: Readonly<Record<RolloutId['source'], string>> = {
  codepipeline: 'CodePipeline',
  codedeploy: 'CodeDeploy',
};

/** What people call the console that it leads to. */
export const consoleName = ({ source }: RolloutId): string => CONSOLES[source];

const pageOf = (id: RolloutId): string => {
  switch (id.source) {
    case 'codepipeline':
      return `codepipeline/pipelines/${encode(id.name)}/executions/${encode(id.executionId)}/timeline`;
    case 'codedeploy':
      return `codedeploy/deployments/${encode(id.executionId)}`;
  }
};

const encode = (part: string): string => encodeURIComponent(part.toWellFormed());
