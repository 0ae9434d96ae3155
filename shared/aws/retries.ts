import { isThrottlingError, isTransientError, StandardRetryStrategy } from '@smithy/core/retry';

/** What a call has been through so far; nothing as long as it has not failed. */
type Token = Awaited<ReturnType<StandardRetryStrategy['refreshRetryTokenForRetry']>> | undefined;

/** Whether and when a client tries a failed call again: the SDK's own rules, which stop where too much fails. */
export type Retries = {
  /** Waits until the call may be tried again. Rejects with the error when it may not. */
  readonly next: (token: Token, error: unknown) => Promise<Token>;
  readonly succeeded: (token: Token) => void;
};

export const createRetries = async (maxAttempts: number): Promise<Retries> => {
  const strategy = new StandardRetryStrategy(maxAttempts);
  const first = await strategy.acquireInitialRetryToken('');
  return {
    next: async (token = first, error) => {
      if (!isSdkError(error)) {
        throw error;
      }
      const next = strategy.refreshRetryTokenForRetry(token, { error, errorType: errorTypeOf(error) });
      return next.catch(() => {
        throw error;
      });
    },
    succeeded: (token = first) => {
      strategy.recordSuccess(token);
    },
  };
};

type SdkError = Parameters<typeof isTransientError>[0];

/** To the SDK every error is one: it looks at what more it may have. */
const isSdkError = (error: unknown): error is SdkError => error instanceof Error;

const errorTypeOf = (error: SdkError) =>
  isThrottlingError(error) ? 'THROTTLING' : isTransientError(error) ? 'TRANSIENT' : 'CLIENT_ERROR';
