import type { GatePolicy } from '../config/config.ts';
import type { Gate } from './gate.ts';

/** An event that tells of a decision made elsewhere may be lost: so often the platform is asked all the same. */
const LOOK_MS = 10 * 60_000;

/** What was just opened is looked at again soon: its message is there then, and AWS shows what it did not before. */
const SOON_MS = 60_000;

/** So long before the platform gives up waiting a gate is rejected that is to be: the sweep comes by once a minute. */
const BEFORE_MS = 3 * 60_000;

/** Where nobody may decide any more, nobody is reminded either, and nothing is rejected. */
const NOBODY: Pick<GatePolicy, 'remindAfterMs' | 'openLimitMs' | 'supersede' | 'expireAfterMs' | 'onExpiry'> = {
  remindAfterMs: [],
  supersede: false,
  onExpiry: 'aws',
};

/** When a gate that nobody has decided is rejected, in epoch milliseconds; Infinity: that is up to the platform. */
export const deadlineOf = (
  { openedAt, expiresAt = Infinity }: Pick<Gate, 'openedAt' | 'expiresAt'>,
  { expireAfterMs = Infinity, onExpiry }: Pick<GatePolicy, 'expireAfterMs' | 'onExpiry'> = NOBODY,
): number => {
  const theirs = onExpiry === 'reject' ? Math.max(expiresAt - BEFORE_MS, (openedAt + expiresAt) / 2) : Infinity;
  return Math.min(openedAt + expireAfterMs, theirs);
};

/** How many of a policy's reminders are due by now. */
export const remindersDue = (
  { openedAt, reminded }: Pick<Gate, 'openedAt' | 'reminded'>,
  { remindAfterMs }: Pick<GatePolicy, 'remindAfterMs'> = NOBODY,
  now: number,
): number => Math.max(reminded, remindAfterMs.filter((after) => openedAt + after <= now).length);

/** When an open gate is to be looked at again, in epoch milliseconds. `ruleAt`: when a rule that approves may hold. */
export const dueAfter = (
  gate: Gate,
  policy: Pick<GatePolicy, keyof typeof NOBODY> = NOBODY,
  now: number,
  ruleAt = Infinity,
): number => {
  const { openedAt, expiresAt = Infinity, shown, links } = gate;
  const { remindAfterMs, openLimitMs = Infinity, supersede } = policy;
  const isSettled = (shown !== undefined && links?.gate !== undefined) || openedAt + LOOK_MS < now;
  const moments = [
    deadlineOf(gate, policy),
    // No event tells that a newer execution waits behind it.
    now + (isSettled && !supersede ? LOOK_MS : SOON_MS),
    ...[...remindAfterMs, openLimitMs].map((after) => openedAt + after),
    expiresAt + SOON_MS,
    ruleAt,
  ];
  return Math.min(...moments.filter((at) => at > now));
};
