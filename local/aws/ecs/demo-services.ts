import { ACCOUNT, REGION } from '../account.ts';
import type { SimulatedHook, SimulatedService } from './simulated-service.ts';

const image = (name: string, tag: string): string => `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${name}:${tag}`;

const demo = (
  service: string,
  given: Pick<SimulatedService, 'strategy' | 'steps'> & { readonly hooks: readonly SimulatedHook[] },
): SimulatedService => ({
  cluster: 'prod',
  service,
  home: { partition: 'aws', region: REGION, account: ACCOUNT },
  images: ['2.5.0', '2.5.1', '2.6.0'].map((tag) => image(service, tag)),
  runs: { image: image(service, '2.4.3'), since: Date.UTC(2026, 0, 12, 9) },
  stageMs: 1_000,
  ...given,
});

/** The services that the local stack starts with: one waits for people once it can be tried, the other for nobody. */
export const DEMO_SERVICES: readonly SimulatedService[] = [
  demo('checkout', {
    strategy: 'BLUE_GREEN',
    steps: [100],
    hooks: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutInMinutes: 60, timeoutAction: 'ROLLBACK' }],
  }),
  demo('catalog', { strategy: 'CANARY', steps: [10, 100], hooks: [] }),
];
