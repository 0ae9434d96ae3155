import { describe, expect, it } from 'vitest';
import { drawStory } from '../../../local/explain/draw-story.ts';
import type { StoredRow } from '../../../local/explain/find-rollouts.ts';
import { rolloutStory, StoryUnreadable } from '../../../local/explain/rollout-story.ts';
import type { StoryEvent, StoryMessage } from '../../../local/explain/rollout-story.ts';
import type { Config } from '../../../shared/config/config.ts';
import type { Delivery } from '../../../shared/delivery/delivery.ts';
import type { Pause } from '../../../shared/delivery/pause.ts';
import type { EventRecord } from '../../../shared/rollout/event-record.ts';
import type { Rollout } from '../../../shared/rollout/rollout.ts';
import { aChange, aRollout, aRolloutId, aServiceDeploymentId, TEN_O_CLOCK } from '../../support/rollouts.ts';
import { aToldDay } from '../../support/told-day.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NOW = TEN_O_CLOCK + 60 * MINUTE;

const CONFIG: Config = {
  slack: { workspace: 'T1', channels: { deployments: 'C1' } },
  environments: [],
  routes: [],
};

const ROLLOUT = aRollout(
  aChange(),
  aChange({ state: 'failed', version: { time: TEN_O_CLOCK + 5 * MINUTE, rank: 20 } }),
);

const row = (sk: string, body: unknown): StoredRow => ({ sk, rev: 3, body });

const aRecord = (given: Partial<EventRecord> = {}): EventRecord => ({
  outcome: 'applied',
  eventIds: ['event-1'],
  register: 'rollout',
  state: 'in-progress',
  routes: ['route 1'],
  channels: ['C1'],
  topics: [],
  attempt: 1,
  time: TEN_O_CLOCK,
  handledAt: TEN_O_CLOCK + SECOND,
  published: [],
  ...given,
});

const tell = (items: readonly StoredRow[], pauses: readonly StoredRow[] = [], rollout: Rollout = ROLLOUT) =>
  rolloutStory(
    { id: aRolloutId(), items: [row('STATE', { rollout, channels: ['C1'] }), ...items], pauses },
    CONFIG,
    NOW,
  );

const eventsOf = (...records: readonly EventRecord[]): readonly StoryEvent[] =>
  tell(records.map((record, index) => row(`EVENT#${index}`, record))).events;

