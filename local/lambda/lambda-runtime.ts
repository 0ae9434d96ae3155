import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import { parseJson } from '../json.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** What an invocation came to. A function's error is a value: the caller decides what becomes of the event. */
export type InvocationResult =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string };

/** Runs Lambda functions on this machine. */
export type LambdaRuntime = {
  /** Invokes a function, in a warm environment if one is idle. Waits while the function's concurrency is used up. */
  readonly invoke: (functionName: string, event: unknown) => Promise<InvocationResult>;
  /** The environment variables that a function has; undefined for a function that is not there. */
  readonly environmentOf: (functionName: string) => Readonly<Record<string, string>> | undefined;
  /** How many invocations run or wait. */
  readonly pending: () => number;
  /** Ends the environment that has this session token, in the middle of whatever it does; there may be none. */
  readonly kill: (sessionToken: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** What a new account may run at a time. */
const MAX_CONCURRENCY = 10;

/** What Lambda allows the loading of a function. */
const LOAD_LIMIT_MS = 10_000;

/** Functions allocate little; at the default, ten idle environments would hold half a gigabyte. */
const YOUNG_GENERATION_MB = 8;

const Message = v.variant('kind', [
  v.object({ kind: v.literal('ready') }),
  v.object({ kind: v.literal('result'), json: v.string() }),
  v.object({ kind: v.literal('error'), error: v.object({ errorType: v.string(), errorMessage: v.string() }) }),
]);

type Happening =
  v.InferOutput<typeof Message> | { readonly kind: 'crashed'; readonly message: string } | { readonly kind: 'late' };

/**
 * Runs the functions' bundles below `taskRoot`, each warm environment in a thread of its own with exactly the function's
 * environment variables, which those of `environment` override, and a session token of its own. What functions print goes
 * to `log`.
 */
export const createLambdaRuntime = (options: {
  readonly taskRoot: string;
  readonly functions: readonly LambdaFunction[];
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string, source: string) => void;
}): LambdaRuntime => {
  const pools = new Map(options.functions.map((each) => [each.name, createPool(each, options)] as const));
  return {
    invoke: (functionName, event) =>
      pools.get(functionName)?.invoke(event) ?? Promise.reject(new Error(`There is no function ${functionName}`)),
    environmentOf: (functionName) => {
      const found = options.functions.find(({ name }) => name === functionName);
      return found && environmentOf(found, options.environment);
    },
    pending: () => [...pools.values()].reduce((sum, pool) => sum + pool.pending(), 0),
    kill: async (sessionToken) => {
      await Promise.all([...pools.values()].map((pool) => pool.kill(sessionToken)));
    },
    stop: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
    },
  };
};

