import * as v from 'valibot';
import type { Resource } from '../template/resolve-template.ts';
import { functionNameOf } from './event-sources.ts';
import type { InvocationResult } from './lambda-runtime.ts';

/** How long Lambda keeps an event, unless it is told otherwise. */
const MOST_AGE_MS = 6 * 3_600_000;

const Config = v.object({
  FunctionName: v.string(),
  MaximumRetryAttempts: v.optional(v.number(), 2),
  MaximumEventAgeInSeconds: v.optional(v.number(), MOST_AGE_MS / 1000),
  DestinationConfig: v.optional(
    v.object({
      OnFailure: v.optional(v.object({ Destination: v.pipe(v.string(), v.includes(':sqs:', 'is not a queue')) })),
      OnSuccess: v.optional(v.never('is not supported here')),
    }),
    {},
  ),
});

/** What becomes of a function's asynchronous invocations that fail. */
export type AsyncConfig = {
  readonly functionName: string;
  readonly retries: number;
  readonly mostAgeMs: number;
  /** ARN of the queue that is told in the end. */
  readonly onFailure?: string;
};

/** Reads an AWS::Lambda::EventInvokeConfig. Throws on what cannot be done here. */
export const readAsyncConfig = ({ logicalId, properties }: Resource): AsyncConfig => {
  const parsed = v.safeParse(Config, properties);
  if (!parsed.success) {
    throw new Error(`The asynchronous invocations of ${logicalId} cannot be used here: ${v.summarize(parsed.issues)}`);
  }
  const { FunctionName, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = parsed.output;
  const onFailure = DestinationConfig.OnFailure?.Destination;
  return {
    functionName: functionNameOf(FunctionName),
    retries: MaximumRetryAttempts,
    mostAgeMs: MaximumEventAgeInSeconds * 1000,
    ...(onFailure !== undefined && { onFailure }),
  };
};

/** Lambda's queue of asynchronous invocations. */
export type AsyncInvocations = {
  /** Takes an event for a function; what becomes of it, the caller never hears. */
  readonly invoke: (functionName: string, functionArn: string, event: unknown) => void;
  /** How many run or are about to be told to a destination; those that wait to be tried again do not count. */
  readonly pending: () => number;
  readonly stop: () => void;
};

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const RETRY_AFTER_MS = [60_000, 120_000] as const;

/**
 * Runs asynchronous invocations: what fails is tried again after one minute and after two, by a clock that goes `speed` times
 * as fast, and then told to the function's destination, if it has one.
 */
export const createAsyncInvocations = (options: {
  readonly configs: readonly AsyncConfig[];
  readonly invoke: (functionName: string, event: unknown) => Promise<InvocationResult>;
  readonly send: (queueArn: string, body: string) => Promise<void>;
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly newId: () => string;
  readonly speed: number;
  readonly log: (line: string, source: string) => void;
}): AsyncInvocations => {
  const { configs, invoke, send, now, after, newId, speed, log } = options;
  const cancels = new Set<() => void>();
  let running = 0;
  let hasStopped = false;

  const attempt = async (event: Pending, count: number): Promise<void> => {
    const { functionName, payload, since } = event;
    const result = await invoke(functionName, payload).catch((error: unknown) => ({
      kind: 'failed' as const,
      errorType: 'Error',
      message: String(error),
    }));
    if (result.kind === 'returned' || hasStopped) {
      return;
    }
    log(`${result.errorType}: ${result.message}`, functionName);
    const config = configs.find((one) => one.functionName === functionName);
    const delay = RETRY_AFTER_MS[count - 1];
    const isTooOld = now() + (delay ?? 0) / speed - since > (config?.mostAgeMs ?? MOST_AGE_MS) / speed;
    if (count <= (config?.retries ?? RETRY_AFTER_MS.length) && delay !== undefined && !isTooOld) {
      const cancel = after(delay / speed, () => {
        cancels.delete(cancel);
        start(event, count + 1);
      });
      cancels.add(cancel);
      return;
    }
    if (config?.onFailure !== undefined) {
      const condition = isTooOld ? 'EventAgeExceeded' : 'RetriesExhausted';
      await send(config.onFailure, JSON.stringify(recordOf(event, count, condition, result, now())));
    }
  };

  const start = (event: Pending, count: number): void => {
    if (hasStopped) {
      return;
    }
    running += 1;
    attempt(event, count)
      .catch((error: unknown) => {
        log(`The destination of ${event.functionName} cannot be told: ${String(error)}`, event.functionName);
      })
      .finally(() => {
        running -= 1;
      });
  };

  return {
    invoke: (functionName, functionArn, payload) => {
      start({ functionName, functionArn, payload, since: now(), requestId: newId() }, 1);
    },
    pending: () => running,
    stop: () => {
      hasStopped = true;
      cancels.forEach((cancel) => {
        cancel();
      });
      cancels.clear();
    },
  };
};

type Pending = {
  readonly functionName: string;
  readonly functionArn: string;
  readonly payload: unknown;
  readonly since: number;
  readonly requestId: string;
};

/** As Lambda writes it: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
const recordOf = (
  { functionArn, payload, requestId }: Pending,
  count: number,
  condition: string,
  { errorType, message }: { readonly errorType: string; readonly message: string },
  now: number,
): unknown => ({
  version: '1.0',
  timestamp: new Date(now).toISOString(),
  requestContext: {
    requestId,
    functionArn: `${functionArn}:$LATEST`,
    condition,
    approximateInvokeCount: count,
  },
  requestPayload: payload,
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  responsePayload: { errorType, errorMessage: message },
});
