import { describe, expect, it } from 'vitest';
import { createChance } from '../../../local/virtual/chance.ts';
import { createCalmNetwork } from '../../../local/virtual/network.ts';
import type { Call, Network } from '../../../local/virtual/network.ts';
import { failureOfWord } from '../../../shared/delivery/slack-reply.ts';
import { parseEventText } from '../../../shared/rollout/parse-event.ts';
import { createLoadEvents } from '../../bench/load-workload.ts';
import type { Workload } from '../../bench/load-workload.ts';
import { pipelinesOf, playLoad } from '../../bench/play-load.ts';
import type { Load } from '../../bench/play-load.ts';

const aWorkload = (given: Partial<Workload> = {}): Workload => ({
  executions: 4,
  pipelines: pipelinesOf(2),
  stages: 6,
  actionsPerStage: 3,
  startsAtMs: () => 0,
  lastsMs: 10_000,
  doubled: 0,
  shuffled: false,
  ...given,
});

const BEGIN = Date.UTC(2026, 10, 20, 10);

const eventsOf = (given: Partial<Workload> = {}) => createLoadEvents(aWorkload(given), BEGIN, createChance(1));

describe('a load', () => {
  it('has fifty events an execution, each a change, in the order in which they come', () => {
    const events = eventsOf();
    expect(events).toHaveLength(200);
    expect(new Set(events.map(({ text }) => parseEventText(text).kind))).toEqual(new Set(['change']));
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).sort((a, b) => a - b));
    expect(events.every(({ atMs }) => atMs < 10_000)).toBe(true);
  });

  it('has one execution in ten fail', () => {
    const ends = eventsOf({ executions: 20 }).flatMap(({ text }) => {
      const parsed = parseEventText(text);
      return parsed.kind === 'change' && parsed.change.register.kind === 'rollout' ? [parsed.change.state] : [];
    });
    expect(ends.filter((state) => state === 'failed')).toHaveLength(2);
    expect(ends.filter((state) => state === 'succeeded')).toHaveLength(18);
  });

  it('shuffled has the same events at the same times', () => {
    const [ordered, shuffled] = [eventsOf(), eventsOf({ shuffled: true })];
    expect(shuffled.map(({ text }) => text)).not.toEqual(ordered.map(({ text }) => text));
    expect(shuffled.map(({ atMs }) => atMs)).toEqual(ordered.map(({ atMs }) => atMs));
    expect(shuffled.map(({ text }) => text).sort()).toEqual(ordered.map(({ text }) => text).sort());
  });

  it('doubled has some of them twice', () => {
    const texts = eventsOf({ doubled: 0.1 }).map(({ text }) => text);
    expect(new Set(texts).size).toBe(200);
    expect(texts.length).toBeGreaterThan(200);
  });
});

const play = (networkOf: Load['networkOf'], seed?: number) =>
  playLoad({ workload: aWorkload(), channels: 2, networkOf }, seed);

/** A calm network on which one method of Slack is another thing. */
const slackThat =
  (method: string, does: (call: Call, calm: Network) => Network['slack']): Load['networkOf'] =>
  (kernel) => {
    const calm = createCalmNetwork(kernel);
    return {
      aws: calm.aws,
      slack: (call, effect) => (call.operation === method ? does(call, calm)(call, effect) : calm.slack(call, effect)),
    };
  };

describe('playing a load', () => {
  it('counts what reached Slack, and finds every message as it has to be', async () => {
    const played = await play(createCalmNetwork);
    expect(played).toMatchObject({
      events: 200,
      messages: 4,
      mostMessages: 2,
      posts: 4,
      duplicates: 0,
      stale: 0,
      rateLimited: 0,
      callsInOutage: 0,
      deadLetters: 0,
    });
    expect(played.slackCalls).toBe(played.posts + played.edits);
    expect(played.convergedMs).toBeGreaterThan(played.lastArrivalMs);
  });

  it('is the same again, and another with another seed', async () => {
    const played = await play(createCalmNetwork);
    expect(await play(createCalmNetwork)).toEqual(played);
    expect(await play(createCalmNetwork, 2)).not.toEqual(played);
  });

  it('sees messages that show something else than was received', async () => {
    const refusing = slackThat(
      'chat.update',
      () => () => Promise.resolve({ ok: false, failure: failureOfWord('message_not_found') }),
    );
    expect(await play(refusing)).toMatchObject({ messages: 4, edits: 0, stale: 4 });
  });

  it('sees messages that are there twice', async () => {
    const doubling = slackThat(
      'chat.postMessage',
      (_call, calm) => (call, effect) =>
        calm.slack(call, () => {
          effect();
          return effect();
        }),
    );
    expect(await play(doubling)).toMatchObject({ messages: 8, duplicates: 4 });
  });
});
