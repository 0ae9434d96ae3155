import * as v from 'valibot';
import { answer, refusal } from '../aws/service.ts';
import type { Operation } from '../aws/service.ts';
import type { JsonRecord } from '../json.ts';

/** CodePipeline and CodeDeploy as far as the bus has told of them, for whoever asks what has become of a rollout. */
export type SeenRollouts = {
  readonly observe: (event: JsonRecord) => void;
  readonly pipelineOperations: ReadonlyMap<string, Operation>;
  readonly deploymentOperations: ReadonlyMap<string, Operation>;
};

const PipelineEvent = v.object({
  source: v.literal('aws.codepipeline'),
  time: v.string(),
  detail: v.object({
    pipeline: v.string(),
    'execution-id': v.string(),
    state: v.string(),
    stage: v.optional(v.string()),
    action: v.optional(v.string()),
    type: v.optional(v.object({ category: v.string() })),
  }),
});

const DeploymentEvent = v.object({
  source: v.literal('aws.codedeploy'),
  time: v.string(),
  detail: v.object({ deploymentId: v.string(), state: v.string(), instanceId: v.optional(v.undefined()) }),
});

/** How the APIs call what the bus calls otherwise. */
const STATUSES: ReadonlyMap<string, string> = new Map([
  ['STARTED', 'InProgress'],
  ['RESUMED', 'InProgress'],
  ['STOPPING', 'Stopping'],
  ['STOPPED', 'Stopped'],
  ['SUCCEEDED', 'Succeeded'],
  ['SUPERSEDED', 'Superseded'],
  ['FAILED', 'Failed'],
  ['CANCELED', 'Cancelled'],
  ['ABANDONED', 'Abandoned'],
  ['START', 'InProgress'],
  ['READY', 'Ready'],
  ['SUCCESS', 'Succeeded'],
  ['FAILURE', 'Failed'],
  ['STOP', 'Stopped'],
]);

type Seen = { readonly status: string; readonly startTime: number; readonly lastUpdateTime: number };
type SeenAction = Seen & { readonly stageName: string; readonly actionName: string; readonly category: string };
type SeenExecution = {
  readonly pipeline: string;
  readonly whole?: Seen;
  readonly actions: ReadonlyMap<string, SeenAction>;
};

export const createSeenRollouts = (): SeenRollouts => {
  const executions = new Map<string, SeenExecution>();
  const deployments = new Map<string, Seen>();

  const next = (known: Seen | undefined, state: string, time: string): Seen => {
    // AWS's JSON protocol counts in seconds.
    const at = Date.parse(time) / 1000;
    return { status: STATUSES.get(state) ?? 'InProgress', startTime: known?.startTime ?? at, lastUpdateTime: at };
  };

  const observe = (event: JsonRecord): void => {
    const deployed = v.safeParse(DeploymentEvent, event);
    if (deployed.success) {
      const { detail, time } = deployed.output;
      deployments.set(detail.deploymentId, next(deployments.get(detail.deploymentId), detail.state, time));
    }
    const run = v.safeParse(PipelineEvent, event);
    if (run.success) {
      const { detail, time } = run.output;
      const { pipeline, state, stage, action, 'execution-id': id, type } = detail;
      const known = executions.get(id) ?? { pipeline, actions: new Map<string, SeenAction>() };
      const place = JSON.stringify([stage, action]);
      const before = known.actions.get(place);
      executions.set(id, {
        ...known,
        ...(stage === undefined && { whole: next(known.whole, state, time) }),
        actions:
          stage === undefined || action === undefined
            ? known.actions
            : new Map([
                ...known.actions,
                [
                  place,
                  {
                    ...next(before, state, time),
                    stageName: stage,
                    actionName: action,
                    category: type?.category ?? before?.category ?? 'Build',
                  },
                ],
              ]),
      });
    }
  };

  return {
    observe,
    pipelineOperations: new Map<string, Operation>([
      [
        'ListPipelineExecutions',
        ({ pipelineName }) => {
          const own = [...executions].filter(([, { pipeline }]) => pipeline === pipelineName).reverse();
          return own.length === 0
            ? refusal('PipelineNotFoundException', 'Nothing was heard of such a pipeline.')
            : answer({
                pipelineExecutionSummaries: own.flatMap(([pipelineExecutionId, { whole }]) =>
                  whole === undefined ? [] : [{ pipelineExecutionId, ...whole }],
                ),
              });
        },
      ],
      [
        'ListActionExecutions',
        (input) => {
          const Asked = v.object({ filter: v.object({ pipelineExecutionId: v.string() }) });
          const asked = v.safeParse(Asked, input);
          const found = asked.success ? executions.get(asked.output.filter.pipelineExecutionId) : undefined;
          return found === undefined
            ? refusal('PipelineExecutionNotFoundException', 'Nothing was heard of such an execution.')
            : answer({
                actionExecutionDetails: [...found.actions.values()].map(({ category, ...seen }) => ({
                  ...seen,
                  input: { actionTypeId: { category, owner: 'AWS', provider: 'Local', version: '1' } },
                })),
              });
        },
      ],
    ]),
    deploymentOperations: new Map<string, Operation>([
      [
        'BatchGetDeployments',
        (input) => {
          const asked = v.safeParse(v.object({ deploymentIds: v.array(v.string()) }), input);
          const ids = asked.success ? asked.output.deploymentIds : [];
          return ids.every((id) => deployments.has(id))
            ? answer({
                deploymentsInfo: ids.flatMap((deploymentId) => {
                  const seen = deployments.get(deploymentId);
                  return seen === undefined
                    ? []
                    : [
                        {
                          deploymentId,
                          status: seen.status,
                          createTime: seen.startTime,
                          ...(!['InProgress', 'Ready'].includes(seen.status) && { completeTime: seen.lastUpdateTime }),
                        },
                      ];
                }),
              })
            : refusal('DeploymentDoesNotExistException', 'Nothing was heard of such a deployment.');
        },
      ],
    ]),
  };
};
