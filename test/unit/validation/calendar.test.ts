import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOpening, openingAt } from '../../../shared/validation/calendar.ts';
import type { Calendar } from '../../../shared/validation/calendar.ts';
import type { OpeningHours } from '../../../shared/validation/suite.ts';

const WORKDAYS = [1, 2, 3, 4, 5];
const SUNDAY = [7];

const hoursOf = (days: readonly number[], from: string, to: string, tz = 'Europe/London'): OpeningHours => {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  return { days, from: minutes(from), to: minutes(to), tz };
};

const calendarOf = (hours: readonly OpeningHours[], freeze: readonly (readonly [string, string])[] = []): Calendar => ({
  hours,
  freeze: freeze.map(([from, to]) => ({ from: Date.parse(from), to: Date.parse(to), why: 'Christmas' })),
});

const office = calendarOf([hoursOf(WORKDAYS, '09:00', '16:00')]);

const isOpen = (calendar: Calendar, at: string): boolean => openingAt(calendar, Date.parse(at)).kind === 'open';

const opens = (calendar: Calendar, at: string): string | undefined => {
  const next = nextOpening(calendar, Date.parse(at));
  return next === undefined ? undefined : new Date(next).toISOString();
};

describe('opening hours', () => {
  it('begin with their first minute and end before their last, by the clock on the wall', () => {
    // A Tuesday in summer, when London is an hour ahead of UTC.
    expect(isOpen(office, '2026-07-07T07:59:59.999Z')).toBe(false);
    expect(isOpen(office, '2026-07-07T08:00:00Z')).toBe(true);
    expect(isOpen(office, '2026-07-07T14:59:59.999Z')).toBe(true);
    expect(isOpen(office, '2026-07-07T15:00:00Z')).toBe(false);
    // And in winter, when it is not.
    expect(isOpen(office, '2026-12-08T08:30:00Z')).toBe(false);
    expect(isOpen(office, '2026-12-08T15:30:00Z')).toBe(true);
    expect(isOpen(office, '2026-12-12T12:00:00Z')).toBe(false);
  });

  it('are those of the place, where it is another day', () => {
    const tokyo = calendarOf([hoursOf([1], '00:00', '24:00', 'Asia/Tokyo')]);
    expect(isOpen(tokyo, '2026-11-22T14:59:00Z')).toBe(false);
    expect(isOpen(tokyo, '2026-11-22T15:00:00Z')).toBe(true);
    expect(isOpen(tokyo, '2026-11-23T15:00:00Z')).toBe(false);
  });

  it('are open in any one of them, and always where there are none', () => {
    const two = calendarOf([hoursOf(WORKDAYS, '09:00', '12:00', 'UTC'), hoursOf([6], '10:00', '11:00', 'UTC')]);
    expect([isOpen(two, '2026-11-27T11:00:00Z'), isOpen(two, '2026-11-28T10:00:00Z')]).toEqual([true, true]);
    expect(openingAt(two, Date.parse('2026-11-28T11:00:00Z'))).toEqual({
      kind: 'closed',
      why: 'outside Mon-Fri 09:00-12:00 UTC, Sat 10:00-11:00 UTC',
    });
    expect(isOpen(calendarOf([]), '2026-11-28T03:00:00Z')).toBe(true);
  });

  it('begin again the next day, or the next week', () => {
    expect(opens(office, '2026-11-26T20:15:30Z')).toBe('2026-11-27T09:00:00.000Z');
    expect(opens(office, '2026-11-27T03:00:00Z')).toBe('2026-11-27T09:00:00.000Z');
    expect(opens(office, '2026-11-27T16:00:00Z')).toBe('2026-11-30T09:00:00.000Z');
    expect(opens(office, '2026-11-27T12:34:56Z')).toBe('2026-11-27T12:34:56.000Z');
    expect(opens(calendarOf([hoursOf([1], '00:00', '00:01', 'UTC')]), '2026-11-30T00:01:00Z')).toBe(
      '2026-12-07T00:00:00.000Z',
    );
  });
});

