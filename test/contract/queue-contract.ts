import { expect, it } from 'vitest';
import type { Received } from '../../local/virtual/memory-queue.ts';

/** A queue that hides a message for a while when it hands it out, and gives up on it after the third time. */
export type QueueUnderTest = {
  readonly send: (body: string, group?: string) => Promise<void>;
  /** What is there now: nobody waits for more. */
  readonly receive: (most: number) => Promise<readonly Received[]>;
  readonly remove: (receipt: string) => Promise<void>;
  /** Messages that wait or were handed out. */
  readonly size: () => Promise<number>;
  readonly deadLetters: () => Promise<readonly string[]>;
  /** Lets more time pass than a message is hidden for. */
  readonly untilVisible: () => Promise<void>;
};

const bodies = (received: readonly Received[]): readonly string[] => received.map(({ body }) => body);

/** The receipt of the only message. */
const receiptOf = ([only]: readonly Received[]): string => only?.receipt ?? 'none';

/** Every queue, whatever it is made of, keeps these promises. `make` gives one that holds nothing. */
export const keepsTheQueueContract = (make: (kind: 'standard' | 'fifo') => Promise<QueueUnderTest>): void => {
  it.concurrent('hands out what was sent, as it was sent', async () => {
    const queue = await make('standard');
    const body = '{"text":"ünï <&> 日本語"}';
    await queue.send(body);
    expect(bodies(await queue.receive(10))).toEqual([body]);
  });

  it.concurrent('has nothing where nothing was sent', async () => {
    const queue = await make('standard');
    expect([await queue.receive(10), await queue.size()]).toEqual([[], 0]);
  });

  it.concurrent('hands out no more than is asked for', async () => {
    const queue = await make('standard');
    for (const body of ['a', 'b', 'c']) {
      await queue.send(body);
    }
    const first = bodies(await queue.receive(2));
    const second = bodies(await queue.receive(2));
    expect([first.length, second.length, [...first, ...second].sort()]).toEqual([2, 1, ['a', 'b', 'c']]);
  });

  it.concurrent('hides what it handed out, and hands it out again with the same id', async () => {
    const queue = await make('standard');
    await queue.send('a');
    const [first] = await queue.receive(1);
    expect([await queue.receive(1), await queue.size()]).toEqual([[], 1]);
    await queue.untilVisible();
    const [again] = await queue.receive(1);
    expect([again?.id, again?.body]).toEqual([first?.id, 'a']);
    expect(again?.receipt).not.toBe(first?.receipt);
  });

  it.concurrent('forgets what was taken out', async () => {
    const queue = await make('standard');
    await queue.send('a');
    await queue.remove(receiptOf(await queue.receive(1)));
    await queue.untilVisible();
    expect([await queue.receive(1), await queue.size()]).toEqual([[], 0]);
  });

  it.concurrent('holds two messages that say the same', async () => {
    const queue = await make('fifo');
    await queue.send('same', 'a');
    await queue.send('same', 'a');
    expect(await queue.size()).toBe(2);
  });

  it.concurrent('gives up on what was handed out three times', { timeout: 30_000 }, async () => {
    const queue = await make('standard');
    await queue.send('poison');
    for (let time = 0; time < 3; time += 1) {
      expect(bodies(await queue.receive(1))).toEqual(['poison']);
      await queue.untilVisible();
    }
    expect(await queue.receive(1)).toEqual([]);
    expect([await queue.deadLetters(), await queue.size()]).toEqual([['poison'], 0]);
  });

  it.concurrent('hands out a group in the order in which it was sent, one after the other', async () => {
    const queue = await make('fifo');
    for (const body of ['1', '2', '3']) {
      await queue.send(body, 'a');
    }
    const seen: string[] = [];
    for (let time = 0; time < 3; time += 1) {
      const received = await queue.receive(1);
      seen.push(...bodies(received));
      await queue.remove(receiptOf(received));
    }
    expect(seen).toEqual(['1', '2', '3']);
  });

  it.concurrent('holds a group back while one of it is out, and no other group', async () => {
    const queue = await make('fifo');
    await queue.send('a1', 'a');
    await queue.send('a2', 'a');
    const first = await queue.receive(1);
    expect([bodies(first), await queue.receive(10)]).toEqual([['a1'], []]);
    await queue.send('b1', 'b');
    expect(bodies(await queue.receive(10))).toEqual(['b1']);
    await queue.remove(receiptOf(first));
    expect(bodies(await queue.receive(10))).toEqual(['a2']);
  });

  it.concurrent('hands out the first of a group again before those behind it', async () => {
    const queue = await make('fifo');
    await queue.send('a1', 'a');
    await queue.send('a2', 'a');
    await queue.receive(1);
    await queue.untilVisible();
    expect(bodies(await queue.receive(1))).toEqual(['a1']);
  });

  // SQS hands out as many of a group as fit, its stand-in one: either way from the first on, in their order.
  it.concurrent('keeps the order of each group among what it hands out at once', async () => {
    const queue = await make('fifo');
    for (const [body, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
      ['a3', 'a'],
    ] as const) {
      await queue.send(body, group);
    }
    const received = bodies(await queue.receive(10));
    expect(received).toContain('b1');
    const ofA = received.filter((body) => body.startsWith('a'));
    expect(ofA).toEqual(['a1', 'a2', 'a3'].slice(0, Math.max(1, ofA.length)));
  });

  it.concurrent('lets a group go on past what it gave up on', { timeout: 30_000 }, async () => {
    const queue = await make('fifo');
    await queue.send('poison', 'a');
    await queue.send('a2', 'a');
    for (let time = 0; time < 3; time += 1) {
      expect(bodies(await queue.receive(1))).toEqual(['poison']);
      await queue.untilVisible();
    }
    // Giving up may take a look of its own.
    const received = [...(await queue.receive(1)), ...(await queue.receive(1))];
    expect([bodies(received), await queue.deadLetters()]).toEqual([['a2'], ['poison']]);
  });
};
