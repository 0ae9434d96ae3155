import * as v from 'valibot';
import type { Mention } from '../config/config.ts';
import { StoredRegister } from '../rollout/stored-rollout.ts';
import { overviewOf } from '../rollout/overview.ts';
import { registerName } from '../rollout/rollout.ts';
import type { Register, Rollout, StateChange } from '../rollout/rollout.ts';

/** What is said in the thread of a message. */
export type Note = RolloutNote | GateNote;

/** What is said in the thread of a rollout's message. */
export type RolloutNote = FailureNote | NewsNote | CheckNote;

/** Calls people to a failure: an edit of the message notifies nobody, a reply in its thread does. */
export type FailureNote = {
  readonly kind: 'failure';
  readonly register: Register;
  readonly attempt: number;
  readonly mentions: readonly Mention[];
};

/** Tells what the rollout is now, where the message cannot show it. */
type NewsNote = { readonly kind: 'news' };

/** What a check of a validation has found that it did not pass. All of it was redacted and bounded by whoever found it. */
export type CheckNote = {
  readonly kind: 'check';
  readonly suite: string;
  readonly check: string;
  readonly verdict: 'fail' | 'error';
  readonly says: string;
  readonly evidence?: string;
  readonly link?: string;
};

/** What happened at a gate. */
export type GateNote =
  /** Somebody's vote, by its key among the gate's clicks. */
  | { readonly kind: 'vote'; readonly click: string }
  | { readonly kind: 'reminder'; readonly mentions: readonly Mention[] }
  | { readonly kind: 'outcome' };

export const isOfRollout = (note: Note): note is RolloutNote =>
  note.kind === 'failure' || note.kind === 'news' || note.kind === 'check';

export const StoredNote = v.variant('kind', [
  v.object({
    kind: v.literal('failure'),
    register: StoredRegister,
    attempt: v.number(),
    mentions: v.array(v.string()),
  }),
  v.object({ kind: v.literal('vote'), click: v.string() }),
  v.object({ kind: v.literal('reminder'), mentions: v.array(v.string()) }),
  v.object({ kind: v.literal('outcome') }),
  v.object({ kind: v.literal('news') }),
  v.object({
    kind: v.literal('check'),
    suite: v.string(),
    check: v.string(),
    verdict: v.picklist(['fail', 'error']),
    says: v.string(),
    evidence: v.exactOptional(v.string()),
    link: v.exactOptional(v.string()),
  }),
]);

/** What is said of a rollout in place of an edit, and the key under which it is said once for each of its states. */
export const newsNote = (rollout: Rollout): { readonly key: string; readonly note: Note } => {
  const { state, attempt } = overviewOf(rollout);
  return { key: `now ${state} ${attempt}`, note: { kind: 'news' } };
};

/** What a failure has people called to, and the key under which it is said once a try. */
export const failureNote = (
  { register, version: { attempt } }: StateChange,
  mentions: readonly Mention[],
): { readonly key: string; readonly note: Note } => ({
  key: `failed ${registerName(register)} ${attempt}`,
  note: { kind: 'failure', register, attempt, mentions },
});
