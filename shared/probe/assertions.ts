import { search } from '@jmespath-community/jmespath';
import type { JSONValue } from '@jmespath-community/jmespath';
import { isSecretName, REDACTED } from '../redact.ts';
import type { JsonValue } from '../validation/json-value.ts';
import type { Assertion } from '../validation/suite.ts';
import type { Judgement } from './finding.ts';
import { isList, isRecord } from './json.ts';

/** Evaluates all assertions about what a probe has found. Rejects when an expression cannot be evaluated. */
export const judgeAll = async (assertions: readonly Assertion[], found: JsonValue, fill: Fill): Promise<Judgement> => {
  disinherit(found);
  const judged: Judged[] = [];
  for (const assertion of assertions) {
    judged.push(await judge(assertion, found, fill));
  }
  const failed = judged.filter(({ holds }) => !holds);
  const [first] = failed.length === 0 ? judged : failed;
  if (first === undefined) {
    throw new Error('It expects nothing');
  }
  const says = (failed.length === 0 ? [first] : failed).map((one) => one.says).join('; ');
  return { holds: failed.length === 0, told: { says, value: first.value, expected: first.expected } };
};

/** Fills in the templates of what an assertion compares with. */
type Fill = (value: JsonValue) => Promise<JsonValue>;

/** In texts that are bounded, and not yet redacted but for what the path says is secret. */
type Judged = {
  readonly holds: boolean;
  readonly says: string;
  readonly value: string;
  readonly expected: string;
};

const judge = async ({ path, op, value: template }: Assertion, found: JsonValue, fill: Fill): Promise<Judged> => {
  // A regular expression is no template.
  const wanted = template === undefined || op === 'matches' ? (template ?? null) : await fill(template);
  const value = valueAt(found, path);
  const { holds, expected } = await compare(op, value, wanted);
  // What has a telling name is told to nobody, and neither is what it should have been.
  const [shown, wantedText] = isSecretName(path) ? [REDACTED, REDACTED] : [show(value), expected];
  return { holds, value: shown, expected: wantedText, says: `${path} is ${shown}, expected ${wantedText}` };
};

/** The library finds what objects inherit, too: `body.constructor` would be there in every answer. */
const disinherit = (found: JsonValue): void => {
  const left: JsonValue[] = [found];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (isList(value)) {
      value.forEach((item) => left.push(item));
    } else if (isRecord(value)) {
      Object.setPrototypeOf(value, null);
      Object.values(value).forEach((item) => left.push(item));
    }
  }
};

/** What JMESPath finds; null when there is nothing. */
const valueAt = (found: JsonValue, path: string): JsonValue => {
  const value: JsonValue | undefined = isInput(found) ? search(found, path) : undefined;
  return typeof value === 'function' ? null : (value ?? null);
};

/** Its type is our own, but for being read only. */
const isInput = (value: unknown): value is JSONValue => value !== undefined;

type Compared = { readonly holds: boolean; readonly expected: string };

const compare = async (op: Assertion['op'], value: JsonValue, wanted: JsonValue): Promise<Compared> => {
  switch (op) {
    case 'eq':
      return { holds: isEqual(value, wanted), expected: show(wanted) };
    case 'ne':
      return { holds: !isEqual(value, wanted), expected: `anything but ${show(wanted)}` };
    case 'lt':
      return compareNumbers(value, wanted, '<', (a, b) => a < b);
    case 'lte':
      return compareNumbers(value, wanted, '<=', (a, b) => a <= b);
    case 'gt':
      return compareNumbers(value, wanted, '>', (a, b) => a > b);
    case 'gte':
      return compareNumbers(value, wanted, '>=', (a, b) => a >= b);
    case 'in':
      return {
        holds: isList(wanted) && wanted.some((one) => isEqual(value, one)),
        expected: `one of ${show(wanted)}`,
      };
    case 'contains':
      return { holds: contains(value, wanted), expected: `something with ${show(wanted)}` };
    case 'matches': {
      const { matches } = await import('./matches.ts');
      return {
        holds: isScalar(value) && typeof wanted === 'string' && matches(wanted, String(value)),
        expected: `a match of ${show(wanted)}`,
      };
    }
    case 'exists':
      return { holds: value !== null, expected: 'anything' };
    case 'absent':
      return { holds: value === null, expected: 'nothing' };
    case 'length':
      return { holds: lengthOf(value) === numberOf(wanted), expected: `a length of ${show(wanted)}` };
  }
};

const compareNumbers = (
  value: JsonValue,
  wanted: JsonValue,
  sign: string,
  holds: (value: number, wanted: number) => boolean,
): Compared => {
  const bound = numberOf(wanted);
  return { holds: typeof value === 'number' && holds(value, bound), expected: `${sign} ${bound}` };
};

/** A variable is always a text. */
const numberOf = (wanted: JsonValue): number => {
  const number = typeof wanted === 'string' && wanted.trim() !== '' ? Number(wanted) : wanted;
  if (typeof number !== 'number' || Number.isNaN(number)) {
    throw new Error(`${show(wanted)} is no number to compare with`);
  }
  return number;
};

const isEqual = (a: JsonValue, b: JsonValue): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return a === b;
  }
  if (isList(a) || isList(b)) {
    return isList(a) && isList(b) && a.length === b.length && a.every((item, at) => isEqual(item, b[at] ?? null));
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key] ?? null, b[key] ?? null))
  );
};

const contains = (value: JsonValue, wanted: JsonValue): boolean =>
  typeof value === 'string'
    ? isScalar(wanted) && value.includes(String(wanted))
    : isList(value) && value.some((item) => isEqual(item, wanted));

const lengthOf = (value: JsonValue): number | undefined => {
  if (typeof value === 'string' || isList(value)) {
    return value.length;
  }
  return isRecord(value) ? Object.keys(value).length : undefined;
};

const isScalar = (value: JsonValue): value is string | number | boolean => value !== null && typeof value !== 'object';

/** As JSON, whose quotes tell "7" from 7; null is what is not there. */
const show = (value: unknown): string => {
  if (value === null) {
    return 'nothing';
  }
  try {
    return JSON.stringify(value).slice(0, MOST_SHOWN);
  } catch {
    return 'something too deep to be shown';
  }
};

/** More than a sample keeps, so that what is secret in it is still whole when that is looked for. */
const MOST_SHOWN = 10_000;