describe('the story of a rollout', () => {
  it('begins with what it is, how it went and who started it', async () => {
    const { stored, config, now } = await aToldDay();
    const { events, facts, messages, notes, gates, validations, link, ...head } = rolloutStory(stored, config, now);
    expect([...gates, ...validations]).toEqual([]);
    expect(head).toEqual({
      rollout: stored.id,
      title: 'shop / prod (production) failed after 2 min 58 s',
      environment: 'production',
      state: 'failed',
      attempt: 1,
      startedAt: Date.UTC(2026, 10, 20, 10, 20, 4),
      endedAt: Date.UTC(2026, 10, 20, 10, 23, 2),
      startedBy: ['Started by a user'],
      revision: 10,
      delayMs: 1_400,
      lookedUp: true,
      unreadable: [],
    });
    expect(link).toContain('d-G3W86ZBCU');
    expect([events.length, facts.map(({ name }) => name), messages.length, notes.map(({ key }) => key)]).toEqual([
      8,
      ['creator', 'failure'],
      2,
      ['failed rollout 0'],
    ]);
  });

  it('tells of an event what it changed, where it led, and by how many ids it came', () => {
    const record = aRecord({ eventIds: ['event-1', 'event-2'], topics: ['releases'], published: ['releases'] });
    expect(eventsOf(record)).toEqual([
      {
        register: 'rollout',
        part: null,
        state: 'in-progress',
        attempt: 1,
        time: TEN_O_CLOCK,
        handledAt: TEN_O_CLOCK + SECOND,
        late: 'no',
        outcome: 'applied',
        why: null,
        eventIds: ['event-1', 'event-2'],
        routes: ['route 1'],
        channels: ['C1'],
        published: ['releases'],
        unpublished: [],
        replay: null,
        trouble: null,
      },
    ]);
  });

  it('is in the order of handling, and marks what came late', () => {
    const late = aRecord({ eventIds: ['b'], time: TEN_O_CLOCK + SECOND, handledAt: TEN_O_CLOCK + 3 * MINUTE });
    const newer = aRecord({ eventIds: ['c'], time: TEN_O_CLOCK + 10 * MINUTE, handledAt: TEN_O_CLOCK + 11 * MINUTE });
    const behind = aRecord({ eventIds: ['d'], time: TEN_O_CLOCK + 5 * MINUTE, handledAt: TEN_O_CLOCK + 12 * MINUTE });
    const told = eventsOf(behind, newer, late, aRecord({ eventIds: ['a'] }));
    expect(told.map(({ eventIds, late: how }) => [eventIds[0], how])).toEqual([
      ['a', 'no'],
      ['b', 'slow'],
      ['c', 'no'],
      ['d', 'out-of-order'],
    ]);
  });

  it('calls nothing of a batch out of order, nor slow what was replayed days later', () => {
    const newer = aRecord({ time: TEN_O_CLOCK + MINUTE, handledAt: NOW });
    const older = aRecord({ time: TEN_O_CLOCK, handledAt: NOW + 5 });
    const { delayMs, events } = tell([row('EVENT#1', newer), row('EVENT#2', older)]);
    expect(delayMs).toBe(59 * MINUTE);
    expect(events.map(({ late }) => late)).toEqual(['no', 'no']);
  });

  it.each([
    ['older than what was known', { time: TEN_O_CLOCK }],
    ['the same as what was known, by another road', { time: TEN_O_CLOCK + 5 * MINUTE, state: 'failed' as const }],
    ['of the same second as what was known, and less far along', { time: TEN_O_CLOCK + 5 * MINUTE }],
    ['not kept: a rollout keeps 150 parts, the rollout and its stages first', { register: 'action:Deploy/A%20b' }],
  ])('says why an event did not count: %s', (why, given) => {
    expect(eventsOf(aRecord({ outcome: 'stale', ...given })).map((event) => event.why)).toEqual([why]);
  });

  it('says that an event brought no more than a start once a newer one of the same part was there', () => {
    const newer = aRecord({ time: TEN_O_CLOCK + 5 * MINUTE, state: 'failed' });
    const older = aRecord({ handledAt: TEN_O_CLOCK + 6 * MINUTE });
    expect(eventsOf(newer, older).map(({ why }) => why)).toEqual([
      null,
      'it told a start or another fact; its state was over by then',
    ]);
  });

  it('names the topics that an event is still to be published to, and how often one refused', () => {
    const trouble = { at: NOW, error: 'Throttled', count: 3 };
    const [event] = eventsOf(aRecord({ topics: ['releases', 'oncall'], published: ['oncall'], trouble }));
    expect({ unpublished: event?.unpublished, trouble: event?.trouble }).toEqual({
      unpublished: ['releases'],
      trouble,
    });
  });

  it('tells of an event that the version before recorded as much as that kept', () => {
    const { topics, routes, channels, state, ...before } = aRecord({ trouble: { at: NOW, error: 'Throttled' } });
    expect(eventsOf(before)).toMatchObject([
      { state: null, routes: [], channels: [], unpublished: [], trouble: { error: 'Throttled', count: 1 } },
    ]);
  });

  it('says that nothing was looked up, where AWS has not answered', () => {
    const story = tell([]);
    expect(story.lookedUp).toBe(false);
    expect(drawStory(story, CONFIG, false)).toContain('nothing looked up: AWS has not answered');
  });

  it('says so of the deployment of a service only where nobody could say which it is', () => {
    const of = (executionId: string) =>
      tell([], [], aRollout(aChange({ rollout: aServiceDeploymentId({ executionId }) }))).lookedUp;
    expect([of('0EYSiBq8vWc1T7rKzLm5x'), of('ecs-svc/4980306466373577095')]).toEqual([true, false]);
  });

  it('names the replay of an event that was told to no topic, unless the event itself came as well', () => {
    const replayed = aRecord({ replay: 'after-the-outage' });
    expect(drawStory(tell([row('EVENT#1', replayed)]), CONFIG, false)).toContain(
      'replayed by after-the-outage: not published, nobody called',
    );
    expect(eventsOf({ ...replayed, published: ['releases'] }).map(({ replay }) => replay)).toEqual([null]);
  });

  it('tells of what is said in the thread of a message that cannot be edited any more', () => {
    const note = { want: 1, done: 1, fence: 1, failures: 0, ts: '1.2', note: { kind: 'news' as const } };
    const story = tell([row('NOTE#C1#now%20failed%201', note)]);
    expect(story.notes).toMatchObject([{ key: 'now failed 1', kind: 'news', status: 'shown' }]);
    expect(drawStory(story, CONFIG, false)).toContain('says what the message cannot show');
  });

  it('goes on without what it cannot read, and says so; without the rollout itself there is no story', () => {
    expect(tell([row('EVENT#1', { outcome: 'tomorrow' }), row('SLACK#C1', 1)]).unreadable).toEqual([
      'EVENT#1',
      'SLACK#C1',
    ]);
    const asked = () => rolloutStory({ id: aRolloutId(), items: [row('STATE', {})], pauses: [] }, CONFIG, NOW);
    expect(asked).toThrow(StoryUnreadable);
  });

  it('prints no secret and drives no terminal, whatever is stored', () => {
    const hostile = '\u001b[2J\u202e xoxb-123456789012-abcdef';
    const commit = { kind: 'commit' as const, message: hostile, author: hostile };
    const version = { attempt: 1, time: TEN_O_CLOCK, rank: 1, eventId: hostile };
    const rollout: Rollout = { ...ROLLOUT, facts: { trigger: { version, value: commit } } };
    const trouble = { at: NOW, error: hostile };
    const story = tell(
      [
        row('EVENT#1', aRecord({ trouble, routes: [hostile], topics: [hostile], eventIds: [hostile, 'b'] })),
        row('SLACK#C1', {
          want: 2,
          done: 0,
          fence: 1,
          failures: 1,
          error: hostile,
          refused: 'for-good',
          history: { edits: 0, troubles: [{ error: hostile, count: 1, from: NOW, to: NOW }] },
        }),
      ],
      [],
      rollout,
    );
    const drawn = drawStory(story, CONFIG, false);
    expect(['\u001b', '\u202e', 'undefined'].filter((one) => drawn.includes(one))).toEqual([]);
    const { facts, messages, startedBy } = story;
    expect(JSON.stringify([facts.map(({ says }) => says), messages, startedBy])).not.toContain('123456789012');
  });
});

