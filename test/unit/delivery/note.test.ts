import { describe, expect, it } from 'vitest';
import { failureNote, isOfRollout, newsNote } from '../../../shared/delivery/note.ts';
import type { Note } from '../../../shared/delivery/note.ts';
import { aChange, aRollout, TEN_O_CLOCK } from '../../support/rollouts.ts';

const failed = aChange({
  register: { kind: 'action', stage: 'Deploy', action: 'Release' },
  state: 'failed',
  version: { attempt: 2 },
});

describe('a failure', () => {
  it('calls people in the thread, once for each try of what failed', () => {
    expect(failureNote(failed, ['SRELEASE'])).toEqual({
      key: 'failed action:Deploy/Release 2',
      note: { kind: 'failure', register: failed.register, attempt: 2, mentions: ['SRELEASE'] },
    });
  });
});

describe('news of a rollout whose message cannot be edited', () => {
  const retried = aChange({ state: 'failed', version: { attempt: 2, time: TEN_O_CLOCK + 60_000, eventId: 'end' } });

  it('is said in the thread, once for each of its states', () => {
    expect(newsNote(aRollout(aChange()))).toEqual({ key: 'now in-progress 1', note: { kind: 'news' } });
    expect(newsNote(aRollout(aChange(), retried))).toEqual({ key: 'now failed 2', note: { kind: 'news' } });
  });
});

describe('a note', () => {
  it.each<[boolean, Note]>([
    [true, { kind: 'failure', register: failed.register, attempt: 1, mentions: [] }],
    [true, { kind: 'news' }],
    [false, { kind: 'vote', click: 'k1' }],
    [false, { kind: 'reminder', mentions: [] }],
    [false, { kind: 'outcome' }],
  ])('is of a rollout (%s) or of a gate: %j', (is, note) => {
    expect(isOfRollout(note)).toBe(is);
  });
});