type Pool = {
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  readonly pending: () => number;
  readonly kill: (sessionToken: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const createPool = (lambda: LambdaFunction, options: Parameters<typeof createLambdaRuntime>[0]): Pool => {
  const idle: Worker[] = [];
  /** By their session tokens. */
  const alive = new Map<string, Worker>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let stopped = false;

  const start = (): Worker => {
    const sessionToken = randomUUID();
    const worker = new Worker(new URL(import.meta.resolve('./lambda-environment.ts')), {
      env: { ...environmentOf(lambda, options.environment), AWS_SESSION_TOKEN: sessionToken },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: lambda.memoryMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      stdout: true,
      stderr: true,
      workerData: {
        file: resolve(options.taskRoot, `${lambda.file}.js`),
        exported: lambda.exported,
        functionName: lambda.name,
        functionArn: lambda.arn,
        memoryMb: lambda.memoryMb,
      },
    });
    alive.set(sessionToken, worker);
    logLines(worker.stdout, lambda.name, options.log);
    logLines(worker.stderr, lambda.name, options.log);
    // Without a listener an error of a thread would end the process. What it means is seen where a result is awaited.
    worker.on('error', (error) => {
      options.log(describe(error), lambda.name);
    });
    worker.once('exit', () => {
      alive.delete(sessionToken);
      idle.splice(0, idle.length, ...idle.filter((other) => other !== worker));
    });
    return worker;
  };

  const enter = async (): Promise<void> => {
    if (running >= MAX_CONCURRENCY) {
      await new Promise<void>((resolveWait) => waiting.push(resolveWait));
    }
    running += 1;
  };

  const leave = (): void => {
    running -= 1;
    waiting.shift()?.();
  };

  const warm = async (): Promise<Worker | InvocationResult> => {
    const kept = idle.pop();
    if (kept !== undefined) {
      return kept;
    }
    const worker = start();
    const loaded = await next(worker, LOAD_LIMIT_MS);
    if (loaded.kind === 'ready') {
      return worker;
    }
    await worker.terminate();
    return resultOf(loaded, randomUUID(), LOAD_LIMIT_MS / 1000);
  };

  const run = async (event: unknown): Promise<InvocationResult> => {
    if (stopped) {
      return { kind: 'failed', errorType: 'Runtime.ExitError', message: 'The runtime has stopped' };
    }
    const worker = await warm();
    if (!(worker instanceof Worker)) {
      return worker;
    }
    const requestId = randomUUID();
    const limit = lambda.timeoutSeconds * 1000;
    const happening = next(worker, limit);
    worker.postMessage({ requestId, event: JSON.stringify(event), deadline: Date.now() + limit });
    const happened = await happening;
    if (happened.kind === 'late') {
      await worker.terminate();
    } else if (happened.kind !== 'crashed') {
      idle.push(worker);
    }
    return resultOf(happened, requestId, lambda.timeoutSeconds);
  };

  return {
    invoke: async (event) => {
      await enter();
      try {
        return await run(event);
      } finally {
        leave();
      }
    },
    pending: () => running + waiting.length,
    kill: async (sessionToken) => {
      await alive.get(sessionToken)?.terminate();
    },
    stop: async () => {
      stopped = true;
      await Promise.all([...alive.values()].map((worker) => worker.terminate()));
    },
  };
};

/** What Lambda sets for every function, what the template sets for this one, and what is different here. */
const environmentOf = (
  { name, memoryMb, file, exported, environment }: LambdaFunction,
  different: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  _HANDLER: `${file}.${exported}`,
  TZ: ':UTC',
  ...environment,
  ...different,
});

const logLines = (stream: Readable, source: string, log: (line: string, source: string) => void): void => {
  createInterface({ input: stream }).on('line', (line) => {
    log(line, source);
  });
};

/** The next thing that happens to an environment: a message, its end, or nothing for too long. */
const next = (worker: Worker, limitMs: number): Promise<Happening> =>
  new Promise((settle) => {
    const finish = (happening: Happening): void => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      settle(happening);
    };
    const onMessage = (message: unknown): void => {
      finish(v.parse(Message, message));
    };
    const onError = (error: unknown): void => {
      finish({ kind: 'crashed', message: describe(error) });
    };
    const onExit = (): void => {
      finish({ kind: 'crashed', message: 'The environment exited' });
    };
    const timer = setTimeout(() => {
      finish({ kind: 'late' });
    }, limitMs);
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
  });

const resultOf = (happened: Happening, requestId: string, limitSeconds: number): InvocationResult => {
  switch (happened.kind) {
    case 'result':
      return { kind: 'returned', value: parseJson(happened.json) };
    case 'error':
      return { kind: 'failed', errorType: happened.error.errorType, message: happened.error.errorMessage };
    case 'late':
      return {
        kind: 'failed',
        errorType: 'Sandbox.Timedout',
        message: `RequestId: ${requestId} Error: Task timed out after ${limitSeconds.toFixed(2)} seconds`,
      };
    case 'crashed':
    case 'ready':
      return {
        kind: 'failed',
        errorType: 'Runtime.ExitError',
        message: `RequestId: ${requestId} Error: ${happened.kind === 'crashed' ? happened.message : 'Out of order'}`,
      };
  }
};

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
