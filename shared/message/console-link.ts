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
  return host === undefined ? undefined : `https://${host(id.region)}/${pageOf(id)}?region=${encode(id.region)}`;
};

const CONSOLES: Readonly<Record<RolloutId['source'], string>> = {
  codepipeline: 'CodePipeline',
  codedeploy: 'CodeDeploy',
  ecs: 'ECS',
};

/** What people call the console that it leads to. */
export const consoleName = ({ source }: RolloutId): string => CONSOLES[source];

const pageOf = (id: RolloutId): string => {
  switch (id.source) {
    case 'codepipeline':
      return `codesuite/codepipeline/pipelines/${encode(id.name)}/executions/${encode(id.executionId)}/timeline`;
    case 'codedeploy':
      return `codesuite/codedeploy/deployments/${encode(id.executionId)}`;
    case 'ecs':
      return id.cluster === ''
        ? 'ecs/v2/clusters'
        : `ecs/v2/clusters/${encode(id.cluster)}/services/${encode(id.service)}/deployments`;
  }
};

const encode = (part: string): string => encodeURIComponent(part.toWellFormed());
