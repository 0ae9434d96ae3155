import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { isList } from '../../../json.ts';
import type { JsonRecord } from '../../../json.ts';
import { answer, refusal } from '../../service.ts';
import type { Operation, Outcome } from '../../service.ts';
import { RevisionLocation } from '../deployment-group.ts';
import { describeHooked, describeHookedGroup, describeTarget, targetIdOf } from './describe-hooked.ts';
import { ROLLBACK_EVENTS } from './hooked-group.ts';
import type { Revision, RollbackEvent } from './hooked-group.ts';
import { revisionOf } from './hooked-state.ts';
import type { HookedState } from './hooked-state.ts';
import type { HookedDeployments } from './simulated-hooked.ts';
import { describeConfig, shiftOf } from './traffic-shift.ts';

const DeploymentId = v.pipe(v.string(), v.regex(/^d-[A-Z0-9]{9}$/));
const Names = v.object({ applicationName: v.optional(v.string()), deploymentGroupName: v.optional(v.string()) });
const Create = v.object({
  revision: v.optional(v.unknown()),
  deploymentConfigName: v.exactOptional(v.string()),
  description: v.exactOptional(v.string()),
  autoRollbackConfiguration: v.exactOptional(v.unknown()),
  overrideAlarmConfiguration: v.exactOptional(v.unknown()),
});
const AutoRollback = v.object({
  enabled: v.optional(v.boolean(), true),
  events: v.optional(v.array(v.picklist(ROLLBACK_EVENTS)), []),
});
const Alarms = v.object({
  enabled: v.optional(v.boolean(), true),
  alarms: v.optional(v.array(v.object({ name: v.string() })), []),
});

const HashedRevision = v.object({ appSpecContent: v.object({ sha256: v.string() }) });

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html */
const MOST_ALARMS = 10;

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeploymentTargets.html */
const MOST_TARGETS = 25;

/**
 * CodeDeploy's API for simulated deployment groups that call hooks. Of all others `elsewhere` tells.
 * https://docs.aws.amazon.com/codedeploy/latest/APIReference/
 */
