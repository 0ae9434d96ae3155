import * as v from 'valibot';
import { isRecord } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { trafficOf } from './service-state.ts';
import type { LambdaHookState, ServiceDeploymentState } from './service-state.ts';
import { deploymentArn, revisionArn, serviceArn } from './simulated-service.ts';
import type { SimulatedService } from './simulated-service.ts';

/** A function that is to be called for a hook, and which of the calls of that hook it is. */
export type HookCall = {
  readonly deployment: string;
  readonly hook: string;
  readonly call: number;
  readonly functionArn: string;
  readonly payload: JsonRecord;
};

/** What came of a call: what the function returned, or why it returned nothing. */
export type HookAnswer =
  { readonly kind: 'returned'; readonly value: unknown } | { readonly kind: 'failed'; readonly says: string };

/** What a function says of its hook. */
export type HookVerdict =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'in-progress'; readonly delaySeconds: number; readonly details: JsonRecord };

const Returned = v.variant('hookStatus', [
  v.object({ hookStatus: v.literal('SUCCEEDED') }),
  v.object({ hookStatus: v.literal('FAILED') }),
  v.object({
    hookStatus: v.literal('IN_PROGRESS'),
    callBackDelay: v.optional(v.pipe(v.number(), v.minValue(0)), 30),
    hookDetails: v.optional(v.custom<JsonRecord>(isRecord), {}),
  }),
]);

/** Reads what came of a call. To ECS a function that gives no valid answer has failed. */
export const readHookAnswer = (answer: HookAnswer): HookVerdict => {
  const parsed = v.safeParse(Returned, answer.kind === 'returned' ? answer.value : undefined);
  if (!parsed.success) {
    return { kind: 'failed' };
  }
  const { output } = parsed;
  switch (output.hookStatus) {
    case 'SUCCEEDED':
      return { kind: 'succeeded' };
    case 'FAILED':
      return { kind: 'failed' };
    case 'IN_PROGRESS':
      return { kind: 'in-progress', delaySeconds: output.callBackDelay, details: output.hookDetails };
  }
};

/**
 * What a function is called with. Only the stages that move traffic have weights, and the one before production traffic.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
 */
export const hookPayload = (
  service: SimulatedService,
  deployment: ServiceDeploymentState,
  { stage, details }: LambdaHookState,
  executionId: string,
): JsonRecord => {
  const { target, source } = deployment;
  const traffic = trafficOf(service, deployment);
  const weights = (percent: number): JsonRecord => ({
    [revisionArn(service, target)]: percent,
    ...(source !== undefined && { [revisionArn(service, source)]: 100 - percent }),
  });
  const executionDetails = {
    serviceArn: serviceArn(service),
    targetServiceRevisionArn: revisionArn(service, target),
    testTrafficWeights: stage === 'TEST_TRAFFIC_SHIFT' ? weights(traffic.test) : {},
    productionTrafficWeights:
      stage === 'PRE_PRODUCTION_TRAFFIC_SHIFT' || stage === 'PRODUCTION_TRAFFIC_SHIFT'
        ? weights(traffic.production)
        : {},
  };
  return {
    executionId,
    lifecycleStage: stage,
    resourceArn: deploymentArn(service, deployment),
    ...(service.payload === 'flat' ? executionDetails : { executionDetails }),
    ...(details !== undefined && { hookDetails: details }),
  };
};
