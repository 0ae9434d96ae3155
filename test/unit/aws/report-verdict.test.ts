import { describe, expect, it } from 'vitest';
import { createHookedDeployments } from '../../../shared/aws/hooked-deployments.ts';
import { createReportVerdict } from '../../../shared/aws/report-verdict.ts';
import { systemClock } from '../../../shared/system-clock.ts';
import type { Run } from '../../../shared/validation/run.ts';
import { aCheck, aRun } from '../../support/runs.ts';

const HOME = { partition: 'aws', account: '111122223333', region: 'eu-west-1' };

/** Reports a verdict to a CodeDeploy that refuses by this name, or takes it. */
const reported = async (call: Run['call'], action: 'continue' | 'rollback', refusal?: string) => {
  const calls: unknown[] = [];
  const deployments = createHookedDeployments(
    (operation, input) => {
      calls.push([operation, input]);
      return refusal === undefined
        ? Promise.resolve({ status: 'Pending' })
        : Promise.reject(Object.assign(new Error('no'), { name: refusal }));
    },
    HOME,
    systemClock,
  );
  const said = await createReportVerdict(deployments)({ ...aRun([aCheck()]), call }, action);
  return { said, calls };
};

const STEP = { kind: 'bake', weight: 10, step: 1, since: 0 } as const;

describe('the verdict of a step of the traffic', () => {
  it('stops the deployment, and has the version before come back', async () => {
    expect(await reported(STEP, 'rollback')).toEqual({
      said: { kind: 'reported', as: 'done' },
      calls: [['StopDeployment', { deploymentId: 'd-ABCDE1234', autoRollbackEnabled: true }]],
    });
  });

  it('lets it go on by telling nobody', async () => {
    expect(await reported(STEP, 'continue')).toEqual({ said: { kind: 'reported', as: 'done' }, calls: [] });
  });

  it.each([
    ['DeploymentDoesNotExistException', 'CodeDeploy does not know the deployment any more'],
    ['UnsupportedActionForDeploymentTypeException', 'CodeDeploy cannot stop this kind of deployment'],
  ])('is moot where CodeDeploy says %s', async (refusal, says) => {
    expect((await reported(STEP, 'rollback', refusal)).said).toEqual({ kind: 'refused', says });
  });

  it.each([
    {
      how: 'succeeded',
      deployment: { status: 'Succeeded' },
      said: { kind: 'refused', says: 'The deployment had ended before it could be stopped, as Succeeded' },
    },
    {
      how: 'been stopped, with nothing to come back',
      deployment: { status: 'Stopped', rollbackInfo: {} },
      said: { kind: 'refused', says: 'The deployment had ended before it could be stopped, as Stopped' },
    },
    {
      how: 'been stopped by the try before, whose answer was lost',
      deployment: { status: 'Stopped', rollbackInfo: { rollbackDeploymentId: 'd-BACK' } },
      said: { kind: 'reported', as: 'already-so' },
    },
  ])('is told by how the deployment has ended where it has $how (F83)', async ({ deployment, said }) => {
    const deployments = createHookedDeployments(
      (operation) =>
        operation === 'GetDeployment'
          ? Promise.resolve({
              deploymentInfo: { applicationName: 'orders', deploymentGroupName: 'prod', ...deployment },
            })
          : Promise.reject(Object.assign(new Error('no'), { name: 'DeploymentAlreadyCompletedException' })),
      HOME,
      systemClock,
    );
    expect(await createReportVerdict(deployments)({ ...aRun([aCheck()]), call: STEP }, 'rollback')).toEqual(said);
  });

  it.each([
    ['ThrottlingException', false],
    ['AccessDeniedException', true],
  ])('is told again where CodeDeploy says %s', async (refusal, isDenied) => {
    expect((await reported(STEP, 'rollback', refusal)).said).toEqual({
      kind: 'report-failed',
      says: refusal,
      isDenied,
    });
  });
});

describe('the verdict of a hook', () => {
  it('is told by the id of its call', async () => {
    const { calls } = await reported({ kind: 'codedeploy-hook', hookExecutionId: 'h-1' }, 'rollback');
    expect(calls).toEqual([
      [
        'PutLifecycleEventHookExecutionStatus',
        { deploymentId: 'd-ABCDE1234', lifecycleEventHookExecutionId: 'h-1', status: 'Failed' },
      ],
    ]);
  });

  it('is told nobody who comes for it', async () => {
    const { said, calls } = await reported({ kind: 'codepipeline-job', jobId: 'j', turn: 1 }, 'continue');
    expect(said.kind).toBe('report-failed');
    expect(calls).toEqual([]);
  });
});
