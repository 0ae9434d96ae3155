import type { Sample } from './run.ts';
import type { Check } from './suite.ts';

/** What a sample is taken of, and by whom its time is measured. */
export type SampleRequest = {
  readonly check: Check;
  /** What templates may name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Epoch milliseconds of the begin of the hook; of a bake that of the traffic. */
  readonly since: number;
  /** Which part it has of what may go wrong by chance: a bake is looked at step by step. Left out: all of it. */
  readonly share?: number;
  /** Epoch milliseconds of the begin of the deployment: nothing before it is its fault. Left out: that of the hook. */
  readonly deployedAt?: number;
  /** Alarms that were red when the run began; undefined with the first sample, which finds that out. */
  readonly redBefore?: readonly string[];
  readonly timeoutMs: number;
};

export type SampleTaken = {
  readonly sample: Sample;
  /** Of an `alarms` check: those that are red now. */
  readonly redNow?: readonly string[];
};

/**
 * Takes one sample of a check; never rejects, whatever happens is in the sample. Approvals are no samples: people are asked
 * elsewhere.
 */
export type TakeSample = (request: SampleRequest) => Promise<SampleTaken>;
