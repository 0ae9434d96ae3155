import { describe, expect, it } from 'vitest';
import { createDeliver } from '../../../functions/deliver/deliver.ts';
import type { PlainOrRich, Slack } from '../../../functions/deliver/deliver.ts';
import { createNotify } from '../../../functions/notify/notify.ts';
import { createSweep } from '../../../functions/sweep/sweep.ts';
import { deliveryItem, SETTLE_MS } from '../../../shared/delivery/delivery.ts';
import { failureOfWord } from '../../../shared/delivery/slack-reply.ts';
import type { SlackFailure, SlackReply } from '../../../shared/delivery/slack-reply.ts';
import type { ChangeItem } from '../../../shared/store/change-item.ts';
import { aPipelineEvent } from '../../support/events.ts';
import { aRig } from '../../support/rig.ts';

type Call = {
  readonly method: string;
  readonly channel: string;
  readonly ts?: string;
  readonly message?: PlainOrRich;
  readonly thread?: string;
};

const refusing = (failure: SlackFailure): SlackReply<never> => ({ ok: false, failure });

/** A Slack that does what it is told, or else answers what is given, one answer a call. */
const aSlack = (answers: readonly (SlackReply<never> | 'do it')[] = []) => {
  const calls: Call[] = [];
  const left = [...answers];
  const reply = <Value>(call: Call, value: Value): Promise<SlackReply<Value>> => {
    calls.push(call);
    const answer = left.shift() ?? 'do it';
    return Promise.resolve(answer === 'do it' ? { ok: true, value } : answer);
  };
  const slack: Slack = {
    post: (channel, message, _key, thread) =>
      reply({ method: 'post', channel, message, ...(thread && { thread }) }, { ts: `${calls.length + 1}.0` }),
    update: (channel, ts, message) => reply({ method: 'update', channel, ts, message }, { ts }),
    remove: (channel, ts) => reply({ method: 'remove', channel, ts }, undefined),
    find: (channel, _key, _since, thread) =>
      reply({ method: 'find', channel, ...(thread && { thread }) }, { ts: undefined }),
  };
  return { slack, calls, methods: () => calls.map(({ method }) => method) };
};

/** A rollout of which one event was taken in, and a `deliver` that talks to the given Slack. */
const aTurn = async (answers: readonly (SlackReply<never> | 'do it')[] = []) => {
  const rig = aRig();
  const { slack, calls, methods } = aSlack(answers);
  let ids = 0;
  const deps = { ...rig, slack, newId: () => `id-${(ids += 1)}` };
  const notify = createNotify(rig);
  const tell = (id: string, minute: number, state: string) =>
    notify([{ id, text: aPipelineEvent({ id, time: `2026-11-20T10:0${minute}:00Z` }, { state }) }]);
  await tell('event-1', 0, 'STARTED');
  const [wake] = rig.wakeUps.splice(0);
  if (wake === undefined) {
    throw new Error('notify sent no wake-up');
  }
  const delivery = () => deliveryItem.parse(rig.items().find(({ key }) => key.sk === 'SLACK#C1')?.body);
  return {
    ...rig,
    deps,
    deliver: createDeliver(deps),
    sweep: createSweep({ ...rig, reconcile: () => Promise.resolve({ asked: 0, news: 0 }) }),
    wake,
    delivery,
    tell,
    calls,
    methods,
  };
};

