import { redact } from '../../shared/redact.ts';

/** What came of a question to AWS. That something is missing, or may not be asked, is an answer. */
export type Answer<Value> =
  | { readonly kind: 'told'; readonly value: Value }
  | { readonly kind: 'missing' }
  /** The IAM action that the caller lacks. */
  | { readonly kind: 'denied'; readonly action: string }
  | { readonly kind: 'unreachable'; readonly host: string; readonly because: string }
  /** AWS's name for the error and its words, without secrets. */
  | { readonly kind: 'refused'; readonly error: string };

const MISSING: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'ParameterNotFound',
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
  'NotFound',
  'NotFoundException',
  'NoSuchEntity',
  'NoSuchEntityException',
]);

const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'NotAuthorized',
  'UnauthorizedOperation',
]);

const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
  'AbortError',
]);

/** Nothing is waited for any longer, retries included. */
const LONGEST_MS = 12_000;

/** Asks AWS. `action` is the IAM action it takes, `host` where the question goes. Never rejects, and never waits long. */
export const ask = async <Value>(
  { action, host }: { readonly action: string; readonly host: string },
  send: () => Promise<Value>,
): Promise<Answer<Value>> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer<Value>>((resolve) => {
    timer = setTimeout(() => {
      resolve({ kind: 'unreachable', host, because: `no answer within ${LONGEST_MS / 1000} s` });
    }, LONGEST_MS);
  });
  const told = send().then(
    (value): Answer<Value> => ({ kind: 'told', value }),
    (error: unknown) => answerOfError(error, action, host),
  );
  try {
    return await Promise.race([told, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Sorts what an AWS client throws. */
const answerOfError = (error: unknown, action: string, host: string): Answer<never> => {
  if (!(error instanceof Error)) {
    return { kind: 'refused', error: 'an error without a name' };
  }
  if (MISSING.has(error.name)) {
    return { kind: 'missing' };
  }
  if (DENIED.has(error.name)) {
    // AWS says which action it was: reading a SecureString may fail for the key's sake.
    const [, told] = /not authorized to perform:? ([a-z0-9-]+:\w+)/i.exec(error.message) ?? [];
    return { kind: 'denied', action: told ?? action };
  }
  const code = networkCodeOf(error);
  return code === undefined
    ? { kind: 'refused', error: redact(`${error.name}: ${error.message}`).slice(0, 300) }
    : { kind: 'unreachable', host, because: code };
};

/** Why the network failed; undefined when it did not. Clients wrap errors, the network's own may be several. */
export const networkCodeOf = (error: unknown, depth = 0): string | undefined => {
  if (!(error instanceof Error) || depth > 4) {
    return undefined;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (UNREACHABLE.has(code) || code.startsWith('UND_ERR') || code.startsWith('CERT_') || code.includes('SELF_SIGNED')) {
    return code;
  }
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return inner.map((each) => networkCodeOf(each, depth + 1)).find((each) => each !== undefined);
};
