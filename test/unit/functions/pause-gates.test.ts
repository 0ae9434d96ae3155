import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNotify } from '../../../functions/notify/notify.ts';
import { gateId } from '../../../shared/gate/gate-id.ts';
import { gateItem } from '../../../shared/gate/stored-gate.ts';
import { arnOfDeployment } from '../../../shared/rollout/service-deployment.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { gateKey, rolloutKey, rolloutPk } from '../../../shared/store/keys.ts';
import { ROOT } from '../../support/command.ts';
import { aHookEvent, aServiceEvent } from '../../support/events.ts';
import { anOpenGate, aPolicy, PAUSE_POINT } from '../../support/gates.ts';
import { aRig } from '../../support/rig.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const GATE = gateId(PAUSE_POINT);

const OTHER = gateId({ ...PAUSE_POINT, hookId: 'ecs-pause-other' });

const OF_SERVICE = aPolicy({ match: { service: ['shop'], stage: ['POST_*'] } });

const aRigWith = (policy = OF_SERVICE) => {
  const rig = aRig();
  return { ...rig, config: { ...rig.config, gates: [policy] } };
};

const gateIn = async ({ store }: Pick<ReturnType<typeof aRig>, 'store'>, id = GATE) => {
  const item = await store.read(gateKey(id));
  return item === undefined ? undefined : gateItem.parse(item.body);
};

const event = (id: string, eventName: string, time: string, detail: Readonly<Record<string, unknown>> = {}) => ({
  id,
  text: aHookEvent({ id, time: `2026-11-20T${time}Z` }, { eventName, ...detail }),
});

const aPauseGate = (policy = OF_SERVICE) => anOpenGate(policy, undefined, PAUSE_POINT);

describe('notify', () => {
  it('opens a gate when a pause hook waits, since then, and until when the event says', async () => {
    const rig = aRigWith();
    const notify = createNotify(rig);
    await notify([event('e1', 'HOOK_IN_PROGRESS', '10:06:58')]);
    expect(await gateIn(rig)).toBeUndefined();
    await notify([event('e2', 'HOOK_AWAITING_ACTION', '10:07:00')]);
    expect(await gateIn(rig)).toMatchObject({
      point: PAUSE_POINT,
      channels: ['C1'],
      openedAt: TEN_O_CLOCK + 7 * 60_000,
      expiresAt: TEN_O_CLOCK + 24 * 3_600_000,
      state: { kind: 'open' },
    });
    expect(rig.looks.at(-1)).toBe(GATE);
  });

  it.each(['HOOK_SUCCEEDED', 'HOOK_FAILED', 'HOOK_TIMED_OUT'])(
    'has the gate looked at when the hook tells %s',
    async (name) => {
      const rig = aRigWith();
      const notify = createNotify(rig);
      await notify([event('e1', 'HOOK_AWAITING_ACTION', '10:05:00')]);
      await notify([event('e2', name, '10:06:00')]);
      expect(rig.looks).toEqual([GATE, GATE]);
    },
  );

  it('opens one for each hook of a stage, and for each step anew', async () => {
    const rig = aRigWith();
    await createNotify(rig)([
      event('e1', 'HOOK_AWAITING_ACTION', '10:05:00'),
      event('e2', 'HOOK_AWAITING_ACTION', '10:05:00', { hookId: 'ecs-pause-other' }),
    ]);
    expect([...rig.looks].sort()).toEqual([GATE, OTHER].sort());
    const item = await rig.store.read(rolloutKey(rolloutPk(PAUSE_POINT.rollout)));
    expect(rolloutItem.parse(item?.body).gates).toMatchObject({
      [GATE]: { stage: 'POST_TEST_TRAFFIC_SHIFT', action: 'ecs-pause-e7tK9G' },
      [OTHER]: { stage: 'POST_TEST_TRAFFIC_SHIFT', action: 'ecs-pause-other' },
    });
  });

  it('has every gate of a deployment looked at once it goes back or is over', async () => {
    const rig = aRigWith();
    const notify = createNotify(rig);
    const waiting = 'HOOK_AWAITING_ACTION';
    await notify([event('e1', waiting, '10:05:00'), event('e2', waiting, '10:05:00', { hookId: 'ecs-pause-other' })]);
    rig.looks.splice(0);
    const serviceDeploymentArn = arnOfDeployment(PAUSE_POINT.rollout);
    const told = async (eventName: string): Promise<readonly string[]> => {
      rig.looks.splice(0);
      const text = aServiceEvent({ id: eventName, time: '2026-11-20T10:06:00Z' }, { eventName, serviceDeploymentArn });
      await notify([{ id: eventName, text }]);
      return [...rig.looks].sort();
    };
    expect(await told('SERVICE_DEPLOYMENT_IN_PROGRESS')).toEqual([]);
    expect(await told('SERVICE_DEPLOYMENT_ROLLBACK_IN_PROGRESS')).toEqual([GATE, OTHER].sort());
    expect(await told('SERVICE_DEPLOYMENT_ROLLBACK_SUCCESSFUL')).toEqual([GATE, OTHER].sort());
  });

  it('opens none for a function, for another stage, nor where no policy names the service', async () => {
    const lambda = await readFile(join(ROOT, 'events/ecs/hook-in-progress.json'), 'utf8');
    const rig = aRigWith(aPolicy({ match: { service: ['*'] } }));
    await createNotify(rig)([{ id: 'm', text: lambda }]);
    const stages = aRigWith();
    await createNotify(stages)([event('e', 'HOOK_AWAITING_ACTION', '10:05:00', { lifecycleStage: 'PRE_SCALE_UP' })]);
    const pipelines = aRigWith(aPolicy({ match: {} }));
    await createNotify(pipelines)([event('e', 'HOOK_AWAITING_ACTION', '10:05:00')]);
    const groups = aRigWith(aPolicy({ match: { application: ['*'] } }));
    await createNotify(groups)([event('e', 'HOOK_AWAITING_ACTION', '10:05:00')]);
    expect([rig, stages, pipelines, groups].map(({ looks }) => looks)).toEqual([[], [], [], []]);
  });

  it('asks nobody of another account', async () => {
    const rig = aRigWith();
    await createNotify(rig)([{ id: 'm', text: aHookEvent({ account: '999999999999' }) }]);
    expect(rig.looks).toEqual([]);
  });
});

