import { describe, expect, it } from 'vitest';
import { compilePattern, matchesPattern } from '../../../local/aws/event-pattern.ts';

const event = {
  source: 'aws.codepipeline',
  detail: {
    pipeline: 'shop-prod',
    version: 12,
    ok: true,
    nothing: null,
    address: '10.0.0.17',
    address6: '2001:db8::17',
    tags: ['red', 'Blue'],
    empty: [],
    actions: [
      { name: 'Build', state: 'FAILED' },
      { name: 'Deploy', state: 'SUCCEEDED' },
    ],
  },
};

const detail = (pattern: unknown) => ({ detail: pattern });

describe('matchesPattern', () => {
  it.each<[string, unknown, boolean]>([
    ['an equal text', { source: ['aws.codepipeline'] }, true],
    ['one of several texts', { source: ['aws.ecs', 'aws.codepipeline'] }, true],
    ['another text', { source: ['aws.ecs'] }, false],
    ['another case', { source: ['AWS.codepipeline'] }, false],
    ['every field', { source: ['aws.codepipeline'], detail: { pipeline: ['shop-prod'] } }, true],
    ['not every field', { source: ['aws.codepipeline'], detail: { pipeline: ['other'] } }, false],
    ['a number by value', detail({ version: [12] }), true],
    ['a number as text', detail({ version: ['12'] }), false],
    ['a boolean', detail({ ok: [true] }), true],
    ['null', detail({ nothing: [null] }), true],
    ['null where there is nothing', detail({ gone: [null] }), false],
    ['a missing field', detail({ gone: ['x'] }), false],
    ['an element of an array', detail({ tags: ['red'] }), true],
    ['no element of an array', detail({ tags: ['green'] }), false],
    ['one object of an array', detail({ actions: { name: ['Deploy'], state: ['SUCCEEDED'] } }), true],
    ['fields of two objects of an array', detail({ actions: { name: ['Build'], state: ['SUCCEEDED'] } }), false],
    ['an object where a text is', { source: { name: ['x'] } }, false],
    ['a text where an object is', { detail: ['x'] }, false],
    ['what every object inherits', detail({ constructor: [{ exists: true }] }), false],
    ['a prototype', detail(JSON.parse('{"__proto__":[{"exists":true}]}')), false],

    ['a prefix', detail({ pipeline: [{ prefix: 'shop-' }] }), true],
    ['another prefix', detail({ pipeline: [{ prefix: 'Shop-' }] }), false],
    ['a prefix in any case', detail({ pipeline: [{ prefix: { 'equals-ignore-case': 'SHOP-' } }] }), true],
    ['a suffix', detail({ pipeline: [{ suffix: '-prod' }] }), true],
    ['another suffix', detail({ pipeline: [{ suffix: '-PROD' }] }), false],
    ['a suffix in any case', detail({ pipeline: [{ suffix: { 'equals-ignore-case': '-PROD' } }] }), true],
    ['a prefix of a number', detail({ version: [{ prefix: '1' }] }), false],
    ['a text in any case', detail({ tags: [{ 'equals-ignore-case': 'BLUE' }] }), true],
    ['another text in any case', detail({ tags: [{ 'equals-ignore-case': 'GREEN' }] }), false],

    ['anything but another text', detail({ pipeline: [{ 'anything-but': 'other' }] }), true],
    ['anything but this text', detail({ pipeline: [{ 'anything-but': 'shop-prod' }] }), false],
    ['anything but a list', detail({ pipeline: [{ 'anything-but': ['a', 'shop-prod'] }] }), false],
    ['anything but a number', detail({ version: [{ 'anything-but': [11, 13] }] }), true],
    ['anything but something, of a missing field', detail({ gone: [{ 'anything-but': 'x' }] }), false],
    ['an element that is anything but', detail({ tags: [{ 'anything-but': 'red' }] }), true],
    ['anything but a prefix', detail({ pipeline: [{ 'anything-but': { prefix: 'shop' } }] }), false],
    ['anything but prefixes', detail({ pipeline: [{ 'anything-but': { prefix: ['a', 'b'] } }] }), true],
    ['anything but a suffix', detail({ pipeline: [{ 'anything-but': { suffix: 'prod' } }] }), false],
    ['anything but a wildcard', detail({ pipeline: [{ 'anything-but': { wildcard: 'sh*od' } }] }), false],
    [
      'anything but in any case',
      detail({ pipeline: [{ 'anything-but': { 'equals-ignore-case': 'SHOP-PROD' } }] }),
      false,
    ],

    ['a number above', detail({ version: [{ numeric: ['>', 11.5] }] }), true],
    ['a number in a range', detail({ version: [{ numeric: ['>=', 12, '<', 13] }] }), true],
    ['a number at the open end of a range', detail({ version: [{ numeric: ['>', 0, '<', 12] }] }), false],
    ['an equal number', detail({ version: [{ numeric: ['=', 12] }] }), true],
    ['a text as a number', detail({ pipeline: [{ numeric: ['>', 0] }] }), false],

    ['what exists', detail({ pipeline: [{ exists: true }] }), true],
    ['null, which exists', detail({ nothing: [{ exists: true }] }), true],
    ['what does not exist', detail({ gone: [{ exists: true }] }), false],
    ['the absence of what does not exist', detail({ gone: [{ exists: false }] }), true],
    ['the absence of what exists', detail({ pipeline: [{ exists: false }] }), false],
    ['an absence below an absence', { gone: { deep: [{ exists: false }] } }, true],
    ['the absence of an empty array', detail({ empty: [{ exists: false }] }), true],
    ['absence or a value', detail({ gone: ['x', { exists: false }] }), true],

    ['an address in a range', detail({ address: [{ cidr: '10.0.0.0/24' }] }), true],
    ['an address out of a range', detail({ address: [{ cidr: '10.0.1.0/24' }] }), false],
    ['an address of version 6', detail({ address6: [{ cidr: '2001:db8::/32' }] }), true],
    ['an address of the other version', detail({ address6: [{ cidr: '10.0.0.0/8' }] }), false],
    ['no address', detail({ pipeline: [{ cidr: '10.0.0.0/8' }] }), false],

    ['a wildcard at the end', detail({ pipeline: [{ wildcard: 'shop-*' }] }), true],
    ['a wildcard at the begin', detail({ pipeline: [{ wildcard: '*-prod' }] }), true],
    ['a wildcard for nothing', detail({ pipeline: [{ wildcard: 'shop-prod*' }] }), true],
    ['wildcards between', detail({ pipeline: [{ wildcard: 's*p-*d' }] }), true],
    ['a part that is missing', detail({ pipeline: [{ wildcard: 's*x*d' }] }), false],
    ['parts that would overlap', detail({ pipeline: [{ wildcard: 'shop-pr*prod' }] }), false],
    ['a wildcard in another case', detail({ pipeline: [{ wildcard: 'SHOP*' }] }), false],

    ['the first alternative', { $or: [{ source: ['aws.codepipeline'] }, { source: ['x'] }] }, true],
    ['the second alternative', detail({ $or: [{ version: [1] }, { pipeline: [{ prefix: 'shop' }] }] }), true],
    ['no alternative', { $or: [{ source: ['x'] }, { source: ['y'] }] }, false],
    [
      'an alternative without the rest',
      { detail: { pipeline: ['x'] }, $or: [{ source: ['aws.codepipeline'] }, { source: ['x'] }] },
      false,
    ],
  ])('tells of %s', (_, pattern, expected) => {
    expect(matchesPattern(pattern, event)).toBe(expected);
  });

  it('takes an escaped star and backslash for themselves', () => {
    expect(matchesPattern({ name: [{ wildcard: 'a\\*b\\\\*' }] }, { name: 'a*b\\c' })).toBe(true);
    expect(matchesPattern({ name: [{ wildcard: 'a\\*b' }] }, { name: 'axb' })).toBe(false);
  });

  it('finds a field called __proto__ that the event has itself', () => {
    const pattern: unknown = JSON.parse('{"__proto__":["x"]}');
    expect(matchesPattern(pattern, JSON.parse('{"__proto__":"x"}'))).toBe(true);
  });

  it('is not slowed down by a wildcard made for that', () => {
    const wildcard = `${'*a'.repeat(2_000)}*b`;
    const started = performance.now();
    expect(matchesPattern({ name: [{ wildcard }] }, { name: 'a'.repeat(100_000) })).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each([[null], ['text'], [[]], [42], [{ detail: 'text' }]])('does not match the event %j', (odd) => {
    expect(matchesPattern({ detail: { pipeline: ['x'] } }, odd)).toBe(false);
  });
});

describe('compilePattern', () => {
  it.each<[unknown, string]>([
    [[], '$ is not an object'],
    [{}, '$ is an empty object'],
    [{ source: [] }, '$.source is an empty array'],
    [{ source: 'x' }, '$.source is neither an object nor an array'],
    [{ source: [{ like: 'x' }] }, '$.source[0] has an unknown operator: like'],
    [{ source: [{ prefix: 'x', suffix: 'y' }] }, '$.source[0] is not an object with one operator'],
    [{ source: [{ prefix: 1 }] }, '$.source[0] wants a string'],
    [{ source: [{ exists: 'yes' }] }, '$.source[0] wants true or false'],
    [{ source: [{ numeric: ['>'] }] }, '$.source[0] wants pairs of a comparison and a number'],
    [{ source: [{ cidr: '10.0.0.0/33' }] }, '$.source[0] wants an address range such as 10.0.0.0/24'],
    [{ source: [{ wildcard: 'a**' }] }, '$.source[0] has two wildcards in a row'],
    [{ source: [{ 'anything-but': [] }] }, '$.source[0] has an empty list'],
    [{ $or: [{ source: ['x'] }] }, '$.$or is not an array of at least two patterns'],
  ])('refuses %j', (pattern, problem) => {
    expect(() => compilePattern(pattern)).toThrow(new Error(`Event pattern is not valid. ${problem}`));
  });
});
