import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { Clock } from '../clock.ts';
import type { Deployment } from '../rollout/rollout.ts';
import type { HookCall } from '../validation/run-id.ts';
import type { Reported } from '../validation/drive-run.ts';
import type { Conclusion } from '../validation/run.ts';
import { CODEDEPLOY_HOOKS } from '../validation/suite.ts';
import type { Hook, ValidationPlatform } from '../validation/suite.ts';
import type { AwsClient } from './aws-client.ts';

type CodeDeployPlatform = Extract<ValidationPlatform, `codedeploy-${string}`>;

/** What calls a hook, as far as CodeDeploy says it. */
export type Hooked = {
  readonly platform: CodeDeployPlatform | 'unknown';
  readonly rollout: Deployment;
  readonly hook?: Hook;
  /** Why the hook is not known. */
  readonly unknown?: string;
  /** Why nothing may hold it up: it brings back what ran before. */
  readonly rollback?: string;
  /** What templates may name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Epoch milliseconds: when the deployment was made, and since when CodeDeploy waits. */
  readonly deployedAt?: number;
  readonly since?: number;
};

export type FoundOut =
  | { readonly kind: 'found'; readonly hooked: Hooked }
  /** Asking again changes nothing. */
  | { readonly kind: 'unreadable'; readonly says: string };

/** CodeDeploy as a hook knows it. */
export type HookedDeployments = {
  /**
   * Finds out what calls. What is not shown yet is asked for again until `until` (epoch milliseconds); `isDone` tells of a
   * hook whether it had its verdict before, which CodeDeploy may show late. Rejects where asking again may help.
   */
  readonly find: (
    deploymentId: string,
    until: number,
    isDone: (rollout: Deployment, hook: Hook) => Promise<boolean>,
  ) => Promise<FoundOut>;
  /** Tells the verdict of a hook. Never rejects. */
  readonly report: (call: HookCall, hook: string | undefined, action: Conclusion['action']) => Promise<Reported>;
  /** Stops a deployment, and has what ran before come back. Never rejects. */
  readonly stop: (deploymentId: string) => Promise<Reported>;
};

export type Home = { readonly partition: string; readonly account: string; readonly region: string };

/** Between two looks at what is not shown yet. */
const AGAIN_MS = 1_500;

