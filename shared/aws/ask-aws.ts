import {
  CodePipelineClient,
  GetPipelineExecutionCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
} from '@aws-sdk/client-codepipeline';
import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { Deployment, PipelineExecution, Rollout, ServiceDeployment } from '../rollout/rollout.ts';
import { arnOfDeployment, isOfRevision } from '../rollout/service-deployment.ts';
import type { AwsClient } from './aws-client.ts';
import { askSettings } from './clients.ts';
import type { Home } from './look-up.ts';
import { actionEvents, deploymentEvent, executionEvent, serviceDeploymentEvents } from './polled-events.ts';
import type { PolledEvent } from './polled-events.ts';

/** What AWS says of a rollout. */
export type Asked =
  | { readonly kind: 'told'; readonly events: readonly PolledEvent[] }
  /** AWS knows nothing of it. */
  | { readonly kind: 'missing' }
  /** Of another account or region, about which nothing can be asked from here. */
  | { readonly kind: 'elsewhere' }
  /** No answer, or none that can be read: may pass. */
  | { readonly kind: 'failed'; readonly error: Error }
  /** Whoever asks may not. */
  | { readonly kind: 'denied'; readonly error: Error }
  /** There was no time left, or AWS had enough before. */
  | { readonly kind: 'unasked' };

/**
 * Asks about some rollouts, and begins no call from `until` (epoch milliseconds) on; there is an answer to each, in their
 * order. Never rejects.
 */
export type AskAws = (rollouts: readonly Rollout[], until: number) => Promise<readonly Asked[]>;

type Clients = {
  readonly codeDeploy: AwsClient;
  readonly codePipeline: Pick<CodePipelineClient, 'send'>;
  readonly ecs: AwsClient;
};

export const createCodePipelineClient = (): CodePipelineClient => new CodePipelineClient(askSettings);

/** Executions are listed newest first; what is not among so many is asked for by itself. */
const MOST_PAGES = 3;
const PAGE = 100;

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html */
const MOST_DEPLOYMENTS = 25;

const Deployments = v.object({ deploymentsInfo: v.optional(v.array(v.looseObject({ deploymentId: v.string() })), []) });

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html */
const MOST_SERVICE_DEPLOYMENTS = 20;

const ServiceDeployments = v.object({
  serviceDeployments: v.optional(v.array(v.looseObject({ serviceDeploymentArn: v.string() })), []),
});

/**
 * Asks CodePipeline (ListPipelineExecutions, ListActionExecutions), CodeDeploy (BatchGetDeployments) and ECS
 * (DescribeServiceDeployments), one call at a time.
 */
export const createAskAws =
  (home: Home, clients: Clients, now: () => number): AskAws =>
  async (rollouts, until) => {
    const answers = new Map<Rollout, Asked>();
    let hasEnough = false;
    const mayGoOn = (): boolean => !hasEnough && now() < until;
    const note = (asked: readonly { readonly rollout: Rollout }[], error: unknown): void => {
      const answer = answerOf(error);
      hasEnough ||= answer.kind === 'failed';
      for (const { rollout } of asked) {
        answers.set(rollout, answers.get(rollout) ?? answer);
      }
    };
    const round: Round = { clients, now, answers, mayGoOn, note };
    const pipelines: Execution[] = [];
    const deployments: Deployed[] = [];
    const services: Serviced[] = [];
    for (const rollout of rollouts) {
      const { id } = rollout;
      if (id.account !== home.account || id.region !== home.region) {
        answers.set(rollout, { kind: 'elsewhere' });
      } else if (id.source === 'codepipeline') {
        pipelines.push({ rollout, id });
      } else if (id.source === 'codedeploy') {
        deployments.push({ rollout, id });
      } else if (isOfRevision(id)) {
        // No API knows it by the name that the event bus has for it.
        answers.set(rollout, { kind: 'elsewhere' });
      } else {
        services.push({ rollout, id });
      }
    }
    for (let from = 0; from < services.length; from += MOST_SERVICE_DEPLOYMENTS) {
      await askServices(round, services.slice(from, from + MOST_SERVICE_DEPLOYMENTS));
    }
    for (let from = 0; from < deployments.length; from += MOST_DEPLOYMENTS) {
      await askDeployments(round, deployments.slice(from, from + MOST_DEPLOYMENTS));
    }
    for (const [name, executions] of Map.groupBy(pipelines, ({ id }) => id.name)) {
      await askPipeline(round, name, executions);
    }
    return rollouts.map((rollout) => answers.get(rollout) ?? { kind: 'unasked' });
  };

type Execution = { readonly rollout: Rollout; readonly id: PipelineExecution };
type Deployed = { readonly rollout: Rollout; readonly id: Deployment };
type Serviced = { readonly rollout: Rollout; readonly id: ServiceDeployment };

type Round = {
  readonly clients: Clients;
  readonly now: () => number;
  readonly answers: Map<Rollout, Asked>;
  readonly mayGoOn: () => boolean;
  /** Answers with an error what has no answer yet. */
  readonly note: (asked: readonly { readonly rollout: Rollout }[], error: unknown) => void;
};

