import { BatchGetDeploymentsCommand } from '@aws-sdk/client-codedeploy';
import type { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { ListActionExecutionsCommand, ListPipelineExecutionsCommand } from '@aws-sdk/client-codepipeline';
import type { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import type { Deployment, PipelineExecution, Rollout } from '../rollout/rollout.ts';
import type { Home } from './look-up.ts';
import { actionEvents, deploymentEvent, executionEvent } from './polled-events.ts';
import type { PolledEvent } from './polled-events.ts';

/** What AWS says of a rollout. `elsewhere`: of another account or region, about which nothing can be asked from here. */
export type Asked =
  | { readonly kind: 'told'; readonly events: readonly PolledEvent[] }
  | { readonly kind: 'missing' | 'elsewhere' }
  | { readonly kind: 'failed'; readonly error: Error };

/** Asks about some rollouts together; there is an answer to each, in their order. Never rejects. */
export type AskAws = (rollouts: readonly Rollout[]) => Promise<readonly Asked[]>;

/** Executions are listed newest first: what is not among so many is too old to be asked for in this way. */
const MOST_PAGES = 3;
const PAGE = 100;

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html */
const MOST_DEPLOYMENTS = 25;

/** Asks CodePipeline (ListPipelineExecutions, ListActionExecutions) and CodeDeploy (BatchGetDeployments), one call at a time. */
export const createAskAws =
  (
    home: Home,
    clients: {
      readonly codeDeploy: Pick<CodeDeployClient, 'send'>;
      readonly codePipeline: Pick<CodePipelineClient, 'send'>;
    },
    now: () => number,
  ): AskAws =>
  async (rollouts) => {
    const answers = new Map<Rollout, Asked>();
    const pipelines: Execution[] = [];
    const deployments: Deployed[] = [];
    for (const rollout of rollouts) {
      const { id } = rollout;
      if (id.account !== home.account || id.region !== home.region) {
        answers.set(rollout, { kind: 'elsewhere' });
      } else if (id.source === 'codepipeline') {
        pipelines.push({ rollout, id });
      } else {
        deployments.push({ rollout, id });
      }
    }
    for (const [name, executions] of Map.groupBy(pipelines, ({ id }) => id.name)) {
      await askPipeline(clients.codePipeline, name, executions, answers);
    }
    for (let from = 0; from < deployments.length; from += MOST_DEPLOYMENTS) {
      await askDeployments(clients.codeDeploy, deployments.slice(from, from + MOST_DEPLOYMENTS), answers, now());
    }
    return rollouts.map((rollout) => answers.get(rollout) ?? { kind: 'missing' });
  };

type Execution = { readonly rollout: Rollout; readonly id: PipelineExecution };
type Deployed = { readonly rollout: Rollout; readonly id: Deployment };
type Answers = Map<Rollout, Asked>;

const askPipeline = async (
  client: Pick<CodePipelineClient, 'send'>,
  name: string,
  executions: readonly Execution[],
  answers: Answers,
): Promise<void> => {
  try {
    const wanted = new Map(executions.map((execution) => [execution.id.executionId, execution]));
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES && wanted.size > 0; page += 1) {
      const listed = await client.send(
        new ListPipelineExecutionsCommand({
          pipelineName: name,
          maxResults: PAGE,
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      for (const summary of listed.pipelineExecutionSummaries ?? []) {
        const execution = wanted.get(summary.pipelineExecutionId ?? '');
        if (execution !== undefined) {
          wanted.delete(execution.id.executionId);
          const actions = await listActions(client, execution);
          answers.set(execution.rollout, {
            kind: 'told',
            events: [...actions, ...executionEvent(execution.rollout, execution.id, summary)],
          });
        }
      }
      ({ nextToken } = listed);
      if (nextToken === undefined) {
        break;
      }
    }
  } catch (error) {
    failAll(executions, error, answers);
  }
};

const listActions = async (
  client: Pick<CodePipelineClient, 'send'>,
  { rollout, id }: Execution,
): Promise<readonly PolledEvent[]> => {
  const { actionExecutionDetails = [] } = await client.send(
    new ListActionExecutionsCommand({
      pipelineName: id.name,
      filter: { pipelineExecutionId: id.executionId },
      maxResults: PAGE,
    }),
  );
  return actionEvents(rollout, id, actionExecutionDetails);
};

/** One id that CodeDeploy does not know fails the call for all: then each is asked for by itself. */
const askDeployments = async (
  client: Pick<CodeDeployClient, 'send'>,
  deployed: readonly Deployed[],
  answers: Answers,
  now: number,
): Promise<void> => {
  try {
    const { deploymentsInfo = [] } = await client.send(
      new BatchGetDeploymentsCommand({ deploymentIds: deployed.map(({ id }) => id.executionId) }),
    );
    for (const info of deploymentsInfo) {
      const one = deployed.find(({ id }) => id.executionId === info.deploymentId);
      if (one !== undefined) {
        answers.set(one.rollout, { kind: 'told', events: deploymentEvent(one.id, info, now) });
      }
    }
  } catch (error) {
    if (!isMissing(error)) {
      failAll(deployed, error, answers);
    } else if (deployed.length > 1) {
      for (const one of deployed) {
        await askDeployments(client, [one], answers, now);
      }
    }
  }
};

const MISSING: ReadonlySet<string> = new Set([
  'PipelineNotFoundException',
  'PipelineExecutionNotFoundException',
  'DeploymentDoesNotExistException',
]);

const isMissing = (error: unknown): boolean => error instanceof Error && MISSING.has(error.name);

const failAll = (asked: readonly { readonly rollout: Rollout }[], error: unknown, answers: Answers): void => {
  const answer: Asked = isMissing(error)
    ? { kind: 'missing' }
    : { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  for (const { rollout } of asked) {
    answers.set(rollout, answers.get(rollout) ?? answer);
  }
};
