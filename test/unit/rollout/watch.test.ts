import { describe, expect, it } from 'vitest';
import { askedAgain, heard } from '../../../shared/rollout/watch.ts';
import type { Watch } from '../../../shared/rollout/watch.ts';

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;

describe('the watch of a rollout', () => {
  it('asks AWS after five minutes of silence', () => {
    expect(heard(NOW)).toEqual({ at: NOW + 5 * MINUTE, asked: 0, missing: 0 });
  });

  it('asks again every five minutes, after an hour of silence within ten', () => {
    const first = { at: NOW, asked: 0, missing: 0 };
    expect(askedAgain(first, 'told', NOW, 0.5)).toEqual({ at: NOW + 5 * MINUTE, asked: 1, missing: 0 });
    expect(askedAgain({ ...first, asked: 11 }, 'told', NOW, 0)?.at).toBe(NOW + 10 * MINUTE);
    expect(askedAgain({ ...first, asked: 11 }, 'told', NOW, 1)?.at).toBe(NOW + 5 * MINUTE);
  });

  it('ends when AWS knows nothing of the rollout twice in a row', () => {
    const once = askedAgain(heard(NOW), 'missing', NOW, 0);
    expect(once).toEqual({ at: NOW + 5 * MINUTE, asked: 1, missing: 1 });
    const again = (answer: Parameters<typeof askedAgain>[1], watch: Watch | undefined) =>
      watch && askedAgain(watch, answer, NOW, 0);
    expect(again('missing', once)).toBeUndefined();
    expect(again('missing', again('told', once))?.missing).toBe(1);
    // No answer says nothing about what there is.
    expect(again('missing', again('failed', once))).toBeUndefined();
  });
});
