import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Clock } from '../clock.ts';

/** A secret from SSM, kept for a while, so that a new one is in use within minutes. */
export type SecretParameter = {
  readonly read: () => Promise<string>;
  /** Has the next `read` ask SSM: the value was not accepted. */
  readonly forget: () => void;
};

const KEPT_MS = 5 * 60_000;

/** Reads a SecureString parameter. Throws when it is missing or empty, and never says what it holds. */
export const createSecretParameter = (client: SSMClient, name: string, clock: Pick<Clock, 'now'>): SecretParameter => {
  let kept: { readonly value: string; readonly at: number } | undefined;
  return {
    read: async () => {
      if (kept === undefined || clock.now() - kept.at > KEPT_MS) {
        const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
        if (!Parameter?.Value) {
          throw new Error(`The SSM parameter ${name} is empty`);
        }
        kept = { value: Parameter.Value, at: clock.now() };
      }
      return kept.value;
    },
    forget: () => {
      kept = undefined;
    },
  };
};
