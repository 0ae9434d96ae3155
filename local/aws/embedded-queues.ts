import { buildApp } from 'fauxqs';
import * as v from 'valibot';
import { ACCOUNT, REGION } from './account.ts';
import type { JsonRecord } from '../json.ts';
import { isRecord, own, parseJson } from '../json.ts';
import { operationOf, refuseInXml, signedHeaders } from './service.ts';
import type { Service, ServiceReply, ServiceRequest } from './service.ts';

const ReceivedMessage = v.object({
  MessageId: v.string(),
  ReceiptHandle: v.string(),
  Body: v.string(),
  MD5OfBody: v.string(),
  Attributes: v.optional(v.record(v.string(), v.string()), {}),
  MessageAttributes: v.optional(
    v.record(
      v.string(),
      v.object({
        DataType: v.string(),
        StringValue: v.optional(v.string()),
        BinaryValue: v.optional(v.string()),
      }),
    ),
    {},
  ),
});

export type ReceivedMessage = v.InferOutput<typeof ReceivedMessage>;

const Received = v.object({ Messages: v.optional(v.array(ReceivedMessage), []) });

const Counts = v.object({ Attributes: v.record(v.string(), v.string()) });

/** What somebody published to a topic. */
export type Publication = {
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** As a mail has it. */
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
};

export type OutgoingMessage = {
  readonly body: string;
  readonly groupId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
};

/** SQS, SNS and STS in this process. */
export type EmbeddedQueues = {
  readonly service: Service;
  readonly createQueue: (name: string, attributes: Readonly<Record<string, string>>) => Promise<void>;
  readonly createTopic: (name: string, attributes: Readonly<Record<string, string>>) => Promise<void>;
  readonly subscribe: (
    topicArn: string,
    queueArn: string,
    attributes: Readonly<Record<string, string>>,
  ) => Promise<void>;
  /** Who may do what with a queue, as a policy in JSON. */
  readonly setQueuePolicy: (name: string, policy: string) => Promise<void>;
  readonly setTopicPolicy: (topicArn: string, policy: string) => Promise<void>;
  readonly send: (queueName: string, message: OutgoingMessage) => Promise<void>;
  /** Waits up to `waitSeconds` for the first message. */
  readonly receive: (queueName: string, limit: number, waitSeconds: number) => Promise<readonly ReceivedMessage[]>;
  readonly remove: (queueName: string, receiptHandle: string) => Promise<void>;
  /** How many messages a queue holds: visible, delayed and in flight. */
  readonly countMessages: (queueName: string) => Promise<number>;
  readonly stop: () => Promise<void>;
};

const COUNTED = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
] as const;

/** What fauxqs puts before the path of a queue's URL. */
const INNER_ENDPOINT = /http:\/\/sqs\.[a-z0-9-]+\.localhost\//g;

/**
 * Starts SQS, SNS and STS in memory. `endpoint` is where queue URLs point, without a trailing slash; `foreignTopics` are
 * ARNs of topics that exist elsewhere, for which others stand in.
 */
