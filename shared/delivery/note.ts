import * as v from 'valibot';
import type { Mention } from '../config/config.ts';
import { StoredRegister } from '../rollout/stored-rollout.ts';
import { registerName } from '../rollout/rollout.ts';
import type { Register, StateChange } from '../rollout/rollout.ts';

/** What is said once in the thread of a message: an edit of it notifies nobody. */
export type Note = FailureNote | GateNote;

/** Calls people to a failure. */
export type FailureNote = {
  readonly kind: 'failure';
  readonly register: Register;
  readonly attempt: number;
  readonly mentions: readonly Mention[];
};

/** What happened at a gate. */
export type GateNote =
  /** Somebody's vote, by its key among the gate's clicks. */
  | { readonly kind: 'vote'; readonly click: string }
  | { readonly kind: 'reminder'; readonly mentions: readonly Mention[] }
  | { readonly kind: 'outcome' };

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
]);

/** What a failure has people called to, and the key under which it is said once a try. */
export const failureNote = (
  { register, version: { attempt } }: StateChange,
  mentions: readonly Mention[],
): { readonly key: string; readonly note: Note } => ({
  key: `failed ${registerName(register)} ${attempt}`,
  note: { kind: 'failure', register, attempt, mentions },
});
