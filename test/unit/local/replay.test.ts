import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../../local/replay/read-recorded-events.ts';
import { replayEvents } from '../../../local/replay/replay-events.ts';
import type { Replayed } from '../../../local/replay/replay-events.ts';
import { scheduleEvents } from '../../../local/replay/schedule-events.ts';
import { readRecordedEvents } from '../../../local/replay/read-recorded-events.ts';
import type { Config } from '../../../shared/config/config.ts';

const CONFIG: Config = {
  slack: { workspace: 'T1', channels: { deployments: 'C1', incidents: 'C2' } },
  environments: [{ name: 'production', match: { pipeline: ['*-prod'], account: [] } }],
  routes: [
    { match: { pipeline: [], state: [] }, to: [{ kind: 'slack', channel: 'C1' }] },
    { match: { pipeline: [], state: ['failed'] }, to: [{ kind: 'slack', channel: 'C2' }] },
    { match: { pipeline: [], state: ['succeeded', 'failed'] }, to: [{ kind: 'sns', topic: 'releases' }] },
  ],
};

const ONCE = { repeat: 1, shuffle: undefined };

const told = (given: Record<string, unknown> = {}, detail: Record<string, unknown> = {}): string =>
  JSON.stringify({
    id: 'event-1',
    'detail-type': 'CodePipeline Pipeline Execution State Change',
    source: 'aws.codepipeline',
    account: '111122223333',
    region: 'eu-west-1',
    time: '2026-11-20T10:00:00Z',
    detail: { pipeline: 'shop-prod', 'execution-id': 'execution-1', state: 'STARTED', ...detail },
    ...given,
  });

const recorded = (...texts: readonly string[]): readonly RecordedEvent[] =>
  texts.map((text, index) => ({ path: 'events.json', index, text }));

const replay = (
  events: readonly RecordedEvent[],
  order: Parameters<typeof scheduleEvents>[1] = ONCE,
  config = CONFIG,
) =>
  replayEvents(config, scheduleEvents(events, order), {
    lookUp: () => Promise.resolve({}),
    join: (change) => Promise.resolve(change),
  });

const outcomes = ({ events }: Replayed) => events.map(({ outcome }) => outcome);

/** What has to be the same whatever the order and the repetitions. */
const whatCounts = ({ rollouts, slack, converged }: Replayed) => ({
  rollouts,
  converged,
  posts: slack.calls.filter(({ method, result }) => method === 'chat.postMessage' && result === 'ok').length,
  messages: slack.messages.map(({ channel, text, blocks }) => JSON.stringify([channel, text, blocks])).sort(),
});

