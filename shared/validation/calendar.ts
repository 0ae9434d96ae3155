import type { CalendarProbe, FreezeWindow, OpeningHours } from './suite.ts';

/** Hours and freezes: what can be told without asking anybody. */
export type Calendar = Pick<CalendarProbe, 'hours' | 'freeze'>;

/** What a calendar says of a moment; the reason, where it is closed. */
export type Opening = { readonly kind: 'open' } | { readonly kind: 'closed'; readonly why: string };

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** No clock is put forward or back by more at once. */
const MOST_SHIFT_MINUTES = 3 * 60;

/** After a week opening hours repeat. A day more, for the clocks that are changed. */
const LONGEST_SEARCH_MS = 8 * DAY_MINUTES * MINUTE_MS;

/** What a calendar says of a moment, in epoch milliseconds. A freeze counts more than hours. */
export const openingAt = ({ hours, freeze }: Calendar, at: number): Opening => {
  const frozen = freeze.find((one) => isWithin(one, at));
  if (frozen !== undefined) {
    return { kind: 'closed', why: `frozen until ${utc(frozen.to)}: ${frozen.why}` };
  }
  return hours.length === 0 || hours.some((one) => isOpen(one, at))
    ? { kind: 'open' }
    : { kind: 'closed', why: `outside ${hours.map(describeHours).join(', ')}` };
};

/**
 * The first moment from `at` on, to the minute, at which it is open; undefined when none can be told of. Hours are what a
 * clock on the wall shows: where it is put forward, what it jumps over is not there, and where it is put back, what it shows
 * twice is there twice.
 */
export const nextOpening = (calendar: Calendar, at: number): number | undefined => {
  let from = at;
  // Each round goes beyond a freeze.
  for (let round = 0; round <= calendar.freeze.length; round += 1) {
    const open = nextHours(calendar.hours, from);
    const frozen = open === undefined ? undefined : calendar.freeze.find((one) => isWithin(one, open));
    if (frozen === undefined) {
      return open;
    }
    from = frozen.to;
  }
  return undefined;
};

const isWithin = ({ from, to }: FreezeWindow, at: number): boolean => from <= at && at < to;

const nextHours = (hours: readonly OpeningHours[], at: number): number | undefined => {
  if (hours.length === 0) {
    return at;
  }
  const found = hours.flatMap((one) => nextOf(one, at) ?? []);
  return found.length === 0 ? undefined : Math.min(...found);
};

const nextOf = (hours: OpeningHours, at: number): number | undefined => {
  const end = at + LONGEST_SEARCH_MS;
  let from = at;
  while (from <= end) {
    const wall = wallClock(from, hours.tz);
    if (isIn(hours, wall)) {
      return from;
    }
    const today = hours.days.includes(wall.day) && wall.minute < hours.from;
    const minutes = (today ? hours.from : DAY_MINUTES) - wall.minute;
    const since = (wall.minute - hours.to + DAY_MINUTES) % DAY_MINUTES;
    // The clock may be put forward on the way, or back to what has just been: there it goes minute by minute.
    const step = since < MOST_SHIFT_MINUTES ? 1 : Math.max(1, minutes - MOST_SHIFT_MINUTES);
    from = Math.floor(from / MINUTE_MS) * MINUTE_MS + step * MINUTE_MS;
  }
  return undefined;
};

const isOpen = (hours: OpeningHours, at: number): boolean => isIn(hours, wallClock(at, hours.tz));

const isIn = ({ days, from, to }: OpeningHours, { day, minute }: WallClock): boolean =>
  days.includes(day) && from <= minute && minute < to;

/** What a clock on the wall shows: the day of the week from Monday, 1, to Sunday, 7, and the minute of the day. */
type WallClock = { readonly day: number; readonly minute: number };

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const CLOCKS = new Map<string, Intl.DateTimeFormat>();

const wallClock = (at: number, tz: string): WallClock => {
  const clock = CLOCKS.get(tz) ?? clockOf(tz);
  CLOCKS.set(tz, clock);
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf(parts.get('weekday') ?? '') + 1,
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
};

const clockOf = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });

/** Such as `Mon-Fri 09:00-16:00 Europe/London`. */
const describeHours = ({ days, from, to, tz }: OpeningHours): string =>
  `${daysOf(days)} ${timeOf(from)}-${timeOf(to)} ${tz}`;

const daysOf = (days: readonly number[]): string => {
  const [first = 1] = days;
  const last = days.at(-1) ?? first;
  const name = (day: number): string => DAYS[day - 1] ?? '';
  return days.length > 2 && last - first === days.length - 1
    ? `${name(first)}-${name(last)}`
    : days.map(name).join(' ');
};

const timeOf = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');

/** To the minute, in UTC, as people may read it who are anywhere. */
export const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
