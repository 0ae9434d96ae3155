import { BlockList, isIP } from 'node:net';
import { isList, isRecord, own } from '../json.ts';
import type { JsonRecord } from '../json.ts';

type Scalar = string | number | boolean | null;

/** What one leaf of an event must be, or that the leaf is absent. */
type LeafTest = { readonly onAbsent: boolean; readonly on: (leaf: Scalar) => boolean };

type Matches = (event: unknown) => boolean;

/** Whether an event matches an EventBridge pattern. Throws when the pattern is none that EventBridge would take. */
export const matchesPattern = (pattern: unknown, event: unknown): boolean => compilePattern(pattern)(event);

/** Reads an EventBridge pattern once for many events. Throws, naming the place, when EventBridge would refuse it. */
export const compilePattern = (pattern: unknown): Matches =>
  isRecord(pattern) ? compileObject(pattern, '$') : refuse('$', 'is not an object');

const refuse = (path: string, problem: string): never => {
  throw new Error(`Event pattern is not valid. ${path} ${problem}`);
};

const compileObject = (pattern: JsonRecord, path: string): Matches => {
  const entries = Object.entries(pattern);
  if (entries.length === 0) {
    return refuse(path, 'is an empty object');
  }
  const tests = entries.map(([key, expected]) => compileField(key, expected, `${path}.${key}`));
  return (event) => tests.every((test) => test(event));
};

const compileField = (key: string, expected: unknown, path: string): Matches => {
  if (key === '$or') {
    return compileAlternatives(expected, path);
  }
  if (isList(expected)) {
    return compileLeaf(key, expected, path);
  }
  if (!isRecord(expected)) {
    return refuse(path, 'is neither an object nor an array');
  }
  const matches = compileObject(expected, path);
  return (event) => {
    const objects = elements(event, key).filter(isRecord);
    // Below what is missing everything is missing, which "exists: false" asks for.
    return objects.length === 0 ? matches({}) : objects.some(matches);
  };
};

const compileAlternatives = (expected: unknown, path: string): Matches => {
  if (!isList(expected) || expected.length < 2) {
    return refuse(path, 'is not an array of at least two patterns');
  }
  const alternatives = expected.map((alternative, index) =>
    isRecord(alternative)
      ? compileObject(alternative, `${path}[${index}]`)
      : refuse(`${path}[${index}]`, 'is not an object'),
  );
  return (event) => alternatives.some((matches) => matches(event));
};

const compileLeaf = (key: string, expected: readonly unknown[], path: string): Matches => {
  if (expected.length === 0) {
    return refuse(path, 'is an empty array');
  }
  const tests = expected.map((matcher, index) => leafTest(matcher, `${path}[${index}]`));
  return (event) => {
    const leaves = elements(event, key).filter(isScalar);
    return leaves.length === 0
      ? tests.some(({ onAbsent }) => onAbsent)
      : tests.some(({ on }) => leaves.some((leaf) => on(leaf)));
  };
};

/** What stands under a key: an array counts as each of its elements, as EventBridge reads it. */
const elements = (event: unknown, key: string): readonly unknown[] => {
  const value = isRecord(event) ? own(event, key) : undefined;
  return isList(value) ? value.flat(Infinity) : [value];
};

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const present = (on: LeafTest['on']): LeafTest => ({ onAbsent: false, on });

const ofText = (test: (text: string) => boolean): LeafTest => present((leaf) => typeof leaf === 'string' && test(leaf));

const leafTest = (matcher: unknown, path: string): LeafTest => {
  if (isScalar(matcher)) {
    return present((leaf) => leaf === matcher);
  }
  const [operator, operand] = onlyEntry(matcher, path);
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return ofText(affixTest(operator, operand, path));
    case 'equals-ignore-case':
      return ofText(sameIgnoringCase(text(operand, path)));
    case 'wildcard':
      return ofText(wildcardTest(text(operand, path), path));
    case 'anything-but':
      return anythingBut(operand, path);
    case 'numeric':
      return numericTest(operand, path);
    case 'cidr':
      return ofText(cidrTest(text(operand, path), path));
    case 'exists':
      return existsTest(operand, path);
    default:
      return refuse(path, `has an unknown operator: ${operator}`);
  }
};

const onlyEntry = (matcher: unknown, path: string): readonly [string, unknown] => {
  const entries = isRecord(matcher) ? Object.entries(matcher) : [];
  const [entry] = entries;
  return entry === undefined || entries.length > 1 ? refuse(path, 'is not an object with one operator') : entry;
};

const text = (operand: unknown, path: string): string =>
  typeof operand === 'string' ? operand : refuse(path, 'wants a string');

const sameIgnoringCase = (expected: string): ((text: string) => boolean) => {
  const folded = expected.toLowerCase();
  return (leaf) => leaf.toLowerCase() === folded;
};

