import { basketVersions } from '../../examples/basket/basket.ts';
import { ordersVersions } from '../../examples/orders/orders.ts';
import { webVersions } from '../../examples/web/web.ts';
import { ACCOUNT, REGION } from '../aws/account.ts';
import { isRecord } from '../json.ts';
import type { SimulatedApplications } from './applications.ts';

const home = { partition: 'aws', region: REGION, account: ACCOUNT } as const;

/** The function that answers at the hooks; the stage that the local stack is compiled for is `local`. */
const HOOK = 'CodeDeployHook_gatehouse-local';

const SINCE = Date.UTC(2026, 0, 12, 9);

/**
 * The applications that the local stack starts with, from `examples/`: the function `orders` behind its alias `live`, whose
 * errors an alarm counts, and once more behind `linear`, and the web services `web` and `basket`, each behind a listener for everybody and one for tests.
 * ECS deploys `basket` by itself: see DEMO_SERVICES.
 */
export const DEMO_APPLICATIONS: SimulatedApplications = {
  functions: [
    {
      name: 'orders',
      versions: Object.fromEntries(
        Object.entries(ordersVersions).map(([version, run]) => [
          version,
          (event: unknown, print: (line: string) => void) => run(isRecord(event) ? event : {}, print),
        ]),
      ),
      aliases: { live: '1', linear: '1' },
      timeoutMs: 3_000,
    },
  ],
  webServices: [
    {
      cluster: 'prod',
      service: 'web',
      taskDefinitions: webVersions,
      hosts: { production: 'web.example.com', test: 'web-test.example.com' },
    },
    {
      cluster: 'prod',
      service: 'basket',
      taskDefinitions: basketVersions,
      hosts: { production: 'basket.example.com', test: 'basket-test.example.com' },
    },
  ],
  groups: [
    {
      application: 'orders',
      group: 'prod',
      groupId: 'd3f9e2c6-7041-4ea5-9c8f-9152a4e6b7d3',
      home,
      target: { platform: 'Lambda', functionName: 'orders', alias: 'live', versions: Object.keys(ordersVersions) },
      config: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      rollbackOn: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      alarms: [],
      runs: {
        content: JSON.stringify({
          version: 0,
          Resources: [
            {
              orders: {
                Type: 'AWS::Lambda::Function',
                Properties: { Name: 'orders', Alias: 'live', CurrentVersion: '1', TargetVersion: '1' },
              },
            },
          ],
          Hooks: [{ BeforeAllowTraffic: HOOK }, { AfterAllowTraffic: HOOK }],
        }),
        since: SINCE,
      },
      stepMs: 3_000,
      minuteMs: 60_000,
    },
    {
      application: 'orders',
      group: 'linear',
      groupId: 'd3f9e2c6-7041-4ea5-9c8f-9152a4e6b7d4',
      home,
      target: { platform: 'Lambda', functionName: 'orders', alias: 'linear', versions: Object.keys(ordersVersions) },
      config: 'CodeDeployDefault.LambdaLinear10PercentEvery10Minutes',
      rollbackOn: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      alarms: [],
      runs: {
        content: JSON.stringify({
          version: 0,
          Resources: [
            {
              orders: {
                Type: 'AWS::Lambda::Function',
                Properties: { Name: 'orders', Alias: 'linear', CurrentVersion: '1', TargetVersion: '1' },
              },
            },
          ],
        }),
        since: SINCE,
      },
      stepMs: 3_000,
      minuteMs: 60_000,
    },
    {
      application: 'web',
      group: 'prod',
      groupId: 'e4a0f3d7-8152-4fb6-8d90-a263b5f7c8e4',
      home,
      target: {
        platform: 'ECS',
        cluster: 'prod',
        service: 'web',
        taskDefinitions: Object.keys(webVersions),
        targetGroups: ['web-1', 'web-2'],
        hasTestListener: true,
      },
      config: 'CodeDeployDefault.ECSAllAtOnce',
      rollbackOn: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      alarms: [],
      runs: {
        content: JSON.stringify({
          version: 0,
          Resources: [
            {
              TargetService: {
                Type: 'AWS::ECS::Service',
                Properties: {
                  TaskDefinition: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/web:1`,
                  LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 80 },
                },
              },
            },
          ],
          Hooks: [{ AfterAllowTestTraffic: HOOK }, { AfterAllowTraffic: HOOK }],
        }),
        since: SINCE,
      },
      stepMs: 3_000,
      minuteMs: 60_000,
    },
  ],
  alarms: [
    {
      name: 'orders-errors',
      description: 'Orders fail.',
      metric: {
        namespace: 'AWS/Lambda',
        name: 'Errors',
        dimensions: { FunctionName: 'orders', Resource: 'orders:live' },
      },
      statistic: 'Sum',
      periodSeconds: 60,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 3,
      treatMissingData: 'notBreaching',
    },
  ],
  traffic: [
    { functionName: 'orders', alias: 'live', event: { path: '/orders', items: [{ sku: 'tea', quantity: 2 }] } },
    // Enough of it that a comparison sees something at a step.
    {
      functionName: 'orders',
      alias: 'linear',
      event: { path: '/orders', items: [{ sku: 'mug', quantity: 1 }] },
      everyMs: 100,
    },
  ],
};
