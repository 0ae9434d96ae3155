import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeliver } from '../../functions/deliver/deliver.ts';
import type { Slack } from '../../functions/deliver/deliver.ts';
import { createNotify } from '../../functions/notify/notify.ts';
import { createChance } from '../../local/virtual/chance.ts';
import type { Call } from '../../local/virtual/network.ts';
import { createVirtualSlack } from '../../local/virtual/virtual-slack.ts';
import { DEPLOYED } from '../../local/virtual/world.ts';
import type { Clock } from '../../shared/clock.ts';
import { failureOfStatus, rateLimited } from '../../shared/delivery/slack-reply.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import { ROOT } from '../support/command.ts';
import { aRig } from '../support/rig.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { anEvent, aScenario, ending, isCall, nth, throttling } from '../support/scenario.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const STARTED = anEvent(0, 'STARTED');
const FAILED = anEvent(5, 'FAILED');
const SUCCEEDED = anEvent(5, 'SUCCEEDED');

const FAILED_ID = 'shop-prod-5-FAILED';

const TIMED_OUT = { kind: 'transient', error: 'TimeoutError', ambiguous: true } as const;

/** What is stored of the rollout after these events, each in a batch of its own; but for the watch, which is by our clock. */
const storedAfter = async (texts: readonly string[]) => {
  const rig = aRig();
  for (const text of texts) {
    await createNotify(rig)([{ id: 'm', text }]);
  }
  const { watch, ...stored } = rolloutItem.parse(rig.items().find(({ key }) => key.sk === 'STATE')?.body);
  return stored;
};

const ordersOf = <Item>(items: readonly Item[]): readonly (readonly Item[])[] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, at) =>
        ordersOf(items.filter((_other, place) => place !== at)).map((rest) => [item, ...rest]),
      );

