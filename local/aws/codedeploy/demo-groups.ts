import { ACCOUNT, REGION } from '../account.ts';
import type { RevisionLocation, SimulatedGroup } from './deployment-group.ts';

const commit = (commitId: string): RevisionLocation => ({
  revisionType: 'GitHub',
  gitHubLocation: { repository: 'acme/storefront', commitId },
});

const demo = (
  group: string,
  groupId: string,
  instances: readonly string[],
  readyOption: SimulatedGroup['readyOption'],
): SimulatedGroup => ({
  application: 'storefront',
  group,
  groupId,
  home: { partition: 'aws', region: REGION, account: ACCOUNT },
  computePlatform: 'Server',
  instances,
  readyOption,
  rollsBack: true,
  runs: { revision: commit('7a1c94e2d05b83f6a9d4c7e1b2f08536d9a4e7c1'), since: Date.UTC(2026, 0, 12, 9) },
  revisions: [commit('e3b60d7f42a95c18f0d6b3a7c9e24581f6d0a3b7'), commit('19f5c8a3e7d2604b9a1e6f3d8c570b42e9a6d1f8')],
  preparesMs: 4_000,
  shiftsMs: 3_000,
});

/** The deployment groups that the local stack starts with: one waits for people, the other goes on by itself. */
export const DEMO_GROUPS: readonly SimulatedGroup[] = [
  demo('prod', 'b1d7c0a4-5e2f-4c83-9a6d-7f30e8b2c591', ['i-0a1b2c3d4e5f60718', 'i-0b2c3d4e5f6071829'], {
    actionOnTimeout: 'STOP_DEPLOYMENT',
    waitTimeInMinutes: 60,
  }),
  demo('staging', 'c2e8d1b5-6f30-4d94-8b7e-8041f9c3d6a2', ['i-0c3d4e5f60718293a'], {
    actionOnTimeout: 'CONTINUE_DEPLOYMENT',
  }),
];
