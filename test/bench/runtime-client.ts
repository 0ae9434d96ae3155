/*
 * What runs a function on Lambda, as far as a cold start is concerned: loads the handler, asks the Runtime API for events
 * and answers them (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). AWS's own, aws-lambda-ric, needs a
 * native build and a hundred packages. It imports nothing but Node's own modules, as what it loads is what is measured.
 */
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

type Answer = { readonly headers: Readonly<Record<string, unknown>>; readonly body: string };

const API = `http://${process.env['AWS_LAMBDA_RUNTIME_API'] ?? ''}/2018-06-01/runtime`;

const call = (method: string, path: string, body = ''): Promise<Answer> =>
  new Promise((settle, fail) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(`${API}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        settle({ headers: response.headers, body: text });
      });
    });
    asked.on('error', fail);
    asked.end(body);
  });

const describe = (error: unknown): string =>
  JSON.stringify(
    error instanceof Error
      ? { errorType: error.name, errorMessage: error.message, stackTrace: (error.stack ?? '').split('\n') }
      : { errorType: 'Error', errorMessage: String(error), stackTrace: [] },
  );

type Handler = (event: unknown, context: unknown) => unknown;

const isHandler = (value: unknown): value is Handler => typeof value === 'function';

const load = (): Handler => {
  const [, file = '', name = ''] = /^(.*)\.(\w+)$/.exec(process.env['_HANDLER'] ?? '') ?? [];
  const path = resolve(process.env['LAMBDA_TASK_ROOT'] ?? '', `${file}.js`);
  const loaded: unknown = createRequire(path)(path);
  const handler: unknown = typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, name) : undefined;
  if (!isHandler(handler)) {
    throw new Error(`${path} has no function ${name}`);
  }
  return handler;
};

const run = async (): Promise<void> => {
  let handler: Handler;
  try {
    handler = load();
  } catch (error) {
    await call('POST', '/init/error', describe(error));
    throw error;
  }
  for (;;) {
    const { headers, body } = await call('GET', '/invocation/next');
    const awsRequestId = String(headers['lambda-runtime-aws-request-id']);
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    const context = {
      awsRequestId,
      functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
      functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
      getRemainingTimeInMillis: () => deadline - Date.now(),
    };
    try {
      const result = await handler(JSON.parse(body), context);
      await call('POST', `/invocation/${awsRequestId}/response`, JSON.stringify(result ?? null));
    } catch (error) {
      await call('POST', `/invocation/${awsRequestId}/error`, describe(error));
    }
  }
};

void run();
