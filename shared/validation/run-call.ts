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
