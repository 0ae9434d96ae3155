import { TEN_O_CLOCK } from './rollouts.ts';

const IN = 'arn:aws:ecs:eu-west-1:111122223333';

/** A deployment of the service `basket`, from its revision 6 to its revision 7. */
export const BASKET = {
  arn: `${IN}:service-deployment/prod/basket/EZe5RN0000`,
  service: `${IN}:service/prod/basket`,
  old: `${IN}:service-revision/prod/basket/6`,
  target: `${IN}:service-revision/prod/basket/7`,
  function: 'arn:aws:lambda:eu-west-1:111122223333:function:CodeDeployHook_gatehouse-local',
} as const;

export const BASKET_ROLLOUT = {
  source: 'ecs',
  partition: 'aws',
  account: '111122223333',
  region: 'eu-west-1',
  cluster: 'prod',
  service: 'basket',
  executionId: 'EZe5RN0000',
} as const;

/** One step of a deployment at which the hook is called; `percent`: of the traffic that the stage is about. */
export type HookStep = { readonly stage: string; readonly percent?: number };

/** Which stages tell who has how much of the traffic. */
const TELLING: ReadonlyMap<string, 'testTrafficWeights' | 'productionTrafficWeights'> = new Map([
  ['TEST_TRAFFIC_SHIFT', 'testTrafficWeights'],
  ['PRE_PRODUCTION_TRAFFIC_SHIFT', 'productionTrafficWeights'],
  ['PRODUCTION_TRAFFIC_SHIFT', 'productionTrafficWeights'],
]);

export type EcsHookEvent = {
  readonly executionId: string;
  readonly lifecycleStage: string;
  readonly resourceArn: string;
  readonly executionDetails: object;
  readonly hookDetails?: object;
};

/** What ECS calls a hook with: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html */
export const anEcsHook = (
  { stage, percent }: HookStep,
  {
    executionId = 'e8d5a28f-0000-4000-8000-000000000000',
    hookDetails,
  }: { readonly executionId?: string; readonly hookDetails?: object } = {},
): EcsHookEvent => {
  const telling = TELLING.get(stage);
  return {
    executionId,
    lifecycleStage: stage,
    resourceArn: BASKET.arn,
    executionDetails: {
      serviceArn: BASKET.service,
      targetServiceRevisionArn: BASKET.target,
      testTrafficWeights: {},
      productionTrafficWeights: {},
      ...(telling !== undefined &&
        percent !== undefined && { [telling]: { [BASKET.target]: percent, [BASKET.old]: 100 - percent } }),
    },
    ...(hookDetails !== undefined && { hookDetails }),
  };
};

/** What DescribeServiceDeployments says of it. */
export const theBasketDeployment = (given: Readonly<Record<string, unknown>> = {}, percent = 0) => ({
  serviceDeploymentArn: BASKET.arn,
  status: 'IN_PROGRESS',
  createdAt: TEN_O_CLOCK / 1000 - 300,
  targetServiceRevision: { arn: BASKET.target, requestedProductionTrafficWeight: percent },
  sourceServiceRevisions: [{ arn: BASKET.old, requestedProductionTrafficWeight: 100 - percent }],
  lifecycleHookDetails: [
    {
      hookId: 'ecs-lambda-1',
      targetType: 'AWS_LAMBDA',
      targetArn: BASKET.function,
      status: 'IN_PROGRESS',
      expiresAt: TEN_O_CLOCK / 1000 + 3_600,
      timeoutAction: 'ROLLBACK',
    },
  ],
  ...given,
});