describe('the story of a message', () => {
  const aDelivery = (given: Partial<Delivery> = {}): Delivery => ({
    want: 3,
    done: 2,
    fence: 4,
    failures: 0,
    ts: '1.1',
    dueAt: NOW + MINUTE,
    ...given,
  });

  const messageOf = (delivery: Delivery, pauses: readonly StoredRow[] = []): StoryMessage | undefined =>
    tell([row('SLACK#C1', delivery)], pauses).messages[0];

  const standing = (delivery: Delivery, pauses: readonly StoredRow[] = []) => {
    const { status, because, nextTryAt } = messageOf(delivery, pauses) ?? {};
    return { status, because, nextTryAt };
  };

  const pause = (sk: string, body: Pause): StoredRow => row(sk, body);

  it('says what was done, and of whom the version before kept no times that nobody knows them', () => {
    const { dueAt, ...atRest } = aDelivery({ done: 3 });
    const history = {
      postedAt: TEN_O_CLOCK,
      shownAt: NOW,
      edits: 2,
      troubles: [{ error: 'HTTP 503', count: 2, from: 1, to: 2 }],
    };
    const story: StoryMessage = {
      channel: 'C1',
      status: 'shown',
      because: null,
      remedy: null,
      ts: '1.1',
      shown: 3,
      wanted: 3,
      postedAt: TEN_O_CLOCK,
      shownAt: NOW,
      edits: 2,
      turns: 4,
      nextTryAt: null,
      troubles: [{ error: 'HTTP 503', says: 'Slack answered HTTP 503', count: 2, from: 1, to: 2 }],
    };
    expect(messageOf({ ...atRest, history })).toEqual(story);
    expect(messageOf(atRest)).toEqual({ ...story, postedAt: null, shownAt: null, edits: null, troubles: [] });
  });

  it('waits for the end of a pause that Slack asked for', () => {
    const until = NOW + 30 * SECOND;
    expect(standing(aDelivery({ retryAt: until }), [pause('METHOD#chat.update', { until, count: 0 })])).toEqual({
      status: 'waiting',
      because:
        'Slack asked for a pause: more messages than it takes (ratelimited): no chat.update before the pause is over',
      nextTryAt: until,
    });
  });

  it('waits for a new token as long as Slack accepts none, whatever else is the matter', () => {
    const circuit = pause('CIRCUIT', { until: NOW + MINUTE, count: 2, error: 'token_revoked' });
    const told = messageOf(aDelivery({ retryAt: NOW + SECOND, failures: 2, error: 'HTTP 500' }), [circuit]);
    expect(told).toMatchObject({
      status: 'waiting',
      because: 'every message of the workspace waits: Slack does not accept the token (token_revoked)',
      nextTryAt: NOW + MINUTE,
    });
    expect(told?.remedy).toContain('Put a token that Slack accepts into the parameter');
  });

  it.each([
    [
      'a try after failures',
      { retryAt: NOW + SECOND, failures: 2, error: 'HTTP 503' },
      { status: 'waiting', because: 'Slack answered HTTP 503, 2 times in a row', nextTryAt: NOW + SECOND },
    ],
    [
      'its wake-up',
      {},
      { status: 'under-way', because: 'it is someone’s turn, or a wake-up is on its way', nextTryAt: NOW + MINUTE },
    ],
    [
      'a sweep that has not come',
      { dueAt: NOW - 11 * MINUTE },
      { status: 'waiting', because: 'it is due and nobody has come for it', nextTryAt: NOW - 11 * MINUTE },
    ],
    [
      'an invitation',
      { refused: 'heals' as const, error: 'not_in_channel' },
      { status: 'waiting', because: 'the bot is not in the channel (not_in_channel)', nextTryAt: NOW + MINUTE },
    ],
    [
      'nothing any more',
      { refused: 'for-good' as const, error: 'is_archived' },
      { status: 'refused', because: 'the channel is archived (is_archived)', nextTryAt: null },
    ],
    [
      'the deletion of a post too many',
      { done: 3, extra: ['2.2'] },
      { status: 'shown', because: 'posts one too many, to be deleted: 1', nextTryAt: NOW + MINUTE },
    ],
  ])('says that it waits for %s', (_what, given, expected) => {
    expect(standing(aDelivery(given))).toEqual(expected);
  });

  it('says where the news are of one that cannot be edited any more', () => {
    const { dueAt, ...atRest } = aDelivery({ done: 3, uneditable: true });
    expect(standing(atRest)).toEqual({
      status: 'shown',
      because: 'it cannot be edited any more: what is new is in its thread',
      nextTryAt: null,
    });
  });

  it('says that nobody knows how a post ended', () => {
    const { ts, ...unposted } = aDelivery({ intent: { key: 'k', at: NOW - SECOND } });
    expect(standing(unposted)).toEqual({
      status: 'under-way',
      because: 'a post was begun; whether it is there is found out before the next',
      nextTryAt: NOW + MINUTE,
    });
  });

  it('has a reply wait for the message whose thread it belongs in', () => {
    const { ts, ...unposted } = aDelivery();
    const note = {
      ...unposted,
      note: { kind: 'failure' as const, register: { kind: 'rollout' as const }, attempt: 1, mentions: ['S1'] },
    };
    const { notes } = tell([row('SLACK#C1', unposted), row('NOTE#C1#failed%20rollout%201', note)]);
    expect(notes).toMatchObject([
      {
        channel: 'C1',
        key: 'failed rollout 1',
        kind: 'failure',
        calls: ['S1'],
        part: null,
        attempt: 1,
        status: 'waiting',
        because: 'for the message that it is a reply to',
      },
    ]);
  });
});