export const createEmbeddedQueues = async (options: {
  readonly endpoint: string;
  readonly foreignTopics: readonly string[];
  readonly onPublish: (publication: Publication) => void;
}): Promise<EmbeddedQueues> => {
  const app = buildApp({ logger: false });
  await app.ready();

  const inject = async (request: Pick<ServiceRequest, 'service' | 'headers' | 'body'>): Promise<ServiceReply> => {
    // The body may be another than the one that was counted.
    const { 'content-length': counted, ...headers } = request.headers;
    const response = await app.inject({
      method: 'POST',
      url: '/',
      // One region whatever the client is set to: a queue made here is found from there.
      headers: { ...headers, ...signedHeaders(request.service), host: 'localhost' },
      payload: request.body,
    });
    return { status: response.statusCode, headers: replyHeaders(response.headers), body: response.payload };
  };

  /** The ARN that a topic has here. */
  const here = (topic: string): string =>
    options.foreignTopics.includes(topic) ? `arn:aws:sns:${REGION}:${ACCOUNT}:${standInName(topic)}` : topic;

  const service: Service = async (request) => {
    if (operationOf(request.headers) !== '') {
      const made = await inject(request);
      return { ...made, body: made.body.replace(INNER_ENDPOINT, () => `${options.endpoint}/`) };
    }
    const form = new URLSearchParams(request.body);
    const prefixes = publicationPrefixes(form);
    const fault = prefixes.map((prefix) => faultOf(form, prefix)).find((one) => one !== undefined);
    if (fault !== undefined) {
      return refuseInXml('InvalidParameter', `Invalid parameter: ${fault}`);
    }
    const publications = prefixes.map((prefix) => publicationOf(form, prefix));
    // fauxqs delivers to queues only, and gives each the whole of it.
    for (const prefix of prefixes) {
      form.set(`${prefix}Message`, wordsFor(form, prefix, 'sqs'));
    }
    const topic = form.get('TopicArn');
    if (topic !== null) {
      form.set('TopicArn', here(topic));
    }
    const made = await inject({ ...request, body: form.toString() });
    if (made.status === 200) {
      publications.forEach(options.onPublish);
    }
    return made;
  };

  const callSqs = async (operation: string, input: JsonRecord): Promise<unknown> => {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` };
    const made = await inject({ service: 'sqs', headers, body: JSON.stringify(input) });
    return made.status === 200
      ? parseJson(made.body)
      : Promise.reject(new Error(`SQS ${operation} failed: ${made.body.slice(0, 500)}`));
  };

  const callSns = async (action: string, input: Readonly<Record<string, string>>): Promise<void> => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const made = await inject({
      service: 'sns',
      headers,
      body: new URLSearchParams({ Action: action, ...input }).toString(),
    });
    if (made.status !== 200) {
      throw new Error(`SNS ${action} failed: ${made.body.slice(0, 500)}`);
    }
  };

  for (const topic of options.foreignTopics) {
    await callSns('CreateTopic', { Name: standInName(topic) });
  }
  return {
    service,
    createQueue: async (name, attributes) => {
      await callSqs('CreateQueue', { QueueName: name, Attributes: attributes });
    },
    createTopic: (name, attributes) => callSns('CreateTopic', { Name: name, ...entries('Attributes', attributes) }),
    subscribe: (topicArn, queueArn, attributes) =>
      callSns('Subscribe', {
        TopicArn: here(topicArn),
        Protocol: 'sqs',
        Endpoint: queueArn,
        ...entries('Attributes', attributes),
      }),
    setQueuePolicy: async (name, policy) => {
      await callSqs('SetQueueAttributes', { QueueUrl: queueUrl(name), Attributes: { Policy: policy } });
    },
    setTopicPolicy: (topicArn, policy) =>
      callSns('SetTopicAttributes', { TopicArn: topicArn, AttributeName: 'Policy', AttributeValue: policy }),
    send: async (queueName, { body, groupId, attributes = {} }) => {
      await callSqs('SendMessage', {
        QueueUrl: queueUrl(queueName),
        MessageBody: body,
        ...(groupId !== undefined && { MessageGroupId: groupId }),
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      });
    },
    receive: async (queueName, limit, waitSeconds) => {
      const received = await callSqs('ReceiveMessage', {
        QueueUrl: queueUrl(queueName),
        MaxNumberOfMessages: limit,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      return v.parse(Received, received).Messages;
    },
    remove: async (queueName, receiptHandle) => {
      await callSqs('DeleteMessage', { QueueUrl: queueUrl(queueName), ReceiptHandle: receiptHandle });
    },
    countMessages: async (queueName) => {
      const told = await callSqs('GetQueueAttributes', { QueueUrl: queueUrl(queueName), AttributeNames: COUNTED });
      const { Attributes } = v.parse(Counts, told);
      return COUNTED.reduce((sum, name) => sum + Number(own(Attributes, name) ?? 0), 0);
    },
    stop: () => app.close(),
  };
};

/** Topics of other places may have the same name, so each has a stand-in of its own; cut to what a name may have. */
const standInName = (arn: string): string => arn.replaceAll(':', '-').slice(-256);

/** fauxqs reads the last part only. */
const queueUrl = (name: string): string => `http://localhost/000000000000/${name}`;

const replyHeaders = (headers: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      // The length is told anew by the gateway, which may have changed a URL in the body.
      typeof value === 'string' && name !== 'content-length' ? [[name, value] as const] : [],
    ),
  );

const entries = (prefix: string, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value], index) => [
      [`${prefix}.entry.${index + 1}.key`, key] as const,
      [`${prefix}.entry.${index + 1}.value`, value] as const,
    ]),
  );

