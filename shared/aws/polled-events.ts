import * as v from 'valibot';
import { registerName } from '../rollout/rollout.ts';
import type {
  PipelineExecution,
  Deployment,
  Register,
  Rollout,
  RolloutId,
  ServiceDeployment,
} from '../rollout/rollout.ts';
import { arnOfDeployment } from '../rollout/service-deployment.ts';

/**
 * What AWS's APIs say of a rollout, written as the events that EventBridge would have brought: so it is read, folded,
 * routed and told like any other. Their ids sort after all others: of two that tell of one second this is the newer.
 */
export type PolledEvent = string;

/** As EventBridge writes it. */
const toSeconds = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

/** AWS writes seconds since 1970; the SDK makes a date of them. */
const Time = v.pipe(
  v.union([
    v.date(),
    v.pipe(
      v.number(),
      v.transform((seconds) => new Date(seconds * 1000)),
    ),
  ]),
  v.transform(toSeconds),
);

const Summary = v.looseObject({
  status: v.string(),
  startTime: v.optional(Time),
  lastUpdateTime: Time,
  stopTrigger: v.optional(v.object({ reason: v.optional(v.string()) })),
});

const EXECUTION_STATES: ReadonlyMap<string, string> = new Map([
  ['InProgress', 'STARTED'],
  ['Stopping', 'STOPPING'],
  ['Stopped', 'STOPPED'],
  ['Succeeded', 'SUCCEEDED'],
  ['Superseded', 'SUPERSEDED'],
  ['Failed', 'FAILED'],
  ['Cancelled', 'CANCELED'],
]);

/** One execution of ListPipelineExecutions as the event of its state; nothing where its status is not known. */
export const executionEvent = (rollout: Rollout, id: PipelineExecution, summary: unknown): readonly PolledEvent[] => {
  const { status, startTime, lastUpdateTime, stopTrigger } = v.parse(Summary, summary);
  const state = EXECUTION_STATES.get(status);
  return state === undefined
    ? []
    : [
        pipelineEvent('Pipeline', rollout, id, { kind: 'rollout' }, notBefore(rollout, lastUpdateTime, state), {
          state,
          'start-time': startTime,
          'stop-execution-comments': state === 'STOPPING' ? stopTrigger?.reason : undefined,
        }),
      ];
};

const ActionDetail = v.looseObject({
  stageName: v.string(),
  actionName: v.string(),
  status: v.string(),
  startTime: v.optional(Time),
  lastUpdateTime: Time,
  input: v.optional(v.object({ actionTypeId: v.optional(v.object({ category: v.string() })) })),
  output: v.optional(
    v.object({
      executionResult: v.optional(
        v.object({
          externalExecutionSummary: v.optional(v.string()),
          externalExecutionUrl: v.optional(v.string()),
          errorDetails: v.optional(v.object({ code: v.optional(v.string()), message: v.optional(v.string()) })),
        }),
      ),
    }),
  ),
});

const ACTION_STATES: ReadonlyMap<string, string> = new Map([
  ['InProgress', 'STARTED'],
  ['Abandoned', 'ABANDONED'],
  ['Succeeded', 'SUCCEEDED'],
  ['Failed', 'FAILED'],
]);

/** The newest run of each action in ListActionExecutions, which lists the newest first, as events of their states. */
export const actionEvents = (
  rollout: Rollout,
  id: PipelineExecution,
  details: readonly unknown[],
): readonly PolledEvent[] => {
  const newest = new Map<string, v.InferOutput<typeof ActionDetail>>();
  for (const detail of details.map((one) => v.parse(ActionDetail, one))) {
    const place = JSON.stringify([detail.stageName, detail.actionName]);
    newest.set(place, newest.get(place) ?? detail);
  }
  return [...newest.values()].flatMap(({ stageName, actionName, status, startTime, lastUpdateTime, input, output }) => {
    const state = ACTION_STATES.get(status);
    const { externalExecutionSummary, externalExecutionUrl, errorDetails } = output?.executionResult ?? {};
    const register: Register = { kind: 'action', stage: stageName, action: actionName };
    return state === undefined
      ? []
      : [
          pipelineEvent('Action', rollout, id, register, lastUpdateTime, {
            state,
            stage: stageName,
            action: actionName,
            'start-time': startTime,
            type: input?.actionTypeId,
            'execution-result': {
              'external-execution-summary': externalExecutionSummary ?? errorDetails?.message,
              'external-execution-url': externalExecutionUrl,
              'error-code': errorDetails?.code,
            },
          }),
        ];
  });
};

const pipelineEvent = (
  level: 'Pipeline' | 'Action',
  { registers }: Rollout,
  id: PipelineExecution,
  register: Register,
  time: string,
  detail: Readonly<Record<string, unknown>>,
): PolledEvent => {
  const known = registers[registerName(register)];
  const whole = registers['rollout'];
  // The APIs do not say in which attempt it was. What is newer than all that is known of it belongs to the newest.
  const isNewer = known === undefined || Date.parse(time) > known.version.time;
  const attempt = isNewer ? Math.max(known?.version.attempt ?? 0, whole?.version.attempt ?? 1) : known.version.attempt;
  return eventText(id, `CodePipeline ${level} Execution State Change`, 'aws.codepipeline', time, {
    pipeline: id.name,
    'execution-id': id.executionId,
    'pipeline-execution-attempt': attempt,
    ...detail,
  });
};

