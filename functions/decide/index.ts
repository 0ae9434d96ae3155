import type { SQSBatchResponse } from 'aws-lambda';
import * as v from 'valibot';
import { asError } from '../../shared/as-error.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { AWS_SETTINGS, connectionOf } from '../../shared/aws/clients.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createPauseHooks } from '../../shared/aws/pause-hooks.ts';
import { createReadyDeployments } from '../../shared/aws/ready-deployments.ts';
import { createSecretParameter } from '../../shared/aws/secret-parameter.ts';
import { createWakeUpQueue } from '../../shared/aws/wake-up-queue.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import { platformOf } from '../../shared/gate/platform.ts';
import { parseVoteMessage } from '../../shared/gate/vote-message.ts';
import { QueueEvent } from '../../shared/queue/queue-event.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createSlackPeople } from '../../shared/slack/slack-people.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { createServiceClock } from '../../shared/aws/service-clock.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createDecide } from './decide.ts';

// Runs on a cold start only.
const settings = readSettings(
  v.pick(Settings, [
    'TABLE_NAME',
    'WAKE_UPS_QUEUE_URL',
    'CHECKS_QUEUE_URL',
    'SLACK_TOKEN_PARAMETER',
    'SLACK_API_URL',
    ...AWS_SETTINGS,
  ]),
  process.env,
);
const log = createLambdaLog('decide');
const aws = connectionOf(settings);
const clock = createServiceClock(systemClock);
const store = createDynamoDbStore(createAwsClient('dynamodb', { ...aws, hear: clock.hear }), settings.TABLE_NAME);
const token = createSecretParameter(createAwsClient('ssm', aws), settings.SLACK_TOKEN_PARAMETER, systemClock);

/** The SDK of CodePipeline, loaded by the first gate of a pipeline. */
const loadApprovals = async () => {
  const { connectCodePipeline, createPipelineApprovals } = await import('../../shared/aws/pipeline-approvals.ts');
  return createPipelineApprovals(connectCodePipeline, clock.now);
};
let approvals: ReturnType<typeof loadApprovals> | undefined;

const sqs = createAwsClient('sqs', aws);
const changeItem = createChangeItem({ store, clock, random: Math.random });

/** What knows runs of validation, loaded by the first gate of one. */
const loadRuns = async () => {
  const [{ createRunGates }, { createChecksQueue }] = await Promise.all([
    import('../../shared/validation/run-gates.ts'),
    import('../../shared/aws/checks-queue.ts'),
  ]);
  const lookAtRuns = createChecksQueue(sqs, settings.CHECKS_QUEUE_URL);
  return createRunGates({ changeItem, lookAtRun: (run) => lookAtRuns([run]), now: clock.now });
};
let runs: ReturnType<typeof loadRuns> | undefined;

const decide = createDecide({
  config: compiledConfig,
  changeItem,
  platform: platformOf({
    approvals: () => (approvals ??= loadApprovals()),
    deployments: createReadyDeployments((region) => createAwsClient('codedeploy', { ...aws, region }), clock.now),
    hooks: createPauseHooks((region) => createAwsClient('ecs', { ...aws, region }), clock.now),
    runs: () => (runs ??= loadRuns()),
  }),
  people: createSlackPeople(settings.SLACK_API_URL, token, systemClock, log),
  wakeUp: createWakeUpQueue(sqs, settings.WAKE_UPS_QUEUE_URL),
  clock,
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
