import * as v from 'valibot';

/** The schema with what editors show of it. */
export const described = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(schema, v.description(description));

/** A text that is there, of so many characters at most. */
export const text = (most: number) =>
  v.pipe(v.string(), v.nonEmpty('is empty'), v.maxLength(most, `is longer than ${most} characters`));

/** A name such as checks and suites have. */
export const Name = (what: string) =>
  v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, `is not a name for ${what}: up to 60 letters, digits, . - and _`),
  );

/** One value or a list of them; compiled to a list. */
export const oneOrMore = <T extends v.GenericSchema<string>>(schema: T) =>
  v.pipe(
    v.union([schema, v.pipe(v.array(schema), v.minLength(1, 'names nothing'))]),
    v.transform((written) => [written].flat()),
  );

/** As `oneOrMore`, of anything, up to so many. */
export const oneOrMoreOf = <T extends v.GenericSchema<string, unknown>>(schema: T, most: number) =>
  v.pipe(
    v.union([
      schema,
      v.pipe(v.array(schema), v.minLength(1, 'names nothing'), v.maxLength(most, `are more than ${most}`)),
    ]),
    v.transform((written): readonly v.InferOutput<T>[] => (Array.isArray(written) ? written : [written])),
  );

const DURATION = /^([1-9]\d{0,3})(m|h|d)$/;

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 60 * 60_000],
  ['d', 24 * 60 * 60_000],
]);

/** `30m`, `4h`, `2d`: compiled to milliseconds. */
export const Duration = v.pipe(
  v.string(),
  v.regex(DURATION, 'is not a time such as 30m, 4h or 2d'),
  v.transform((written) => {
    const [, count = '', unit = ''] = DURATION.exec(written) ?? [];
    return Number(count) * (UNIT_MS.get(unit) ?? 0);
  }),
);
