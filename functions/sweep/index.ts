import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { createAskAws } from '../../shared/aws/ask-aws.ts';
import { askSettings, clientSettings, createSqsClient } from '../../shared/aws/clients.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createEventsQueue } from '../../shared/aws/events-queue.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createVotesQueue } from '../../shared/aws/votes-queue.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
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
    'ACCOUNT_ID',
    'AWS_REGION',
  ]),
  process.env,
);
const sqs = createSqsClient();
const store = createDynamoDbStore(new DynamoDBClient(clientSettings), settings.TABLE_NAME);
const shared = {
  store,
  changeItem: createChangeItem({ store, clock: systemClock, random: Math.random }),
  wakeUp: createWakeUpQueue(sqs, settings.WAKE_UPS_QUEUE_URL),
  clock: systemClock,
  log: createLambdaLog('sweep'),
};

/** Called by AWS every minute. */
export const handler = createSweep({
  ...shared,
  lookAt: createVotesQueue(sqs, settings.VOTES_QUEUE_URL),
  reconcile: createReconcile({
    ...shared,
    config: compiledConfig,
    ask: createAskAws(
      { account: settings.ACCOUNT_ID, region: settings.AWS_REGION },
      { codeDeploy: new CodeDeployClient(askSettings), codePipeline: new CodePipelineClient(askSettings) },
      systemClock.now,
    ),
    send: createEventsQueue(sqs, settings.EVENTS_QUEUE_URL),
    random: Math.random,
  }),
});
