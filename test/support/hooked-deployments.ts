import type { HookedGroup } from '../../local/aws/codedeploy/hooked/hooked-group.ts';
import { TEN_O_CLOCK } from './rollouts.ts';

const HOME = { partition: 'aws', region: 'eu-west-1', account: '111122223333' } as const;

/** An AppSpec for version `to` of the function `orders`. */
export const lambdaAppSpec = (from: string, to: string, hooks: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        orders: {
          Type: 'AWS::Lambda::Function',
          Properties: { Name: 'orders', Alias: 'live', CurrentVersion: from, TargetVersion: to },
        },
      },
    ],
    Hooks: Object.entries(hooks).map(([event, name]) => ({ [event]: name })),
  });

/** An AppSpec for a revision of the task definition `web`. */
export const ecsAppSpec = (revision: number, hooks: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            TaskDefinition: `arn:aws:ecs:eu-west-1:111122223333:task-definition/web:${revision}`,
            LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 80 },
          },
        },
      },
    ],
    Hooks: Object.entries(hooks).map(([event, name]) => ({ [event]: name })),
  });

export const BOTH_HOOKS = { BeforeAllowTraffic: 'CodeDeployHook_check', AfterAllowTraffic: 'CodeDeployHook_check' };

/** A group that deploys the function `orders` as a canary of five minutes, and rolls back what fails. */
export const aLambdaGroup = (more: Partial<HookedGroup> = {}): HookedGroup => ({
  application: 'orders',
  group: 'prod',
  groupId: 'd3f9e2c6-7041-4ea5-9c8f-9152a4e6b7d3',
  home: HOME,
  target: { platform: 'Lambda', functionName: 'orders', alias: 'live', versions: ['1', '2', '3'] },
  config: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
  rollbackOn: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
  alarms: [],
  runs: { content: lambdaAppSpec('1', '1', BOTH_HOOKS), since: TEN_O_CLOCK - 86_400_000 },
  stepMs: 2_000,
  minuteMs: 60_000,
  ...more,
});

/** A group that deploys the service `web` at once, with a listener for tests. */
export const anEcsGroup = (
  target: Partial<Extract<HookedGroup['target'], { platform: 'ECS' }>> = {},
  more: Partial<HookedGroup> = {},
): HookedGroup => ({
  application: 'web',
  group: 'prod',
  groupId: 'e4a0f3d7-8152-4fb6-8d90-a263b5f7c8e4',
  home: HOME,
  target: {
    platform: 'ECS',
    cluster: 'prod',
    service: 'web',
    taskDefinitions: ['web:1', 'web:2'],
    targetGroups: ['web-1', 'web-2'],
    hasTestListener: true,
    ...target,
  },
  config: 'CodeDeployDefault.ECSAllAtOnce',
  rollbackOn: ['DEPLOYMENT_FAILURE'],
  alarms: [],
  runs: { content: ecsAppSpec(1), since: TEN_O_CLOCK - 86_400_000 },
  stepMs: 2_000,
  minuteMs: 60_000,
  ...more,
});
