import { describe, expect, it } from 'vitest';
import { allows } from '../../../scripts/doctor/policy.ts';

const RULE = 'arn:aws:events:eu-west-1:1:rule/a';
const ACCESS = {
  principals: ['events.amazonaws.com'],
  action: 'sqs:SendMessage',
  context: { 'aws:sourcearn': RULE },
};

const policy = (more: object = {}) => ({
  Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', ...more }],
});

describe('allows', () => {
  it.each([
    ['the principal and the action', {}],
    ['everybody', { Principal: '*' }],
    ['everybody of a kind', { Principal: { AWS: '*' } }],
    ['one of several principals', { Principal: { Service: ['a.amazonaws.com', 'events.amazonaws.com'] } }],
    ['every action, whatever its case', { Action: ['SQS:*'] }],
    ['a source by its ARN', { Condition: { ArnEquals: { 'AWS:SourceArn': ['x', RULE] } } }],
    ['sources by a glob', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:1:rule/*' } } }],
    ['under a condition that cannot be judged', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['a source about whom nothing is known', { Condition: { StringEquals: { 'aws:SourceVpc': 'v' } } }],
  ])('finds a statement for %s', (_name, more) => {
    expect(allows(policy(more), ACCESS)).toBe(true);
  });

  it.each([
    ['that denies', { Effect: 'Deny' }],
    ['for another principal', { Principal: { Service: 'sns.amazonaws.com' } }],
    ['for another action', { Action: 'sqs:ReceiveMessage' }],
    ['for another source', { Condition: { ArnEquals: { 'aws:SourceArn': `${RULE}b` } } }],
    [
      'for a source that also has to be another',
      { Condition: { StringLike: { 'aws:SourceArn': RULE }, ArnEquals: { 'aws:SourceArn': 'x' } } },
    ],
  ])('finds none in a statement %s', (_name, more) => {
    expect(allows(policy(more), ACCESS)).toBe(false);
  });

  it.each([undefined, {}, 'text', { Statement: [{ Effect: 'Allow' }] }, { Statement: 'all' }])(
    'finds none in %o',
    (none) => {
      expect(allows(none, ACCESS)).toBe(false);
    },
  );
});
