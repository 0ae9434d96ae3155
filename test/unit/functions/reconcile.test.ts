import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDeliver } from '../../../functions/deliver/deliver.ts';
import { createNotify } from '../../../functions/notify/notify.ts';
import { createReconcile } from '../../../functions/sweep/reconcile.ts';
import type { Asked } from '../../../shared/aws/ask-aws.ts';
import { deliveryItem } from '../../../shared/delivery/delivery.ts';
import { overviewOf } from '../../../shared/rollout/overview.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { ROOT } from '../../support/command.ts';
import { aPipelineEvent } from '../../support/events.ts';
import { aRig } from '../../support/rig.ts';

const MINUTE = 60_000;

const STARTED = aPipelineEvent();
const FAILED = aPipelineEvent({ id: '~poll-1', time: '2026-11-20T10:05:00Z' }, { state: 'FAILED' });

/** A rollout that has started, and an AWS that answers as it is told, one answer a round. */
const aSilence = async (...answers: readonly Asked[]) => {
  const rig = aRig();
  await createNotify(rig)([{ id: 'm', text: STARTED }]);
  const left = [...answers];
  const asked: number[] = [];
  const sent: string[] = [];
  const reconcile = createReconcile({
    ...rig,
    ask: (rollouts) => {
      asked.push(rollouts.length);
      const answer = left.shift() ?? { kind: 'missing' };
      return Promise.resolve(rollouts.map(() => answer));
    },
    send: (events) => {
      sent.push(...events);
      return Promise.resolve();
    },
  });
  const stored = () => rolloutItem.parse(rig.items().find(({ key }) => key.sk === 'STATE')?.body);
  const later = async (minutes: number) => {
    await rig.clock.sleep(minutes * MINUTE);
    return reconcile();
  };
  return { ...rig, later, stored, asked, sent };
};

