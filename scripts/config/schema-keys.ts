import * as v from 'valibot';
import type { Path } from './problem.ts';

/** What a schema of valibot may consist of. */
const Parts = v.object({
  wrapped: v.optional(v.unknown()),
  entries: v.optional(v.record(v.string(), v.unknown())),
  item: v.optional(v.unknown()),
  value: v.optional(v.unknown()),
});
type Parts = v.InferOutput<typeof Parts>;

const partsOf = (schema: unknown): Parts => {
  const parts = v.parse(Parts, schema);
  return parts.wrapped === undefined ? parts : partsOf(parts.wrapped);
};

const schemaUnder = ({ entries, item, value }: Parts, key: string | number): unknown =>
  entries === undefined ? (item ?? value) : Object.hasOwn(entries, key) ? entries[key] : undefined;

/** The keys that a schema knows in the mapping at a path; none where it knows no mapping with keys of its own. */
export const keysAt = (schema: unknown, path: Path): readonly string[] => {
  const parts = partsOf(schema);
  const [first, ...rest] = path;
  if (first === undefined) {
    return Object.keys(parts.entries ?? {});
  }
  const next = schemaUnder(parts, first);
  return next === undefined ? [] : keysAt(next, rest);
};

/** The value with text in place of each list that stands where a mapping belongs: to valibot it would be as good as one. */
export const withoutListsForMappings = (schema: unknown, value: unknown): unknown => {
  const parts = partsOf(schema);
  const { entries, item, value: values } = parts;
  const within = (key: string | number, one: unknown): unknown => {
    const next = schemaUnder(parts, key);
    return next === undefined ? one : withoutListsForMappings(next, one);
  };
  if (Array.isArray(value)) {
    const isForMapping = item === undefined && (entries !== undefined || values !== undefined);
    return isForMapping ? 'a list' : value.map((one: unknown, index) => within(index, one));
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, within(key, one)]))
    : value;
};
