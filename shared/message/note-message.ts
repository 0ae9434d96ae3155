import type { RichTextElement } from '@slack/types';
import type { Mention } from '../config/config.ts';
import type { Labels } from '../config/labels.ts';
import type { CheckNote, FailureNote, RolloutNote } from '../delivery/note.ts';
import { overviewOf } from '../rollout/overview.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { registerPlace } from './change-words.ts';
import { isRollback } from './describe-rollout.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { escapeMrkdwn } from './escape-mrkdwn.ts';
import { bold, linkTo, person, preformatted, richText, section, text } from './rich-text.ts';
import { rolloutName, shortName } from './rollout-name.ts';
import { slackMessage } from './slack-message.ts';
import type { SlackMessage } from './slack-message.ts';

/** Draws a reply in the thread of a rollout's message. */
export const noteMessage = (rollout: Rollout, labels: Labels, note: RolloutNote): SlackMessage => {
  switch (note.kind) {
    case 'failure':
      return failureMessage(rollout, labels, note);
    case 'news':
      return slackMessage(rollout, labels, 'summary');
    case 'check':
      return checkMessage(note);
  }
};

/** A request, a response, the tail of a log: shown as they are, and never read as markup. */
const checkMessage = ({ suite, check, verdict, says, evidence = '', link }: CheckNote): SlackMessage => {
  const name = `${shortName(suite)} / ${shortName(check)}`;
  const found = cutText(cleanText(says), 300);
  const words = `${name} ${verdict === 'fail' ? 'has failed' : 'could not be run'}`;
  const leading = linkTo(link, 'more');
  const shown = cutText(evidence.split('\n').map(cleanText).join('\n').trim(), 2_000);
  return {
    text: escapeMrkdwn(`${words}: ${found}`, 600),
    blocks: richText([
      section(
        bold(name),
        text(` ${verdict === 'fail' ? 'has failed' : 'could not be run'}: ${found}`),
        ...(leading === undefined ? [] : [text(' · '), leading]),
      ),
      ...(shown === '' ? [] : [preformatted(shown)]),
    ]),
  };
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
            elements: [...mentions.flatMap((mention): RichTextElement[] => [person(mention), text(' ')]), text(says)],
          },
        ],
      },
    ],
  };
};

/** For notifications and screen readers: https://docs.slack.dev/messaging/formatting-message-text#mentioning-users */
export const written = (mention: Mention): string =>
  mention.startsWith('S') ? `<!subteam^${mention}>` : `<@${mention}>`;
