import * as v from 'valibot';
import type { EmbeddedQueues, ReceivedMessage } from '../aws/embedded-queues.ts';
import { REGION } from '../aws/account.ts';
import { isList, isRecord } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import type { Resource } from '../template/resolve-template.ts';
import type { LambdaRuntime } from './lambda-runtime.ts';

const Properties = v.object({
  EventSourceArn: v.pipe(v.string(), v.includes(':sqs:', 'is not a queue')),
  FunctionName: v.string(),
  Enabled: v.optional(v.boolean(), true),
  BatchSize: v.optional(v.number(), 10),
  MaximumBatchingWindowInSeconds: v.optional(v.number(), 0),
  FunctionResponseTypes: v.optional(v.array(v.string()), []),
  ScalingConfig: v.optional(v.object({ MaximumConcurrency: v.optional(v.number()) }), {}),
  FilterCriteria: v.optional(v.never('is not supported here')),
});

/** A queue that feeds a function. */
export type EventSource = {
  readonly queueArn: string;
  readonly queueName: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly reportsFailures: boolean;
  readonly maxConcurrency: number;
};

/** Lambda starts with five batches at a time and goes on from there; one machine stays there. */
const DEFAULT_CONCURRENCY = 5;

/** The longest that SQS lets a receiver wait. */
const LONG_POLL_SECONDS = 20;

/** What one receive gives at most. */
const RECEIVE_LIMIT = 10;

/** Reads an AWS::Lambda::EventSourceMapping; undefined when it is switched off. Throws on what cannot be done here. */
export const readEventSource = ({ logicalId, properties }: Resource): EventSource | undefined => {
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    throw new Error(`The event source ${logicalId} cannot be used here: ${v.summarize(parsed.issues)}`);
  }
  const { output } = parsed;
  return output.Enabled
    ? {
        queueArn: output.EventSourceArn,
        queueName: output.EventSourceArn.split(':').at(-1) ?? '',
        functionName: functionNameOf(output.FunctionName),
        batchSize: output.BatchSize,
        windowSeconds: output.MaximumBatchingWindowInSeconds,
        reportsFailures: output.FunctionResponseTypes.includes('ReportBatchItemFailures'),
        maxConcurrency: output.ScalingConfig.MaximumConcurrency ?? DEFAULT_CONCURRENCY,
      }
    : undefined;
};

/** The name in a function's ARN, with or without a version, or the name itself. */
export const functionNameOf = (reference: string): string => /:function:([^:]+)/.exec(reference)?.[1] ?? reference;

/** Polls queues for functions, as Lambda does. */
export type EventSources = {
  /** How many batches are gathered or handled. */
  readonly pending: () => number;
  /** Receives no more; resolves once the last receive has come back, for which the queues have to be stopped. */
  readonly stop: () => Promise<void>;
};

/**
 * Hands the queues' messages to the functions. Those that a function dealt with are deleted; the others come back after
 * their queue's visibility timeout.
 */
export const startEventSources = (options: {
  readonly sources: readonly EventSource[];
  readonly queues: Pick<EmbeddedQueues, 'receive' | 'remove'>;
  readonly invoke: LambdaRuntime['invoke'];
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly log: (line: string, source: string) => void;
}): EventSources => {
  const batches = new Set<Promise<void>>();
  let stopped = false;
  const pollers = options.sources.map((source) => poll(source, options, batches, () => stopped));
  return {
    pending: () => batches.size,
    stop: async () => {
      stopped = true;
      await Promise.all(pollers);
    },
  };
};

type Polling = Omit<Parameters<typeof startEventSources>[0], 'sources'>;

const poll = async (
  source: EventSource,
  polling: Polling,
  batches: Set<Promise<void>>,
  isStopped: () => boolean,
): Promise<void> => {
  const mine = new Set<Promise<void>>();
  while (!isStopped()) {
    if (mine.size >= source.maxConcurrency) {
      await Promise.race(mine);
      continue;
    }
    const messages = await gather(source, polling).catch(async (error: unknown) => {
      if (!isStopped()) {
        polling.log(`Cannot receive from ${source.queueName}: ${String(error)}`, source.functionName);
        await polling.wait(1000);
      }
      return [];
    });
    if (messages.length > 0 && !isStopped()) {
      const batch = handle(source, polling, messages)
        .catch((error: unknown) => `A batch of ${source.queueName} cannot be finished: ${String(error)}`)
        .then((failure) => {
          // What is cut off when the stack stops is nobody's failure.
          if (failure !== undefined && !isStopped()) {
            polling.log(failure, source.functionName);
          }
        })
        .finally(() => {
          mine.delete(batch);
          batches.delete(batch);
        });
      mine.add(batch);
      batches.add(batch);
    }
  }
};

/** Waits for the first message and then, as long as the window is open, for as many as a batch may have. */
const gather = async (source: EventSource, { queues, now }: Polling): Promise<readonly ReceivedMessage[]> => {
  const receive = (room: number, seconds: number): Promise<readonly ReceivedMessage[]> =>
    queues.receive(source.queueName, Math.min(room, RECEIVE_LIMIT), seconds);
  const messages = [...(await receive(source.batchSize, LONG_POLL_SECONDS))];
  const closesAt = now() + source.windowSeconds * 1000;
  while (messages.length > 0 && messages.length < source.batchSize && now() < closesAt) {
    const seconds = Math.min((closesAt - now()) / 1000, LONG_POLL_SECONDS);
    messages.push(...(await receive(source.batchSize - messages.length, Math.max(seconds, 0))));
  }
  return messages;
};

/** Has the function deal with a batch; gives what failed as a whole, if anything. */
const handle = async (
  source: EventSource,
  { queues, invoke }: Polling,
  messages: readonly ReceivedMessage[],
): Promise<string | undefined> => {
  const result = await invoke(source.functionName, {
    Records: messages.map((message) => recordOf(message, source.queueArn)),
  });
  if (result.kind === 'failed') {
    return `${result.errorType}: ${result.message}`;
  }
  const ids = messages.map(({ MessageId }) => MessageId);
  const failed = source.reportsFailures ? failedIds(result.value, ids) : [];
  const done = messages.filter(({ MessageId }) => !failed.includes(MessageId));
  await Promise.all(done.map(({ ReceiptHandle }) => queues.remove(source.queueName, ReceiptHandle)));
  return undefined;
};

/** The messages of a batch that a function reports as failed; all of them when the report makes no sense. */
export const failedIds = (response: unknown, ids: readonly string[]): readonly string[] => {
  const reported = isRecord(response) ? response['batchItemFailures'] : undefined;
  if (reported === undefined || reported === null) {
    return [];
  }
  const named = isList(reported) ? reported.map((item) => (isRecord(item) ? item['itemIdentifier'] : undefined)) : [''];
  return named.every((id) => typeof id === 'string' && ids.includes(id)) ? ids.filter((id) => named.includes(id)) : ids;
};

const recordOf = (message: ReceivedMessage, queueArn: string): JsonRecord => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: message.Attributes,
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
      },
    ]),
  ),
  md5OfBody: message.MD5OfBody,
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: REGION,
});
