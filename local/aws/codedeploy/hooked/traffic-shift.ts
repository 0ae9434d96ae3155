import type { JsonRecord } from '../../../json.ts';

/** One step of a shift of traffic: how much the new version has, in per cent, and from how many minutes on. */
export type ShiftStep = { readonly weight: number; readonly afterMinutes: number };

const canary = (minutes: number): readonly ShiftStep[] => [
  { weight: 10, afterMinutes: 0 },
  { weight: 100, afterMinutes: minutes },
];

const linear = (minutes: number): readonly ShiftStep[] =>
  Array.from({ length: 10 }, (_, step) => ({ weight: (step + 1) * 10, afterMinutes: step * minutes }));

/** All of it, at once. */
export const AT_ONCE: readonly ShiftStep[] = [{ weight: 100, afterMinutes: 0 }];

/**
 * AWS's own deployment configurations, whose names know two plurals.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
 */
const CONFIGS: Readonly<Record<'Lambda' | 'ECS', ReadonlyMap<string, readonly ShiftStep[]>>> = {
  Lambda: new Map<string, readonly ShiftStep[]>([
    ...[5, 10, 15, 30].map((minutes) => [`LambdaCanary10Percent${minutes}Minutes`, canary(minutes)] as const),
    ['LambdaLinear10PercentEvery1Minute', linear(1)] as const,
    ...[2, 3, 10].map((minutes) => [`LambdaLinear10PercentEvery${minutes}Minutes`, linear(minutes)] as const),
    ['LambdaAllAtOnce', AT_ONCE] as const,
  ]),
  ECS: new Map<string, readonly ShiftStep[]>([
    ...[5, 15].map((minutes) => [`ECSCanary10Percent${minutes}Minutes`, canary(minutes)] as const),
    ...[1, 3].map((minutes) => [`ECSLinear10PercentEvery${minutes}Minutes`, linear(minutes)] as const),
    ['ECSAllAtOnce', AT_ONCE] as const,
  ]),
};

/** A deployment configuration of AWS's own as GetDeploymentConfig tells it; undefined for one that is not known. */
export const describeConfig = (config: string): JsonRecord | undefined => {
  for (const platform of ['Lambda', 'ECS'] as const) {
    const shift = shiftOf(config, platform);
    if (shift !== undefined) {
      return {
        deploymentConfigId: '00000000-0000-0000-0000-000000000000',
        deploymentConfigName: config,
        computePlatform: platform,
        trafficRoutingConfig: routingOf(shift),
      };
    }
  }
  return undefined;
};

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TrafficRoutingConfig.html */
const routingOf = (shift: readonly ShiftStep[]): JsonRecord => {
  const [first, second] = shift;
  if (first === undefined || second === undefined) {
    return { type: 'AllAtOnce' };
  }
  return shift.length === 2
    ? {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: first.weight, canaryInterval: second.afterMinutes },
      }
    : {
        type: 'TimeBasedLinear',
        timeBasedLinear: { linearPercentage: first.weight, linearInterval: second.afterMinutes },
      };
};

/** How a deployment configuration shifts traffic; undefined for one that is not known, or of another platform. */
export const shiftOf = (config: string, platform: 'Lambda' | 'ECS'): readonly ShiftStep[] | undefined => {
  const [, name] = /^CodeDeployDefault\.(\w+)$/.exec(config) ?? [];
  return name === undefined ? undefined : CONFIGS[platform].get(name);
};
