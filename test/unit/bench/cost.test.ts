import { describe, expect, it } from 'vitest';
import { costOf, monthlyCost, sumOf } from '../../bench/cost.ts';
import { median } from '../../bench/median.ts';

describe('the cost of a rollout', () => {
  const COUNT = {
    story: 'success',
    events: 2,
    aws: {
      'dynamodb GetItem': 5,
      'sns Publish': 1,
      'sqs ReceiveMessage (wake-ups)': 3,
      'sqs SendMessage (events)': 2,
      'sqs SendMessageBatch': 1,
    },
    slack: {},
    invocations: { notify: { count: 2, ms: 1_000 }, deliver: { count: 1, ms: 3_000 } },
    readUnits: 5,
    writeUnits: 4,
  };

  it('is the sum of its calls at their prices', () => {
    const posts = new Map(costOf(COUNT, 1_000_000).map(({ price, amount, usd }) => [price, { amount, usd }]));
    expect(posts.get('busEvent')).toEqual({ amount: 2_000_000, usd: 0 });
    expect(posts.get('sqsStandard')).toEqual({ amount: 2_000_000, usd: 0.8 });
    expect(posts.get('sqsFifo')).toEqual({ amount: 4_000_000, usd: 2 });
    expect(posts.get('lambdaRequest')?.amount).toBe(3_000_000);
    expect(posts.get('lambdaTime')?.amount).toBe(2_000_000);
    expect(posts.get('dynamoWrite')).toEqual({ amount: 4_000_000, usd: 2.5 });
    expect(posts.get('dynamoRead')).toEqual({ amount: 5_000_000, usd: 0.625 });
    expect(posts.get('snsPublish')).toEqual({ amount: 1_000_000, usd: 0.5 });
  });

  it('grows with their number, and a quiet month has one of its own', () => {
    expect(sumOf(costOf(COUNT, 2_000))).toBeCloseTo(2 * sumOf(costOf(COUNT, 1_000)), 10);
    expect(sumOf(monthlyCost(20)) - sumOf(monthlyCost(10))).toBeCloseTo(1, 10);
  });
});

describe('the median', () => {
  it('is the number in the middle, or between the two that are', () => {
    expect(median([30, 1, 2])).toBe(2);
    expect(median([4, 1, 30, 2])).toBe(3);
    expect(median([])).toBeNaN();
  });
});
