import { nextTick } from 'node:process';
import type { Clock } from '../../shared/clock.ts';
import { createHeap } from './heap.ts';

/** Virtual time: nothing is waited for, the clock jumps to whatever comes next. */
export type Kernel = {
  readonly clock: Clock;
  /** Has something happen after so many milliseconds; what is due at the same time happens in the order of asking. */
  readonly after: (ms: number, work: () => void) => void;
  /**
   * Lets time pass until `isOver`, but not beyond `until` (epoch milliseconds) nor for more than `mostSteps`. True: it
   * is over. Between two steps everything that can go on without waiting does.
   */
  readonly run: (isOver: () => boolean, until: number, mostSteps?: number) => Promise<boolean>;
};

type Timer = { readonly at: number; readonly order: number; readonly work: () => void };

/** How many steps before the process may look after its other affairs. */
const STEPS_AT_A_STRETCH = 10_000;

export const createKernel = (startsAt: number): Kernel => {
  const timers = createHeap<Timer>((a, b) => (a.at === b.at ? a.order < b.order : a.at < b.at));
  let now = startsAt;
  let order = 0;

  const after: Kernel['after'] = (ms, work) => {
    order += 1;
    timers.push({ at: now + Math.max(0, Math.ceil(ms)), order, work });
  };

  return {
    clock: {
      now: () => now,
      sleep: (ms) =>
        new Promise((resolve) => {
          after(ms, resolve);
        }),
    },
    after,
    run: async (isOver, until, mostSteps = Number.POSITIVE_INFINITY) => {
      for (let step = 0; step < mostSteps; step += 1) {
        await (step % STEPS_AT_A_STRETCH === 0 ? turnOfTheLoop() : microtasks());
        if (isOver()) {
          return true;
        }
        const next = timers.peek();
        if (next === undefined || next.at > until) {
          now = Math.max(now, until);
          return false;
        }
        timers.pop();
        now = next.at;
        next.work();
      }
      return false;
    },
  };
};

/** Node runs the tick after all microtasks, those that they ask for included, and far faster than a turn of the loop. */
const microtasks = (): Promise<void> =>
  new Promise((resolve) => {
    nextTick(resolve);
  });

const turnOfTheLoop = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