describe('reconcile', () => {
  it('leaves a rollout alone that was heard of within five minutes', async () => {
    const silence = await aSilence();
    expect(await silence.later(4)).toEqual({ asked: 0, news: 0 });
    expect(silence.asked).toEqual([]);
  });

  it('has come in as an event what AWS says and nobody was told', async () => {
    const silence = await aSilence({ kind: 'told', events: [FAILED] });
    expect(await silence.later(5)).toEqual({ asked: 1, news: 1 });
    expect(silence.sent).toEqual([FAILED]);
    await createNotify(silence)([{ id: 'p', text: FAILED }]);
    expect(silence.stored().rollout.registers['rollout']?.state).toBe('failed');
    expect(silence.published).toEqual([{ topic: 'releases', subject: '[production] shop-prod failed' }]);
    // It has ended: nobody asks any more.
    expect(await silence.later(60)).toEqual({ asked: 0, news: 0 });
  });

  it('sends nothing of what is known, and asks again five minutes later', async () => {
    const known = aPipelineEvent({ id: '~poll-1', time: '2026-11-20T10:03:00Z' });
    const silence = await aSilence({ kind: 'told', events: [known] }, { kind: 'told', events: [FAILED] });
    expect(await silence.later(5)).toEqual({ asked: 1, news: 0 });
    expect(await silence.later(4)).toEqual({ asked: 0, news: 0 });
    expect(await silence.later(1)).toEqual({ asked: 1, news: 1 });
  });

  it('sends nothing that is older than what is known', async () => {
    const older = aPipelineEvent({ id: '~poll-1', time: '2026-11-20T09:00:00Z' }, { state: 'FAILED' });
    const silence = await aSilence({ kind: 'told', events: [older] });
    expect(await silence.later(5)).toEqual({ asked: 1, news: 0 });
  });

  it('says so, once, of a rollout that AWS knows nothing of any more, and asks no more (F40)', async () => {
    const silence = await aSilence();
    const deliver = createDeliver({
      ...silence,
      newId: () => 'id',
      slack: {
        post: () => Promise.resolve({ ok: true, value: { ts: '1.0' } }),
        update: (_channel, ts, message) => {
          shown.push(JSON.stringify(message.blocks));
          return Promise.resolve({ ok: true, value: { ts } });
        },
        remove: () => Promise.resolve({ ok: true, value: undefined }),
        find: () => Promise.resolve({ ok: true, value: { ts: undefined } }),
      },
    });
    const shown: string[] = [];
    const [wake] = silence.wakeUps.splice(0);
    await deliver(wake ?? { pk: '', channel: '' });
    await silence.later(5);
    expect(silence.wakeUps).toEqual([]);
    await silence.later(5);
    expect(silence.wakeUps).toEqual([wake]);
    await deliver(wake ?? { pk: '', channel: '' });
    expect(shown).toEqual([expect.stringContaining('AWS knows nothing of it any more. How it ended was not heard.')]);
    await silence.later(60);
    expect(silence.asked).toEqual([1, 1]);
  });

  it('comes back to say so where it could not', async () => {
    const silence = await aSilence();
    await silence.later(5);
    const wantOf = () => deliveryItem.parse(silence.items().find(({ key }) => key.sk === 'SLACK#C1')?.body).want;
    const want = wantOf();
    const broken = createReconcile({
      ...silence,
      ask: (rollouts) => Promise.resolve(rollouts.map(() => ({ kind: 'missing' }))),
      send: () => Promise.resolve(),
      changeItem: (key, ...rest) =>
        key.sk === 'SLACK#C1' ? Promise.reject(new Error('throttled')) : silence.changeItem(key, ...rest),
    });
    await silence.clock.sleep(5 * MINUTE);
    await broken();
    expect(wantOf()).toBe(want);
    await silence.later(1);
    expect(wantOf()).toBeGreaterThan(want);
    expect(silence.stored().watch).toBeUndefined();
  });

  it('takes it back when something is heard after all', async () => {
    const silence = await aSilence();
    await silence.later(5);
    await silence.later(5);
    expect(silence.stored().rollout.facts.gone?.value).toBe(true);
    await createNotify(silence)([{ id: 'm2', text: aPipelineEvent({ id: 'e', time: '2026-11-20T10:30:00Z' }) }]);
    expect(silence.stored().watch?.at).toBe(silence.clock.now() + 5 * MINUTE);
  });

  it('tries again later when AWS gives no answer (F40)', async () => {
    const silence = await aSilence({ kind: 'failed', error: new Error('ThrottlingException') });
    expect(await silence.later(5)).toEqual({ asked: 1, news: 0 });
    expect(silence.stored().watch).toEqual({
      at: silence.clock.now() + 5 * MINUTE,
      asked: 1,
      news: 0,
      missing: 0,
      denied: 0,
    });
  });

  it('goes on with the others where one rollout cannot be read or kept', async () => {
    const silence = await aSilence({ kind: 'told', events: [FAILED] });
    const other = aPipelineEvent({ id: 'other' }, { 'execution-id': '0a1b2c3d-0000-4000-8000-000000000002' });
    await createNotify(silence)([{ id: 'm2', text: other }]);
    const [first] = silence.items().filter(({ key }) => key.sk === 'STATE');
    const broken = createReconcile({
      ...silence,
      ask: (rollouts) => Promise.resolve(rollouts.map(() => ({ kind: 'told', events: [] }))),
      send: () => Promise.resolve(),
      changeItem: (key, ...rest) =>
        key.pk === first?.key.pk ? Promise.reject(new Error('unreadable')) : silence.changeItem(key, ...rest),
    });
    await silence.clock.sleep(5 * MINUTE);
    expect(await broken()).toEqual({ asked: 1, news: 0 });
    expect(silence.logged.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'rollout not reconciled',
    ]);
  });

  it('asks no more in a round in which there was no time left, or AWS had enough', async () => {
    const silence = await aSilence({ kind: 'unasked' });
    const before = silence.stored().watch;
    expect(await silence.later(5)).toEqual({ asked: 0, news: 0 });
    expect(silence.stored().watch).toEqual(before);
  });

  it('gives up asking where it may not', async () => {
    const denied: Asked = { kind: 'denied', error: new Error('AccessDeniedException') };
    const silence = await aSilence(...Array<Asked>(6).fill(denied));
    for (let round = 0; round < 6; round += 1) {
      await silence.later(5);
    }
    expect(silence.stored().watch).toBeUndefined();
    expect(silence.stored().rollout.facts.gone).toBeUndefined();
  });

  it('stops watching what no route leads anybody to any more', async () => {
    const silence = await aSilence();
    const later = createReconcile({
      ...silence,
      config: { routes: [] },
      ask: (rollouts) => Promise.resolve(rollouts.map(() => ({ kind: 'missing' }))),
      send: () => Promise.resolve(),
    });
    await silence.clock.sleep(5 * MINUTE);
    expect(await later()).toEqual({ asked: 0, news: 0 });
    expect(silence.stored().watch).toBeUndefined();
  });

  it.each(['02', '06', '10', '12'])('says that a run is gone that was heard of up to its event %s', async (last) => {
    const rig = aRig();
    const folder = join(ROOT, 'events/runs/success');
    for (const file of (await readdir(folder)).sort().filter((name) => name.slice(0, 2) <= last)) {
      await createNotify(rig)([{ id: file, text: await readFile(join(folder, file), 'utf8') }]);
    }
    const reconcile = createReconcile({
      ...rig,
      ask: (rollouts) => Promise.resolve(rollouts.map(() => ({ kind: 'missing' }))),
      send: () => Promise.resolve(),
    });
    for (let round = 0; round < 2; round += 1) {
      await rig.clock.sleep(5 * MINUTE);
      await reconcile();
    }
    const { rollout } = rolloutItem.parse(rig.items().find(({ key }) => key.sk === 'STATE')?.body);
    expect(overviewOf(rollout).isGone).toBe(true);
  });

  it('does not ask about rollouts of elsewhere again', async () => {
    const silence = await aSilence({ kind: 'elsewhere' });
    await silence.later(5);
    expect(silence.stored().watch).toBeUndefined();
  });

  it('does not watch what no route could lead anybody to', async () => {
    const rig = aRig();
    const routes = [{ match: { application: ['shop'] }, to: [{ kind: 'slack', channel: 'C1' } as const] }];
    await createNotify({ ...rig, config: { ...rig.config, routes } })([{ id: 'm', text: STARTED }]);
    expect(rolloutItem.parse(rig.items().find(({ key }) => key.sk === 'STATE')?.body).watch).toBeUndefined();
  });
});
