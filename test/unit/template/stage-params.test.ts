import { describe, expect, it } from 'vitest';
import { readStageParams } from '../../../scripts/stage-params.ts';

const OFF = { alarmTopicArn: '', alarmEmail: '', topicKeyArn: '', permissionsBoundaryArn: '' };
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:oncall';

const read = (more: Partial<Record<keyof typeof OFF, unknown>>) => readStageParams({ ...OFF, ...more }, 'eu-west-1');

describe('the parameters of a stage', () => {
  it('are off when they are empty or not there', () => {
    expect(read({})).toEqual({ params: {}, problems: [] });
    expect(read({ alarmTopicArn: null, alarmEmail: undefined })).toEqual({ params: {}, problems: [] });
  });

  it('are what is written', () => {
    const written = {
      alarmEmail: 'oncall@example.com',
      topicKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab',
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/teams/boundary',
    };
    expect(read(written)).toEqual({ params: written, problems: [] });
    expect(read({ alarmTopicArn: TOPIC })).toEqual({ params: { alarmTopicArn: TOPIC }, problems: [] });
  });

  it('are refused all at once, each by its name, when they cannot be what they should be', () => {
    const { params, problems } = read({
      alarmTopicArn: `${TOPIC}.fifo`,
      alarmEmail: 3,
      topicKeyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/aws/sns',
      permissionsBoundaryArn: 'boundary',
    });
    expect(params).toEqual({});
    expect(problems).toEqual([
      expect.stringMatching(/^alarmTopicArn: is not the ARN of a standard topic/),
      'alarmEmail: should be text',
      expect.stringMatching(/^topicKeyArn: is not the ARN of a customer key/),
      expect.stringMatching(/^permissionsBoundaryArn: is not the ARN of a policy/),
    ]);
  });

  it.each(['oncall', 'oncall@', '@example.com', 'on call@example.com', 'oncall@example'])(
    'are refused when mail cannot go to %s',
    (alarmEmail) => {
      expect(read({ alarmEmail }).problems).toEqual(['alarmEmail: is not a mail address']);
    },
  );

  it('are refused when an alarm or a topic could not reach the place', () => {
    expect(
      readStageParams(
        { ...OFF, alarmTopicArn: TOPIC, topicKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd' },
        'us-east-1',
      ),
    ).toEqual({
      params: {},
      problems: [
        'alarmTopicArn: is in eu-west-1, and the stack in us-east-1',
        'topicKeyArn: is in eu-west-1, and the stack in us-east-1',
      ],
    });
  });

  it('are refused when there is no topic of ours that mail could come from', () => {
    expect(read({ alarmTopicArn: TOPIC, alarmEmail: 'oncall@example.com' }).problems).toEqual([
      expect.stringMatching(/^alarmEmail: has no topic of ours/),
    ]);
  });
});
