import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noteMessage } from '../../../shared/message/note-message.ts';
import { hostileChange, hostileLabels, hostileRolloutId } from '../../support/arbitraries.ts';
import { aChange, aDeploymentId, aRollout, aVersion } from '../../support/rollouts.ts';
import { slackProblems } from '../../support/slack-limits.ts';

describe('noteMessage', () => {
  it('calls users, user groups and everybody to a failure', () => {
    const mentions = ['U1', 'S1'];
    const note = { kind: 'failure', register: { kind: 'rollout' }, attempt: 1, mentions } as const;
    expect(noteMessage(aRollout(aChange()), { environment: 'production' }, note)).toEqual({
      text: '<@U1> <!subteam^S1> shop-prod (production) failed',
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
    const note = { kind: 'failure', register, attempt: 2, mentions: ['U1'] } as const;
    expect(noteMessage(aRollout(aChange()), {}, note).text).toBe(
      '<@U1> shop-prod failed at Deploy / Release in attempt 2',
    );
  });

  it('says of a rollback that failed that it is one', () => {
    const rollbackOf = { version: aVersion(), value: 'd-FGHIJ5678' };
    const rollback = aRollout(aChange({ rollout: aDeploymentId(), state: 'failed', facts: { rollbackOf } }));
    const note = { kind: 'failure', register: { kind: 'rollout' }, attempt: 0, mentions: ['U1'] } as const;
    expect(noteMessage(rollback, {}, note).text).toBe('<@U1> shop / prod rollback failed');
  });

  it('notifies nobody but those it is to mention, whatever strangers wrote', () => {
    fc.assert(
      fc.property(hostileRolloutId, hostileChange, hostileLabels, (id, { register }, labels) => {
        const message = noteMessage(aRollout(aChange({ rollout: id })), labels, {
          kind: 'failure',
          register,
          attempt: 1,
          mentions: ['U1'],
        });
        expect(slackProblems(message)).toEqual([]);
        expect(message.text.match(/<[^>]*>/g)).toEqual(['<@U1>']);
      }),
      { numRuns: 300 },
    );
  });
});
