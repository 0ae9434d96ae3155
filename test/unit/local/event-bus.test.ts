import { describe, expect, it } from 'vitest';
import { createEventBus } from '../../../local/aws/event-bus.ts';
import type { DeliverToTarget } from '../../../local/aws/event-bus.ts';
import { readEventRule } from '../../../local/aws/event-rule.ts';

type Delivered = Parameters<DeliverToTarget>[0];

const rule = (properties: object) =>
  readEventRule({
    logicalId: 'Rule',
    name: 'rule',
    ref: 'rule',
    arn: 'arn:rule',
    properties: {
      EventPattern: { source: ['aws.codepipeline'] },
      Targets: [{ Id: 'queue', Arn: 'arn:queue', DeadLetterConfig: { Arn: 'arn:dead' } }],
      ...properties,
    },
  });

const event = { source: 'aws.codepipeline', detail: { pipeline: 'shop-prod' } };

/** Puts an event on a bus with one rule and gives what was delivered where, and what was logged. */
const put = async (properties: object, options: { refuse?: (arn: string, attempt: number) => boolean } = {}) => {
  const delivered: Delivered[] = [];
  const logged: string[] = [];
  const attempts = new Map<string, number>();
  const bus = createEventBus({
    rules: [rule(properties)],
    deliver: (message) => {
      const attempt = (attempts.get(message.arn) ?? 0) + 1;
      attempts.set(message.arn, attempt);
      if (options.refuse?.(message.arn, attempt) === true) {
        return Promise.reject(new Error('no such queue'));
      }
      delivered.push(message);
      return Promise.resolve();
    },
    wait: () => Promise.resolve(),
    log: (text) => logged.push(text),
  });
  bus.put(event);
  while (bus.pending() > 0) {
    await Promise.resolve();
  }
  return { delivered, logged };
};

describe('the event bus', () => {
  it('delivers a matching event as it came', async () => {
    expect(await put({})).toEqual({ delivered: [{ arn: 'arn:queue', body: JSON.stringify(event) }], logged: [] });
  });

  it('delivers nothing that does not match', async () => {
    expect(await put({ EventPattern: { source: ['aws.ecs'] } })).toEqual({ delivered: [], logged: [] });
  });

  it('delivers nothing for a rule that is disabled', async () => {
    expect(await put({ State: 'DISABLED' })).toEqual({ delivered: [], logged: [] });
  });

  it('sends a fixed input, or a part, where the target wants that', async () => {
    const { delivered } = await put({
      Targets: [
        { Id: 'a', Arn: 'arn:a', Input: '{"x":1}' },
        { Id: 'b', Arn: 'arn:b', InputPath: '$.detail.pipeline' },
        { Id: 'c', Arn: 'arn:c.fifo', SqsParameters: { MessageGroupId: 'g' } },
      ],
    });
    expect(delivered).toEqual([
      { arn: 'arn:a', body: '{"x":1}' },
      { arn: 'arn:b', body: '"shop-prod"' },
      { arn: 'arn:c.fifo', body: JSON.stringify(event), groupId: 'g' },
    ]);
  });

  it('tries again when a target fails', async () => {
    const { delivered } = await put({}, { refuse: (arn, attempt) => arn === 'arn:queue' && attempt < 3 });
    expect(delivered).toEqual([{ arn: 'arn:queue', body: JSON.stringify(event) }]);
  });

  it('puts what it cannot deliver into the dead-letter queue, with the reason', async () => {
    const { delivered, logged } = await put({}, { refuse: (arn) => arn === 'arn:queue' });
    expect(delivered).toEqual([
      {
        arn: 'arn:dead',
        body: JSON.stringify(event),
        attributes: {
          RULE_ARN: 'arn:rule',
          TARGET_ARN: 'arn:queue',
          ERROR_CODE: 'SDK_CLIENT_ERROR',
          ERROR_MESSAGE: 'no such queue',
        },
      },
    ]);
    expect(logged).toEqual([]);
  });

  it('says so when an event is lost', async () => {
    const { logged } = await put({ Targets: [{ Id: 'queue', Arn: 'arn:queue' }] }, { refuse: () => true });
    expect(logged).toEqual(['An event is lost: the target queue of the rule rule failed. no such queue']);
  });
});

describe('readEventRule', () => {
  it('refuses a pattern that EventBridge would refuse', () => {
    expect(() => rule({ EventPattern: { source: 'x' } })).toThrow(
      'The rule Rule has a pattern that EventBridge would refuse',
    );
  });

  it('refuses a target that would get something else here than on AWS', () => {
    const Targets = [{ Id: 'a', Arn: 'b', InputTransformer: { InputTemplate: 'x' } }];
    expect(() => rule({ Targets })).toThrow(
      'The rule Rule cannot be used here: Targets.0.InputTransformer is not supported here',
    );
  });
});
