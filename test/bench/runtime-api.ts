import { randomUUID } from 'node:crypto';
import { readBody, startLoopbackServer } from '../../local/loopback-server.ts';

/** Lambda's Runtime API for one execution environment, which gets one event and then waits. */
export type RuntimeApi = {
  /** What AWS_LAMBDA_RUNTIME_API has. */
  readonly address: string;
  /** The function's answer. Rejects with what the function or its loading said instead. */
  readonly response: Promise<string>;
  readonly close: () => Promise<void>;
};

const MOST_BYTES = 6 * 1024 * 1024;

const TIMEOUT_MS = 30_000;

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export const startRuntimeApi = async (event: unknown): Promise<RuntimeApi> => {
  const requestId = randomUUID();
  const { promise: response, resolve, reject } = Promise.withResolvers<string>();
  let isHandedOut = false;
  const server = await startLoopbackServer({
    port: 0,
    purpose: 'the Runtime API',
    onRequest: (request, answer) => {
      const path = (request.url ?? '').replace('/2018-06-01/runtime', '');
      if (path === '/invocation/next') {
        // The second time it stays without an answer: that environment is frozen.
        if (!isHandedOut) {
          isHandedOut = true;
          answer.writeHead(200, {
            'content-type': 'application/json',
            'lambda-runtime-aws-request-id': requestId,
            'lambda-runtime-deadline-ms': String(Date.now() + TIMEOUT_MS),
            'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:bench',
            'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0',
          });
          answer.end(JSON.stringify(event));
        }
        return;
      }
      void readBody(request, MOST_BYTES).then((body) => {
        answer.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
        const text = body?.toString('utf8') ?? '';
        if (path === `/invocation/${requestId}/response`) {
          resolve(text);
        } else {
          reject(new Error(`The function failed: ${text.slice(0, 1000)}`));
        }
      });
    },
  });
  return { address: `127.0.0.1:${server.port}`, response, close: server.close };
};
