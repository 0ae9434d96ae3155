import * as v from 'valibot';
import { describeIssues } from '../describe-issues.ts';
import { Envelope, Id, partitionOf, timeOf } from './envelope.ts';
import { ignored, quarantined } from './parsed-event.ts';
import type { ParsedEvent } from './parsed-event.ts';
import { readableText } from './readable-text.ts';
import type { Facts, ServiceDeployment, StateChange } from './rollout.ts';
import { deploymentOfArn, ROLLBACK_CREATOR, ROLLED_BACK, ROLLING_BACK, serviceOfArn } from './service-deployment.ts';
import type { Meaning } from './service-deployment.ts';
import type { Version } from './version.ts';

const START: Meaning = { state: 'in-progress', rank: 10 };
const FAILURE: Meaning = { state: 'failed', rank: 40 };
const SUCCESS: Meaning = { state: 'succeeded', rank: 50 };

/** The names of the event bus, and those that the statuses of the API make: an event that was lost is told by these. */
const DEPLOYMENT_NAMES: ReadonlyMap<string, Meaning> = new Map([
  ['SERVICE_DEPLOYMENT_IN_PROGRESS', START],
  ['SERVICE_DEPLOYMENT_COMPLETED', SUCCESS],
  ['SERVICE_DEPLOYMENT_FAILED', FAILURE],
  ['SERVICE_DEPLOYMENT_PENDING', START],
  ['SERVICE_DEPLOYMENT_SUCCESSFUL', SUCCESS],
  // A newer deployment takes its place: it is over in a moment.
  ['SERVICE_DEPLOYMENT_STOP_REQUESTED', START],
  ['SERVICE_DEPLOYMENT_STOPPED', { state: 'stopped', rank: 30 }],
  ['SERVICE_DEPLOYMENT_ROLLBACK_REQUESTED', ROLLING_BACK],
  ['SERVICE_DEPLOYMENT_ROLLBACK_IN_PROGRESS', ROLLING_BACK],
  ['SERVICE_DEPLOYMENT_ROLLBACK_SUCCESSFUL', ROLLED_BACK],
  ['SERVICE_DEPLOYMENT_ROLLBACK_FAILED', ROLLED_BACK],
]);

const HOOK_NAMES: ReadonlyMap<string, Meaning> = new Map([
  ['HOOK_IN_PROGRESS', START],
  ['HOOK_AWAITING_ACTION', { state: 'waiting', rank: 15 }],
  // Whether it goes on then or back, the hook does not say: the deployment will.
  ['HOOK_TIMED_OUT', { state: 'abandoned', rank: 35 }],
  ['HOOK_FAILED', FAILURE],
  ['HOOK_SUCCEEDED', SUCCESS],
]);

const text = v.fallback(v.optional(v.string()), undefined);

const Resources = v.fallback(v.optional(v.array(v.string()), []), []);

const Named = v.object({ detail: v.object({ eventName: v.string() }) });

const Deployed = v.object({
  ...Envelope.entries,
  resources: Resources,
  detail: v.object({ eventName: v.string(), deploymentId: v.optional(Id), serviceDeploymentArn: text, reason: text }),
});

const Hooked = v.object({
  ...Envelope.entries,
  resources: Resources,
  detail: v.object({
    eventName: v.string(),
    hookId: Id,
    hookType: text,
    expiresAt: v.optional(v.unknown()),
    lifecycleStage: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,100}$/, 'is not a lifecycle stage')),
    serviceDeploymentArn: text,
  }),
});

/** Reads an ECS event of a service deployment or of one of its hooks. */
export const parseEcsEvent = (detailType: string, event: object): ParsedEvent => {
  switch (detailType) {
    case 'ECS Deployment State Change':
      return parseNamed(event, 'SERVICE_DEPLOYMENT_', DEPLOYMENT_NAMES, parseDeployment);
    case 'ECS Hook State Change':
      return parseNamed(event, 'HOOK_', HOOK_NAMES, parseHook);
    default:
      return ignored('unknown detail-type');
  }
};

