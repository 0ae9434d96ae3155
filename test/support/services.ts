import type { SimulatedService } from '../../local/aws/ecs/simulated-service.ts';
import { TEN_O_CLOCK } from './rollouts.ts';

/** A service whose blue/green deployments wait at one pause hook, or what is given. */
export const aService = (given: Partial<SimulatedService> = {}): SimulatedService => ({
  cluster: 'prod',
  service: 'shop',
  home: { partition: 'aws', region: 'eu-west-1', account: '111122223333' },
  strategy: 'BLUE_GREEN',
  steps: [100],
  hooks: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutInMinutes: 60, timeoutAction: 'ROLLBACK' }],
  images: ['registry.example.com/shop:2'],
  runs: { image: 'registry.example.com/shop:1', since: TEN_O_CLOCK - 24 * 3_600_000 },
  stageMs: 1_000,
  ...given,
});

/** What calls the functions of hooks where there are none. */
export const noFunction = (): Promise<never> => Promise.reject(new Error('There is no function here'));
