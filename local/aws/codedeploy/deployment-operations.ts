import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { isList } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { answer, refusal } from '../service.ts';
import type { Operation, Outcome } from '../service.ts';
import { RevisionLocation } from './deployment-group.ts';
import { describeDeployment, describeGroup } from './describe-deployment.ts';
import type { SimulatedDeployments } from './simulated-deployments.ts';

const Name = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const DeploymentId = v.pipe(v.string(), v.regex(/^d-[A-Z0-9]{9}$/));
const Create = v.object({
  applicationName: Name,
  deploymentGroupName: v.optional(Name),
  revision: v.optional(v.unknown()),
  description: v.exactOptional(v.string()),
});
const Group = v.object({ applicationName: Name, deploymentGroupName: Name });
const Stop = v.object({ autoRollbackEnabled: v.optional(v.boolean(), false) });
const List = v.object({
  applicationName: v.optional(Name),
  deploymentGroupName: v.optional(Name),
  includeOnlyStatuses: v.optional(v.array(v.string())),
});

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html */
const MOST_IDS = 25;

/**
 * CodeDeploy's API for the simulated deployment groups. Of what is not simulated, `elsewhere` tells: deployments that are
 * recorded or that the bus has told of. https://docs.aws.amazon.com/codedeploy/latest/APIReference/
 */
