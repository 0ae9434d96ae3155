/** A clock that is turned by hand: what is to happen later does so as it passes. */
export type HandClock = {
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  /** Turns the clock on, and lets promises settle at each stop. */
  readonly pass: (ms: number) => Promise<void>;
  /** How much is still to happen. */
  readonly waiting: () => number;
};

export const aHandClock = (start: number): HandClock => {
  let now = start;
  const due = new Map<() => void, number>();
  return {
    now: () => now,
    after: (ms, work) => {
      const once = (): void => {
        work();
      };
      due.set(once, now + ms);
      return () => {
        due.delete(once);
      };
    },
    pass: async (ms) => {
      const until = now + ms;
      for (;;) {
        await settled();
        const [next] = [...due].filter(([, at]) => at <= until).sort(([, a], [, b]) => a - b);
        if (next === undefined) {
          break;
        }
        const [work, at] = next;
        due.delete(work);
        now = at;
        work();
      }
      now = until;
    },
    waiting: () => due.size,
  };
};

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
};
