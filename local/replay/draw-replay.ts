import { cleanText } from '../../shared/message/clean-text.ts';
import { drawMail } from '../terminal/draw-mail.ts';
import { drawSlackMessage } from '../terminal/draw-slack-message.ts';
import type { Replayed } from './replay-events.ts';

/** Draws what people would see in the end, and what became of each event that did not simply count. */
export const drawReplay = (
  { events, slack, sns, converged }: Replayed,
  channelName: (id: string) => string,
  colours: boolean,
): string =>
  [
    ...slack.messages.map(({ channel, threadTs, text, blocks, edits }) =>
      drawSlackMessage({ channel: channelName(channel), isReply: threadTs !== null, text, blocks, edits }, colours),
    ),
    ...sns.map(({ topic, subject, message }) => drawMail({ topic, subject, message }, colours)),
    [
      counted(events.length, 'event'),
      ...[...Map.groupBy(events, wordOf)].map(([word, those]) => `  ${word.padEnd(12)}${those.length}`),
    ].join('\n'),
    events
      .filter(({ outcome }) => outcome !== 'applied')
      .map((event) => `${wordOf(event).padEnd(12)}${placeOf(event)}${event.reason === null ? '' : `: ${event.reason}`}`)
      .map(cleanLine)
      .join('\n'),
    [
      counted(slack.messages.length, 'Slack message'),
      counted(
        slack.messages.reduce((sum, { edits }) => sum + edits, 0),
        'edit',
      ),
      counted(sns.length, 'mail'),
      converged ? 'nothing is left to do' : 'NOT EVERYTHING CAME TO AN END',
    ].join(', '),
  ]
    .map((part) => part.trimEnd())
    .filter((part) => part !== '')
    .join('\n\n');

type Row = Replayed['events'][number];

const wordOf = ({ outcome }: Row): string => outcome ?? 'unfinished';

const placeOf = ({ path, index, id }: Row): string => `${path} [${index}]${id === null ? '' : ` ${id}`}`;

/** File names and ids are foreign text; columns are kept. */
const cleanLine = (line: string): string => line.split(' ').map(cleanText).join(' ');

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