export const hookedOperations = (
  hooked: HookedDeployments,
  elsewhere: ReadonlyMap<string, Operation>,
): ReadonlyMap<string, Operation> => {
  type Found = NonNullable<ReturnType<HookedDeployments['find']>>;

  /** An operation about one deployment, which is looked up. */
  const about = (
    operation: string,
    work: (found: Found, input: JsonRecord) => Outcome,
  ): readonly [string, Operation] => [
    operation,
    (input, caller) => {
      const { deploymentId } = input;
      if (deploymentId === undefined || deploymentId === '') {
        return refusal('DeploymentIdRequiredException', 'A deployment ID is required.');
      }
      if (!v.is(DeploymentId, deploymentId)) {
        return refusal('InvalidDeploymentIdException', 'The deployment ID is not valid.');
      }
      const found = hooked.find(deploymentId);
      return found === undefined
        ? (elsewhere.get(operation)?.(input, caller) ??
            refusal('DeploymentDoesNotExistException', `The deployment ${deploymentId} could not be found`))
        : work(found, input);
    },
  ];

  const obey = (
    { state: { group } }: Found,
    command: Parameters<HookedDeployments['command']>[2],
    told: JsonRecord,
  ) => {
    const reply = hooked.command(group.application, group.group, command);
    return reply.kind === 'refused' ? refusal(reply.code, reply.message) : answer(told);
  };

  const statesIn = (application: unknown): readonly HookedState[] =>
    hooked.states().filter(({ group }) => group.application === application);

  /** An operation about a group, if its application is one of those here. */
  const inGroup = (
    operation: string,
    work: (state: HookedState, input: JsonRecord) => Outcome,
  ): readonly [string, Operation] => [
    operation,
    (input, caller) => {
      const { applicationName, deploymentGroupName } = v.parse(v.fallback(Names, {}), input);
      const states = statesIn(applicationName);
      if (states.length === 0) {
        return (
          elsewhere.get(operation)?.(input, caller) ??
          refusal('ApplicationDoesNotExistException', `No application found for name: ${applicationName ?? ''}`)
        );
      }
      if (deploymentGroupName === undefined) {
        return refusal('DeploymentGroupNameRequiredException', 'A deployment group name is required.');
      }
      const state = states.find(({ group }) => group.group === deploymentGroupName);
      return state === undefined
        ? refusal('DeploymentGroupDoesNotExistException', `No Deployment Group found for name: ${deploymentGroupName}`)
        : work(state, input);
    },
  ];

  return new Map<string, Operation>([
    ...elsewhere,
    inGroup('CreateDeployment', (state, input) => {
      const { group } = state;
      const given = v.safeParse(Create, input);
      if (!given.success) {
        return refusal('SerializationException', v.summarize(given.issues));
      }
      const { deploymentConfigName: config = group.config, description } = given.output;
      const revision = readRevision(given.output.revision, state);
      if ('kind' in revision) {
        return revision;
      }
      const shift = shiftOf(config, group.target.platform);
      if (shift === undefined) {
        return refusal(
          'DeploymentConfigDoesNotExistException',
          `No Deployment Configuration found for name: ${config}`,
        );
      }
      const rollbackOn = readRollback(given.output.autoRollbackConfiguration, group.rollbackOn);
      if ('kind' in rollbackOn) {
        return rollbackOn;
      }
      const alarms = readAlarms(given.output.overrideAlarmConfiguration, group.alarms);
      if ('kind' in alarms) {
        return alarms;
      }
      const reply = hooked.command(group.application, group.group, {
        kind: 'create',
        ...{ revision, config, shift, rollbackOn, alarms },
        ...(description !== undefined && { description }),
      });
      return reply.kind === 'refused' ? refusal(reply.code, reply.message) : answer({ deploymentId: reply.deployment });
    }),
    about('GetDeployment', ({ state, deployment }) => answer({ deploymentInfo: describeHooked(state, deployment) })),
    about('ListDeploymentTargets', ({ state: { group } }) => answer({ targetIds: [targetIdOf(group)] })),
    about('GetDeploymentTarget', ({ state, deployment }, { targetId }) => {
      if (targetId === undefined) {
        return refusal('DeploymentTargetIdRequiredException', 'A deployment target ID is required.');
      }
      return targetId === targetIdOf(state.group)
        ? answer({ deploymentTarget: describeTarget(state, deployment) })
        : noTarget(targetId);
    }),
    about('BatchGetDeploymentTargets', ({ state, deployment }, { targetIds }) => {
      if (!isList(targetIds) || targetIds.length === 0) {
        return refusal('DeploymentTargetIdRequiredException', 'A deployment target ID is required.');
      }
      if (targetIds.length > MOST_TARGETS) {
        return refusal(
          'DeploymentTargetListSizeExceededException',
          `At most ${MOST_TARGETS} targets can be asked for.`,
        );
      }
      const unknown = targetIds.find((id) => id !== targetIdOf(state.group));
      return unknown === undefined
        ? answer({ deploymentTargets: [describeTarget(state, deployment)] })
        : noTarget(unknown);
    }),
    about('PutLifecycleEventHookExecutionStatus', (found, { lifecycleEventHookExecutionId: executionId, status }) => {
      if (status !== 'Succeeded' && status !== 'Failed') {
        return refusal(
          'InvalidLifecycleEventHookExecutionStatusException',
          'The result of a hook is Succeeded or Failed, and nothing else.',
        );
      }
      return typeof executionId === 'string'
        ? obey(
            found,
            { kind: 'report', deployment: found.deployment.id, executionId, status },
            { lifecycleEventHookExecutionId: executionId },
          )
        : refusal('InvalidLifecycleEventHookExecutionIdException', 'A lifecycle event hook execution ID is required.');
    }),
    about('ContinueDeployment', (found, { deploymentWaitType: wait = 'READY_WAIT' }) => {
      if (wait !== 'READY_WAIT' && wait !== 'TERMINATION_WAIT') {
        return refusal('InvalidDeploymentWaitTypeException', 'The wait type is invalid.');
      }
      return found.state.group.target.platform === 'Lambda'
        ? refusal('UnsupportedActionForDeploymentTypeException', 'A deployment to Lambda waits for nobody.')
        : obey(found, { kind: 'continue', deployment: found.deployment.id, wait }, {});
    }),
    about('StopDeployment', (found, { autoRollbackEnabled }) =>
      obey(
        found,
        { kind: 'stop', deployment: found.deployment.id, rollback: autoRollbackEnabled === true },
        { status: 'Succeeded', statusMessage: 'No more commands will be scheduled for execution.' },
      ),
    ),
    [
      'BatchGetDeployments',
      async (input, caller) => {
        const { deploymentIds } = input;
        const asked = isList(deploymentIds) ? deploymentIds : [];
        const own = asked.flatMap((id) => (typeof id === 'string' ? (hooked.find(id) ?? []) : []));
        if (own.length === 0 || asked.length > MOST_TARGETS) {
          return (
            elsewhere.get('BatchGetDeployments')?.(input, caller) ??
            refusal('DeploymentIdRequiredException', 'A deployment ID is required.')
          );
        }
        const others = asked.filter((id) => !own.some(({ deployment }) => deployment.id === id));
        const told =
          others.length === 0
            ? answer({ deploymentsInfo: [] })
            : await elsewhere.get('BatchGetDeployments')?.({ deploymentIds: others }, caller);
        if (told?.kind === 'refusal') {
          return told;
        }
        const rest = told?.body['deploymentsInfo'];
        return answer({
          deploymentsInfo: [
            ...own.map(({ state, deployment }) => describeHooked(state, deployment)),
            ...(isList(rest) ? rest : []),
          ],
        });
      },
    ],
    [
      'GetDeploymentConfig',
      ({ deploymentConfigName: name }) => {
        if (typeof name !== 'string') {
          return refusal('DeploymentConfigNameRequiredException', 'A deployment configuration name is required.');
        }
        const deploymentConfigInfo = describeConfig(name);
        return deploymentConfigInfo === undefined
          ? refusal('DeploymentConfigDoesNotExistException', `No Deployment Configuration found for name: ${name}`)
          : answer({ deploymentConfigInfo });
      },
    ],
    inGroup('GetDeploymentGroup', (state) => answer({ deploymentGroupInfo: describeHookedGroup(state) })),
    [
      'ListDeployments',
      async (input, caller) => {
        const { applicationName, deploymentGroupName, includeOnlyStatuses } = input;
        const states = applicationName === undefined ? hooked.states() : statesIn(applicationName);
        const told =
          states.length === 0 || applicationName === undefined ? elsewhere.get('ListDeployments') : undefined;
        const others = await told?.(input, caller);
        if (others?.kind === 'refusal') {
          return others;
        }
        const rest = others?.body['deployments'];
        return answer({
          deployments: [
            ...states
              .filter(({ group }) => (deploymentGroupName ?? group.group) === group.group)
              .flatMap(({ deployments }) => deployments)
              .filter(({ status }) => !isList(includeOnlyStatuses) || includeOnlyStatuses.includes(status))
              .sort((a, b) => b.createdAt - a.createdAt)
              .map(({ id }) => id),
            ...(isList(rest) ? rest : []),
          ],
        });
      },
    ],
    [
      'GetApplicationRevision',
      (input) => {
        const { applicationName, revision } = input;
        const states = statesIn(applicationName);
        if (states.length === 0) {
          return refusal('ApplicationDoesNotExistException', 'No application found for that name.');
        }
        const asked = v.safeParse(HashedRevision, revision);
        const sha256 = asked.success ? asked.output.appSpecContent.sha256 : undefined;
        const used = states
          .flatMap(({ group, deployments }) => deployments.map((deployment) => ({ group, deployment })))
          .filter(({ deployment }) => deployment.revision.sha256 === sha256);
        const [first] = used;
        const last = used.at(-1);
        return first === undefined || last === undefined
          ? refusal('RevisionDoesNotExistException', 'No revision found.')
          : answer({
              applicationName,
              revision: {
                revisionType: 'AppSpecContent',
                appSpecContent: { content: first.deployment.revision.content, sha256 },
              },
              revisionInfo: {
                deploymentGroups: [...new Set(used.map(({ group }) => group.group))],
                firstUsedTime: first.deployment.createdAt / 1000,
                lastUsedTime: last.deployment.createdAt / 1000,
                registerTime: first.deployment.createdAt / 1000,
              },
            });
      },
    ],
  ]);
};

