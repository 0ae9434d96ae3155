import * as v from 'valibot';
import type { Path, Problem } from '../config/problem.ts';
import { schemaProblems } from '../config/schema-problems.ts';

/** What can be used of a value, and all that keeps the rest from it. */
export type UsableParts<Output> = {
  /** Undefined where nothing can be used. */
  readonly output?: Output;
  readonly problems: readonly Problem[];
  /** Where that stood which has this place in `output`. */
  readonly written: (path: Path) => Path;
};

/** More than anybody writes into a file of the size that is read. */
const MOST_ROUNDS = 2_000;

/**
 * Parses a value, and with problems what is left of it without what they are about: so that one mistake hides no other.
 * `standIns` are there, by path with * for a place in a list, for what the schema cannot do without; what else lacks
 * something is taken away as a whole.
 */
export const usableParts = <const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  standIns: ReadonlyMap<string, unknown>,
): UsableParts<v.InferOutput<Schema>> => {
  const problems = new Map<string, Problem>();
  const removed: Path[] = [];
  const written = (path: Path): Path => removed.reduceRight(asBefore, path);
  let left = value;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { success, output, issues = [] } = v.safeParse(schema, left);
    const [first] = issues;
    if (success || first === undefined) {
      return { output, problems: [...problems.values()], written };
    }
    const gone = removed.map((_, index) => removed.slice(0, index).reduceRight(asBefore, removed[index] ?? []));
    for (const { path, says } of schemaProblems(schema, issues)) {
      const place = written(path);
      // What is missing because it was taken away is no mistake of its own.
      if (!gone.some((one) => isWithin(one, place))) {
        problems.set(JSON.stringify([place, says]), { path: place, says });
      }
    }
    const path = pathOf(first);
    const isMissing = first.received === 'undefined';
    const standIn = isMissing
      ? standIns.get(path.map((part) => (typeof part === 'number' ? '*' : part)).join('.'))
      : undefined;
    const target = isMissing && standIn === undefined ? path.slice(0, -1) : path;
    if (target.length === 0) {
      break;
    }
    removed.push(target);
    left = changed(left, target, standIn);
  }
  return { problems: [...problems.values()], written };
};

/** Whether what is at the first path is, or is part of, what is at the second. */
export const isWithin = (path: Path, around: Path): boolean => around.every((part, index) => path[index] === part);

/** A path as it was before something was taken away: what followed that in a list has moved up. */
const asBefore = (path: Path, taken: Path): Path => {
  const list = taken.slice(0, -1);
  const index = taken.at(-1);
  const own = path[list.length];
  return typeof index === 'number' && typeof own === 'number' && isWithin(path, list) && own >= index
    ? [...list, own + 1, ...path.slice(list.length + 1)]
    : path;
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value with something else at a path, or without it. */
const changed = (value: unknown, [first, ...rest]: Path, by: unknown): unknown => {
  const next = (one: unknown): unknown => (rest.length === 0 ? by : changed(one, rest, by));
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown, index) => {
      const other = index === first ? next(one) : one;
      return other === undefined ? [] : [other];
    });
  }
  if (!isMapping(value) || first === undefined) {
    return value;
  }
  const { [first]: one, ...others } = value;
  const other = next(one);
  return other === undefined ? others : { ...others, [first]: other };
};

const pathOf = ({ path }: v.BaseIssue<unknown>): Path =>
  (path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
