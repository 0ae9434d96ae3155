import { describe, expect, it } from 'vitest';
import { createChance } from '../../local/virtual/chance.ts';
import type { Chance } from '../../local/virtual/chance.ts';
import { createEventSource } from '../../local/virtual/event-source.ts';
import { createHeap } from '../../local/virtual/heap.ts';
import { invoke } from '../../local/virtual/invocation.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import { createMemoryQueue } from '../../local/virtual/memory-queue.ts';
import type { QueueOptions } from '../../local/virtual/memory-queue.ts';
import { createVirtualSlack } from '../../local/virtual/virtual-slack.ts';

const never = () => false;

describe('chance', () => {
  it('draws the same numbers for the same seed, and others under another name', () => {
    const draw = (chance: Chance) => Array.from({ length: 5 }, chance.random);
    expect(draw(createChance(1))).toEqual(draw(createChance(1)));
    expect(
      new Set(
        [createChance(1), createChance(1).fork('a'), createChance(1).fork('b'), createChance(2).fork('a')].map((one) =>
          draw(one).join(),
        ),
      ).size,
    ).toBe(4);
  });

  it('draws under a name whatever was drawn before', () => {
    const chance = createChance(1);
    const early = chance.fork('a').random();
    chance.random();
    expect(chance.fork('a').random()).toBe(early);
  });
});

describe('the heap', () => {
  it('gives back what it was given in order', () => {
    const chance = createChance(1);
    const numbers = Array.from({ length: 200 }, () => ({ n: chance.between(0, 50) }));
    const heap = createHeap<{ readonly n: number }>((a, b) => a.n < b.n);
    numbers.forEach(heap.push);
    expect(heap.peek()).toEqual({ n: Math.min(...numbers.map(({ n }) => n)) });
    expect(numbers.map(() => heap.pop()?.n)).toEqual(numbers.map(({ n }) => n).sort((a, b) => a - b));
    expect(heap.pop()).toBeUndefined();
  });
});

describe('virtual time', () => {
  it('goes from one thing that happens to the next', async () => {
    const kernel = createKernel(1000);
    const seen: string[] = [];
    const note = (what: string) => seen.push(`${what} at ${kernel.clock.now()}`);
    kernel.after(50, () => note('later'));
    kernel.after(10, () => note('first'));
    kernel.after(10, () => note('second'));
    void kernel.clock.sleep(30).then(() => note('awake'));
    expect(await kernel.run(never, 1040)).toBe(false);
    expect(seen).toEqual(['first at 1010', 'second at 1010', 'awake at 1030']);
    expect(kernel.clock.now()).toBe(1040);
    expect(await kernel.run(() => seen.length === 4, 2000)).toBe(true);
    expect(kernel.clock.now()).toBe(1050);
  });

  it('lets everything go on that need not wait, before time passes', async () => {
    const kernel = createKernel(0);
    let laps = 0;
    const run = async () => {
      for (; laps < 1000; laps += 1) {
        await Promise.resolve();
      }
    };
    kernel.after(5, () => void run());
    kernel.after(6, () => {
      expect(laps).toBe(1000);
    });
    await kernel.run(never, 10);
    expect(laps).toBe(1000);
  });
});

const queueOf = (kernel: Kernel, given: Partial<QueueOptions> = {}) =>
  createMemoryQueue({
    name: 'q',
    fifo: false,
    now: kernel.clock.now,
    visibilityMs: () => 1000,
    maxReceives: 3,
    onVisible: () => undefined,
    ...given,
  });

const bodies = (received: readonly { readonly body: string }[]) => received.map(({ body }) => body);

describe('a queue in memory', () => {
  it('takes nothing out for the receipt of an earlier hand-out', async () => {
    const kernel = createKernel(0);
    const queue = queueOf(kernel);
    queue.send('a');
    const [early] = queue.receive(1);
    await kernel.run(never, 1000);
    queue.receive(1);
    queue.remove(early?.receipt ?? '');
    expect(queue.size()).toBe(1);
  });
});

describe('a queue in memory that knows groups', () => {
  it('hands out as many of a group at once as fit', () => {
    const queue = queueOf(createKernel(0), { fifo: true });
    for (const body of ['a1', 'a2', 'a3']) {
      queue.send(body, { group: 'a' });
    }
    expect(bodies(queue.receive(2))).toEqual(['a1', 'a2']);
    expect(queue.receive(2)).toEqual([]);
  });
});

describe('an event source', () => {
  it('has as many batches worked on at a time as it may, and brings back what failed', async () => {
    const kernel = createKernel(0);
    const worked: string[] = [];
    const { queue, running } = createEventSource(kernel, {
      name: 'q',
      fifo: false,
      visibilityMs: () => 1000,
      maxReceives: 10,
      batchSize: 2,
      maximumConcurrency: 1,
      work: async (batch) => {
        worked.push(`${kernel.clock.now()}: ${bodies(batch).join()}`);
        await kernel.clock.sleep(100);
        return batch.filter(({ body }) => body !== 'bad' || kernel.clock.now() > 1000);
      },
    });
    for (const body of ['a', 'bad', 'c']) {
      queue.send(body);
    }
    expect(await kernel.run(() => queue.size() === 0 && running() === 0, 10_000)).toBe(true);
    expect(worked).toEqual(['20: a,bad', '140: c', '1020: bad']);
  });
});

