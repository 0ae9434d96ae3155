import * as v from 'valibot';
type Verdict = 'approve' | 'reject';

/** What the votes queue carries: a click of somebody's, or "look at this gate", a hint and never the truth. */
export type VoteMessage = Vote | { readonly kind: 'look'; readonly gate: string };

/** As long as a reason may be, in characters: it has to fit into what AWS takes, beside the names. */
export const MOST_NOTE = 300;

/** A click as Slack told it, and as the signature made sure. */
export type Vote = {
  readonly kind: 'vote';
  readonly gate: string;
  readonly verdict: Verdict;
  /** Whether the click was the vote, or a modal was sent. */
  readonly step: 'button' | 'modal';
  readonly note?: string;
  readonly by: { readonly user: string; readonly team: string; readonly name?: string };
  readonly app: string;
  readonly channel: string;
  /** The message that was clicked. */
  readonly ts: string;
  /** Slack's own name for the click: `action_ts`, or the modal's `view.id`. */
  readonly key: string;
  /** Epoch milliseconds: when it was taken in. */
  readonly at: number;
  readonly requestId: string;
};

const text = (most: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(most));

const StoredMessage = v.variant('kind', [
  v.object({
    kind: v.literal('vote'),
    gate: text(100),
    verdict: v.picklist(['approve', 'reject']),
    step: v.picklist(['button', 'modal']),
    note: v.exactOptional(text(MOST_NOTE)),
    by: v.object({ user: text(50), team: text(50), name: v.exactOptional(text(200)) }),
    app: text(50),
    channel: text(50),
    ts: text(50),
    key: text(200),
    at: v.number(),
    requestId: text(200),
  }),
  v.object({ kind: v.literal('look'), gate: text(100) }),
]);

export const voteText = (message: VoteMessage): string => JSON.stringify(message);

/** Reads a queue message; undefined for what is none of ours. */
export const parseVoteMessage = (body: string): VoteMessage | undefined => {
  try {
    return v.parse(StoredMessage, JSON.parse(body));
  } catch {
    return undefined;
  }
};
