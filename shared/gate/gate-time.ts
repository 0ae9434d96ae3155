import type { GatePolicy } from '../config/config.ts';
import type { Gate } from './gate.ts';

/** An event that tells of a decision made elsewhere may be lost: so often the platform is asked all the same. */
const LOOK_MS = 10 * 60_000;

/** What was just opened is looked at again soon: its message is there then, and AWS shows what it did not before. */
const SOON_MS = 60_000;

/** So long before the platform gives up waiting a gate is rejected that is to be: the sweep comes by once a minute. */
const BEFORE_MS = 3 * 60_000;

/** When a gate that nobody has decided is rejected, in epoch milliseconds; undefined: that is up to the platform. */
export const deadlineOf = (
  { openedAt, expiresAt }: Pick<Gate, 'openedAt' | 'expiresAt'>,
  policy: Pick<GatePolicy, 'expireAfterMs' | 'onExpiry'> | undefined,
): number | undefined => {
  const own = policy?.expireAfterMs === undefined ? [] : [openedAt + policy.expireAfterMs];
  const theirs =
    policy?.onExpiry !== 'reject' || expiresAt === undefined
      ? []
      : [Math.max(expiresAt - BEFORE_MS, (openedAt + expiresAt) / 2)];
  const moments = [...own, ...theirs];
  return moments.length === 0 ? undefined : Math.min(...moments);
};

/** How many of a policy's reminders are due by now. */
export const remindersDue = (
  { openedAt, reminded }: Pick<Gate, 'openedAt' | 'reminded'>,
  policy: Pick<GatePolicy, 'remindAfterMs'> | undefined,
  now: number,
): number => Math.max(reminded, (policy?.remindAfterMs ?? []).filter((after) => openedAt + after <= now).length);

/** When an open gate is to be looked at again, in epoch milliseconds. */
export const dueAfter = (
  { openedAt, expiresAt, shown, links, overdue }: Gate,
  policy: Pick<GatePolicy, 'remindAfterMs' | 'openLimitMs' | 'supersede' | 'expireAfterMs' | 'onExpiry'> | undefined,
  now: number,
): number => {
  // No event tells that a newer execution waits behind it.
  const isAlone = policy?.supersede !== true;
  const isSettled = (shown !== undefined && links?.gate !== undefined) || openedAt + LOOK_MS < now;
  const deadline = deadlineOf({ openedAt, ...(expiresAt !== undefined && { expiresAt }) }, policy);
  const moments = [
    ...(deadline === undefined ? [] : [deadline]),
    now + (isSettled && isAlone ? LOOK_MS : SOON_MS),
    ...(policy?.remindAfterMs ?? []).map((after) => openedAt + after),
    ...(policy?.openLimitMs === undefined || overdue === true ? [] : [openedAt + policy.openLimitMs]),
    ...(expiresAt === undefined ? [] : [expiresAt + SOON_MS]),
  ];
  return Math.min(...moments.filter((at) => at > now));
};
