import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { asError } from '../../shared/as-error.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { AWS_SETTINGS, connectionOf } from '../../shared/aws/clients.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createSecretParameter } from '../../shared/aws/secret-parameter.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import { parseWakeUp } from '../../shared/delivery/wake-up.ts';
import { QueueEvent } from '../../shared/queue/queue-event.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createSlackClient } from '../../shared/slack/slack-client.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { createServiceClock } from '../../shared/aws/service-clock.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createDeliver } from './deliver.ts';

// Runs on a cold start only.
const settings = readSettings(
  v.pick(Settings, ['TABLE_NAME', 'WAKE_UPS_QUEUE_URL', 'SLACK_TOKEN_PARAMETER', 'SLACK_API_URL', ...AWS_SETTINGS]),
  process.env,
);
const log = createLambdaLog('deliver');
const aws = connectionOf(settings);
const clock = createServiceClock(systemClock);
const store = createDynamoDbStore(createAwsClient('dynamodb', { ...aws, hear: clock.hear }), settings.TABLE_NAME);
const token = createSecretParameter(createAwsClient('ssm', aws), settings.SLACK_TOKEN_PARAMETER, systemClock);
const deliver = createDeliver({
  config: compiledConfig,
  changeItem: createChangeItem({ store, clock, random: Math.random }),
  slack: createSlackClient(settings.SLACK_API_URL, token),
  wakeUp: createWakeUpQueue(createAwsClient('sqs', aws), settings.WAKE_UPS_QUEUE_URL),
  clock,
  stopwatch: () => performance.now(),
  random: Math.random,
  newId: randomUUID,
  log,
});

/** Called by AWS with one wake-up. Always acknowledged: the delivery itself says when it is to be looked at again. */
export const handler = async (event: unknown): Promise<void> => {
  // Asked for now, it is there by the time that Slack is called. What goes wrong is seen then.
  token.read().catch(() => undefined);
  for (const { messageId, body } of v.parse(QueueEvent, event).Records) {
    const wakeUp = parseWakeUp(body);
    if (wakeUp === undefined) {
      log.error('not a wake-up', { messageId });
      continue;
    }
    try {
      await deliver(wakeUp);
    } catch (error) {
      log.error('delivery broken off', {
        rollout: wakeUp.pk,
        channel: wakeUp.channel,
        note: wakeUp.note,
        error: asError(error),
      });
    }
  }
};
