import * as v from 'valibot';
import type { Ending, PausePoint, Revision, Shown, Verdict } from '../gate/gate.ts';
import type { Described, Known, Platform, Seen } from '../gate/platform.ts';
import { readableText } from '../rollout/readable-text.ts';
import { arnOfDeployment } from '../rollout/service-deployment.ts';
import type { AwsClient } from './aws-client.ts';

/** So long ECS's answers may lag behind its events. */
const LAG_MS = 60_000;

/** The pause hooks of ECS: a deployment of a service waits at one until it is told to go on or to go back. */
export const createPauseHooks = (clientIn: (region: string) => AwsClient, now: () => number): Platform<PausePoint> => ({
  look: async (point, known) => {
    const deployment = await readDeployment(clientIn(point.rollout.region), point);
    return deployment === undefined
      ? { kind: 'ended', ending: { as: 'gone', at: now() } }
      : seenOf(point, deployment, known, now());
  },

  decide: async (point, _token, verdict) => {
    try {
      await clientIn(point.rollout.region)('ContinueServiceDeployment', {
        serviceDeploymentArn: arnOfDeployment(point.rollout),
        hookId: point.hookId,
        // Left out it would mean to go on.
        action: ACTIONS[verdict],
      });
      return 'done';
    } catch (error) {
      // What ECS says of a hook that is over is written nowhere: whatever it refuses is read anew.
      if (error instanceof Error && REFUSALS.has(error.name)) {
        return 'over';
      }
      throw error;
    }
  },

  describe: async (point) => {
    const client = clientIn(point.rollout.region);
    const deployment = await readDeployment(client, point);
    if (deployment === undefined) {
      return {};
    }
    const expiresAt = hookIn(deployment, point)?.expiresAt;
    const words = trafficWords(deployment);
    return {
      shown: await readShown(client, deployment),
      ...(expiresAt !== undefined && { expiresAt: expiresAt * 1000 }),
      ...(words !== undefined && { request: { text: words } }),
    } satisfies Described;
  },
});

const ACTIONS: Readonly<Record<Verdict, string>> = { approve: 'CONTINUE', reject: 'ROLLBACK' };

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContinueServiceDeployment.html */
const REFUSALS: ReadonlySet<string> = new Set([
  'InvalidParameterException',
  'ClientException',
  'ConflictException',
  'ServiceDeploymentNotFoundException',
]);

const text = v.fallback(v.optional(v.string()), undefined);

const number = v.fallback(v.optional(v.number()), undefined);

const Hook = v.object({ hookId: text, status: text, expiresAt: number, timeoutAction: text });

const RevisionSummary = v.object({
  arn: text,
  requestedTestTrafficWeight: number,
  requestedProductionTrafficWeight: number,
});

const Deployment = v.object({
  serviceDeploymentArn: v.string(),
  status: v.string(),
  statusReason: text,
  finishedAt: number,
  stoppedAt: number,
  rollback: v.fallback(v.optional(v.object({ reason: text })), undefined),
  lifecycleHookDetails: v.fallback(v.optional(v.array(Hook), []), []),
  targetServiceRevision: v.fallback(v.optional(RevisionSummary), undefined),
  sourceServiceRevisions: v.fallback(v.optional(v.array(RevisionSummary), []), []),
});
type Deployment = v.InferOutput<typeof Deployment>;

const Deployments = v.object({ serviceDeployments: v.optional(v.array(Deployment), []) });

const MISSING: ReadonlySet<string> = new Set([
  'ServiceDeploymentNotFoundException',
  'ServiceNotFoundException',
  'ClusterNotFoundException',
]);

/** Undefined: ECS knows of no such deployment. */
const readDeployment = async (client: AwsClient, { rollout }: PausePoint): Promise<Deployment | undefined> => {
  const arn = arnOfDeployment(rollout);
  try {
    const answer = await client('DescribeServiceDeployments', { serviceDeploymentArns: [arn] });
    return v
      .parse(Deployments, answer)
      .serviceDeployments.find(({ serviceDeploymentArn }) => serviceDeploymentArn === arn);
  } catch (error) {
    if (error instanceof Error && MISSING.has(error.name)) {
      return undefined;
    }
    throw error;
  }
};

const hookIn = ({ lifecycleHookDetails }: Deployment, { hookId }: PausePoint) =>
  lifecycleHookDetails.find((hook) => hook.hookId === hookId);

const seenOf = (point: PausePoint, deployment: Deployment, known: Known, now: number): Seen => {
  const hook = hookIn(deployment, point);
  switch (hook?.status) {
    case 'AWAITING_ACTION':
      // Another hook of the stage, an alarm, or somebody who stops it is no decision here.
      return isUnderWay(deployment) ? { kind: 'pending' } : endedBy(deployment, now, false);
    case 'SUCCEEDED':
      return { kind: 'ended', ending: { as: 'approved', at: now } };
    case 'FAILED':
      return { kind: 'ended', ending: { as: 'rejected', at: now } };
    case 'TIMED_OUT':
      return { kind: 'ended', ending: { ...timedOut(hook.timeoutAction), at: now } };
    case 'IN_PROGRESS':
      return { kind: 'unseen' };
    default:
      return unlisted(deployment, known, now);
  }
};

