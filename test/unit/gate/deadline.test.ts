import { describe, expect, it } from 'vitest';
import { deadlineOf, dueAfter } from '../../../shared/gate/gate-time.ts';
import { aPolicy, POINT } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const inMinutes = (at: number) => (at - TEN_O_CLOCK) / MINUTE;

describe('the deadline of a gate', () => {
  it.each([
    ['nothing', {}, undefined, Infinity],
    ['a time of its own', { expireAfterMs: HOUR }, undefined, 60],
    ['a time of its own, which is before that of AWS', { expireAfterMs: HOUR }, 24 * HOUR, 60],
    ['rejecting it when AWS gives up, of which nobody has told when', { onExpiry: 'reject' }, undefined, Infinity],
    ['rejecting it when AWS gives up', { onExpiry: 'reject' }, HOUR, 57],
    ['the same where AWS waits for four minutes only', { onExpiry: 'reject' }, 4 * MINUTE, 2],
    ['both', { onExpiry: 'reject', expireAfterMs: 2 * HOUR }, HOUR, 57],
  ] as const)('is, where the policy says %s, after so many minutes', (_what, given, awsWaitsMs, minutes) => {
    const gate = { openedAt: TEN_O_CLOCK, ...(awsWaitsMs !== undefined && { expiresAt: TEN_O_CLOCK + awsWaitsMs }) };
    expect(inMinutes(deadlineOf(gate, aPolicy(given)))).toBe(minutes);
  });

  it('is none where nobody has a say', () => {
    expect(deadlineOf({ openedAt: TEN_O_CLOCK, expiresAt: TEN_O_CLOCK + HOUR }, undefined)).toBe(Infinity);
  });

  it('is when the gate is looked at next', () => {
    const gate = {
      openedAt: TEN_O_CLOCK,
      shown: { revisions: [] },
      links: { gate: 'https://slack.com/1' },
    };
    const now = TEN_O_CLOCK + 2 * MINUTE;
    const next = (given: Parameters<typeof aPolicy>[0]) =>
      dueAfter(
        { ...gate, point: POINT, channels: [], state: { kind: 'open' }, clicks: [], reminded: 0 },
        aPolicy(given),
        now,
      );
    expect(inMinutes(next({}))).toBe(12);
    expect(inMinutes(next({ expireAfterMs: 5 * MINUTE }))).toBe(5);
    expect(inMinutes(next({ supersede: true }))).toBe(3);
  });
});
