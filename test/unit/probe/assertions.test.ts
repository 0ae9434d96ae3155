import { describe, expect, it } from 'vitest';
import { judgeAll } from '../../../shared/probe/assertions.ts';
import type { JsonValue } from '../../../shared/validation/json-value.ts';
import type { Assertion, Operator } from '../../../shared/validation/suite.ts';
import { cpuTimeOf } from '../../support/cpu-time.ts';
import { matches } from '../../../shared/probe/matches.ts';

const FOUND = {
  number: 5,
  text: 'seven of nine',
  seven: '7',
  yes: true,
  nothing: null,
  list: [1, { a: [2] }, 'x'],
  record: { a: 1, b: [1, 2] },
  empty: '',
};

const filled = (value: JsonValue) => Promise.resolve(value);

const judge = (assertion: Assertion, found: JsonValue = structuredClone(FOUND)) => judgeAll([assertion], found, filled);

describe('an assertion', () => {
  it.each<readonly [string, Operator, JsonValue | undefined, boolean]>([
    ['number', 'eq', 5, true],
    ['number', 'eq', '5', false],
    ['seven', 'eq', '7', true],
    ['seven', 'eq', 7, false],
    ['nothing', 'eq', null, true],
    ['missing', 'eq', null, true],
    ['record', 'eq', { b: [1, 2], a: 1 }, true],
    ['record', 'eq', { a: 1 }, false],
    ['record', 'eq', { a: 1, b: [1, 2], c: null }, false],
    ['record', 'eq', { a: 1, c: [1, 2] }, false],
    ['record', 'eq', [1], false],
    ['record', 'eq', null, false],
    ['list', 'eq', [1, { a: [2] }, 'x'], true],
    ['list', 'eq', [1, { a: [3] }, 'x'], false],
    ['list', 'eq', [1], false],
    ['list', 'eq', { 0: 1 }, false],
    ['number', 'ne', 6, true],
    ['number', 'ne', 5, false],
    ['number', 'lt', 6, true],
    ['number', 'lt', 5, false],
    ['number', 'lt', '6', true],
    ['number', 'lte', 5, true],
    ['number', 'lte', 4, false],
    ['number', 'gt', 4, true],
    ['number', 'gt', 5, false],
    ['number', 'gte', 5, true],
    ['number', 'gte', 6, false],
    ['seven', 'lt', 8, false],
    ['missing', 'lt', 8, false],
    ['missing', 'gte', 0, false],
    ['number', 'in', [4, 5], true],
    ['number', 'in', ['5'], false],
    ['record', 'in', [{ a: 1, b: [1, 2] }], true],
    ['text', 'contains', 'seven', true],
    ['text', 'contains', 'eight', false],
    ['list', 'contains', { a: [2] }, true],
    ['list', 'contains', 2, false],
    ['record', 'contains', 'a', false],
    ['nothing', 'contains', 'a', false],
    ['text', 'matches', '^seven', true],
    ['text', 'matches', 'of', true],
    ['text', 'matches', '^of', false],
    ['number', 'matches', '^[0-9]$', true],
    ['yes', 'matches', 'true', true],
    ['nothing', 'matches', '.*', false],
    ['record', 'matches', '.*', false],
    ['text', 'matches', 5, false],
    ['number', 'exists', undefined, true],
    ['empty', 'exists', undefined, true],
    ['nothing', 'exists', undefined, false],
    ['missing.deeper', 'exists', undefined, false],
    ['missing', 'absent', undefined, true],
    ['nothing', 'absent', undefined, true],
    ['empty', 'absent', undefined, false],
    ['list', 'length', 3, true],
    ['list', 'length', '3', true],
    ['text', 'length', 13, true],
    ['record', 'length', 2, true],
    ['record', 'length', 3, false],
    ['number', 'length', 1, false],
    ['list[1].a[0]', 'eq', 2, true],
    ['list[?a].a | [0]', 'eq', [2], true],
    ['record.b.length', 'exists', undefined, false],
    // What every object inherits is not there.
    ['constructor', 'exists', undefined, false],
    ['record.constructor.name', 'exists', undefined, false],
    ['list[1].toString', 'exists', undefined, false],
    ['{a: number}.toString', 'exists', undefined, false],
  ])('that %s is %s %j: %s', async (path, op, value, holds) => {
    expect(await judge({ path, op, ...(value !== undefined && { value }) })).toMatchObject({ holds });
  });

  it.each<readonly [Operator, JsonValue | undefined, string, string]>([
    ['eq', '5', '5', '"5"'],
    ['ne', 5, '5', 'anything but 5'],
    ['lt', 5, '5', '< 5'],
    ['lte', '4.5', '5', '<= 4.5'],
    ['gt', 5, '5', '> 5'],
    ['gte', 6, '5', '>= 6'],
    ['in', [1, 2], '5', 'one of [1,2]'],
    ['contains', 'a', '5', 'something with "a"'],
    ['matches', 'a+', '5', 'a match of "a+"'],
    ['absent', undefined, '5', 'nothing'],
    ['length', 2, '5', 'a length of 2'],
  ])('that does not hold says path, value and expectation: %s', async (op, wanted, value, expected) => {
    expect(await judge({ path: 'number', op, ...(wanted !== undefined && { value: wanted }) })).toEqual({
      holds: false,
      told: { says: `number is ${value}, expected ${expected}`, value, expected },
    });
  });

  it('that nothing is there says so', async () => {
    expect(await judge({ path: 'missing', op: 'exists' })).toMatchObject({
      told: { says: 'missing is nothing, expected anything' },
    });
  });

  it.each<Assertion>([
    { path: 'list[', op: 'exists' },
    { path: 'nope(@)', op: 'exists' },
    { path: 'sum(text)', op: 'exists' },
    { path: 'number', op: 'lt', value: 'many' },
    { path: 'missing', op: 'lt', value: null },
    { path: 'number', op: 'lt', value: '' },
    { path: 'text', op: 'matches', value: '(' },
    // RE2 has no way back.
    { path: 'text', op: 'matches', value: '(a)\\1' },
  ])('that cannot be evaluated throws: %j', async (assertion) => {
    await expect(judge(assertion)).rejects.toThrow();
  });

  it('shows nothing of what has a telling name', async () => {
    expect(await judge({ path: 'body.token', op: 'eq', value: 'canary-1' }, { body: { token: 'canary-2' } })).toEqual({
      holds: false,
      told: { says: 'body.token is [redacted], expected [redacted]', value: '[redacted]', expected: '[redacted]' },
    });
  });

  it('is bounded in what it shows', async () => {
    const { told } = await judge({ path: '@', op: 'absent' }, 'x'.repeat(1_000_000));
    expect(told.says.length).toBeLessThan(11_000);
  });

  it('compares with templates that are filled in', async () => {
    const fill = () => Promise.resolve(5);
    expect(await judgeAll([{ path: 'number', op: 'eq', value: '${five}' }], { number: 5 }, fill)).toMatchObject({
      holds: true,
    });
  });
});