describe('replay', () => {
  it('says what became of each event', async () => {
    const replayed = await replay(
      recorded(
        told(),
        told(),
        told({ id: 'event-0' }),
        told({ source: 'aws.s3' }),
        told({ 'detail-type': 'CodePipeline Something New' }),
        told({ time: 'yesterday' }),
        '',
        '3',
        'null',
        '{"id":"x"',
      ),
    );
    expect(replayed.events).toEqual([
      { path: 'events.json', index: 0, id: 'event-1', outcome: 'applied', reason: null },
      { path: 'events.json', index: 1, id: 'event-1', outcome: 'duplicate', reason: null },
      { path: 'events.json', index: 2, id: 'event-0', outcome: 'stale', reason: null },
      { path: 'events.json', index: 3, id: 'event-1', outcome: 'ignored', reason: 'unknown source' },
      { path: 'events.json', index: 4, id: 'event-1', outcome: 'ignored', reason: 'unknown detail-type' },
      {
        path: 'events.json',
        index: 5,
        id: 'event-1',
        outcome: 'quarantined',
        reason: 'time: is not an ISO 8601 time of this century',
      },
      { path: 'events.json', index: 6, id: null, outcome: 'quarantined', reason: 'empty' },
      {
        path: 'events.json',
        index: 7,
        id: null,
        outcome: 'quarantined',
        reason: 'an event is a JSON object, this is a number',
      },
      {
        path: 'events.json',
        index: 8,
        id: null,
        outcome: 'quarantined',
        reason: 'an event is a JSON object, this is null',
      },
      { path: 'events.json', index: 9, id: null, outcome: 'quarantined', reason: 'not JSON' },
    ]);
    expect(replayed.converged).toBe(true);
  });

  it('takes in what was recorded at any time, long before the first event too', async () => {
    const before = told({ id: 'event-0', time: '2019-01-01T10:00:00Z' }, { 'execution-id': 'execution-0' });
    expect(outcomes(await replay(recorded(told(), before)))).toEqual(['applied', 'applied']);
  });

  it('counts what nobody wants to hear as unrouted', async () => {
    const nobody = { ...CONFIG, routes: [] };
    const replayed = await replay(recorded(told()), ONCE, nobody);
    expect(outcomes(replayed)).toEqual(['unrouted']);
    expect(replayed.slack).toEqual({ messages: [], calls: [] });
  });

  it('shows the rollout, its message and its mail as they are in the end', async () => {
    const replayed = await replay(
      recorded(told(), told({ id: 'event-2', time: '2026-11-20T10:00:30Z' }, { state: 'SUCCEEDED' })),
    );
    expect(replayed.rollouts).toEqual([
      {
        source: 'codepipeline',
        partition: 'aws',
        account: '111122223333',
        region: 'eu-west-1',
        name: 'shop-prod',
        executionId: 'execution-1',
        state: 'succeeded',
        registers: { rollout: 'succeeded' },
      },
    ]);
    const [message] = replayed.slack.messages;
    const ts = message?.ts ?? null;
    expect(ts).toMatch(/^\d{10}\.\d{6}$/);
    expect(replayed.slack.messages).toEqual([
      {
        channel: 'C1',
        ts,
        threadTs: null,
        text: 'shop-prod (production) succeeded after 30 s',
        blocks: message?.blocks,
        edits: 1,
      },
    ]);
    expect(message?.blocks[0]).toMatchObject({ type: 'header', text: { text: '✅ shop-prod succeeded · production' } });
    expect(replayed.slack.calls).toEqual([
      { method: 'chat.postMessage', channel: 'C1', ts, result: 'ok' },
      { method: 'chat.update', channel: 'C1', ts, result: 'ok' },
    ]);
    expect(replayed.sns.map(({ topic, subject }) => [topic, subject])).toEqual([
      ['releases', '[production] shop-prod succeeded'],
    ]);
  });

  it.each([
    { repeat: 1, shuffle: 1 },
    { repeat: 1, shuffle: 4_294_967_295 },
    { repeat: 3, shuffle: undefined },
    { repeat: 4, shuffle: 7 },
  ])('comes to the same with $repeat copies of every sample in the order of seed $shuffle', async (order) => {
    const samples = await readRecordedEvents(['events'], process.stdin);
    const straight = await replay(samples);
    const replayed = await replay(samples, order);
    expect(whatCounts(replayed)).toEqual(whatCounts(straight));
    expect(replayed.events).toHaveLength(order.repeat * samples.length);
    const duplicates = (of: Replayed) => outcomes(of).filter((outcome) => outcome === 'duplicate').length;
    const heeded = outcomes(straight).filter((outcome) => outcome !== 'ignored').length;
    expect(duplicates(replayed)).toBe(duplicates(straight) + (order.repeat - 1) * heeded);
    expect(replayed.sns).toHaveLength(straight.sns.length);
  });

  it('does the same twice', async () => {
    const samples = await readRecordedEvents(['events'], process.stdin);
    const order = { repeat: 2, shuffle: 42 };
    expect(await replay(samples, order)).toEqual(await replay(samples, order));
  });

  it('shuffles by seed', () => {
    const events = recorded(...Array.from({ length: 20 }, (_, number) => told({ id: `event-${number}` })));
    const order = (shuffle: number) => scheduleEvents(events, { repeat: 1, shuffle }).events.map(({ index }) => index);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect(order(1).toSorted((a, b) => a - b)).toEqual(events.map(({ index }) => index));
  });

  it('keeps 500 executions within Slack’s limits, and loses none', async () => {
    const events = recorded(
      ...Array.from({ length: 500 }, (_, number) => told({ id: `event-${number}` }, { 'execution-id': `e-${number}` })),
    );
    const replayed = await replay(events);
    expect(replayed.converged).toBe(true);
    expect(replayed.slack.messages).toHaveLength(500);
    expect(replayed.slack.calls.filter(({ result }) => result !== 'ok')).toEqual([]);
  });

  it('takes details of a quarter of a megabyte and of ten thousand levels', async () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const replayed = await replay(
      recorded(
        told({ id: 'large' }, { 'execution-trigger': { 'trigger-type': 'x'.repeat(250_000) } }),
        told({ id: 'deep', time: '2026-11-20T10:00:01Z' }).replace('"STARTED"', `"SUCCEEDED","deep":${deep}`),
      ),
    );
    expect(outcomes(replayed)).toEqual(['applied', 'applied']);
  });
});

describe('the schedule of a replay', () => {
  const at = (...times: readonly string[]) => {
    const { startsAt, events } = scheduleEvents(recorded(...times.map((time) => told({ time }))), ONCE);
    return [new Date(startsAt).toISOString(), ...events.map(({ atMs }) => atMs / 1000)];
  };

  it('begins with the first time that can be read', () => {
    expect(at('never', '2026-11-20T10:00:00Z')).toEqual(['2026-11-20T10:00:00.000Z', 0, 0]);
    expect(at('never')).toEqual(['1970-01-01T00:00:00.000Z', 0]);
  });

  it('keeps the intervals between events, up to ten minutes', () => {
    expect(at('2026-11-20T10:00:00Z', '2026-11-20T10:00:07Z', '2026-11-21T10:00:00Z')).toEqual([
      '2026-11-20T10:00:00.000Z',
      0,
      7,
      607,
    ]);
  });

  it('does not wait for an event that is out of order, and goes on from there', () => {
    expect(at('2026-11-20T10:00:00Z', '2026-11-20T09:00:00Z', 'never', '2026-11-20T10:00:05Z')).toEqual([
      '2026-11-20T10:00:00.000Z',
      0,
      0,
      0,
      600,
    ]);
  });
});
