import { expect, it } from 'vitest';
import type { Item, Key, Store } from '../../shared/store/store.ts';

/** In whole seconds, as DynamoDB counts the time to live. */
const EXPIRES_AT = Date.UTC(2027, 0, 1);

const anItem = (key: Key, given: Partial<Item> = {}): Item => ({
  key,
  rev: 1,
  body: { state: 'in-progress' },
  expiresAt: EXPIRES_AT,
  ...given,
});

/** Every store, whatever it is made of, keeps these promises. `make` gives a store that holds nothing. */
export const keepsTheStoreContract = (make: () => Promise<Store>): void => {
  const key: Key = { pk: 'X#codepipeline#shop-prod', sk: 'STATE' };

  it('holds nothing that was not written', async () => {
    const store = await make();
    expect(await store.read(key)).toBeUndefined();
  });

  it('gives back what was written', async () => {
    const store = await make();
    expect(await store.write(anItem(key))).toBe(true);
    expect(await store.read(key)).toEqual(anItem(key));
  });

  it('takes a first write only where nothing is', async () => {
    const store = await make();
    await store.write(anItem(key, { body: 'first' }));
    expect(await store.write(anItem(key, { body: 'second' }))).toBe(false);
    expect((await store.read(key))?.body).toBe('first');
  });

  it('takes no later write where nothing is', async () => {
    const store = await make();
    expect(await store.write(anItem(key, { rev: 2 }))).toBe(false);
    expect(await store.read(key)).toBeUndefined();
  });

  it.each([
    [1, false],
    [2, false],
    [3, true],
    [4, false],
  ])('answers a write of revision %i over revision 2 with %s', async (rev, taken) => {
    const store = await make();
    await store.write(anItem(key));
    await store.write(anItem(key, { rev: 2, body: 'known' }));
    expect(await store.write(anItem(key, { rev, body: 'told' }))).toBe(taken);
    expect(await store.read(key)).toEqual(anItem(key, taken ? { rev, body: 'told' } : { rev: 2, body: 'known' }));
  });

  it('lets one of fifty win who write the same revision at once', async () => {
    const store = await make();
    await store.write(anItem(key));
    const writers = Array.from({ length: 50 }, (_, writer) => writer);
    const taken = await Promise.all(writers.map((writer) => store.write(anItem(key, { rev: 2, body: { writer } }))));
    const winners = writers.filter((writer) => taken[writer]);
    expect(winners).toHaveLength(1);
    expect(await store.read(key)).toEqual(anItem(key, { rev: 2, body: { writer: winners[0] } }));
  });

  it('lets one of fifty win who write first', async () => {
    const store = await make();
    const taken = await Promise.all(
      Array.from({ length: 50 }, (_, writer) => store.write(anItem(key, { body: writer }))),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('reads its own writes', async () => {
    const store = await make();
    for (let rev = 1; rev <= 20; rev += 1) {
      await store.write(anItem(key, { rev, body: { rev } }));
      expect(await store.read(key)).toEqual(anItem(key, { rev, body: { rev } }));
    }
  });

  it.each([
    ['letters of all the world', { text: '👩‍👩‍👧‍👦 𝕏 ünï 日本語 \u202e \u0000 \u2028' }],
    ['texts and lists that are empty', { text: '', list: [], object: {} }],
    ['numbers and nothings', { zero: 0, negative: -1.5, large: 1_795_168_800_152, none: null, no: false }],
    ['100 kB', { text: 'x'.repeat(100_000) }],
  ])('keeps a body with %s as it is', async (_what, body) => {
    const store = await make();
    await store.write(anItem(key, { body }));
    expect((await store.read(key))?.body).toEqual(body);
  });

  it('keeps keys that mean something in JavaScript', async () => {
    const store = await make();
    const json = '{"__proto__":{"polluted":true},"constructor":"c","toString":1}';
    const body: unknown = JSON.parse(json);
    await store.write(anItem(key, { body }));
    expect(JSON.stringify((await store.read(key))?.body)).toBe(json);
  });

  it('shares no object with who wrote or read it', async () => {
    const store = await make();
    const body = { list: [1] };
    await store.write(anItem(key, { body }));
    body.list.push(2);
    const read = await store.read(key);
    expect(read?.body).toEqual({ list: [1] });
    expect((await store.read(key))?.body).not.toBe(read?.body);
  });

  it('tells keys apart that look alike', async () => {
    const store = await make();
    const keys: readonly Key[] = [
      { pk: 'a#b', sk: 'c' },
      { pk: 'a', sk: 'b#c' },
      { pk: 'a', sk: 'b' },
      { pk: 'a%23b', sk: 'c' },
      { pk: 'A#B', sk: 'C' },
      { pk: 'ä', sk: '__proto__' },
      { pk: '__proto__', sk: 'ä' },
    ];
    for (const [index, one] of keys.entries()) {
      expect(await store.write(anItem(one, { body: index }))).toBe(true);
    }
    expect(await Promise.all(keys.map(async (one) => (await store.read(one))?.body))).toEqual(keys.map((_, i) => i));
  });

  it('finds what is due, the longest due first, and nothing else', async () => {
    const store = await make();
    const due = (at: number) => ({ due: { kind: 'delivery', at } }) as const;
    const keyOf = (sk: string): Key => ({ pk: 'X#1', sk });
    await store.write(anItem(keyOf('late'), due(300)));
    await store.write(anItem(keyOf('first'), due(100)));
    await store.write(anItem(keyOf('now'), due(200)));
    await store.write(anItem(keyOf('later'), due(201)));
    await store.write(anItem(keyOf('never')));
    expect(await store.due('delivery', 200, 10)).toEqual([
      { key: keyOf('first'), at: 100 },
      { key: keyOf('now'), at: 200 },
    ]);
    expect(await store.due('delivery', 1000, 3)).toEqual([
      { key: keyOf('first'), at: 100 },
      { key: keyOf('now'), at: 200 },
      { key: keyOf('later'), at: 201 },
    ]);
    expect(await store.due('delivery', 99, 10)).toEqual([]);
  });

  it('forgets that an item was due when it is written without', async () => {
    const store = await make();
    await store.write(anItem(key, { due: { kind: 'delivery', at: 100 } }));
    await store.write(anItem(key, { rev: 2 }));
    expect(await store.due('delivery', 1000, 10)).toEqual([]);
  });

  it('moves an item that is due at another time', async () => {
    const store = await make();
    await store.write(anItem(key, { due: { kind: 'delivery', at: 100 } }));
    await store.write(anItem(key, { rev: 2, due: { kind: 'delivery', at: 500 } }));
    expect(await store.due('delivery', 499, 10)).toEqual([]);
    expect(await store.due('delivery', 500, 10)).toEqual([{ key, at: 500 }]);
  });
};
