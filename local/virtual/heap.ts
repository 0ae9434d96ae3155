/** A binary heap: whatever comes before all others is taken first. */
export type Heap<T> = {
  readonly push: (item: T) => void;
  readonly peek: () => T | undefined;
  readonly pop: () => T | undefined;
};

export const createHeap = <T extends object>(isBefore: (a: T, b: T) => boolean): Heap<T> => {
  const items: T[] = [];

  const rise = (item: T): void => {
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !isBefore(item, parent)) {
        break;
      }
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  };

  const sink = (item: T): void => {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [items[left], items[left + 1]];
      const child = b !== undefined && a !== undefined && isBefore(b, a) ? left + 1 : left;
      const smaller = child === left ? a : b;
      if (smaller === undefined || !isBefore(smaller, item)) {
        break;
      }
      items[at] = smaller;
      at = child;
    }
    items[at] = item;
  };

  return {
    push: rise,
    peek: () => items[0],
    pop: () => {
      const [first] = items;
      const last = items.pop();
      if (last !== undefined && items.length > 0) {
        sink(last);
      }
      return first;
    },
  };
};
