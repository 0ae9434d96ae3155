import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { isRecord, parseJson } from '../../local/json.ts';
import { readRecordedEvents } from '../../local/replay/read-recorded-events.ts';
import { startStack } from '../../local/stack.ts';
import { createChance } from '../../local/virtual/chance.ts';
import { ROOT } from '../support/command.ts';
import { createLoadEvents } from './load-workload.ts';

/** What the bundled functions did on the local stack. */
export type StackFigures = {
  /** Of one recorded rollout, an event at a time: calls of AWS and of Slack, and what the functions logged. */
  readonly rollout: {
    readonly story: string;
    readonly events: number;
    readonly aws: Readonly<Record<string, number>>;
    readonly slack: Readonly<Record<string, number>>;
    readonly logLines: number;
    readonly logBytes: number;
  };
  /** Many events at once, until the last was taken in: DynamoDB, SQS and SNS are part of the same process. */
  readonly throughput: { readonly events: number; readonly seconds: number; readonly perSecond: number };
};

const STORY = 'success';

/** Longer than a channel's second: each event is an edit of its own. */
const APART_MS = 1_500;

const EXECUTIONS = 10;

/** Plays one rollout, then many at once, on the local stack. */
export const measureLocalStack = async (): Promise<StackFigures> => {
  let aws: string[] = [];
  let slack: string[] = [];
  let lines: string[] = [];
  let handled = 0;
  const stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    log: (line, source) => {
      if (source !== 'stack') {
        lines.push(line);
        handled += isHandled(line) ? 1 : 0;
      }
    },
    onAwsCall: ({ service, operation }) => aws.push(`${service} ${operation}`),
    onSlackCall: ({ method }) => slack.push(method),
  });
  try {
    const recorded = await readRecordedEvents([join(ROOT, 'events/runs', STORY)], process.stdin);
    const events = recorded.map(({ text }) => parseJson(text)).filter(isRecord);
    // The environments are warm, and what they read once is read.
    stack.putEvents(eventsOf('warm', 1));
    await stack.idle();
    [aws, slack, lines] = [[], [], []];
    for (const event of events) {
      stack.putEvents([event]);
      await wait(APART_MS);
    }
    await stack.idle();
    const rollout = {
      story: STORY,
      events: events.length,
      aws: counted(aws),
      slack: counted(slack),
      logLines: lines.length,
      logBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
    };
    const many = eventsOf('many', EXECUTIONS);
    handled = 0;
    const beganAt = performance.now();
    stack.putEvents(many);
    while (handled < many.length) {
      await wait(5);
    }
    const seconds = (performance.now() - beganAt) / 1000;
    return { rollout, throughput: { events: many.length, seconds, perSecond: many.length / seconds } };
  } finally {
    await stack.stop();
  }
};

/** Executions of fifty events, in the order of their times. */
const eventsOf = (pipeline: string, executions: number) =>
  createLoadEvents(
    {
      executions,
      pipelines: [pipeline],
      stages: 6,
      actionsPerStage: 3,
      startsAtMs: () => 0,
      lastsMs: 10_000,
      doubled: 0,
      shuffled: false,
    },
    Date.now(),
    createChance(1),
  )
    .map(({ text }) => parseJson(text))
    .filter(isRecord);

const isHandled = (line: string): boolean => {
  const entry = parseJson(line);
  return isRecord(entry) && entry['message'] === 'event handled';
};

const counted = (names: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...Map.groupBy(names, (name) => name)]
      .map(([name, all]) => [name, all.length] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
