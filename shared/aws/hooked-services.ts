import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { ServiceDeployment } from '../rollout/rollout.ts';
import { arnOfDeployment } from '../rollout/service-deployment.ts';
import type { EcsHookCall } from '../validation/ecs-hook.ts';
import type { AwsClient } from './aws-client.ts';

/** The deployment of a service whose hook is called, as far as ECS says it. */
export type HookedService = {
  /** Whether it brings back what ran before. */
  readonly isRollback: boolean;
  /** What templates may name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Epoch milliseconds: when the deployment was made, and until when ECS waits for the hook. */
  readonly deployedAt?: number;
  readonly waitsUntil?: number;
};

export type FoundService =
  | { readonly kind: 'found'; readonly hooked: HookedService }
  /** Asking again changes nothing. */
  | { readonly kind: 'unreadable'; readonly says: string };

/** ECS as a hook knows it. `functionArn`: whom it calls. Rejects where asking again may help. */
export type HookedServices = {
  readonly find: (
    rollout: ServiceDeployment,
    call: Pick<EcsHookCall, 'stage' | 'target' | 'production'>,
    functionArn: string,
  ) => Promise<FoundService>;
};

/** The Lambda hooks of ECS services. */
export const createHookedServices = (client: AwsClient): HookedServices => ({
  find: async (rollout, call, functionArn) => {
    try {
      const arn = arnOfDeployment(rollout);
      const told = v.parse(Answer, await client('DescribeServiceDeployments', { serviceDeploymentArns: [arn] }));
      const deployment = told.serviceDeployments.find(({ serviceDeploymentArn }) => serviceDeploymentArn === arn);
      if (deployment === undefined) {
        return { kind: 'unreadable', says: UNKNOWN };
      }
      const isRollback = deployment.status.startsWith('ROLLBACK_') || deployment.rollback?.startedAt !== undefined;
      const { createdAt } = deployment;
      const waitsUntil = expiryOf(deployment, functionArn);
      return {
        kind: 'found',
        hooked: {
          isRollback,
          // What is brought back is waited for by nobody.
          variables: await variablesOf(isRollback ? undefined : client, rollout, call, deployment),
          ...(createdAt !== undefined && { deployedAt: createdAt * 1000 }),
          ...(waitsUntil !== undefined && { waitsUntil }),
        },
      };
    } catch (thrown) {
      const error = asError(thrown);
      const says = UNREADABLE[error.name];
      if (says !== undefined) {
        return { kind: 'unreadable', says };
      }
      throw error;
    }
  },
});

const UNKNOWN = 'ECS does not know the deployment';

const DENIED = 'Gatehouse may not read the deployment: its role lacks a permission';

const UNREADABLE: Readonly<Record<string, string | undefined>> = {
  AccessDeniedException: DENIED,
  AccessDenied: DENIED,
  ServiceDeploymentNotFoundException: UNKNOWN,
  ServiceNotFoundException: UNKNOWN,
  ClusterNotFoundException: UNKNOWN,
  InvalidParameterException: UNKNOWN,
  ValiError: 'ECS says of the deployment what Gatehouse cannot read',
};

const text = v.fallback(v.optional(v.string()), undefined);

/** Seconds since 1970, with a fraction. */
const number = v.fallback(v.optional(v.number()), undefined);

const RevisionSummary = v.object({ arn: text, requestedProductionTrafficWeight: number });

const Hook = v.object({ targetType: text, targetArn: text, status: text, expiresAt: number });

const Deployment = v.object({
  serviceDeploymentArn: v.string(),
  status: v.string(),
  createdAt: number,
  rollback: v.fallback(v.optional(v.object({ startedAt: number })), undefined),
  targetServiceRevision: v.fallback(v.optional(RevisionSummary), undefined),
  sourceServiceRevisions: v.fallback(v.optional(v.array(RevisionSummary), []), []),
  lifecycleHookDetails: v.fallback(v.optional(v.array(Hook), []), []),
});
type Deployment = v.InferOutput<typeof Deployment>;

const Answer = v.object({ serviceDeployments: v.optional(v.array(Deployment), []) });

/** Of several functions that are waited for, ours; where it is not told apart, the one that is given up first. */
const expiryOf = ({ lifecycleHookDetails }: Deployment, functionArn: string): number | undefined => {
  const waiting = lifecycleHookDetails.flatMap(({ targetType, targetArn = '', status, expiresAt }) =>
    targetType === 'AWS_LAMBDA' && status === 'IN_PROGRESS' && expiresAt !== undefined
      ? [{ targetArn, at: expiresAt * 1000 }]
      : [],
  );
  const ours = waiting.filter(({ targetArn }) => unqualified(targetArn) === unqualified(functionArn));
  const moments = (ours.length > 0 ? ours : waiting).map(({ at }) => at);
  return moments.length === 0 ? undefined : Math.min(...moments);
};

/** A function's ARN without the version or the alias that it may name. */
const unqualified = (arn: string): string => arn.split(':').slice(0, 7).join(':');

const variablesOf = async (
  client: AwsClient | undefined,
  rollout: ServiceDeployment,
  { stage, target, production }: Pick<EcsHookCall, 'stage' | 'target' | 'production'>,
  { targetServiceRevision, sourceServiceRevisions }: Deployment,
): Promise<HookedService['variables']> => {
  const next = target ?? targetServiceRevision?.arn;
  const source = sourceServiceRevisions.find(({ arn }) => arn !== undefined && arn !== next)?.arn;
  const weight = (next && production[next]) ?? targetServiceRevision?.requestedProductionTrafficWeight;
  const taskDefinition = client && next && (await taskDefinitionOf(client, next));
  return {
    'deployment.id': rollout.executionId,
    cluster: rollout.cluster,
    service: rollout.service,
    hook: stage,
    region: rollout.region,
    account: rollout.account,
    ...(next !== undefined && { 'new.revision': lastPart(next) }),
    ...(source !== undefined && { 'old.revision': lastPart(source) }),
    ...(weight !== undefined && { 'new.weight': String(weight) }),
    ...(taskDefinition !== undefined && { 'new.taskDefinition': lastPart(taskDefinition) }),
  };
};

/** `42` of a service revision's ARN, `shop:7` of a task definition's. */
const lastPart = (arn: string): string => arn.split('/').at(-1) ?? '';

const Revisions = v.object({
  serviceRevisions: v.optional(v.array(v.object({ serviceRevisionArn: text, taskDefinition: text })), []),
});

/** Where that may not be read, a suite that does not name it can be run all the same. */
const taskDefinitionOf = async (client: AwsClient, arn: string): Promise<string | undefined> => {
  try {
    const told = v.parse(Revisions, await client('DescribeServiceRevisions', { serviceRevisionArns: [arn] }));
    return told.serviceRevisions.find(({ serviceRevisionArn }) => serviceRevisionArn === arn)?.taskDefinition;
  } catch (thrown) {
    const error = asError(thrown);
    if (UNREADABLE[error.name] !== undefined) {
      return undefined;
    }
    throw error;
  }
};
