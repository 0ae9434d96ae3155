import type { Chance } from '../../local/virtual/chance.ts';
import type { Deployment, Register } from '../../shared/rollout/rollout.ts';
import type { State } from '../../shared/rollout/state.ts';
import { PLACE } from './runs.ts';
import type { Known, Run, ToldEvent } from './runs.ts';

export const APPLICATIONS = ['shop', 'basket <!channel>', 'a/b#c'] as const;

const GROUPS = ['production', 'blue & green'] as const;

type Word = 'START' | 'READY' | 'STOP' | 'FAILURE' | 'SUCCESS';

type DeployedRegister = Extract<Register, { readonly kind: 'rollout' | 'instance' }>;

const RANKS: Readonly<Record<Word, number>> = { START: 10, READY: 15, STOP: 30, FAILURE: 40, SUCCESS: 50 };

/** One instance that is ready waits for the others; a deployment that is waits for people. */
const STATES: Readonly<Record<DeployedRegister['kind'], Readonly<Record<Word, State>>>> = {
  rollout: { START: 'in-progress', READY: 'waiting', STOP: 'stopped', FAILURE: 'failed', SUCCESS: 'succeeded' },
  instance: { START: 'in-progress', READY: 'in-progress', STOP: 'stopped', FAILURE: 'failed', SUCCESS: 'succeeded' },
};

const WHOLE: DeployedRegister = { kind: 'rollout' };

/** What CodeDeploy's APIs call the state that an event has told. */
export const STATUSES: ReadonlyMap<State, string> = new Map([
  ['in-progress', 'InProgress'],
  ['waiting', 'Ready'],
  ['stopped', 'Stopped'],
  ['failed', 'Failed'],
  ['succeeded', 'Succeeded'],
]);

/** A deployment from its start to its end; where it fails, perhaps another that brings back what was there before. */
export const createDeployments = (chance: Chance, number: number, startsAt: number): Run => {
  const place = {
    source: 'codedeploy',
    ...PLACE,
    application: chance.oneOf(...APPLICATIONS),
    group: chance.oneOf(...GROUPS),
  } as const;
  const events: ToldEvent[] = [];
  let time = startsAt;

  const tell = (rollout: Deployment, register: DeployedRegister, word: Word): number => {
    time += 1000 * chance.oneOf(0, 0, 0, 1, 2, 7, 30);
    const eventId = `event-${number}-${events.length}`;
    const isArn = chance.happens(0.5);
    events.push({
      eventId,
      rollout,
      register,
      state: STATES[register.kind][word],
      attempt: 0,
      time,
      rank: RANKS[word],
      startedAt: time,
      result: undefined,
      trigger: undefined,
      stopReason: undefined,
      text: JSON.stringify({
        version: '0',
        id: eventId,
        'detail-type': `CodeDeploy ${register.kind === 'rollout' ? 'Deployment' : 'Instance'} State-change Notification`,
        source: 'aws.codedeploy',
        account: rollout.account,
        time: new Date(time).toISOString().replace('.000Z', 'Z'),
        region: rollout.region,
        resources: [],
        detail: {
          application: rollout.application,
          deploymentGroup: rollout.group,
          deploymentId: rollout.executionId,
          instanceGroupId: '00000000-0000-4000-8000-000000000000',
          region: rollout.region,
          state: word,
          ...(register.kind === 'instance' && {
            instanceId: isArn ? `arn:aws:ec2:eu-west-1:111122223333:instance/${register.instance}` : register.instance,
          }),
        },
      }),
    });
    return time;
  };

  /** Up to a second off: the event bus counts in whole ones, and comes after what it tells of. */
  const momentBefore = (told: number): number => told - chance.oneOf(0, 1, 999);

  const deploy = (
    executionId: string,
  ): { readonly createdAt: number; readonly ended: Word; readonly endedAt: number } => {
    const rollout: Deployment = { ...place, executionId };
    const createdAt = momentBefore(tell(rollout, WHOLE, 'START'));
    const end = (ended: Word) => ({ createdAt, ended, endedAt: momentBefore(tell(rollout, WHOLE, ended)) });
    const isBlueGreen = chance.happens(0.3);
    let isGood = chance.happens(0.9);
    for (let one = 0, of = chance.between(0, 4); one < of; one += 1) {
      const instance: DeployedRegister = { kind: 'instance', instance: `i-${String(one).padStart(17, '0')}` };
      tell(rollout, instance, 'START');
      if (chance.happens(0.08)) {
        tell(rollout, instance, 'STOP');
        return end('STOP');
      }
      if (isBlueGreen) {
        tell(rollout, instance, 'READY');
      }
      const fails = chance.happens(0.15);
      tell(rollout, instance, fails ? 'FAILURE' : 'SUCCESS');
      isGood &&= !fails;
    }
    if (isBlueGreen && isGood) {
      tell(rollout, WHOLE, 'READY');
      if (chance.happens(0.2)) {
        return end('STOP');
      }
    }
    return end(isGood ? 'SUCCESS' : 'FAILURE');
  };

  const knownOf = (
    executionId: string,
    { createdAt, ended, endedAt }: ReturnType<typeof deploy>,
    creator: string | undefined,
    more: Pick<Extract<Known, { readonly creator: unknown }>, 'rollbackOf' | 'rolledBackBy'>,
  ): Known => ({
    rollout: { ...place, executionId },
    creator,
    createdAt,
    endedAt,
    failure:
      ended === 'FAILURE' ? { code: 'HEALTH_CONSTRAINTS', message: `Too many <failed> & more, ${number}` } : undefined,
    ...more,
  });

  const [first, second] = [`d-${String(number).padStart(8, '0')}A`, `d-${String(number).padStart(8, '0')}B`];
  const creator = chance.oneOf('user', 'autoscaling', 'somebody <new>', undefined);
  const deployed = deploy(first);
  const isUndone = deployed.ended === 'FAILURE' && chance.happens(0.6);
  const rolledBackBy = isUndone ? second : undefined;
  return {
    known: [
      knownOf(first, deployed, creator, { rollbackOf: undefined, rolledBackBy }),
      ...(isUndone
        ? [knownOf(second, deploy(second), 'codeDeployRollback', { rollbackOf: first, rolledBackBy: undefined })]
        : []),
    ],
    events,
  };
};
