import { describe, expect, it } from 'vitest';
import {
  adopted,
  awoken,
  claimed,
  closedToEdits,
  deliveryItem,
  doubted,
  failed,
  found,
  HEAL_MS,
  intended,
  LEASE_MS,
  noteWanted,
  postponed,
  refused,
  removed,
  SETTLE_MS,
  shown,
  WAKE_UP_MS,
  wanted,
} from '../../../shared/delivery/delivery.ts';
import type { Delivery } from '../../../shared/delivery/delivery.ts';

const NOW = 1_000_000;

const EDITED = { edits: 1, shownAt: NOW, troubles: [] };

const failedWith = (error: string) => ({ edits: 0, troubles: [{ error, count: 1, from: NOW, to: NOW }] });

/** At rest: it shows what is wanted. */
const aDelivery = (given: Partial<Delivery> = {}): Delivery => ({
  want: 3,
  done: 3,
  fence: 2,
  failures: 0,
  ts: '1.1',
  shown: 'digest',
  ...given,
});

describe('wanted', () => {
  it('begins a delivery and asks for a wake-up', () => {
    expect(wanted(1, NOW)(undefined)).toEqual({
      body: { want: 1, done: 0, fence: 0, failures: 0, dueAt: NOW + WAKE_UP_MS },
      outcome: true,
    });
  });

  it('wakes a delivery that is at rest', () => {
    expect(wanted(4, NOW)(aDelivery())).toEqual({
      body: aDelivery({ want: 4, dueAt: NOW + WAKE_UP_MS }),
      outcome: true,
    });
  });

  it('only raises what is wanted while a delivery is behind: its wake-up is on its way', () => {
    const behind = aDelivery({ want: 4, retryAt: NOW + 9, dueAt: NOW + 9 });
    expect(wanted(5, NOW)(behind)).toEqual({ body: { ...behind, want: 5 }, outcome: false });
  });

  it('changes nothing for a revision that is wanted already, or shown', () => {
    expect(wanted(3, NOW)(aDelivery())).toEqual({ outcome: false });
    expect(wanted(4, NOW)(aDelivery({ done: 5 }))).toEqual({ outcome: false });
    expect(wanted(5, NOW)(aDelivery({ done: 5 }))).toEqual({ outcome: false });
    expect(wanted(2, NOW)(aDelivery())).toEqual({ outcome: false });
  });

  it('never wants less than before', () => {
    const behind = aDelivery({ want: 6, dueAt: NOW });
    expect(wanted(5, NOW)(behind)).toEqual({ outcome: false });
    expect(wanted(6, NOW)(behind)).toEqual({ outcome: false });
  });

  it('tries a channel that may have let the bot in, and leaves one that is gone', () => {
    const healing = aDelivery({ want: 4, refused: 'heals', dueAt: NOW + HEAL_MS });
    expect(wanted(5, NOW)(healing)).toEqual({
      body: aDelivery({ want: 5, dueAt: NOW + WAKE_UP_MS }),
      outcome: true,
    });
    const gone = aDelivery({ want: 4, refused: 'for-good' });
    expect(wanted(5, NOW)(gone)).toEqual({ body: { ...gone, want: 5 }, outcome: false });
  });
});

describe('a note', () => {
  const note = { kind: 'vote', click: 'k1' } as const;

  it('is asked for once, however often it is told', () => {
    const { body, outcome } = noteWanted(note, NOW)(undefined);
    expect([body, outcome]).toEqual([{ want: 1, done: 0, fence: 0, failures: 0, dueAt: NOW + WAKE_UP_MS, note }, true]);
    expect(noteWanted(note, NOW + 1)(body)).toEqual({ outcome: false });
  });

  it('stays what it is once it is posted', () => {
    const posting = aDelivery({ want: 4, note });
    expect(shown(2, { ts: '1.1', rev: 4, digest: 'new', by: 'posted' }, NOW)(posting).body?.note).toEqual(note);
  });
});

describe('the sweep', () => {
  it('finds a delivery from when it is due, and never one that is not', () => {
    expect(deliveryItem.due?.(aDelivery({ dueAt: NOW }))).toEqual({ kind: 'delivery', at: NOW });
    expect(deliveryItem.due?.(aDelivery())).toBeUndefined();
  });
});

