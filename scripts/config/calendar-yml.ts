import * as v from 'valibot';
import type { FreezeWindow, OpeningHours } from '../../shared/validation/suite.ts';
import type { Path, Problem } from './problem.ts';
import { described, oneOrMoreOf, text } from './schema-parts.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const DAY = DAYS.join('|');

/** `mon-fri` or `sat`: compiled to numbers, from Monday, 1, to Sunday, 7. A range may go beyond a Sunday. */
const Days = v.pipe(
  oneOrMoreOf(
    v.pipe(
      v.string(),
      v.regex(new RegExp(`^(?:${DAY})(?:-(?:${DAY}))?$`), 'is not a day or days such as mon-fri or sat'),
    ),
    7,
  ),
  v.transform((written): readonly number[] => {
    const days = written.flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map((day) => DAYS.findIndex((one) => one === day));
      return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, more) => ((first + more) % 7) + 1);
    });
    return [...new Set(days)].sort((a, b) => a - b);
  }),
);

/** `09:00`: compiled to minutes. */
const TimeOfDay = v.pipe(
  v.string(),
  v.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "is not a time of the day such as '09:00', in quotes"),
  v.transform((written) => {
    const [hours = 0, minutes = 0] = written.split(':').map(Number);
    return hours * 60 + minutes;
  }),
);

const isTimeZone = (name: string): boolean => {
  try {
    return /^[A-Za-z]/.test(new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone);
  } catch {
    return false;
  }
};

const HoursYml = v.strictObject({
  days: described(v.exactOptional(Days), 'Such as mon-fri, or [mon-thu, sat]. Left out: every day.'),
  from: described(v.exactOptional(TimeOfDay), "Such as '09:00'. Left out: '00:00'."),
  to: described(v.exactOptional(TimeOfDay), "Such as '16:00', which is no part of it. Left out: '24:00'."),
  tz: described(
    v.pipe(v.string(), v.check(isTimeZone, 'is not the name of a time zone such as Europe/London or UTC')),
    'The time zone, by the name that IANA has for it, such as Europe/London.',
  ),
});

/** An instant, with its distance from UTC: compiled to epoch milliseconds. */
const Instant = v.pipe(
  v.string(),
  v.regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})$/,
    'is not a time such as 2026-12-20T18:00Z or 2026-12-20T18:00+01:00',
  ),
  v.check((written) => isDayOfCalendar(written.slice(0, 10)) && !Number.isNaN(Date.parse(written)), 'is not there'),
  v.transform((written) => Date.parse(written)),
);

/** A date that is not there would be read as one of the next month. */
const isDayOfCalendar = (date: string): boolean => {
  const read = Date.parse(date);
  return !Number.isNaN(read) && new Date(read).toISOString().startsWith(date);
};

const FreezeYml = v.strictObject({
  from: described(Instant, 'Such as 2026-12-20T18:00Z.'),
  to: described(Instant, 'Such as 2027-01-04T06:00Z, which is no part of it.'),
  why: described(text(200), 'What people read.'),
});

/** When it is open and when it is not: the same of a calendar check and of a rule that approves. */
export const CALENDAR = {
  hours: described(
    v.exactOptional(v.pipe(v.array(HoursYml), v.minLength(1, 'name no time'), v.maxLength(10, 'are more than 10'))),
    'When it is open, by the clock on the wall: in any of these. Left out: always.',
  ),
  freeze: described(
    v.exactOptional(v.pipe(v.array(FreezeYml), v.minLength(1, 'names no time'), v.maxLength(50, 'are more than 50'))),
    'When it is closed whatever the hours say.',
  ),
};

/** The times of a calendar as far as they can be read, whatever else is wrong with it. */
export const WrittenCalendar = v.fallback(
  v.object({
    hours: v.fallback(v.optional(v.array(HoursYml), []), []),
    freeze: v.fallback(v.optional(v.array(FreezeYml), []), []),
  }),
  { hours: [], freeze: [] },
);

/** What opening hours are compiled to: every day, and all day, where nothing else is said. */
export const hoursOf = ({
  days = [1, 2, 3, 4, 5, 6, 7],
  from = 0,
  to = 24 * 60,
  tz,
}: v.InferOutput<typeof HoursYml>): OpeningHours => ({ days, from, to, tz });

/** Times that end before they begin. */
export const backwardTimes = (
  { hours, freeze }: { readonly hours: readonly OpeningHours[]; readonly freeze: readonly FreezeWindow[] },
  path: Path,
): readonly Problem[] => [
  ...hours.flatMap(({ from, to }, place) =>
    from < to
      ? []
      : [
          {
            path: [...path, 'hours', place, 'to'],
            says: 'is not behind "from": hours that go beyond midnight are two of them',
          },
        ],
  ),
  ...freeze.flatMap(({ from, to }, place) =>
    from < to ? [] : [{ path: [...path, 'freeze', place, 'to'], says: 'is not behind "from"' }],
  ),
];
