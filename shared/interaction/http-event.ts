import * as v from 'valibot';
import type { RawRequest } from './verify-request.ts';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
const HttpEvent = v.object({
  version: v.literal('2.0'),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.string(), ''),
  isBase64Encoded: v.boolean(),
  requestContext: v.object({
    requestId: v.string(),
    timeEpoch: v.number(),
    http: v.object({ method: v.string() }),
  }),
});

/** A request with the name that API Gateway gave it and the time, in epoch milliseconds, at which it came there. */
export type Arrival = {
  readonly request: RawRequest;
  readonly requestId: string;
  readonly at: number;
};

/** Reads what an HTTP API hands over in its payload format 2.0. Throws on anything else: nobody else may call. */
export const readHttpEvent = (event: unknown): Arrival => {
  const { headers, body, isBase64Encoded, requestContext } = v.parse(HttpEvent, event);
  const { requestId, timeEpoch, http } = requestContext;
  return {
    // Forms come in base64. The bytes are what was signed.
    request: { method: http.method, headers, body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') },
    requestId,
    at: timeEpoch,
  };
};
