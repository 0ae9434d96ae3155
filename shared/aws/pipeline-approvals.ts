import {
  ApprovalAlreadyCompletedException,
  CodePipelineClient,
  GetPipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  InvalidApprovalTokenException,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  PutApprovalResultCommand,
} from '@aws-sdk/client-codepipeline';
import type {
  ActionExecution,
  ActionExecutionDetail,
  ListActionExecutionsCommandOutput,
  StageState,
} from '@aws-sdk/client-codepipeline';
import { asError } from '../as-error.ts';
import { clientSettings } from './clients.ts';
import type { ApprovalPoint, Ending, Revision, Shown } from '../gate/gate.ts';
import type { Described, Platform, Seen } from '../gate/platform.ts';
import { cutText } from '../message/cut-text.ts';
import type { ApprovalRequest } from '../rollout/approval-request.ts';
import { partitionOf } from '../rollout/envelope.ts';
import { readableText } from '../rollout/readable-text.ts';

type Client = Pick<CodePipelineClient, 'send'>;

/** A client for a region. */
export const connectCodePipeline = (region: string): Client => new CodePipelineClient({ ...clientSettings, region });

/** A manual approval's own, https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-action-add.html */
const WAITS_MS = 7 * 24 * 60 * 60_000;

const PAGE = 100;

/**
 * CodePipeline's manual approvals. The token is that of the very action execution and pipeline execution that was asked
 * about: the newest token of an action may be another execution's.
 */
export const createPipelineApprovals = (
  clientIn: (region: string) => Client,
  now: () => number,
): Platform<ApprovalPoint> => ({
  look: async (point, known) => {
    try {
      return await look(clientIn(point.rollout.region), point, known.token, now());
    } catch (error) {
      if (error instanceof Error && GONE.has(error.name)) {
        return { kind: 'ended', ending: { as: 'gone', at: now() } };
      }
      throw error;
    }
  },

  decide: async ({ rollout, stage, action }, token, verdict, summary) => {
    try {
      await clientIn(rollout.region).send(
        new PutApprovalResultCommand({
          pipelineName: rollout.name,
          stageName: stage,
          actionName: action,
          token,
          result: { status: verdict === 'approve' ? 'Approved' : 'Rejected', summary },
        }),
      );
      return 'done';
    } catch (error) {
      if (error instanceof ApprovalAlreadyCompletedException || error instanceof InvalidApprovalTokenException) {
        return 'over';
      }
      throw withoutToken(asError(error), token);
    }
  },

  describe: async (point) => {
    const client = clientIn(point.rollout.region);
    const [shown, waits, request] = await Promise.all([
      readShown(client, point),
      readWait(client, point),
      readRequest(client, point),
    ]);
    return {
      shown,
      ...(request?.startedAt !== undefined && { expiresAt: request.startedAt + waits }),
      ...(request?.asked && { request: request.asked }),
    };
  },
});

/**
 * The point that an approval action's own message is about: the message has the token and names no execution. Undefined
 * when no approval with that token is waiting, or AWS does not show it yet.
 */
export const createFindApproval =
  (clientIn: (region: string) => Client, account: string, now: () => number) =>
  async (request: ApprovalRequest): Promise<{ readonly point: ApprovalPoint; readonly since: number } | undefined> => {
    const { region, pipeline, stage, action, token } = request;
    const client = clientIn(region);
    const pointIn = (executionId: string, actionExecutionId: string): ApprovalPoint => ({
      kind: 'pipeline-approval',
      rollout: { source: 'codepipeline', partition: partitionOf(region), account, region, name: pipeline, executionId },
      stage,
      action,
      actionExecutionId,
    });
    const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name: pipeline }));
    const there = stageStates.find(({ stageName }) => stageName === stage);
    const waiting = there?.actionStates?.find(({ actionName }) => actionName === action)?.latestExecution;
    const executionId = there?.latestExecution?.pipelineExecutionId;
    if (waiting?.token === token && waiting.actionExecutionId !== undefined && executionId !== undefined) {
      return {
        point: pointIn(executionId, waiting.actionExecutionId),
        since: waiting.lastStatusChange?.getTime() ?? now(),
      };
    }
    // In PARALLEL mode the state has no token: the list of what was done last has.
    const { actionExecutionDetails = [] } = await client.send(
      new ListActionExecutionsCommand({ pipelineName: pipeline, maxResults: PAGE }),
    );
    const listed = actionExecutionDetails.find(
      ({ status, output }) => status === 'InProgress' && output?.executionResult?.externalExecutionId === token,
    );
    return listed?.pipelineExecutionId === undefined || listed.actionExecutionId === undefined
      ? undefined
      : {
          point: pointIn(listed.pipelineExecutionId, listed.actionExecutionId),
          since: listed.startTime?.getTime() ?? now(),
        };
  };

