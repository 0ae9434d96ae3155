import type { Check } from '../validation/suite.ts';
import type { Sample } from '../validation/run.ts';
import type { SecretOf } from './templates.ts';

/** What a probe found, in texts that are not yet redacted and bounded. What a probe throws is an `error`. */
export type Finding = Omit<Sample, 'at' | 'tookMs'> & { readonly redNow?: readonly string[] };

/** What a probe has to go by. */
export type Task = {
  readonly check: Check;
  readonly variables: Readonly<Record<string, string>>;
  /** Epoch milliseconds: now, the begin of the hook, and that of the deployment. */
  readonly now: number;
  readonly since: number;
  readonly deployedAt: number;
  /** Which part this run has of what may go wrong by chance. */
  readonly share: number;
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

/** What all assertions together came to: `told` is about those that do not hold, or else about the first. */
export type Judgement = {
  readonly holds: boolean;
  readonly told: Required<Pick<Sample, 'says' | 'value' | 'expected'>>;
};
