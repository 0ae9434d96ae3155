/* Runs inside a worker thread: one warm execution environment of a Lambda function. */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';

const Data = v.object({
  /** The bundled file, absolute, and the name of its export. */
  file: v.string(),
  exported: v.string(),
  functionName: v.string(),
  functionArn: v.string(),
  memoryMb: v.number(),
});

const Invocation = v.object({ requestId: v.string(), event: v.string(), deadline: v.number() });

const { file, exported, functionName, functionArn, memoryMb } = v.parse(Data, workerData);

const Handler = v.pipe(
  v.function(),
  v.check((handler) => handler.length <= 2, 'takes a callback, which Node 24 on Lambda refuses'),
);

const loadHandler = (): ((event: unknown, context: unknown) => unknown) => {
  const loaded: unknown = createRequire(file)(file);
  return v.parse(v.looseObject({ [exported]: Handler }), loaded)[exported] ?? (() => undefined);
};

const contextOf = (requestId: string, deadline: number): unknown => ({
  awsRequestId: requestId,
  callbackWaitsForEmptyEventLoop: true,
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: functionArn,
  memoryLimitInMB: String(memoryMb),
  logGroupName: `/aws/lambda/${functionName}`,
  logStreamName: 'local',
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
});

const describe = (error: unknown): unknown =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: 'Error', errorMessage: String(error), trace: [] };

const handler = loadHandler();
parentPort?.postMessage({ kind: 'ready' });

parentPort?.on('message', (message: unknown) => {
  const { requestId, event, deadline } = v.parse(Invocation, message);
  Promise.try(() => handler(JSON.parse(event), contextOf(requestId, deadline))).then(
    // Lambda too answers in JSON: what JSON cannot hold does not come through.
    (result) => parentPort?.postMessage({ kind: 'result', json: JSON.stringify(result ?? null) }),
    (error: unknown) => parentPort?.postMessage({ kind: 'error', error: describe(error) }),
  );
});
