import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noteMessage } from '../../../shared/message/note-message.ts';
import { hostileChange, hostileLabels, hostileRolloutId } from '../../support/arbitraries.ts';
import { aRolloutId } from '../../support/rollouts.ts';
import { slackProblems } from '../../support/slack-limits.ts';

describe('noteMessage', () => {
  it('calls users, user groups and everybody to a failure', () => {
    const mentions = ['U1', 'S1', 'here'];
    const note = { kind: 'failure', register: { kind: 'rollout' }, attempt: 1, mentions } as const;
    expect(noteMessage(aRolloutId(), { environment: 'production' }, note)).toEqual({
      text: '<@U1> <!subteam^S1> <!here> shop-prod (production) failed',
      blocks: [
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'user', user_id: 'U1' },
                { type: 'text', text: ' ' },
                { type: 'usergroup', usergroup_id: 'S1' },
                { type: 'text', text: ' ' },
                { type: 'broadcast', range: 'here' },
                { type: 'text', text: ' ' },
                { type: 'text', text: 'shop-prod (production) failed' },
              ],
            },
          ],
        },
      ],
    });
  });

  it('says which part failed, and in which attempt', () => {
    const register = { kind: 'action', stage: 'Deploy', action: 'Release' } as const;
    const note = { kind: 'failure', register, attempt: 2, mentions: ['channel'] } as const;
    expect(noteMessage(aRolloutId(), {}, note).text).toBe(
      '<!channel> shop-prod failed at Deploy / Release in attempt 2',
    );
  });

  it('notifies nobody but those it is to mention, whatever strangers wrote', () => {
    fc.assert(
      fc.property(hostileRolloutId, hostileChange, hostileLabels, (id, { register }, labels) => {
        const message = noteMessage(id, labels, { kind: 'failure', register, attempt: 1, mentions: ['U1'] });
        expect(slackProblems(message)).toEqual([]);
        expect(message.text.match(/<[^>]*>/g)).toEqual(['<@U1>']);
      }),
      { numRuns: 300 },
    );
  });
});