const isSubject = (subject: string): boolean => /^\P{Cc}{1,100}$/u.test(subject);

/** Where the publications of a request stand in its form. */
const publicationPrefixes = (form: URLSearchParams): readonly string[] => {
  switch (form.get('Action')) {
    case 'Publish':
      return [''];
    case 'PublishBatch':
      return numbered(form, (index) => `PublishBatchRequestEntries.member.${index}.`, 'Id');
    default:
      return [];
  }
};

const MAX_PUBLICATION_BYTES = 262_144;

/** What SNS refuses and fauxqs does not: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const faultOf = (form: URLSearchParams, prefix: string): string | undefined => {
  const subject = form.get(`${prefix}Subject`);
  if (subject !== null && !isSubject(subject)) {
    return 'Subject';
  }
  const bytes = [...form].map(([name, value]) =>
    name === `${prefix}Message` || name.startsWith(`${prefix}MessageAttributes.`) ? Buffer.byteLength(value) : 0,
  );
  if (bytes.reduce((sum, one) => sum + one, 0) > MAX_PUBLICATION_BYTES) {
    return 'Message too long';
  }
  const words = structureOf(form, prefix);
  if (words !== undefined && !isRecord(words)) {
    return 'Message Structure - JSON message body failed to parse';
  }
  if (words !== undefined && typeof own(words, 'default') !== 'string') {
    return 'Message Structure - No default entry in JSON message body';
  }
  return form.has(`${prefix}MessageDeduplicationId`) && !topicOf(form).endsWith('.fifo')
    ? 'The request includes MessageDeduplicationId parameter that is not valid for this topic type'
    : undefined;
};

/** The JSON of a message that has words for each protocol; undefined for one that has the same for all. */
const structureOf = (form: URLSearchParams, prefix: string): unknown =>
  form.get(`${prefix}MessageStructure`) === 'json'
    ? (parseJson(form.get(`${prefix}Message`) ?? '') ?? null)
    : undefined;

const wordsFor = (form: URLSearchParams, prefix: string, protocol: 'email' | 'sqs'): string => {
  const words = structureOf(form, prefix);
  const all = isRecord(words) ? [own(words, protocol), own(words, 'default')] : [form.get(`${prefix}Message`)];
  return all.find((one) => typeof one === 'string') ?? '';
};

const topicOf = (form: URLSearchParams): string => form.get('TopicArn') ?? form.get('TargetArn') ?? '';

const publicationOf = (form: URLSearchParams, prefix: string): Publication => ({
  topicArn: topicOf(form),
  subject: form.get(`${prefix}Subject`) ?? undefined,
  message: wordsFor(form, prefix, 'email'),
  attributes: attributesOf(form, prefix),
});

const attributesOf = (form: URLSearchParams, prefix: string): Publication['attributes'] =>
  Object.fromEntries(
    numbered(form, (index) => `${prefix}MessageAttributes.entry.${index}.`, 'Name').map((entry) => [
      form.get(`${entry}Name`) ?? '',
      form.get(`${entry}Value.StringValue`) ?? form.get(`${entry}Value.BinaryValue`) ?? '',
    ]),
  );

/** The prefixes of a list in the query protocol, which numbers its entries from 1. */
const numbered = (form: URLSearchParams, prefixOf: (index: number) => string, key: string): readonly string[] => {
  const prefixes: string[] = [];
  while (form.has(`${prefixOf(prefixes.length + 1)}${key}`)) {
    prefixes.push(prefixOf(prefixes.length + 1));
  }
  return prefixes;
};
