import { describe, expect, it } from 'vitest';
import { slackOutcome } from '../../../scripts/hello/slack-outcome.ts';
import { topicOutcome } from '../../../scripts/hello/topic-outcome.ts';
import type { Answer } from '../../../scripts/setup/answer.ts';
import type { SlackAnswer } from '../../../scripts/setup/slack-web.ts';
import { denied, DEPLOY, missing, PROD, told } from '../../support/rows.ts';

const CHANNEL = { id: 'C1', name: 'deploys', routes: ['route 1', 'default'] };
const TOPIC = { name: 't', arn: 'arn:aws:sns:eu-west-1:1:gatehouse-prod-t', own: true, routes: ['route 1'] };

describe('slackOutcome', () => {
  const outcome = (answer: SlackAnswer) =>
    slackOutcome(CHANNEL, answer, 'gate', PROD).map(({ status, name, says, remedy }) => [status, name, says, remedy]);
  const refused = (error: string, needed?: string): SlackAnswer => ({ kind: 'refused', error, needed });

  it('says who will post there', () => {
    expect(outcome({ kind: 'told', body: {}, scopes: [] })).toEqual([
      ['ok', '#deploys (C1)', 'posted; route 1, default will post here', undefined],
    ]);
  });

  it.each([
    ['not_in_channel', '@gate is not in the channel', 'write /invite @gate in #deploys'],
    [
      'channel_not_found',
      "@gate sees no channel C1: it is private and the bot was not invited, or the id is wrong or another workspace's",
      'write /invite @gate in the channel; if its “About” tab shows another id, correct slack.channels in gatehouse.yml',
    ],
    [
      'is_archived',
      'is archived: nobody can post there',
      'open #deploys in Slack → Settings → Unarchive, or name another channel in gatehouse.yml',
    ],
    [
      'restricted_action',
      'may not post there (restricted_action)',
      '#deploys → Settings → Permissions → Posting permissions: let apps post, or name another channel in gatehouse.yml',
    ],
    [
      'invalid_auth',
      'Slack does not accept the token: invalid_auth',
      'npm run doctor -- --stage prod --region eu-west-1 says what is wrong with it',
    ],
    ['ratelimited', 'Slack wants a pause', 'run this again in a minute'],
    [
      'fatal_error',
      'Slack refuses: fatal_error',
      'https://docs.slack.dev/reference/methods/chat.postMessage explains the word',
    ],
  ])('says what to do about %s', (error, says, remedy) => {
    expect(outcome(refused(error))).toEqual([['problem', '#deploys (C1)', says, remedy]]);
  });

  it('names the scope that Slack names', () => {
    expect(outcome(refused('missing_scope', 'chat:write.public'))[0]?.slice(2)).toEqual([
      'the bot lacks the scope chat:write.public',
      'https://api.slack.com/apps → your app → OAuth & Permissions → Bot Token Scopes → Add chat:write.public; then Reinstall to Workspace (the token stays)',
    ]);
  });

  it('tells a network that fails', () => {
    expect(outcome({ kind: 'unreachable', host: 'slack.com', because: 'ENOTFOUND' })[0]?.slice(0, 3)).toEqual([
      'problem',
      'slack.com',
      'does not answer: ENOTFOUND',
    ]);
  });
});

describe('topicOutcome', () => {
  const outcome = (answer: Answer<undefined>, own = true) =>
    topicOutcome({ ...TOPIC, own }, answer, PROD).map(({ status, says, remedy }) => [status, says, remedy]);

  it('says whose permission has been tried', () => {
    expect(outcome(told(undefined))).toEqual([
      [
        'ok',
        'published with your credentials; route 1 will publish here (npm run doctor -- --stage prod --region eu-west-1 says whether notify may)',
        undefined,
      ],
    ]);
  });

  it('says what is missing: a topic of ours, or one of somebody else', () => {
    expect(outcome(missing)).toEqual([['problem', 'there is no such topic', DEPLOY]]);
    expect(outcome(missing, false)).toEqual([
      ['problem', 'there is no such topic', 'correct the ARN in gatehouse.yml, under route 1'],
    ]);
  });

  it('names the permission and the topic', () => {
    expect(outcome(denied('sns:Publish'))).toEqual([
      [
        'problem',
        `you may not sns:Publish on ${TOPIC.arn}`,
        "allow yourself sns:Publish on it; in another account the topic's policy has to allow it as well",
      ],
    ]);
  });

  it.each(['KMSDisabledException: off', 'KMSAccessDeniedException: no'])('knows %s as a matter of the key', (error) => {
    expect(outcome({ kind: 'refused', error })).toEqual([
      [
        'problem',
        `the key that the topic is encrypted with cannot be used: ${error}`,
        'enable the key, and let you and the role of notify use kms:GenerateDataKey and kms:Decrypt in its policy',
      ],
    ]);
  });

  it('passes on what SNS says otherwise', () => {
    expect(outcome({ kind: 'refused', error: 'InvalidParameterException: Invalid parameter: TopicArn' })).toEqual([
      [
        'problem',
        'SNS refuses: InvalidParameterException: Invalid parameter: TopicArn',
        'compare the ARN and its region in gatehouse.yml with the topic',
      ],
    ]);
  });
});
