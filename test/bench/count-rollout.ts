import { join } from 'node:path';
import { isRecord } from '../../local/json.ts';
import { recordedLookUp } from '../../local/recorded/recorded-answers.ts';
import type { RecordedAnswers } from '../../local/recorded/recorded-answers.ts';
import { readRecordedEvents } from '../../local/replay/read-recorded-events.ts';
import { scheduleEvents } from '../../local/replay/schedule-events.ts';
import { createChance } from '../../local/virtual/chance.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createCalmNetwork } from '../../local/virtual/network.ts';
import { createWorld } from '../../local/virtual/world.ts';
import type { Config } from '../../shared/config/config.ts';
import type { FunctionName } from '../../local/virtual/invocation.ts';
import type { Key } from '../../shared/store/store.ts';
import { ROOT } from '../support/command.ts';

/** What one rollout takes, from its first event to its last edit. */
export type RolloutCount = {
  readonly story: string;
  readonly events: number;
  /** By service and operation, in the order of their names. What Lambda asks of SQS for us is included. */
  readonly aws: Readonly<Record<string, number>>;
  readonly slack: Readonly<Record<string, number>>;
  readonly invocations: Readonly<Record<Priced, { readonly count: number; readonly ms: number }>>;
  readonly readUnits: number;
  /** Of the table and of its index. */
  readonly writeUnits: number;
};

/** What runs for a rollout; the sweep runs anyway. */
type Priced = Exclude<FunctionName, 'sweep'>;

/** Everything to one channel, what has ended to one topic. */
const CONFIG: Config = {
  slack: { workspace: 'T1', channels: { deployments: 'C1' } },
  environments: [],
  routes: [
    { match: {}, to: [{ kind: 'slack', channel: 'C1' }] },
    {
      match: { state: ['succeeded', 'failed', 'stopped', 'canceled', 'superseded'] },
      to: [{ kind: 'sns', topic: 'releases' }],
    },
  ],
};

const KB = 1024;

/** DynamoDB counts reads by 4 KB, at least one, and writes by 1 KB. */
const READ_BYTES = 4 * KB;
const WRITE_BYTES = KB;

const PATIENCE_MS = 60 * 60_000;

/** Plays a run of `events/runs/` at its own pace in virtual time, and counts. */
export const countRollout = async (story: string, answers: RecordedAnswers): Promise<RolloutCount> => {
  const recorded = await readRecordedEvents([join(ROOT, 'events/runs', story)], process.stdin);
  const { startsAt, events } = scheduleEvents(recorded, { repeat: 1, shuffle: undefined });
  const kernel = createKernel(startsAt);
  const calm = createCalmNetwork(kernel);
  const aws = new Map<string, number>();
  const slack = new Map<string, number>();
  const spent = { notify: { count: 0, ms: 0 }, deliver: { count: 0, ms: 0 } };
  const dues = new Map<string, number | undefined>();
  let readUnits = 0;
  let writeUnits = 0;

  const known = recordedLookUp(answers);
  const world = createWorld({
    kernel,
    config: CONFIG,
    network: {
      aws: (call, effect) =>
        calm.aws(call, () => {
          const value = effect();
          // What the sweep asks it asks every minute, whether or not there is a rollout.
          if (call.by.name !== 'sweep') {
            add(aws, `${call.service} ${call.operation}`);
            readUnits += call.operation === 'GetItem' ? units(sizeOf(value), READ_BYTES) : 0;
            // A put that loses is paid for too; of what size the item was nobody is told.
            writeUnits += value === false ? 1 : 0;
          }
          return value;
        }),
      slack: (call, effect) => {
        add(slack, call.operation);
        return calm.slack(call, effect);
      },
    },
    random: createChance(1).random,
    historyScope: true,
    // AWS has nothing to add: no event is lost here.
    ask: (rollouts) => rollouts.map(() => ({ kind: 'told', events: [] })),
    lookUp: (id, asOf) => {
      add(aws, LOOK_UPS[id.source]);
      return known(id, asOf);
    },
    onWritten: (item, by) => {
      if (by.name !== 'sweep') {
        writeUnits += units(sizeOf(item), WRITE_BYTES) + indexWrites(dues.get(placeOf(item.key)), item.due?.at);
      }
      dues.set(placeOf(item.key), item.due?.at);
    },
    onInvoked: (name, ms) => {
      if (name === 'sweep') {
        return;
      }
      spent[name].count += 1;
      spent[name].ms += ms;
      // Lambda's pollers receive what they bring, and delete it when the function is done.
      add(aws, `sqs ReceiveMessage (${QUEUES[name]})`);
      add(aws, `sqs DeleteMessageBatch (${QUEUES[name]})`);
    },
  });
  let sent = 0;
  for (const [place, { atMs, text }] of events.entries()) {
    kernel.after(atMs, () => {
      sent += 1;
      add(aws, 'sqs SendMessage (events)');
      world.send(text, String(place));
    });
  }
  const lastAt = startsAt + (events.at(-1)?.atMs ?? 0);
  if (!(await kernel.run(() => sent === events.length && world.isAtRest(), lastAt + PATIENCE_MS))) {
    throw new Error(`The run ${story} does not come to rest`);
  }
  return {
    story,
    events: events.length,
    aws: sorted(aws),
    slack: sorted(slack),
    invocations: spent,
    readUnits,
    writeUnits,
  };
};

const QUEUES: Readonly<Record<Priced, string>> = { notify: 'events', deliver: 'wake-ups' };

const LOOK_UPS = {
  codepipeline: 'codepipeline GetPipeline',
  codedeploy: 'codedeploy GetDeployment',
  ecs: 'ecs ListServiceDeployments',
} as const;

const add = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

const sizeOf = (item: unknown): number => (isRecord(item) ? Buffer.byteLength(JSON.stringify(item)) : 0);

const units = (bytes: number, each: number): number => Math.max(1, Math.ceil(bytes / each));

const placeOf = ({ pk, sk }: Key): string => `${pk} ${sk}`;

/** The index holds what is due, sorted by when: an entry that moves is taken out and put in again. */
const indexWrites = (before: number | undefined, after: number | undefined): number =>
  before === after ? 0 : (before === undefined ? 0 : 1) + (after === undefined ? 0 : 1);