const askPipeline = async (round: Round, name: string, executions: readonly Execution[]): Promise<void> => {
  const { clients, mayGoOn, note } = round;
  const wanted = new Map(executions.map((execution) => [execution.id.executionId, execution]));
  let nextToken: string | undefined;
  try {
    for (let page = 0; page < MOST_PAGES && wanted.size > 0 && mayGoOn(); page += 1) {
      const listed = await clients.codePipeline.send(
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
          await askExecution(round, execution, summary);
        }
      }
      ({ nextToken } = listed);
      if (nextToken === undefined) {
        break;
      }
    }
  } catch (error) {
    note(executions, error);
    return;
  }
  for (const execution of wanted.values()) {
    await askOldExecution(round, execution);
  }
};

/** What is told of one execution; what goes wrong with it is its own. */
const askExecution = async (round: Round, execution: Execution, summary: unknown): Promise<void> => {
  const { clients, answers, mayGoOn, note } = round;
  const { rollout, id } = execution;
  if (!mayGoOn()) {
    return;
  }
  try {
    const { actionExecutionDetails = [] } = await clients.codePipeline.send(
      new ListActionExecutionsCommand({
        pipelineName: id.name,
        filter: { pipelineExecutionId: id.executionId },
        maxResults: PAGE,
      }),
    );
    const events = [...actionEvents(rollout, id, actionExecutionDetails), ...executionEvent(rollout, id, summary)];
    answers.set(rollout, { kind: 'told', events });
  } catch (error) {
    note([execution], error);
  }
};

/** One that is not among the newest: AWS says its state, and no time. */
const askOldExecution = async (round: Round, execution: Execution): Promise<void> => {
  const { clients, now, mayGoOn, note } = round;
  const { name: pipelineName, executionId: pipelineExecutionId } = execution.id;
  if (!mayGoOn()) {
    return;
  }
  try {
    const { pipelineExecution } = await clients.codePipeline.send(
      new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId }),
    );
    await askExecution(round, execution, { ...pipelineExecution, lastUpdateTime: new Date(now()) });
  } catch (error) {
    note([execution], error);
  }
};

/** One id that CodeDeploy does not know, or one that may not be read, fails the call for all: then each is asked for by itself. */
const askDeployments = async (round: Round, deployed: readonly Deployed[]): Promise<void> => {
  const { clients, now, answers, mayGoOn, note } = round;
  if (!mayGoOn()) {
    return;
  }
  try {
    const asked = { deploymentIds: deployed.map(({ id }) => id.executionId) };
    const { deploymentsInfo } = v.parse(Deployments, await clients.codeDeploy('BatchGetDeployments', asked));
    for (const { rollout, id } of deployed) {
      const info = deploymentsInfo.find(({ deploymentId }) => deploymentId === id.executionId);
      answers.set(
        rollout,
        info === undefined ? { kind: 'missing' } : { kind: 'told', events: deploymentEvent(rollout, id, info, now()) },
      );
    }
  } catch (error) {
    if (deployed.length === 1 || answerOf(error).kind === 'failed') {
      note(deployed, error);
      return;
    }
    for (const one of deployed) {
      await askDeployments(round, [one]);
    }
  }
};

/** One that may not be read fails the call for all, and so does a service that is gone: then each is asked for by itself. */
const askServices = async (round: Round, serviced: readonly Serviced[]): Promise<void> => {
  const { clients, now, answers, mayGoOn, note } = round;
  if (!mayGoOn()) {
    return;
  }
  try {
    const asked = { serviceDeploymentArns: serviced.map(({ id }) => arnOfDeployment(id)) };
    const told = v.parse(ServiceDeployments, await clients.ecs('DescribeServiceDeployments', asked));
    for (const { rollout, id } of serviced) {
      const arn = arnOfDeployment(id);
      const info = told.serviceDeployments.find(({ serviceDeploymentArn }) => serviceDeploymentArn === arn);
      answers.set(
        rollout,
        info === undefined
          ? { kind: 'missing' }
          : { kind: 'told', events: serviceDeploymentEvents(rollout, id, info, now()) },
      );
    }
  } catch (error) {
    if (serviced.length === 1 || answerOf(error).kind === 'failed') {
      note(serviced, error);
      return;
    }
    for (const one of serviced) {
      await askServices(round, [one]);
    }
  }
};

const MEANINGS: ReadonlyMap<string, 'missing' | 'denied'> = new Map([
  ['PipelineNotFoundException', 'missing'],
  ['PipelineExecutionNotFoundException', 'missing'],
  ['DeploymentDoesNotExistException', 'missing'],
  ['ServiceDeploymentNotFoundException', 'missing'],
  ['ServiceNotFoundException', 'missing'],
  ['ClusterNotFoundException', 'missing'],
  ['AccessDeniedException', 'denied'],
  ['AccessDenied', 'denied'],
]);

const answerOf = (thrown: unknown): Asked => {
  const error = asError(thrown);
  const kind = MEANINGS.get(error.name) ?? 'failed';
  return kind === 'missing' ? { kind } : { kind, error };
};
