import { describe, expect, it } from 'vitest';
import { askedAgain, heard } from '../../../shared/rollout/watch.ts';
import type { Answer, Watch } from '../../../shared/rollout/watch.ts';

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;

const aWatch = (given: Partial<Watch> = {}): Watch => ({ at: NOW, asked: 0, news: 0, missing: 0, denied: 0, ...given });

/** In how many minutes it is asked again, answer by answer; or why not. */
const waits = (...answers: readonly Answer[]): readonly (number | string)[] => {
  let watch = aWatch();
  return answers.map((answer) => {
    const next = askedAgain(watch, answer, NOW, 0);
    if (next.kind !== 'ask-again') {
      return next.kind;
    }
    ({ watch } = next);
    return (watch.at - NOW) / MINUTE;
  });
};

describe('the watch of a rollout', () => {
  it('asks AWS after five minutes of silence', () => {
    expect(heard(NOW)).toEqual(aWatch({ at: NOW + 5 * MINUTE }));
  });

  it('asks again every five minutes, after an hour of silence within ten', () => {
    expect(waits('nothing-new', 'nothing-new')).toEqual([5, 5]);
    const after = (random: number) => askedAgain(aWatch({ asked: 11 }), 'nothing-new', NOW, random);
    expect(after(0)).toMatchObject({ watch: { at: NOW + 10 * MINUTE } });
    expect(after(1)).toMatchObject({ watch: { at: NOW + 5 * MINUTE } });
  });

  it('waits ever longer for news to be heard that it sent, up to an hour', () => {
    expect(waits('news', 'news', 'news', 'news', 'news', 'news')).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('ends when AWS knows nothing of the rollout twice in a row, whether or not it answered in between', () => {
    expect(waits('missing', 'missing')).toEqual([5, 'gone']);
    expect(waits('missing', 'failed', 'missing')).toEqual([5, 5, 'gone']);
    expect(waits('missing', 'nothing-new', 'missing')).toEqual([5, 5, 5]);
  });

  it('ends when nobody may ask, after the time that a new permission takes to be known', () => {
    expect(waits(...Array<Answer>(6).fill('denied'))).toEqual([5, 5, 5, 5, 5, 'denied']);
  });

  it('does not end for want of an answer', () => {
    expect(waits(...Array<Answer>(50).fill('failed')).at(-1)).toBe(10);
  });
});
