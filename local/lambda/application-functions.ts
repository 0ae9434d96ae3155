import { setTimeout as wait } from 'node:timers/promises';

/** A version of an application's function: what a handler on Lambda is, but that it prints by what it is given. */
export type ApplicationHandler = (event: unknown, print: (line: string) => void) => unknown;

/** A function of an application that is deployed: its versions, published one after the other, and its aliases. */
export type ApplicationFunction = {
  readonly name: string;
  /** By version, from '1' on. $LATEST is the newest. */
  readonly versions: Readonly<Record<string, ApplicationHandler>>;
  /** Versions by alias, where no deployment says otherwise. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
};

/** What an invocation of a function came to. */
export type Invoked = {
  /** As `$LATEST` or a number. */
  readonly version: string;
  readonly requestId: string;
  /** What it was called by: the alias or version, none for $LATEST. */
  readonly qualifier?: string;
  readonly durationMs: number;
  readonly log: readonly string[];
} & (
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string; readonly trace: readonly string[] }
);

/** A function that is not there, or not in that version. */
export type NotFound = { readonly kind: 'not-found' };

/** Functions of applications, run in this process. */
export type ApplicationFunctions = {
  readonly find: (name: string) => ApplicationFunction | undefined;
  /** Who has how much of an alias's traffic, in per cent, by version; undefined for no alias. */
  readonly weightsOf: (name: string, alias: string) => ReadonlyMap<string, number> | undefined;
  /** Whether there is such a function, in that version or behind that alias. */
  readonly has: (name: string, qualifier?: string) => boolean;
  readonly invoke: (name: string, event: unknown, qualifier?: string) => Promise<Invoked | NotFound>;
};

/** `weightsOf`: what deployments say of an alias. `random` gives numbers from 0 up to 1. */
export const createApplicationFunctions = (options: {
  readonly functions: readonly ApplicationFunction[];
  readonly weightsOf: (name: string, alias: string) => ReadonlyMap<string, number> | undefined;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  readonly onInvoked: (name: string, invoked: Invoked) => void;
}): ApplicationFunctions => {
  const { functions, now, random, newId, onInvoked } = options;
  const find: ApplicationFunctions['find'] = (name) => functions.find((one) => one.name === name);

  const weightsOf: ApplicationFunctions['weightsOf'] = (name, alias) => {
    const deployed = options.weightsOf(name, alias);
    const aliases = find(name)?.aliases ?? {};
    const fixed = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
    return deployed ?? (fixed === undefined ? undefined : new Map([[fixed, 100]]));
  };

  /** The version that a qualifier comes to, and its code. */
  const resolve = (name: string, qualifier: string | undefined) => {
    const versions = find(name)?.versions ?? {};
    const newest = Object.keys(versions).at(-1) ?? '';
    const isLatest = qualifier === undefined || qualifier === '$LATEST';
    const weights = isLatest ? undefined : weightsOf(name, qualifier);
    const number = isLatest ? newest : weights === undefined ? qualifier : drawn(weights, random());
    const handler = Object.hasOwn(versions, number) ? versions[number] : undefined;
    return handler && { handler, version: isLatest ? '$LATEST' : number };
  };

  return {
    find,
    weightsOf,
    has: (name, qualifier) => resolve(name, qualifier) !== undefined,
    invoke: async (name, event, qualifier) => {
      const resolved = resolve(name, qualifier);
      const lambda = find(name);
      if (resolved === undefined || lambda === undefined) {
        return { kind: 'not-found' };
      }
      const { handler, version } = resolved;
      const log: string[] = [];
      const requestId = newId();
      const startedAt = now();
      const result = await run(handler, event, lambda.timeoutMs, (line) => log.push(line));
      const invoked: Invoked = {
        ...result,
        ...{ version, requestId, log },
        durationMs: now() - startedAt,
        ...(qualifier !== undefined && { qualifier }),
      };
      onInvoked(name, invoked);
      return invoked;
    },
  };
};

/** A version, drawn by the weights. */
const drawn = (weights: ReadonlyMap<string, number>, random: number): string => {
  let left = random * 100;
  for (const [version, weight] of weights) {
    left -= weight;
    if (left < 0) {
      return version;
    }
  }
  return [...weights.keys()].at(-1) ?? '';
};

type Result =
  | { readonly kind: 'returned'; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly errorType: string;
      readonly message: string;
      readonly trace: readonly string[];
    };

const run = async (
  handler: ApplicationHandler,
  event: unknown,
  timeoutMs: number,
  print: (line: string) => void,
): Promise<Result> => {
  const over = new AbortController();
  const late = wait(timeoutMs, undefined, { signal: over.signal }).then((): Result => ({
    kind: 'failed',
    errorType: TIMED_OUT,
    message: `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
    trace: [],
  }));
  // What is called off is of no interest to anybody.
  late.catch(() => undefined);
  try {
    // Lambda too takes and gives copies, in JSON.
    const value = Promise.try(() => handler(structuredClone(event), print)).then((told) => ({
      kind: 'returned' as const,
      value: told,
    }));
    return await Promise.race([value, late]);
  } catch (error) {
    const errorType = error instanceof Error ? error.name : 'Error';
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', errorType, message, trace: [`${errorType}: ${message}`] };
  } finally {
    over.abort();
  }
};

/** What a failed invocation has for its payload. */
export const errorPayload = (failed: { errorType: string; message: string; trace?: readonly string[] }): unknown => ({
  errorType: failed.errorType,
  errorMessage: failed.message,
  trace: failed.trace ?? [],
});

/** What Lambda's log says of an invocation, around what the function printed. */
export const logOf = (invoked: Invoked): string => {
  const { requestId, version, durationMs, log } = invoked;
  return [
    `START RequestId: ${requestId} Version: ${version}`,
    ...log,
    ...(invoked.kind === 'failed' ? [errorLine(requestId, invoked)] : []),
    `END RequestId: ${requestId}`,
    `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms\tMemory Size: 128 MB`,
    '',
  ].join('\n');
};

/** As the runtime tells of what was thrown, and Lambda of what took too long. */
const errorLine = (requestId: string, { errorType, message, trace }: Failed): string =>
  errorType === TIMED_OUT
    ? `${requestId} ${message}`
    : `${requestId}\tERROR\tInvoke Error\t${JSON.stringify({ errorType, errorMessage: message, stack: trace })}`;

const TIMED_OUT = 'Sandbox.Timedout';

type Failed = Extract<Invoked, { readonly kind: 'failed' }>;
