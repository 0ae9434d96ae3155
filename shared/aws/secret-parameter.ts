import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { AwsClient } from './aws-client.ts';

/** A secret from SSM, kept for a while, so that a new one is in use within minutes. */
export type SecretParameter = {
  readonly read: () => Promise<string>;
  /** Has the next `read` ask SSM: the value was not accepted. */
  readonly forget: () => void;
};

const KEPT_MS = 5 * 60_000;

const Found = v.object({ Parameter: v.object({ Value: v.string() }) });

/** Reads a SecureString parameter. Throws when it is missing or empty, and never says what it holds. */
export const createSecretParameter = (ssm: AwsClient, name: string, clock: Pick<Clock, 'now'>): SecretParameter => {
  let kept: { readonly value: Promise<string>; readonly at: number } | undefined;
  const ask = async (): Promise<string> => {
    const found = v.safeParse(Found, await ssm('GetParameter', { Name: name, WithDecryption: true }));
    if (!found.success || found.output.Parameter.Value === '') {
      throw new Error(`The SSM parameter ${name} is empty`);
    }
    return found.output.Parameter.Value;
  };
  return {
    read: async () => {
      if (kept !== undefined && clock.now() - kept.at <= KEPT_MS) {
        return kept.value;
      }
      const asked = { value: ask(), at: clock.now() };
      kept = asked;
      try {
        return await asked.value;
      } catch (error) {
        kept = kept === asked ? undefined : kept;
        throw error;
      }
    },
    forget: () => {
      kept = undefined;
    },
  };
};
