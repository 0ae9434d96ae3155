import type { RolloutId } from '../rollout/rollout.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';

/** What people call a rollout, `shop-prod` or `shop / prod`, in at most `limit` characters: of two names each gives way. */
export const rolloutName = (id: RolloutId, limit: number): string => {
  switch (id.source) {
    case 'codepipeline':
      return shownName(id.name, limit);
    case 'codedeploy': {
      const whole = joined(id.application, id.group, limit);
      return whole.length <= limit
        ? whole
        : joined(id.application, id.group, Math.floor((limit - SEPARATOR.length) / 2));
    }
  }
};

const SEPARATOR = ' / ';

const joined = (application: string, group: string, limit: number): string =>
  [application, group].map((name) => shownName(name, limit)).join(SEPARATOR);

/** A name that is seen whatever it is made of, in at most 50 characters. */
export const shortName = (name: string): string => shownName(name, 50);

const shownName = (name: string, limit: number): string => cutText(cleanText(name), limit) || '(unnamed)';
