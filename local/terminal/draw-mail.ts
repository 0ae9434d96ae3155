import { drawBox } from './draw-box.ts';
import { span } from './styled-text.ts';

/** A message as a subscriber of an SNS topic gets it by mail. */
type Mail = { readonly topic: string; readonly subject: string; readonly message: string };

/** Draws a mail for the terminal. */
export const drawMail = ({ topic, subject, message }: Mail, colours = false): string =>
  drawBox(
    {
      title: `SNS ${topic}`,
      lines: [
        [span(subject, 'bold')],
        [],
        ...message
          .trimEnd()
          .split('\n')
          .map((line) => [{ text: indentOf(line), style: 'margin' as const }, span(line.trimStart())]),
      ],
    },
    colours,
  );

const indentOf = (line: string): string => /^ */.exec(line)?.[0] ?? '';
