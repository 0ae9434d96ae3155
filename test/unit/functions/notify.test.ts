import { describe, expect, it } from 'vitest';
import { createNotify } from '../../../functions/notify/notify.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { rolloutKey } from '../../../shared/store/keys.ts';
import type { Store } from '../../../shared/store/store.ts';
import { aDeploymentEvent, aNotification, aPipelineEvent, aTriggerMessage } from '../../support/events.ts';
import { aRig } from '../../support/rig.ts';

const PK = 'X#codepipeline#aws#111122223333#eu-west-1#shop-prod#0a1b2c3d-0000-4000-8000-000000000001';

const STARTED = aPipelineEvent();
const FAILED = aPipelineEvent({ id: 'event-2', time: '2026-11-20T10:05:00Z' }, { state: 'FAILED' });

const stored = async (store: Store) => rolloutItem.parse((await store.read(rolloutKey(PK)))?.body);

describe('notify', () => {
  it('folds an event, asks for the message that shows it, and publishes it', async () => {
    const rig = aRig();
    const handled = await createNotify(rig)([{ id: 'm1', text: FAILED }]);
    expect(handled).toEqual([{ id: 'm1', outcome: 'applied' }]);
    expect((await stored(rig.store)).rollout.registers['rollout']?.state).toBe('failed');
    expect(rig.wakeUps).toEqual([{ pk: PK, channel: 'C1' }]);
    expect(rig.published).toEqual([{ topic: 'releases', subject: '[production] shop-prod failed' }]);
  });

  it('writes a rollout once for all that a batch brings for it, and wakes its channel once', async () => {
    const rig = aRig();
    await createNotify(rig)([
      { id: 'm1', text: STARTED },
      { id: 'm2', text: FAILED },
    ]);
    expect((await rig.store.read(rolloutKey(PK)))?.rev).toBe(1);
    expect(rig.wakeUps).toEqual([{ pk: PK, channel: 'C1' }]);
  });

  it('publishes a repeated event once, and says that it was there before', async () => {
    const rig = aRig();
    const notify = createNotify(rig);
    await notify([{ id: 'm1', text: FAILED }]);
    await expect(notify([{ id: 'm2', text: FAILED }])).resolves.toEqual([{ id: 'm2', outcome: 'duplicate' }]);
    expect(rig.published).toHaveLength(1);
    expect(rig.wakeUps).toHaveLength(1);
  });

  it('publishes a fact once that comes by the event bus, a notification rule and a trigger', async () => {
    const rig = aRig();
    const notify = createNotify(rig);
    const byBus = aDeploymentEvent({ id: 'event-2', time: '2026-11-20T10:05:02Z' }, { state: 'FAILURE' });
    const byRule = byBus.replace('"detail-type"', '"detailType"').replace('"id":"event-2",', '');
    const byTrigger = aTriggerMessage({
      status: 'FAILED',
      completeTime: 'Fri Nov 20 10:05:01 UTC 2026',
      errorInformation: '{"ErrorCode":"HEALTH_CONSTRAINTS"}',
    });
    await expect(notify([{ id: 'm1', text: byBus }])).resolves.toEqual([{ id: 'm1', outcome: 'applied' }]);
    await expect(notify([{ id: 'm2', text: aNotification(byRule) }])).resolves.toEqual([
      { id: 'm2', outcome: 'stale' },
    ]);
    await expect(notify([{ id: 'm3', text: aNotification(byTrigger) }])).resolves.toEqual([
      { id: 'm3', outcome: 'duplicate' },
    ]);
    expect(rig.published).toEqual([{ topic: 'releases', subject: 'shop / prod failed' }]);
    const pk = 'X#codedeploy#aws#111122223333#eu-west-1#shop#prod#d-ABCDE1234';
    const { rollout } = rolloutItem.parse((await rig.store.read(rolloutKey(pk)))?.body);
    expect(rollout.facts.failure?.value).toEqual({ errorCode: 'HEALTH_CONSTRAINTS' });
    expect(rig.items().filter(({ key }) => key.sk.startsWith('EVENT#'))).toHaveLength(1);
  });

  it('publishes the facts of a pipeline once, too, whichever road was the first', async () => {
    const rig = aRig();
    const notify = createNotify(rig);
    const byRule = FAILED.replace('"detail-type"', '"detailType"').replace('"id":"event-2",', '');
    await notify([{ id: 'm1', text: byRule }]);
    await expect(notify([{ id: 'm2', text: FAILED }])).resolves.toEqual([{ id: 'm2', outcome: 'stale' }]);
    await expect(notify([{ id: 'm3', text: FAILED }])).resolves.toEqual([{ id: 'm3', outcome: 'duplicate' }]);
    expect(rig.published).toHaveLength(1);
  });

  it('tells the same event twice in one batch apart', async () => {
    const rig = aRig();
    const handled = await createNotify(rig)([
      { id: 'm1', text: FAILED },
      { id: 'm2', text: FAILED },
    ]);
    expect(handled.map(({ outcome }) => outcome)).toEqual(['applied', 'duplicate']);
    expect(rig.published).toHaveLength(1);
  });

  it('finds an event stale that changes nothing any more, and publishes it all the same', async () => {
    const rig = aRig();
    const notify = createNotify(rig);
    const succeeded = aPipelineEvent({ id: 'event-3', time: '2026-11-20T10:06:00Z' }, { state: 'SUCCEEDED' });
    await notify([{ id: 'm1', text: STARTED }]);
    await notify([{ id: 'm2', text: succeeded }]);
    await expect(notify([{ id: 'm3', text: FAILED }])).resolves.toEqual([{ id: 'm3', outcome: 'stale' }]);
    expect(rig.published.map(({ subject }) => subject)).toEqual([
      '[production] shop-prod succeeded',
      '[production] shop-prod failed',
    ]);
  });

  it('keeps telling a channel that has heard of a rollout, whatever its route asks for', async () => {
    const rig = aRig();
    const config = {
      ...rig.config,
      routes: [
        { match: { pipeline: [], state: ['failed' as const] }, to: [{ kind: 'slack' as const, channel: 'C1' }] },
      ],
    };
    const notify = createNotify({ ...rig, config });
    await expect(notify([{ id: 'm1', text: STARTED }])).resolves.toEqual([{ id: 'm1', outcome: 'unrouted' }]);
    expect(rig.wakeUps).toEqual([]);
    await notify([{ id: 'm2', text: FAILED }]);
    const delivery = () => rig.items().find(({ key }) => key.sk === 'SLACK#C1')?.body;
    expect(delivery()).toMatchObject({ want: 2 });
    const resumed = aPipelineEvent(
      { id: 'event-3', time: '2026-11-20T10:06:00Z' },
      { state: 'RESUMED', 'pipeline-execution-attempt': 2 },
    );
    await expect(notify([{ id: 'm3', text: resumed }])).resolves.toEqual([{ id: 'm3', outcome: 'applied' }]);
    expect(delivery()).toMatchObject({ want: 3 });
  });

  it('puts what it cannot use aside, without its secrets, and handles the rest', async () => {
    const rig = aRig();
    const token = ['x', 'oxb-123-canary'].join('');
    const handled = await createNotify(rig)([
      { id: 'm1', text: `{"source":"aws.codepipeline", "token":"${token}"` },
      { id: 'm2', text: aPipelineEvent({ source: 'aws.health' }) },
      { id: 'm3', text: STARTED },
    ]);
    expect(Object.fromEntries(handled.map(({ id, outcome, reason }) => [id, [outcome, reason]]))).toEqual({
      m1: ['quarantined', 'not JSON'],
      m2: ['ignored', 'unknown source'],
      m3: ['applied', undefined],
    });
    const quarantined = rig.items().find(({ key }) => key.pk.startsWith('Q#'));
    expect(quarantined?.body).toMatchObject({ reason: 'not JSON' });
    expect(JSON.stringify([quarantined, rig.logged])).not.toContain('canary');
  });

  it('reports a message as failed when a topic refuses, and repeats only what is missing', async () => {
    const rig = aRig();
    let refuses = true;
    const config = {
      ...rig.config,
      routes: [
        { match: { pipeline: [], state: [] }, to: ['a', 'b'].map((topic) => ({ kind: 'sns' as const, topic })) },
      ],
    };
    const notify = createNotify({
      ...rig,
      config,
      publish: (topic, message) =>
        topic === 'b' && refuses ? Promise.reject(new Error('NotFound')) : rig.publish(topic, message),
    });
    await expect(notify([{ id: 'm1', text: FAILED }])).resolves.toEqual([
      { id: 'm1', outcome: 'failed', reason: 'Error' },
    ]);
    refuses = false;
    await expect(notify([{ id: 'm1', text: FAILED }])).resolves.toEqual([{ id: 'm1', outcome: 'duplicate' }]);
    expect(rig.published.map(({ topic }) => topic)).toEqual(['a', 'b']);
  });

  it('asks for the Slack message although SNS is down, and publishes although the queue of wake-ups is', async () => {
    const down = () => Promise.reject(new Error('down'));
    const withoutSns = aRig();
    await createNotify({ ...withoutSns, publish: down })([{ id: 'm1', text: FAILED }]);
    expect(withoutSns.wakeUps).toHaveLength(1);
    const withoutQueue = aRig();
    const handled = await createNotify({ ...withoutQueue, wakeUp: down })([{ id: 'm1', text: FAILED }]);
    expect(handled).toEqual([{ id: 'm1', outcome: 'failed', reason: 'Error' }]);
    expect(withoutQueue.published).toHaveLength(1);
  });

  it('fails the messages of a rollout that the table refuses, and no other', async () => {
    const rig = aRig((store) => ({
      ...store,
      write: (item) => (item.key.pk === PK ? Promise.reject(new Error('throttled')) : store.write(item)),
    }));
    const handled = await createNotify(rig)([
      { id: 'm1', text: STARTED },
      { id: 'm2', text: aPipelineEvent({ id: 'event-2' }, { pipeline: 'docs-prod' }) },
    ]);
    expect(Object.fromEntries(handled.map(({ id, outcome }) => [id, outcome]))).toEqual({
      m1: 'failed',
      m2: 'applied',
    });
  });

  it('tries again when somebody else wrote the rollout meanwhile', async () => {
    let races = 3;
    const rig = aRig((store) => ({
      ...store,
      write: (item) => {
        if (item.key.sk === 'STATE' && races > 0) {
          races -= 1;
          return Promise.resolve(false);
        }
        return store.write(item);
      },
    }));
    await expect(createNotify(rig)([{ id: 'm1', text: STARTED }])).resolves.toEqual([{ id: 'm1', outcome: 'applied' }]);
    expect(races).toBe(0);
  });
});
