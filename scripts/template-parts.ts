import type { Config } from '../shared/config/config.ts';
import type { StageParams } from './stage-params.ts';

/** The topics that routes name, each once: by name those that the stack makes, by ARN others. */
export const topicsOf = (routes: Config['routes']): readonly string[] => [
  ...new Set(routes.flatMap(({ to }) => to.flatMap((one) => (one.kind === 'sns' ? [one.topic] : [])))),
];

export const isArn = (topic: string): boolean => topic.startsWith('arn:');

type Resources = Readonly<Record<string, unknown>>;

/**
 * CloudFormation resources of the topics that `gatehouse.yml` names, with their policies. `prefix` comes before each
 * name; `keyArn` is the customer key that encrypts them.
 */
export const topicResources = (config: Config, prefix: string, keyArn?: string): Resources =>
  Object.fromEntries(
    namedTopics(config).flatMap((topic) => {
      const id = topicLogicalId(topic);
      return [
        [id, topicResource(`${prefix}${topic}`, keyArn)],
        [`PolicyOf${id}`, topicPolicy(id)],
      ];
    }),
  );

/** The ARNs of those topics. */
export const topicOutputs = (config: Config): Resources =>
  Object.fromEntries(
    namedTopics(config).map((topic) => [
      `${topicLogicalId(topic)}Arn`,
      { Description: `Subscribe whoever is to hear of ${topic}.`, Value: { Ref: topicLogicalId(topic) } },
    ]),
  );

/** Who hears of alarms: the topic that the stage names, or ours. */
export const alarmReceiver = ({ alarmTopicArn }: StageParams): unknown => alarmTopicArn ?? { Ref: 'AlarmTopic' };

/** Our alarm topic with its policy and its mail; nothing when the stage names another. */
export const alarmTopicResources = (
  name: string,
  { alarmTopicArn, alarmEmail, topicKeyArn }: StageParams,
): Resources =>
  alarmTopicArn !== undefined
    ? {}
    : {
        AlarmTopic: topicResource(name, topicKeyArn),
        AlarmTopicPolicy: topicPolicy('AlarmTopic', [
          {
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: 'AlarmTopic' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ]),
        ...(alarmEmail !== undefined && {
          AlarmEmail: {
            Type: 'AWS::SNS::Subscription',
            Properties: { TopicArn: { Ref: 'AlarmTopic' }, Protocol: 'email', Endpoint: alarmEmail },
          },
        }),
      };

const topicResource = (name: string, keyArn: string | undefined): unknown => ({
  Type: 'AWS::SNS::Topic',
  Properties: {
    TopicName: name,
    // Two states may be told in the same words: what is the same is said with each publication.
    ...(isFifo(name) && { FifoTopic: true, ContentBasedDeduplication: false }),
    ...(keyArn !== undefined && { KmsMasterKeyId: keyArn }),
  },
});

/** A topic that keeps the order of what is published to it; its name says so. */
const isFifo = (name: string): boolean => name.endsWith('.fifo');

/**
 * What SNS lets the own account do by default, which a policy of ours replaces, and nothing in the clear: `sns:Publish`
 * is all that https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html denies, as SNS takes no wildcard.
 */
const topicPolicy = (id: string, more: readonly Resources[] = []): unknown => ({
  Type: 'AWS::SNS::TopicPolicy',
  Properties: {
    Topics: [{ Ref: id }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: [
            'sns:GetTopicAttributes',
            'sns:SetTopicAttributes',
            'sns:AddPermission',
            'sns:RemovePermission',
            'sns:DeleteTopic',
            'sns:Subscribe',
            'sns:ListSubscriptionsByTopic',
            'sns:Publish',
          ],
          Resource: { Ref: id },
          Condition: { StringEquals: { 'aws:SourceOwner': { Ref: 'AWS::AccountId' } } },
        },
        ...more,
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: { Ref: id },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  },
});

const namedTopics = ({ routes }: Config): readonly string[] => topicsOf(routes).filter((topic) => !isArn(topic));

/** What a logical id may not have is written as Z and its code, and so is a Z: no two names become one. */
const topicLogicalId = (topic: string): string =>
  `Topic${topic.replace(/[^A-Ya-z0-9]/g, (odd) => `Z${odd.charCodeAt(0).toString(16)}`)}`;

/** The statement that lets `notify` publish to the topics that routes name. Undefined when they name none. */
export const publishStatement = ({ routes }: Config): Resources | undefined => {
  const topics = topicsOf(routes);
  return topics.length === 0
    ? undefined
    : {
        Effect: 'Allow',
        Action: 'sns:Publish',
        Resource: topics.map((topic) => (isArn(topic) ? topic : { Ref: topicLogicalId(topic) })),
      };
};

/**
 * The statement that lets `notify` use the key of our topics. Undefined without one, or without topics of ours.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export const keyStatement = (config: Config, keyArn: string | undefined): Resources | undefined =>
  keyArn === undefined || namedTopics(config).length === 0
    ? undefined
    : { Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: keyArn };