describe('clocks that are changed', () => {
  it('change when it opens, in UTC', () => {
    expect(opens(office, '2026-03-27T16:00:00Z')).toBe('2026-03-30T08:00:00.000Z');
    expect(opens(office, '2026-10-23T15:00:00Z')).toBe('2026-10-26T09:00:00.000Z');
  });

  it('skip hours that are not there that day, as far as they are not', () => {
    // On 29 March London goes from 01:00 to 02:00.
    const inside = calendarOf([hoursOf(SUNDAY, '01:15', '01:45')]);
    expect(opens(inside, '2026-03-28T12:00:00Z')).toBe('2026-04-05T00:15:00.000Z');
    const over = calendarOf([hoursOf(SUNDAY, '01:30', '03:00')]);
    expect(opens(over, '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect([isOpen(over, '2026-03-29T00:59:59Z'), isOpen(over, '2026-03-29T02:00:00Z')]).toEqual([false, false]);
  });

  it('show an hour twice when they are put back, and it is open in both', () => {
    const night = calendarOf([hoursOf(SUNDAY, '01:00', '02:00')]);
    const shown = [
      '2026-10-24T23:59:00Z',
      '2026-10-25T00:00:00Z',
      '2026-10-25T01:00:00Z',
      '2026-10-25T01:59:00Z',
      '2026-10-25T02:00:00Z',
    ];
    expect(shown.map((at) => isOpen(night, at))).toEqual([false, true, true, true, false]);
    // Between the two, a part of the hour is over, and comes again.
    const half = calendarOf([hoursOf(SUNDAY, '01:00', '01:30')]);
    expect(opens(half, '2026-10-25T00:30:00Z')).toBe('2026-10-25T01:00:00.000Z');
  });

  it('never hide an opening, nor make one up, in any zone', () => {
    const zones = [
      'Europe/London',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Antarctica/Troll',
      'UTC',
    ];
    const changes = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'].map((date) =>
      Date.parse(date),
    );
    const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }).map((some) => some.sort());
    const hours = fc
      .record({
        days,
        from: fc.oneof(fc.integer({ min: 0, max: 240 }), fc.integer({ min: 0, max: 1_439 })),
        length: fc.integer({ min: 1, max: 300 }),
        tz: fc.constantFrom(...zones),
      })
      .map(({ from, length, ...rest }) => ({ ...rest, from, to: Math.min(from + length, 1_440) }));
    fc.assert(
      fc.property(hours, fc.constantFrom(...changes), fc.integer({ min: -2_880, max: 2_880 }), (one, day, minutes) => {
        const calendar = calendarOf([one]);
        const at = day + minutes * 60_000;
        let first = at;
        while (openingAt(calendar, first).kind === 'closed' && first < at + 8 * 86_400_000) {
          first += 60_000;
        }
        const next = nextOpening(calendar, at);
        expect(next ?? first).toBe(first);
        expect(next === undefined).toBe(openingAt(calendar, first).kind === 'closed');
      }),
      { numRuns: 150 },
    );
  });
});

describe('a freeze', () => {
  const frozen = calendarOf(
    [hoursOf(WORKDAYS, '09:00', '16:00', 'UTC')],
    [
      ['2026-12-21T12:00Z', '2026-12-23T12:00Z'],
      ['2026-12-23T12:00Z', '2027-01-04T18:00Z'],
    ],
  );

  it('closes whatever the hours say, says why, and ends with its last moment', () => {
    expect(isOpen(frozen, '2026-12-21T11:59:59Z')).toBe(true);
    expect(openingAt(frozen, Date.parse('2026-12-21T12:00:00Z'))).toEqual({
      kind: 'closed',
      why: 'frozen until 2026-12-23 12:00 UTC: Christmas',
    });
    expect(isOpen(calendarOf([], [['2026-12-21T12:00Z', '2026-12-23T12:00Z']]), '2026-12-23T12:00:00Z')).toBe(true);
  });

  it('has it open with the first hours behind it, and behind the next freeze', () => {
    expect(opens(frozen, '2026-12-21T13:00:00Z')).toBe('2027-01-05T09:00:00.000Z');
    expect(opens(calendarOf([], [['2026-12-21T12:00Z', '2026-12-23T12:00Z']]), '2026-12-22T00:00:00Z')).toBe(
      '2026-12-23T12:00:00.000Z',
    );
    // Into which hours begin that are not over with it.
    const short = calendarOf([hoursOf([1], '09:00', '16:00', 'UTC')], [['2026-11-30T08:00Z', '2026-11-30T10:30Z']]);
    expect(opens(short, '2026-11-29T00:00:00Z')).toBe('2026-11-30T10:30:00.000Z');
  });
});
