import * as v from 'valibot';
import type { Path } from './problem.ts';

/** What a schema of valibot may consist of. */
const Parts = v.object({
  wrapped: v.optional(v.unknown()),
  entries: v.optional(v.record(v.string(), v.unknown())),
  item: v.optional(v.unknown()),
  value: v.optional(v.unknown()),
});

/** The keys that a schema knows in the mapping at a path; none where it knows no mapping with keys of its own. */
export const keysAt = (schema: unknown, path: Path): readonly string[] => {
  const { wrapped, entries, item, value } = v.parse(Parts, schema);
  if (wrapped !== undefined) {
    return keysAt(wrapped, path);
  }
  const [first, ...rest] = path;
  if (first === undefined) {
    return Object.keys(entries ?? {});
  }
  const next = entries === undefined ? (item ?? value) : Object.hasOwn(entries, first) ? entries[first] : undefined;
  return next === undefined ? [] : keysAt(next, rest);
};
