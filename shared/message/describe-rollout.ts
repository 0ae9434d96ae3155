import type { ActionOverview, Overview } from '../rollout/overview.ts';
import type { RolloutId } from '../rollout/rollout.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { formatDuration } from './duration.ts';
import { wordsOf } from './state-words.ts';

/** One sentence without a full stop: `shop-prod (production) failed at Deploy / Release after 4 min 12 s`. */
export const describeRollout = (id: RolloutId, overview: Overview, environment: string | undefined): string => {
  const place = placeOf(overview);
  const duration = durationOf(overview);
  return [
    shortName(id.name),
    ...(environment === undefined ? [] : [`(${shortName(environment)})`]),
    wordsOf(overview.state).predicate,
    ...(place === undefined ? [] : [`at ${place}`]),
    ...(duration === undefined ? [] : [`after ${duration}`]),
  ].join(' ');
};

/** Where a rollout stands when it needs somebody: the action, or else the stage, that failed or waits. */
export const placeOf = ({ state, failures, waiting, stages }: Overview): string | undefined => {
  if (state !== 'failed' && state !== 'waiting') {
    return undefined;
  }
  const [action] = state === 'failed' ? failures : waiting;
  const stage = stages.find((each) => each.state === state);
  return action === undefined ? stage && shortName(stage.stage) : actionName(action);
};

export const actionName = ({ stage, action }: Pick<ActionOverview, 'stage' | 'action'>): string =>
  `${shortName(stage)} / ${shortName(action)}`;

/** A name that is seen whatever it is made of, in at most 50 characters. */
export const shortName = (name: string): string => cutText(cleanText(name), 50) || '(unnamed)';

/** How long an ended rollout took. */
export const durationOf = ({ startedAt, endedAt }: Overview): string | undefined =>
  endedAt === undefined ? undefined : formatDuration(endedAt - startedAt);

/** Why somebody stopped the rollout; undefined where that is over and done with. */
export const stopReasonOf = ({ state }: Overview, stopReason: string | undefined): string | undefined =>
  state === 'succeeded' || state === 'in-progress' || state === 'waiting'
    ? undefined
    : cutText(cleanText(stopReason ?? ''), 300) || undefined;
