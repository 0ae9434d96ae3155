import { describe, expect, it } from 'vitest';
import { createDeliver } from '../../../functions/deliver/deliver.ts';
import type { Slack } from '../../../functions/deliver/deliver.ts';
import { createNotify } from '../../../functions/notify/notify.ts';
import { createVirtualSlack } from '../../../local/virtual/virtual-slack.ts';
import { deliveryItem, LEASE_MS, POST_WITHIN_MS, SETTLE_MS } from '../../../shared/delivery/delivery.ts';
import type { SlackFailure } from '../../../shared/delivery/slack-reply.ts';
import { aPipelineEvent } from '../../support/events.ts';
import { aRig } from '../../support/rig.ts';

const LOST_ANSWER: SlackFailure = { kind: 'transient', error: 'TimeoutError', ambiguous: true };
const RATE_LIMITED: SlackFailure = { kind: 'rate-limited', retryAfterMs: 30_000 };

/** A rollout that was posted, and told of a second event; `around` gets between `deliver` and Slack. */
const aStory = async (around: (slack: Slack) => Partial<Slack>) => {
  const rig = aRig();
  const held = createVirtualSlack({ channels: ['C1'], historyScope: true, now: rig.clock.now });
  const plain: Slack = {
    post: (...call) => Promise.resolve(held.post(...call)),
    update: (...call) => Promise.resolve(held.update(...call)),
    remove: (...call) => Promise.resolve(held.remove(...call)),
    find: (...call) => Promise.resolve(held.find(...call)),
  };
  let ids = 0;
  const newId = () => `id-${(ids += 1)}`;
  const tell = (minute: number, state: string) =>
    createNotify(rig)([
      { id: 'm', text: aPipelineEvent({ id: `event-${minute}`, time: `2026-11-20T10:0${minute}:00Z` }, { state }) },
    ]);
  await tell(0, 'STARTED');
  const [wake] = rig.wakeUps.splice(0);
  if (wake === undefined) {
    throw new Error('notify sent no wake-up');
  }
  const undisturbed = createDeliver({ ...rig, slack: plain, newId });
  return {
    ...rig,
    tell,
    wake,
    undisturbed,
    deliver: createDeliver({ ...rig, slack: { ...plain, ...around(plain) }, newId }),
    delivery: () => deliveryItem.parse(rig.items().find(({ key }) => key.sk === 'SLACK#C1')?.body),
    texts: () =>
      held
        .messages()
        .filter(({ deleted }) => !deleted)
        .map(({ text }) => text),
    results: () => held.calls().map(({ method, result }) => `${method} ${result}`),
  };
};

