import { describe, expect, it } from 'vitest';
import { failedIds, functionNameOf } from '../../../local/lambda/event-sources.ts';
import { intervalOf } from '../../../local/lambda/schedule.ts';

describe('failedIds', () => {
  it.each<[unknown, readonly string[]]>([
    [null, []],
    [{}, []],
    [{ batchItemFailures: null }, []],
    [{ batchItemFailures: [] }, []],
    [{ batchItemFailures: [{ itemIdentifier: 'b' }] }, ['b']],
    [{ batchItemFailures: [{ itemIdentifier: 'c' }, { itemIdentifier: 'a' }] }, ['a', 'c']],
    [{ batchItemFailures: [{ itemIdentifier: 'somebody else' }] }, ['a', 'b', 'c']],
    [{ batchItemFailures: [{ itemIdentifier: '' }] }, ['a', 'b', 'c']],
    [{ batchItemFailures: [{ id: 'a' }] }, ['a', 'b', 'c']],
    [{ batchItemFailures: 'a' }, ['a', 'b', 'c']],
  ])('reads %j as Lambda does', (response, expected) => {
    expect(failedIds(response, ['a', 'b', 'c'])).toEqual(expected);
  });
});

describe('functionNameOf', () => {
  it.each([
    ['notify', 'notify'],
    ['arn:aws:lambda:us-east-1:000000000000:function:notify', 'notify'],
    ['arn:aws:lambda:us-east-1:000000000000:function:notify:live', 'notify'],
  ])('finds the name in %s', (reference, name) => {
    expect(functionNameOf(reference)).toBe(name);
  });
});

describe('intervalOf', () => {
  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
    ['rate(0 minutes)', undefined],
    ['cron(0 12 * * ? *)', undefined],
    ['rate(1 constructor)', undefined],
  ])('reads %s', (expression, milliseconds) => {
    expect(intervalOf(expression)).toBe(milliseconds);
  });
});
