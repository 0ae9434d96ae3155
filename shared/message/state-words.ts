import type { RolloutId } from '../rollout/rollout.ts';
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

// Nobody approves a blue/green deployment: it is continued by hand, or by itself after the time that its group allows.
const READY: StateWords = { emoji: '⏳', label: 'ready for traffic', predicate: 'is ready for traffic' };

// No success of the new version, and not to be taken for one at a glance.
const ROLLED_BACK: StateWords = { ...WORDS.succeeded, emoji: '↩️' };

// ECS stops a deployment by going back to what was there before.
const GOING_BACK: StateWords = { emoji: '↩️', label: 'rolling back', predicate: 'is rolling back' };

/** The state of a whole rollout in people's words: a deployment waits for something else than a pipeline does. */
export const rolloutWords = (source: RolloutId['source'], state: State, isRollback = false): StateWords => {
  if (isRollback && state === 'succeeded') {
    return ROLLED_BACK;
  }
  if (source === 'ecs' && state === 'stopping') {
    return GOING_BACK;
  }
  return source === 'codedeploy' && state === 'waiting' ? READY : wordsOf(state);
};
