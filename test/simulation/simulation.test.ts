import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { DEPLOYED } from '../../local/virtual/world.ts';
import { parseJson } from '../../local/json.ts';
import type { MemoryTable } from '../../local/virtual/memory-store.ts';
import { FAULTS } from './faults.ts';
import { playWorlds } from './play-worlds.ts';
import { simulateWorld } from './simulate-world.ts';
import type { Simulated } from './simulate-world.ts';

const WORLDS = 1000;
const HARSH_WORLDS = 150;

const broken = async (from: number, count: number, harsh: boolean) => {
  const failed: string[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const { problems } = await simulateWorld(seed, { harsh });
    failed.push(
      ...problems.map(
        (problem) => `${problem} (npm run simulate -- --seeds 1 --from ${seed}${harsh ? ' --harsh' : ''} --trace)`,
      ),
    );
  }
  return failed;
};

describe('Gatehouse', () => {
  it(`keeps its promises in ${WORLDS} worlds in which things go wrong`, { timeout: 300_000 }, async () => {
    expect(await broken(1, WORLDS, false)).toEqual([]);
  });

  it(`keeps its promises in ${HARSH_WORLDS} worlds in which nearly everything does`, { timeout: 300_000 }, async () => {
    expect(await broken(1, HARSH_WORLDS, true)).toEqual([]);
  });
});

describe('a world', () => {
  it('is the same whenever its seed is', async () => {
    for (const seed of [1, 2, 3, 77, 4711]) {
      expect(await simulateWorld(seed)).toEqual(await simulateWorld(seed));
    }
  });

  it('is the same whenever its seed is and the same of it is left out', async () => {
    for (const seed of [1, 2, 3, 77, 4711]) {
      const { parts, digest } = await simulateWorld(seed);
      const restrictions = {
        runs: new Set(parts.runs.slice(1)),
        events: new Set(parts.events.slice(2)),
        without: new Set<string>(['freeze', ...parts.faults.slice(0, 3)]),
      };
      const restricted = await simulateWorld(seed, { restrictions });
      expect(restricted).toEqual(await simulateWorld(seed, { restrictions }));
      expect(restricted.digest).not.toBe(digest);
    }
  });

  it('is the same when everything of it is named', async () => {
    for (const seed of [1, 2, 3, 77, 4711]) {
      const { parts, ...world } = await simulateWorld(seed);
      const { runs, events, faults } = parts;
      const restrictions = { runs: new Set(runs), events: new Set(events), faults: new Set(faults) };
      expect(await simulateWorld(seed, { restrictions })).toEqual({ ...world, parts });
    }
  });

  it('is the same on another core, and comes in its turn', async () => {
    const worlds: Simulated[] = [];
    await playWorlds({ from: 1, count: 60 }, { harsh: true }, (world) => {
      worlds.push(world);
      return Promise.resolve(worlds.length < 55);
    });
    expect(worlds.map(({ seed }) => seed)).toEqual(Array.from({ length: 55 }, (_, index) => index + 1));
    expect(worlds[20]).toEqual(await simulateWorld(21, { harsh: true }));
  });

  it('is one of many, in which together everything goes wrong', async () => {
    const kinds = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const { parts } = await simulateWorld(seed, { harsh: true });
      parts.faults.forEach((fault) => kinds.add(fault.replace(/\..*$/, '')));
    }
    expect([...kinds].sort()).toEqual([...FAULTS].sort());
  });

  it('is another with another seed', async () => {
    const digests = await Promise.all([1, 2, 3].map(async (seed) => (await simulateWorld(seed)).digest));
    expect(new Set(digests).size).toBe(3);
  });

  it.each(['creator', 'failure', 'rollbackOf', 'rolledBackBy', 'stages'])(
    'does not pass for good where %s is looked up and forgotten',
    async (fact) => {
      const forgetful = (table: MemoryTable): MemoryTable => ({
        ...table,
        write: ({ body, ...item }) =>
          table.write({
            ...item,
            body:
              item.key.sk === 'STATE'
                ? parseJson(JSON.stringify(body).replaceAll(`"${fact}":{"ver`, '"x":{"ver'))
                : body,
          }),
      });
      let problems: readonly string[] = [];
      for (let seed = 1; seed <= 100 && problems.length === 0; seed += 1) {
        ({ problems } = await simulateWorld(seed, { overTable: forgetful }));
      }
      expect(problems[0]).toMatch(/^P3: not what was received/);
    },
  );

  it('runs on the numbers of serverless.yml', async () => {
    const text = await readFile(join(import.meta.dirname, '../../serverless.yml'), 'utf8');
    const { functions, resources } = v.parse(Deployment, parseDocument(text, { logLevel: 'silent' }).toJS());
    const { EventsQueue, WakeUpsQueue } = v.parse(Queues, resources.at(-1)?.Resources);
    const numbersOf = (name: 'notify' | 'deliver', queue: v.InferOutput<typeof Queue>) => {
      const { timeout, events } = functions[name];
      return {
        timeoutMs: timeout * 1000,
        batchSize: events[0]?.sqs.batchSize,
        maximumConcurrency: events[0]?.sqs.maximumConcurrency,
        visibilityMs: queue.Properties.VisibilityTimeout * 1000,
        maxReceives: queue.Properties.RedrivePolicy.maxReceiveCount,
      };
    };
    expect({
      notify: numbersOf('notify', EventsQueue),
      deliver: numbersOf('deliver', WakeUpsQueue),
      sweep: { timeoutMs: functions.sweep.timeout * 1000, everyMs: 60_000 },
    }).toEqual(DEPLOYED);
  });
});

const Source = v.object({ sqs: v.object({ batchSize: v.number(), maximumConcurrency: v.number() }) });
const Deployment = v.object({
  functions: v.object({
    notify: v.object({ timeout: v.number(), events: v.array(Source) }),
    deliver: v.object({ timeout: v.number(), events: v.array(Source) }),
    sweep: v.object({ timeout: v.number() }),
  }),
  resources: v.array(v.object({ Resources: v.unknown() })),
});
const Queue = v.object({
  Properties: v.object({
    VisibilityTimeout: v.number(),
    RedrivePolicy: v.object({ maxReceiveCount: v.number() }),
  }),
});
const Queues = v.object({ EventsQueue: Queue, WakeUpsQueue: Queue });