/** The hooks of CodeDeploy's deployments to Lambda and ECS. */
export const createHookedDeployments = (client: AwsClient, home: Home, clock: Clock): HookedDeployments => ({
  find: async (deploymentId, until, isDone) => {
    try {
      const deployment = await readDeployment(client, deploymentId);
      const rollout: Deployment = {
        source: 'codedeploy',
        ...home,
        application: deployment.applicationName,
        group: deployment.deploymentGroupName,
        executionId: deploymentId,
      };
      const rollback = rollbackOf(deployment);
      let seen = await see(client, deploymentId, rollout, isDone);
      while (seen.hook === undefined && rollback === undefined && clock.now() + AGAIN_MS <= until) {
        await clock.sleep(AGAIN_MS);
        seen = await see(client, deploymentId, rollout, isDone);
      }
      const { hook, says, targets } = seen;
      const target = targets[0];
      return {
        kind: 'found',
        hooked: {
          platform: target?.platform ?? PLATFORM_OF[deployment.computePlatform ?? ''] ?? 'unknown',
          rollout,
          ...(hook === undefined ? { unknown: says } : { hook: hook.name }),
          ...(rollback !== undefined && { rollback }),
          ...(deployment.createTime !== undefined && { deployedAt: deployment.createTime * 1000 }),
          ...(hook?.since !== undefined && { since: hook.since }),
          variables: {
            'deployment.id': deploymentId,
            application: rollout.application,
            group: rollout.group,
            ...(hook !== undefined && { hook: hook.name }),
            region: home.region,
            account: home.account,
            ...target?.variables,
          },
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

  report: async ({ deploymentId, hookExecutionId }, hook, action) => {
    const status = STATUS_OF[action];
    try {
      await client('PutLifecycleEventHookExecutionStatus', {
        deploymentId,
        lifecycleEventHookExecutionId: hookExecutionId,
        status,
      });
      return { kind: 'reported', as: 'done' };
    } catch (thrown) {
      const error = asError(thrown);
      if (error.name === 'LifecycleEventAlreadyCompletedException') {
        return completedAs(client, deploymentId, hook, status);
      }
      const says = REFUSED[error.name];
      return says === undefined
        ? { kind: 'report-failed', says: error.name, isDenied: isDenied(error) }
        : { kind: 'refused', says };
    }
  },

  stop: async (deploymentId) => {
    try {
      await client('StopDeployment', { deploymentId, autoRollbackEnabled: true });
      return { kind: 'reported', as: 'done' };
    } catch (thrown) {
      const error = asError(thrown);
      if (error.name === 'DeploymentAlreadyCompletedException') {
        return stoppedAs(client, deploymentId);
      }
      const says = NOT_STOPPED[error.name];
      return says === undefined
        ? { kind: 'report-failed', says: error.name, isDenied: isDenied(error) }
        : { kind: 'refused', says };
    }
  },
});

const isDenied = ({ name }: Error): boolean => name === 'AccessDeniedException' || name === 'AccessDenied';

const UNREADABLE: Readonly<Record<string, string | undefined>> = {
  AccessDeniedException: 'Gatehouse may not read the deployment: its role lacks a permission',
  AccessDenied: 'Gatehouse may not read the deployment: its role lacks a permission',
  DeploymentDoesNotExistException: 'CodeDeploy does not know the deployment',
  InvalidDeploymentIdException: 'CodeDeploy does not know the deployment',
  ValiError: 'CodeDeploy says of the deployment what Gatehouse cannot read',
};

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html */
const REFUSED: Readonly<Record<string, string | undefined>> = {
  DeploymentDoesNotExistException: 'CodeDeploy does not know the deployment any more',
  InvalidDeploymentIdException: 'CodeDeploy does not know the deployment',
  InvalidLifecycleEventHookExecutionIdException: 'CodeDeploy does not know this call of the hook',
  UnsupportedActionForDeploymentTypeException: 'CodeDeploy takes no verdict for this kind of deployment',
};

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_StopDeployment.html */
const NOT_STOPPED: Readonly<Record<string, string | undefined>> = {
  DeploymentDoesNotExistException: 'CodeDeploy does not know the deployment any more',
  DeploymentGroupDoesNotExistException: 'CodeDeploy does not know the deployment group any more',
  InvalidDeploymentIdException: 'CodeDeploy does not know the deployment',
  UnsupportedActionForDeploymentTypeException: 'CodeDeploy cannot stop this kind of deployment',
};

const STATUS_OF = { continue: 'Succeeded', rollback: 'Failed' } as const;

const PLATFORM_OF: Readonly<Record<string, CodeDeployPlatform | undefined>> = {
  Lambda: 'codedeploy-lambda',
  ECS: 'codedeploy-ecs',
};

const text = v.fallback(v.optional(v.string()), undefined);
const number = v.fallback(v.optional(v.number()), undefined);

const Answer = v.object({
  deploymentInfo: v.object({
    applicationName: v.string(),
    deploymentGroupName: v.string(),
    deploymentConfigName: text,
    computePlatform: text,
    status: text,
    creator: text,
    createTime: v.fallback(v.optional(v.number()), undefined),
    rollbackInfo: v.fallback(
      v.optional(v.object({ rollbackTriggeringDeploymentId: text, rollbackDeploymentId: text })),
      undefined,
    ),
  }),
});

type DeploymentInfo = v.InferOutput<typeof Answer>['deploymentInfo'];

/** A deployment as CodeDeploy tells it. Rejects where it does not. */
export const readDeployment = async (client: AwsClient, deploymentId: string): Promise<DeploymentInfo> =>
  v.parse(Answer, await client('GetDeployment', { deploymentId })).deploymentInfo;

/** Why nothing may hold a deployment up: it brings back what ran before. Undefined: it does not. */
export const rollbackOf = ({ creator = '', rollbackInfo }: DeploymentInfo): string | undefined => {
  const failed = rollbackInfo?.rollbackTriggeringDeploymentId;
  if (failed !== undefined && failed !== '') {
    return `it brings back what ran before ${failed}`;
  }
  return creator === 'codeDeployRollback' || creator === 'CloudFormationRollback'
    ? `it was made by ${creator}`
    : undefined;
};

const Targets = v.object({ targetIds: v.optional(v.array(v.string()), []) });

const LifecycleEvents = v.optional(
  v.array(v.object({ lifecycleEventName: text, status: text, startTime: number })),
  [],
);

const TaskSets = v.optional(
  v.array(
    v.object({
      identifer: text,
      status: text,
      taskSetLabel: text,
      targetGroup: v.fallback(v.optional(v.object({ name: text })), undefined),
    }),
  ),
  [],
);

const Described = v.object({
  deploymentTargets: v.optional(
    v.array(
      v.object({
        lambdaTarget: v.optional(
          v.object({
            lifecycleEvents: LifecycleEvents,
            lambdaFunctionInfo: v.optional(
              v.object({
                functionName: text,
                functionAlias: text,
                currentVersion: text,
                targetVersion: text,
                targetVersionWeight: number,
              }),
            ),
          }),
        ),
        ecsTarget: v.optional(v.object({ lifecycleEvents: LifecycleEvents, taskSetsInfo: TaskSets })),
      }),
    ),
    [],
  ),
});

type DescribedTarget = v.InferOutput<typeof Described>['deploymentTargets'][number];

/** What a deployment goes to, with its lifecycle events. */
export type Target = {
  readonly platform: CodeDeployPlatform;
  readonly events: v.InferOutput<typeof LifecycleEvents>;
  readonly variables: Readonly<Record<string, string>>;
};

/** CodeDeploy takes so many ids at a time; a deployment to Lambda or ECS has one target. */
const MOST_TARGETS = 25;

/** What a deployment goes to: no targets as long as it has not begun. */
export const readTargets = async (client: AwsClient, deploymentId: string): Promise<readonly Target[]> => {
  try {
    const { targetIds } = v.parse(Targets, await client('ListDeploymentTargets', { deploymentId }));
    if (targetIds.length === 0) {
      return [];
    }
    const asked = { deploymentId, targetIds: targetIds.slice(0, MOST_TARGETS) };
    return v.parse(Described, await client('BatchGetDeploymentTargets', asked)).deploymentTargets.flatMap(targetOf);
  } catch (error) {
    if (asError(error).name === 'DeploymentNotStartedException') {
      return [];
    }
    throw error;
  }
};

const targetOf = ({ lambdaTarget, ecsTarget }: DescribedTarget): readonly Target[] => {
  if (lambdaTarget !== undefined) {
    const { functionName, functionAlias, currentVersion, targetVersion, targetVersionWeight } =
      lambdaTarget.lambdaFunctionInfo ?? {};
    return [
      {
        platform: 'codedeploy-lambda',
        events: lambdaTarget.lifecycleEvents,
        variables: told({
          'function.name': functionName,
          'function.alias': functionAlias,
          'old.version': currentVersion,
          'new.version': targetVersion,
          'new.weight': targetVersionWeight?.toString(),
        }),
      },
    ];
  }
  if (ecsTarget !== undefined) {
    const { taskSetsInfo } = ecsTarget;
    // CodeDeploy's labels stay where they are when the traffic moves; what is primary does not.
    const isLabelled = taskSetsInfo.some(({ taskSetLabel }) => taskSetLabel === 'Green');
    const older = taskSetsInfo.find(({ taskSetLabel, status }) =>
      isLabelled ? taskSetLabel === 'Blue' : status === 'PRIMARY',
    );
    const newer = taskSetsInfo.find(({ taskSetLabel, status }) =>
      isLabelled ? taskSetLabel === 'Green' : status === 'ACTIVE',
    );
    return [
      {
        platform: 'codedeploy-ecs',
        events: ecsTarget.lifecycleEvents,
        variables: told({
          'old.taskSet': older?.identifer,
          'new.taskSet': newer?.identifer,
          'old.targetGroup': older?.targetGroup?.name,
          'new.targetGroup': newer?.targetGroup?.name,
        }),
      },
    ];
  }
  return [];
};

const told = (all: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );

type Seen = {
  readonly hook?: { readonly name: Hook; readonly since?: number };
  /** Why there is no hook. */
  readonly says: string;
  readonly targets: readonly Target[];
};

const see = async (
  client: AwsClient,
  deploymentId: string,
  rollout: Deployment,
  isDone: (rollout: Deployment, hook: Hook) => Promise<boolean>,
): Promise<Seen> => {
  const targets = await readTargets(client, deploymentId);
  const inProgress = targets.flatMap(({ events }) =>
    events.flatMap(({ lifecycleEventName, status, startTime }) => {
      const name = CODEDEPLOY_HOOKS.find((hook) => hook === lifecycleEventName);
      return name === undefined || status !== 'InProgress' ? [] : [{ name, startTime }];
    }),
  );
  const [hook] = inProgress;
  const names = [...new Set(inProgress.map(({ name }) => name))];
  if (hook === undefined) {
    return { says: 'CodeDeploy does not say which hook it is: none is in progress', targets };
  }
  if (names.length > 1) {
    return { says: `CodeDeploy does not say which hook it is: ${names.join(' and ')} are in progress`, targets };
  }
  if (await isDone(rollout, hook.name)) {
    return { says: `CodeDeploy says that it is ${hook.name}, which has its verdict`, targets };
  }
  return {
    hook: { name: hook.name, ...(hook.startTime !== undefined && { since: hook.startTime * 1000 }) },
    says: '',
    targets,
  };
};

/** It is over: whoever stopped it, what ran before may be on its way back. */
const stoppedAs = async (client: AwsClient, deploymentId: string): Promise<Reported> => {
  try {
    const { status = '', rollbackInfo } = await readDeployment(client, deploymentId);
    const back = rollbackInfo?.rollbackDeploymentId ?? '';
    return back === ''
      ? { kind: 'refused', says: `The deployment had ended before it could be stopped, as ${status}` }
      : { kind: 'reported', as: 'already-so' };
  } catch (error) {
    return { kind: 'report-failed', says: asError(error).name, isDenied: false };
  }
};

/** CodeDeploy has a verdict, or has given up: the lifecycle event says which it took. */
const completedAs = async (
  client: AwsClient,
  deploymentId: string,
  hook: string | undefined,
  status: 'Succeeded' | 'Failed',
): Promise<Reported> => {
  if (hook === undefined) {
    return { kind: 'refused', says: 'CodeDeploy had ended the hook before, and does not say how' };
  }
  try {
    const found = (await readTargets(client, deploymentId))
      .flatMap(({ events }) => events)
      .find(({ lifecycleEventName }) => lifecycleEventName === hook);
    const ended = found?.status;
    switch (ended) {
      case status:
        return { kind: 'reported', as: 'already-so' };
      case undefined:
      case 'Pending':
      case 'InProgress':
        // Its answers lag behind what it knows.
        return { kind: 'report-failed', says: 'CodeDeploy does not show yet how the hook ended', isDenied: false };
      default:
        return { kind: 'refused', says: `CodeDeploy had ended the hook before, as ${ended}` };
    }
  } catch (error) {
    return { kind: 'report-failed', says: asError(error).name, isDenied: false };
  }
};
