import type { SQSBatchResponse } from 'aws-lambda';
import * as v from 'valibot';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { AWS_SETTINGS, connectionOf } from '../../shared/aws/clients.ts';
import { createBakeQueue } from '../../shared/aws/bake-queue.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createJoin } from '../../shared/aws/join-deployments.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createLookUp, homeOf, LOOK_UP_TRIES } from '../../shared/aws/look-up.ts';
import { createVotesQueue } from '../../shared/aws/votes-queue.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import { QueueEvent } from '../../shared/queue/queue-event.ts';
import { TopicEvent } from '../../shared/queue/topic-event.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import type { Deployment } from '../../shared/rollout/rollout.ts';
import { mayBake } from '../../shared/validation/bakes.ts';
import { compiledBakes } from '../../shared/validation/compiled-bakes.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { createServiceClock } from '../../shared/aws/service-clock.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createNotify } from './notify.ts';
import type { Handled, NotifyDeps } from './notify.ts';

const DAY_MS = 24 * 60 * 60_000;

// Runs on a cold start only.
const settings = readSettings(
  v.pick(Settings, [
    'TABLE_NAME',
    'WAKE_UPS_QUEUE_URL',
    'VOTES_QUEUE_URL',
    'CHECKS_QUEUE_URL',
    'TOPIC_ARN_PREFIX',
    'OLDEST_EVENT_DAYS',
    ...AWS_SETTINGS,
  ]),
  process.env,
);
const aws = connectionOf(settings);
const clock = createServiceClock(systemClock);
const store = createDynamoDbStore(createAwsClient('dynamodb', { ...aws, hear: clock.hear }), settings.TABLE_NAME);

/** The SDK of SNS, loaded by the first event that goes to a topic: it takes as long as all the rest. */
const loadPublisher = async (): Promise<NotifyDeps['publish']> => {
  const { connectSns, createSnsPublisher } = await import('../../shared/aws/sns-publisher.ts');
  return createSnsPublisher(connectSns, settings.TOPIC_ARN_PREFIX);
};
let publisher: ReturnType<typeof loadPublisher> | undefined;

/** The SDK of CodePipeline, loaded by the first approval's own message. */
const loadFinder = async (): Promise<NotifyDeps['gates']['findApproval']> => {
  const { connectCodePipeline, createFindApproval } = await import('../../shared/aws/pipeline-approvals.ts');
  return createFindApproval(connectCodePipeline, home.account, clock.now);
};
let finder: ReturnType<typeof loadFinder> | undefined;

const home = homeOf(settings.TOPIC_ARN_PREFIX);
const sqs = createAwsClient('sqs', aws);
const notify = createNotify({
  config: compiledConfig,
  changeItem: createChangeItem({ store, clock, random: Math.random }),
  publish: async (topic, message) => (await (publisher ??= loadPublisher()))(topic, message),
  lookUp: createLookUp(home, {
    codeDeploy: createAwsClient('codedeploy', aws, LOOK_UP_TRIES),
    codePipeline: createAwsClient('codepipeline', aws, LOOK_UP_TRIES),
  }),
  join: createJoin(home, createAwsClient('ecs', aws, LOOK_UP_TRIES)),
  wakeUp: createWakeUpQueue(sqs, settings.WAKE_UPS_QUEUE_URL),
  oldestEventMs: settings.OLDEST_EVENT_DAYS * DAY_MS,
  clock,
  log: createLambdaLog('notify'),
  gates: {
    account: home.account,
    lookAt: createVotesQueue(sqs, settings.VOTES_QUEUE_URL),
    findApproval: async (request) => (await (finder ??= loadFinder()))(request),
  },
  ...(compiledBakes.length > 0 && {
    sayBake: async (deployment: Deployment) => {
      if (mayBake(compiledBakes, deployment)) {
        await createBakeQueue(sqs, settings.CHECKS_QUEUE_URL)(deployment.executionId);
      }
    },
  }),
});

/**
 * Called by AWS with a batch of the events queue, or by a topic; what failed comes again. Called by hand with one bare
 * event it says what became of it.
 */
export const handler = async (event: unknown): Promise<SQSBatchResponse | readonly Handled[] | Handled> => {
  const notifications = v.safeParse(TopicEvent, event);
  if (notifications.success) {
    const told = await notify(
      notifications.output.Records.map(({ Sns }) => ({ id: Sns.MessageId, text: JSON.stringify(Sns) })),
    );
    const missed = told.find(({ outcome }) => outcome === 'failed');
    if (missed !== undefined) {
      // The whole of it comes again: what was done is not done twice.
      throw new Error(`A notification was not handled: ${missed.reason ?? 'for no known reason'}`);
    }
    return told;
  }
  const batch = v.safeParse(QueueEvent, event);
  if (!batch.success) {
    const [handled] = await notify([{ id: 'direct', text: textOf(event) }]);
    if (handled === undefined || handled.outcome === 'failed') {
      throw new Error(`The event was not handled: ${handled?.reason ?? 'nothing came of it'}`);
    }
    return handled;
  }
  const handled = await notify(batch.output.Records.map(({ messageId, body }) => ({ id: messageId, text: body })));
  return {
    batchItemFailures: handled.filter(({ outcome }) => outcome === 'failed').map(({ id }) => ({ itemIdentifier: id })),
  };
};

/** What is nested too deeply to be written down cannot be an event; it is put aside as what it is. */
const textOf = (event: unknown): string => {
  try {
    return JSON.stringify(event ?? null);
  } catch {
    return 'nested too deeply';
  }
};
