import type { Publication } from './aws/embedded-queues.ts';
import type { SlackCall } from './slack/slack-layer.ts';
import { drawMail } from './terminal/draw-mail.ts';
import { drawModal } from './terminal/draw-modal.ts';
import { drawSlackMessage } from './terminal/draw-slack-message.ts';

/** Calls after which somebody sees something else. */
const SEEN: ReadonlySet<string> = new Set([
  'chat.postMessage',
  'chat.update',
  'chat.postEphemeral',
  'views.open',
  'views.update',
  'response_url',
]);

/** What people see while the stack runs, drawn as it happens. */
export type Screen = {
  readonly onSlackCall: (call: SlackCall) => void;
  readonly onPublish: (publication: Publication) => void;
  /** What was drawn so far. */
  readonly seen: () => { readonly messages: number; readonly edits: number; readonly mails: number };
};

/**
 * Draws each message when it is posted and after each edit, what only one person sees, and each mail. `nameOf` says how
 * people call the id of a channel or a person.
 */
export const createScreen = (options: {
  readonly print: (text: string) => void;
  readonly nameOf: (id: string) => string;
  readonly colours: boolean;
}): Screen => {
  const { print, nameOf, colours } = options;
  /** How often each message was edited, by channel and ts. */
  const edits = new Map<string, number>();
  let mails = 0;

  return {
    onSlackCall: ({ method, channel, ts, thread, ok, error, message, user, view }) => {
      if (!SEEN.has(method)) {
        return;
      }
      if (!ok) {
        print(`${method} was refused: ${error ?? 'no reason given'}\n`);
        return;
      }
      if (view !== undefined) {
        print(drawModal(view, nameOf(user ?? ''), colours));
        return;
      }
      const id = `${channel ?? ''} ${ts ?? ''}`;
      const count = method === 'chat.update' ? (edits.get(id) ?? 0) + 1 : 0;
      if (user === undefined) {
        edits.set(id, count);
      }
      const text = typeof message.text === 'string' ? message.text : '';
      print(
        drawSlackMessage(
          {
            channel: nameOf(channel ?? ''),
            isReply: thread !== undefined,
            text,
            blocks: message.blocks,
            edits: count,
            ...(user !== undefined && { onlyFor: nameOf(user) }),
          },
          colours,
        ),
      );
    },
    onPublish: ({ topicArn, subject, message }) => {
      mails += 1;
      print(drawMail({ topic: topicArn.split(':').at(-1) ?? topicArn, subject: subject ?? '', message }, colours));
    },
    seen: () => ({
      messages: edits.size,
      edits: [...edits.values()].reduce((sum, count) => sum + count, 0),
      mails,
    }),
  };
};
