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
