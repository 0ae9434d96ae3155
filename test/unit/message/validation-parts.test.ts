import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noteMessage } from '../../../shared/message/note-message.ts';
import { slackMessage } from '../../../shared/message/slack-message.ts';
import type { GateMark, ValidationMark } from '../../../shared/rollout/stored-rollout.ts';
import type { CheckSummary, RunSummary } from '../../../shared/validation/run-summary.ts';
import { hostileText } from '../../support/arbitraries.ts';
import { aChange, aDeploymentId, aRollout, TEN_O_CLOCK } from '../../support/rollouts.ts';
import { slackProblems } from '../../support/slack-limits.ts';

const aCheck = (given: Partial<CheckSummary> = {}): CheckSummary => ({
  name: 'health',
  verdict: 'pass',
  advisory: false,
  taken: 1,
  count: 1,
  ...given,
});

const aMark = (summary: Partial<RunSummary> = {}, since = TEN_O_CLOCK): ValidationMark => ({
  rev: 3,
  at: TEN_O_CLOCK,
  since,
  summary: { hook: 'BeforeAllowTraffic', suite: 'orders', state: 'running', says: '', checks: [aCheck()], ...summary },
});

const rollout = aRollout(aChange({ rollout: aDeploymentId() }));

const shown = (
  validations: Readonly<Record<string, ValidationMark>>,
  gates: readonly GateMark[] = [],
): readonly string[] => {
  const { blocks } = slackMessage(rollout, {}, 'summary', gates, validations);
  expect(slackProblems({ text: 'x', blocks })).toEqual([]);
  return [...JSON.stringify(blocks).matchAll(/"text":"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text);
};

describe('the message of a rollout that is validated', () => {
  it('says of a pipeline that it is stopped: there is nothing to bring back', () => {
    const mark = aMark({ hook: 'Validate/Check', state: 'rollback', says: 'smoke has failed.' });
    const { blocks } = slackMessage(aRollout(aChange()), {}, 'summary', [], { run: mark });
    const texts = JSON.stringify(blocks);
    expect(texts).toContain('⛔ Validation at Validate/Check stops it');
    expect(texts).toContain('Stopped: smoke has failed.');
    expect(texts).not.toMatch(/rolled back/i);
  });

  it('tells at which hook, by which suite, and how each check stands', () => {
    const texts = shown({
      run: aMark({
        checks: [
          aCheck({ verdict: 'running', taken: 2, count: 5, value: '200', expected: '200' }),
          aCheck({ name: 'errors', verdict: 'waiting', advisory: true }),
          aCheck({
            name: 'latency',
            verdict: 'fail',
            value: '812 ms',
            expected: '< 500',
            link: 'https://example.com/7',
          }),
        ],
      }),
    }).join('');
    expect(texts).toContain('🔬 Validation at BeforeAllowTraffic is running');
    expect(texts).toContain(' · orders');
    expect(texts).toContain('\\n🔄 health is running 2 of 5: 200, expected 200');
    expect(texts).toContain('\\n⏳ errors (does not count) waits for others');
    expect(texts).toContain('\\n❌ latency failed: 812 ms, expected < 500');
    expect(texts).toContain('see on example.com');
  });

  it('says of one that is rolled back which check it was', () => {
    const texts = shown({
      run: aMark({ state: 'rollback', says: 'health has failed: status 500.', checks: [aCheck({ verdict: 'fail' })] }),
    }).join('');
    expect(texts).toContain('⛔ Validation at BeforeAllowTraffic has it rolled back');
    expect(texts).toContain('\\nRolled back: health has failed: status 500.');
  });

  it('keeps short what went well, and shows then only what did not count and did not pass', () => {
    const texts = shown({
      run: aMark({
        state: 'continue',
        says: 'Every required check has passed.',
        checks: [aCheck(), aCheck({ name: 'errors', verdict: 'inconclusive', advisory: true })],
      }),
    }).join('');
    expect(texts).toContain('✅ Validation at BeforeAllowTraffic lets it go on');
    expect(texts).not.toContain('health');
    expect(texts).toContain('errors (does not count) could not be judged');
  });

  it('leads to where people decide while they are asked, and not after that', () => {
    const gates = [
      { run: 'another', at: 3, link: 'https://example.slack.com/other' },
      { run: 'run', at: 1, link: 'https://example.slack.com/first' },
      { run: 'run', at: 2, link: 'https://example.slack.com/second' },
    ];
    const asking = JSON.stringify(
      slackMessage(rollout, {}, 'summary', gates, { run: aMark({ state: 'asking' }) }).blocks,
    );
    expect(asking).toContain('https://example.slack.com/second');
    expect(asking).not.toContain('https://example.slack.com/first');
    expect(asking).not.toContain('https://example.slack.com/other');
    const over = JSON.stringify(
      slackMessage(rollout, {}, 'summary', gates, { run: aMark({ state: 'continue' }) }).blocks,
    );
    expect(over).not.toContain('https://example.slack.com');
  });

  it('shows ten checks of a hook and counts the others', () => {
    const checks = Array.from({ length: 13 }, (_, index) => aCheck({ name: `check-${index}`, verdict: 'running' }));
    const texts = shown({ run: aMark({ checks }) }).join('');
    expect(texts).toContain('check-9');
    expect(texts).not.toContain('check-10');
    expect(texts).toContain('and 3 more');
  });

  it('tells hooks in the order in which they began, the last five', () => {
    const marks = Object.fromEntries(
      [3, 1, 7, 2, 5, 4, 6].map((hour) => [`run-${hour}`, aMark({ suite: `suite-${hour}` }, TEN_O_CLOCK + hour)]),
    );
    const texts = shown(marks).join(' ');
    expect(texts).toContain('2 earlier validations');
    expect(texts.match(/suite-\d/g)).toEqual(['suite-3', 'suite-4', 'suite-5', 'suite-6', 'suite-7']);
  });

  it('stays within what Slack takes, whatever checks have found (P15, P16)', () => {
    const check = fc.record({
      name: hostileText(400),
      verdict: fc.constantFrom('pass', 'fail', 'running', 'error', 'inconclusive', 'skipped', 'canceled', 'waiting'),
      value: hostileText(400),
      expected: hostileText(400),
      says: hostileText(400),
      link: hostileText(400),
      advisory: fc.boolean(),
      taken: fc.nat(),
      count: fc.nat(),
    });
    const mark = fc.record({
      suite: hostileText(400),
      says: hostileText(400),
      checks: fc.array(check, { maxLength: 15 }),
    });
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 8 }), (all) => {
        const marks = Object.fromEntries(
          all.map((summary, index) => [`run-${index}`, aMark({ ...summary, state: 'asking' }, index)]),
        );
        const { text, blocks } = slackMessage(rollout, {}, 'full', [], marks);
        expect(slackProblems({ text, blocks })).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the note about a check', () => {
  it('shows what was found in lines of its own, where nothing has a meaning', () => {
    const { text, blocks } = noteMessage(
      rollout,
      {},
      {
        kind: 'check',
        suite: 'orders',
        check: 'health',
        verdict: 'fail',
        says: 'status 500 <!channel>',
        evidence: 'GET https://example.com/health\n500 <!here>',
        link: 'https://example.com/run/7',
      },
    );
    expect(text).toBe('orders / health has failed: status 500 &lt;!channel&gt;');
    expect(JSON.stringify(blocks)).toContain(
      '{"type":"rich_text_preformatted","elements":[{"type":"text","text":"GET https://example.com/health\\n500 <!here>"}]}',
    );
    expect(slackProblems({ text, blocks })).toEqual([]);
  });

  it('is one line where nothing is to be shown', () => {
    const { text, blocks } = noteMessage(
      rollout,
      {},
      {
        kind: 'check',
        suite: 'orders',
        check: 'metric',
        verdict: 'error',
        says: 'AccessDenied',
      },
    );
    expect(text).toBe('orders / metric could not be run: AccessDenied');
    expect(JSON.stringify(blocks)).not.toContain('preformatted');
  });
});
