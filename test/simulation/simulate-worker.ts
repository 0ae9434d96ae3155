import { parentPort } from 'node:worker_threads';
import * as v from 'valibot';
import { simulateWorld } from './simulate-world.ts';

const Asked = v.object({ seed: v.number(), harsh: v.boolean() });

parentPort?.on('message', (message) => {
  const { seed, harsh } = v.parse(Asked, message);
  void simulateWorld(seed, { harsh }).then((simulated) => parentPort?.postMessage(simulated));
});
