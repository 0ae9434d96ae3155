import { describe, expect, it } from 'vitest';
import { dueAfter, remindersDue } from '../../../shared/gate/gate-time.ts';
import { aGate, aPolicy } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const MINUTE = 60_000;

/** Its message is there, and what it is about was looked up. */
const settled = aGate({
  shown: { revisions: [] },
  links: { gate: 'https://example.slack.com/archives/C1/p1' },
});

describe('reminders', () => {
  const policy = aPolicy({ remindAfterMs: [30 * MINUTE, 60 * MINUTE] });
  const dueAt = (minutes: number, reminded = 0) =>
    remindersDue({ openedAt: TEN_O_CLOCK, reminded }, policy, TEN_O_CLOCK + minutes * MINUTE);

  it('are due from their times on, after the gate was opened', () => {
    expect([29, 30, 59, 60, 600].map((minutes) => dueAt(minutes))).toEqual([0, 1, 1, 2, 2]);
  });

  it('that were sent stay sent, whatever the policy says by now', () => {
    expect(dueAt(30, 3)).toBe(3);
    expect(remindersDue({ openedAt: TEN_O_CLOCK, reminded: 2 }, undefined, TEN_O_CLOCK + 600 * MINUTE)).toBe(2);
  });
});

describe('a gate is looked at again', () => {
  const NOW = TEN_O_CLOCK + 5 * MINUTE;
  const minutesTo = (due: number): number => (due - NOW) / MINUTE;

  it('every ten minutes, for an event may have been lost', () => {
    expect(minutesTo(dueAfter(settled, aPolicy(), NOW))).toBe(10);
    expect(minutesTo(dueAfter(settled, undefined, NOW))).toBe(10);
  });

  it.each([
    ['what it is about', aGate({ links: { gate: 'https://example.slack.com/archives/C1/p1' } })],
    ['where its message is', aGate({ shown: { revisions: [] } })],
    ['where its own message is', aGate({ shown: { revisions: [] }, links: { rollout: 'https://example.slack.com/' } })],
    ['anything of it', aGate()],
  ])('after a minute as long as nobody knows %s, for ten minutes', (_what, gate) => {
    expect(minutesTo(dueAfter(gate, aPolicy(), NOW))).toBe(1);
    const tenMinutesLater = TEN_O_CLOCK + 10 * MINUTE;
    expect(dueAfter(gate, aPolicy(), tenMinutesLater)).toBe(tenMinutesLater + MINUTE);
    expect(dueAfter(gate, aPolicy(), tenMinutesLater + 1)).toBe(tenMinutesLater + 1 + 10 * MINUTE);
  });

  it('every minute where it gives way to a newer execution, of which no event tells', () => {
    expect(minutesTo(dueAfter(settled, aPolicy({ supersede: true }), NOW))).toBe(1);
  });

  it('when a reminder comes due, the next of them', () => {
    const policy = aPolicy({ remindAfterMs: [30 * MINUTE, 7 * MINUTE, 5 * MINUTE, 8 * MINUTE] });
    expect(minutesTo(dueAfter(settled, policy, NOW))).toBe(2);
  });

  it('when it has been open for too long, and not for that once it has', () => {
    const policy = aPolicy({ openLimitMs: 8 * MINUTE });
    expect(minutesTo(dueAfter(settled, policy, NOW))).toBe(3);
    const late = TEN_O_CLOCK + 8 * MINUTE;
    expect(dueAfter({ ...settled, overdue: true }, policy, late)).toBe(late + 10 * MINUTE);
  });

  it('a minute after AWS has given up, to see that it has', () => {
    expect(minutesTo(dueAfter({ ...settled, expiresAt: NOW + 2 * MINUTE }, aPolicy(), NOW))).toBe(3);
    expect(minutesTo(dueAfter({ ...settled, expiresAt: NOW - 2 * MINUTE }, aPolicy(), NOW))).toBe(10);
  });

  it('when a rule that approves may hold, and not for that once that is past', () => {
    expect(minutesTo(dueAfter(settled, aPolicy(), NOW, NOW + 3 * MINUTE))).toBe(3);
    expect(minutesTo(dueAfter(settled, aPolicy(), NOW, NOW))).toBe(10);
    expect(minutesTo(dueAfter(settled, aPolicy(), NOW, Infinity))).toBe(10);
  });
});
