import { basketVersions } from '../../../examples/basket/basket.ts';
import { ACCOUNT, REGION } from '../account.ts';
import type { SimulatedService } from './simulated-service.ts';

const SINCE = Date.UTC(2026, 0, 12, 9);

const image = (name: string, tag: string): string => `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${name}:${tag}`;

const demo = (
  service: string,
  given: Pick<SimulatedService, 'strategy' | 'steps' | 'hooks'> & Partial<SimulatedService>,
): SimulatedService => ({
  cluster: 'prod',
  service,
  home: { partition: 'aws', region: REGION, account: ACCOUNT },
  images: ['2.5.0', '2.5.1', '2.6.0'].map((tag) => image(service, tag)),
  runs: { image: image(service, '2.4.3'), since: SINCE },
  stageMs: 1_000,
  ...given,
});

/** The function that answers at the hooks; the stage that the local stack is compiled for is `local`. */
const HOOK = 'CodeDeployHook_gatehouse-local';

/**
 * The services that the local stack starts with: one waits for people once it can be tried, one for nobody, and one asks
 * Gatehouse once it can be tried and at each step of its traffic. What runs in its tasks is in `demo-applications.ts`.
 */
export const DEMO_SERVICES: readonly SimulatedService[] = [
  demo('checkout', {
    strategy: 'BLUE_GREEN',
    steps: [100],
    hooks: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutInMinutes: 60, timeoutAction: 'ROLLBACK' }],
  }),
  demo('catalog', { strategy: 'CANARY', steps: [10, 100], hooks: [] }),
  demo('basket', {
    strategy: 'LINEAR',
    steps: [40, 80, 100],
    stepBakeTime: 60_000,
    hooks: [
      {
        targetType: 'AWS_LAMBDA',
        functionName: HOOK,
        stages: ['POST_TEST_TRAFFIC_SHIFT', 'PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT'],
      },
    ],
    taskDefinitions: Object.keys(basketVersions),
    images: Object.keys(basketVersions).map((name) => image('basket', `1.${name.split(':').at(-1) ?? ''}.0`)),
    targetGroups: ['basket-1', 'basket-2'],
    runs: { image: image('basket', '1.1.0'), since: SINCE },
  }),
];
