import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { SQSBatchResponse } from 'aws-lambda';
import * as v from 'valibot';
import { asError } from '../../shared/as-error.ts';
import { clientSettings, createSqsClient } from '../../shared/aws/clients.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createPipelineApprovals } from '../../shared/aws/pipeline-approvals.ts';
import { createSecretParameter } from '../../shared/aws/secret-parameter.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import { parseVoteMessage } from '../../shared/gate/vote-message.ts';
import { QueueEvent } from '../../shared/queue/queue-event.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createSlackCall } from '../../shared/slack/slack-call.ts';
import { createSlackPeople } from '../../shared/slack/slack-people.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createDecide } from './decide.ts';

// Runs on a cold start only.
const settings = readSettings(
  v.pick(Settings, ['TABLE_NAME', 'WAKE_UPS_QUEUE_URL', 'SLACK_TOKEN_PARAMETER', 'SLACK_API_URL']),
  process.env,
);
const log = createLambdaLog('decide');
const store = createDynamoDbStore(new DynamoDBClient(clientSettings), settings.TABLE_NAME);
const token = createSecretParameter(new SSMClient(clientSettings), settings.SLACK_TOKEN_PARAMETER, systemClock);
const decide = createDecide({
  config: compiledConfig,
  changeItem: createChangeItem({ store, clock: systemClock, random: Math.random }),
  platform: createPipelineApprovals((region) => new CodePipelineClient({ ...clientSettings, region }), systemClock.now),
  people: createSlackPeople(createSlackCall(settings.SLACK_API_URL, token), systemClock, log),
  wakeUp: createWakeUpQueue(createSqsClient(), settings.WAKE_UPS_QUEUE_URL),
  clock: systemClock,
  log,
});

/** Called by AWS with one message of the votes queue; what cannot be done yet comes again, the gate's other votes after it. */
export const handler = async (event: unknown): Promise<SQSBatchResponse> => {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of v.parse(QueueEvent, event).Records) {
    const message = parseVoteMessage(body);
    if (message === undefined) {
      log.error('not a vote', { messageId });
      continue;
    }
    try {
      await decide(message);
    } catch (error) {
      log.error('gate not decided', { gate: message.gate, error: asError(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
};
