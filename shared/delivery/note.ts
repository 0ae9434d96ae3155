import * as v from 'valibot';
import type { Mention } from '../config/config.ts';
import { StoredRegister } from '../rollout/stored-rollout.ts';
import { registerName } from '../rollout/rollout.ts';
import type { Register, StateChange } from '../rollout/rollout.ts';

/** Calls people to a failure: an edit of the message notifies nobody, a reply in its thread does. */
export type Note = {
  readonly kind: 'failure';
  readonly register: Register;
  readonly attempt: number;
  readonly mentions: readonly Mention[];
};

export const StoredNote = v.object({
  kind: v.literal('failure'),
  register: StoredRegister,
  attempt: v.number(),
  mentions: v.array(v.string()),
});

/** What a failure has people called to, and the key under which it is said once a try. */
export const failureNote = (
  { register, version: { attempt } }: StateChange,
  mentions: readonly Mention[],
): { readonly key: string; readonly note: Note } => ({
  key: `failed ${registerName(register)} ${attempt}`,
  note: { kind: 'failure', register, attempt, mentions },
});
