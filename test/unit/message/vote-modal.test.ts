import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { voteModal } from '../../../shared/message/vote-modal.ts';
import { GATE } from '../../support/slack-requests.ts';

const PLACE = { gate: GATE, channel: 'C0APPROVALS', ts: '1795428858.000100' };

const Section = v.object({ text: v.object({ text: v.string() }) });

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });

describe('the form of a vote', () => {
  it('to approve says what it is about and what follows, and has room for a note', () => {
    expect(voteModal('approve', PLACE, 'shop-prod waits: Fix &lt;login&gt; &amp; more')).toEqual({
      type: 'modal',
      callback_id: 'gate.approve',
      private_metadata: `{"gate":"${GATE}","channel":"C0APPROVALS","ts":"1795428858.000100"}`,
      title: plain('Approve'),
      submit: plain('Approve'),
      close: plain('Cancel'),
      blocks: [
        { type: 'section', text: plain('shop-prod waits: Fix <login> & more') },
        {
          type: 'section',
          text: plain(
            '⚠️ Approving cannot be taken back here: what waits goes on as soon as enough people have approved.',
          ),
        },
        {
          type: 'input',
          block_id: 'note',
          optional: true,
          label: plain('Note'),
          element: { type: 'plain_text_input', action_id: 'note', multiline: true, max_length: 300 },
        },
      ],
    });
  });

  it('to reject wants a reason', () => {
    expect(voteModal('reject', PLACE, '')).toMatchObject({
      callback_id: 'gate.reject',
      title: plain('Reject'),
      blocks: [
        { type: 'section', text: plain('⚠️ Rejecting cannot be taken back here: what waits does not go on.') },
        { type: 'input', optional: false, label: plain('Reason'), element: { min_length: 3, max_length: 300 } },
      ],
    });
  });

  // https://docs.slack.dev/reference/views and https://docs.slack.dev/reference/block-kit/blocks
  it('stays within what Slack takes, whatever the message says', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('approve', 'reject'),
        fc.oneof(fc.string({ unit: 'binary', maxLength: 5000 }), fc.string({ minLength: 4000, maxLength: 5000 })),
        (verdict, text) => {
          const view = voteModal(verdict, PLACE, text);
          const lengths = [view.title.text, view.submit?.text ?? '', view.close?.text ?? ''].map(
            ({ length }) => length,
          );
          expect(Math.max(...lengths)).toBeLessThanOrEqual(24);
          expect(view.private_metadata?.length).toBeLessThanOrEqual(3000);
          expect(view.blocks.length).toBeLessThanOrEqual(100);
          for (const block of view.blocks) {
            const { text: shown } = 'element' in block ? plain('-') : v.parse(Section, block).text;
            expect(shown.length).toBeGreaterThan(0);
            expect(shown.length).toBeLessThanOrEqual(3000);
            expect(shown.isWellFormed()).toBe(true);
          }
        },
      ),
    );
  });
});