describe('events that come again and in any order', () => {
  it('are one rollout, one message and one publication, however many copies there are (F1)', async () => {
    const { world, send, rest, done, published, outcomes } = aScenario();
    send(0, ...Array<string>(5).fill(FAILED));
    send(10 * MINUTE, FAILED, FAILED);
    expect(await rest()).toBe(true);
    expect(outcomes().sort()).toEqual(['applied', ...Array<string>(6).fill('duplicate')]);
    expect(world.items().find(({ key }) => key.sk === 'STATE')?.rev).toBe(1);
    expect([done('chat.postMessage'), done('chat.update')]).toEqual([1, 0]);
    expect(published('releases')).toHaveLength(1);
  });

  it('leave the same rollout in whatever order they come (F2)', async () => {
    const folder = join(ROOT, 'events/runs/failure-and-retry');
    const files = (await readdir(folder)).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const expected = await storedAfter(texts);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(texts, { minLength: texts.length }), async (inDisorder) => {
        expect(await storedAfter(inDisorder)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('show one message that has ended, though the start comes last (F3)', async () => {
    const { world, send, rest, texts, done } = aScenario();
    send(0, SUCCEEDED);
    send(MINUTE, STARTED);
    expect(await rest()).toBe(true);
    expect(done('chat.postMessage')).toBe(1);
    expect(texts()).toEqual(['shop-prod succeeded after 5 min']);
    const { rollout } = rolloutItem.parse(world.items().find(({ key }) => key.sk === 'STATE')?.body);
    expect(rollout.registers['rollout']).toMatchObject({ state: 'succeeded', startedAt: TEN_O_CLOCK });
  });

  it('are under way again after a retry, in every order and within one second (F5)', async () => {
    for (const minutes of [
      [0, 5, 6],
      [0, 0, 0],
    ] as const) {
      const [begin, end, again] = minutes;
      const events = [anEvent(begin, 'STARTED'), anEvent(end, 'FAILED'), anEvent(again, 'RESUMED', { attempt: 2 })];
      const stored = await Promise.all(ordersOf(events).map(storedAfter));
      expect(stored.map(({ rollout }) => rollout.registers['rollout']?.state)).toEqual(Array(6).fill('in-progress'));
    }
  });
});

describe('notify, ended in between', () => {
  it('loses no message between the rollout and what is wanted of it (F7)', async () => {
    const { send, rest, texts, outcomes } = aScenario({
      fault: ending(nth(2, isCall('notify', 'PutItem')), 'before'),
    });
    send(0, FAILED);
    expect(await rest()).toBe(true);
    expect(outcomes()).toEqual(['applied']);
    expect(texts()).toEqual(['shop-prod failed']);
  });

  it('loses no message between what is wanted and its wake-up: the sweep comes within two minutes (F8)', async () => {
    const postedAt: number[] = [];
    const { kernel, send, rest, texts } = aScenario({
      fault: ending(nth(1, isCall('notify', 'SendMessageBatch')), 'before'),
      onSlackDeed: () => postedAt.push(kernel.clock.now() - TEN_O_CLOCK),
    });
    send(0, FAILED);
    expect(await rest()).toBe(true);
    expect(texts()).toEqual(['shop-prod failed']);
    expect(postedAt[0]).toBeLessThanOrEqual(2 * MINUTE + SECOND);
  });

  it('publishes once more, under the same ids, between SNS and its own record (F9)', async () => {
    const { world, send, rest } = aScenario({ fault: ending(nth(3, isCall('notify', 'PutItem')), 'before') });
    send(0, STARTED);
    expect(await rest()).toBe(true);
    expect(world.publications().map(({ topic, attributes, document }) => [topic, attributes, document.factId])).toEqual(
      Array(2).fill(['audit', world.publications()[0]?.attributes, world.publications()[0]?.document.factId]),
    );
  });

  it('in the middle of a batch repeats nothing of what was recorded (F19)', async () => {
    const { send, rest, texts, published } = aScenario({
      fault: ending(nth(3, isCall('notify', 'Publish')), 'before'),
    });
    const events = [STARTED, anEvent(1, 'STOPPING'), anEvent(2, 'STOPPED'), anEvent(3, 'RESUMED', { attempt: 2 })];
    send(0, ...events, anEvent(4, 'FAILED', { attempt: 2 }));
    expect(await rest()).toBe(true);
    expect(published('audit')).toEqual([
      'shop-prod-0-STARTED',
      'shop-prod-1-STOPPING',
      'shop-prod-2-STOPPED',
      'shop-prod-3-RESUMED',
      'shop-prod-4-FAILED',
    ]);
    expect(texts()).toEqual(['shop-prod failed after 4 min']);
  });
});

describe('AWS in trouble', () => {
  const isTable = ({ service }: Call): boolean => service === 'dynamodb';

  it('that throttles the table for a while fails single events, and in the end nothing is missing (F10)', async () => {
    const chance = createChance(7);
    const { send, rest, texts, published } = aScenario({
      fault: throttling((call, now) => isTable(call) && now < TEN_O_CLOCK + 10 * MINUTE && chance.happens(0.2)),
    });
    const pipelines = Array.from({ length: 20 }, (_, index) => `shop-${index}`);
    send(
      0,
      ...pipelines.flatMap((pipeline) => [anEvent(0, 'STARTED', { pipeline }), anEvent(5, 'FAILED', { pipeline })]),
    );
    expect(await rest()).toBe(true);
    expect(texts().sort()).toEqual(pipelines.map((pipeline) => `${pipeline} failed after 5 min`).sort());
    expect(new Set(published('releases')).size).toBe(20);
  });

  it.each([1, 2, 3, 4])(
    'that loses the answer to the write number %i sees it when it is asked again (F11)',
    async (n) => {
      const writes = new Map<number, number>();
      const { world, send, rest, texts, done, published, outcomes } = aScenario({
        fault: (calm) => ({
          aws: async (call, effect) => {
            const before = writes.get(call.by.number) ?? 0;
            const isWrite = call.operation === 'PutItem';
            writes.set(call.by.number, before + (isWrite ? 1 : 0));
            if (isWrite && before + 1 === n) {
              // The SDK asks again.
              await calm.aws(call, effect);
            }
            return calm.aws(call, effect);
          },
        }),
      });
      send(0, STARTED);
      send(5 * MINUTE, FAILED);
      expect(await rest()).toBe(true);
      expect(outcomes()).toEqual(['applied', 'applied']);
      expect(world.items().find(({ key }) => key.sk === 'STATE')?.rev).toBe(2);
      expect([texts(), done('chat.postMessage'), done('chat.update')]).toEqual([
        ['shop-prod failed after 5 min'],
        1,
        1,
      ]);
      expect(published('audit')).toHaveLength(2);
    },
  );

  it('without a table for ten minutes has events wait, and gives none of them up (F12)', async () => {
    const outage = TEN_O_CLOCK + 10 * MINUTE;
    const { kernel, world, send, rest, texts } = aScenario({
      fault: throttling((call, now) => isTable(call) && now < outage, 'InternalServerError'),
    });
    send(0, STARTED, FAILED);
    expect(await rest()).toBe(true);
    expect(texts()).toEqual(['shop-prod failed after 5 min']);
    expect(world.deadLetters()).toEqual([]);
    expect(kernel.clock.now() - outage).toBeLessThanOrEqual(DEPLOYED.notify.visibilityMs + 2 * MINUTE);
  });

  it('that throttles a topic is asked again for that topic alone (F14)', async () => {
    let left = 3;
    const { send, rest, published } = aScenario({
      // Two topics are to hear of it: of each pair of calls the second one fails.
      fault: (calm) => {
        let calls = 0;
        return {
          aws: (call, effect) => {
            if (call.operation !== 'Publish') {
              return calm.aws(call, effect);
            }
            calls += 1;
            const fails = calls >= 2 && left > 0;
            left -= fails ? 1 : 0;
            return fails ? Promise.reject(new Error('ThrottledException')) : calm.aws(call, effect);
          },
        };
      },
    });
    send(0, FAILED);
    expect(await rest()).toBe(true);
    expect([published('releases'), published('audit'), left]).toEqual([[FAILED_ID], [FAILED_ID], 0]);
  });

  it('that loses wake-ups costs a minute or two: the sweep sends others (F36)', async () => {
    let lost = 0;
    const { send, rest, texts } = aScenario({
      losesWakeUp: () => {
        lost += 1;
        return lost <= 2;
      },
    });
    send(0, FAILED);
    expect(await rest(6)).toBe(true);
    expect(texts()).toEqual(['shop-prod failed']);
  });

  it('that loses the last event is asked, and the message has ended within a quarter of an hour (F39)', async () => {
    const { kernel, world, send, rest, texts, published } = aScenario({
      ask: (rollouts) => rollouts.map(() => ({ kind: 'told', events: [FAILED] })),
    });
    send(0, STARTED);
    await rest();
    await kernel.run(() => world.accounts().length === 2 && world.isAtRest(), TEN_O_CLOCK + 22 * MINUTE);
    expect([texts(), published('releases')]).toEqual([['shop-prod failed after 5 min'], [FAILED_ID]]);
  });
});

describe('Slack in trouble', () => {
  const isPost = isCall('deliver', 'chat.postMessage');

  it('over a post in the middle of which the function ends leaves one message, or two where nobody may look (F20)', async () => {
    for (const [historyScope, most] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const { send, rest, texts } = aScenario({ historyScope, fault: ending(nth(1, isPost), 'after') });
      send(0, STARTED);
      send(MINUTE, FAILED);
      expect(await rest()).toBe(true);
      expect(texts().length).toBeLessThanOrEqual(most);
      expect(texts().at(-1)).toBe('shop-prod failed after 5 min');
    }
  });

  it('that took a post and did not answer has one message (F21)', async () => {
    const first = nth(1, isPost);
    const { send, rest, texts, done } = aScenario({
      fault: (calm) => ({
        slack: async (call, effect) => {
          const isLost = first(call);
          const reply = await calm.slack(call, effect);
          return isLost ? { ok: false, failure: TIMED_OUT } : reply;
        },
      }),
    });
    send(0, STARTED);
    expect(await rest()).toBe(true);
    expect([texts(), done('chat.postMessage')]).toEqual([['shop-prod is in progress'], 1]);
  });

  it('that neither took a post nor answered is asked for it, and then gets it once (F22)', async () => {
    const first = nth(1, isPost);
    const { send, rest, texts, done } = aScenario({
      fault: (calm) => ({
        slack: (call, effect) =>
          first(call) ? Promise.resolve({ ok: false, failure: TIMED_OUT }) : calm.slack(call, effect),
      }),
    });
    send(0, STARTED);
    expect(await rest()).toBe(true);
    expect([texts(), done('chat.postMessage'), done('conversations.history')]).toEqual([
      ['shop-prod is in progress'],
      1,
      1,
    ]);
  });

  it.each([1, 30, 600])(
    'that asks for %i seconds of rest gets them from all channels, for that method (F23)',
    async (seconds) => {
      let pausedAt = 0;
      const first = nth(2, isPost);
      const calls: { readonly operation: string; readonly afterMs: number }[] = [];
      const { world, send, rest, texts } = aScenario({
        fault: (calm, { now }) => ({
          slack: (call, effect) => {
            if (first(call)) {
              pausedAt = now();
              return Promise.resolve({ ok: false, failure: rateLimited(seconds) });
            }
            calls.push({ operation: call.operation, afterMs: pausedAt === 0 ? -1 : now() - pausedAt });
            return calm.slack(call, effect);
          },
        }),
      });
      send(0, STARTED);
      send(10 * SECOND, anEvent(0, 'STARTED', { pipeline: 'docs-prod' }));
      send(10 * SECOND + 200, anEvent(0, 'STARTED', { pipeline: 'shop-test' }), FAILED);
      expect(await rest()).toBe(true);
      const early = calls.filter(({ afterMs }) => afterMs >= 0 && afterMs < seconds * SECOND);
      expect(early.filter(({ operation }) => operation === 'chat.postMessage')).toEqual([]);
      expect(calls.some(({ operation }) => operation === 'chat.update')).toBe(true);
      expect(texts().sort()).toEqual([
        'docs-prod is in progress',
        'shop-prod failed after 5 min',
        'shop-test is in progress',
      ]);
      const deliveries = world.items().filter(({ key }) => key.sk.startsWith('SLACK#'));
      expect(deliveries.map(({ body }) => body)).toEqual(Array(3).fill(expect.objectContaining({ failures: 0 })));
    },
  );

  it.each([4, 96])(
    'that is away for %i hours is asked now and then, and loses nothing (F32)',
    { timeout: 60_000 },
    async (hours) => {
      const backAt = TEN_O_CLOCK + hours * HOUR;
      const asked: string[] = [];
      const { kernel, world, send, rest, texts, published } = aScenario({
        fault: (calm, { now }) => ({
          slack: (call, effect) => {
            if (now() >= backAt) {
              return calm.slack(call, effect);
            }
            asked.push(call.operation);
            return Promise.resolve({ ok: false, failure: failureOfStatus(503) });
          },
        }),
      });
      const pipelines = ['shop-a', 'shop-b', 'docs-a'];
      for (const pipeline of pipelines) {
        send(0, anEvent(0, 'STARTED', { pipeline }));
        send(5 * MINUTE, anEvent(5, 'FAILED', { pipeline }));
      }
      await kernel.run(() => world.publications().length === 9, TEN_O_CLOCK + 6 * MINUTE);
      expect(published('releases')).toHaveLength(3);
      expect(await rest((hours + 1) * 60)).toBe(true);
      expect(texts().sort()).toEqual(pipelines.map((pipeline) => `${pipeline} failed after 5 min`).sort());
      // Half of five minutes on the average, and up to a minute until the sweep comes by.
      expect(asked.length / pipelines.length / hours).toBeLessThan(30);
      // What certainly was not posted need not be looked for.
      expect(new Set(asked)).toEqual(new Set(['chat.postMessage']));
      expect(world.deadLetters()).toEqual([]);
    },
  );

  it('that fails half of the time for an hour has each message once in the end (F33)', async () => {
    const chance = createChance(3);
    const { send, rest, texts } = aScenario({
      fault: (calm, { now }) => ({
        slack: async (call, effect) => {
          if (now() > TEN_O_CLOCK + HOUR || chance.happens(0.5)) {
            return calm.slack(call, effect);
          }
          if (chance.happens(0.5)) {
            return { ok: false, failure: failureOfStatus(503) };
          }
          await calm.slack(call, effect);
          return { ok: false, failure: TIMED_OUT };
        },
      }),
    });
    const pipelines = Array.from({ length: 20 }, (_, index) => `shop-${index}`);
    for (const [index, pipeline] of pipelines.entries()) {
      send(2 * index * MINUTE, anEvent(0, 'STARTED', { pipeline }));
      send((2 * index + 10) * MINUTE, anEvent(5, 'FAILED', { pipeline }));
    }
    expect(await rest(180)).toBe(true);
    expect(texts().sort()).toEqual(pipelines.map((pipeline) => `${pipeline} failed after 5 min`).sort());
  });

  it('that is slow while a wake-up is handed out twice gets one post (F35)', async () => {
    const posts: Call[] = [];
    const { send, rest, texts } = aScenario({
      visibilityMs: (name) => (name === 'deliver' ? SECOND : DEPLOYED[name].visibilityMs),
      fault: (calm, { sleep }) => ({
        slack: async (call, effect) => {
          posts.push(...(isPost(call) ? [call] : []));
          await sleep(3 * SECOND);
          return calm.slack(call, effect);
        },
      }),
    });
    send(0, STARTED);
    expect(await rest()).toBe(true);
    expect(texts()).toEqual(['shop-prod is in progress']);
    expect(posts).toHaveLength(1);
  });
});

describe('clocks that differ', () => {
  it('change nothing of a rollout: what is newer the events say (F38)', async () => {
    const rig = aRig();
    const { now } = rig.clock;
    const skews = [0, 5 * MINUTE, -5 * MINUTE];
    const texts = [SUCCEEDED, STARTED, anEvent(2, 'STOPPING')];
    for (const [index, text] of texts.entries()) {
      const clock = { now: () => now() + (skews[index] ?? 0) };
      await createNotify({ ...rig, clock })([{ id: 'm', text }]);
    }
    const { rollout } = rolloutItem.parse(rig.items().find(({ key }) => key.sk === 'STATE')?.body);
    expect(rollout.registers['rollout']).toMatchObject({ state: 'succeeded', startedAt: TEN_O_CLOCK });
  });

  it.each([5 * MINUTE, -5 * MINUTE])(
    'by %i ms leave one message of a post that nobody knows of (F38)',
    async (skew) => {
      const rig = aRig();
      const held = createVirtualSlack({ channels: ['C1'], historyScope: true, now: rig.clock.now });
      const slack: Slack = {
        post: (...call) => Promise.resolve(held.post(...call)),
        update: (...call) => Promise.resolve(held.update(...call)),
        remove: (...call) => Promise.resolve(held.remove(...call)),
        find: (...call) => Promise.resolve(held.find(...call)),
      };
      await createNotify(rig)([{ id: 'm', text: STARTED }]);
      const [wake = { pk: '', channel: '' }] = rig.wakeUps;
      const deliverBy = (clock: Clock, through: Slack) =>
        createDeliver({ ...rig, clock, slack: through, newId: () => 'key' })(wake);
      const skewed = { ...rig.clock, now: () => rig.clock.now() + skew };
      const unanswered = (...call: Parameters<Slack['post']>) => {
        held.post(...call);
        return Promise.resolve({ ok: false as const, failure: TIMED_OUT });
      };
      await deliverBy(skewed, { ...slack, post: unanswered });
      for (let minute = 0; minute < 10; minute += 1) {
        await rig.clock.sleep(MINUTE);
        await deliverBy(rig.clock, slack);
      }
      expect(held.messages().map(({ text, deleted }) => [text, deleted])).toEqual([
        ['shop-prod (production) is in progress', false],
      ]);
    },
  );
});

describe('a redrive', () => {
  it('of all that was handled changes and publishes nothing (F62)', { timeout: 60_000 }, async () => {
    const { world, send, rest, done, outcomes } = aScenario();
    const pipelines = Array.from({ length: 400 }, (_, index) => `shop-${index}`);
    const events = pipelines.flatMap((pipeline) => [
      anEvent(0, 'STARTED', { pipeline }),
      anEvent(1, 'STOPPING', { pipeline }),
      anEvent(2, 'STOPPED', { pipeline }),
      anEvent(3, 'RESUMED', { pipeline, attempt: 2 }),
      anEvent(4, 'SUCCEEDED', { pipeline, attempt: 2 }),
    ]);
    send(0, ...events);
    expect(await rest(120)).toBe(true);
    const stored = () => world.items().map(({ key, rev, body }) => ({ key, rev, body }));
    const before = { stored: stored(), published: world.publications().length, posts: done('chat.postMessage') };
    const [published, edits] = [before.published, done('chat.update')];
    send(4 * HOUR, ...createChance(1).shuffled(events));
    expect(await rest(360)).toBe(true);
    expect(new Set(outcomes().slice(events.length))).toEqual(new Set(['duplicate']));
    expect(stored()).toEqual(before.stored);
    expect([world.publications().length, done('chat.postMessage'), done('chat.update')]).toEqual([
      published,
      before.posts,
      edits,
    ]);
  });
});
