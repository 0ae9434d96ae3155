import { describe, expect, it } from 'vitest';
import { createDeliver } from '../../../functions/deliver/deliver.ts';
import { createNotify } from '../../../functions/notify/notify.ts';
import { createReconcile } from '../../../functions/sweep/reconcile.ts';
import type { Asked } from '../../../shared/aws/ask-aws.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
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

  it('says so, once, of a rollout that AWS knows nothing of any more, and asks no more', async () => {
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

  it('takes it back when something is heard after all', async () => {
    const silence = await aSilence();
    await silence.later(5);
    await silence.later(5);
    expect(silence.stored().rollout.facts.gone?.value).toBe(true);
    await createNotify(silence)([{ id: 'm2', text: aPipelineEvent({ id: 'e', time: '2026-11-20T10:30:00Z' }) }]);
    expect(silence.stored().watch?.at).toBe(silence.clock.now() + 5 * MINUTE);
  });

  it('asks no more in a round in which AWS gives no answer, and tries again later', async () => {
    const silence = await aSilence({ kind: 'failed', error: new Error('ThrottlingException') });
    expect(await silence.later(5)).toEqual({ asked: 1, news: 0 });
    expect(silence.stored().watch).toEqual({ at: silence.clock.now() + 5 * MINUTE, asked: 1, missing: 0 });
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
