import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import { simulateWorld } from './simulate-world.ts';
import type { Simulated, SimulationOptions } from './simulate-world.ts';

/** More would not be given to us where it counts. */
const MOST_WORKERS = 2;

/** Fewer are played sooner than a worker has started. */
const WORTH_A_WORKER = 50;

const Answer: v.GenericSchema<Simulated> = v.object({
  seed: v.number(),
  problems: v.array(v.string()),
  digest: v.string(),
  events: v.number(),
  posts: v.number(),
  edits: v.number(),
  faults: v.number(),
  parts: v.object({ runs: v.array(v.number()), events: v.array(v.string()), faults: v.array(v.string()) }),
});

export type Seeds = { readonly from: number; readonly count: number };

/** Plays worlds on as many cores as it may. `onWorld` is told of them in the order of their seeds; false: it has seen enough. */
export const playWorlds = (
  { from, count }: Seeds,
  options: Pick<SimulationOptions, 'harsh' | 'restrictions' | 'trace'>,
  onWorld: (simulated: Simulated) => Promise<boolean>,
): Promise<void> => {
  const workers = Math.min(MOST_WORKERS, availableParallelism());
  const isHere =
    workers === 1 || count < WORTH_A_WORKER || options.restrictions !== undefined || options.trace !== undefined;
  return isHere
    ? playHere({ from, count }, options, onWorld)
    : playOnWorkers({ from, count }, workers, options.harsh === true, onWorld);
};

const playHere: typeof playWorlds = async ({ from, count }, options, onWorld) => {
  for (let seed = from; seed < from + count; seed += 1) {
    if (!(await onWorld(await simulateWorld(seed, options)))) {
      return;
    }
  }
};

const playOnWorkers = async (
  { from, count }: Seeds,
  mostWorkers: number,
  harsh: boolean,
  onWorld: (simulated: Simulated) => Promise<boolean>,
): Promise<void> => {
  const workers = Array.from(
    { length: mostWorkers },
    () => new Worker(new URL('./simulate-worker.ts', import.meta.url)),
  );
  const waiting = new Map<number, PromiseWithResolvers<Simulated>>();
  for (let seed = from; seed < from + count; seed += 1) {
    waiting.set(seed, Promise.withResolvers());
  }
  let next = from;
  const giveNext = (worker: Worker): void => {
    if (next < from + count) {
      worker.postMessage({ seed: next, harsh });
      next += 1;
    }
  };
  try {
    for (const worker of workers) {
      worker.on('message', (message) => {
        const simulated = v.parse(Answer, message);
        waiting.get(simulated.seed)?.resolve(simulated);
        giveNext(worker);
      });
      worker.on('error', (error) => {
        for (const { promise, reject } of waiting.values()) {
          promise.catch(() => undefined);
          reject(error);
        }
      });
      giveNext(worker);
    }
    for (const { promise } of waiting.values()) {
      if (!(await onWorld(await promise))) {
        return;
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
};
