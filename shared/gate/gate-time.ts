import type { GatePolicy } from '../config/config.ts';
import type { Gate } from './gate.ts';

/** An event that tells of a decision made elsewhere may be lost: so often the platform is asked all the same. */
const LOOK_MS = 10 * 60_000;

/** What was just opened is looked at again soon: its message is there then, and AWS shows what it did not before. */
const SOON_MS = 60_000;

/** Where nobody may decide any more, nobody is reminded either. */
const NOBODY: Pick<GatePolicy, 'remindAfterMs' | 'openLimitMs' | 'supersede'> = { remindAfterMs: [], supersede: false };

/** How many of a policy's reminders are due by now. */
export const remindersDue = (
  { openedAt, reminded }: Pick<Gate, 'openedAt' | 'reminded'>,
  { remindAfterMs }: Pick<GatePolicy, 'remindAfterMs'> = NOBODY,
  now: number,
): number => Math.max(reminded, remindAfterMs.filter((after) => openedAt + after <= now).length);

/** When an open gate is to be looked at again, in epoch milliseconds. */
export const dueAfter = (
  { openedAt, expiresAt = Infinity, shown, links }: Gate,
  { remindAfterMs, openLimitMs = Infinity, supersede }: Pick<GatePolicy, keyof typeof NOBODY> = NOBODY,
  now: number,
): number => {
  const isSettled = (shown !== undefined && links?.gate !== undefined) || openedAt + LOOK_MS < now;
  const moments = [
    // No event tells that a newer execution waits behind it.
    now + (isSettled && !supersede ? LOOK_MS : SOON_MS),
    ...[...remindAfterMs, openLimitMs].map((after) => openedAt + after),
    expiresAt + SOON_MS,
  ];
  return Math.min(...moments.filter((at) => at > now));
};