describe('an invocation', () => {
  it('returns what its work does', async () => {
    const kernel = createKernel(0);
    const ending = invoke(kernel, { name: 'notify', number: 1, timeoutMs: 100 }, async ({ resuming }) => {
      await resuming(kernel.clock.sleep(10));
      return 'done';
    });
    await kernel.run(never, 1000);
    expect(await ending).toEqual({ kind: 'returned', value: 'done' });
  });

  it('is broken off when its time is over, and never goes on', async () => {
    const kernel = createKernel(0);
    let wentOn = false;
    const ending = invoke(kernel, { name: 'notify', number: 1, timeoutMs: 100 }, async ({ resuming }) => {
      await resuming(kernel.clock.sleep(150));
      wentOn = true;
    });
    await kernel.run(never, 1000);
    expect([await ending, wentOn]).toEqual([{ kind: 'broken-off' }, false]);
  });

  it('goes on after it stood still, though nobody waits for it any more', async () => {
    const kernel = createKernel(0);
    const wentOnAt: number[] = [];
    const ending = invoke(kernel, { name: 'deliver', number: 1, timeoutMs: 100 }, async ({ resuming, freeze }) => {
      freeze(500);
      await resuming(kernel.clock.sleep(10));
      wentOnAt.push(kernel.clock.now());
    });
    await kernel.run(never, 1000);
    expect([await ending, wentOnAt]).toEqual([{ kind: 'broken-off' }, [500]]);
  });
});

describe('the virtual Slack', () => {
  const aSlack = (now = () => 1_795_168_800_000, historyScope = true) =>
    createVirtualSlack({ channels: ['C1', 'C2'], historyScope, now });
  const hello = { text: 'hello' };

  it('holds what was posted, edited and deleted', () => {
    const slack = aSlack();
    const ts = '1795168800.000001';
    const blocks = [{ type: 'divider' as const }];
    expect(slack.post('C1', hello, 'k1')).toEqual({ ok: true, value: { ts } });
    expect(slack.update('C1', ts, { text: 'bye', blocks })).toEqual({ ok: true, value: { ts } });
    const held = { channel: 'C1', ts, text: 'bye', blocks, key: 'k1', edits: 1 };
    expect(slack.messages()).toEqual([{ ...held, deleted: false }]);
    expect(slack.remove('C1', ts)).toEqual({ ok: true, value: undefined });
    expect(slack.messages()).toEqual([{ ...held, deleted: true }]);
    expect(slack.calls().map(({ method, result }) => `${method} ${result}`)).toEqual([
      'chat.postMessage ok',
      'chat.update ok',
      'chat.delete ok',
    ]);
  });

  it('finds a message by its key, if it may read the channel', () => {
    const slack = aSlack();
    slack.post('C1', hello, 'k1');
    expect(slack.find('C1', 'k1', 1_795_168_800_000)).toEqual({ ok: true, value: { ts: '1795168800.000001' } });
    expect(slack.find('C2', 'k1', 1_795_168_800_000)).toEqual({ ok: true, value: { ts: undefined } });
    expect(slack.find('C1', 'k1', 1_795_168_800_000 - 360_001)).toEqual({ ok: true, value: { ts: undefined } });
    expect(aSlack(undefined, false).find('C1', 'k1', 0)).toEqual({
      ok: false,
      failure: { kind: 'unauthorized', error: 'missing_scope' },
    });
  });

  it.each([
    ['channel_not_found', 'refused', (slack: ReturnType<typeof aSlack>) => slack.post('C3', hello, 'k')],
    ['no_text', 'unacceptable', (slack: ReturnType<typeof aSlack>) => slack.post('C1', { text: '' }, 'k')],
    [
      'msg_too_long',
      'unacceptable',
      (slack: ReturnType<typeof aSlack>) => slack.post('C1', { text: 'x'.repeat(40_001) }, 'k'),
    ],
    [
      'invalid_blocks',
      'unacceptable',
      (slack: ReturnType<typeof aSlack>) =>
        slack.post('C1', { text: 'x', blocks: [{ type: 'context', elements: [] }] }, 'k'),
    ],
    ['message_not_found', 'refused', (slack: ReturnType<typeof aSlack>) => slack.update('C1', '1.1', hello)],
  ])('answers %s as Slack does', (error, kind, call) => {
    const slack = aSlack();
    expect(call(slack)).toEqual({ ok: false, failure: { kind, error } });
    expect(slack.messages()).toEqual([]);
    expect(slack.calls().map(({ result }) => result)).toEqual([error]);
  });

  it('takes about one post a second in a channel', () => {
    const slack = aSlack();
    const results = Array.from({ length: 4 }, () => slack.post('C1', hello, 'k'));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, false]);
    expect(results.at(-1)).toEqual({ ok: false, failure: { kind: 'rate-limited', retryAfterMs: 1000 } });
    expect(slack.post('C2', hello, 'k').ok).toBe(true);
  });
});
