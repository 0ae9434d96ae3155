import * as v from 'valibot';
import { exchange } from '../https/exchange.ts';
import type { AwsConnection } from './aws-client.ts';
import { createSigner } from './sign.ts';

/** A call of a function that is waited for. */
export type Invocation = {
  /** Its name alone. */
  readonly functionName: string;
  /** The number of a version; left out, what is deployed without one. */
  readonly qualifier?: string | undefined;
  /** JSON. */
  readonly payload: string;
  /** Whether the end of what it logs is wanted. */
  readonly logTail: boolean;
  readonly timeoutMs: number;
};

export type Invoked =
  | {
      readonly kind: 'answered';
      readonly statusCode: number;
      /** Set when the function threw, or ended without an answer. */
      readonly functionError?: string;
      /** As the function gave it: JSON, or nothing. */
      readonly payload: string;
      readonly executedVersion?: string;
      /** The last 4 KB of what it logged. */
      readonly logTail: string;
      readonly durationMs: number;
    }
  /** It was invoked, and has no usable answer: in time, or at all. */
  | { readonly kind: 'unanswered'; readonly says: string }
  /** Lambda would not, or could not be asked; `name` is AWS's word for it. */
  | { readonly kind: 'refused'; readonly name: string; readonly says: string };

/** Invokes functions, once each: whether that is done again is for others to say. */
export type InvokeLambda = (invocation: Invocation) => Promise<Invoked>;

const MOST_BYTES = 1_000_000;

const Refusal = v.fallback(
  v.pipe(v.string(), v.parseJson(), v.object({ message: v.optional(v.string()), Message: v.optional(v.string()) })),
  {},
);

/** A client of the one operation of Lambda's that checks need (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
export const createInvokeLambda = ({ region, urlSuffix, endpoint, credentials }: AwsConnection): InvokeLambda => {
  const root = new URL(endpoint ?? `https://lambda.${region}.${urlSuffix}`);
  const sign = createSigner('lambda', { region, credentials });
  return async ({ functionName, qualifier, payload, logTail, timeoutMs }) => {
    if (!/^[\w-]{1,64}$/.test(functionName) || (qualifier !== undefined && !/^\w+$/.test(qualifier))) {
      return { kind: 'refused', name: 'ValidationException', says: `${functionName} is no name of a function` };
    }
    const path = `/2015-03-31/functions/${functionName}/invocations`;
    const query = qualifier === undefined ? '' : `Qualifier=${qualifier}`;
    const named = {
      host: root.host,
      'content-type': 'application/json',
      'x-amz-invocation-type': 'RequestResponse',
      'x-amz-log-type': logTail ? 'Tail' : 'None',
    };
    const headers = sign(named, payload, Date.now(), { path, query });
    const url = new URL(query === '' ? path : `${path}?${query}`, root);
    const answer = await exchange(url, { method: 'POST', headers, body: payload, timeoutMs, mostBytes: MOST_BYTES });
    switch (answer.kind) {
      case 'late':
      case 'unusable':
        return { kind: 'unanswered', says: answer.says };
      case 'refused':
      case 'broken':
      case 'unreachable':
        return { kind: 'refused', name: 'NetworkingError', says: answer.says };
      case 'answered':
    }
    const text = answer.body.toString();
    if (answer.status >= 300) {
      const { message, Message } = v.parse(Refusal, text);
      const name = (answer.headers['x-amzn-errortype'] ?? `Status${answer.status}`).replace(/:.*$/, '');
      return { kind: 'refused', name, says: message ?? Message ?? name };
    }
    const functionError = answer.headers['x-amz-function-error'];
    const executedVersion = answer.headers['x-amz-executed-version'];
    return {
      kind: 'answered',
      statusCode: answer.status,
      ...(functionError !== undefined && { functionError }),
      payload: text,
      ...(executedVersion !== undefined && { executedVersion }),
      logTail: Buffer.from(answer.headers['x-amz-log-result'] ?? '', 'base64').toString(),
      durationMs: answer.timings.total,
    };
  };
};
