const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
]);

/** How often a schedule such as `rate(1 minute)` comes round, in milliseconds; undefined for one kept by the calendar. */
export const intervalOf = (expression: string): number | undefined => {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNIT_MS.get(unit);
  return count === undefined || unitMs === undefined || Number(count) === 0 ? undefined : Number(count) * unitMs;
};
