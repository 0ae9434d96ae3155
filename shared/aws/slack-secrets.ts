import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { AwsClient } from './aws-client.ts';

/** What lets us trust Slack, and Slack us. */
export type SlackSecrets = {
  /** What Slack signs with; two while one takes the other's place. */
  readonly signing: readonly string[];
  /** The bot's token. */
  readonly token: string;
};

const KEPT_MS = 5 * 60_000;

/** What is known serves as long as SSM takes longer, and when it failed, until it is asked again. */
const PATIENCE_MS = 500;
const AGAIN_MS = 30_000;

const Found = v.object({ Parameters: v.array(v.object({ Name: v.string(), Value: v.string() })) });

/**
 * Reads the SecureStrings in one call and keeps them for five minutes; what was read last outlasts trouble with SSM. The
 * parameter of the previous signing secret need not be there. `until` is in epoch milliseconds; rejects when there is
 * nothing by then. Says of no secret what it holds.
 */
export const createSlackSecrets = (
  ssm: AwsClient,
  names: { readonly signing: string; readonly previous: string; readonly token: string },
  clock: Pick<Clock, 'now'>,
): ((until: number) => Promise<SlackSecrets>) => {
  let kept: { readonly secrets: SlackSecrets; readonly again: number } | undefined;
  let asked: Promise<SlackSecrets> | undefined;

  const ask = async (forMs: number): Promise<SlackSecrets> => {
    const Names = [names.signing, names.previous, names.token];
    const signal = AbortSignal.timeout(Math.max(1, forMs));
    const { Parameters } = v.parse(Found, await ssm('GetParameters', { Names, WithDecryption: true }, signal));
    const valueOf = (name: string): string | undefined => Parameters.find(({ Name }) => Name === name)?.Value;
    const needed = (name: string): string => {
      const value = valueOf(name);
      if (!value) {
        throw new Error(`The SSM parameter ${name} is missing or empty`);
      }
      return value;
    };
    const previous = valueOf(names.previous);
    return { signing: [needed(names.signing), ...(previous ? [previous] : [])], token: needed(names.token) };
  };

  const refresh = async (forMs: number): Promise<SlackSecrets> => {
    const secrets = await ask(forMs);
    kept = { secrets, again: clock.now() + KEPT_MS };
    return secrets;
  };

  return async (until) => {
    if (kept !== undefined && clock.now() < kept.again) {
      return kept.secrets;
    }
    // Asked for before it was needed. A freeze in between may have spoilt that.
    const early = await asked?.catch(() => undefined);
    if (early !== undefined) {
      return early;
    }
    const known = kept;
    const left = until - clock.now();
    try {
      asked = refresh(known === undefined ? left : Math.min(left, PATIENCE_MS));
      return await asked;
    } catch (error) {
      if (known === undefined) {
        throw error;
      }
      kept = { ...known, again: clock.now() + AGAIN_MS };
      return known.secrets;
    } finally {
      asked = undefined;
    }
  };
};
