import type { RunCall } from './run.ts';

/** Whether the platform comes for the verdict by itself, again and again: it is told nothing in between. */
export const comesAgain = ({ kind }: RunCall): boolean => kind === 'ecs-hook' || kind === 'codepipeline-job';

/** A call without what it is told with: nobody needs that once it is over. */
export const withoutKeys = (call: RunCall): RunCall => {
  switch (call.kind) {
    case 'codedeploy-hook':
      return { ...call, hookExecutionId: '' };
    case 'ecs-hook':
      return { ...call, executionId: '' };
    case 'codepipeline-job':
      return { ...call, jobId: '' };
    case 'bake':
      return call;
  }
};

/**
 * Which part a run has of what may go wrong by chance: the steps of a bake have it together, all of them alike. Where nobody
 * knows how many there will be each has less than the one before, and the sum of them all is 1.
 */
export const shareOf = (call: RunCall): number => {
  if (call.kind !== 'bake') {
    return 1;
  }
  const { step, of } = call;
  return of === undefined ? 1 / (step * (step + 1)) : 1 / of;
};
