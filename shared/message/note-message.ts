import type { RichTextElement } from '@slack/types';
import type { Mention } from '../config/config.ts';
import type { Labels } from '../config/labels.ts';
import type { FailureNote, Note } from '../delivery/note.ts';
import { overviewOf } from '../rollout/overview.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { registerPlace } from './change-words.ts';
import { isRollback } from './describe-rollout.ts';
import { escapeMrkdwn } from './escape-mrkdwn.ts';
import { rolloutName, shortName } from './rollout-name.ts';
import { slackMessage } from './slack-message.ts';
import type { SlackMessage } from './slack-message.ts';

/** Draws a reply in the thread of a rollout's message. */
export const noteMessage = (rollout: Rollout, labels: Labels, note: Note): SlackMessage => {
  switch (note.kind) {
    case 'failure':
      return failureMessage(rollout, labels, note);
    case 'news':
      return slackMessage(rollout, labels, 'summary');
  }
};

/** Only our own configuration decides whom it notifies. */
const failureMessage = (
  rollout: Rollout,
  { environment }: Labels,
  { register, attempt, mentions }: FailureNote,
): SlackMessage => {
  const place = registerPlace({ register });
  const says = [
    rolloutName(rollout.id, 50),
    ...(isRollback(overviewOf(rollout)) ? ['rollback'] : []),
    ...(environment === undefined ? [] : [`(${shortName(environment)})`]),
    'failed',
    ...(place === undefined ? [] : [`at ${place}`]),
    ...(attempt > 1 ? [`in attempt ${attempt}`] : []),
  ].join(' ');
  return {
    text: [...mentions.map(written), escapeMrkdwn(says, 300)].join(' '),
    blocks: [
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              ...mentions.flatMap((mention): RichTextElement[] => [drawn(mention), { type: 'text', text: ' ' }]),
              { type: 'text', text: says },
            ],
          },
        ],
      },
    ],
  };
};

const drawn = (mention: Mention): RichTextElement =>
  mention.startsWith('S') ? { type: 'usergroup', usergroup_id: mention } : { type: 'user', user_id: mention };

/** For notifications and screen readers: https://docs.slack.dev/messaging/formatting-message-text#mentioning-users */
const written = (mention: Mention): string => (mention.startsWith('S') ? `<!subteam^${mention}>` : `<@${mention}>`);
