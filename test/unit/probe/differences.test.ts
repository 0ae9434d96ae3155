import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../../shared/probe/differences.ts';
import { parseJson } from '../../../shared/probe/json.ts';
import type { JsonValue } from '../../../shared/validation/json-value.ts';

const differ = (old: JsonValue | undefined, other: JsonValue | undefined, ...ignore: readonly string[]) =>
  differencesOf(old, other, ignore, 'payload');

describe('the differences of two answers', () => {
  it('are none between equals', () => {
    expect(differ({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([]);
    expect(differ(undefined, undefined)).toEqual([]);
  });

  it('are told by their paths', () => {
    expect(differ({ a: 1, b: [1, 2], c: { d: 'x' } }, { a: 2, b: [1, 3, 4], c: { d: 'x', e: 1 } })).toEqual([
      'payload.a',
      'payload.b[1]',
      'payload.b[2]',
      'payload.c.e',
    ]);
    expect(differ({ a: 1 }, [1])).toEqual(['payload']);
    expect(differ({ a: 1 }, { a: '1' })).toEqual(['payload.a']);
    expect(differ({ a: null }, {})).toEqual(['payload.a']);
    expect(differ('x', undefined)).toEqual(['payload']);
  });

  it('leave out keys that are ignored, at whatever depth', () => {
    const [old, other] = [
      { requestId: 1, items: [{ ts: 1, id: 'a' }], ts: { deep: 1 } },
      { requestId: 2, items: [{ ts: 2, id: 'b' }], ts: 3 },
    ];
    expect(differ(old, other, 'requestId', 'ts')).toEqual(['payload.items[0].id']);
  });

  it('look into texts that are JSON, as bodies of HTTP are', () => {
    const [old, other] = [{ body: '{"total": 1, "ts": 1}' }, { body: '{"ts":2, "total":1}' }];
    expect(differ(old, other, 'ts')).toEqual([]);
    expect(differ(old, other)).toEqual(['payload.body.ts']);
    expect(differ({ body: '{"a": 1}' }, { body: '{"a": ' })).toEqual(['payload.body']);
    expect(differ({ body: '{a}' }, { body: '{b}' })).toEqual(['payload.body']);
  });

  it('see what is inherited in neither', () => {
    expect(differ({}, parseJson('{"toString": 1}'))).toEqual(['payload.toString']);
  });

  it('are fifty at most, and do not look deeper than people do (S46)', () => {
    const many = Array.from({ length: 100 }, (_, index) => index);
    expect(
      differ(
        many,
        many.map((one) => one + 1),
      ),
    ).toHaveLength(50);
    const deep = (end: string) => parseJson(`${'['.repeat(10_000)}${end}${']'.repeat(10_000)}`);
    expect(differ(deep('1'), deep('2'))).toEqual([`payload${'[0]'.repeat(200)}`]);
  });
});