describe('claimed', () => {
  const behind = aDelivery({ want: 4, dueAt: NOW });

  it('raises the fence and keeps others away for the length of a lease', () => {
    const owned = { ...behind, fence: 3, dueAt: NOW + LEASE_MS };
    const { shown: digest, ...body } = owned;
    expect(claimed(NOW)(behind)).toEqual({ body, outcome: owned });
  });

  it.each([
    ['there is none', undefined],
    ['it is at rest', aDelivery()],
    ['its time has not come', aDelivery({ want: 4, retryAt: NOW + 1 })],
    ['Slack refused it for good', aDelivery({ want: 4, refused: 'for-good' })],
    [
      'a post of unknown outcome may still appear',
      { ...behind, ts: undefined, intent: { key: 'k', at: NOW - SETTLE_MS + 1 } },
    ],
  ])('leaves a delivery alone when %s', (_why, delivery) => {
    expect(
      claimed(NOW)(delivery === undefined ? undefined : deliveryItem.parse(JSON.parse(JSON.stringify(delivery)))),
    ).toEqual({
      outcome: undefined,
    });
  });

  it('waits for no post whose message is known by now', () => {
    const delivery = { ...behind, intent: { key: 'k', at: NOW } };
    expect(claimed(NOW)(delivery).outcome).toEqual({ ...delivery, fence: 3, dueAt: NOW + LEASE_MS });
  });

  it('knows nothing of what is shown after an owner that ended in the middle of an edit', () => {
    const { shown: digest, ...left } = behind;
    const owned = { ...left, fence: 3, dueAt: NOW + LEASE_MS };
    expect(claimed(NOW)(left)).toStrictEqual({ body: owned, outcome: owned });
  });

  it('takes one over whose post has had the time to appear', () => {
    const { ts, ...unknown } = behind;
    const delivery = { ...unknown, intent: { key: 'k', at: NOW - SETTLE_MS } };
    expect(claimed(NOW)(delivery).outcome).toEqual({ ...delivery, fence: 3, dueAt: NOW + LEASE_MS });
  });
});