const DeploymentInfo = v.looseObject({
  status: v.string(),
  createTime: Time,
  completeTime: v.optional(Time),
});

const DEPLOYMENT_STATES: ReadonlyMap<string, string> = new Map([
  ['Created', 'START'],
  ['Queued', 'START'],
  ['InProgress', 'START'],
  ['Baking', 'START'],
  ['Ready', 'READY'],
  ['Succeeded', 'SUCCESS'],
  ['Failed', 'FAILURE'],
  ['Stopped', 'STOP'],
]);

/** A deployment of BatchGetDeployments as the event of its state; nothing where its status is not known. */
export const deploymentEvent = (
  rollout: Rollout,
  id: Deployment,
  info: unknown,
  now: number,
): readonly PolledEvent[] => {
  const { status, createTime, completeTime } = v.parse(DeploymentInfo, info);
  const state = DEPLOYMENT_STATES.get(status);
  // Nobody says since when a deployment is ready, only that it is by now.
  const time = state === 'READY' ? toSeconds(new Date(now)) : (completeTime ?? createTime);
  return state === undefined
    ? []
    : [
        eventText(
          id,
          'CodeDeploy Deployment State-change Notification',
          'aws.codedeploy',
          notBefore(rollout, time, state),
          {
            application: id.application,
            deploymentGroup: id.group,
            deploymentId: id.executionId,
            state,
          },
        ),
      ];
};

const text = v.fallback(v.optional(v.string()), undefined);

const optionalTime = v.fallback(v.optional(Time), undefined);

const ServiceDeploymentInfo = v.looseObject({
  status: v.string(),
  statusReason: text,
  lifecycleStage: text,
  createdAt: Time,
  finishedAt: optionalTime,
  stoppedAt: optionalTime,
  rollback: v.fallback(v.optional(v.object({ reason: text, startedAt: optionalTime })), undefined),
  lifecycleHookDetails: v.fallback(
    v.optional(v.array(v.object({ hookId: text, targetType: text, status: v.string(), expiresAt: optionalTime })), []),
    [],
  ),
});

const ENDS: ReadonlySet<string> = new Set(['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED']);

const ENDED_HOOKS: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT']);

/** A deployment of DescribeServiceDeployments as the events of its hooks and of its state. */
export const serviceDeploymentEvents = (
  rollout: Rollout,
  id: ServiceDeployment,
  info: unknown,
  now: number,
): readonly PolledEvent[] => {
  const told = v.parse(ServiceDeploymentInfo, info);
  const { status, createdAt, finishedAt, stoppedAt, rollback, statusReason, lifecycleStage } = told;
  // Of a rollback that is under way, and of hooks, nobody says since when: only that it is so by now.
  const at = ENDS.has(status)
    ? (finishedAt ?? stoppedAt ?? toSeconds(new Date(now)))
    : status.startsWith('ROLLBACK_')
      ? (rollback?.startedAt ?? toSeconds(new Date(now)))
      : createdAt;
  return [
    ...told.lifecycleHookDetails.flatMap(({ hookId, targetType, status: hook, expiresAt }) =>
      hookId === undefined
        ? []
        : stagesOfHook(rollout, hookId, ENDED_HOOKS.has(hook) ? undefined : lifecycleStage).map((stage) =>
            eventText(id, 'ECS Hook State Change', 'aws.ecs', toSeconds(new Date(now)), {
              eventName: `HOOK_${hook}`,
              hookId,
              hookType: targetType ?? 'PAUSE',
              lifecycleStage: stage,
              serviceDeploymentArn: arnOfDeployment(id),
              expiresAt,
            }),
          ),
    ),
    eventText(id, 'ECS Deployment State Change', 'aws.ecs', notBefore(rollout, at, status), {
      eventName: `SERVICE_DEPLOYMENT_${status}`,
      serviceDeploymentArn: arnOfDeployment(id),
      reason: statusReason ?? rollback?.reason,
    }),
  ];
};

/** Where a hook is known to be; one that nobody has heard of, and that is not over, is where its deployment is. */
const stagesOfHook = ({ registers }: Rollout, hookId: string, current: string | undefined): readonly string[] => {
  const known = Object.values(registers).flatMap(({ register }) =>
    register.kind === 'action' && register.action === hookId ? [register.stage] : [],
  );
  return known.length > 0 || current === undefined ? known : [current];
};

const BEGINNINGS: ReadonlySet<string> = new Set(['STARTED', 'START', 'PENDING', 'IN_PROGRESS', 'STOP_REQUESTED']);

/** An end comes after what was heard before it, however the clocks of API and event bus differ: then the rank decides. */
const notBefore = ({ registers }: Rollout, time: string, state: string): string => {
  const known = registers['rollout']?.version.time;
  return known === undefined || BEGINNINGS.has(state) || Date.parse(time) >= known ? time : toSeconds(new Date(known));
};

const eventText = (
  { account, region, executionId }: RolloutId,
  detailType: string,
  source: string,
  time: string,
  detail: Readonly<Record<string, unknown>>,
): PolledEvent =>
  JSON.stringify({
    version: '0',
    id: `~poll-${executionId}`,
    'detail-type': detailType,
    source,
    account,
    time,
    region,
    resources: [],
    detail,
  });
