import * as v from 'valibot';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { AWS_SETTINGS, connectionOf } from '../../shared/aws/clients.ts';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';
import { createSendVote } from '../../shared/aws/send-vote.ts';
import { createSlackSecrets } from '../../shared/aws/slack-secrets.ts';
import { compiledConfig } from '../../shared/config/compiled-config.ts';
import { readHttpEvent } from '../../shared/interaction/http-event.ts';
import { readSettings, Settings } from '../../shared/settings.ts';
import { createOpenView, createRespond } from '../../shared/slack/slack-answers.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { createInteract } from './interact.ts';
import type { Answer } from './interact.ts';

/** How long secrets may take that nobody waits for yet. */
const EARLY_MS = 2_000;

// Runs on a cold start only.
const settings = readSettings(
  v.pick(Settings, [
    ...AWS_SETTINGS,
    'VOTES_QUEUE_URL',
    'SLACK_API_URL',
    'SLACK_TOKEN_PARAMETER',
    'SLACK_SIGNING_SECRET_PARAMETER',
    'SLACK_SIGNING_SECRET_PARAMETER_PREVIOUS',
  ]),
  process.env,
);
const connection = connectionOf(settings);
const { now } = systemClock;
const readSecrets = createSlackSecrets(
  createAwsClient('ssm', connection),
  {
    signing: settings.SLACK_SIGNING_SECRET_PARAMETER,
    previous: settings.SLACK_SIGNING_SECRET_PARAMETER_PREVIOUS,
    token: settings.SLACK_TOKEN_PARAMETER,
  },
  systemClock,
);
// Asked for now, they are there when a request has been read. What goes wrong is seen then.
readSecrets(now() + EARLY_MS).catch(() => undefined);
const interact = createInteract({
  signingSecrets: async (until) => (await readSecrets(until)).signing,
  openView: createOpenView(settings.SLACK_API_URL, async (until) => (await readSecrets(until)).token, now),
  enqueue: createSendVote(createAwsClient('sqs', connection), settings.VOTES_QUEUE_URL, now),
  respond: createRespond(settings.SLACK_API_URL, now),
  app: compiledConfig.slack.app,
  team: compiledConfig.slack.workspace,
  clock: systemClock,
  log: createLambdaLog('interact'),
});

/** Called by API Gateway with one request of Slack's, or of anybody's. */
export const handler = (event: unknown): Promise<Answer> => interact(readHttpEvent(event));
