import type { Config } from '../../shared/config/config.ts';
import type { Answer } from '../setup/answer.ts';
import type { AwsProbes } from '../setup/aws-probes.ts';
import type { DeployedFunction } from '../setup/deployed.ts';
import { channelDestinations, topicDestinations } from '../setup/destinations.ts';
import type { TopicDestination } from '../setup/destinations.ts';
import { expectStack, variableOf } from '../setup/expected-stack.ts';
import type { ExpectedStack, Identity } from '../setup/expected-stack.ts';
import type { Place } from '../setup/place.ts';
import type { Repository } from '../setup/repository.ts';
import { distinctRows } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import { slackApiUrl } from '../setup/slack-address.ts';
import type { CallSlack, SlackAnswer } from '../setup/slack-web.ts';
import { approversOf, checkApprover } from './check-approvers.ts';
import { checkDeployment, checkIdentity, checkPartition, checkTable, isDeployed } from './check-account.ts';
import { checkConfiguration, checkNode, notCompiled } from './check-configuration.ts';
import { checkQueue, checkRule } from './check-events.ts';
import { checkFunction, checkInvocation, checkMapping, checkPermissions } from './check-functions.ts';
import {
  botName,
  checkChannel,
  checkScopes,
  checkSigningSecret,
  checkToken,
  checkTokenParameter,
  tokenProblem,
} from './check-slack.ts';
import { checkTopic } from './check-topics.ts';
import { otherRegions } from './regions.ts';

export type Examination = {
  readonly place: Place;
  readonly repository: Repository;
  readonly nodeVersion: string;
  readonly probes: AwsProbes;
  /** Calls the Slack at an address with a token. */
  readonly connectSlack: (apiUrl: string, token: string) => CallSlack;
};

/** Looks at everything that Gatehouse needs, and says of each what is wrong and what to do. Never rejects. */
export const examine = async (examination: Examination): Promise<readonly Row[]> => {
  const { place, repository, nodeVersion, probes } = examination;
  const { config, template } = repository;
  const identity = await probes.identity();
  const first = [
    checkNode(nodeVersion),
    ...checkConfiguration(config, { isLocal: place.local !== undefined }),
    ...(template !== undefined && 'problem' in template ? [notCompiled(template.problem)] : []),
    ...checkIdentity(identity, place),
  ];
  if (config.kind === 'invalid' || template === undefined || 'problem' in template) {
    return [...first, theRest('can be looked at once the configuration is mended')];
  }
  if (identity.kind !== 'told') {
    return [...first, theRest('can be looked at once AWS lets you in')];
  }
  const expected = expectStack(template, identity.value, place);
  if ('problem' in expected) {
    return [...first, notCompiled(expected.problem)];
  }
  const functions = await Promise.all(expected.functions.map(({ name }) => probes.function(name)));
  const deployment = { functions, elsewhere: await findElsewhere(examination, expected, identity.value, functions) };
  const placed = [...first, ...checkPartition(config.config, identity.value), ...checkDeployment(deployment, place)];
  if (deployment.elsewhere.length > 0) {
    return [...placed, theRest('can be looked at in the region where the stage is')];
  }
  const rows = await Promise.all([
    examineSlack(examination, config.config, expected, functions),
    isDeployed(deployment) ? examineStack(examination, expected, functions) : [notYet],
    examineTopics(examination, config.config, expected, identity.value, isDeployed(deployment)),
  ]);
  return distinctRows([...placed, ...rows.flat()]);
};

const theRest = (says: string): Row => ({ group: 'The rest', name: 'Slack and AWS', status: 'skipped', says });

const notYet: Row = {
  group: 'After the deploy',
  name: 'rules, queues, functions, permissions',
  status: 'skipped',
  says: 'can be looked at once the stage is deployed here',
};

/** The other regions that have the stage, when this one has nothing of it. */
const findElsewhere = async (
  { place, probes }: Examination,
  { functions: [any] }: ExpectedStack,
  { partition }: Identity,
  functions: readonly Answer<unknown>[],
): Promise<readonly string[]> => {
  if (isDeployed({ functions }) || any === undefined) {
    return [];
  }
  const regions = otherRegions(partition, place.region);
  const found = await Promise.all(regions.map((region) => probes.function(any.name, region)));
  return regions.filter((_, index) => found[index]?.kind === 'told');
};

