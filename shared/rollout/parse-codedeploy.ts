import * as v from 'valibot';
import { describeIssues } from '../describe-issues.ts';
import { AccountId, Envelope, Id, Name, partitionOf, Region } from './envelope.ts';
import { factId } from './fact-id.ts';
import { ignored, quarantined } from './parsed-event.ts';
import type { ParsedEvent } from './parsed-event.ts';
import { readableText } from './readable-text.ts';
import type { Register, Result, StateChange } from './rollout.ts';
import type { State } from './state.ts';
import { timeOfTrigger } from './trigger-time.ts';

/** What a state of AWS's means, and how far along it is. */
type Meaning = { readonly state: State; readonly rank: number };

const START: Meaning = { state: 'in-progress', rank: 10 };
const STOP: Meaning = { state: 'stopped', rank: 30 };
const FAILURE: Meaning = { state: 'failed', rank: 40 };
const SUCCESS: Meaning = { state: 'succeeded', rank: 50 };

// Blue/green: the replacement is ready, and the deployment waits to be continued.
const DEPLOYMENT_READY: Meaning = { state: 'waiting', rank: 15 };

// One instance that is ready waits for the others, not for people.
const INSTANCE_READY: Meaning = { state: 'in-progress', rank: 15 };

type Level = 'rollout' | 'instance';

/** The states of the event bus. */
const STATES: Readonly<Record<Level, ReadonlyMap<string, Meaning>>> = {
  rollout: new Map([
    ['START', START],
    ['READY', DEPLOYMENT_READY],
    ['STOP', STOP],
    ['FAILURE', FAILURE],
    ['SUCCESS', SUCCESS],
  ]),
  instance: new Map([
    ['START', START],
    ['READY', INSTANCE_READY],
    ['STOP', STOP],
    ['FAILURE', FAILURE],
    ['SUCCESS', SUCCESS],
  ]),
};

const DETAIL_TYPES: ReadonlyMap<string, Level> = new Map([
  ['CodeDeploy Deployment State-change Notification', 'rollout'],
  ['CodeDeploy Instance State-change Notification', 'instance'],
]);

const Deployed = v.object({
  ...Envelope.entries,
  detail: v.object({ application: Name, deploymentGroup: Name, deploymentId: Id, state: v.string() }),
});

const Instance = v.object({ detail: v.object({ instanceId: Name }) });

/** Reads a CodeDeploy event of deployment or instance level. */
export const parseCodeDeployEvent = (detailType: string, event: object): ParsedEvent => {
  const level = DETAIL_TYPES.get(detailType);
  if (level === undefined) {
    return ignored('unknown detail-type');
  }
  const parsed = v.safeParse(Deployed, event);
  if (!parsed.success) {
    return quarantined(describeIssues(parsed.issues));
  }
  const named = level === 'instance' ? v.safeParse(Instance, event) : undefined;
  if (named?.success === false) {
    return quarantined(describeIssues(named.issues));
  }
  const { detail, id, account, region, time } = parsed.output;
  const meaning = STATES[level].get(detail.state);
  if (meaning === undefined) {
    return quarantined('detail.state: not a state of this detail-type');
  }
  return {
    kind: 'change',
    change: {
      rollout: {
        source: 'codedeploy',
        partition: partitionOf(region),
        account,
        region,
        application: detail.application,
        group: detail.deploymentGroup,
        executionId: detail.deploymentId,
      },
      register: registerOf(named?.output.detail.instanceId),
      state: meaning.state,
      version: { attempt: 0, time, rank: meaning.rank, eventId: id },
      startedAt: time,
      facts: {},
    },
  };
};

const INSTANCE_ARN = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:instance[/:](.+)$/s;

const registerOf = (instance: string | undefined): Register =>
  instance === undefined
    ? { kind: 'rollout' }
    : { kind: 'instance', instance: INSTANCE_ARN.exec(instance)?.[1] ?? instance };

/** The statuses of trigger messages, in capitals and without underscores: each writer has a spelling of its own. */
const STATUSES: ReadonlyMap<string, string> = new Map([
  ['CREATED', 'START'],
  ['INPROGRESS', 'START'],
  ['READY', 'READY'],
  ['STOPPED', 'STOP'],
  ['ABORTED', 'STOP'],
  ['FAILED', 'FAILURE'],
  ['SUCCEEDED', 'SUCCESS'],
]);

const optional = v.fallback(v.optional(v.string()), undefined);

const TriggerMessage = v.looseObject({
  accountId: AccountId,
  region: Region,
  applicationName: v.optional(Name),
  deploymentGroupName: v.optional(Name),
  deploymentId: Id,
  status: optional,
  instanceId: v.optional(
    v.pipe(
      v.string(),
      v.transform((id) => INSTANCE_ARN.exec(id)?.[1] ?? id),
      Name,
    ),
  ),
  instanceStatus: optional,
});

