import * as v from 'valibot';

/** The schema with what editors show of it. */
export const described = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(schema, v.description(description));

/** A text that is there, of so many characters at most. */
export const text = (most: number) =>
  v.pipe(v.string(), v.nonEmpty('is empty'), v.maxLength(most, `is longer than ${most} characters`));

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