describe('decide, about a pause hook', () => {
  it('lets the deployment go on once it is approved, without a token', async () => {
    const turn = await aPauseGate();
    expect(await turn.decide(turn.aVote())).toBe('counted');
    expect(turn.platform.calls).toEqual([['approve', undefined, 'Approved by ada (UADA) via Slack']]);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { verdict: 'approve' } });
  });

  it('has it rolled back once it is rejected, with a reason', async () => {
    const turn = await aPauseGate();
    await turn.decide(turn.aVote({ verdict: 'reject', step: 'modal', note: 'Too slow' }));
    expect(turn.platform.calls.map(([verdict]) => verdict)).toEqual(['reject']);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { note: 'Too slow' } });
  });

  it('takes its own decision for done when the answer was lost', async () => {
    const turn = await aPauseGate();
    turn.platform.troubles.push('lost');
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow('socket hang up');
    expect(await turn.decide(vote)).toBe('repeated');
    expect(turn.platform.calls.length).toBe(1);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { by: ['UADA'] } });
  });

  it('says that its time was over when ECS says so, and counts no vote after that', async () => {
    const turn = await aPauseGate();
    turn.platform.says = { kind: 'ended', ending: { as: 'expired', summary: 'ECS rolls back', at: TEN_O_CLOCK } };
    await turn.decide({ kind: 'look', gate: GATE });
    expect((await turn.gate()).state).toMatchObject({ kind: 'ended', ending: { as: 'expired' } });
    expect(await turn.decide(turn.aVote())).toBe('refused');
    expect(turn.platform.calls).toEqual([]);
  });

  it('leads there from the message of the deployment', async () => {
    const turn = await aPauseGate();
    await turn.decide({ kind: 'look', gate: GATE });
    const item = await turn.store.read(rolloutKey(rolloutPk(PAUSE_POINT.rollout)));
    const link = 'https://example.slack.com/archives/C1/p1700000000000100';
    expect(rolloutItem.parse(item?.body).gates?.[GATE]?.link).toBe(link);
  });
});
