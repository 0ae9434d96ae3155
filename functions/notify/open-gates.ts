import type { Config } from '../../shared/config/config.ts';
import { opened } from '../../shared/gate/gate.ts';
import type { GatePoint, Opening } from '../../shared/gate/gate.ts';
import { gateId } from '../../shared/gate/gate-id.ts';
import { policyAt } from '../../shared/gate/policy.ts';
import { gateItem } from '../../shared/gate/stored-gate.ts';
import type { ApprovalRequest } from '../../shared/rollout/approval-request.ts';
import type { StateChange } from '../../shared/rollout/rollout.ts';
import { isFinal } from '../../shared/rollout/state.ts';
import type { GateMark, StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { gateKey } from '../../shared/store/keys.ts';

export type GatePorts = {
  /** Has gates looked at, by their ids. */
  readonly lookAt: (gates: readonly string[]) => Promise<void>;
  /** The account that this runs in: of another's approvals nothing can be read or decided. */
  readonly account: string;
  /** The point that an approval's own message is about, as AWS shows it; undefined: AWS does not show it, or not yet. */
  readonly findApproval: (
    request: ApprovalRequest,
  ) => Promise<{ readonly point: GatePoint; readonly since: number } | undefined>;
};

type GateDeps = {
  readonly config: Pick<Config, 'gates'>;
  readonly changeItem: ChangeItem;
  readonly gates: GatePorts;
  readonly clock: { readonly now: () => number };
};

/** How many gates a rollout keeps in mind: each retry of a stage asks at another one. */
const MOST_MARKS = 50;

/** A rollout with the gate that a change says it waits at. */
export const withGate = (
  stored: StoredRollout,
  change: StateChange,
  { config, gates: { account } }: Pick<GateDeps, 'config' | 'gates'>,
): StoredRollout => {
  const known = stored.gates ?? {};
  const point = pointOf(change, known);
  if (point?.rollout.account !== account || Object.keys(known).length >= MOST_MARKS) {
    return stored;
  }
  const id = gateId(point);
  return id in known || policyAt(point, config) === undefined
    ? stored
    : { ...stored, gates: { ...known, [id]: { ...placeOf(point), at: sinceWhen(point, change) } } };
};

const placeOf = (point: GatePoint): Pick<GateMark, 'stage' | 'action' | 'run'> => {
  switch (point.kind) {
    case 'pipeline-approval':
      return { stage: point.stage, action: point.action };
    case 'deployment-ready':
      return {};
    case 'ecs-pause':
      return { stage: point.lifecycleStage, action: point.hookId };
    case 'validation':
      return { run: point.run };
  }
};

/** Since when it waits there: an action that is there to wait does so from its start, a deployment or a hook once it says so. */
const sinceWhen = ({ kind }: GatePoint, { startedAt, version }: StateChange): number => {
  switch (kind) {
    case 'pipeline-approval':
      return startedAt;
    case 'deployment-ready':
    case 'ecs-pause':
    case 'validation':
      return version.time;
  }
};

/** Opens the gates at which the changes of a batch say that a rollout waits, and has those looked at that they say are over. */
export const openGates = async (
  deps: GateDeps,
  changes: readonly StateChange[],
  { gates = {} }: Pick<StoredRollout, 'gates'>,
): Promise<void> => {
  const told = changes.flatMap((change) => {
    const point = pointOf(change, gates);
    const policy = point?.rollout.account === deps.gates.account ? policyAt(point, deps.config) : undefined;
    return point === undefined || policy === undefined ? [] : [{ change, point, policy }];
  });
  const looks = await Promise.all(
    told.map(async ({ change, point, policy }) => {
      const id = gateId(point);
      if (change.state !== 'waiting') {
        return [id];
      }
      const { expiresAt } = change;
      const opening = {
        point,
        openedAt: sinceWhen(point, change),
        channels: policy.channels,
        ...(expiresAt !== undefined && { expiresAt }),
      };
      return (await open(deps, id, opening)) ? [id] : [];
    }),
  );
  await lookAtAll(deps, [...looks.flat(), ...gatesLeft(changes, gates)]);
};

/** A service's deployment that goes back or is over leaves its hooks, and ECS need not say so of each. */
const gatesLeft = (changes: readonly StateChange[], gates: NonNullable<StoredRollout['gates']>): readonly string[] =>
  changes.some(
    ({ rollout, register, state }) =>
      rollout.source === 'ecs' && register.kind === 'rollout' && (state === 'stopping' || isFinal(state)),
  )
    ? Object.keys(gates)
    : [];

/** What an approval's own message led to. */
export type Requested = 'opened' | 'unshown' | 'nobody-asked';

/** Opens the gate that an approval's own message asks about, with the token that only it tells. */
export const openRequested = async (deps: GateDeps, request: ApprovalRequest): Promise<Requested> => {
  const found = await deps.gates.findApproval(request);
  if (found === undefined) {
    return 'unshown';
  }
  const { point, since } = found;
  const policy = policyAt(point, deps.config);
  if (policy === undefined) {
    return 'nobody-asked';
  }
  const { token, expiresAt, text, url } = request;
  const id = gateId(point);
  const isNew = await open(deps, id, {
    point,
    openedAt: since,
    channels: policy.channels,
    token,
    ...(expiresAt !== undefined && { expiresAt }),
    ...((text !== undefined || url !== undefined) && {
      request: { ...(text !== undefined && { text }), ...(url !== undefined && { url }) },
    }),
  });
  await lookAtAll(deps, isNew ? [id] : []);
  return 'opened';
};

const open = async ({ changeItem, clock }: GateDeps, id: string, opening: Opening): Promise<boolean> =>
  (await changeItem(gateKey(id), gateItem, opened(opening, clock.now()))).outcome;

const lookAtAll = async ({ gates: { lookAt } }: GateDeps, ids: readonly string[]): Promise<void> => {
  if (ids.length > 0) {
    await lookAt([...new Set(ids)]);
  }
};

/** The point that a change begins or ends; `known`: the gates at which its rollout has waited. */
const pointOf = (
  { rollout, register, state, approvalId }: StateChange,
  known: NonNullable<StoredRollout['gates']>,
): GatePoint | undefined => {
  switch (rollout.source) {
    case 'codepipeline':
      return approvalId !== undefined && register.kind === 'action'
        ? {
            kind: 'pipeline-approval',
            rollout,
            stage: register.stage,
            action: register.action,
            actionExecutionId: approvalId,
          }
        : undefined;
    case 'codedeploy': {
      const point: GatePoint = { kind: 'deployment-ready', rollout };
      // Of most deployments nothing ever waits: what they tell else is no end of anything.
      return register.kind === 'rollout' && (state === 'waiting' || gateId(point) in known) ? point : undefined;
    }
    case 'ecs':
      return approvalId !== undefined && register.kind === 'action'
        ? { kind: 'ecs-pause', rollout, hookId: approvalId, lifecycleStage: register.stage }
        : undefined;
  }
};
