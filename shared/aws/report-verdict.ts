import type { Reported } from '../validation/drive-run.ts';
import type { Conclusion, Run } from '../validation/run.ts';
import type { HookedDeployments } from './hooked-deployments.ts';

/** Tells a run's verdict by the door that it was asked for at. Never rejects. */
export const createReportVerdict =
  ({ report, stop }: Pick<HookedDeployments, 'report' | 'stop'>) =>
  ({ rollout, call, hook }: Run, action: Conclusion['action']): Promise<Reported> => {
    switch (call.kind) {
      case 'codedeploy-hook':
        return report({ deploymentId: rollout.executionId, hookExecutionId: call.hookExecutionId }, hook, action);
      case 'bake':
        // It goes on by itself.
        return action === 'continue' ? Promise.resolve({ kind: 'reported', as: 'done' }) : stop(rollout.executionId);
      case 'ecs-hook':
      case 'codepipeline-job':
        return Promise.resolve({ kind: 'report-failed', says: 'the platform comes for it', isDenied: false });
    }
  };