describe('assertions', () => {
  it('all have to hold; those that do not are told, and otherwise the first', async () => {
    const all: readonly Assertion[] = [
      { path: 'number', op: 'eq', value: 5 },
      { path: 'yes', op: 'eq', value: false },
      { path: 'seven', op: 'absent' },
    ];
    expect(await judgeAll(all, FOUND, filled)).toEqual({
      holds: false,
      told: { says: 'yes is true, expected false; seven is "7", expected nothing', value: 'true', expected: 'false' },
    });
    expect(await judgeAll(all.slice(0, 1), FOUND, filled)).toEqual({
      holds: true,
      told: { says: 'number is 5, expected 5', value: '5', expected: '5' },
    });
  });

  it('are needed: without one nothing is said', async () => {
    await expect(judgeAll([], FOUND, filled)).rejects.toThrow('It expects nothing');
  });
});

describe('a regular expression of a suite', () => {
  it.each(['(a+)+$', '(a|aa)+$', '(a|a?)+$', '(.*a){20}', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'takes time linear in what it is asked about: %s (S45)',
    (expression) => {
      const of = (length: number) => cpuTimeOf(() => matches(expression, `${'a'.repeat(length)}!`));
      of(1_000);
      expect(of(20_000)).toBeLessThan(2_000);
    },
  );
});
