import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { clientSettings, createSqsClient } from '../../shared/aws/clients.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createSweep } from './sweep.ts';

// Runs on a cold start only.
const settings = readSettings(v.pick(Settings, ['TABLE_NAME', 'WAKE_UPS_QUEUE_URL']), process.env);
const store = createDynamoDbStore(new DynamoDBClient(clientSettings), settings.TABLE_NAME);

/** Called by AWS every minute. */
export const handler = createSweep({
  store,
  changeItem: createChangeItem({ store, clock: systemClock, random: Math.random }),
  wakeUp: createWakeUpQueue(createSqsClient(), settings.WAKE_UPS_QUEUE_URL),
  clock: systemClock,
  log: createLambdaLog('sweep'),
});
