import type { Message, SlackActor } from '../../local/slack/slack-actor.ts';
import { eventually } from './eventually.ts';

/** Reads the local Slack until it is as it should be. */
export const watchSlack = (actor: SlackActor) => {
  /** The messages of a channel that mention something, the newest first. */
  const mentioning = async (channel: string, what: string): Promise<readonly Message[]> =>
    (await actor.messagesOf(channel)).filter((one) => JSON.stringify(one).includes(what));

  /** The messages that ask about a rollout, the newest first, once there are so many and that has buttons. */
  const asking = (rollout: string, count = 1): Promise<readonly Message[]> =>
    eventually(
      () => mentioning('approvals', rollout),
      (all) => all.length === count && JSON.stringify(all[0]).includes('"actions"'),
    );

  const now = async ({ ts }: Message): Promise<string> =>
    JSON.stringify((await actor.messagesOf('approvals')).find((one) => one.ts === ts)?.blocks ?? []);

  return {
    mentioning,
    asking,

    /** The one message that asks about a rollout, once it has buttons. */
    askedOnce: async (rollout: string): Promise<Message> => {
      const [message] = await asking(rollout);
      if (message === undefined) {
        throw new Error('Nobody was asked');
      }
      return message;
    },

    /** The blocks of a message that asks, once they have these words. */
    comesToSay: (message: Message, words: string): Promise<string> =>
      eventually(
        () => now(message),
        (blocks) => blocks.includes(words),
      ),

    /** The header of a message that asks, once it has these words. */
    becomes: (message: Message, words: string): Promise<string> =>
      eventually(
        async () => /"text":"([^"]+)"/.exec(await now(message))?.[1] ?? '',
        (header) => header.includes(words),
      ),

    /** What a person is told that nobody else sees, once one of it has these words. */
    isTold: async (user: string, words: string): Promise<string> =>
      JSON.stringify(
        await eventually(
          () => actor.ephemeralsOf(user),
          (all) => JSON.stringify(all).includes(words),
        ),
      ),
  };
};
