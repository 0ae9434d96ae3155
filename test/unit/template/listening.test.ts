import { describe, expect, it } from 'vitest';
import { subscriptions, writeDeadLetters, writeEvents } from '../../../scripts/listening.ts';

const HERE = 'arn:aws:sns:eu-west-1:111122223333:deployments';
const THERE = 'arn:aws:sns:eu-central-1:444455556666:deployments';

const queueArn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const letIn = (queue: string, topics: readonly string[]) => ({
  Effect: 'Allow',
  Principal: { Service: 'sns.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: queueArn(queue),
  Condition: { ArnEquals: { 'aws:SourceArn': topics } },
});

describe('listening to topics', () => {
  it('subscribes the events queue where each topic is, with a dead-letter queue where SNS allows ours', () => {
    const more = {
      Protocol: 'sqs',
      Endpoint: queueArn('EventsQueue'),
      RawMessageDelivery: false,
    };
    expect(Object.values(subscriptions([HERE, THERE], 'eu-west-1'))).toEqual([
      {
        Type: 'AWS::SNS::Subscription',
        DependsOn: ['EventsQueuePolicy', 'RuleDeadLettersPolicy'],
        Properties: {
          TopicArn: HERE,
          Region: 'eu-west-1',
          ...more,
          RedrivePolicy: { deadLetterTargetArn: queueArn('RuleDeadLetters') },
        },
      },
      {
        Type: 'AWS::SNS::Subscription',
        DependsOn: ['EventsQueuePolicy', 'RuleDeadLettersPolicy'],
        Properties: { TopicArn: THERE, Region: 'eu-central-1', ...more },
      },
    ]);
  });

  it('lets exactly those topics in', () => {
    expect(writeEvents([HERE, THERE])).toEqual(letIn('EventsQueue', [HERE, THERE]));
    expect(writeDeadLetters([HERE, THERE], 'eu-west-1')).toEqual(letIn('RuleDeadLetters', [HERE]));
  });

  it('lets nobody in when there is nothing to listen to', () => {
    expect([writeEvents([]), writeDeadLetters([THERE], 'eu-west-1')]).toEqual([undefined, undefined]);
  });
});
