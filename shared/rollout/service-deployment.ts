import * as v from 'valibot';
import type { Facts, ServiceDeployment, StateChange } from './rollout.ts';
import type { State } from './state.ts';

/** What something that ECS tells means, and how far along a deployment is with it. */
export type Meaning = { readonly state: State; readonly rank: number };

// ECS rolls back within the deployment that failed: it says that it failed, goes back, and is back.
export const ROLLING_BACK: Meaning = { state: 'stopping', rank: 60 };
export const ROLLED_BACK: Meaning = { state: 'failed', rank: 70 };

/** Who makes a deployment that nobody could find the service deployment of, and that brings back an earlier one. */
export const ROLLBACK_CREATOR = 'ecsRollback';

/** Clusters and services: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html */
const NAME = '[A-Za-z0-9_-]{1,255}';

// Services of before 2019 may still have an ARN that does not name their cluster.
const SERVICE_ARN = new RegExp(`^arn:[^:]*:ecs:[^:]*:[^:]*:service/(?:(${NAME})/)?(${NAME})$`);
const DEPLOYMENT_ARN = new RegExp(
  `^arn:[^:]*:ecs:[^:]*:[^:]*:service-deployment/(${NAME})/(${NAME})/([A-Za-z0-9_-]{1,100})$`,
);

/** The service that an ARN is of, its cluster empty where the ARN names none; undefined for any other ARN. */
export const serviceOfArn = (arn: string): Pick<ServiceDeployment, 'cluster' | 'service'> | undefined => {
  const [, cluster = '', service] = SERVICE_ARN.exec(arn) ?? [];
  return service === undefined ? undefined : { cluster, service };
};

/** The service deployment that an ARN is of; undefined for any other ARN. */
export const deploymentOfArn = (
  arn: string,
): Pick<ServiceDeployment, 'cluster' | 'service' | 'executionId'> | undefined => {
  const [, cluster, service, executionId] = DEPLOYMENT_ARN.exec(arn) ?? [];
  return cluster === undefined || service === undefined || executionId === undefined
    ? undefined
    : { cluster, service, executionId };
};

/** What ECS calls a service deployment by. */
export const arnOfDeployment = ({
  partition,
  region,
  account,
  cluster,
  service,
  executionId,
}: ServiceDeployment): string =>
  `arn:${partition}:ecs:${region}:${account}:service-deployment/${cluster}/${service}/${executionId}`;

const BY_REVISION = 'ecs-svc/';

/** Whether it is known only by what the event bus calls it, which is no service deployment's id. */
export const isOfRevision = ({ executionId }: ServiceDeployment): boolean => executionId.startsWith(BY_REVISION);

/** A change of a deployment that is known only by what the event bus calls it. */
export type Unjoined = StateChange & { readonly rollout: ServiceDeployment };

/** Whether it has to be found out which of its service's deployments a change is of. */
export const isUnjoined = (change: StateChange): change is Unjoined =>
  change.rollout.source === 'ecs' && change.rollout.cluster !== '' && isOfRevision(change.rollout);

/** AWS writes seconds since 1970. */
const Seconds = v.pipe(
  v.number(),
  v.transform((seconds) => Math.floor(seconds) * 1000),
);

const text = v.fallback(v.optional(v.string()), undefined);

/** One deployment of ListServiceDeployments. */
export const ListedDeployment = v.object({
  serviceDeploymentArn: v.string(),
  createdAt: Seconds,
  finishedAt: v.fallback(v.optional(Seconds), undefined),
  targetServiceRevisionArn: text,
  status: text,
});
export type ListedDeployment = v.InferOutput<typeof ListedDeployment>;

/** So much the clocks of event bus and API may differ. */
const SKEW_MS = 5_000;

/** So late an event may tell that a deployment is through: ECS waits until the old tasks have stopped. */
const LATE_MS = 3 * 60_000;

/**
 * The change as one of the service deployment that it happened in, of those that ECS lists of the service; undefined when
 * none of them had begun. A service has one deployment at a time: it is the newest of then, unless an older one has the
 * revision for its target. What tells of an older revision while the newest is rolled back tells of the rollback.
 */
export const joinedTo = (change: Unjoined, listed: readonly ListedDeployment[]): StateChange | undefined => {
  const { rollout, version, facts } = change;
  const begun = listed
    .filter(({ createdAt }) => createdAt <= version.time + SKEW_MS)
    .sort((a, b) => b.createdAt - a.createdAt);
  const [current] = begun;
  const revision = rollout.executionId.slice(BY_REVISION.length);
  const own = begun.find(({ targetServiceRevisionArn }) => targetServiceRevisionArn?.endsWith(`/${revision}`));
  const saysSo = facts.creator?.value === ROLLBACK_CREATOR;
  const isBack =
    current?.status?.startsWith('ROLLBACK_') === true && own !== current && isRatherOf(current, own, version.time);
  const isRollback = saysSo || (isBack && (own !== undefined || change.state === 'succeeded'));
  const deployment = isRollback ? current : (own ?? current);
  const found = deployment && deploymentOfArn(deployment.serviceDeploymentArn);
  if (deployment === undefined || found === undefined) {
    return undefined;
  }
  const joined: StateChange = {
    ...change,
    rollout: { ...rollout, ...found },
    startedAt: Math.min(change.startedAt, deployment.createdAt),
  };
  return isRollback ? asRollback(joined, rollout.executionId) : joined;
};

/**
 * Whether what happened at `time` is the end of a rollback rather than the late end of the deployment that it goes back to.
 * Where there is none of that revision, nobody knows by which names the event bus calls them.
 */
const isRatherOf = (rollback: ListedDeployment, own: ListedDeployment | undefined, time: number): boolean => {
  if (own === undefined) {
    return true;
  }
  if (own.finishedAt === undefined) {
    return false;
  }
  return rollback.finishedAt === undefined
    ? time - own.finishedAt > LATE_MS
    : Math.abs(time - rollback.finishedAt) <= Math.abs(time - own.finishedAt);
};

/** What is told of the revision that a deployment goes back to, told of the deployment. */
const asRollback = (change: StateChange, goesBackTo: string): StateChange => {
  const { state, facts } = change;
  const meaning = state === 'in-progress' ? ROLLING_BACK : ROLLED_BACK;
  const version = { ...change.version, rank: meaning.rank };
  return { ...change, state: meaning.state, version, facts: factsOf(state, facts, version, goesBackTo) };
};

const factsOf = (
  state: State,
  { stopReason, failure }: Facts,
  version: StateChange['version'],
  goesBackTo: string,
): Facts => {
  switch (state) {
    case 'succeeded':
      return { rolledBackBy: { version, value: goesBackTo } };
    case 'failed':
      return { failure: { version, value: { ...failure?.value, errorCode: 'ROLLBACK_FAILED' } } };
    default:
      return stopReason === undefined ? {} : { stopReason: { version, value: stopReason.value } };
  }
};
