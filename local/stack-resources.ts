import { randomBytes } from 'node:crypto';
import type { EmbeddedQueues } from './aws/embedded-queues.ts';
import type { EmbeddedTables } from './aws/embedded-tables.ts';
import { isList, isRecord, own } from './json.ts';
import type { JsonRecord } from './json.ts';
import type { LambdaFunction } from './lambda/lambda-function.ts';
import type { Resource } from './template/resolve-template.ts';

type ResourcesOf = (type: string) => readonly Resource[];

/** ARNs of topics that the template subscribes to and does not make. */
export const foreignTopicsOf = (resourcesOf: ResourcesOf): readonly string[] => {
  const made = resourcesOf('AWS::SNS::Topic').map(({ arn }) => arn);
  return resourcesOf('AWS::SNS::Subscription').flatMap(({ properties: { TopicArn: topic } }) =>
    typeof topic === 'string' && !made.includes(topic) ? [topic] : [],
  );
};

/** Makes the template's tables, queues, topics and subscriptions in the embedded services. */
export const createResources = async (
  resourcesOf: ResourcesOf,
  tables: EmbeddedTables,
  queues: EmbeddedQueues,
): Promise<void> => {
  const subscriptions = resourcesOf('AWS::SNS::Subscription');
  const topics = resourcesOf('AWS::SNS::Topic');
  await Promise.all([
    ...resourcesOf('AWS::DynamoDB::Table').map(({ name, properties }) => tables.createTable(name, properties)),
    ...resourcesOf('AWS::SQS::Queue').map(({ name, properties }) =>
      queues.createQueue(name, attributesOf(properties, ['QueueName', 'Tags'])),
    ),
    ...topics.map(({ name, properties }) =>
      queues.createTopic(name, attributesOf(properties, ['TopicName', 'Tags', 'Subscription'])),
    ),
  ]);
  const wanted: readonly JsonRecord[] = [
    ...subscriptions.map(({ properties }) => properties),
    ...topics.flatMap(({ arn, properties }) => {
      const inline = own(properties, 'Subscription');
      return isList(inline) ? inline.filter(isRecord).map((each) => ({ ...each, TopicArn: arn })) : [];
    }),
  ];
  for (const { properties } of resourcesOf('AWS::SQS::QueuePolicy')) {
    for (const url of textsOf(properties, 'Queues')) {
      await queues.setQueuePolicy(url.split('/').at(-1) ?? '', JSON.stringify(properties['PolicyDocument']));
    }
  }
  for (const { properties } of resourcesOf('AWS::SNS::TopicPolicy')) {
    for (const arn of textsOf(properties, 'Topics')) {
      await queues.setTopicPolicy(arn, JSON.stringify(properties['PolicyDocument']));
    }
  }
  for (const properties of wanted) {
    const { TopicArn: topicArn, Endpoint: endpoint, Protocol: protocol } = properties;
    // Mail and the like have nowhere to go here.
    if (protocol === 'sqs' && typeof topicArn === 'string' && typeof endpoint === 'string') {
      const attributes = attributesOf(properties, ['TopicArn', 'Endpoint', 'Protocol', 'Region']);
      await queues.subscribe(topicArn, endpoint, attributes);
    }
  }
};

/** The SSM parameters that the functions' environments name: the secrets given, and for the rest something random. */
export const secretsOf = (
  functions: readonly LambdaFunction[],
  known: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> =>
  new Map(
    functions.flatMap(({ environment }) =>
      Object.entries(environment)
        .filter(([variable]) => variable.endsWith('_PARAMETER'))
        .map(([variable, name]) => [name, known.get(variable) ?? randomBytes(24).toString('base64url')]),
    ),
  );

const textsOf = (properties: JsonRecord, key: string): readonly string[] => {
  const value = own(properties, key);
  return isList(value) ? value.filter((each) => typeof each === 'string') : [];
};

/** CloudFormation's properties as the APIs take them: each a text, structures as JSON. */
const attributesOf = (properties: JsonRecord, without: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(properties)
      .filter(([key]) => !without.includes(key))
      .map(([key, value]) => [key, isRecord(value) || isList(value) ? JSON.stringify(value) : String(value)]),
  );