describe('deliver', () => {
  it('posts a rollout once, and then edits that message', async () => {
    const turn = await aTurn();
    await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
    await turn.tell('event-2', 5, 'SUCCEEDED');
    await expect(turn.deliver(turn.wake)).resolves.toBe('updated');
    expect(turn.calls.map(({ method, ts }) => [method, ts])).toEqual([
      ['post', undefined],
      ['update', '1.0'],
    ]);
    expect(turn.calls[1]?.message?.text).toBe('shop-prod (production) succeeded after 5 min');
    const { want, done, dueAt } = turn.delivery();
    expect({ want, done, dueAt }).toEqual({ want: 2, done: 2, dueAt: undefined });
  });

  it('has nothing to do after a wake-up too many (F37)', async () => {
    const turn = await aTurn();
    await turn.deliver(turn.wake);
    await expect(turn.deliver(turn.wake)).resolves.toBe('nothing-to-do');
    await expect(turn.deliver({ pk: 'X#nobody', channel: 'C1' })).resolves.toBe('nothing-to-do');
    expect(turn.methods()).toEqual(['post']);
  });

  it('waits out the second of the channel', async () => {
    const turn = await aTurn();
    const before = turn.clock.now();
    await turn.deliver(turn.wake);
    expect(turn.clock.now() - before).toBe(1_000);
  });

  it('does not send what is shown already', async () => {
    const turn = await aTurn();
    await turn.deliver(turn.wake);
    const sameAgain = aPipelineEvent({ id: 'event-0', time: '2026-11-20T10:00:00Z' }, { version: 8 });
    await createNotify(turn)([{ id: 'm', text: sameAgain }]);
    const newer = aPipelineEvent({ id: 'event-9', time: '2026-11-20T10:00:00Z' });
    await createNotify(turn)([{ id: 'm', text: newer }]);
    await expect(turn.deliver(turn.wake)).resolves.toBe('unchanged');
    expect(turn.methods()).toEqual(['post']);
  });

  it('goes to the end of the line when more was wanted while it called', async () => {
    const turn = await aTurn();
    const deliver = createDeliver({
      ...turn.deps,
      slack: {
        ...turn.deps.slack,
        post: async (...call) => {
          await turn.tell('event-2', 5, 'SUCCEEDED');
          return turn.deps.slack.post(...call);
        },
      },
    });
    await deliver(turn.wake);
    expect(turn.wakeUps).toEqual([turn.wake]);
    await turn.deliver(turn.wake);
    expect(turn.methods()).toEqual(['post', 'update']);
  });

  it('keeps quiet for as long as Slack asks, and does not count that as a failure (F23)', async () => {
    const turn = await aTurn([refusing({ kind: 'rate-limited', retryAfterMs: 30_000 })]);
    await expect(turn.deliver(turn.wake)).resolves.toBe('postponed');
    expect(turn.delivery()).toMatchObject({ failures: 0, retryAt: turn.delivery().dueAt });
    await expect(turn.deliver(turn.wake)).resolves.toBe('nothing-to-do');
    await turn.clock.sleep(30_000);
    await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
    expect(turn.methods()).toEqual(['post', 'post']);
  });

  it('holds the method back for the whole workspace, waiting out what is short (F23)', async () => {
    const turn = await aTurn([refusing({ kind: 'rate-limited', retryAfterMs: 9_000 })]);
    await turn.deliver(turn.wake);
    await turn.clock.sleep(5_000);
    const other = aPipelineEvent({ id: 'event-7' }, { pipeline: 'docs-prod' });
    await createNotify(turn)([{ id: 'm', text: other }]);
    const [wake] = turn.wakeUps.splice(0);
    const before = turn.clock.now();
    await expect(turn.deliver(wake ?? turn.wake)).resolves.toBe('posted');
    // Three seconds were left of the pause, and then its own second.
    expect(turn.clock.now() - before).toBe(4_000);
  });

  it('comes back by itself after a pause that is short', async () => {
    const turn = await aTurn([refusing({ kind: 'rate-limited', retryAfterMs: 2_000 })]);
    const before = turn.clock.now();
    await turn.deliver(turn.wake);
    expect(turn.wakeUps).toEqual([turn.wake]);
    expect(turn.clock.now() - before).toBeGreaterThanOrEqual(2_000);
    await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
  });

  it('tries again after a failure that passes, later each time, without looking for a post that was not made', async () => {
    const turn = await aTurn([
      refusing({ kind: 'transient', error: 'HTTP 503', ambiguous: false }),
      refusing({ kind: 'transient', error: 'HTTP 503', ambiguous: false }),
    ]);
    const waits: number[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      await turn.deliver(turn.wake);
      waits.push((turn.delivery().retryAt ?? turn.clock.now()) - turn.clock.now());
      await turn.clock.sleep(60_000);
    }
    // Half of five, then of ten seconds, less the channel's second.
    expect(waits).toEqual([1_500, 4_000, 0]);
    expect(turn.methods()).toEqual(['post', 'post', 'post']);
    expect(turn.delivery()).toMatchObject({ done: 1, failures: 0 });
  });

  it('looks for a post of unknown outcome before it posts again, once the time to appear is over (F22)', async () => {
    const turn = await aTurn([refusing({ kind: 'transient', error: 'TimeoutError', ambiguous: true })]);
    await turn.deliver(turn.wake);
    await expect(turn.deliver(turn.wake)).resolves.toBe('nothing-to-do');
    await turn.clock.sleep(SETTLE_MS);
    await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
    expect(turn.methods()).toEqual(['post', 'find', 'post']);
  });

  it('takes the post that it finds for the message, and edits it (F21)', async () => {
    const turn = await aTurn([refusing({ kind: 'transient', error: 'TimeoutError', ambiguous: true })]);
    await turn.deliver(turn.wake);
    await turn.clock.sleep(SETTLE_MS);
    const deliver = createDeliver({
      ...turn.deps,
      slack: { ...turn.deps.slack, find: () => Promise.resolve({ ok: true, value: { ts: '7.7' } }) },
    });
    await expect(deliver(turn.wake)).resolves.toBe('updated');
    expect(turn.calls.at(-1)).toMatchObject({ method: 'update', ts: '7.7' });
    expect(turn.delivery()).toMatchObject({ ts: '7.7', done: 1 });
  });

  it('posts again without knowing where it may not look, and says so', async () => {
    const turn = await aTurn([
      refusing({ kind: 'transient', error: 'TimeoutError', ambiguous: true }),
      refusing({ kind: 'unauthorized', error: 'missing_scope' }),
    ]);
    await turn.deliver(turn.wake);
    await turn.clock.sleep(SETTLE_MS);
    await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
    expect(turn.methods()).toEqual(['post', 'find', 'post']);
    expect(turn.logged.filter(({ level }) => level === 'warn').map(({ message }) => message)).toContain(
      'posted again without knowing',
    );
  });

  it('does not post while the search for its earlier post fails', async () => {
    const turn = await aTurn([
      refusing({ kind: 'transient', error: 'TimeoutError', ambiguous: true }),
      refusing({ kind: 'transient', error: 'HTTP 503', ambiguous: false }),
      refusing({ kind: 'rate-limited', retryAfterMs: 1_000 }),
    ]);
    for (let tries = 0; tries < 4; tries += 1) {
      await turn.deliver(turn.wake);
      await turn.clock.sleep(60_000);
    }
    expect(turn.methods()).toEqual(['post', 'find', 'find', 'find', 'post']);
  });

  it.each(['invalid_blocks', 'msg_too_long', 'msg_blocks_too_long'])(
    'sends one message in plain text to a channel that answers %s (F29)',
    async (word) => {
      const turn = await aTurn([refusing(failureOfWord(word))]);
      await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
      await expect(turn.deliver(turn.wake)).resolves.toBe('nothing-to-do');
      expect(turn.calls.map(({ message }) => Object.keys(message ?? {}))).toEqual([['text', 'blocks'], ['text']]);
    },
  );

  it.each(['channel_not_found', 'is_archived', 'restricted_action'])(
    'gives up on a channel after %s, with an error that somebody hears of (F27)',
    async (word) => {
      const turn = await aTurn([refusing(failureOfWord(word))]);
      await expect(turn.deliver(turn.wake)).resolves.toBe('refused');
      await turn.tell('event-2', 5, 'FAILED');
      await turn.clock.sleep(24 * 60 * 60_000);
      await turn.sweep();
      expect(turn.wakeUps).toEqual([]);
      await expect(turn.deliver(turn.wake)).resolves.toBe('nothing-to-do');
      expect(turn.methods()).toEqual(['post']);
      expect(turn.delivery()).toMatchObject({ refused: 'for-good', error: word });
      expect(turn.logged.filter(({ level }) => level === 'error')).toMatchObject([
        { message: 'delivery refused', fields: { error: word, channel: 'C1' } },
      ]);
    },
  );

  it('leaves a message be that somebody has deleted (F30)', async () => {
    const turn = await aTurn(['do it', refusing(failureOfWord('message_not_found'))]);
    await turn.deliver(turn.wake);
    await turn.tell('event-2', 5, 'FAILED');
    await expect(turn.deliver(turn.wake)).resolves.toBe('refused');
    await turn.tell('event-3', 6, 'SUCCEEDED');
    turn.wakeUps.splice(0);
    for (let hour = 0; hour < 3; hour += 1) {
      await turn.clock.sleep(60 * 60_000);
      await turn.sweep();
    }
    expect(turn.wakeUps).toEqual([]);
    expect(turn.methods()).toEqual(['post', 'update']);
    expect(turn.delivery()).toMatchObject({ refused: 'for-good', error: 'message_not_found' });
  });

  describe('of a message that Slack has nobody edit any more', () => {
    /** A message that was posted, and then a failure that no edit could tell. */
    const aClosedMessage = async (word = 'edit_window_closed') => {
      const turn = await aTurn(['do it', refusing(failureOfWord(word))]);
      await turn.deliver(turn.wake);
      await turn.tell('event-2', 5, 'FAILED');
      turn.wakeUps.splice(0);
      await expect(turn.deliver(turn.wake)).resolves.toBe('unchanged');
      const deliverAll = async () => {
        for (const wake of turn.wakeUps.splice(0)) {
          await turn.deliver(wake);
        }
      };
      return { ...turn, deliverAll };
    };

    it.each(['edit_window_closed', 'cant_update_message'])(
      'says in its thread, once, what is new after %s (F31)',
      async (word) => {
        const turn = await aClosedMessage(word);
        expect(turn.wakeUps).toEqual([{ ...turn.wake, note: 'now failed 1' }]);
        await turn.deliverAll();
        await turn.deliver(turn.wake);
        expect(turn.calls.slice(2).map(({ method, thread, message }) => [method, thread, message?.text])).toEqual([
          ['post', '1.0', 'shop-prod (production) failed after 5 min'],
        ]);
        expect(turn.delivery()).toMatchObject({ want: 2, done: 2, uneditable: true, failures: 0 });
        expect(turn.delivery().dueAt).toBeUndefined();
        expect(turn.logged.filter(({ level }) => level !== 'info')).toMatchObject([
          { level: 'warn', message: 'message closed to edits', fields: { error: word } },
        ]);
      },
    );

    it('replies again when the rollout comes into another state, and asks for no edit any more (F31)', async () => {
      const turn = await aClosedMessage();
      await turn.deliverAll();
      const action = { stage: 'Deploy', action: 'Release', type: { category: 'Deploy' } };
      const told = [
        aPipelineEvent(
          { id: 'event-3', time: '2026-11-20T10:06:00Z', 'detail-type': 'CodePipeline Action Execution State Change' },
          { ...action, state: 'FAILED' },
        ),
        aPipelineEvent(
          { id: 'event-4', time: '2026-11-20T10:07:00Z' },
          { state: 'RESUMED', 'pipeline-execution-attempt': 2 },
        ),
        aPipelineEvent(
          { id: 'event-5', time: '2026-11-20T10:08:00Z' },
          { state: 'SUCCEEDED', 'pipeline-execution-attempt': 2 },
        ),
      ];
      for (const text of told) {
        await createNotify(turn)([{ id: 'm', text }]);
        await turn.deliverAll();
        await turn.deliverAll();
      }
      expect(turn.calls.slice(3).map(({ method, thread, message }) => [method, thread, message?.text])).toEqual([
        ['post', '1.0', 'shop-prod (production) is in progress'],
        ['post', '1.0', 'shop-prod (production) succeeded after 8 min'],
      ]);
    });

    it('asks for the reply again when it ended before that was recorded (F31)', async () => {
      const turn = await aTurn(['do it', refusing(failureOfWord('edit_window_closed'))]);
      await turn.deliver(turn.wake);
      await turn.tell('event-2', 5, 'FAILED');
      turn.wakeUps.splice(0);
      let writes = 0;
      const crashing: ChangeItem = (key, ...rest) => {
        writes += key.sk.startsWith('NOTE#') ? 1 : 0;
        return writes === 1 ? Promise.reject(new Error('crash')) : turn.changeItem(key, ...rest);
      };
      await expect(createDeliver({ ...turn.deps, changeItem: crashing })(turn.wake)).rejects.toThrow('crash');
      await turn.clock.sleep(2 * 60_000);
      await turn.sweep();
      for (const wake of turn.wakeUps.splice(0)) {
        await turn.deliver(wake);
      }
      expect(turn.wakeUps.splice(0)).toEqual([{ ...turn.wake, note: 'now failed 1' }]);
      expect(turn.methods()).toEqual(['post', 'update']);
    });
  });

  it('comes back to a channel with the next change after the bot was invited', async () => {
    const turn = await aTurn([refusing({ kind: 'refused', error: 'not_in_channel' })]);
    await turn.deliver(turn.wake);
    await turn.tell('event-2', 5, 'FAILED');
    expect(turn.wakeUps).toEqual([turn.wake]);
    await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
  });

  it('opens the circuit on a revoked token, alarms once, and closes it when the token is accepted again (F28)', async () => {
    const revoked = refusing({ kind: 'unauthorized', error: 'token_revoked' });
    const turn = await aTurn([revoked, revoked]);
    await expect(turn.deliver(turn.wake)).resolves.toBe('postponed');
    await createNotify(turn)([{ id: 'm', text: aPipelineEvent({ id: 'event-7' }, { pipeline: 'docs-prod' }) }]);
    const [other] = turn.wakeUps.splice(0);
    // Nobody else asks while it is open.
    await expect(turn.deliver(other ?? turn.wake)).resolves.toBe('postponed');
    expect(turn.methods()).toEqual(['post']);
    await turn.clock.sleep(60_000);
    await turn.deliver(turn.wake);
    await turn.clock.sleep(2 * 60_000);
    await expect(turn.deliver(turn.wake)).resolves.toBe('posted');
    await expect(turn.deliver(other ?? turn.wake)).resolves.toBe('posted');
    const said = turn.logged.map(({ message }) => message).filter((message) => message.startsWith('circuit'));
    expect(said).toEqual(['circuit opened: Slack does not accept the token', 'circuit closed']);
  });

  it('gives its message up when another owner has posted meanwhile (F34)', async () => {
    const turn = await aTurn();
    const slow = createDeliver({
      ...turn.deps,
      slack: {
        ...turn.deps.slack,
        post: async (...call) => {
          const reply = await turn.deps.slack.post(...call);
          // Frozen for a minute: somebody else takes over, looks, finds nothing and posts.
          await turn.clock.sleep(60_000);
          await turn.deliver(turn.wake);
          return reply;
        },
      },
    });
    await expect(slow(turn.wake)).resolves.toBe('lost');
    expect(turn.calls.map(({ method, ts }) => [method, ts])).toEqual([
      ['post', undefined],
      ['find', undefined],
      ['post', undefined],
      ['remove', '1.0'],
    ]);
    expect(turn.delivery()).toMatchObject({ ts: '3.0', done: 1 });
  });

  it('has what it shows checked when its edit came after another owner’s (F34)', async () => {
    const turn = await aTurn();
    await turn.deliver(turn.wake);
    await turn.tell('event-2', 5, 'FAILED');
    const slow = createDeliver({
      ...turn.deps,
      slack: {
        ...turn.deps.slack,
        update: async (...call) => {
          await turn.clock.sleep(60_000);
          await turn.tell('event-3', 6, 'SUCCEEDED');
          await turn.deliver(turn.wake);
          return turn.deps.slack.update(...call);
        },
      },
    });
    await expect(slow(turn.wake)).resolves.toBe('lost');
    expect(turn.calls.at(-1)?.message?.text).toContain('failed');
    await turn.clock.sleep(60_000);
    await expect(turn.sweep()).resolves.toEqual({ due: 1, failed: 0, gates: 0, runs: 0, asked: 0, news: 0 });
    await turn.deliver(turn.wake);
    expect(turn.calls.at(-1)?.message?.text).toContain('succeeded');
  });
});

