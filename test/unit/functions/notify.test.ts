import { describe, expect, it } from 'vitest';
import { createNotify } from '../../../functions/notify/notify.ts';
import type { NotifyDeps } from '../../../functions/notify/notify.ts';
import { deliveryItem } from '../../../shared/delivery/delivery.ts';
import { eventItem } from '../../../shared/rollout/event-record.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { rolloutKey } from '../../../shared/store/keys.ts';
import type { ChangeItem } from '../../../shared/store/change-item.ts';
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

  it('puts what it cannot use aside, without its secrets, and handles the rest (F17)', async () => {
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

  it('reports a message as failed when a topic refuses, and repeats only what is missing (F13)', async () => {
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

  it('fails the messages of a rollout that the table refuses, and no other (F10)', async () => {
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

  it('puts an event aside that happened more than 45 days ago, and begins no rollout (F6)', async () => {
    const rig = aRig();
    const notify = createNotify(rig);
    const daysAgo = (days: number) => new Date(rig.clock.now() - days * 24 * 60 * 60_000).toISOString();
    await expect(
      notify([
        { id: 'm1', text: aPipelineEvent({ id: 'event-1', time: daysAgo(46) }, { state: 'FAILED' }) },
        { id: 'm2', text: aPipelineEvent({ id: 'event-2', time: daysAgo(44) }, { pipeline: 'docs-prod' }) },
      ]),
    ).resolves.toEqual([
      { id: 'm1', outcome: 'quarantined', reason: 'too old' },
      { id: 'm2', outcome: 'applied' },
    ]);
    expect(rig.wakeUps.map(({ pk }) => pk)).toEqual([PK.replace('shop-prod', 'docs-prod')]);
    expect(rig.published).toEqual([]);
    expect(rig.items().filter(({ key }) => key.pk === PK)).toEqual([]);
    const [quarantined] = rig.items().filter(({ key }) => key.pk.startsWith('Q#'));
    expect(quarantined?.body).toMatchObject({ reason: 'too old' });
  });

  describe('of events that a replay brings out of an archive', () => {
    const replayed = (name: string) => aPipelineEvent({ ...FAILED_AT, 'replay-name': name }, { state: 'FAILED' });
    const FAILED_AT = { id: 'event-2', time: '2026-11-20T10:05:00Z' };

    it('shows them, publishes nothing and calls nobody (F63)', async () => {
      const rig = aRig();
      const routes = rig.config.routes.map((route) => ({ ...route, mention: ['U1'] }));
      const notify = createNotify({ ...rig, config: { ...rig.config, routes } });
      await expect(notify([{ id: 'm1', text: replayed('after-the-outage') }])).resolves.toEqual([
        { id: 'm1', outcome: 'applied' },
      ]);
      expect(rig.published).toEqual([]);
      expect(rig.wakeUps).toEqual([{ pk: PK, channel: 'C1' }]);
      const record = eventItem.parse(rig.items().find(({ key }) => key.sk.startsWith('EVENT#'))?.body);
      expect(record).toMatchObject({ replay: 'after-the-outage', topics: [], published: [] });
      expect(rig.logged.find(({ message }) => message === 'event handled')?.fields).toMatchObject({
        replay: 'after-the-outage',
      });
    });

    it('publishes what was not published before when the name of the replay asks for it (F63)', async () => {
      const rig = aRig();
      const notify = createNotify(rig);
      await notify([{ id: 'm1', text: replayed('publish-what-was-lost') }]);
      await notify([{ id: 'm2', text: replayed('publish-again') }]);
      expect(rig.published).toEqual([{ topic: 'releases', subject: '[production] shop-prod failed' }]);
    });

    it('publishes the event itself, should that come as well (F63)', async () => {
      const rig = aRig();
      const notify = createNotify(rig);
      await notify([{ id: 'm1', text: replayed('after-the-outage') }]);
      await notify([{ id: 'm2', text: FAILED }]);
      expect(rig.published).toHaveLength(1);
    });
  });

  it('fails the events of a rollout that a version to come has stored, and no other (F60)', async () => {
    const rig = aRig();
    await rig.store.write({ key: rolloutKey(PK), rev: 1, body: { rollout: 'in another form' }, expiresAt: 9e12 });
    await expect(
      createNotify(rig)([
        { id: 'm1', text: STARTED },
        { id: 'm2', text: aPipelineEvent({ id: 'event-2' }, { pipeline: 'docs-prod' }) },
      ]),
    ).resolves.toEqual([
      { id: 'm1', outcome: 'failed', reason: 'ValiError' },
      { id: 'm2', outcome: 'applied' },
    ]);
    expect((await rig.store.read(rolloutKey(PK)))?.rev).toBe(1);
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

  describe('of what AWS knows and no event tells', () => {
    const START = aDeploymentEvent({ id: 'event-1' }, { state: 'START' });
    const SUCCESS = aDeploymentEvent({ id: 'event-2', time: '2026-11-20T10:05:00Z' }, { state: 'SUCCESS' });
    const INSTANCE = aDeploymentEvent(
      { id: 'event-3', 'detail-type': 'CodeDeploy Instance State-change Notification' },
      { instanceId: 'i-0a1b2c3d', state: 'START' },
    );

    /** A notify that is told of rollbacks, and what it asked and when: before or after the channel was woken. */
    const aCuriousRig = () => {
      const rig = aRig();
      const asked: { readonly executionId: string; readonly wakeUpsBefore: number }[] = [];
      const lookUp: NotifyDeps['lookUp'] = ({ executionId }, version) => {
        asked.push({ executionId, wakeUpsBefore: rig.wakeUps.length });
        return Promise.resolve({
          creator: { version, value: 'codeDeployRollback' },
          rollbackOf: { version, value: 'd-FGHIJ5678' },
        });
      };
      const config = {
        ...rig.config,
        routes: [...rig.config.routes, { match: {}, to: [{ kind: 'sns', topic: 'all' } as const] }],
      };
      return { ...rig, config, lookUp, asked };
    };

    it('asks once when a deployment starts and once when it ends, after the channel was woken', async () => {
      const rig = aCuriousRig();
      const notify = createNotify(rig);
      for (const text of [START, START, INSTANCE, SUCCESS, SUCCESS]) {
        await notify([{ id: 'm', text }]);
      }
      expect(rig.asked).toEqual([
        { executionId: 'd-ABCDE1234', wakeUpsBefore: 1 },
        { executionId: 'd-ABCDE1234', wakeUpsBefore: 1 },
      ]);
    });

    it('publishes a rollback as a rollback, never as a success of the new version', async () => {
      const rig = aCuriousRig();
      await createNotify(rig)([{ id: 'm', text: SUCCESS }]);
      expect(rig.published).toEqual([
        { topic: 'releases', subject: 'shop / prod rollback succeeded' },
        { topic: 'all', subject: 'shop / prod rollback succeeded' },
      ]);
    });

    it('has the message show it, by an edit if need be', async () => {
      const rig = aCuriousRig();
      await createNotify(rig)([{ id: 'm', text: SUCCESS }]);
      const items = rig.items();
      const rollout = items.find(({ key }) => key.sk === 'STATE');
      const delivery = deliveryItem.parse(items.find(({ key }) => key.sk === 'SLACK#C1')?.body);
      expect(rollout?.rev).toBe(2);
      expect(delivery.want).toBe(2);
    });

    it('goes on without it when AWS does not answer', async () => {
      const rig = { ...aCuriousRig(), lookUp: () => Promise.reject(new Error('ThrottlingException')) };
      await expect(createNotify(rig)([{ id: 'm', text: SUCCESS }])).resolves.toEqual([{ id: 'm', outcome: 'applied' }]);
      expect(rig.published).toHaveLength(2);
      const [warning] = rig.logged.filter(({ level }) => level === 'warn');
      expect([warning?.message, warning?.fields['error']]).toEqual([
        'rollout not looked up',
        new Error('ThrottlingException'),
      ]);
    });

    it('publishes what it knows also when it cannot keep it, for a topic is not told twice', async () => {
      const rig = aCuriousRig();
      let writes = 0;
      const changeItem: ChangeItem = (key, kind, transition, held) => {
        writes += key.sk === 'STATE' ? 1 : 0;
        return key.sk === 'STATE' && writes === 2
          ? Promise.reject(new Error('ThrottlingException'))
          : rig.changeItem(key, kind, transition, held);
      };
      const [handled] = await createNotify({ ...rig, changeItem })([{ id: 'm', text: SUCCESS }]);
      expect(handled?.outcome).toBe('failed');
      expect(rig.published.map(({ subject }) => subject)).toEqual([
        'shop / prod rollback succeeded',
        'shop / prod rollback succeeded',
      ]);
    });

    it('does not ask about what nobody hears of', async () => {
      const rig = aCuriousRig();
      await createNotify({ ...rig, config: { ...rig.config, routes: [] } })([{ id: 'm', text: SUCCESS }]);
      expect(rig.asked).toEqual([]);
    });
  });

  describe('of failures that people are called to', () => {
    const calling = (rig: ReturnType<typeof aRig>) => ({
      ...rig,
      config: {
        ...rig.config,
        routes: [{ match: {}, to: [{ kind: 'slack', channel: 'C1' } as const], mention: ['U1'] }],
      },
    });
    const noteOf = (rig: ReturnType<typeof aRig>) =>
      rig
        .items()
        .filter(({ key }) => key.sk.startsWith('NOTE#'))
        .map(({ key, body }) => [key.sk, deliveryItem.parse(body).note]);

    it('asks for one reply in the thread of the message, however often the failure is told', async () => {
      const rig = aRig();
      const notify = createNotify(calling(rig));
      await notify([{ id: 'm1', text: FAILED }]);
      await notify([{ id: 'm2', text: FAILED }]);
      expect(rig.wakeUps).toEqual([
        { pk: PK, channel: 'C1' },
        { pk: PK, channel: 'C1', note: 'failed rollout 1' },
      ]);
      expect(noteOf(rig)).toEqual([
        [
          'NOTE#C1#failed%20rollout%201',
          { kind: 'failure', register: { kind: 'rollout' }, attempt: 1, mentions: ['U1'] },
        ],
      ]);
    });

    it('calls them again when the next attempt fails as well', async () => {
      const rig = aRig();
      const notify = createNotify(calling(rig));
      await notify([{ id: 'm1', text: FAILED }]);
      const again = { state: 'FAILED', 'pipeline-execution-attempt': 2 };
      await notify([{ id: 'm2', text: aPipelineEvent({ id: 'event-3', time: '2026-11-20T10:09:00Z' }, again) }]);
      expect(noteOf(rig).map(([key]) => key)).toEqual(['NOTE#C1#failed%20rollout%201', 'NOTE#C1#failed%20rollout%202']);
    });

    it('wakes the channel also when the note cannot be asked for', async () => {
      const rig = aRig();
      const changeItem: ChangeItem = (key, ...rest) =>
        key.sk.startsWith('NOTE#') ? Promise.reject(new Error('ThrottlingException')) : rig.changeItem(key, ...rest);
      const [handled] = await createNotify({ ...calling(rig), changeItem })([{ id: 'm1', text: FAILED }]);
      expect(handled?.outcome).toBe('failed');
      expect(rig.wakeUps).toEqual([{ pk: PK, channel: 'C1' }]);
    });

    it('asks for no note before its message is asked for', async () => {
      const rig = aRig();
      const changeItem: ChangeItem = (key, ...rest) =>
        key.sk === 'SLACK#C1' ? Promise.reject(new Error('ThrottlingException')) : rig.changeItem(key, ...rest);
      await createNotify({ ...calling(rig), changeItem })([{ id: 'm1', text: FAILED }]);
      expect(noteOf(rig)).toEqual([]);
      await createNotify(calling(rig))([{ id: 'm1', text: FAILED }]);
      expect(noteOf(rig)).toHaveLength(1);
    });

    it('calls nobody to what has not failed', async () => {
      const rig = aRig();
      await createNotify(calling(rig))([{ id: 'm1', text: STARTED }]);
      expect(noteOf(rig)).toEqual([]);
    });
  });

  it('tells a channel as much as the first of the routes does that led there, in whatever order', async () => {
    const routes = [
      {
        match: { state: ['failed' as const] },
        to: [{ kind: 'slack' as const, channel: 'C1' }],
        detail: 'summary' as const,
      },
      { match: {}, to: [{ kind: 'slack' as const, channel: 'C1' }] },
    ];
    for (const order of [
      [STARTED, FAILED],
      [FAILED, STARTED],
    ]) {
      const rig = aRig();
      const notify = createNotify({ ...rig, config: { ...rig.config, routes } });
      for (const text of order) {
        await notify([{ id: 'm', text }]);
      }
      expect((await stored(rig.store)).details).toEqual({ C1: { route: 0, detail: 'summary' } });
    }
  });

  it('records which routes an event matched, and why a topic did not take it', async () => {
    const rig = aRig();
    const publish = () => Promise.reject(Object.assign(new Error('no'), { name: 'AuthorizationErrorException' }));
    const notify = createNotify({ ...rig, publish });
    await notify([{ id: 'm1', text: FAILED }]);
    await rig.clock.sleep(60_000);
    await notify([{ id: 'm1', text: FAILED }]);
    const record = eventItem.parse(rig.items().find(({ key }) => key.sk.startsWith('EVENT#'))?.body);
    expect(record).toMatchObject({
      state: 'failed',
      routes: ['route 1', 'route 2'],
      channels: ['C1'],
      topics: ['releases'],
      published: [],
      trouble: { at: rig.clock.now(), error: 'AuthorizationErrorException', count: 2 },
    });
  });
});

describe('notify, where suites watch traffic', () => {
  const START = aDeploymentEvent();
  const END = aDeploymentEvent({ id: 'event-2', time: '2026-11-20T10:05:00Z' }, { state: 'SUCCESS' });

  const said = async (...batches: readonly (readonly string[])[]) => {
    const told: string[] = [];
    const notify = createNotify({
      ...aRig(),
      sayBake: ({ executionId }) => {
        told.push(executionId);
        return Promise.resolve();
      },
    });
    for (const texts of batches) {
      await notify(texts.map((text, index) => ({ id: `m${index}`, text })));
    }
    return told;
  };

  it('says that a deployment has begun, as often as it hears so', async () => {
    expect(await said([START])).toEqual(['d-ABCDE1234']);
    expect(await said([START, START], [START])).toEqual(['d-ABCDE1234', 'd-ABCDE1234']);
  });

  it('says nothing of one that has ended, however late it hears of its begin', async () => {
    expect(await said([END], [START])).toEqual([]);
    expect(await said([START, END])).toEqual([]);
  });

  it('says nothing of what an archive replays, and nothing of pipelines', async () => {
    expect(await said([JSON.stringify({ ...JSON.parse(START), 'replay-name': 'again' })], [STARTED])).toEqual([]);
  });

  it('has the event come again where it could not be said', async () => {
    const notify = createNotify({ ...aRig(), sayBake: () => Promise.reject(new Error('no queue')) });
    expect(await notify([{ id: 'm1', text: START }])).toEqual([{ id: 'm1', outcome: 'failed', reason: 'Error' }]);
  });
});