const isUnderWay = ({ status }: Deployment): boolean => status === 'PENDING' || status === 'IN_PROGRESS';

const timedOut = (action: string | undefined): Pick<Ending, 'as' | 'summary'> => {
  switch (action) {
    case 'CONTINUE':
      return { as: 'expired', summary: 'ECS goes on without an answer' };
    case 'ROLLBACK':
      return { as: 'expired', summary: 'ECS rolls back' };
    default:
      return { as: 'expired' };
  }
};

/** ECS lists the hooks that are active; of one that is not, its deployment tells what became of it. */
const unlisted = (deployment: Deployment, { openedAt, expiresAt }: Known, now: number): Seen => {
  if (!isUnderWay(deployment)) {
    return endedBy(deployment, now, true);
  }
  if (openedAt === undefined || now - openedAt < LAG_MS) {
    return { kind: 'unseen' };
  }
  const isLate = expiresAt !== undefined && now >= expiresAt;
  return { kind: 'ended', ending: { as: isLate ? 'expired' : 'approved', at: now } };
};

/** What the end of a deployment is for a hook; `isSettled`: the hook itself is over, so that it may have brought it about. */
const endedBy = (deployment: Deployment, now: number, isSettled: boolean): Seen => {
  const { status, statusReason, rollback, finishedAt, stoppedAt } = deployment;
  const end = finishedAt ?? stoppedAt;
  const at = end === undefined ? now : end * 1000;
  const summary = readableText(statusReason ?? rollback?.reason, 512);
  if (status === 'SUCCESSFUL') {
    return { kind: 'ended', ending: { as: 'approved', at } };
  }
  const isByHook =
    isSettled && status.startsWith('ROLLBACK_') && /\bhook\b/i.test(rollback?.reason ?? statusReason ?? '');
  return {
    kind: 'ended',
    ending: { as: isByHook ? 'rejected' : 'stopped', ...(summary !== undefined && { summary }), at },
  };
};

/** How much of the traffic the new version has by now: what a step of a canary is about. */
const trafficWords = ({ targetServiceRevision: target }: Deployment): string | undefined => {
  const shares = [
    { of: 'test traffic', weight: target?.requestedTestTrafficWeight },
    { of: 'production traffic', weight: target?.requestedProductionTrafficWeight },
  ].flatMap(({ of, weight }) => (weight === undefined ? [] : [`${weight} % of the ${of}`]));
  return shares.length === 0 ? undefined : `The new version has ${shares.join(' and ')}.`;
};

const ServiceRevision = v.object({
  serviceRevisionArn: text,
  taskDefinition: text,
  containerImages: v.fallback(v.optional(v.array(v.object({ image: text })), []), []),
});
type ServiceRevision = v.InferOutput<typeof ServiceRevision>;

const ServiceRevisions = v.object({ serviceRevisions: v.optional(v.array(ServiceRevision), []) });

/** What would be approved, and what runs now. */
const readShown = async (client: AwsClient, deployment: Deployment): Promise<Shown> => {
  const target = deployment.targetServiceRevision?.arn;
  const source = deployment.sourceServiceRevisions.find(({ arn }) => arn !== target)?.arn;
  const arns = [target, source].flatMap((arn) => arn ?? []);
  const known = arns.length === 0 ? [] : await readRevisions(client, arns);
  const shown = (arn: string | undefined): Revision | undefined =>
    arn === undefined ? undefined : revisionOf(arn, known);
  const next = shown(target);
  const running = shown(source);
  return { revisions: next === undefined ? [] : [next], ...(running && { running }) };
};

/** Where that may not be read, the numbers of the revisions will have to do. */
const readRevisions = async (client: AwsClient, arns: readonly string[]): Promise<readonly ServiceRevision[]> => {
  try {
    const answer = await client('DescribeServiceRevisions', { serviceRevisionArns: arns });
    return v.parse(ServiceRevisions, answer).serviceRevisions;
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException') {
      return [];
    }
    throw error;
  }
};

const revisionOf = (arn: string, known: readonly ServiceRevision[]): Revision => {
  const found = known.find(({ serviceRevisionArn }) => serviceRevisionArn === arn);
  const images = (found?.containerImages ?? []).flatMap(({ image }) => image ?? []).join(', ');
  const summary = readableText(images, 200);
  return {
    source: 'ECS',
    id: readableText(lastPart(found?.taskDefinition ?? arn), 200) ?? '',
    ...(summary !== undefined && { summary }),
  };
};

/** `shop:42` of a task definition's ARN, a number of a service revision's. */
const lastPart = (arn: string): string => arn.split('/').at(-1) ?? '';
