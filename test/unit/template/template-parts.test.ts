import { describe, expect, it } from 'vitest';
import {
  alarmReceiver,
  alarmTopicResources,
  keyStatement,
  publishStatement,
  topicOutputs,
  topicResources,
} from '../../../scripts/template-parts.ts';
import type { Config } from '../../../shared/config/config.ts';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd';
const ELSEWHERE = 'arn:aws:sns:eu-west-1:444455556666:oncall';

const configOf = (...topics: readonly string[]): Config => ({
  slack: { workspace: 'T1', channels: { deployments: 'C1' } },
  environments: [],
  routes: [
    { match: {}, to: [{ kind: 'slack', channel: 'C1' }] },
    { match: {}, to: topics.map((topic) => ({ kind: 'sns', topic })) },
  ],
});

const topic = (TopicName: string, more = {}) => ({ Type: 'AWS::SNS::Topic', Properties: { TopicName, ...more } });

describe('the topics of routes', () => {
  it('are made when they have a name, encrypted by the key that the stage names', () => {
    const resources = topicResources(configOf('releases', 'releases', ELSEWHERE), 'gatehouse-dev-');
    expect(Object.keys(resources)).toEqual(['Topicreleases', 'PolicyOfTopicreleases']);
    expect(resources['Topicreleases']).toEqual(topic('gatehouse-dev-releases'));
    expect(topicResources(configOf('releases'), '', KEY)).toMatchObject({
      Topicreleases: topic('releases', { KmsMasterKeyId: KEY }),
    });
  });

  it('have logical ids that no two names share', () => {
    const names = ['a-b', 'a_b', 'aZ2db', 'ab', 'Policy'];
    expect(Object.keys(topicResources(configOf(...names), ''))).toHaveLength(2 * names.length);
    expect(Object.keys(topicOutputs(configOf(...names)))).toHaveLength(names.length);
  });

  it('are what notify may publish to, and their key is what it may use', () => {
    expect(publishStatement(configOf('releases', ELSEWHERE))).toEqual({
      Effect: 'Allow',
      Action: 'sns:Publish',
      Resource: [{ Ref: 'Topicreleases' }, ELSEWHERE],
    });
    expect(keyStatement(configOf('releases'), KEY)).toEqual({
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: KEY,
    });
  });

  it('grant nothing where there are none, or none of ours', () => {
    expect(publishStatement(configOf())).toBeUndefined();
    expect([keyStatement(configOf('releases'), undefined), keyStatement(configOf(ELSEWHERE), KEY)]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('the alarm topic', () => {
  it('is ours unless the stage names another, and then not made', () => {
    expect(alarmReceiver({})).toEqual({ Ref: 'AlarmTopic' });
    expect(alarmReceiver({ alarmTopicArn: ELSEWHERE })).toBe(ELSEWHERE);
    expect(alarmTopicResources('gatehouse-dev-alarms', { alarmTopicArn: ELSEWHERE })).toEqual({});
  });

  it('has a policy, and the key and the mail of the stage', () => {
    expect(alarmTopicResources('alarms', { topicKeyArn: KEY, alarmEmail: 'oncall@example.com' })).toMatchObject({
      AlarmTopic: topic('alarms', { KmsMasterKeyId: KEY }),
      AlarmTopicPolicy: { Type: 'AWS::SNS::TopicPolicy' },
      AlarmEmail: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'AlarmTopic' }, Protocol: 'email', Endpoint: 'oncall@example.com' },
      },
    });
  });
});