export const deploymentOperations = (
  deployments: SimulatedDeployments,
  elsewhere: ReadonlyMap<string, Operation>,
): ReadonlyMap<string, Operation> => {
  type Found = NonNullable<ReturnType<SimulatedDeployments['find']>>;

  /** An operation about one deployment, which is looked up. */
  const about = (
    operation: string,
    work: (found: Found, input: JsonRecord) => Outcome,
  ): readonly [string, Operation] => [
    operation,
    (input, caller) => {
      const { deploymentId } = input;
      if (deploymentId === undefined) {
        return refusal('DeploymentIdRequiredException', 'A deployment ID is required.');
      }
      if (!v.is(DeploymentId, deploymentId)) {
        return refusal('InvalidDeploymentIdException', 'The deployment ID is not valid.');
      }
      const found = deployments.find(deploymentId);
      return found === undefined
        ? (elsewhere.get(operation)?.(input, caller) ?? noDeployment(deploymentId))
        : work(found, input);
    },
  ];

  const obey = (
    { state: { group } }: Found,
    command: Parameters<SimulatedDeployments['command']>[2],
    told: JsonRecord,
  ): Outcome => {
    const reply = deployments.command(group.application, group.group, command);
    return reply.kind === 'refused' ? refusal(reply.code, reply.message) : answer(told);
  };

  const groupIn = (application: string, group: string) => {
    const state = deployments.stateOf(application, group);
    const isKnown = deployments.states().some((one) => one.group.application === application);
    return (
      state ??
      (isKnown
        ? refusal('DeploymentGroupDoesNotExistException', `No Deployment Group found for name: ${group}`)
        : refusal('ApplicationDoesNotExistException', `No application found for name: ${application}`))
    );
  };

  return new Map<string, Operation>([
    ...elsewhere,
    [
      'CreateDeployment',
      (input) => {
        const parsed = v.safeParse(Create, input);
        if (!parsed.success) {
          return refusal('InvalidApplicationNameException', v.summarize(parsed.issues));
        }
        const { applicationName, deploymentGroupName, description } = parsed.output;
        if (deploymentGroupName === undefined) {
          return refusal('DeploymentGroupNameRequiredException', 'A deployment group name is required.');
        }
        const state = groupIn(applicationName, deploymentGroupName);
        if ('kind' in state) {
          return state;
        }
        if (parsed.output.revision === undefined) {
          return refusal('RevisionRequiredException', 'A revision is required.');
        }
        const revision = v.safeParse(RevisionLocation, parsed.output.revision);
        if (!revision.success) {
          return refusal('InvalidRevisionException', v.summarize(revision.issues));
        }
        const reply = deployments.command(applicationName, deploymentGroupName, {
          kind: 'create',
          revision: hashed(revision.output),
          ...(description !== undefined && { description }),
        });
        return reply.kind === 'refused'
          ? refusal(reply.code, reply.message)
          : answer({ deploymentId: reply.deployment });
      },
    ],
    about('GetDeployment', ({ state, deployment }) =>
      answer({ deploymentInfo: describeDeployment(state, deployment) }),
    ),
    about('ContinueDeployment', (found, { deploymentWaitType = 'READY_WAIT' }) => {
      switch (deploymentWaitType) {
        case 'READY_WAIT':
          return obey(found, { kind: 'continue', deployment: found.deployment.id }, {});
        case 'TERMINATION_WAIT':
          // The original environment is ended at once here: nothing ever waits for that.
          return found.deployment.phase === undefined
            ? refusal('DeploymentAlreadyCompletedException', 'The deployment is already complete.')
            : refusal('InvalidDeploymentStatusException', 'The deployment does not wait for that.');
        default:
          return refusal('InvalidDeploymentWaitTypeException', 'The wait type is invalid.');
      }
    }),
    about('StopDeployment', (found, input) => {
      const asked = v.safeParse(Stop, input);
      return asked.success
        ? obey(
            found,
            { kind: 'stop', deployment: found.deployment.id, rollback: asked.output.autoRollbackEnabled },
            { status: 'Succeeded', statusMessage: 'No more commands will be scheduled for execution.' },
          )
        : refusal('SerializationException', v.summarize(asked.issues));
    }),
    [
      'BatchGetDeployments',
      async (input, caller) => {
        const { deploymentIds } = input;
        if (!v.is(v.array(v.string()), deploymentIds) || deploymentIds.length === 0) {
          return refusal('DeploymentIdRequiredException', 'A deployment ID is required.');
        }
        if (deploymentIds.length > MOST_IDS) {
          return refusal('BatchLimitExceededException', `At most ${MOST_IDS} deployments can be asked for.`);
        }
        const own = new Map(deploymentIds.map((id) => [id, deployments.find(id)] as const));
        const others = deploymentIds.filter((id) => own.get(id) === undefined);
        const told =
          others.length === 0
            ? answer({ deploymentsInfo: [] })
            : ((await elsewhere.get('BatchGetDeployments')?.({ deploymentIds: others }, caller)) ??
              noDeployment(others.join(', ')));
        if (told.kind === 'refusal') {
          return told;
        }
        const { deploymentsInfo } = told.body;
        return answer({
          deploymentsInfo: [
            ...[...own.values()].flatMap((found) =>
              found === undefined ? [] : [describeDeployment(found.state, found.deployment)],
            ),
            ...(isList(deploymentsInfo) ? deploymentsInfo : []),
          ],
        });
      },
    ],
    [
      'GetDeploymentGroup',
      (input) => {
        const parsed = v.safeParse(Group, input);
        if (!parsed.success) {
          return refusal('DeploymentGroupNameRequiredException', v.summarize(parsed.issues));
        }
        const state = groupIn(parsed.output.applicationName, parsed.output.deploymentGroupName);
        return 'kind' in state ? state : answer({ deploymentGroupInfo: describeGroup(state) });
      },
    ],
    [
      'ListDeployments',
      (input) => {
        const parsed = v.safeParse(List, input);
        if (!parsed.success) {
          return refusal('InvalidApplicationNameException', v.summarize(parsed.issues));
        }
        const { applicationName, deploymentGroupName, includeOnlyStatuses } = parsed.output;
        return answer({
          deployments: deployments
            .states()
            .filter(
              ({ group }) =>
                (applicationName ?? group.application) === group.application &&
                (deploymentGroupName ?? group.group) === group.group,
            )
            .flatMap((state) => state.deployments)
            .filter(({ status }) => includeOnlyStatuses?.includes(status) ?? true)
            .sort((a, b) => b.createdAt - a.createdAt)
            .map(({ id }) => id),
        });
      },
    ],
  ]);
};

const noDeployment = (id: string): Outcome =>
  refusal('DeploymentDoesNotExistException', `The deployment ${id} could not be found`);

/** An AppSpec is known by its hash from then on. */
const hashed = (revision: RevisionLocation): RevisionLocation =>
  revision.revisionType === 'AppSpecContent'
    ? {
        ...revision,
        appSpecContent: {
          ...revision.appSpecContent,
          sha256:
            revision.appSpecContent.sha256 ??
            createHash('sha256')
              .update(revision.appSpecContent.content ?? '')
              .digest('hex'),
        },
      }
    : revision;