/** Whether this is what a trigger of a deployment group sends to its topic. */
export const isTriggerMessage = (message: object): boolean =>
  'eventTriggerName' in message && 'deploymentId' in message;

/** Reads the message of a CodeDeploy trigger, which has no event id, and of times what its writer thought of. */
export const parseTriggerMessage = (message: object, sentAt: number | undefined): ParsedEvent => {
  const parsed = v.safeParse(TriggerMessage, message);
  if (!parsed.success) {
    return quarantined(describeIssues(parsed.issues));
  }
  const { accountId, region, applicationName, deploymentGroupName, deploymentId, ...told } = parsed.output;
  if (applicationName === undefined || deploymentGroupName === undefined) {
    return ignored('a trigger message that names no application and deployment group');
  }
  const level = told.instanceId === undefined ? 'rollout' : 'instance';
  const spelling = told.instanceId === undefined ? (told.status ?? told.instanceStatus) : told.instanceStatus;
  const meaning = STATES[level].get(STATUSES.get(plainStatus(spelling)) ?? '');
  if (meaning === undefined) {
    return quarantined('status: not a status of a deployment or an instance');
  }
  const createdAt = timeOfTrigger(told['createTime']);
  const time = timeOf(meaning, {
    createdAt,
    endedAt: timeOfTrigger(told['completeTime']),
    updatedAt: timeOfTrigger(told['lastUpdatedAt']),
    sentAt,
  });
  if (time === undefined) {
    return quarantined('createTime: no time that could be read');
  }
  const change: Omit<StateChange, 'facts'> = {
    rollout: {
      source: 'codedeploy',
      partition: partitionOf(region),
      account: accountId,
      region,
      application: applicationName,
      group: deploymentGroupName,
      executionId: deploymentId,
    },
    register: registerOf(told.instanceId),
    state: meaning.state,
    version: { attempt: 0, time, rank: meaning.rank, eventId: '' },
    startedAt: level === 'rollout' ? Math.min(createdAt ?? time, time) : time,
  };
  const version = { ...change.version, eventId: factId(change) };
  const failure = meaning === FAILURE && level === 'rollout' ? failureOf(told['errorInformation']) : undefined;
  const rollbackOf = rollbackOfIn(told['rollbackInformation'], deploymentId);
  return {
    kind: 'change',
    change: {
      ...change,
      version,
      facts: {
        ...(failure && { failure: { version, value: failure } }),
        ...(rollbackOf !== undefined && { rollbackOf: { version, value: rollbackOf } }),
      },
    },
  };
};

const plainStatus = (status: string | undefined): string => (status ?? '').toUpperCase().replaceAll(/[_ -]/g, '');

type Times = {
  readonly createdAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly updatedAt: number | undefined;
  readonly sentAt: number | undefined;
};

/** When the state was entered, as far as is known, in whole seconds like the event bus: within one the rank decides. */
const timeOf = ({ rank }: Meaning, { createdAt, endedAt, updatedAt, sentAt }: Times): number | undefined => {
  const time =
    updatedAt ??
    (rank >= STOP.rank
      ? (endedAt ?? sentAt ?? createdAt)
      : rank > START.rank
        ? (sentAt ?? createdAt)
        : (createdAt ?? sentAt));
  return time === undefined ? undefined : Math.floor(time / 1000) * 1000;
};

/** An object, or the JSON text of one. */
const nested = (value: unknown): unknown => {
  if (typeof value !== 'string') {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
};

const ErrorInformation = v.object({ ErrorCode: optional, ErrorMessage: optional });

const failureOf = (value: unknown): Result | undefined => {
  const parsed = v.safeParse(ErrorInformation, nested(value));
  const errorCode = parsed.success ? readableText(parsed.output.ErrorCode, 100) : undefined;
  const summary = parsed.success ? readableText(parsed.output.ErrorMessage, 240) : undefined;
  return errorCode === undefined && summary === undefined
    ? undefined
    : { ...(summary !== undefined && { summary }), ...(errorCode !== undefined && { errorCode }) };
};

const RollbackInformation = v.object({ RollbackTriggeringDeploymentId: Id });

/** Also there, and empty, for what is no rollback. */
const rollbackOfIn = (value: unknown, deploymentId: string): string | undefined => {
  const parsed = v.safeParse(RollbackInformation, nested(value));
  return parsed.success && parsed.output.RollbackTriggeringDeploymentId !== deploymentId
    ? parsed.output.RollbackTriggeringDeploymentId
    : undefined;
};
