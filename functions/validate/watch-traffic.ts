import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { createWatchedTraffic } from '../../shared/aws/watched-traffic.ts';
import { createBake } from './bake.ts';
import type { Bake, BakeDeps } from './bake.ts';

/** Watches traffic as CodeDeploy tells of it: in one file, which is loaded by the first message that is about any. */
export const createWatchTraffic = (codeDeploy: AwsClient, deps: Omit<BakeDeps, 'traffic'>): Bake =>
  createBake({ ...deps, traffic: createWatchedTraffic(codeDeploy, deps.home) });
