import * as v from 'valibot';
import type { AwsClient } from './aws-client.ts';
import type { ReadyPoint, Revision, Shown, Verdict } from '../gate/gate.ts';
import type { Described, Platform, Seen } from '../gate/platform.ts';
import { readableText } from '../rollout/readable-text.ts';

/** So long CodeDeploy's answers may lag behind its events: until then "in progress" may mean that it is not ready yet. */
const LAG_MS = 60_000;

/**
 * CodeDeploy's blue/green deployments that wait before their traffic moves. Only those whose deployment group stops them
 * when nobody continues them wait for people; the others go on by themselves.
 */
export const createReadyDeployments = (
  clientIn: (region: string) => AwsClient,
  now: () => number,
): Platform<ReadyPoint> => ({
  look: async (point, known) => {
    const client = clientIn(point.rollout.region);
    try {
      const deployment = await readDeployment(client, point.rollout.executionId);
      const { actionOnTimeout, waitTimeInMinutes } = await readyOption(client, point, deployment);
      return actionOnTimeout === 'STOP_DEPLOYMENT'
        ? seenOf(deployment, known.openedAt, waitTimeInMinutes, now())
        : { kind: 'ended', ending: { as: 'unasked', at: now() } };
    } catch (error) {
      if (error instanceof Error && error.name === 'DeploymentDoesNotExistException') {
        return { kind: 'ended', ending: { as: 'gone', at: now() } };
      }
      throw error;
    }
  },

  decide: async ({ rollout }, _token, verdict) => {
    const { operation, input } = CALLS[verdict];
    try {
      await clientIn(rollout.region)(operation, { deploymentId: rollout.executionId, ...input });
      return 'done';
    } catch (error) {
      if (error instanceof Error && OVER.has(error.name)) {
        return 'over';
      }
      throw error;
    }
  },

  describe: async (point, { openedAt }) => {
    const client = clientIn(point.rollout.region);
    const deployment = await readDeployment(client, point.rollout.executionId);
    const [{ waitTimeInMinutes }, running] = await Promise.all([
      readyOption(client, point, deployment),
      readRunning(client, point),
    ]);
    const text = readableText(deployment.description, 1000);
    return {
      shown: shownOf(deployment, running),
      ...(openedAt !== undefined &&
        waitTimeInMinutes !== undefined && { expiresAt: openedAt + waitTimeInMinutes * 60_000 }),
      ...(text !== undefined && { request: { text } }),
    } satisfies Described;
  },
});

const CALLS: Readonly<Record<Verdict, { readonly operation: string; readonly input: object }>> = {
  approve: { operation: 'ContinueDeployment', input: { deploymentWaitType: 'READY_WAIT' } },
  reject: { operation: 'StopDeployment', input: { autoRollbackEnabled: true } },
};

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ContinueDeployment.html, and of StopDeployment. */
const OVER: ReadonlySet<string> = new Set([
  'DeploymentAlreadyCompletedException',
  'DeploymentDoesNotExistException',
  'DeploymentGroupDoesNotExistException',
  'DeploymentIsNotInReadyStateException',
  'InvalidDeploymentStatusException',
]);

const text = v.fallback(v.optional(v.string()), undefined);

const Location = v.fallback(
  v.optional(
    v.object({
      s3Location: v.optional(v.object({ bucket: text, key: text, version: text, eTag: text })),
      gitHubLocation: v.optional(v.object({ repository: text, commitId: text })),
      appSpecContent: v.optional(v.object({ sha256: text })),
      string: v.optional(v.object({ sha256: text })),
    }),
  ),
  undefined,
);

type Location = v.InferOutput<typeof Location>;

const BlueGreen = v.optional(
  v.object({
    deploymentReadyOption: v.optional(v.object({ actionOnTimeout: text, waitTimeInMinutes: v.optional(v.number()) })),
  }),
);

const Deployment = v.object({
  status: v.string(),
  revision: Location,
  description: text,
  completeTime: v.optional(v.number()),
  instanceTerminationWaitTimeStarted: v.optional(v.boolean(), false),
  errorInformation: v.optional(v.object({ code: text, message: text })),
  blueGreenDeploymentConfiguration: BlueGreen,
});

type Deployment = v.InferOutput<typeof Deployment>;

const Answer = v.object({ deploymentInfo: Deployment });

const Group = v.object({
  deploymentGroupInfo: v.object({
    blueGreenDeploymentConfiguration: BlueGreen,
    lastSuccessfulDeployment: v.optional(v.object({ deploymentId: text })),
  }),
});

