import type { Overview } from '../rollout/overview.ts';
import type { RolloutId, StateChange } from '../rollout/rollout.ts';
import { actionName, isRollback, placeOf } from './describe-rollout.ts';
import { shortName } from './rollout-name.ts';
import { rolloutWords, wordsOf } from './state-words.ts';

/** Which part of the rollout a change is about; undefined when it is about all of it. */
export const registerPlace = ({ register }: Pick<StateChange, 'register'>): string | undefined => {
  switch (register.kind) {
    case 'rollout':
      return undefined;
    case 'stage':
      return shortName(register.stage);
    case 'action':
      return actionName(register);
    case 'instance':
      return `instance ${shortName(register.instance)}`;
  }
};

/** The state that a change tells, in people's words. */
export const changeWords = ({ rollout, register, state }: StateChange, overview: Overview) =>
  register.kind === 'rollout' ? rolloutWords(rollout.source, state, isRollback(overview)) : wordsOf(state);

/** Whether a change tells what the whole rollout is now: then where it stands belongs to the news. */
export const tellsTheWhole = ({ register, state }: StateChange, overview: Overview): boolean =>
  register.kind === 'rollout' && state === overview.state;

/** Where a rollout stands that this change brought there. */
export const standingPlace = (change: StateChange, overview: Overview): string | undefined =>
  tellsTheWhole(change, overview) ? placeOf(overview) : undefined;

/** What people call a rollout, cut by `cut` to about `limit` characters: of a deployment's two names each gives way. */
export const cutRolloutName = (id: RolloutId, limit: number, cut: (name: string, limit: number) => string): string => {
  switch (id.source) {
    case 'codepipeline':
      return cut(id.name, limit);
    case 'ecs':
      return [id.cluster, id.service]
        .filter((name) => name !== '')
        .map((name) => cut(name, Math.floor((limit - 3) / 2)))
        .join(' / ');
    case 'codedeploy':
      return [id.application, id.group].map((name) => cut(name, Math.floor((limit - 3) / 2))).join(' / ');
  }
};