describe('deliver, in doubt', () => {
  it('keeps the message that it found, though the edit of it fails', async () => {
    const story = await aStory((slack) => ({
      post: async (...call) => {
        await slack.post(...call);
        return { ok: false, failure: LOST_ANSWER };
      },
      update: () => Promise.resolve({ ok: false, failure: RATE_LIMITED }),
    }));
    await story.deliver(story.wake);
    await story.clock.sleep(60_000);
    await story.deliver(story.wake);
    expect(story.delivery().ts).toMatch(/^\d+\.\d+$/);
    await story.clock.sleep(60_000);
    await expect(story.undisturbed(story.wake)).resolves.toBe('updated');
    expect(story.results()).toEqual(['chat.postMessage ok', 'conversations.history ok', 'chat.update ok']);
  });

  it('deletes its post too many, at last', async () => {
    let posts = 0;
    const story = await aStory((slack) => ({
      post: async (...call) => {
        posts += 1;
        if (posts === 1) {
          // Stands still on the way to Slack while another owner takes over and posts.
          await story.clock.sleep(LEASE_MS);
          await story.undisturbed(story.wake);
        }
        return slack.post(...call);
      },
      remove: () => Promise.resolve({ ok: false, failure: RATE_LIMITED }),
    }));
    await expect(story.deliver(story.wake)).resolves.toBe('lost');
    expect(story.texts()).toHaveLength(2);
    expect(story.delivery()).toMatchObject({ want: 1, done: 1, extra: ['1795169461.000002'] });
    expect(story.delivery().dueAt).toBeGreaterThan(story.clock.now());
    await expect(story.undisturbed(story.wake)).resolves.toBe('unchanged');
    expect(story.texts()).toHaveLength(1);
    expect(story.delivery()).not.toHaveProperty('extra');
    expect(story.delivery()).not.toHaveProperty('dueAt');
  });

  it('has an edit of unknown outcome done again when it lost its fence over it', async () => {
    const story = await aStory((slack) => ({
      update: async (...call) => {
        await story.clock.sleep(LEASE_MS);
        await story.tell(2, 'SUCCEEDED');
        await story.undisturbed(story.wake);
        await slack.update(...call);
        return { ok: false, failure: LOST_ANSWER };
      },
    }));
    await story.undisturbed(story.wake);
    await story.tell(1, 'STOPPING');
    await story.deliver(story.wake);
    expect(story.texts()).toEqual(['shop-prod (production) is stopping']);
    expect(story.delivery()).toMatchObject({ done: 0 });
    await story.clock.sleep(60_000);
    await expect(story.undisturbed(story.wake)).resolves.toBe('updated');
    expect(story.texts()).toEqual(['shop-prod (production) succeeded after 2 min']);
  });

  it('gives an edit of unknown outcome the time to take effect before the next', async () => {
    const story = await aStory(() => ({ update: () => Promise.resolve({ ok: false, failure: LOST_ANSWER }) }));
    await story.undisturbed(story.wake);
    await story.tell(1, 'SUCCEEDED');
    const before = story.clock.now();
    await story.deliver(story.wake);
    expect(story.delivery().retryAt).toBeGreaterThanOrEqual(before + SETTLE_MS);
  });

  it('does not ask Slack once its lease is over', async () => {
    const story = await aStory(() => ({}));
    await story.undisturbed(story.wake);
    await story.tell(1, 'SUCCEEDED');
    const standingStill = createDeliver({
      ...story,
      newId: () => 'none',
      slack: {
        post: () => Promise.reject(new Error('posted after its lease')),
        update: () => Promise.reject(new Error('edited after its lease')),
        remove: () => Promise.reject(new Error('not asked for')),
        find: () => Promise.reject(new Error('not asked for')),
      },
      changeItem: async (key, ...rest) => {
        if (key.sk === 'STATE') {
          await story.clock.sleep(LEASE_MS);
        }
        return story.changeItem(key, ...rest);
      },
    });
    await expect(standingStill(story.wake)).resolves.toBe('lost');
    await expect(story.undisturbed(story.wake)).resolves.toBe('updated');
  });

  it('does not post any more when whoever comes next may have looked for the post already', async () => {
    const story = await aStory(() => ({}));
    const stoodStill = createDeliver({
      ...story,
      newId: () => 'key-1',
      slack: {
        post: () => Promise.reject(new Error('posted after somebody looked for it')),
        update: () => Promise.reject(new Error('not asked for')),
        remove: () => Promise.reject(new Error('not asked for')),
        find: () => Promise.reject(new Error('not asked for')),
      },
      changeItem: async (...change) => {
        const changed = await story.changeItem(...change);
        if (changed.item !== undefined && JSON.stringify(changed.item.body).includes('key-1')) {
          await story.clock.sleep(POST_WITHIN_MS);
        }
        return changed;
      },
    });
    await expect(stoodStill(story.wake)).resolves.toBe('lost');
    await story.clock.sleep(SETTLE_MS);
    await expect(story.undisturbed(story.wake)).resolves.toBe('posted');
  });

  it('keeps to its lease by a clock that nobody sets', async () => {
    const story = await aStory(() => ({}));
    await story.undisturbed(story.wake);
    await story.tell(1, 'SUCCEEDED');
    let setBackMs = 0;
    const setBack = createDeliver({
      ...story,
      newId: () => 'none',
      clock: { ...story.clock, now: () => story.clock.now() - setBackMs },
      slack: {
        post: () => Promise.reject(new Error('posted after its lease')),
        update: () => Promise.reject(new Error('edited after its lease')),
        remove: () => Promise.reject(new Error('not asked for')),
        find: () => Promise.reject(new Error('not asked for')),
      },
      changeItem: async (key, ...rest) => {
        if (key.sk === 'STATE') {
          await story.clock.sleep(LEASE_MS);
          setBackMs = LEASE_MS;
        }
        return story.changeItem(key, ...rest);
      },
    });
    await expect(setBack(story.wake)).resolves.toBe('lost');
  });

  it('does not trust what an earlier owner left when it ended in the middle of an edit', async () => {
    const story = await aStory((slack) => ({
      update: async (...call) => {
        await slack.update(...call);
        throw new Error('crash');
      },
    }));
    await story.undisturbed(story.wake);
    await story.tell(1, 'STOPPING');
    await expect(story.deliver(story.wake)).rejects.toThrow('crash');
    await story.tell(2, 'STARTED');
    await story.clock.sleep(LEASE_MS);
    await expect(story.undisturbed(story.wake)).resolves.toBe('updated');
  });
});