const parseNamed = (
  event: object,
  prefix: string,
  names: ReadonlyMap<string, Meaning>,
  parse: (event: object, meaning: Meaning) => ParsedEvent,
): ParsedEvent => {
  const named = v.safeParse(Named, event);
  if (!named.success) {
    return quarantined(describeIssues(named.issues));
  }
  const { eventName } = named.output.detail;
  const meaning = names.get(eventName);
  if (meaning !== undefined) {
    return parse(event, meaning);
  }
  // ECS says that it may come to tell of other things; of ours it has to be a state that we know.
  return eventName.startsWith(prefix)
    ? quarantined('detail.eventName: not a name of this detail-type')
    : ignored('an ECS event of something else');
};

const parseDeployment = (event: object, meaning: Meaning): ParsedEvent => {
  const parsed = v.safeParse(Deployed, event);
  if (!parsed.success) {
    return quarantined(describeIssues(parsed.issues));
  }
  const { id, account, region, time, resources, detail } = parsed.output;
  const place = { partition: partitionOf(region), account, region };
  const deployment =
    firstOf(
      [...(detail.serviceDeploymentArn === undefined ? [] : [detail.serviceDeploymentArn]), ...resources],
      deploymentOfArn,
    ) ?? orElse(firstOf(resources, serviceOfArn), detail.deploymentId);
  if (deployment === undefined) {
    return quarantined('resources: no ARN of a service and no id of its deployment');
  }
  const reason = readableText(detail.reason, 240);
  const isRollback = meaning === START && /\broll(?:ing|ed)?[ -]?back\b/i.test(reason ?? '');
  const { state, rank } = meaning;
  const version: Version = { attempt: 0, time, rank, eventId: id };
  return {
    kind: 'change',
    change: {
      rollout: { source: 'ecs', ...place, ...deployment },
      register: { kind: 'rollout' },
      state,
      version,
      startedAt: time,
      facts: deploymentFacts(detail.eventName, meaning, version, reason, isRollback),
    },
  };
};

const orElse = (
  service: Pick<ServiceDeployment, 'cluster' | 'service'> | undefined,
  executionId: string | undefined,
): Pick<ServiceDeployment, 'cluster' | 'service' | 'executionId'> | undefined =>
  service === undefined || executionId === undefined ? undefined : { ...service, executionId };

const firstOf = <Value>(arns: readonly string[], read: (arn: string) => Value | undefined): Value | undefined =>
  arns.map(read).find((one) => one !== undefined);

const deploymentFacts = (
  eventName: string,
  meaning: Meaning,
  version: Version,
  reason: string | undefined,
  isRollback: boolean,
): Facts => {
  const why = reason !== undefined && { summary: reason };
  if (isRollback) {
    return {
      creator: { version, value: ROLLBACK_CREATOR },
      ...(reason !== undefined && { stopReason: { version, value: reason } }),
    };
  }
  switch (meaning) {
    case FAILURE:
      return why ? { failure: { version, value: why } } : {};
    case ROLLED_BACK:
      return { failure: { version, value: { errorCode: eventName.replace('SERVICE_DEPLOYMENT_', ''), ...why } } };
    case ROLLING_BACK:
      return reason === undefined ? {} : { stopReason: { version, value: reason } };
    default:
      return {};
  }
};

const parseHook = (event: object, { state, rank }: Meaning): ParsedEvent => {
  const parsed = v.safeParse(Hooked, event);
  if (!parsed.success) {
    return quarantined(describeIssues(parsed.issues));
  }
  const { id, account, region, time, resources, detail } = parsed.output;
  const deployment = firstOf(
    [...(detail.serviceDeploymentArn === undefined ? [] : [detail.serviceDeploymentArn]), ...resources],
    deploymentOfArn,
  );
  if (deployment === undefined) {
    return quarantined('detail.serviceDeploymentArn: not the ARN of a service deployment');
  }
  const expiresAt = timeOf(detail.expiresAt);
  const change: StateChange = {
    rollout: { source: 'ecs', partition: partitionOf(region), account, region, ...deployment },
    register: { kind: 'action', stage: detail.lifecycleStage, action: detail.hookId },
    state,
    version: { attempt: 0, time, rank, eventId: id },
    startedAt: time,
    facts: {},
    // What waits for people is a pause hook, whether it says so or not.
    ...((detail.hookType ?? 'PAUSE') === 'PAUSE' && { approvalId: detail.hookId }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  return { kind: 'change', change };
};
