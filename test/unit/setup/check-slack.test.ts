import { describe, expect, it } from 'vitest';
import {
  botName,
  checkChannel,
  checkScopes,
  checkSigningSecret,
  checkToken,
  checkTokenParameter,
} from '../../../scripts/doctor/check-slack.ts';
import type { SlackAnswer } from '../../../scripts/setup/slack-web.ts';
import { denied, glance, missing, PROD, told } from '../../support/rows.ts';

const NAME = '/gatehouse/prod/slack-token';
const PUT = `aws ssm put-parameter --type SecureString --name ${NAME} --value "$SLACK_BOT_TOKEN"`;
const APP = 'https://api.slack.com/apps → your app';

const said = (body: object, scopes?: readonly string[]): SlackAnswer => ({ kind: 'told', body, scopes });
const refused = (error: string, needed?: string): SlackAnswer => ({ kind: 'refused', error, needed });
const UNREACHABLE: SlackAnswer = { kind: 'unreachable', host: 'slack.com', because: 'TimeoutError' };

describe('checkTokenParameter', () => {
  const check = (value: string, type = 'SecureString') => checkTokenParameter(NAME, told({ type, value }), PROD);

  it('is content with a bot token that is kept secret', () => {
    expect(glance(check('xoxb-1-canary'))).toEqual([['ok', NAME, 'is there, a SecureString']]);
  });

  it.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['xoxb-1-canary\n', 'has spaces or a line break around it'],
    ['xoxp-1-canary', 'is the token of a person'],
    ['xoxe.xoxb-1-canary', 'is a token that expires: turn token rotation off'],
    ['xapp-1-canary', 'is an app-level token'],
    ['xoxa-1-canary', 'is a legacy workspace token'],
    ['canary', 'does not look like the token of a bot, which begins with xoxb-'],
  ])('does not show Slack %o', (value, says) => {
    const rows = check(value);
    expect(rows).toEqual([
      {
        group: 'Slack token',
        name: NAME,
        status: 'problem',
        says,
        remedy: `${APP} → OAuth & Permissions → Bot User OAuth Token; then ${PUT} --overwrite --region eu-west-1`,
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain('canary');
  });

  it('wants a SecureString, which takes the parameter away first', () => {
    expect(check('xoxb-1', 'String').map(({ remedy }) => remedy)).toEqual([
      `aws ssm delete-parameter --name ${NAME} --region eu-west-1 && ${PUT} --region eu-west-1`,
    ]);
  });

  it('says what the caller lacks', () => {
    expect(glance(checkTokenParameter(NAME, denied('kms:Decrypt'), PROD))).toEqual([
      ['skipped', NAME, 'you may not ask: your credentials lack kms:Decrypt'],
    ]);
    expect(glance(checkTokenParameter(NAME, missing, PROD))).toEqual([['problem', NAME, 'there is no such parameter']]);
  });
});

describe('checkToken', () => {
  const check = (answer: SlackAnswer, workspace = 'T1') => glance(checkToken(NAME, answer, workspace, PROD));
  const auth = { ok: true, team_id: 'T1', team: 'Acme', user: 'gatehouse', enterprise_id: 'E1' };

  it('takes the workspace by its id or by that of its organisation', () => {
    for (const workspace of ['T1', 'E1']) {
      expect(check(said(auth), workspace)).toEqual([
        ['ok', 'auth.test', 'Slack accepts it: @gatehouse'],
        ['ok', 'workspace', 'T1 (Acme)'],
      ]);
    }
  });

  it('finds a token of another workspace', () => {
    expect(check(said({ ...auth, enterprise_id: null }), 'E1')[1]).toEqual([
      'problem',
      'workspace',
      'the token is of T1 (Acme), gatehouse.yml says E1',
    ]);
  });

  it.each(['invalid_auth', 'account_inactive', 'token_revoked'])('says what to do about %s', (error) => {
    expect(checkToken(NAME, refused(error), 'T1', PROD)).toEqual([
      {
        group: 'Slack token',
        name: 'auth.test',
        status: 'problem',
        says: `Slack does not accept the token: ${error}`,
        remedy: `${APP} → Install App → Reinstall to Workspace; then ${PUT} --overwrite --region eu-west-1`,
      },
    ]);
  });

  it('tells a network that fails, and a stranger who answers', () => {
    expect(check(UNREACHABLE)).toEqual([['problem', 'slack.com', 'does not answer: TimeoutError']]);
    expect(check(said({ ok: true }))).toEqual([['problem', 'auth.test', 'something that is not Slack answered']]);
  });

  it('calls the bot by its name', () => {
    expect([botName(said(auth)), botName(said({ ok: true })), botName(UNREACHABLE)]).toEqual([
      'gatehouse',
      undefined,
      undefined,
    ]);
  });
});

describe('checkScopes', () => {
  it('has a problem without the required scope, and notes beside what the others are for', () => {
    const rows = checkScopes(['channels:read']);
    expect(rows.map(({ name, status }) => [name, status])).toEqual([
      ['chat:write', 'problem'],
      ['channels:history', 'note'],
      ['groups:history', 'note'],
      ['channels:read', 'ok'],
      ['groups:read', 'note'],
      ['users:read', 'note'],
      ['usergroups:read', 'note'],
    ]);
    expect(rows.find(({ name }) => name === 'groups:read')).toEqual({
      group: 'Slack token',
      name: 'groups:read',
      status: 'note',
      says: 'the bot lacks this scope: doctor does not see whether the bot is in a private channel (hello finds out)',
      remedy: `if you want that: ${APP} → OAuth & Permissions → Bot Token Scopes → Add groups:read; then Reinstall to Workspace (the token stays)`,
    });
  });

  it('claims nothing when Slack does not say', () => {
    expect(glance(checkScopes(undefined))).toEqual([
      ['skipped', 'scopes', 'Slack did not say which scopes the bot has'],
    ]);
  });
});

describe('checkChannel', () => {
  const NAMED = '#deploys (C1)';
  const check = (answer: SlackAnswer) =>
    checkChannel({ id: 'C1', name: 'deploys', routes: ['route 1'] }, answer, 'gate', PROD).map((row) => ({
      row: [row.status, row.name, row.says],
      remedy: row.remedy,
    }));

  it('is content with a channel that the bot is in', () => {
    expect(check(said({ channel: { name: 'deploys', is_member: true, is_archived: false } }))).toEqual([
      { row: ['ok', NAMED, '@gate is in it'], remedy: undefined },
    ]);
  });

  it.each([
    [
      'a channel that the bot is not in, by its name in Slack',
      said({ channel: { name: 'real-name', is_member: false } }),
      ['problem', NAMED, '@gate is not in the channel'],
      'write /invite @gate in #real-name',
    ],
    [
      'a channel that is archived',
      said({ channel: { is_archived: true, is_member: true } }),
      ['problem', NAMED, 'is archived: nobody can post there'],
      'open #deploys in Slack → Settings → Unarchive, or name another channel in gatehouse.yml',
    ],
    [
      'a channel that is unknown',
      refused('channel_not_found'),
      [
        'problem',
        NAMED,
        "@gate sees no channel C1: it is private and the bot was not invited, or the id is wrong or another workspace's",
      ],
      'write /invite @gate in the channel; if its “About” tab shows another id, correct slack.channels in gatehouse.yml',
    ],
    [
      'a channel that cannot be seen',
      refused('missing_scope', 'groups:read'),
      ['skipped', NAMED, 'cannot be seen without the scope groups:read'],
      'npm run hello -- --stage prod --region eu-west-1 finds out by posting',
    ],
    [
      'Slack being out of breath',
      refused('ratelimited'),
      ['skipped', NAMED, 'cannot be seen now: Slack wants a pause'],
      'run this again in a minute',
    ],
    [
      'a word nobody knows',
      refused('team_access_not_granted'),
      ['problem', NAMED, 'Slack refuses: team_access_not_granted'],
      'https://docs.slack.dev/reference/methods/conversations.info explains the word',
    ],
    [
      'an answer without a channel',
      said({}),
      ['problem', NAMED, 'Slack says nothing of it that can be understood'],
      'run this again',
    ],
    [
      'a network that fails',
      UNREACHABLE,
      ['problem', 'slack.com', 'does not answer: TimeoutError'],
      'look at your connection, proxy and firewall, then run this again',
    ],
  ])('says what to do about %s', (_name, answer, row, remedy) => {
    expect(check(answer)).toEqual([{ row, remedy }]);
  });
});

describe('checkSigningSecret', () => {
  const SECRET = '/gatehouse/prod/slack-signing-secret';
  const check = (answer: Parameters<typeof checkSigningSecret>[1]) => glance(checkSigningSecret(SECRET, answer, PROD));
  const NOT_ONE = 'is not a signing secret: that has 32 characters, 0 to 9 and a to f';

  it.each([
    [missing, ['note', 'there is no signing secret: nobody can approve from Slack; notifications need none']],
    [denied('ssm:GetParameter'), ['skipped', 'you may not ask: your credentials lack ssm:GetParameter']],
    [told({ type: 'SecureString', value: 'a'.repeat(32) }), ['ok', 'is there, a SecureString']],
    [told({ type: 'SecureString', value: `${'a'.repeat(32)}\n` }), ['problem', NOT_ONE]],
    [told({ type: 'SecureString', value: 'A'.repeat(32) }), ['problem', NOT_ONE]],
    [told({ type: 'StringList', value: 'a'.repeat(32) }), ['problem', 'is a StringList: it has to be a SecureString']],
  ])('says of %o what it is', (answer, [status = '', says = '']) => {
    expect(check(answer)).toEqual([[status, SECRET, says]]);
  });
});
