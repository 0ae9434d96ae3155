import { TEN_O_CLOCK } from './rollouts.ts';

export const HOOK_CALL = { deploymentId: 'd-ABCDE1234', hookExecutionId: 'eyJlbmNyeXB0ZWREYXRhIjoi+/=' } as const;

type LifecycleEvent = { readonly name: string; status: string };

type Verdict = { readonly status: string; readonly at: number };

/** CodeDeploy, as far as a hook of one of its deployments knows it. */
export type FakeDeployment = {
  readonly info: Record<string, unknown>;
  readonly events: LifecycleEvent[];
  /** In which order it was told what, and what it took. */
  readonly told: Verdict[];
  readonly taken: Verdict[];
  /** Names of errors that it answers with first, by operation. */
  readonly troubles: Map<string, string[]>;
  readonly answer: (operation: string, input: object, now: number) => unknown;
};

/** A deployment to Lambda whose hook BeforeAllowTraffic was called at ten o'clock. */
export const aHookedDeployment = (
  info: Readonly<Record<string, unknown>> = {},
  hook = 'BeforeAllowTraffic',
): FakeDeployment => {
  const deployment: FakeDeployment = {
    info: {
      applicationName: 'orders',
      deploymentGroupName: 'prod',
      computePlatform: 'Lambda',
      creator: 'user',
      ...info,
    },
    events: [
      { name: 'Start', status: 'Succeeded' },
      { name: hook, status: 'InProgress' },
    ],
    told: [],
    taken: [],
    troubles: new Map(),
    answer: (operation, input, now) => {
      const trouble = deployment.troubles.get(operation)?.shift();
      if (trouble !== undefined) {
        throw Object.assign(new Error('no'), { name: trouble });
      }
      return answerOf(deployment, operation, input, now);
    },
  };
  return deployment;
};

const answerOf = (deployment: FakeDeployment, operation: string, input: object, now: number): unknown => {
  const { info, events, told, taken } = deployment;
  switch (operation) {
    case 'GetDeployment':
      return { deploymentInfo: info };
    case 'ListDeploymentTargets':
      return { targetIds: ['orders'] };
    case 'BatchGetDeploymentTargets': {
      const lifecycleEvents = events.map(({ name, status }) => ({
        lifecycleEventName: name,
        status,
        ...(status === 'InProgress' && { startTime: TEN_O_CLOCK / 1000 }),
      }));
      return { deploymentTargets: [targetOf(info, lifecycleEvents)] };
    }
    case 'PutLifecycleEventHookExecutionStatus': {
      const status = 'status' in input ? String(input.status) : '';
      told.push({ status, at: now });
      const current = events.find((event) => event.status === 'InProgress');
      if (current === undefined || now > TEN_O_CLOCK + 60 * 60_000) {
        throw Object.assign(new Error('no'), { name: 'LifecycleEventAlreadyCompletedException' });
      }
      current.status = status;
      taken.push({ status, at: now });
      return {};
    }
    default:
      throw new Error(`CodeDeploy is not asked for ${operation}`);
  }
};

const targetOf = ({ computePlatform }: Readonly<Record<string, unknown>>, lifecycleEvents: readonly object[]) =>
  computePlatform === 'ECS'
    ? {
        deploymentTargetType: 'ECSTarget',
        ecsTarget: {
          lifecycleEvents,
          taskSetsInfo: [
            { identifer: 'ecs-svc/1', status: 'PRIMARY', taskSetLabel: 'Blue', targetGroup: { name: 'web-blue' } },
            { identifer: 'ecs-svc/2', status: 'ACTIVE', taskSetLabel: 'Green', targetGroup: { name: 'web-green' } },
          ],
        },
      }
    : {
        deploymentTargetType: 'LambdaTarget',
        lambdaTarget: {
          lifecycleEvents,
          lambdaFunctionInfo: {
            functionName: 'orders',
            functionAlias: 'live',
            currentVersion: '1',
            targetVersion: '2',
            targetVersionWeight: 10,
          },
        },
      };
