import * as v from 'valibot';
import { asError } from '../as-error.ts';
import { post } from '../https/post.ts';
import type { Retries } from './retries.ts';
import { createSigner } from './sign.ts';
import type { Caller } from './sign.ts';

/** Where AWS is, and who calls. */
export type AwsConnection = Caller & {
  /** What the names of AWS's hosts end with, which differs by partition. */
  readonly urlSuffix: string;
  /** One address for all services, in place of AWS's own. */
  readonly endpoint?: string | undefined;
  /** Told of each answer: when it was asked for, and its `Date`, both in epoch milliseconds. */
  readonly hear?: (sentAt: number, date: number) => void;
};

/**
 * Calls an operation of a service with an input that is written as JSON, and gives what its output says. Rejects with an
 * error whose `name` is AWS's word for it, or with one of `post`.
 */
export type AwsClient = (operation: string, input: object, abortSignal?: AbortSignal) => Promise<unknown>;

/** What targets begin with and which version of the protocol it speaks, by the name that calls are signed for. */
const SERVICES = {
  codedeploy: { target: 'CodeDeploy_20141006', version: '1.1' },
  codepipeline: { target: 'CodePipeline_20150709', version: '1.1' },
  ecs: { target: 'AmazonEC2ContainerServiceV20141113', version: '1.1' },
  // CloudWatch.
  monitoring: { target: 'GraniteServiceVersion20100801', version: '1.0' },
  // CloudWatch Logs.
  logs: { target: 'Logs_20140328', version: '1.1' },
  dynamodb: { target: 'DynamoDB_20120810', version: '1.0' },
  sqs: { target: 'AmazonSQS', version: '1.0' },
  ssm: { target: 'AmazonSSM', version: '1.1' },
} as const;

/** A call that hangs is cut off. What failed three times is tried again by the queue that brought it. */
const TIMEOUT_MS = 5_000;

/** AWS takes a signature that is up to five minutes old. */
const MOST_SKEW_MS = 4 * 60_000;

/** Refusals that answer what was asked: nobody tries again, and what does so need not be loaded to find that out. */
const ANSWERS: ReadonlySet<string> = new Set([
  'ConditionalCheckFailedException',
  'DeploymentDoesNotExistException',
  'InvalidJobStateException',
  'JobNotFoundException',
  'LifecycleEventAlreadyCompletedException',
]);

/** AWS's refusal, with what the SDK's rules for trying again look at. */
class AwsError extends Error {
  readonly $metadata: {
    readonly httpStatusCode: number;
    readonly requestId: string | undefined;
    readonly clockSkewCorrected: boolean;
  };

  constructor(name: string, message: string, metadata: AwsError['$metadata']) {
    super(message);
    this.name = name;
    this.$metadata = metadata;
  }
}

const Refusal = v.fallback(
  v.pipe(
    v.string(),
    v.parseJson(),
    v.object({ __type: v.string(), message: v.optional(v.string()), Message: v.optional(v.string()) }),
  ),
  { __type: 'UnknownError' },
);

/**
 * A client of a service that speaks JSON (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html): signs, tries
 * again and corrects its clock by the SDK's own parts, without the 300 KB that describe what else could be called.
 */
export const createAwsClient = (
  service: keyof typeof SERVICES,
  { region, urlSuffix, endpoint, credentials, hear }: AwsConnection,
  maxAttempts = 3,
): AwsClient => {
  const { target, version } = SERVICES[service];
  const url = new URL(endpoint ?? `https://${service}.${region}.${urlSuffix}`);
  const sign = createSigner(service, { region, credentials });
  let clockSkewMs = 0;

  /** Loaded by the first call that fails. */
  let retries: Promise<Retries> | undefined;
  const loadRetries = async (): Promise<Retries> => (await import('./retries.ts')).createRetries(maxAttempts);

  const attempt = async (operation: string, body: string, abortSignal: AbortSignal | undefined): Promise<unknown> => {
    const named = {
      host: url.host,
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${target}.${operation}`,
    };
    const sentAt = Date.now();
    const headers = sign(named, body, sentAt + clockSkewMs);
    const answer = await post(url, { headers, body, timeoutMs: TIMEOUT_MS, keepAlive: true, abortSignal });
    const date = Date.parse(answer.headers.date ?? '');
    hear?.(sentAt, date);
    if (answer.status < 300) {
      return JSON.parse(answer.text);
    }
    const skewMs = date - Date.now();
    const isSkewed = Math.abs(skewMs - clockSkewMs) > MOST_SKEW_MS;
    clockSkewMs = isSkewed ? skewMs : clockSkewMs;
    const { __type, message, Message } = v.parse(Refusal, answer.text);
    const name = __type.replace(/^.*#/, '');
    throw new AwsError(name, message ?? Message ?? name, {
      httpStatusCode: answer.status,
      requestId: answer.headers['x-amzn-requestid']?.toString(),
      clockSkewCorrected: isSkewed,
    });
  };

  const call = async (operation: string, body: string, abortSignal: AbortSignal | undefined): Promise<unknown> => {
    let token: Parameters<Retries['next']>[0];
    for (;;) {
      try {
        const output = await attempt(operation, body, abortSignal);
        (await retries)?.succeeded(token);
        return output;
      } catch (error) {
        if (error instanceof AwsError && ANSWERS.has(error.name) && !error.$metadata.clockSkewCorrected) {
          throw error;
        }
        token = await (await (retries ??= loadRetries())).next(token, error);
      }
    }
  };

  return (operation, input, abortSignal) =>
    Promise.race([
      call(operation, JSON.stringify(input), abortSignal),
      ...(abortSignal === undefined ? [] : [aborted(abortSignal)]),
    ]);
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(asError(signal.reason));
    });
  });