describe('an owner', () => {
  // A claim forgets what is shown.
  const { shown: digest, ...owned } = aDelivery({
    want: 4,
    fence: 7,
    dueAt: NOW + LEASE_MS,
    failures: 2,
    error: 'old',
    retryAt: NOW - 1,
  });

  it('records what it shows, and is at rest', () => {
    expect(shown(7, { ts: '1.1', rev: 4, digest: 'new', by: 'updated' }, NOW)(owned)).toStrictEqual({
      body: { want: 4, done: 4, fence: 7, ts: '1.1', shown: 'new', failures: 0, history: EDITED },
      outcome: 'clean',
    });
  });

  it('is behind when more was wanted meanwhile', () => {
    expect(shown(7, { ts: '1.1', rev: 4, digest: 'new', by: 'updated' }, NOW)({ ...owned, want: 6 })).toEqual({
      body: {
        want: 6,
        done: 4,
        fence: 7,
        ts: '1.1',
        shown: 'new',
        failures: 0,
        dueAt: NOW + WAKE_UP_MS,
        history: EDITED,
      },
      outcome: 'behind',
    });
  });

  it('records nothing once another has taken over', () => {
    expect(shown(6, { ts: '1.1', rev: 4, digest: 'new', by: 'updated' }, NOW)(owned)).toEqual({ outcome: 'lost' });
    expect(intended(6, { key: 'k', at: NOW })(owned)).toEqual({ outcome: 'lost' });
    expect(failed(6, { error: 'e', retryAt: NOW, ambiguous: false }, NOW)(owned)).toEqual({ outcome: 'lost' });
    expect(postponed(6, NOW, 'keep-intent')(owned)).toEqual({ outcome: 'lost' });
    expect(refused(6, 'e', 'for-good', NOW)(owned)).toEqual({ outcome: 'lost' });
    expect(closedToEdits(6, 'e', NOW)(owned)).toEqual({ outcome: 'lost' });
  });

  it('records nothing of a delivery that is not there any more', () => {
    expect(failed(7, { error: 'e', retryAt: NOW, ambiguous: false }, NOW)(undefined)).toEqual({ outcome: 'lost' });
  });

  it('writes down that it begins a post', () => {
    const { ts, ...posting } = owned;
    const intent = { key: 'k', at: NOW };
    expect(intended(7, intent)(posting)).toEqual({ body: { ...posting, intent }, outcome: 'owned' });
  });

  it('keeps a message that it found without knowing when that was posted', () => {
    const { ts, ...posting } = owned;
    expect(found(7, '1.1')(posting)).toStrictEqual({ body: { ...posting, ts: '1.1' }, outcome: 'owned' });
  });

  it('remembers that a message cannot be edited any more', () => {
    const body = { ...owned, uneditable: true, history: failedWith('edit_window_closed') } as const;
    expect(closedToEdits(7, 'edit_window_closed', NOW)(owned)).toEqual({ body, outcome: 'owned' });
    expect(shown(7, { ts: '1.1', rev: 4, digest: 'new', by: 'unchanged' }, NOW)(body).body?.uneditable).toBe(true);
  });

  it('puts a delivery off without counting a failure, and looks for its post again or forgets it', () => {
    const { ts, ...posting } = { ...owned, intent: { key: 'k', at: NOW } };
    const { intent, ...settled } = posting;
    const later = { retryAt: NOW + 5, dueAt: NOW + 5 };
    expect(postponed(7, NOW + 5, 'keep-intent')(posting)).toStrictEqual({
      body: { ...posting, ...later },
      outcome: 'owned',
    });
    expect(postponed(7, NOW + 5, 'drop-intent')(posting).body).toStrictEqual({ ...settled, ...later });
    expect(postponed(7, NOW + 5, 'keep-intent')(settled).body).toStrictEqual({ ...settled, ...later });
    expect(postponed(7, NOW + 5, 'drop-intent', { error: 'ratelimited', at: NOW })(owned).body).toStrictEqual({
      ...owned,
      ...later,
      history: failedWith('ratelimited'),
    });
  });

  it('tries an edit of unknown outcome again like any other: there is no post to wait for', () => {
    const failure = { error: 'e', retryAt: NOW + 5, ambiguous: true };
    expect(failed(7, failure, NOW)(owned)).toStrictEqual({
      body: { ...owned, failures: 3, error: 'e', retryAt: NOW + 5, dueAt: NOW + 5, history: failedWith('e') },
      outcome: 'owned',
    });
  });

  it('does not begin a post where a message is already', () => {
    expect(intended(7, { key: 'k', at: NOW })(owned)).toEqual({ outcome: 'lost' });
  });

  it('keeps the message that was found after a post of unknown outcome', () => {
    const { ts, ...posting } = { ...owned, intent: { key: 'k', at: NOW } };
    const { intent, ...rest } = posting;
    expect(found(7, '1.1')(posting)).toEqual({
      body: { ...rest, ts: '1.1', history: { postedAt: NOW, shownAt: NOW, edits: 0, troubles: [] } },
      outcome: 'owned',
    });
    expect(found(7, '1.1')({ ...rest, ts: '1.1' })).toEqual({ outcome: 'owned' });
    expect(found(7, '1.1')({ ...rest, ts: '2.2' })).toEqual({ outcome: 'lost' });
    expect(found(6, '1.1')(posting)).toEqual({ outcome: 'lost' });
  });

  it('does not record its post where another became the message', () => {
    expect(shown(7, { ts: '2.2', rev: 4, digest: 'new', by: 'updated' }, NOW)(owned)).toEqual({ outcome: 'lost' });
  });

  it('forgets a post that certainly failed, and keeps one that may have happened', () => {
    const { ts, ...posting } = { ...owned, intent: { key: 'k', at: NOW } };
    const failure = { error: 'e', retryAt: NOW + 5 };
    const { intent, ...settled } = posting;
    expect(failed(7, { ...failure, ambiguous: false }, NOW)(posting).body).toEqual({
      ...settled,
      failures: 3,
      error: 'e',
      retryAt: NOW + 5,
      dueAt: NOW + 5,
      history: failedWith('e'),
    });
    expect(failed(7, { ...failure, ambiguous: true }, NOW)(posting).body).toEqual({
      ...posting,
      failures: 3,
      error: 'e',
      retryAt: NOW + SETTLE_MS,
      dueAt: NOW + SETTLE_MS,
      history: failedWith('e'),
    });
  });

  it('comes back by the hour to a channel that lets it in some day, and never to one that does not', () => {
    const { retryAt, dueAt, ...rest } = owned;
    expect(refused(7, 'not_in_channel', 'heals', NOW)(owned).outcome).toBe('owned');
    expect(refused(7, 'not_in_channel', 'heals', NOW)(owned).body).toEqual({
      ...rest,
      failures: 3,
      error: 'not_in_channel',
      refused: 'heals',
      dueAt: NOW + HEAL_MS,
      history: failedWith('not_in_channel'),
    });
    expect(refused(7, 'is_archived', 'for-good', NOW)(owned).body).toEqual({
      ...rest,
      failures: 3,
      error: 'is_archived',
      refused: 'for-good',
      history: failedWith('is_archived'),
    });
  });
});

