import type { RevisionLocation, SimulatedGroup } from '../../local/aws/codedeploy/deployment-group.ts';
import { TEN_O_CLOCK } from './rollouts.ts';

export const aCommit = (digit: string, repository = 'acme/storefront'): RevisionLocation => ({
  revisionType: 'GitHub',
  gitHubLocation: { repository, commitId: digit.repeat(40) },
});

/** A group that stops deployments that nobody continues within an hour; ten seconds to be ready, ten to move the traffic. */
export const aGroup = (more: Partial<SimulatedGroup> = {}): SimulatedGroup => ({
  application: 'storefront',
  group: 'prod',
  groupId: 'b1d7c0a4-5e2f-4c83-9a6d-7f30e8b2c591',
  home: { partition: 'aws', region: 'eu-west-1', account: '111122223333' },
  computePlatform: 'Server',
  instances: ['i-0a1b2c3d4e5f60718'],
  readyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 60 },
  rollsBack: false,
  runs: { revision: aCommit('a'), since: TEN_O_CLOCK - 86_400_000 },
  revisions: [aCommit('b')],
  preparesMs: 10_000,
  shiftsMs: 10_000,
  ...more,
});
