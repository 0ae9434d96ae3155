import { TEN_O_CLOCK } from './rollouts.ts';

/** CodeDeploy, as far as it tells of one deployment to Lambda whose traffic moves from ten o'clock on. */
export type FakeTraffic = {
  readonly info: Record<string, unknown>;
  /** When it was told to stop, and when it did, with the weight then. */
  readonly told: number[];
  readonly stopped: { readonly at: number; readonly weight: number }[];
  readonly weightAt: (now: number) => number;
  /** Names of errors that it answers with first, by operation. */
  readonly troubles: Map<string, string[]>;
  readonly answer: (operation: string, input: object, now: number) => unknown;
};

export const DEPLOYMENT = 'd-ABCDE1234';

/** It takes so long to begin, and with its end once all has moved. */
const BEGINS_MS = 5_000;
const ENDS_MS = 3_000;

const no = (name: string): Error => Object.assign(new Error('no'), { name });

/** Traffic that rests for `everyMs` at each `percentage`; `info`: what GetDeployment tells besides. */
export const movingTraffic = (
  percentage: number,
  everyMs: number,
  info: Readonly<Record<string, unknown>> = {},
): FakeTraffic => {
  const rests = Math.ceil(100 / percentage) - 1;
  const movedAt = TEN_O_CLOCK + BEGINS_MS + rests * everyMs;
  const unstopped = (now: number): number =>
    now < TEN_O_CLOCK + BEGINS_MS
      ? 0
      : Math.min(100, percentage * (1 + Math.floor((now - TEN_O_CLOCK - BEGINS_MS) / everyMs)));
  const traffic: FakeTraffic = {
    info: {
      applicationName: 'orders',
      deploymentGroupName: 'prod',
      deploymentConfigName: 'Linear',
      computePlatform: 'Lambda',
      creator: 'user',
      createTime: TEN_O_CLOCK / 1000,
      ...info,
    },
    told: [],
    stopped: [],
    weightAt: (now) => unstopped(Math.min(now, traffic.stopped[0]?.at ?? now)),
    troubles: new Map(),
    answer: (operation, _input, now) => {
      const trouble = traffic.troubles.get(operation)?.shift();
      if (trouble !== undefined) {
        throw no(trouble);
      }
      const isStopped = traffic.stopped.length > 0;
      const isOver = isStopped || now >= movedAt + ENDS_MS;
      switch (operation) {
        case 'GetDeployment':
          return {
            deploymentInfo: {
              status: isStopped ? 'Stopped' : isOver ? 'Succeeded' : 'InProgress',
              ...(isStopped && { rollbackInfo: { rollbackDeploymentId: 'd-BACK' } }),
              ...traffic.info,
            },
          };
        case 'ListDeploymentTargets':
          return { targetIds: ['orders'] };
        case 'BatchGetDeploymentTargets': {
          const weight = traffic.weightAt(now);
          const status = weight === 0 ? 'Pending' : isStopped ? 'Failed' : isOver ? 'Succeeded' : 'InProgress';
          return {
            deploymentTargets: [
              {
                deploymentTargetType: 'LambdaTarget',
                lambdaTarget: {
                  lifecycleEvents: [
                    {
                      lifecycleEventName: 'AllowTraffic',
                      status,
                      ...(weight > 0 && { startTime: (TEN_O_CLOCK + BEGINS_MS) / 1000 }),
                    },
                  ],
                  lambdaFunctionInfo: {
                    functionName: 'orders',
                    functionAlias: 'live',
                    currentVersion: '1',
                    targetVersion: '2',
                    targetVersionWeight: weight,
                  },
                },
              },
            ],
          };
        }
        case 'GetDeploymentConfig':
          return {
            deploymentConfigInfo: {
              trafficRoutingConfig:
                percentage === 100
                  ? { type: 'AllAtOnce' }
                  : {
                      type: 'TimeBasedLinear',
                      timeBasedLinear: { linearPercentage: percentage, linearInterval: everyMs / 60_000 },
                    },
            },
          };
        case 'StopDeployment':
          traffic.told.push(now);
          if (isOver) {
            throw no('DeploymentAlreadyCompletedException');
          }
          traffic.stopped.push({ at: now, weight: traffic.weightAt(now) });
          return { status: 'Pending' };
        default:
          throw new Error(`CodeDeploy is not asked for ${operation}`);
      }
    },
  };
  return traffic;
};
