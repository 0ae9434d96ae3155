import { describe, expect, it } from 'vitest';
import { createChangeItem, unchanged } from '../../../shared/store/change-item.ts';
import type { ItemKind, Step } from '../../../shared/store/change-item.ts';
import type { Store } from '../../../shared/store/store.ts';
import { createMemoryStore, createMemoryTable } from '../../../local/virtual/memory-store.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const DAY = 24 * 60 * 60_000;

const KEY = { pk: 'PK', sk: 'COUNT' };

const count: ItemKind<number> = {
  parse: Number,
  due: (body) => (body > 1 ? { kind: 'gate', at: TEN_O_CLOCK + body } : undefined),
};

const oneMore = (body = 0): Step<number, string> => ({ body: body + 1, outcome: `was ${body}` });

/** A store in which somebody else writes before each of the first `rivals` writes. */
const aStore = (rivals = 0) => {
  const table = createMemoryTable();
  const store = createMemoryStore(table, (_operation, effect) => Promise.resolve(effect()));
  const slept: number[] = [];
  let reads = 0;
  let left = rivals;
  const rivalled: Store = {
    ...store,
    read: (key) => {
      reads += 1;
      return store.read(key);
    },
    write: async (item) => {
      if (left > 0) {
        left -= 1;
        const other = await store.read(item.key);
        await store.write({ ...item, rev: (other?.rev ?? 0) + 1, body: Number(other?.body ?? 0) + 10 });
      }
      return store.write(item);
    },
  };
  const clock = {
    now: () => TEN_O_CLOCK,
    sleep: (ms: number) => {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  const changeItem = createChangeItem({ store: rivalled, clock, random: () => 1 });
  return { changeItem, slept, stored: () => store.read(KEY), reads: () => reads };
};

describe('changing an item', () => {
  it('writes what the transition wants, and counts the writes', async () => {
    const { changeItem, stored } = aStore();
    expect(await changeItem(KEY, count, oneMore)).toEqual({
      outcome: 'was 0',
      item: { key: KEY, rev: 1, body: 1, expiresAt: TEN_O_CLOCK + 90 * DAY },
    });
    const { outcome, item } = await changeItem(KEY, count, oneMore);
    expect(outcome).toBe('was 1');
    expect(item).toEqual({
      key: KEY,
      rev: 2,
      body: 2,
      due: { kind: 'gate', at: TEN_O_CLOCK + 2 },
      expiresAt: TEN_O_CLOCK + 90 * DAY,
    });
    expect(await stored()).toMatchObject({ rev: 2, body: 2 });
  });

  it('writes nothing where the transition wants nothing', async () => {
    const { changeItem, stored } = aStore();
    expect(await changeItem(KEY, count, unchanged)).toEqual({ outcome: undefined, item: undefined });
    await changeItem(KEY, count, oneMore);
    const item = await stored();
    expect(await changeItem(KEY, count, unchanged)).toEqual({ outcome: 1, item });
  });

  it('never says that an item is due of which nobody asks that', async () => {
    const { changeItem } = aStore();
    await changeItem(KEY, count, oneMore);
    const { item } = await changeItem(KEY, { parse: Number }, oneMore);
    expect(item).toStrictEqual({ key: KEY, rev: 2, body: 2, expiresAt: TEN_O_CLOCK + 90 * DAY });
  });

  it('asks the transition again about what somebody else wrote meanwhile, after ever longer pauses', async () => {
    const { changeItem, slept } = aStore(9);
    expect(await changeItem(KEY, count, oneMore)).toMatchObject({ outcome: 'was 90', item: { rev: 10, body: 91 } });
    expect(slept).toEqual([10, 20, 40, 80, 160, 320, 500, 500, 500]);
  });

  it('gives up on an item that others write all the time', async () => {
    await expect(aStore(14).changeItem(KEY, count, oneMore)).resolves.toMatchObject({ outcome: 'was 140' });
    await expect(aStore(15).changeItem(KEY, count, oneMore)).rejects.toThrow('15 times in a row: COUNT');
  });

  it('reads nothing when the caller knows what is there, and is not misled when that is old', async () => {
    const { changeItem, reads } = aStore();
    const first = await changeItem(KEY, count, oneMore, 'nothing');
    await changeItem(KEY, count, oneMore, first.item);
    expect(reads()).toBe(0);
    expect(await changeItem(KEY, count, oneMore, first.item)).toMatchObject({ outcome: 'was 2', item: { rev: 3 } });
    expect(await changeItem(KEY, count, oneMore, 'nothing')).toMatchObject({ outcome: 'was 3', item: { rev: 4 } });
  });
});
