import type { State } from '../rollout/state.ts';

type StateWords = {
  readonly emoji: string;
  /** After a name, as a label: `shop-prod in progress`. */
  readonly label: string;
  /** After a name, as a sentence: `shop-prod is in progress`. */
  readonly predicate: string;
};

const WORDS: Readonly<Record<State, StateWords>> = {
  'in-progress': { emoji: '🔄', label: 'in progress', predicate: 'is in progress' },
  stopping: { emoji: '🛑', label: 'stopping', predicate: 'is stopping' },
  waiting: { emoji: '⏳', label: 'waiting for approval', predicate: 'is waiting for approval' },
  succeeded: { emoji: '✅', label: 'succeeded', predicate: 'succeeded' },
  failed: { emoji: '❌', label: 'failed', predicate: 'failed' },
  stopped: { emoji: '🛑', label: 'stopped', predicate: 'was stopped' },
  canceled: { emoji: '🚫', label: 'canceled', predicate: 'was canceled' },
  superseded: { emoji: '⏭️', label: 'superseded', predicate: 'was superseded' },
  abandoned: { emoji: '⏹️', label: 'abandoned', predicate: 'was abandoned' },
};

/** A state in people's words, and a sign that is never shown without them. */
export const wordsOf = (state: State): StateWords => WORDS[state];
