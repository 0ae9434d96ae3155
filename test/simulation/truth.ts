import type { Asked } from '../../shared/aws/ask-aws.ts';
import { deploymentEvent } from '../../shared/aws/polled-events.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Deployment, Rollout, RolloutId } from '../../shared/rollout/rollout.ts';
import { isFinal } from '../../shared/rollout/state.ts';
import { STATUSES } from './deployments.ts';
import type { Known, ToldEvent } from './runs.ts';

/** What has happened, whether or not anybody was told: by when, in epoch milliseconds. */
export type Happening = { readonly told: ToldEvent; readonly at: number };

/** CodePipeline and CodeDeploy as their APIs show them: of stages and instances they say nothing. */
export type Truth = {
  /** What the sweep is told at `now`, which its own clock takes for `askersNow`. */
  readonly ask: (rollouts: readonly Rollout[], now: number, askersNow?: number) => readonly Asked[];
  /** What an event says that `ask` brought. */
  readonly toldBy: (text: string) => ToldEvent | undefined;
  /** The newest event of a rollout as a whole. */
  readonly endOf: (executionId: string) => ToldEvent | undefined;
  /** `deploymentInfo` of GetDeployment; undefined: AWS does not know it yet. */
  readonly deploymentInfo: (executionId: string, now: number) => DeploymentInfo | undefined;
  /** The names of a pipeline's stages. */
  readonly stagesOf: (id: RolloutId) => readonly string[];
};

/** As CodeDeploy's APIs have it. */
export type DeploymentInfo = {
  readonly deploymentId: string;
  readonly status: string;
  readonly createTime: Date;
  readonly completeTime?: Date;
  readonly creator?: string;
  readonly errorInformation?: { readonly code: string; readonly message: string };
  readonly rollbackInfo?: { readonly rollbackDeploymentId?: string; readonly rollbackTriggeringDeploymentId?: string };
};

export const createTruth = (happenings: readonly Happening[], known: readonly Known[] = []): Truth => {
  const byExecution = Map.groupBy(happenings, ({ told }) => told.rollout.executionId);
  const knownBy = new Map(known.map((one) => [one.rollout.executionId, one]));
  const polled = new Map<string, ToldEvent>();

  const newestOf = (executionId: string, now: number): readonly ToldEvent[] => {
    const happened = (byExecution.get(executionId) ?? []).filter(
      ({ at, told }) => at <= now && told.register.kind !== 'stage' && told.register.kind !== 'instance',
    );
    const registers = Map.groupBy(happened, ({ told }) => registerName(told.register));
    return [...registers.values()].flatMap((those) => those.at(-1)?.told ?? []);
  };

  const deploymentInfo: Truth['deploymentInfo'] = (executionId, now) => {
    const one = knownBy.get(executionId);
    const [newest] = newestOf(executionId, now);
    const status = STATUSES.get(newest?.state ?? 'abandoned');
    if (one === undefined || !('creator' in one) || newest === undefined || status === undefined) {
      return undefined;
    }
    const { creator, createdAt, endedAt, failure, rollbackOf, rolledBackBy } = one;
    const hasEnded = isFinal(newest.state);
    const isUndone = rolledBackBy !== undefined && newestOf(rolledBackBy, now).length > 0;
    return {
      deploymentId: executionId,
      status,
      createTime: new Date(createdAt),
      ...(creator !== undefined && { creator }),
      ...(hasEnded && endedAt !== undefined && { completeTime: new Date(endedAt) }),
      ...(hasEnded && failure && { errorInformation: failure }),
      ...((isUndone || rollbackOf !== undefined) && {
        rollbackInfo: {
          ...(isUndone && { rollbackDeploymentId: rolledBackBy }),
          ...(rollbackOf !== undefined && { rollbackTriggeringDeploymentId: rollbackOf }),
        },
      }),
    };
  };

  const askPipeline = ({ id }: Rollout, now: number): Asked => {
    const newest = newestOf(id.executionId, now);
    return newest.length === 0
      ? { kind: 'missing' }
      : {
          kind: 'told',
          events: newest.map((told) => {
            const eventId = `~poll-${told.eventId}`;
            const text = told.text.replace(`"id":"${told.eventId}"`, `"id":"${eventId}"`);
            polled.set(text, { ...told, text, eventId });
            return text;
          }),
        };
  };

  /** How it is written down is the product's, when it was is read from there; which state it is of is not. */
  const askDeployment = (rollout: Rollout, id: Deployment, now: number, askersNow: number): Asked => {
    const info = deploymentInfo(id.executionId, now);
    const [newest] = newestOf(id.executionId, now);
    if (info === undefined || newest === undefined) {
      return { kind: 'missing' };
    }
    const events = deploymentEvent(rollout, id, info, askersNow);
    for (const text of events) {
      const time = Date.parse(/"time":"([^"]+)"/.exec(text)?.[1] ?? '');
      polled.set(text, { ...newest, text, eventId: `~poll-${id.executionId}`, time, startedAt: time });
    }
    return { kind: 'told', events };
  };

  return {
    ask: (rollouts, now, askersNow = now) =>
      rollouts.map((rollout) =>
        rollout.id.source === 'codedeploy'
          ? askDeployment(rollout, rollout.id, now, askersNow)
          : askPipeline(rollout, now),
      ),
    toldBy: (text) => polled.get(text),
    endOf: (executionId) =>
      byExecution.get(executionId)?.findLast(({ told }) => told.register.kind === 'rollout')?.told,
    deploymentInfo,
    stagesOf: ({ executionId }) => {
      const one = knownBy.get(executionId);
      return one !== undefined && 'stages' in one ? one.stages : [];
    },
  };
};
