import * as v from 'valibot';
import type { Verdict } from './gate.ts';

/** What the votes queue carries: a click of somebody's, or "look at this gate", a hint and never the truth. */
export type VoteMessage = Vote | { readonly kind: 'look'; readonly gate: string };

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
const Text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(300));
void Text;