const examineSlack = async (
  { place, probes, connectSlack }: Examination,
  config: Config,
  expected: ExpectedStack,
  functions: readonly Answer<DeployedFunction>[],
): Promise<readonly Row[]> => {
  const parameter = variableOf(expected, 'SLACK_TOKEN_PARAMETER') ?? '';
  const secret = variableOf(expected, 'SLACK_SIGNING_SECRET_PARAMETER') ?? '';
  const [token, signing] = await Promise.all([probes.parameter(parameter), probes.parameter(secret)]);
  const others = checkSigningSecret(secret, signing, place);
  const kept = checkTokenParameter(parameter, token, place);
  const apiUrl = slackApiUrl(expected, functions, place);
  if (apiUrl === undefined || token.kind !== 'told' || tokenProblem(token.value.value) !== undefined) {
    return [...kept, notAsked, ...others];
  }
  const call = connectSlack(apiUrl, token.value.value);
  const auth = await call('auth.test', {});
  const accepted = checkToken(parameter, auth, config.slack.workspace, place);
  if (accepted.some(({ name, status }) => name === 'workspace' && status === 'ok') && auth.kind === 'told') {
    const channels = channelDestinations(config);
    const approvers = approversOf(config);
    const [answers, people] = await Promise.all([
      Promise.all(channels.map(({ id }) => call('conversations.info', { channel: id }))),
      Promise.all(
        approvers.map(({ kind, id }) =>
          kind === 'user' ? call('users.info', { user: id }) : call('usergroups.users.list', { usergroup: id }),
        ),
      ),
    ]);
    const bot = botName(auth) ?? 'your-bot';
    return [
      ...kept,
      ...accepted,
      ...checkScopes(auth.scopes),
      ...channels.flatMap((channel, index) => checkChannel(channel, answers[index] ?? unasked, bot, place)),
      ...others,
      ...approvers.flatMap((approver, index) => checkApprover(approver, people[index] ?? unasked)),
    ];
  }
  return [...kept, ...accepted, ...(auth.kind === 'told' ? checkScopes(auth.scopes) : []), notAsked, ...others];
};

const unasked: SlackAnswer = { kind: 'refused', error: 'not_asked', needed: undefined };

const notAsked: Row = {
  group: 'Slack channels',
  name: 'channels',
  status: 'skipped',
  says: 'can be looked at once there is a token of the right workspace that Slack accepts',
};

const examineTopics = async (
  { place, probes }: Examination,
  config: Config,
  expected: ExpectedStack,
  identity: Identity,
  deployed: boolean,
): Promise<readonly Row[]> => {
  const routed = topicDestinations(config, variableOf(expected, 'TOPIC_ARN_PREFIX') ?? '');
  const others = expected.topics
    .filter(({ arn }) => routed.every((topic) => topic.arn !== arn))
    .map(({ name, arn }): TopicDestination => ({ name, arn, own: true, routes: [] }));
  // Those of the stack come with it; what is in another partition was told of.
  const wanted = [...routed, ...others].filter(
    ({ own, arn }) => (deployed || !own) && arn.split(':')[1] === identity.partition,
  );
  const answers = await Promise.all(wanted.map(({ arn }) => probes.topic(arn)));
  return wanted.flatMap((topic, index) => {
    const answer = answers[index];
    return answer === undefined ? [] : checkTopic(topic, answer, identity, place);
  });
};

const examineStack = async (
  { place, probes }: Examination,
  expected: ExpectedStack,
  functions: readonly Answer<DeployedFunction>[],
): Promise<readonly Row[]> => {
  const rows = await Promise.all([
    ...expected.rules.map(async (rule) => {
      const [answer, targets] = await Promise.all([probes.rule(rule.name), probes.targets(rule.name)]);
      return checkRule(rule, { rule: answer, targets }, place);
    }),
    ...expected.queues.map(async (queue) => checkQueue(queue, await probes.queue(queue.url), place)),
    ...expected.mappings.map(async (each) => checkMapping(each, await probes.mappings(each.functionName), place)),
    ...expected.invocations.map(async (each) =>
      checkInvocation(each, await probes.functionPolicy(each.functionName), place),
    ),
    ...expected.tables.map(async (name) => checkTable(name, await probes.table(name), place)),
    ...expected.functions.map(async ({ name, permissions }, index) => {
      const answer = functions[index];
      if (answer?.kind !== 'told') {
        return [];
      }
      const { role } = answer.value;
      const told = await Promise.all(permissions.map((permission) => probes.simulate(role, permission)));
      return checkPermissions(name, told, place);
    }),
  ]);
  const found = expected.functions.flatMap((each, index) => {
    const answer = functions[index];
    return answer === undefined ? [] : checkFunction(each, answer, place);
  });
  return [...found, ...rows.flat()];
};
