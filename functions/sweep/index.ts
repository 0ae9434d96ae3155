import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { AskAws } from '../../shared/aws/ask-aws.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { AWS_SETTINGS, connectionOf } from '../../shared/aws/clients.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createEventsQueue } from '../../shared/aws/events-queue.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createVotesQueue } from '../../shared/aws/votes-queue.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { createServiceClock } from '../../shared/aws/service-clock.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createReconcile } from './reconcile.ts';
import { createSweep } from './sweep.ts';

// Runs on a cold start only.
const settings = readSettings(
  v.pick(Settings, [
    'TABLE_NAME',
    'WAKE_UPS_QUEUE_URL',
    'EVENTS_QUEUE_URL',
    'VOTES_QUEUE_URL',
    'CHECKS_QUEUE_URL',
    'ACCOUNT_ID',
    'PARTITION',
    ...AWS_SETTINGS,
  ]),
  process.env,
);
const aws = connectionOf(settings);
const sqs = createAwsClient('sqs', aws);
const clock = createServiceClock(systemClock);
const store = createDynamoDbStore(createAwsClient('dynamodb', { ...aws, hear: clock.hear }), settings.TABLE_NAME);
const shared = {
  store,
  changeItem: createChangeItem({ store, clock, random: Math.random }),
  wakeUp: createWakeUpQueue(sqs, settings.WAKE_UPS_QUEUE_URL),
  clock,
  log: createLambdaLog('sweep'),
};

/** The SDK of CodePipeline, loaded by the first sweep that finds a silent rollout: it takes as long as all the rest. */
const loadAsk = async (): Promise<AskAws> => {
  const { createAskAws, createCodePipelineClient } = await import('../../shared/aws/ask-aws.ts');
  return createAskAws(
    { account: settings.ACCOUNT_ID, region: settings.AWS_REGION },
    {
      codeDeploy: createAwsClient('codedeploy', aws, 1),
      codePipeline: createCodePipelineClient(),
      ecs: createAwsClient('ecs', aws, 1),
    },
    clock.now,
  );
};
let ask: Promise<AskAws> | undefined;

const lookAtGates = createVotesQueue(sqs, settings.VOTES_QUEUE_URL);

/** What decides about validations, loaded by the first sweep that finds one due. */
const loadWatchRuns = async () => {
  const [
    { createWatchRuns },
    { createHookedDeployments },
    { createReportVerdict },
    { createChecksQueue, createWatchesQueue },
  ] = await Promise.all([
    import('./watch-runs.ts'),
    import('../../shared/aws/hooked-deployments.ts'),
    import('../../shared/aws/report-verdict.ts'),
    import('../../shared/aws/checks-queue.ts'),
  ]);
  const home = { partition: settings.PARTITION, account: settings.ACCOUNT_ID, region: settings.AWS_REGION };
  const deployments = createHookedDeployments(createAwsClient('codedeploy', aws, 1), home, clock);
  return createWatchRuns({
    ...shared,
    config: compiledConfig,
    report: createReportVerdict(deployments),
    lookAtGates,
    lookAtRuns: createChecksQueue(sqs, settings.CHECKS_QUEUE_URL),
    lookAtWatches: createWatchesQueue(sqs, settings.CHECKS_QUEUE_URL),
    random: Math.random,
    newId: randomUUID,
  });
};
let watchRuns: ReturnType<typeof loadWatchRuns> | undefined;

/** Called by AWS every minute. */
export const handler = createSweep({
  ...shared,
  lookAt: lookAtGates,
  watchRuns: async (runs, watches) => (await (watchRuns ??= loadWatchRuns()))(runs, watches),
  reconcile: createReconcile({
    ...shared,
    config: compiledConfig,
    ask: async (rollouts, until) => (await (ask ??= loadAsk()))(rollouts, until),
    send: createEventsQueue(sqs, settings.EVENTS_QUEUE_URL),
    random: Math.random,
  }),
});
