import type { Check } from '../validation/suite.ts';
import type { Sample, SampleOutcome } from '../validation/run.ts';
import type { SecretOf } from './templates.ts';

/** What a probe found, in texts that are not yet redacted and bounded. What a probe throws is an `error`. */
export type Finding = Omit<Sample, 'at' | 'tookMs'> & { readonly redNow?: readonly string[] };

/** What a probe has to go by. */
export type Task = {
  readonly check: Check;
  readonly variables: Readonly<Record<string, string>>;
  /** Epoch milliseconds: now, and the begin of the hook. */
  readonly now: number;
  readonly since: number;
  readonly redBefore?: readonly string[] | undefined;
  readonly timeoutMs: number;
  /** Aborted when its time is over. */
  readonly signal: AbortSignal;
  readonly secret: SecretOf;
  /** Takes out of a text what was secret in this sample: to be used before the text is cut. */
  readonly conceal: (text: string) => string;
  /** Has `conceal` know one more value. */
  readonly keepSecret: (value: string) => void;
};

/** The worst of what was found counts: a `fail` is never hidden by an `error`. */
export const OUTCOMES_BY_WEIGHT: readonly SampleOutcome[] = ['fail', 'error', 'nodata', 'pass'];
