import type { DueItem, DueKind, Item, Key, Store } from '../../shared/store/store.ts';

/** The table in memory. Everything takes effect at once. */
export type MemoryTable = {
  readonly read: (key: Key) => Item | undefined;
  readonly write: (item: Item) => boolean;
  readonly due: (kind: DueKind, now: number, limit: number) => readonly DueItem[];
  readonly items: () => readonly Item[];
};

type Kept = Omit<Item, 'body'> & { readonly json: string };

/** Bodies are kept as JSON, as in DynamoDB: nobody shares an object with the table. */
export const createMemoryTable = (): MemoryTable => {
  const kept = new Map<string, Kept>();
  return {
    read: (key) => {
      const found = kept.get(placeOf(key));
      if (found === undefined) {
        return undefined;
      }
      // When it is due is for the index, and told by nobody else.
      const { due, ...item } = itemOf(found);
      return item;
    },

    write: (item) => {
      const place = placeOf(item.key);
      if ((kept.get(place)?.rev ?? 0) !== item.rev - 1) {
        return false;
      }
      const { body, ...rest } = item;
      kept.set(place, { ...rest, json: JSON.stringify(body) });
      return true;
    },

    due: (kind, now, limit) =>
      [...kept.values()]
        .flatMap(({ key, due }) => (due?.kind === kind && due.at <= now ? [{ key, at: due.at }] : []))
        .sort((a, b) => a.at - b.at)
        .slice(0, limit),

    items: () => [...kept.values()].map(itemOf),
  };
};

/** Has the effect of an operation happen, somewhere on the way between asking and being answered. */
export type Carry = <Value>(operation: string, effect: () => Value) => Promise<Value>;

/** A table at the other end of whatever carries the calls there. */
export const createMemoryStore = (table: MemoryTable, carry: Carry): Store => ({
  read: (key) => carry('GetItem', () => table.read(key)),
  write: (item) => carry('PutItem', () => table.write(item)),
  due: (kind, now, limit) => carry('Query', () => table.due(kind, now, limit)),
});

const itemOf = ({ json, ...rest }: Kept): Item => {
  const body: unknown = JSON.parse(json);
  return { ...rest, body };
};

const placeOf = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);