const noTarget = (id: unknown): Outcome =>
  refusal('DeploymentTargetDoesNotExistException', `The deployment target ${String(id)} could not be found.`);

const readRevision = (given: unknown, { group }: HookedState): Revision | Outcome => {
  if (given === undefined) {
    return refusal('RevisionRequiredException', 'A revision is required.');
  }
  const location = v.safeParse(RevisionLocation, given);
  if (!location.success) {
    return refusal('InvalidRevisionException', v.summarize(location.issues));
  }
  const { output } = location;
  const content = output.revisionType === 'AppSpecContent' ? output.appSpecContent.content : undefined;
  if (output.revisionType !== 'AppSpecContent' || content === undefined) {
    return refusal('InvalidRevisionException', 'The local CodeDeploy takes the content of an AppSpec file only.');
  }
  const { sha256 } = output.appSpecContent;
  if (sha256 !== undefined && sha256 !== createHash('sha256').update(content).digest('hex')) {
    return refusal('InvalidRevisionException', 'The content of the AppSpec file is not that of the hash.');
  }
  const revision = revisionOf(content, group);
  return typeof revision === 'string' ? refusal('InvalidRevisionException', revision) : revision;
};

const readRollback = (given: unknown, otherwise: readonly RollbackEvent[]): readonly RollbackEvent[] | Outcome => {
  if (given === undefined) {
    return otherwise;
  }
  const parsed = v.safeParse(AutoRollback, given);
  if (!parsed.success || (parsed.output.enabled && parsed.output.events.length === 0)) {
    return refusal('InvalidAutoRollbackConfigException', 'An automatic rollback needs the events that it follows.');
  }
  return parsed.output.enabled ? parsed.output.events : [];
};

const readAlarms = (given: unknown, otherwise: readonly string[]): readonly string[] | Outcome => {
  if (given === undefined) {
    return otherwise;
  }
  const parsed = v.safeParse(Alarms, given);
  if (!parsed.success) {
    return refusal('InvalidAlarmConfigException', v.summarize(parsed.issues));
  }
  const { enabled, alarms } = parsed.output;
  return alarms.length > MOST_ALARMS
    ? refusal('AlarmsLimitExceededException', `A deployment group has at most ${MOST_ALARMS} alarms.`)
    : enabled
      ? alarms.map(({ name }) => name)
      : [];
};
