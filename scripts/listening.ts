import { createHash } from 'node:crypto';

type Resources = Readonly<Record<string, unknown>>;

const placeOf = (topicArn: string): string | undefined => topicArn.split(':')[3];

/**
 * Subscriptions of the events queue to topics by ARN. What SNS cannot hand over goes to the rules' dead-letter queue,
 * unless the topic is in another region than the stack: a dead-letter queue has to be where the subscription is
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html).
 */
export const subscriptions = (topics: readonly string[], region: string): Resources =>
  Object.fromEntries(
    topics.map((topic) => [
      `Subscription${createHash('sha256').update(topic).digest('hex').slice(0, 16)}`,
      {
        Type: 'AWS::SNS::Subscription',
        // One that may not write to its queue loses what is published.
        DependsOn: ['EventsQueuePolicy', 'RuleDeadLettersPolicy'],
        Properties: {
          TopicArn: topic,
          Region: placeOf(topic),
          Protocol: 'sqs',
          Endpoint: { 'Fn::GetAtt': ['EventsQueue', 'Arn'] },
          // Not raw: SNS says in its envelope when it took a message in, which some triggers do not say themselves.
          RawMessageDelivery: false,
          ...(placeOf(topic) === region && {
            RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['RuleDeadLetters', 'Arn'] } },
          }),
        },
      },
    ]),
  );

/** Lets topics write to the events queue. Undefined without any. */
export const writeEvents = (topics: readonly string[]): Resources | undefined => letIn(topics, 'EventsQueue');

/** Lets the topics of the stack's region write to the rules' dead-letter queue. Undefined without any. */
export const writeDeadLetters = (topics: readonly string[], region: string): Resources | undefined =>
  letIn(
    topics.filter((topic) => placeOf(topic) === region),
    'RuleDeadLetters',
  );

const letIn = (topics: readonly string[], queue: string): Resources | undefined =>
  topics.length === 0
    ? undefined
    : {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
        Condition: { ArnEquals: { 'aws:SourceArn': topics } },
      };