const readDeployment = async (client: AwsClient, deploymentId: string): Promise<Deployment> =>
  v.parse(Answer, await client('GetDeployment', { deploymentId })).deploymentInfo;

const readGroup = async (client: AwsClient, { rollout }: ReadyPoint) =>
  v.parse(
    Group,
    await client('GetDeploymentGroup', {
      applicationName: rollout.application,
      deploymentGroupName: rollout.group,
    }),
  ).deploymentGroupInfo;

type ReadyOption = { readonly actionOnTimeout?: string | undefined; readonly waitTimeInMinutes?: number | undefined };

/** What the deployment was begun with; a group that was changed since says something about the next one only. */
const readyOption = async (client: AwsClient, point: ReadyPoint, deployment: Deployment): Promise<ReadyOption> => {
  const { blueGreenDeploymentConfiguration: own } = deployment;
  return (
    own?.deploymentReadyOption ??
    (await readGroup(client, point)).blueGreenDeploymentConfiguration?.deploymentReadyOption ??
    {}
  );
};

const seenOf = (
  deployment: Deployment,
  openedAt: number | undefined,
  waitTimeInMinutes: number | undefined,
  now: number,
): Seen => {
  const { status, completeTime, errorInformation, instanceTerminationWaitTimeStarted: isMoved } = deployment;
  const at = completeTime === undefined ? now : completeTime * 1000;
  const summary = readableText(errorInformation?.message, 512);
  const ended = (as: 'approved' | 'rejected' | 'expired' | 'stopped'): Seen => ({
    kind: 'ended',
    ending: { as, ...(summary !== undefined && as !== 'approved' && { summary }), at },
  });
  switch (status) {
    case 'Ready':
      return { kind: 'pending' };
    case 'InProgress':
    case 'Baking':
      return openedAt !== undefined && now - openedAt < LAG_MS ? { kind: 'unseen' } : ended('approved');
    case 'Succeeded':
      return ended('approved');
    case 'Stopped': {
      if (isMoved) {
        return ended('approved');
      }
      // CodeDeploy says that somebody has stopped it, and not who.
      if (errorInformation?.code === 'MANUAL_STOP') {
        return ended('rejected');
      }
      const isLate =
        openedAt !== undefined &&
        waitTimeInMinutes !== undefined &&
        at >= openedAt + waitTimeInMinutes * 60_000 - LAG_MS;
      const isTimeout = errorInformation?.code === undefined || errorInformation.code === 'TIMEOUT';
      return ended(isLate || isTimeout ? 'expired' : 'stopped');
    }
    case 'Failed':
      return ended(isMoved ? 'approved' : 'stopped');
    default:
      return { kind: 'unseen' };
  }
};

/** What the group runs: what its last successful deployment has brought. Undefined where nobody can tell. */
const readRunning = async (client: AwsClient, point: ReadyPoint): Promise<Location> => {
  const { lastSuccessfulDeployment } = await readGroup(client, point);
  const deploymentId = lastSuccessfulDeployment?.deploymentId;
  return deploymentId === undefined ? undefined : (await readDeployment(client, deploymentId)).revision;
};

const shownOf = ({ revision }: Deployment, last: Location): Shown => {
  const next = revisionOf(revision);
  const running = revisionOf(last);
  return { revisions: next === undefined ? [] : [next], ...(running && { running }) };
};

const GITHUB_REPOSITORY = /^[\w.-]{1,100}\/[\w.-]{1,100}$/;
const COMMIT = /^[0-9a-f]{40}$/;

const revisionOf = (location: Location): Revision | undefined => {
  const { gitHubLocation: git, s3Location: s3, appSpecContent, string } = location ?? {};
  if (git !== undefined) {
    const { repository = '', commitId = '' } = git;
    return {
      source: readableText(repository, 100) ?? '',
      id: readableText(commitId, 200) ?? '',
      ...(GITHUB_REPOSITORY.test(repository) &&
        COMMIT.test(commitId) && { url: `https://github.com/${repository}/commit/${commitId}` }),
    };
  }
  if (s3 !== undefined) {
    const { bucket = '', key = '', version, eTag } = s3;
    const summary = readableText(`s3://${bucket}/${key}`, 200);
    return {
      source: 'S3',
      id: readableText(version ?? eTag, 200) ?? '',
      ...(summary !== undefined && { summary }),
    };
  }
  const sha256 = readableText((appSpecContent ?? string)?.sha256, 200);
  return sha256 === undefined ? undefined : { source: 'AppSpec', id: sha256, summary: 'AppSpec' };
};
