import type { Kernel } from './kernel.ts';
import { createMemoryQueue } from './memory-queue.ts';
import type { MemoryQueue, QueueOptions, Received } from './memory-queue.ts';

/** A queue, and what Lambda does to have a function called with what is in it. */
export type EventSource = {
  readonly queue: MemoryQueue;
  /** Batches that are being worked on. */
  readonly running: () => number;
};

export type EventSourceOptions = Pick<QueueOptions, 'name' | 'fifo' | 'visibilityMs' | 'maxReceives'> & {
  readonly batchSize: number;
  readonly maximumConcurrency: number;
  /** Works on a batch; resolves to the messages that are done with. The others come again. */
  readonly work: (batch: readonly Received[]) => Promise<readonly Received[]>;
};

/** How long a message waits for a poller, in milliseconds. */
const POLL_MS = 20;

export const createEventSource = (kernel: Kernel, options: EventSourceOptions): EventSource => {
  const { name, fifo, visibilityMs, maxReceives, batchSize, maximumConcurrency, work } = options;
  let running = 0;
  let nextPoll = Number.POSITIVE_INFINITY;

  const pollAfter = (ms: number): void => {
    const at = kernel.clock.now() + ms;
    if (at >= nextPoll) {
      return;
    }
    nextPoll = at;
    kernel.after(ms, () => {
      if (nextPoll <= kernel.clock.now()) {
        nextPoll = Number.POSITIVE_INFINITY;
        poll();
      }
    });
  };

  const queue = createMemoryQueue({
    name,
    fifo,
    visibilityMs,
    maxReceives,
    now: kernel.clock.now,
    onVisible: (afterMs) => {
      if (afterMs === 0) {
        pollAfter(POLL_MS);
      } else {
        kernel.after(afterMs, poll);
      }
    },
  });

  const poll = (): void => {
    while (running < maximumConcurrency) {
      const batch = queue.receive(batchSize);
      if (batch.length === 0) {
        return;
      }
      running += 1;
      void workOn(batch);
    }
  };

  const workOn = async (batch: readonly Received[]): Promise<void> => {
    const done = await work(batch);
    running -= 1;
    for (const { receipt } of done) {
      queue.remove(receipt);
    }
    pollAfter(POLL_MS);
  };

  return { queue, running: () => running };
};
