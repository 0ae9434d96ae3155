import type { Config } from '../shared/config/config.ts';

/** The topics that routes name, each once: by name those that the stack makes, by ARN others. */
export const topicsOf = (routes: Config['routes']): readonly string[] => [
  ...new Set(routes.flatMap(({ to }) => to.flatMap((one) => (one.kind === 'sns' ? [one.topic] : [])))),
];

export const isArn = (topic: string): boolean => topic.startsWith('arn:');

/** A topic that keeps the order of what is published to it; its name says so. */
const isFifo = (topic: string): boolean => topic.endsWith('.fifo');

/** CloudFormation resources of the topics that `gatehouse.yml` names. `prefix` comes before each name. */
export const topicResources = (config: Config, prefix: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    topicsOf(config.routes)
      .filter((topic) => !isArn(topic))
      .map((topic) => [
        topicLogicalId(topic),
        {
          Type: 'AWS::SNS::Topic',
          Properties: {
            TopicName: `${prefix}${topic}`,
            // Two states may be told in the same words: what is the same is said with each publication.
            ...(isFifo(topic) && { FifoTopic: true, ContentBasedDeduplication: false }),
          },
        },
      ]),
  );

/** What a logical id may not have is written as Z and its code, and so is a Z: no two names become one. */
const topicLogicalId = (topic: string): string =>
  `Topic${topic.replace(/[^A-Ya-z0-9]/g, (odd) => `Z${odd.charCodeAt(0).toString(16)}`)}`;

/** The statement that lets `notify` publish to the topics that routes name, and to nothing else. */
export const publishStatement = (config: Config): unknown => {
  const topics = topicsOf(config.routes);
  return topics.length === 0
    ? // IAM takes no empty list of resources.
      { Effect: 'Deny', Action: 'sns:Publish', Resource: '*' }
    : {
        Effect: 'Allow',
        Action: 'sns:Publish',
        Resource: topics.map((topic) => (isArn(topic) ? topic : { Ref: topicLogicalId(topic) })),
      };
};