/** AWS quotes what it finds wrong, and errors are logged. */
const withoutToken = (error: Error, token: string | undefined): Error =>
  token === undefined || !error.message.includes(token)
    ? error
    : Object.assign(new Error(error.message.replaceAll(token, '[token]')), { name: error.name });

const GONE: ReadonlySet<string> = new Set(['PipelineNotFoundException', 'PipelineExecutionNotFoundException']);

const look = async (client: Client, point: ApprovalPoint, known: string | undefined, now: number): Promise<Seen> => {
  const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name: point.rollout.name }));
  const stage = stageStates.find(({ stageName }) => stageName === point.stage);
  const action = stage?.actionStates?.find(({ actionName }) => actionName === point.action)?.latestExecution;
  const isOurs =
    action?.actionExecutionId === point.actionExecutionId &&
    stage?.latestExecution?.pipelineExecutionId === point.rollout.executionId;
  const token = known ?? action?.token;
  if (isOurs && (token !== undefined || action.status !== 'InProgress')) {
    const newer = newerAt(stage);
    return seenOf(action, waitingBy(token, newer), now);
  }
  // In PARALLEL mode the state has no token, and when another execution is there by now not ours: the list has both.
  const detail = await findAction(client, point);
  return detail === undefined
    ? { kind: 'unseen' }
    : seenOf(fromDetail(detail), waitingBy(known ?? detail.output?.executionResult?.externalExecutionId), now);
};

type Execution = Pick<ActionExecution, 'status' | 'summary' | 'lastUpdatedBy' | 'lastStatusChange' | 'errorDetails'>;

type Waiting = { readonly token?: string; readonly newer?: string };

const waitingBy = (token: string | undefined, newer?: string): Waiting => ({
  ...(token !== undefined && { token }),
  ...(newer !== undefined && { newer }),
});

const seenOf = (execution: Execution, waiting: Waiting, now: number): Seen => {
  const { status, lastUpdatedBy, lastStatusChange } = execution;
  if (status === 'InProgress') {
    return { kind: 'pending', ...waiting };
  }
  const as = endingOf(execution);
  const by = readableText(lastUpdatedBy?.split('/').at(-1), 100);
  const summary = readableText(execution.summary ?? execution.errorDetails?.message, 512);
  return {
    kind: 'ended',
    ending: {
      as,
      ...(by !== undefined && as !== 'expired' && { by }),
      ...(summary !== undefined && { summary }),
      at: lastStatusChange?.getTime() ?? now,
    },
  };
};

const endingOf = ({ status, lastUpdatedBy, summary, errorDetails }: Execution): Ending['as'] => {
  switch (status) {
    case 'Succeeded':
      return 'approved';
    case 'Failed':
      // A rejection names who did it, a timeout nobody.
      return lastUpdatedBy === undefined || /timed? ?out|expired/i.test(errorDetails?.message ?? summary ?? '')
        ? 'expired'
        : 'rejected';
    default:
      return 'stopped';
  }
};

const fromDetail = ({ status, updatedBy, lastUpdateTime, output }: ActionExecutionDetail): Execution => {
  const result = output?.executionResult;
  return {
    ...(status !== undefined && { status }),
    ...(updatedBy !== undefined && { lastUpdatedBy: updatedBy }),
    ...(lastUpdateTime !== undefined && { lastStatusChange: lastUpdateTime }),
    ...(result?.externalExecutionSummary !== undefined && { summary: result.externalExecutionSummary }),
    ...(result?.errorDetails !== undefined && { errorDetails: result.errorDetails }),
  };
};

