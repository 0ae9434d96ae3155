import { shareOf } from './run-call.ts';
import type { Effect, Run } from './run.ts';
import type { SampleRequest } from './take-sample.ts';

/** What is to be sampled for a probe that a look at a run has asked for; undefined where the run has no such check. */
export const sampleRequest = (
  { suite, call, checks, variables, deployedAt, startedAt }: Run,
  { check: index, timeoutMs }: Extract<Effect, { readonly kind: 'probe' }>,
): SampleRequest | undefined => {
  const check = suite?.checks[index];
  const redBefore = checks[index]?.redBefore;
  return (
    check && {
      check,
      variables: { ...suite.vars, ...variables },
      // From step to step there is more to see.
      since: call.kind === 'bake' ? call.since : startedAt,
      ...(call.kind === 'bake' && { share: shareOf(call) }),
      ...(deployedAt !== undefined && { deployedAt }),
      ...(redBefore !== undefined && { redBefore }),
      timeoutMs,
    }
  );
};