const affixTest = (operator: 'prefix' | 'suffix', operand: unknown, path: string): ((text: string) => boolean) => {
  const ignoresCase = isRecord(operand);
  const affix = ignoresCase ? ignoringCase(operand, path) : text(operand, path);
  return (leaf) => {
    const compared = ignoresCase ? leaf.toLowerCase() : leaf;
    return operator === 'prefix' ? compared.startsWith(affix) : compared.endsWith(affix);
  };
};

const ignoringCase = (operand: JsonRecord, path: string): string => {
  const [operator, value] = onlyEntry(operand, path);
  return operator === 'equals-ignore-case'
    ? text(value, path).toLowerCase()
    : refuse(path, `has an unknown operator: ${operator}`);
};

const anythingBut = (operand: unknown, path: string): LeafTest => {
  if (isRecord(operand)) {
    const [operator, value] = onlyEntry(operand, path);
    const excluded = listOf(value, path).map((each) => excludedTest(operator, each, path));
    return present((leaf) => typeof leaf !== 'string' || !excluded.some((test) => test(leaf)));
  }
  const excluded = listOf(operand, path);
  if (!excluded.every(isScalar)) {
    return refuse(path, 'wants strings or numbers');
  }
  return present((leaf) => !excluded.includes(leaf));
};

const listOf = (operand: unknown, path: string): readonly unknown[] => {
  const list = isList(operand) ? operand : [operand];
  return list.length === 0 ? refuse(path, 'has an empty list') : list;
};

const excludedTest = (operator: string, operand: unknown, path: string): ((text: string) => boolean) => {
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return affixTest(operator, operand, path);
    case 'wildcard':
      return wildcardTest(text(operand, path), path);
    case 'equals-ignore-case':
      return sameIgnoringCase(text(operand, path));
    default:
      return refuse(path, `has an unknown operator: ${operator}`);
  }
};

const COMPARISONS: ReadonlyMap<unknown, (leaf: number, bound: number) => boolean> = new Map([
  ['=', (leaf: number, bound: number) => leaf === bound],
  ['<', (leaf: number, bound: number) => leaf < bound],
  ['<=', (leaf: number, bound: number) => leaf <= bound],
  ['>', (leaf: number, bound: number) => leaf > bound],
  ['>=', (leaf: number, bound: number) => leaf >= bound],
]);

const numericTest = (operand: unknown, path: string): LeafTest => {
  const parts = isList(operand) ? operand : [];
  const tests = Array.from({ length: Math.ceil(parts.length / 2) }, (_, index) => {
    const compare = COMPARISONS.get(parts[2 * index]);
    const bound = parts[2 * index + 1];
    return compare !== undefined && typeof bound === 'number'
      ? (leaf: number) => compare(leaf, bound)
      : refuse(path, 'wants pairs of a comparison and a number');
  });
  return tests.length === 0 || tests.length > 2
    ? refuse(path, 'wants one or two pairs of a comparison and a number')
    : present((leaf) => typeof leaf === 'number' && tests.every((test) => test(leaf)));
};

const existsTest = (operand: unknown, path: string): LeafTest =>
  typeof operand === 'boolean' ? { onAbsent: !operand, on: () => operand } : refuse(path, 'wants true or false');

const cidrTest = (cidr: string, path: string): ((text: string) => boolean) => {
  const [network = '', bits = '', ...rest] = cidr.split('/');
  const version = isIP(network);
  if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) {
    return refuse(path, 'wants an address range such as 10.0.0.0/24');
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(network, Number(bits), family);
  return (leaf) => isIP(leaf) === version && block.check(leaf, family);
};

/** `*` stands for any text; `\*` and `\\` for themselves. Goes through the text once, so no pattern can make it slow. */
const wildcardTest = (wildcard: string, path: string): ((text: string) => boolean) => {
  const parts = literalParts(wildcard, path);
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) {
    return (leaf) => leaf === first;
  }
  return (leaf) => {
    if (leaf.length < first.length + last.length || !leaf.startsWith(first) || !leaf.endsWith(last)) {
      return false;
    }
    const end = leaf.length - last.length;
    let from = first.length;
    for (const part of rest) {
      const found = leaf.indexOf(part, from);
      if (found === -1 || found + part.length > end) {
        return false;
      }
      from = found + part.length;
    }
    return true;
  };
};

const literalParts = (wildcard: string, path: string): readonly string[] => {
  if (/^(?:[^\\]|\\[\\*])*?\*\*/.test(wildcard)) {
    return refuse(path, 'has two wildcards in a row');
  }
  const parts = [''];
  for (const [token] of wildcard.matchAll(/\\[\s\S]|[\s\S]/g)) {
    if (token === '*') {
      parts.push('');
    } else if (token.length === 1 && token !== '\\') {
      parts.push(`${parts.pop() ?? ''}${token}`);
    } else if (token === '\\*' || token === '\\\\') {
      parts.push(`${parts.pop() ?? ''}${token.slice(1)}`);
    } else {
      return refuse(path, 'has a backslash before neither a wildcard nor a backslash');
    }
  }
  return parts;
};
