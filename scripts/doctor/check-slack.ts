import * as v from 'valibot';
import type { Answer } from '../setup/answer.ts';
import type { Parameter } from '../setup/deployed.ts';
import type { ChannelDestination } from '../setup/destinations.ts';
import { awsCommand, ownCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import { SLACK_SCOPES } from '../setup/slack-scopes.ts';
import type { SlackAnswer } from '../setup/slack-web.ts';

const TOKEN = 'Slack token';
const CHANNELS = 'Slack channels';
const APPROVALS = 'Approvals';

/** Where an app is changed. */
const APP = 'https://api.slack.com/apps → your app';

const putToken = (place: Place, parameter: string, more = ''): string =>
  awsCommand(place, `ssm put-parameter --type SecureString --name ${parameter} --value "$SLACK_BOT_TOKEN"${more}`);

/** Kinds of Slack tokens that are no bot's, by how they begin. */
const OTHER_TOKENS: readonly (readonly [string, string])[] = [
  ['xoxp-', 'is the token of a person'],
  ['xoxe', 'is a token that expires: turn token rotation off'],
  ['xapp-', 'is an app-level token'],
  ['xoxa-', 'is a legacy workspace token'],
];

/** Whether the token is kept where the functions read it, and looks like one. */
export const checkTokenParameter = (name: string, answer: Answer<Parameter>, place: Place): readonly Row[] => {
  const problem = (says: string, remedy: string): readonly Row[] => [
    { group: TOKEN, name, status: 'problem', says, remedy },
  ];
  if (answer.kind === 'missing') {
    return problem('there is no such parameter', putToken(place, name));
  }
  if (answer.kind !== 'told') {
    return unanswered(TOKEN, name, answer);
  }
  const { type, value } = answer.value;
  if (type !== 'SecureString') {
    const remove = awsCommand(place, `ssm delete-parameter --name ${name}`);
    return problem(
      `is a ${type}, which anybody with read access sees: it has to be a SecureString`,
      `${remove} && ${putToken(place, name)}`,
    );
  }
  const says = tokenProblem(value);
  return says === undefined
    ? [{ group: TOKEN, name, status: 'ok', says: 'is there, a SecureString' }]
    : problem(
        says,
        `${APP} → OAuth & Permissions → Bot User OAuth Token; then ${putToken(place, name, ' --overwrite')}`,
      );
};

/** Whether a token may be shown to Slack at all. */
export const tokenProblem = (value: string): string | undefined => {
  if (value.trim() === '') {
    return 'is empty';
  }
  if (value !== value.trim()) {
    return 'has spaces or a line break around it';
  }
  const [, other] = OTHER_TOKENS.find(([begin]) => value.startsWith(begin)) ?? [];
  return (
    other ??
    (/^xoxb-[\w-]+$/.test(value) ? undefined : 'does not look like the token of a bot, which begins with xoxb-')
  );
};

const Authenticated = v.object({
  team_id: v.string(),
  team: v.optional(v.string(), ''),
  enterprise_id: v.nullish(v.string()),
  user: v.optional(v.string(), ''),
});

/** Who the token is, as auth.test tells it; undefined when it is nobody. */
export const botName = (answer: SlackAnswer): string | undefined => {
  const parsed = v.safeParse(Authenticated, answer.kind === 'told' ? answer.body : undefined);
  return parsed.success && parsed.output.user !== '' ? parsed.output.user : undefined;
};

/** Whether Slack accepts the token, and for the workspace that `gatehouse.yml` names. */
export const checkToken = (parameter: string, answer: SlackAnswer, workspace: string, place: Place): readonly Row[] => {
  if (answer.kind === 'unreachable') {
    return unanswered(TOKEN, 'auth.test', answer);
  }
  if (answer.kind === 'refused') {
    return [
      {
        group: TOKEN,
        name: 'auth.test',
        status: 'problem',
        says: `Slack does not accept the token: ${answer.error}`,
        remedy: `${APP} → Install App → Reinstall to Workspace; then ${putToken(place, parameter, ' --overwrite')}`,
      },
    ];
  }
  const parsed = v.safeParse(Authenticated, answer.body);
  if (!parsed.success) {
    return [
      {
        group: TOKEN,
        name: 'auth.test',
        status: 'problem',
        says: 'something that is not Slack answered',
        remedy: 'look at SLACK_API_URL in serverless.yml, and at your proxy',
      },
    ];
  }
  const { team_id: team, team: name, enterprise_id: enterprise, user } = parsed.output;
  return [
    { group: TOKEN, name: 'auth.test', status: 'ok', says: `Slack accepts it: @${user}` },
    workspace === team || workspace === enterprise
      ? { group: TOKEN, name: 'workspace', status: 'ok', says: `${team}${name === '' ? '' : ` (${name})`}` }
      : {
          group: TOKEN,
          name: 'workspace',
          status: 'problem',
          says: `the token is of ${team}${name === '' ? '' : ` (${name})`}, gatehouse.yml says ${workspace}`,
          remedy: `set slack.workspace in gatehouse.yml to ${team}, or install the app in ${workspace} and store its token`,
        },
  ];
};

/** Whether the bot has the scopes that it needs, and what does not work without the optional ones. */
export const checkScopes = (scopes: readonly string[] | undefined): readonly Row[] => {
  if (scopes === undefined) {
    return [{ group: TOKEN, name: 'scopes', status: 'skipped', says: 'Slack did not say which scopes the bot has' }];
  }
  return SLACK_SCOPES.map(({ scope, required, without }): Row => {
    if (scopes.includes(scope)) {
      return { group: TOKEN, name: scope, status: 'ok', says: 'the bot has this scope' };
    }
    return {
      group: TOKEN,
      name: scope,
      status: required ? 'problem' : 'note',
      says: `the bot lacks this scope: ${without}`,
      remedy: addScope(scope, required ? '' : 'if you want that: '),
    };
  });
};

/** Where a scope is added. */
export const addScope = (scope: string, before = ''): string =>
  `${before}${APP} → OAuth & Permissions → Bot Token Scopes → Add ${scope}; then Reinstall to Workspace (the token stays)`;

const Channel = v.object({
  channel: v.object({
    name: v.optional(v.string(), ''),
    is_archived: v.optional(v.boolean(), false),
    is_member: v.optional(v.boolean(), false),
  }),
});

/** Whether a channel that routes lead to can be written to, as conversations.info tells it. */
export const checkChannel = (
  { id, name }: ChannelDestination,
  answer: SlackAnswer,
  bot: string,
  place: Place,
): readonly Row[] => {
  const row = (status: Row['status'], says: string, remedy?: string): readonly Row[] => [
    { group: CHANNELS, name: `#${name} (${id})`, status, says, ...(remedy !== undefined && { remedy }) },
  ];
  switch (answer.kind) {
    case 'unreachable':
      return unanswered(CHANNELS, name, answer);
    case 'refused':
      switch (answer.error) {
        case 'missing_scope':
          return row(
            'skipped',
            `cannot be seen without the scope ${answer.needed ?? 'channels:read (groups:read for private channels)'}`,
            `${ownCommand('hello', place)} finds out by posting`,
          );
        case 'ratelimited':
          return row('skipped', 'cannot be seen now: Slack wants a pause', 'run this again in a minute');
        default:
          return row('problem', ...refusedChannel(answer.error, id, name, bot));
      }
    case 'told': {
      const parsed = v.safeParse(Channel, answer.body);
      if (!parsed.success) {
        return row('problem', 'Slack says nothing of it that can be understood', 'run this again');
      }
      const { is_archived: archived, is_member: member, name: called } = parsed.output.channel;
      const label = called === '' ? name : called;
      if (archived) {
        return row('problem', ...refusedChannel('is_archived', id, label, bot));
      }
      return member
        ? row('ok', `@${bot} is in it`)
        : row('problem', ...refusedChannel('not_in_channel', id, label, bot));
    }
  }
};

/** What Slack's word about a channel means, and what to do. */
export const refusedChannel = (
  error: string,
  id: string,
  name: string,
  bot: string,
): readonly [says: string, remedy: string] => {
  switch (error) {
    case 'not_in_channel':
      return [`@${bot} is not in the channel`, `write /invite @${bot} in #${name}`];
    case 'channel_not_found':
      return [
        `@${bot} sees no channel ${id}: it is private and the bot was not invited, or the id is wrong or another workspace's`,
        `write /invite @${bot} in the channel; if its “About” tab shows another id, correct slack.channels in gatehouse.yml`,
      ];
    case 'is_archived':
      return [
        'is archived: nobody can post there',
        `open #${name} in Slack → Settings → Unarchive, or name another channel in gatehouse.yml`,
      ];
    default:
      return [
        `Slack refuses: ${error}`,
        'https://docs.slack.dev/reference/methods/conversations.info explains the word',
      ];
  }
};

/** Whether the signing secret, without which no click is taken, is kept as it should be. */
export const checkSigningSecret = (name: string, answer: Answer<Parameter>, place: Place): readonly Row[] => {
  const put = `${APP} → Basic Information → Signing Secret; then ${awsCommand(
    place,
    `ssm put-parameter --type SecureString --name ${name} --value "$SLACK_SIGNING_SECRET"`,
  )}`;
  if (answer.kind === 'missing') {
    return [
      {
        group: APPROVALS,
        name,
        status: 'note',
        says: 'there is no signing secret: nobody can approve from Slack; notifications need none',
        remedy: put,
      },
    ];
  }
  if (answer.kind !== 'told') {
    return unanswered(APPROVALS, name, answer);
  }
  const { type, value } = answer.value;
  if (type !== 'SecureString') {
    return [
      {
        group: APPROVALS,
        name,
        status: 'problem',
        says: `is a ${type}: it has to be a SecureString`,
        remedy: `${awsCommand(place, `ssm delete-parameter --name ${name}`)}; ${put}`,
      },
    ];
  }
  return /^[0-9a-f]{32}$/.test(value)
    ? [{ group: APPROVALS, name, status: 'ok', says: 'is there, a SecureString' }]
    : [
        {
          group: APPROVALS,
          name,
          status: 'problem',
          says: 'is not a signing secret: that has 32 characters, 0 to 9 and a to f',
          remedy: `${put} --overwrite`,
        },
      ];
};
