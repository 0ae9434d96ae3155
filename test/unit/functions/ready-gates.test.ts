import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNotify } from '../../../functions/notify/notify.ts';
import { deliveryItem } from '../../../shared/delivery/delivery.ts';
import { gateId } from '../../../shared/gate/gate-id.ts';
import { gateItem } from '../../../shared/gate/stored-gate.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { deliveryKey, gateKey, gatePk, rolloutKey, rolloutPk } from '../../../shared/store/keys.ts';
import { aDeploymentEvent } from '../../support/events.ts';
import { anOpenGate, aPolicy, READY_POINT } from '../../support/gates.ts';
import { ROOT } from '../../support/command.ts';
import { aRig } from '../../support/rig.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const READY_GATE = gateId(READY_POINT);

const OF_GROUP = aPolicy({ match: { application: ['shop'], group: ['prod'] } });

const aRigWith = (policy = OF_GROUP) => {
  const rig = aRig();
  return { ...rig, config: { ...rig.config, gates: [policy] } };
};

const gateIn = async ({ store }: Pick<ReturnType<typeof aRig>, 'store'>) => {
  const item = await store.read(gateKey(READY_GATE));
  return item === undefined ? undefined : gateItem.parse(item.body);
};

const event = (id: string, state: string, time: string) => ({
  id,
  text: aDeploymentEvent({ id, time: `2026-11-20T${time}Z` }, { state }),
});

const aReadyGate = (policy = OF_GROUP) => anOpenGate(policy, undefined, READY_POINT);

describe('notify', () => {
  it('opens a gate when a deployment is ready, since then and not since it began', async () => {
    const rig = aRigWith();
    const notify = createNotify(rig);
    await notify([event('e1', 'START', '10:00:00')]);
    expect([await gateIn(rig), rig.looks]).toEqual([undefined, []]);
    await notify([event('e2', 'READY', '10:07:00')]);
    expect(await gateIn(rig)).toMatchObject({
      point: READY_POINT,
      channels: ['C1'],
      openedAt: TEN_O_CLOCK + 7 * 60_000,
      state: { kind: 'open' },
    });
    expect(rig.looks).toEqual([READY_GATE]);
  });

  it.each(['SUCCESS', 'STOP', 'FAILURE', 'START'])(
    'has the gate looked at when the deployment tells %s',
    async (state) => {
      const rig = aRigWith();
      const notify = createNotify(rig);
      await notify([event('e1', 'READY', '10:05:00')]);
      await notify([event('e2', state, '10:06:00')]);
      expect(rig.looks).toEqual([READY_GATE, READY_GATE]);
    },
  );

  it('opens none for an instance that is ready, nor where no policy names its application', async () => {
    const instance = await readFile(join(ROOT, 'events/codedeploy/instance-ready.json'), 'utf8');
    const rig = aRigWith(aPolicy({ match: { application: ['*'] } }));
    await createNotify(rig)([{ id: 'm', text: instance }]);
    const pipelines = aRigWith(aPolicy({ match: {} }));
    await createNotify(pipelines)([event('e1', 'READY', '10:05:00')]);
    const others = aRigWith(aPolicy({ match: { application: ['till'] } }));
    await createNotify(others)([event('e1', 'READY', '10:05:00')]);
    expect([rig.looks, pipelines.looks, others.looks]).toEqual([[], [], []]);
  });

  it('asks nobody of another account', async () => {
    const rig = aRigWith();
    await createNotify(rig)([{ id: 'm', text: aDeploymentEvent({ account: '999999999999' }, { state: 'READY' }) }]);
    expect(rig.looks).toEqual([]);
  });
});

describe('decide, about a deployment that is ready', () => {
  it('continues it once it is approved, without a token', async () => {
    const turn = await aReadyGate();
    expect(await turn.decide(turn.aVote())).toBe('counted');
    expect(turn.platform.calls).toEqual([['approve', undefined, 'Approved by ada (UADA) via Slack']]);
    expect((await turn.gate()).state).toMatchObject({
      kind: 'applied',
      decision: { verdict: 'approve', by: ['UADA'] },
    });
  });

  it('stops it once it is rejected, with a reason', async () => {
    const turn = await aReadyGate();
    await turn.decide(turn.aVote({ verdict: 'reject', step: 'modal', note: 'Too early' }));
    expect(turn.platform.calls.map(([verdict]) => verdict)).toEqual(['reject']);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { note: 'Too early' } });
  });

  it('takes its own decision for done when the answer was lost, though CodeDeploy keeps no summary', async () => {
    const turn = await aReadyGate();
    turn.platform.troubles.push('lost');
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow('socket hang up');
    expect(await turn.decide(vote)).toBe('repeated');
    expect(turn.platform.calls.length).toBe(1);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { by: ['UADA'] } });
  });

  it('says that it was decided elsewhere when that is not what was decided here', async () => {
    const turn = await aReadyGate();
    turn.platform.troubles.push('throttled');
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow();
    turn.platform.says = { kind: 'ended', ending: { as: 'rejected', at: TEN_O_CLOCK } };
    await turn.decide(vote);
    expect((await turn.gate()).state).toEqual({ kind: 'ended', ending: { as: 'rejected', at: TEN_O_CLOCK } });
  });

  it('asks nobody where it turns out that the deployment goes on by itself', async () => {
    const turn = await aReadyGate();
    turn.platform.says = { kind: 'ended', ending: { as: 'unasked', at: TEN_O_CLOCK } };
    const posts = turn.wakeUps.length;
    const shown = async (): Promise<unknown> =>
      (await turn.store.read(deliveryKey({ pk: gatePk(READY_GATE), channel: 'C1' })))?.body;
    const before = await shown();
    await turn.decide({ kind: 'look', gate: READY_GATE });
    expect((await turn.gate()).state).toMatchObject({ kind: 'ended', ending: { as: 'unasked' } });
    expect([await shown(), turn.notes(), turn.wakeUps.length]).toEqual([before, [], posts]);
    expect((await turn.gate()).dueAt).toBeUndefined();
  });

  it('does not know who started it or wrote it, and refuses to have it approved unless that is allowed', async () => {
    const turn = await aReadyGate(aPolicy({ ...OF_GROUP, unknownAuthor: 'deny' }));
    expect(await turn.decide(turn.aVote())).toBe('refused');
    expect(turn.told[0]?.[1]).toContain('unknownAuthor');
    expect(await turn.decide(turn.aVote({ verdict: 'reject', step: 'modal', note: 'No' }))).toBe('counted');
  });

  it('leads there from the message of the deployment', async () => {
    const turn = await aReadyGate();
    await turn.decide({ kind: 'look', gate: READY_GATE });
    const pk = rolloutPk(READY_POINT.rollout);
    const item = await turn.store.read(rolloutKey(pk));
    const link = 'https://example.slack.com/archives/C1/p1700000000000100';
    expect(rolloutItem.parse(item?.body).gates).toEqual({ [READY_GATE]: { at: TEN_O_CLOCK, link } });
    const wanted = await turn.store.read(deliveryKey({ pk, channel: 'C1' }));
    expect(deliveryItem.parse(wanted?.body).want).toBe(item?.rev);
  });
});
