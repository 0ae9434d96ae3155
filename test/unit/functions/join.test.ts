import { describe, expect, it } from 'vitest';
import { createNotify } from '../../../functions/notify/notify.ts';
import type { NotifyDeps } from '../../../functions/notify/notify.ts';
import { rolloutIdOf } from '../../../shared/store/keys.ts';
import { aHookEvent, aServiceEvent } from '../../support/events.ts';
import { aRig } from '../../support/rig.ts';

const IN_PROGRESS = { id: 'm1', text: aServiceEvent() };
const HOOK = { id: 'm2', text: aHookEvent({ id: 'event-2', time: '2026-11-20T10:01:00Z' }) };

const MINUTE = 60_000;

const found: NotifyDeps['join'] = (change) =>
  Promise.resolve({ ...change, rollout: { ...change.rollout, executionId: '0EYSiBq8vWc1T7rKzLm5x' } });

const rolloutsIn = (rig: Pick<ReturnType<typeof aRig>, 'items'>) =>
  rig.items().flatMap(({ key }) => (key.sk === 'STATE' ? (rolloutIdOf(key.pk)?.executionId ?? []) : []));

/** A rig whose clock is so many minutes after ten. */
const aRigAt = (minutes: number) => {
  const rig = aRig();
  return { ...rig, clock: { ...rig.clock, now: () => Date.UTC(2026, 10, 20, 10) + minutes * MINUTE } };
};

describe('notify, of the deployment of an ECS service', () => {
  it('makes one rollout of what the event bus calls by a revision and what it calls by an ARN', async () => {
    const rig = { ...aRig(), join: found };
    await createNotify(rig)([IN_PROGRESS, HOOK]);
    expect(rolloutsIn(rig)).toEqual(['0EYSiBq8vWc1T7rKzLm5x']);
  });

  it('asks nothing about what nobody hears of', async () => {
    const asked: unknown[] = [];
    const join: NotifyDeps['join'] = (change) => {
      asked.push(change);
      return found(change);
    };
    const rig = aRig();
    const routes = [{ match: { pipeline: ['*'] }, to: [{ kind: 'slack', channel: 'C1' } as const] }];
    await createNotify({ ...rig, join, config: { ...rig.config, routes } })([IN_PROGRESS]);
    await createNotify({ ...rig, join })([HOOK]);
    expect(asked).toEqual([]);
  });

  it.each([
    ['answers', () => Promise.reject(new Error('ThrottlingException')), 14],
    ['lists it', () => Promise.resolve(undefined), 0.9],
  ])('waits until ECS %s, and leaves what came with it alone', async (_what, join, minutes) => {
    const rig = { ...aRigAt(minutes), join };
    const handled = await createNotify(rig)([IN_PROGRESS, HOOK]);
    expect(new Map(handled.map(({ id, outcome }) => [id, outcome]))).toEqual(
      new Map([
        ['m1', 'failed'],
        ['m2', 'applied'],
      ]),
    );
    expect(rolloutsIn(rig)).toEqual(['0EYSiBq8vWc1T7rKzLm5x']);
  });

  it.each([
    ['answer', () => Promise.reject(new Error('ThrottlingException')), 16],
    ['list it', () => Promise.resolve(undefined), 2],
  ])('tells of it as a rollout of its own once ECS has had its time to %s', async (_what, join, minutes) => {
    const rig = { ...aRigAt(minutes), join };
    expect(await createNotify(rig)([IN_PROGRESS])).toEqual([{ id: 'm1', outcome: 'applied' }]);
    expect(rolloutsIn(rig)).toEqual(['ecs-svc/4980306466373577095']);
    expect(rig.logged.map(({ message }) => message)).toContain('rollout not looked up');
  });

  it('does not ask about a service whose cluster nobody names', async () => {
    const join: NotifyDeps['join'] = () => Promise.reject(new Error('asked'));
    const resources = ['arn:aws:ecs:eu-west-1:111122223333:service/shop'];
    const handled = await createNotify({ ...aRig(), join })([{ id: 'm', text: aServiceEvent({ resources }) }]);
    expect(handled).toEqual([{ id: 'm', outcome: 'applied' }]);
  });
});
