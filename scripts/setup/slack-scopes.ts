/** A permission of the bot in Slack, and what it is for. */
export type SlackScope = { readonly scope: string; readonly required: boolean; readonly without: string };

/** What the bot may ask for, as `docs/slack-manifest.yml` has it; `without` says what does not work then. */
export const SLACK_SCOPES: readonly SlackScope[] = [
  { scope: 'chat:write', required: true, without: 'nothing can be posted' },
  {
    scope: 'channels:history',
    required: false,
    without: 'a post whose answer was lost is not looked for in public channels, and may be posted twice',
  },
  {
    scope: 'groups:history',
    required: false,
    without: 'a post whose answer was lost is not looked for in private channels, and may be posted twice',
  },
  {
    scope: 'channels:read',
    required: false,
    without: 'doctor does not see whether the bot is in a public channel (hello finds out)',
  },
  {
    scope: 'groups:read',
    required: false,
    without: 'doctor does not see whether the bot is in a private channel (hello finds out)',
  },
  {
    scope: 'users:read',
    required: false,
    without: 'nobody can approve: guests and bots cannot be told from members of the workspace',
  },
  {
    scope: 'usergroups:read',
    required: false,
    without: 'user groups cannot approve, only people who are named one by one',
  },
];
