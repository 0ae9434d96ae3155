import type { RolloutId } from '../rollout/rollout.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';

/** What people call a rollout, `shop-prod`, `shop / prod` or `cluster / service`, in at most `limit` characters: of two names each gives way. */
export const rolloutName = (id: RolloutId, limit: number): string => {
  switch (id.source) {
    case 'codepipeline':
      return shownName(id.name, limit);
    case 'codedeploy':
      return ofTwo(id.application, id.group, limit);
    case 'ecs':
      return id.cluster === '' ? shownName(id.service, limit) : ofTwo(id.cluster, id.service, limit);
  }
};

const ofTwo = (first: string, second: string, limit: number): string => {
  const whole = joined(first, second, limit);
  return whole.length <= limit ? whole : joined(first, second, Math.floor((limit - SEPARATOR.length) / 2));
};

const SEPARATOR = ' / ';

const joined = (first: string, second: string, limit: number): string =>
  [first, second].map((name) => shownName(name, limit)).join(SEPARATOR);

/** A name that is seen whatever it is made of, in at most 50 characters. */
export const shortName = (name: string): string => shownName(name, 50);

/** Of a pause hook as much of its id as tells it from others; the name of any other action. */
export const hookName = (action: string): string => action.replace(/^ecs-pause-([\w-]{6})[\w-]{16,}$/, 'pause $1');

const shownName = (name: string, limit: number): string => cutText(cleanText(name), limit) || '(unnamed)';
