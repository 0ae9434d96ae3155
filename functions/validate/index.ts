import { randomUUID } from 'node:crypto';
import type { SQSBatchResponse } from 'aws-lambda';
import * as v from 'valibot';
import { asError } from '../../shared/as-error.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createBakeQueue } from '../../shared/aws/bake-queue.ts';
import { createChecksQueue, createWatchesQueue } from '../../shared/aws/checks-queue.ts';
import { AWS_SETTINGS, connectionOf } from '../../shared/aws/clients.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createHookedDeployments } from '../../shared/aws/hooked-deployments.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createReportVerdict } from '../../shared/aws/report-verdict.ts';
import { createServiceClock } from '../../shared/aws/service-clock.ts';
import { createVotesQueue } from '../../shared/aws/votes-queue.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import type { LogFields } from '../../shared/log.ts';
import { QueueEvent } from '../../shared/queue/queue-event.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { systemClock } from '../../shared/system-clock.ts';
import type { CheckMessage } from '../../shared/validation/check-message.ts';
import { HookEvent, parseCheckMessage } from '../../shared/validation/check-message.ts';
import { compiledSuites } from '../../shared/validation/compiled-suites.ts';
import type { EcsHookAnswer } from '../../shared/validation/ecs-hook.ts';
import { isAboutJob, JobEvent } from '../../shared/validation/job-event.ts';
import type { SampleRequest, TakeSample } from '../../shared/validation/take-sample.ts';
import type { Bake } from './bake.ts';
import type { Drive } from './drive.ts';
import type { JobAnswer } from './job-door.ts';
import { createValidate } from './validate.ts';

// Runs on a cold start only.
const settings = readSettings(
  v.pick(Settings, [
    'TABLE_NAME',
    'WAKE_UPS_QUEUE_URL',
    'VOTES_QUEUE_URL',
    'CHECKS_QUEUE_URL',
    'ACCOUNT_ID',
    'PARTITION',
    'LOCAL_HOSTS',
    'AWS_LAMBDA_RUNTIME_API',
    ...AWS_SETTINGS,
  ]),
  process.env,
);
const log = createLambdaLog('validate');
const aws = connectionOf(settings);
const clock = createServiceClock(systemClock);
const sqs = createAwsClient('sqs', aws);
const store = createDynamoDbStore(createAwsClient('dynamodb', { ...aws, hear: clock.hear }), settings.TABLE_NAME);
const changeItem = createChangeItem({ store, clock, random: Math.random });
const home = { partition: settings.PARTITION, account: settings.ACCOUNT_ID, region: settings.AWS_REGION };
const deployments = createHookedDeployments(createAwsClient('codedeploy', aws), home, clock);
const lookAtRuns = createChecksQueue(sqs, settings.CHECKS_QUEUE_URL);

/** What takes samples, loaded by the first of them: a call of the hook is only written down. */
const loadTakeSample = async (): Promise<TakeSample> => {
  const { createTakeSample } = await import('../../shared/probe/take-sample.ts');
  const { http = { hosts: [], privateHosts: [], ports: [] }, secrets = {} } = compiledConfig.validation ?? {};
  return createTakeSample({
    connection: aws,
    http,
    secrets,
    localHosts: settings.LOCAL_HOSTS,
    runtimeApi: settings.AWS_LAMBDA_RUNTIME_API,
    clock,
  });
};
let takeSample: Promise<TakeSample> | undefined;

/** What drives runs, loaded by the first message that has one looked at. */
const loadDrive = async () => {
  const { createDrive } = await import('./drive.ts');
  return createDrive({
    config: compiledConfig,
    changeItem,
    report: createReportVerdict(deployments),
    wakeUp: createWakeUpQueue(sqs, settings.WAKE_UPS_QUEUE_URL),
    lookAtGates: createVotesQueue(sqs, settings.VOTES_QUEUE_URL),
    lookAtRuns,
    takeSample: async (request: SampleRequest) => (await (takeSample ??= loadTakeSample()))(request),
    clock,
    random: Math.random,
    newId: randomUUID,
    log,
  });
};
let loadedDrive: ReturnType<typeof loadDrive> | undefined;
const drive: Drive = async (run, slice, from) => (await (loadedDrive ??= loadDrive()))(run, slice, from);

const ours = { home, suites: compiledSuites, policy: compiledConfig.validation ?? {}, changeItem, drive, clock, log };

