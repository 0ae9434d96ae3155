/** Numbers of a sequence that a seed decides: the same seed, the same numbers. */
export type Chance = {
  /** From 0 up to, but never, 1. */
  readonly random: () => number;
  /** A whole number from `least` to `most`, both included. */
  readonly between: (least: number, most: number) => number;
  readonly happens: (probability: number) => boolean;
  readonly oneOf: <T>(first: T, ...others: readonly T[]) => T;
  readonly shuffled: <T>(items: readonly T[]) => readonly T[];
  /** Numbers of another sequence, which the seed and the name decide, however many were drawn here. */
  readonly fork: (name: string) => Chance;
};

export const createChance = (seed: number): Chance => {
  const random = mulberry32(seed);
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  return {
    random,
    between,
    happens: (probability) => random() < probability,
    oneOf: (first, ...others) => [first, ...others][between(0, others.length)] ?? first,
    shuffled: (items) =>
      items
        .map((item) => ({ item, place: random() }))
        .sort((a, b) => a.place - b.place)
        .map(({ item }) => item),
    fork: (name) => createChance(hashOf(`${seed} ${name}`)),
  };
};

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
const hashOf = (text: string): number =>
  new TextEncoder().encode(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5);

/** https://gist.github.com/tommyettinger/46a874533244883189143505d203312c, in the public domain. */
const mulberry32 = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
