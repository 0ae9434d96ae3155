import { REGION } from '../../local/aws/account.ts';
import { botName, checkTokenParameter, tokenProblem } from '../doctor/check-slack.ts';
import { checkConfiguration, notCompiled } from '../doctor/check-configuration.ts';
import { checkDeployment, checkIdentity } from '../doctor/check-account.ts';
import type { AwsProbes } from '../setup/aws-probes.ts';
import { channelDestinations, topicDestinations } from '../setup/destinations.ts';
import type { ChannelDestination } from '../setup/destinations.ts';
import { expectStack, variableOf } from '../setup/expected-stack.ts';
import type { ExpectedStack } from '../setup/expected-stack.ts';
import { ownCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import type { Repository } from '../setup/repository.ts';
import { distinctRows } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import { slackApiUrl } from '../setup/slack-address.ts';
import type { CallSlack } from '../setup/slack-web.ts';
import { slackOutcome } from './slack-outcome.ts';
import { topicOutcome } from './topic-outcome.ts';

export type Greeting = {
  readonly place: Place;
  readonly repository: Repository;
  readonly probes: AwsProbes;
  readonly connectSlack: (apiUrl: string, token: string) => CallSlack;
};

/** Sends one message to every destination of every route, each once, and says what became of it. Never rejects. */
export const sayHello = async ({ place, repository, probes, connectSlack }: Greeting): Promise<readonly Row[]> => {
  const { config, template } = repository;
  if (config.kind === 'invalid' || template === undefined) {
    return checkConfiguration(config, { isLocal: true });
  }
  if ('problem' in template) {
    return [notCompiled(template.problem)];
  }
  const identity = await probes.identity();
  if (identity.kind !== 'told') {
    return checkIdentity(identity, place);
  }
  const expected = expectStack(template, identity.value, place);
  if ('problem' in expected) {
    return [notCompiled(expected.problem)];
  }
  const channels = channelDestinations(config.config);
  const topics = topicDestinations(config.config, variableOf(expected, 'TOPIC_ARN_PREFIX') ?? '');
  const rows = await Promise.all([
    channels.length === 0 ? [] : greetChannels(channels, expected, { place, probes, connectSlack }),
    ...topics.map(async (topic) => topicOutcome(topic, await probes.publish(topic.arn, mailOf(place)), place)),
  ]);
  return distinctRows(rows.flat());
};

const greetChannels = async (
  channels: readonly ChannelDestination[],
  expected: ExpectedStack,
  { place, probes, connectSlack }: Omit<Greeting, 'repository'>,
): Promise<readonly Row[]> => {
  const parameter = variableOf(expected, 'SLACK_TOKEN_PARAMETER') ?? '';
  const [token, ...functions] = await Promise.all([
    probes.parameter(parameter),
    ...expected.functions.map(({ name }) => probes.function(name)),
  ]);
  const apiUrl = slackApiUrl(expected, functions, place);
  if (apiUrl === undefined) {
    return [...checkDeployment({ functions, elsewhere: [REGION] }, place), ...channels.map(notPosted)];
  }
  if (token.kind !== 'told' || tokenProblem(token.value.value) !== undefined) {
    return [...checkTokenParameter(parameter, token, place), ...channels.map(notPosted)];
  }
  const call = connectSlack(apiUrl, token.value.value);
  const bot = botName(await call('auth.test', {})) ?? 'your-bot';
  const rows = await Promise.all(
    channels.map(async (channel) =>
      slackOutcome(channel, await call('chat.postMessage', { channel: channel.id, text: postOf(place) }), bot, place),
    ),
  );
  return rows.flat();
};

const notPosted = ({ id, name }: ChannelDestination): Row => ({
  group: 'Slack channels',
  name: `#${name} (${id})`,
  status: 'skipped',
  says: 'nothing can be posted before that is mended',
});

const postOf = (place: Place): string =>
  `:wave: Hello from Gatehouse, stage ${place.stage}. This is a test that somebody ran by hand (\`${ownCommand('hello', place)}\`): ` +
  'deployments will be announced here. Nothing was deployed and nothing is to be done; everybody may ignore this.';

const mailOf = ({ stage }: Place): { readonly Subject: string; readonly Message: string } => ({
  Subject: `Hello from Gatehouse (${stage})`,
  Message:
    `This is a test that somebody ran by hand: Gatehouse, stage ${stage}, will announce deployments here.\n\n` +
    'Nothing was deployed and nothing is to be done; everybody may ignore this message.\n',
});
