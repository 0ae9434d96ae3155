/** The text of an EventBridge event of a deployment: started, or what is given. */
export const aDeploymentEvent = (
  given: Readonly<Record<string, unknown>> = {},
  detail: Readonly<Record<string, unknown>> = {},
): string =>
  JSON.stringify({
    version: '0',
    id: 'event-1',
    'detail-type': 'CodeDeploy Deployment State-change Notification',
    source: 'aws.codedeploy',
    account: '111122223333',
    time: '2026-11-20T10:00:00Z',
    region: 'eu-west-1',
    resources: ['arn:aws:codedeploy:eu-west-1:111122223333:application:shop'],
    ...given,
    detail: {
      region: 'eu-west-1',
      deploymentId: 'd-ABCDE1234',
      application: 'shop',
      deploymentGroup: 'prod',
      state: 'START',
      ...detail,
    },
  });

/** What a trigger of the same deployment group sends: started, or what is given. */
export const aTriggerMessage = (given: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    region: 'eu-west-1',
    accountId: '111122223333',
    eventTriggerName: 'tell-gatehouse',
    applicationName: 'shop',
    deploymentId: 'd-ABCDE1234',
    deploymentGroupName: 'prod',
    createTime: 'Fri Nov 20 10:00:00 UTC 2026',
    status: 'CREATED',
    ...given,
  });

/** The text that a queue or a function gets from a topic. */
export const aNotification = (message: string, given: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: 'message-1',
    TopicArn: 'arn:aws:sns:eu-west-1:111122223333:deployments',
    Message: message,
    Timestamp: '2026-11-20T10:00:01.500Z',
    ...given,
  });

/** The text of an EventBridge event of an ECS service: a deployment started, or what is given. */
export const aServiceEvent = (
  given: Readonly<Record<string, unknown>> = {},
  detail: Readonly<Record<string, unknown>> = {},
): string =>
  JSON.stringify({
    version: '0',
    id: 'event-1',
    'detail-type': 'ECS Deployment State Change',
    source: 'aws.ecs',
    account: '111122223333',
    time: '2026-11-20T10:00:00Z',
    region: 'eu-west-1',
    resources: ['arn:aws:ecs:eu-west-1:111122223333:service/prod/shop'],
    ...given,
    detail: {
      eventType: 'INFO',
      eventName: 'SERVICE_DEPLOYMENT_IN_PROGRESS',
      deploymentId: 'ecs-svc/4980306466373577095',
      updatedAt: '2026-11-20T10:00:00.417Z',
      reason: 'ECS deployment ecs-svc/4980306466373577095 in progress.',
      ...detail,
    },
  });

/** The text of an EventBridge event of a pause hook: it waits, or what is given. */
export const aHookEvent = (
  given: Readonly<Record<string, unknown>> = {},
  detail: Readonly<Record<string, unknown>> = {},
): string =>
  aServiceEvent(
    {
      'detail-type': 'ECS Hook State Change',
      resources: ['arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/0EYSiBq8vWc1T7rKzLm5x'],
      ...given,
    },
    {
      deploymentId: undefined,
      reason: undefined,
      eventName: 'HOOK_AWAITING_ACTION',
      hookId: 'ecs-pause-e7tK9G',
      hookType: 'PAUSE',
      expiresAt: '2026-11-21T10:00:00Z',
      lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
      clusterArn: 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod',
      serviceArn: 'arn:aws:ecs:eu-west-1:111122223333:service/prod/shop',
      serviceDeploymentArn: 'arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/0EYSiBq8vWc1T7rKzLm5x',
      updatedAt: '2026-11-20T10:00:00.618059641Z',
      ...detail,
    },
  );

/** The text of an EventBridge event of a pipeline: started, or what is given. */
export const aPipelineEvent = (
  given: Readonly<Record<string, unknown>> = {},
  detail: Readonly<Record<string, unknown>> = {},
): string =>
  JSON.stringify({
    version: '0',
    id: 'event-1',
    'detail-type': 'CodePipeline Pipeline Execution State Change',
    source: 'aws.codepipeline',
    account: '111122223333',
    time: '2026-11-20T10:00:00Z',
    region: 'eu-west-1',
    resources: ['arn:aws:codepipeline:eu-west-1:111122223333:shop-prod'],
    ...given,
    detail: {
      pipeline: 'shop-prod',
      'execution-id': '0a1b2c3d-0000-4000-8000-000000000001',
      state: 'STARTED',
      version: 7,
      'pipeline-execution-attempt': 1,
      ...detail,
    },
  });

/** The text of an EventBridge event of a manual approval: waiting, or what is given. */
export const anApprovalEvent = (
  given: Readonly<Record<string, unknown>> = {},
  detail: Readonly<Record<string, unknown>> = {},
): string =>
  aPipelineEvent(
    { 'detail-type': 'CodePipeline Action Execution State Change', ...given },
    {
      stage: 'Approve',
      action: 'ProdGate',
      'action-execution-id': '9e9e9e9e-0000-4000-8000-000000000009',
      type: { owner: 'AWS', provider: 'Manual', category: 'Approval', version: '1' },
      ...detail,
    },
  );