/** An execution that waits in front of the stage: it is newer than whatever is in there. */
const newerAt = ({ inboundExecutions = [], inboundExecution }: StageState): string | undefined =>
  inboundExecutions.at(-1)?.pipelineExecutionId ?? inboundExecution?.pipelineExecutionId;

const findAction = async (client: Client, point: ApprovalPoint): Promise<ActionExecutionDetail | undefined> => {
  let nextToken: string | undefined;
  do {
    const page: ListActionExecutionsCommandOutput = await client.send(
      new ListActionExecutionsCommand({
        pipelineName: point.rollout.name,
        filter: { pipelineExecutionId: point.rollout.executionId },
        maxResults: PAGE,
        ...(nextToken !== undefined && { nextToken }),
      }),
    );
    const found = page.actionExecutionDetails?.find(
      ({ actionExecutionId }) => actionExecutionId === point.actionExecutionId,
    );
    if (found !== undefined) {
      return found;
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return undefined;
};

const readShown = async (client: Client, { rollout, stage }: ApprovalPoint): Promise<Shown> => {
  const [{ pipelineExecution }, { pipelineExecutionSummaries = [] }] = await Promise.all([
    client.send(
      new GetPipelineExecutionCommand({ pipelineName: rollout.name, pipelineExecutionId: rollout.executionId }),
    ),
    client.send(
      new ListPipelineExecutionsCommand({
        pipelineName: rollout.name,
        maxResults: 1,
        filter: { succeededInStage: { stageName: stage } },
      }),
    ),
  ]);
  const revisions = (pipelineExecution?.artifactRevisions ?? []).map(
    ({ name, revisionId, revisionSummary, revisionUrl }) => revisionOf(name, revisionId, revisionSummary, revisionUrl),
  );
  const [last] = pipelineExecutionSummaries[0]?.sourceRevisions ?? [];
  return {
    revisions,
    ...(last && { running: revisionOf(last.actionName, last.revisionId, last.revisionSummary, last.revisionUrl) }),
  };
};

const revisionOf = (
  source: string | undefined,
  id: string | undefined,
  told: string | undefined,
  address: string | undefined,
): Revision => {
  // A connection's is JSON with the commit's message in it: the first line is what people call the commit.
  const [summary] = readableText(told, 1000)?.split('\n') ?? [];
  const url = httpsUrl(address);
  return {
    source: readableText(source, 100) ?? '',
    id: readableText(id, 200) ?? '',
    ...(summary !== undefined && { summary: cutText(summary, 200) }),
    ...(url !== undefined && { url }),
  };
};

const httpsUrl = (address: string | undefined): string | undefined => {
  const url = address === undefined || address.length > 400 ? null : URL.parse(address);
  return url?.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : undefined;
};

const readWait = async (client: Client, { rollout, stage, action }: ApprovalPoint): Promise<number> => {
  const { pipeline } = await client.send(new GetPipelineCommand({ name: rollout.name }));
  const minutes = pipeline?.stages
    ?.find(({ name }) => name === stage)
    ?.actions?.find(({ name }) => name === action)?.timeoutInMinutes;
  return minutes === undefined ? WAITS_MS : minutes * 60_000;
};

type Requested = { readonly startedAt: number | undefined; readonly asked: Described['request'] };

const readRequest = async (client: Client, point: ApprovalPoint): Promise<Requested | undefined> => {
  const detail = await findAction(client, point);
  const { CustomData, ExternalEntityLink } = detail?.input?.resolvedConfiguration ?? detail?.input?.configuration ?? {};
  const text = readableText(CustomData, 1000);
  const url = httpsUrl(ExternalEntityLink);
  return (
    detail && {
      startedAt: detail.startTime?.getTime(),
      asked:
        text === undefined && url === undefined
          ? undefined
          : { ...(text !== undefined && { text }), ...(url !== undefined && { url }) },
    }
  );
};
