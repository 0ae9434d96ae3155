import { describe, expect, it } from 'vitest';
import { fold } from '../../../shared/rollout/fold.ts';
import { overviewOf } from '../../../shared/rollout/overview.ts';
import { parseEventText } from '../../../shared/rollout/parse-event.ts';
import type { Rollout } from '../../../shared/rollout/rollout.ts';
import { isUnjoined, joinedTo } from '../../../shared/rollout/service-deployment.ts';
import type { ListedDeployment, Unjoined } from '../../../shared/rollout/service-deployment.ts';
import { aServiceEvent } from '../../support/events.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const MINUTE = 60_000;

const unjoined = (minutes: number, detail: Readonly<Record<string, unknown>>): Unjoined => {
  const time = new Date(TEN_O_CLOCK + minutes * MINUTE).toISOString();
  const parsed = parseEventText(aServiceEvent({ id: `event-${minutes}`, time }, detail));
  if (parsed.kind !== 'change' || !isUnjoined(parsed.change)) {
    throw new Error('Not a change that could be joined');
  }
  return parsed.change;
};

const started = (revision = 'new') => unjoined(0, { deploymentId: `ecs-svc/${revision}` });
const failed = (revision = 'new') =>
  unjoined(10, { deploymentId: `ecs-svc/${revision}`, eventName: 'SERVICE_DEPLOYMENT_FAILED', reason: 'no tasks' });
const goingBack = (revision = 'old') =>
  unjoined(10, { deploymentId: `ecs-svc/${revision}`, reason: `rolling back to deploymentId ecs-svc/${revision}.` });
const completed = (revision: string, minutes = 15) =>
  unjoined(minutes, { deploymentId: `ecs-svc/${revision}`, eventName: 'SERVICE_DEPLOYMENT_COMPLETED' });

const listed = (id: string, minutes: number, given: Partial<ListedDeployment> = {}): ListedDeployment => ({
  serviceDeploymentArn: `arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/${id}`,
  createdAt: TEN_O_CLOCK + minutes * MINUTE,
  finishedAt: undefined,
  targetServiceRevisionArn: `arn:aws:ecs:eu-west-1:111122223333:service-revision/prod/shop/${id}`,
  status: 'IN_PROGRESS',
  ...given,
});

const OLD = listed('old', -1_000, { status: 'SUCCESSFUL', finishedAt: TEN_O_CLOCK - 990 * MINUTE });
const NEW = listed('new', -1);
const BACK = listed('new', -1, { status: 'ROLLBACK_IN_PROGRESS' });

/** As if nobody knew by which names the event bus calls revisions. */
const nameless = ({ targetServiceRevisionArn: _, ...one }: ListedDeployment): ListedDeployment => ({
  ...one,
  targetServiceRevisionArn: 'arn:aws:ecs:eu-west-1:111122223333:service-revision/prod/shop/other',
});

const told = (change: Unjoined, deployments: readonly ListedDeployment[]) => {
  const joined = joinedTo(change, deployments);
  return joined && [joined.rollout.executionId, joined.state, joined.version.rank];
};

describe('joining an event of ECS to a service deployment', () => {
  it('goes by the revision that is deployed, though something newer has begun since', () => {
    const newer = listed('newer', 12);
    expect(told(started(), [newer, NEW, OLD])).toEqual(['new', 'in-progress', 10]);
    expect(told(completed('new'), [newer, { ...NEW, finishedAt: TEN_O_CLOCK + 14 * MINUTE }])).toEqual([
      'new',
      'succeeded',
      50,
    ]);
  });

  it('goes by the time where no revision is called so', () => {
    expect(told(started(), [OLD, NEW].map(nameless))).toEqual(['new', 'in-progress', 10]);
    expect(told(completed('new'), [OLD, NEW, listed('later', 16)].map(nameless))).toEqual(['new', 'succeeded', 50]);
  });

  it('says nothing while ECS lists none that had begun', () => {
    expect(told(started(), [])).toBeUndefined();
    expect(told(started(), [listed('later', 1)])).toBeUndefined();
  });

  it('takes a start a moment before the list has it for one', () => {
    expect(told(started(), [listed('new', 4 / 60)])).toEqual(['new', 'in-progress', 10]);
  });

  it.each([
    ['by revision', (one: ListedDeployment) => one],
    ['by time', nameless],
  ])('tells a rollback of the deployment that is rolled back, known %s', (_how, as) => {
    const deployments = [BACK, OLD].map(as);
    expect(told(failed(), deployments)).toEqual(['new', 'failed', 40]);
    expect(told(goingBack(), deployments)).toEqual(['new', 'stopping', 60]);
    expect(told(completed('old'), deployments)).toEqual(['new', 'failed', 70]);
  });

  it('believes a rollback that the list has not heard of', () => {
    expect(told(goingBack(), [NEW, OLD])).toEqual(['new', 'stopping', 60]);
  });

  it('lets an end that ECS tells a minute late be that of its own deployment', () => {
    const justOver = { ...OLD, finishedAt: TEN_O_CLOCK - 2 * MINUTE };
    expect(told(completed('old', 0), [BACK, justOver])).toEqual(['old', 'succeeded', 50]);
    const done = { ...BACK, status: 'ROLLBACK_SUCCESSFUL', finishedAt: TEN_O_CLOCK + 4 * MINUTE };
    expect(told(completed('old', 0), [done, justOver])).toEqual(['old', 'succeeded', 50]);
    expect(told(completed('old', 4), [done, justOver])).toEqual(['new', 'failed', 70]);
    expect(told(completed('old', 2), [done, { ...OLD, finishedAt: undefined }])).toEqual(['old', 'succeeded', 50]);
  });

  it('says that a rollback failed', () => {
    const change = unjoined(15, { deploymentId: 'ecs-svc/old', eventName: 'SERVICE_DEPLOYMENT_FAILED', reason: 'why' });
    expect(joinedTo(change, [BACK, OLD])).toMatchObject({
      state: 'failed',
      facts: { failure: { value: { summary: 'why', errorCode: 'ROLLBACK_FAILED' } } },
    });
  });

  it('makes of all events of a rollback one rollout that failed and says what it went back to', () => {
    const rollout = [started(), failed(), goingBack(), completed('old')]
      .flatMap((change) => joinedTo(change, [BACK, OLD]) ?? [])
      .reduce<Rollout | undefined>(fold, undefined);
    expect(rollout && overviewOf(rollout)).toMatchObject({
      state: 'failed',
      rollback: 'no',
      rolledBackBy: 'ecs-svc/old',
      failure: { summary: 'no tasks' },
      startedAt: NEW.createdAt,
    });
  });
});
