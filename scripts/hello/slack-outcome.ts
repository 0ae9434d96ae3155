import { addScope, refusedChannel } from '../doctor/check-slack.ts';
import type { ChannelDestination } from '../setup/destinations.ts';
import { ownCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import type { SlackAnswer } from '../setup/slack-web.ts';

const GROUP = 'Slack channels';

/** What became of a hello in a channel. `bot` is the bot's name, as people write it. */
export const slackOutcome = (
  { id, name, routes }: ChannelDestination,
  answer: SlackAnswer,
  bot: string,
  place: Place,
): readonly Row[] => {
  const label = `#${name} (${id})`;
  switch (answer.kind) {
    case 'told':
      return [{ group: GROUP, name: label, status: 'ok', says: `posted; ${routes.join(', ')} will post here` }];
    case 'unreachable':
      return unanswered(GROUP, label, answer);
    case 'refused': {
      const [says, remedy] = refusedPost(answer.error, answer.needed, { id, name }, bot, place);
      return [{ group: GROUP, name: label, status: 'problem', says, remedy }];
    }
  }
};

const refusedPost = (
  error: string,
  needed: string | undefined,
  { id, name }: { readonly id: string; readonly name: string },
  bot: string,
  place: Place,
): readonly [says: string, remedy: string] => {
  switch (error) {
    case 'not_in_channel':
    case 'channel_not_found':
    case 'is_archived':
      return refusedChannel(error, id, name, bot);
    case 'missing_scope':
      return [`the bot lacks the scope ${needed ?? 'chat:write'}`, addScope(needed ?? 'chat:write')];
    case 'restricted_action':
    case 'restricted_action_read_only_channel':
    case 'restricted_action_thread_only_channel':
    case 'restricted_action_non_threadable_channel':
      return [
        `may not post there (${error})`,
        `#${name} → Settings → Permissions → Posting permissions: let apps post, or name another channel in gatehouse.yml`,
      ];
    case 'ratelimited':
    case 'rate_limited':
      return ['Slack wants a pause', 'run this again in a minute'];
    case 'invalid_auth':
    case 'not_authed':
    case 'account_inactive':
    case 'token_revoked':
    case 'token_expired':
      return [`Slack does not accept the token: ${error}`, `${ownCommand('doctor', place)} says what is wrong with it`];
    default:
      return [`Slack refuses: ${error}`, 'https://docs.slack.dev/reference/methods/chat.postMessage explains the word'];
  }
};