/** What watches traffic, loaded by the first message that is about any. */
const loadBake = async (): Promise<Bake> => {
  const [{ createBake }, { createWatchedTraffic }] = await Promise.all([
    import('./bake.ts'),
    import('../../shared/aws/watched-traffic.ts'),
  ]);
  return createBake({
    ...ours,
    traffic: createWatchedTraffic(createAwsClient('codedeploy', aws), home),
    lookAtRuns,
    lookAtWatches: createWatchesQueue(sqs, settings.CHECKS_QUEUE_URL),
    newId: randomUUID,
  });
};
let bake: ReturnType<typeof loadBake> | undefined;

const validate = createValidate({
  ...ours,
  deployments,
  lookAtRuns,
  bake: {
    begin: async (deployment) => (await (bake ??= loadBake())).begin(deployment),
    look: async (watch) => (await (bake ??= loadBake())).look(watch),
  },
  sayBake: createBakeQueue(sqs, settings.CHECKS_QUEUE_URL),
});

/** What answers ECS, loaded by its first call. */
const loadEcsDoor = async () => {
  const [{ createEcsDoor }, { createHookedServices }] = await Promise.all([
    import('./ecs-door.ts'),
    import('../../shared/aws/hooked-services.ts'),
  ]);
  return createEcsDoor({ ...ours, services: createHookedServices(createAwsClient('ecs', aws)) });
};
let ecsDoor: ReturnType<typeof loadEcsDoor> | undefined;

const isEcsHook = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'lifecycleStage' in event && 'resourceArn' in event;

/** Where pipelines ask, loaded by the first of their jobs. */
const loadJobDoor = async () => {
  const [{ createJobDoor }, { createPipelineJobs }] = await Promise.all([
    import('./job-door.ts'),
    import('../../shared/aws/pipeline-jobs.ts'),
  ]);
  return createJobDoor({ ...ours, jobs: createPipelineJobs(createAwsClient('codepipeline', aws)) });
};
let jobDoor: ReturnType<typeof loadJobDoor> | undefined;

/** Takes in a job of a pipeline. It holds credentials: nothing of it is quoted, not even by an error. */
const serveJob = async (event: unknown, left: () => number): Promise<JobAnswer | undefined> => {
  const { success, output } = v.safeParse(JobEvent, event);
  if (!success) {
    log.error('not a job');
    return undefined;
  }
  return (await (jobDoor ??= loadJobDoor())).serve(output, left);
};

const handle = async (message: CheckMessage, left: () => number): Promise<void> =>
  message.kind === 'failed-job'
    ? (await (jobDoor ??= loadJobDoor())).giveUp(message.job, message.says)
    : validate.handle(message, left);

const Event = v.union([HookEvent, QueueEvent]);

const namesOf = (message: CheckMessage): LogFields => {
  switch (message.kind) {
    case 'look':
      return { run: message.run };
    case 'watch':
      return { watch: message.watch };
    case 'bake':
      return { deployment: message.deployment };
    case 'failed':
      return { deployment: message.event.DeploymentId };
    case 'failed-job':
      return { job: message.job.jobId };
  }
};

/**
 * Called by CodeDeploy with a hook, by ECS with one that is answered, by CodePipeline with a job, and by AWS with messages
 * of the checks queue: calls that failed and runs to be looked at. What fails comes again.
 */
export const handler = async (
  event: unknown,
  context: { readonly getRemainingTimeInMillis: () => number; readonly invokedFunctionArn: string },
): Promise<SQSBatchResponse | EcsHookAnswer | JobAnswer | undefined> => {
  const left = (): number => context.getRemainingTimeInMillis();
  if (isEcsHook(event)) {
    const answer = await (ecsDoor ??= loadEcsDoor());
    return answer(event, { functionArn: context.invokedFunctionArn, left });
  }
  if (isAboutJob(event)) {
    return serveJob(event, left);
  }
  const parsed = v.parse(Event, event);
  if ('DeploymentId' in parsed) {
    await validate.takeIn(parsed);
    return undefined;
  }
  const failed = await Promise.all(
    parsed.Records.map(async ({ messageId, body }) => {
      const message = parseCheckMessage(body);
      if (message === undefined) {
        log.error('not a look', { messageId });
        return [];
      }
      try {
        await handle(message, left);
        return [];
      } catch (error) {
        log.error('run not looked at', { ...namesOf(message), error: asError(error) });
        return [{ itemIdentifier: messageId }];
      }
    }),
  );
  return { batchItemFailures: failed.flat() };
};