describe('sweep', () => {
  it('wakes what is due, and leaves it to its wake-up for a while', async () => {
    const turn = await aTurn();
    await expect(turn.sweep()).resolves.toEqual({ due: 0, failed: 0, gates: 0, runs: 0, asked: 0, news: 0 });
    await turn.clock.sleep(60_000);
    await expect(turn.sweep()).resolves.toEqual({ due: 1, failed: 0, gates: 0, runs: 0, asked: 0, news: 0 });
    await expect(turn.sweep()).resolves.toEqual({ due: 0, failed: 0, gates: 0, runs: 0, asked: 0, news: 0 });
    expect(turn.wakeUps).toEqual([turn.wake]);
  });

  it('wakes the others although one cannot be read or woken', async () => {
    const turn = await aTurn();
    for (const name of ['docs-prod', 'mail-prod']) {
      await createNotify(turn)([{ id: name, text: aPipelineEvent({ id: name }, { pipeline: name }) }]);
    }
    turn.wakeUps.splice(0);
    await turn.clock.sleep(60_000);
    const broken = createSweep({
      ...turn,
      reconcile: () => Promise.resolve({ asked: 0, news: 0 }),
      changeItem: (key, ...rest) =>
        key.pk === turn.wake.pk ? Promise.reject(new Error('unreadable')) : turn.changeItem(key, ...rest),
    });
    await expect(broken()).resolves.toEqual({ due: 3, failed: 1, gates: 0, runs: 0, asked: 0, news: 0 });
    expect(turn.wakeUps).toHaveLength(3);
    expect(turn.logged.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'delivery not woken',
    ]);
  });

  it('does no harm twice at once and an hour late (F37)', async () => {
    const turn = await aTurn();
    await turn.clock.sleep(60 * 60_000);
    await Promise.all([turn.sweep(), turn.sweep()]);
    expect(turn.wakeUps).toEqual([turn.wake, turn.wake]);
    const delivered = [];
    for (const wake of [...turn.wakeUps, turn.wake]) {
      delivered.push(await turn.deliver(wake));
    }
    expect(delivered).toEqual(['posted', 'nothing-to-do', 'nothing-to-do']);
    expect(turn.methods()).toEqual(['post']);
  });

  it('leaves alone what is at rest', async () => {
    const turn = await aTurn();
    await turn.deliver(turn.wake);
    await turn.clock.sleep(24 * 60 * 60_000);
    await expect(turn.sweep()).resolves.toEqual({ due: 0, failed: 0, gates: 0, runs: 0, asked: 0, news: 0 });
  });
});

