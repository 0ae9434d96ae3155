import type { Labels } from '../config/labels.ts';
import type { ActionOverview, Overview } from '../rollout/overview.ts';
import { isFinal } from '../rollout/state.ts';
import type { RolloutId } from '../rollout/rollout.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { formatDuration } from './duration.ts';
import { hookName, rolloutName, shortName } from './rollout-name.ts';
import { rolloutWords } from './state-words.ts';

/** One sentence without a full stop: `shop-prod (production) failed at Deploy / Release after 4 min 12 s`. */
export const describeRollout = (id: RolloutId, overview: Overview, { environment }: Labels): string => {
  const place = placeOf(overview);
  const duration = durationOf(overview);
  return [
    rolloutName(id, 50),
    ...(isRollback(overview) ? [rollbackName(overview)] : []),
    ...(environment === undefined ? [] : [`(${shortName(environment)})`]),
    rolloutWords(id.source, overview.state, isRollback(overview)).predicate,
    ...(place === undefined ? [] : [`at ${place}`]),
    ...(duration === undefined ? [] : [`after ${duration}`]),
  ].join(' ');
};

const rollbackName = ({ rollbackOf }: Overview): string =>
  rollbackOf === undefined ? 'rollback' : `rollback of ${shortName(rollbackOf)}`;

export const isRollback = ({ rollback }: Overview): boolean => rollback === 'yes';

/** What a rollout undoes, and what undoes it; of a deployment that succeeded also that nobody knows. */
export const describeRollback = (source: RolloutId['source'], overview: Overview): readonly string[] => {
  const { state, rollback, rollbackOf, rolledBackBy } = overview;
  return [
    ...(isRollback(overview)
      ? [`Rolls back ${rollbackOf === undefined ? WHAT_WAS_BEFORE[source] : shortName(rollbackOf)}`]
      : []),
    ...(source === 'codedeploy' && state === 'succeeded' && rollback === 'unknown'
      ? ['Nobody could say whether it is a rollback']
      : []),
    ...(rolledBackBy === undefined || !isFinal(state)
      ? []
      : [`Rolled back ${source === 'ecs' ? 'to' : 'by'} ${shortName(rolledBackBy)}`]),
  ];
};

const WHAT_WAS_BEFORE: Readonly<Record<RolloutId['source'], string>> = {
  codedeploy: 'an earlier deployment',
  ecs: 'to an earlier deployment',
  codepipeline: 'to an earlier execution',
};

/** What is to be said of a rollout whose end nobody will hear of. */
export const describeGone = ({ isGone }: Overview): readonly string[] =>
  isGone ? ['AWS knows nothing of it any more. How it ended was not heard.'] : [];

/** `payments (111122223333)`: what people call an account or a region, and what AWS does. */
export const labelled = (id: string, label: string | undefined): string =>
  label === undefined ? id : `${shortName(label)} (${id})`;

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
  `${shortName(stage)} / ${shortName(hookName(action))}`;

/** `7 of 9 instances succeeded`: how far a deployment has come; undefined for what goes to no instances. */
export const describeInstances = ({ instances }: Overview): string | undefined =>
  instances === undefined
    ? undefined
    : `${instances.succeeded} of ${instances.isPart ? 'the first ' : ''}${instances.total} ${instances.total === 1 ? 'instance' : 'instances'} succeeded`;

/** How long an ended rollout took. Of what ended as soon as it was heard of nobody knows. */
export const durationOf = ({ startedAt, endedAt }: Overview): string | undefined =>
  endedAt === undefined || endedAt === startedAt ? undefined : formatDuration(endedAt - startedAt);

/** Why somebody stopped the rollout; undefined where that is over and done with. */
export const stopReasonOf = ({ state }: Overview, stopReason: string | undefined): string | undefined =>
  state === 'succeeded' || state === 'in-progress' || state === 'waiting'
    ? undefined
    : cutText(cleanText(stopReason ?? ''), 300) || undefined;