describe('an owner that lost its fence', () => {
  it('gives its post to a delivery that has none', () => {
    const { ts, ...posting } = aDelivery({ want: 4, done: 0, intent: { key: 'k', at: NOW }, dueAt: NOW + 1 });
    const { intent, shown: digest, ...rest } = posting;
    expect(adopted('9.9', NOW)(posting)).toEqual({
      body: { ...rest, ts: '9.9', done: 0, history: { postedAt: NOW, shownAt: NOW, edits: 0, troubles: [] } },
      outcome: 'adopted',
    });
  });

  it('has the message that it gave brought up to date, when nothing else has it looked at', () => {
    const { ts, ...posting } = aDelivery({ want: 4, done: 0 });
    expect(adopted('9.9', NOW)(posting).body?.dueAt).toBe(NOW + WAKE_UP_MS);
  });

  it('gives its post once', () => {
    expect(adopted('1.1', NOW)(aDelivery())).toEqual({ outcome: 'adopted' });
  });

  it('has posted one too many where there is another', () => {
    const body = aDelivery({ extra: ['9.9'], dueAt: NOW + WAKE_UP_MS });
    expect(adopted('9.9', NOW)(aDelivery())).toEqual({ body, outcome: 'extra' });
    expect(adopted('9.9', NOW)(body)).toEqual({ outcome: 'extra' });
    expect(adopted('9.9', NOW)(undefined)).toEqual({ outcome: 'extra' });
    expect(adopted('9.9', NOW)(aDelivery({ extra: ['8.8'], dueAt: NOW }))).toEqual({
      body: aDelivery({ extra: ['8.8', '9.9'], dueAt: NOW }),
      outcome: 'extra',
    });
    expect(adopted('9.9', NOW)(aDelivery({ refused: 'for-good' }))).toStrictEqual({
      body: aDelivery({ refused: 'for-good', extra: ['9.9'] }),
      outcome: 'extra',
    });
  });

  it('keeps a post too many on record until it is deleted', () => {
    const extra = aDelivery({ extra: ['8.8', '9.9'], dueAt: NOW });
    expect(claimed(NOW)(extra).outcome).toEqual({ ...extra, fence: 3, dueAt: NOW + LEASE_MS });
    expect(shown(2, { ts: '1.1', rev: 3, digest: 'new', by: 'updated' }, NOW)(extra)).toEqual({
      body: { ...extra, shown: 'new', dueAt: NOW + WAKE_UP_MS },
      outcome: 'clean',
    });
    expect(removed('8.8')(extra)).toEqual({ body: aDelivery({ extra: ['9.9'], dueAt: NOW }), outcome: undefined });
    expect(removed('9.9')(aDelivery({ extra: ['9.9'], dueAt: NOW }))).toEqual({
      body: aDelivery(),
      outcome: undefined,
    });
    expect(removed('9.9')(aDelivery({ want: 4, extra: ['9.9'], dueAt: NOW })).body).toEqual(
      aDelivery({ want: 4, dueAt: NOW }),
    );
    expect(removed('7.7')(extra)).toEqual({ outcome: undefined });
    expect(removed('7.7')(aDelivery())).toEqual({ outcome: undefined });
    expect(removed('7.7')(undefined)).toEqual({ outcome: undefined });
    const never = aDelivery({ refused: 'for-good', extra: ['8.8', '9.9'] });
    expect(removed('9.9')(never).body).toStrictEqual({ ...never, extra: ['8.8'] });
  });

  it('puts in doubt what an edit of its own may have overwritten', () => {
    const { shown: digest, ...rest } = aDelivery();
    expect(doubted(NOW)(aDelivery())).toEqual({
      body: { ...rest, done: 0, fence: 3, dueAt: NOW + WAKE_UP_MS },
      outcome: undefined,
    });
  });

  it('puts nothing in doubt where there is nothing any more', () => {
    expect(doubted(NOW)(undefined)).toEqual({ outcome: undefined });
  });

  it('takes the word from an owner whose edit may have come before its own', () => {
    const owned = aDelivery({ want: 4, fence: 7 });
    const inDoubt = doubted(NOW)(owned).body;
    expect(shown(7, { ts: '1.1', rev: 4, digest: 'new', by: 'updated' }, NOW)(inDoubt)).toEqual({ outcome: 'lost' });
  });
});

describe('awoken', () => {
  it('leaves a delivery to its wake-up for a while', () => {
    const due = aDelivery({ want: 4, dueAt: NOW - 5 });
    expect(awoken(NOW - 5, NOW)(due).body).toEqual({ ...due, dueAt: NOW + 2 * WAKE_UP_MS });
  });

  it('changes nothing when the delivery has moved on', () => {
    expect(awoken(NOW - 5, NOW)(aDelivery({ dueAt: NOW + 5 }))).toEqual({ outcome: undefined });
    expect(awoken(NOW - 5, NOW)(undefined)).toEqual({ outcome: undefined });
  });
});