describe('deliver, of a note', () => {
  /** A rollout that has failed, with somebody to be called to it. */
  const aFailure = async (answers: Parameters<typeof aSlack>[0] = []) => {
    const turn = await aTurn(answers);
    const [route] = turn.config.routes;
    const config = { ...turn.config, routes: [{ match: {}, to: route?.to ?? [], mention: ['U1'] }] };
    const failed = aPipelineEvent({ id: 'event-2', time: '2026-11-20T10:05:00Z' }, { state: 'FAILED' });
    await createNotify({ ...turn, config })([{ id: 'm', text: failed }]);
    const wake = { ...turn.wake, note: 'failed rollout 1' };
    const note = () => deliveryItem.parse(turn.items().find(({ key }) => key.sk.startsWith('NOTE#'))?.body);
    return { ...turn, call: wake, note };
  };

  it('replies once in the thread of the message', async () => {
    const turn = await aFailure();
    await turn.deliver(turn.wake);
    await expect(turn.deliver(turn.call)).resolves.toBe('posted');
    await expect(turn.deliver(turn.call)).resolves.toBe('nothing-to-do');
    expect(turn.calls.map(({ method, thread }) => [method, thread])).toEqual([
      ['post', undefined],
      ['post', '1.0'],
    ]);
    expect(turn.calls[1]?.message?.text).toBe('<@U1> shop-prod (production) failed');
  });

  it('waits for the message that it answers', async () => {
    const turn = await aFailure();
    await expect(turn.deliver(turn.call)).resolves.toBe('postponed');
    expect(turn.methods()).toEqual([]);
    expect(turn.note().retryAt).toBeGreaterThan(turn.clock.now());
  });

  it('waits also for a message that nobody has asked for yet', async () => {
    const turn = await aFailure();
    const changeItem: ChangeItem = (key, kind, transition, held) =>
      key.sk === 'SLACK#C1'
        ? Promise.resolve({ outcome: transition(undefined).outcome, item: undefined })
        : turn.changeItem(key, kind, transition, held);
    await expect(createDeliver({ ...turn.deps, changeItem })(turn.call)).resolves.toBe('postponed');
    expect(turn.note().refused).toBeUndefined();
  });

  it('is given up where there will be no message', async () => {
    const turn = await aFailure([refusing({ kind: 'refused', error: 'channel_not_found' })]);
    await turn.deliver(turn.wake);
    await expect(turn.deliver(turn.call)).resolves.toBe('refused');
    expect(turn.note()).toMatchObject({ refused: 'for-good', error: 'there is no message to answer to' });
    expect(turn.logged.at(-1)).toMatchObject({ level: 'error', message: 'delivery refused' });
  });

  it('is looked for in the thread when nobody knows whether it was posted', async () => {
    const turn = await aFailure(['do it', refusing({ kind: 'transient', error: 'TimeoutError', ambiguous: true })]);
    await turn.deliver(turn.wake);
    await turn.deliver(turn.call);
    await turn.clock.sleep(SETTLE_MS + 60_000);
    await expect(turn.deliver(turn.call)).resolves.toBe('posted');
    expect(turn.calls.map(({ method, thread }) => [method, thread])).toEqual([
      ['post', undefined],
      ['post', '1.0'],
      ['find', '1.0'],
      ['post', '1.0'],
    ]);
  });

  it('stays a note when it has been posted', async () => {
    const turn = await aFailure();
    await turn.deliver(turn.wake);
    await turn.deliver(turn.call);
    expect(turn.note().note).toMatchObject({ kind: 'failure', mentions: ['U1'] });
  });

  it('is woken by the sweep when its wake-up got lost (F36)', async () => {
    const turn = await aFailure();
    await turn.deliver(turn.wake);
    turn.wakeUps.splice(0);
    await turn.clock.sleep(2 * 60_000);
    await turn.sweep();
    expect(turn.wakeUps).toContainEqual(turn.call);
  });
});
