import type { Invocation } from '../../local/virtual/invocation.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import type { Network } from '../../local/virtual/network.ts';
import type { Account, WorldOptions } from '../../local/virtual/world.ts';
import { deploymentFacts, stagesFact } from '../../shared/rollout/looked-up.ts';
import type { Facts, RolloutId } from '../../shared/rollout/rollout.ts';
import { compareVersions } from '../../shared/rollout/version.ts';
import type { Version } from '../../shared/rollout/version.ts';
import type { FaultyNetwork } from './faults.ts';
import type { ToldEvent } from './runs.ts';
import type { DeploymentInfo, Truth } from './truth.ts';

/** What nobody tells and somebody may have looked up: what is known of it, apart from how it is kept. */
export type LookedUp = { readonly [Name in keyof Facts]?: NonNullable<Facts[Name]>['value'] };

/** What was looked up in a world, and what follows from it. */
export type LookUps = {
  readonly lookUp: WorldOptions['lookUp'];
  /** Everything that may be known of a rollout in the end. */
  readonly inTheEnd: (executionId: string, handled: readonly HandledEvent[]) => readonly LookedUp[];
  /** Everything that may have been known of it at any time. */
  readonly atAnyTime: (executionId: string) => readonly LookedUp[];
  /** Whether AWS was asked as of a version, or a newer one. */
  readonly wasAsked: (executionId: string, asOf: Version) => boolean;
};

/** An event that was taken in, and in which run of `notify`. */
export type HandledEvent = Pick<Account, 'by'> & { readonly told: ToldEvent };

type Asked = { readonly executionId: string; readonly asOf: Version };

type Answered = {
  readonly executionId: string;
  readonly by: Invocation;
  readonly facts: LookedUp;
  /** Whether the answer reached whom asked in time. */
  hasArrived: boolean;
};

/** Whoever looks something up gives up after two seconds, and after a refusal at once. */
const LOOK_UP_MS = 2_000;

const NOTHING: LookedUp = {};

export const createLookUps = (
  { clock }: Kernel,
  truth: Truth,
  { network, strikes }: Pick<FaultyNetwork, 'strikes'> & { readonly network: Network },
): LookUps => {
  const asked: Asked[] = [];
  const answered: Answered[] = [];

  const answersOf = (executionId: string): readonly Answered[] =>
    answered.filter((one) => one.executionId === executionId);

  /** What AWS says, as the product reads it and as it is known here. */
  const sayOf = (id: RolloutId, asOf: Version): { readonly facts: Facts; readonly known: LookedUp } => {
    if (id.source === 'codepipeline') {
      const stages = truth.stagesOf(id);
      return { facts: stagesFact(stages, asOf), known: { stages } };
    }
    if (id.source === 'ecs') {
      return { facts: {}, known: {} };
    }
    const info = truth.deploymentInfo(id.executionId, clock.now());
    if (info === undefined) {
      throw new Error('DeploymentDoesNotExistException');
    }
    return { facts: deploymentFacts(info, id, asOf), known: knownFrom(info) };
  };

  const tooLate = async (): Promise<never> => {
    await clock.sleep(LOOK_UP_MS);
    throw new Error('TimeoutError');
  };

  return {
    lookUp: async (id, asOf, by) => {
      const { executionId, source } = id;
      asked.push({ executionId, asOf });
      if (strikes('look-up-denied')) {
        await clock.sleep(50);
        throw new Error('AccessDeniedException');
      }
      const isSlow = strikes('look-up-slow');
      const operation = source === 'codedeploy' ? 'GetDeployment' : 'GetPipeline';
      let answer: Answered | undefined;
      const ask = async (): Promise<Facts> => {
        await clock.sleep(isSlow ? 3_000 : 0);
        return network.aws({ by, service: source, operation }, () => {
          const said = sayOf(id, asOf);
          answer = { executionId, by, facts: said.known, hasArrived: false };
          answered.push(answer);
          return said.facts;
        });
      };
      const facts = await Promise.race([ask(), tooLate()]);
      if (answer !== undefined) {
        answer.hasArrived = true;
      }
      return facts;
    },

    // What AWS says only grows: whatever was kept last is all that was ever kept.
    inTheEnd: (executionId, handled) => {
      const answers = answersOf(executionId);
      const last = answers.findLastIndex(
        ({ by, hasArrived }) =>
          hasArrived && handled.some(({ by: other, told }) => other === by && told.rollout.executionId === executionId),
      );
      return [...(last === -1 ? [NOTHING] : []), ...answers.slice(Math.max(0, last)).map(({ facts }) => facts)];
    },

    atAnyTime: (executionId) => [NOTHING, ...answersOf(executionId).map(({ facts }) => facts)],

    wasAsked: (executionId, asOf) =>
      asked.some((one) => one.executionId === executionId && compareVersions(one.asOf, asOf) >= 0),
  };
};

/** Read apart from the product: what CodeDeploy says of a deployment, in our words. */
const knownFrom = ({ creator, errorInformation, rollbackInfo = {} }: DeploymentInfo): LookedUp => {
  const { rollbackTriggeringDeploymentId: rollbackOf, rollbackDeploymentId: rolledBackBy } = rollbackInfo;
  return {
    creator: creator ?? 'unknown',
    ...(errorInformation && { failure: { summary: errorInformation.message, errorCode: errorInformation.code } }),
    ...(rollbackOf !== undefined && { rollbackOf }),
    ...(rolledBackBy !== undefined && { rolledBackBy }),
  };
};
