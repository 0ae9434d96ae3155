import * as v from 'valibot';
import { didYouMean } from './near-name.ts';
import type { Path, Problem } from './problem.ts';
import { keysAt } from './schema-keys.ts';

/** What a schema finds wrong, in words and with hints, and never with what is written there. */
export const schemaProblems = (schema: v.GenericSchema, issues: readonly v.BaseIssue<unknown>[]): readonly Problem[] =>
  issues.flatMap((issue) => problemsOf(schema, issue));

const problemsOf = (schema: v.GenericSchema, issue: v.BaseIssue<unknown>): readonly Problem[] => {
  const path = pathOf(issue.path ?? []);
  // Of a union the branch that was meant says more than the union does.
  const meant = issue.type === 'union' ? issue.issues?.filter(({ path: inner }) => inner !== undefined) : undefined;
  if (meant !== undefined && meant.length > 0) {
    return meant
      .flatMap((one) => problemsOf(schema, one))
      .map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
  }
  return issue.type === 'strict_object' && issue.expected === 'never'
    ? unknownKeys(schema, issue)
    : [{ path, says: sayingOf(issue) }];
};

/** The library tells only the first key of a mapping that it does not know. */
const unknownKeys = (schema: v.GenericSchema, { path }: v.BaseIssue<unknown>): readonly Problem[] => {
  const items = path ?? [];
  const mapping = pathOf(items.slice(0, -1));
  const known = keysAt(schema, mapping);
  return v
    .parse(Keys, items.at(-1)?.input)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: [...mapping, key], says: `unknown key${placeOfKey(schema, key, mapping, known)}` }));
};

const Keys = v.pipe(
  v.looseObject({}),
  v.transform((mapping) => Object.keys(mapping)),
);

const pathOf = (items: readonly v.IssuePathItem[]): Path =>
  items.map(({ key }) => (typeof key === 'number' ? key : String(key)));

const sayingOf = (issue: v.BaseIssue<unknown>): string => {
  if (issue.received === 'undefined') {
    return 'is missing';
  }
  if (issue.type === 'picklist' || issue.type === 'union') {
    const words = [...(issue.expected ?? '').matchAll(/"([^"]+)"/g)].flatMap(([, word]) => word ?? []);
    const near = typeof issue.input === 'string' ? didYouMean(issue.input, words) : '';
    const wanted = words.length === 0 ? `text, or a list of texts${quotesFor(issue)}` : `one of ${words.join(', ')}`;
    return `should be ${wanted}${near}`;
  }
  return issue.kind === 'schema' ? `should be ${wordFor(issue)}` : issue.message;
};

/** Where an unknown key belongs: under a key beside it, one level up, or where one of nearly its name is known. */
const placeOfKey = (schema: v.GenericSchema, key: string, mapping: Path, known: readonly string[]): string => {
  const above = known.find((other) => keysAt(schema, [...mapping, other]).includes(key));
  if (above !== undefined) {
    return `, it stands under "${above}"`;
  }
  const parent = mapping.at(-1);
  return typeof parent === 'string' && keysAt(schema, mapping.slice(0, -1)).includes(key)
    ? `, it stands beside "${parent}"`
    : didYouMean(key, known);
};

/** To YAML an account id is a number. */
const quotesFor = ({ input }: v.BaseIssue<unknown>): string => (typeof input === 'number' ? ': put it in quotes' : '');

const wordFor = (issue: v.BaseIssue<unknown>): string => {
  switch (issue.expected) {
    case 'Object':
      return 'a mapping of keys';
    case 'Array':
      return 'a list';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'string':
      return `text${quotesFor(issue)}`;
    default:
      return issue.expected ?? 'something else';
  }
};
