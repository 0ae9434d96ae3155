/** What Slack's word for an error means, and what whoever sees it can do; left out where it passes by itself. */
export type SlackTrouble = { readonly says: string; readonly remedy?: string };

const NEW_TOKEN =
  'Put a token that Slack accepts into the parameter of the stage (README, "Deploy"); it is tried again within 15 minutes.';

const KNOWN: ReadonlyMap<string, SlackTrouble> = new Map([
  ['ratelimited', { says: 'Slack asked for a pause: more messages than it takes' }],
  ['not_in_channel', { says: 'the bot is not in the channel', remedy: 'Invite it: /invite in the channel.' }],
  [
    'channel_not_found',
    {
      says: 'there is no such channel, or it is private and the bot is not in it',
      remedy:
        'Compare the id in gatehouse.yml with the channel, or invite the bot; the next execution is announced there.',
    },
  ],
  [
    'is_archived',
    { says: 'the channel is archived', remedy: 'Unarchive it, or name another in gatehouse.yml and deploy.' },
  ],
  [
    'restricted_action',
    { says: 'the workspace does not let the bot post in the channel', remedy: 'Ask an admin of the workspace.' },
  ],
  ['message_not_found', { says: 'the message is gone: somebody deleted it' }],
  [
    'cant_update_message',
    { says: 'the message is not the bot’s own', remedy: 'Use the token of the app that posted it.' },
  ],
  [
    'edit_window_closed',
    { says: 'the workspace no longer allows the edit', remedy: 'Ask an admin to allow edits by apps at any time.' },
  ],
  ...['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'msg_blocks_too_long', 'no_text'].map(
    (word) => [word, { says: 'Slack did not take the message’s form: it was sent as plain text' }] as const,
  ),
  ...['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive'].map(
    (word) => [word, { says: 'Slack does not accept the token', remedy: NEW_TOKEN }] as const,
  ),
  [
    'missing_scope',
    { says: 'the token lacks a scope', remedy: 'Add the scope to the app (README, "Deploy") and install it again.' },
  ],
  ...['access_denied', 'not_allowed_token_type', 'org_login_required', 'ekm_access_denied'].map(
    (word) => [word, { says: 'Slack does not let the token do this', remedy: NEW_TOKEN }] as const,
  ),
  ...['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'].map(
    (word) => [word, { says: 'Slack had a problem of its own' }] as const,
  ),
]);

const HTTP_STATUS = /^HTTP \d{3}$/;
const WORD = /^[a-z_]+$/;

/** An error of a delivery in plain words; a word of Slack's that is not known stands for itself. */
export const slackTroubleOf = (error: string): SlackTrouble => {
  const known = KNOWN.get(error);
  if (known !== undefined) {
    return { ...known, says: `${known.says} (${error})` };
  }
  if (WORD.test(error)) {
    return {
      says: `Slack refused it (${error})`,
      remedy: `Look ${error} up at https://docs.slack.dev/reference/methods.`,
    };
  }
  return { says: HTTP_STATUS.test(error) ? `Slack answered ${error}` : error };
};
