import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gate, GatePoint } from '../../../shared/gate/gate.ts';
import { gateMessage } from '../../../shared/message/gate-message.ts';
import { gateNoteMessage } from '../../../shared/message/gate-note-message.ts';
import { hostileLabels, hostileText } from '../../support/arbitraries.ts';
import {
  aClick,
  aDecision,
  aGate,
  aPolicy,
  PAUSE_POINT,
  POINT,
  READY_POINT,
  RUN_POINT,
  TOKEN,
} from '../../support/gates.ts';
import { aRolloutId, TEN_O_CLOCK } from '../../support/rollouts.ts';
import { slackProblems } from '../../support/slack-limits.ts';

const LABELS = { environment: 'production' };

/** What a person reads, block by block. */
const read = (gate: Gate, policy = aPolicy()): readonly string[] =>
  gateMessage('gate-id', gate, undefined, LABELS, policy).blocks.map(
    (block) =>
      JSON.stringify(block, (key, value: unknown) => (key === 'type' ? undefined : value))
        .match(/"(?:text|user_id|fallback)":"(?:[^"\\]|\\.)*"/g)
        ?.map((found) => found.replace(/^"[a-z_]*":"|"$/g, ''))
        .join('') ?? '',
  );

const buttonsOf = (gate: Gate, policy = aPolicy()): readonly unknown[] =>
  gateMessage('gate-id', gate, undefined, LABELS, policy).blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements.map((each) => ('action_id' in each ? each.action_id : undefined)) : [],
  );

describe('the message of a gate', () => {
  it('says what waits, what would be approved, what runs now, and whose votes are needed', () => {
    const commit = (id: string) => ({
      source: 'App',
      id: id.repeat(40),
      summary: `Commit ${id}`,
      url: `https://github.com/acme/shop/commit/${id.repeat(40)}`,
    });
    const gate = aGate({
      expiresAt: TEN_O_CLOCK + 3_600_000,
      shown: { revisions: [commit('b')], running: commit('a') },
      request: { text: 'Check the staging site', url: 'https://staging.example.com/' },
      clicks: [aClick()],
    });
    const policy = aPolicy({ rules: [{ name: 'ada, grace', users: ['UADA', 'UGRACE'], groups: [], quorum: 2 }] });
    expect(read(gate, policy)).toEqual([
      '✋ shop-prod approval needed · production',
      'Approve / ProdGate · waiting since 2026-11-20T10:00:00Z · expires 2026-11-20T11:00:00Z' +
        'bbbbbbb Commit b · commit on github.com' +
        'Runs now: aaaaaaa Commit a · commit on github.com · changes on github.com',
      'Check the staging siteto be reviewed on staging.example.com',
      'UADA approves1 of 2 approvals by ada, grace',
      'ApproveReject…',
      '111122223333 · eu-west-1 · 0a1b2c3d-0000-4000-8000-000000000001<https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-prod/executions/0a1b2c3d-0000-4000-8000-000000000001/timeline?region=eu-west-1|Open in CodePipeline>',
    ]);
  });

  it('says of a deployment that is ready what a decision does, and leads to its own console', () => {
    const gate = aGate({
      point: READY_POINT,
      expiresAt: TEN_O_CLOCK + 3_600_000,
      shown: { revisions: [{ source: 'S3', id: 'v42', summary: 's3://releases/shop.zip' }] },
      request: { text: 'Spring sale' },
    });
    expect(read(gate)).toEqual([
      '✋ shop / prod approval needed · production',
      'Traffic shift · waiting since 2026-11-20T10:00:00Z · expires 2026-11-20T11:00:00Zv42 s3://releases/shop.zip',
      'Spring saleApprove lets the traffic move to the new version. Reject stops the deployment and rolls back.',
      '0 of 1 approval by ada, grace, @release',
      'ApproveReject…',
      expect.stringContaining('d-ABCDE1234'),
    ]);
    const message = gateMessage('gate-id', gate, undefined, LABELS, aPolicy());
    expect(message.text).toBe(
      'shop / prod (production) waits for approval at the traffic shift: v42 s3://releases/shop.zip',
    );
    expect(JSON.stringify(message)).toContain('Open in CodeDeploy');
    expect(JSON.stringify(message)).not.toMatch(/pipeline/i);
    const over = aGate({ point: READY_POINT, state: { kind: 'applied', decision: aDecision(), at: TEN_O_CLOCK } });
    expect(JSON.stringify(gateMessage('gate-id', over, undefined, LABELS, aPolicy()))).not.toContain(
      'lets the traffic',
    );
  });

  it('says of a validation what its checks have found, and what a decision does', () => {
    const gate = aGate({
      point: RUN_POINT,
      expiresAt: TEN_O_CLOCK + 900_000,
      shown: { revisions: [] },
      request: { text: 'smoke could not be judged. smoke: inconclusive (no data)' },
    });
    const shown = read(gate).join(' ');
    expect(shown).toContain('Validation by shop-before-traffic');
    expect(shown).toContain('expires 2026-11-20T10:15:00Z');
    expect(shown).toContain('smoke: inconclusive (no data)');
    expect(shown).toContain('Approve lets the validation go on. Reject rolls the deployment back.');
    const ofPipeline = aGate({ ...gate, point: { ...RUN_POINT, rollout: aRolloutId() } });
    expect(read(ofPipeline).join(' ')).toContain('Reject stops the pipeline.');
    expect(read({ ...gate, point: { ...RUN_POINT, check: 'go-ahead' } }).join(' ')).toContain(
      'shop-before-traffic / go-ahead',
    );
  });

  it('says of a validation that has ended by itself why nobody is asked any more', () => {
    const ending = { as: 'stopped', summary: 'alarms has failed: In alarm.', at: TEN_O_CLOCK } as const;
    const shown = read(aGate({ point: RUN_POINT, state: { kind: 'ended', ending } })).join(' ');
    expect(shown).toContain('Nobody is asked any more');
    expect(shown).toContain('alarms has failed: In alarm.');
    expect(shown).not.toContain('outside Slack');
    expect(shown).not.toContain('Approve lets');
  });

  it('says of a pause hook where in its deployment it is, and leads to the console of ECS', () => {
    const gate = aGate({
      point: PAUSE_POINT,
      shown: {
        revisions: [{ source: 'ECS', id: 'shop:42', summary: 'registry.example.com/shop:1.2.3' }],
        running: { source: 'ECS', id: 'shop:41' },
      },
      request: { text: 'The new version has 100 % of the test traffic and 0 % of the production traffic.' },
    });
    expect(read(gate)).toEqual([
      '✋ prod / shop approval needed · production',
      'POST_TEST_TRAFFIC_SHIFT / ecs-pause-e7tK9G · waiting since 2026-11-20T10:00:00Zshop:42 registry.example.com/shop:1.2.3Runs now: shop:41',
      'The new version has 100 % of the test traffic and 0 % of the production traffic.Approve lets the deployment of the new version go on. Reject rolls it back.',
      '0 of 1 approval by ada, grace, @release',
      'ApproveReject…',
      expect.stringContaining('0EYSiBq8vWc1T7rKzLm5x'),
    ]);
    const message = JSON.stringify(gateMessage('gate-id', gate, undefined, LABELS, aPolicy()));
    expect(message).toContain('Open in ECS');
    expect(message).not.toMatch(/pipeline/i);
  });

  it('has the buttons that the policy asks for, and none once it is over or nobody may decide', () => {
    expect(buttonsOf(aGate(), aPolicy({ confirm: 'none' }))).toEqual(['gate.approve', 'gate.reject-in-modal']);
    expect(buttonsOf(aGate(), aPolicy({ confirm: 'dialog' }))).toEqual(['gate.approve', 'gate.reject-in-modal']);
    expect(buttonsOf(aGate(), aPolicy({ confirm: 'modal' }))).toEqual([
      'gate.approve-in-modal',
      'gate.reject-in-modal',
    ]);
    for (const state of [
      { kind: 'decided', decision: aDecision() },
      { kind: 'applied', decision: aDecision(), at: TEN_O_CLOCK },
      { kind: 'ended', ending: { as: 'expired', at: TEN_O_CLOCK } },
    ] as const) {
      expect(buttonsOf(aGate({ state }))).toEqual([]);
    }
    const { blocks } = gateMessage('gate-id', aGate(), undefined, LABELS, undefined);
    expect(JSON.stringify(blocks)).toContain('Nobody may decide here');
    expect(blocks.some(({ type }) => type === 'actions')).toBe(false);
  });

  it.each([
    [{ kind: 'applied', decision: aDecision({ note: 'Fine' }), at: TEN_O_CLOCK }, '✅ shop-prod approved · production'],
    [
      { kind: 'applied', decision: aDecision({ verdict: 'reject' }), at: TEN_O_CLOCK },
      '⛔ shop-prod rejected · production',
    ],
    [
      { kind: 'applied', decision: aDecision({ verdict: 'reject', why: 'superseded', newer: 'e-2' }), at: TEN_O_CLOCK },
      '⏭️ shop-prod superseded · production',
    ],
    [{ kind: 'ended', ending: { as: 'expired', at: TEN_O_CLOCK } }, '⌛ shop-prod approval expired · production'],
    [
      { kind: 'ended', ending: { as: 'rejected', by: 'bob', at: TEN_O_CLOCK } },
      '⛔ shop-prod rejected outside Slack · production',
    ],
    [{ kind: 'ended', ending: { as: 'stopped', at: TEN_O_CLOCK } }, '🛑 shop-prod stopped · production'],
  ] as const)('says how it ended: %o', (state, header) => {
    expect(read(aGate({ state }))[0]).toBe(header);
  });

  const BY_RULE = [{ rule: 'small hours', because: 'ref main', at: TEN_O_CLOCK }];

  it('says of what a policy approved that it was a policy, by which facts, and names nobody', () => {
    const decision = aDecision({ why: 'policy', by: [], names: [], byRule: BY_RULE });
    const gate = aGate({ state: { kind: 'applied', decision, at: TEN_O_CLOCK } });
    expect(read(gate)).toEqual([
      '✅ shop-prod approved by policy · production',
      'Approve / ProdGate · asked 2026-11-20T10:00:00Z',
      'Approved by the policy “small hours” · 2026-11-20T10:00:00Zref main',
      expect.stringContaining('Open in CodePipeline'),
    ]);
    expect(buttonsOf(gate)).toEqual([]);
    expect(gateNoteMessage(gate, LABELS, { kind: 'outcome' }, TEN_O_CLOCK)?.text).toBe(
      'shop-prod (production) was approved by policy at Approve / ProdGate: By the policy “small hours”: ref main',
    );
  });

  it('names the people first where a policy filled what they left', () => {
    const decision = aDecision({ byRule: BY_RULE, note: 'Fine' });
    const gate = aGate({ clicks: [aClick()], state: { kind: 'applied', decision, at: TEN_O_CLOCK } });
    expect(read(gate)[0]).toBe('✅ shop-prod approved · production');
    expect(read(gate)[2]).toBe('Approved by UADA and the policy “small hours” · 2026-11-20T10:00:00ZFine');
    expect(gateNoteMessage(gate, LABELS, { kind: 'outcome' }, TEN_O_CLOCK)?.text).toContain(': Fine');
  });

  it('says while it waits what a policy has filled, and whose votes are still needed', () => {
    const policy = aPolicy({
      rules: [
        { name: 'ops', users: ['UGRACE'], groups: [], quorum: 2 },
        { name: 'developers', users: ['UADA'], groups: [], quorum: 1 },
      ],
      auto: [{ name: 'small hours', fills: [0], when: {} }],
    });
    const shown = read(aGate({ byRule: BY_RULE }), policy);
    expect(shown[2]).toBe(
      'Approved by the policy “small hours”, unless somebody rejects: ref main' +
        '2 of 2 approvals by ops0 of 1 approval by developers',
    );
    expect(buttonsOf(aGate({ byRule: BY_RULE }), policy).length).toBe(2);
  });

  it('has its link to be approved by in no place that notifies anybody, and never the token', () => {
    const text = JSON.stringify(gateMessage('gate-id', aGate({ clicks: [aClick()] }), undefined, LABELS, aPolicy()));
    expect(text).not.toContain(TOKEN);
    expect(text).not.toMatch(/<@|<!|usergroup/);
  });

  it('shows a reason as the text it is, wherever it shows it (S26)', () => {
    const note = '<!channel> *now* `x` <https://evil.example|Approve> &lt;@UADA&gt;';
    const gate = aGate({
      clicks: [aClick({ note })],
      state: { kind: 'applied', decision: aDecision({ note }), at: TEN_O_CLOCK },
    });
    const vote = gateNoteMessage(gate, LABELS, { kind: 'vote', click: 'k1' }, TEN_O_CLOCK);
    const outcome = gateNoteMessage(gate, LABELS, { kind: 'outcome' }, TEN_O_CLOCK);
    const quoted = { type: 'rich_text_quote', elements: [{ type: 'text', text: note }] };
    for (const message of [gateMessage('gate-id', gate, undefined, LABELS, aPolicy()), vote, outcome]) {
      const parts = (message?.blocks ?? []).flatMap((block) => (block.type === 'rich_text' ? block.elements : []));
      expect(parts).toContainEqual(quoted);
      expect(message?.text).not.toMatch(/<!|<https|<@UADA>.*<@UADA>/);
    }
    const escaped = '&lt;!channel&gt; *now* `x` &lt;https://evil.example|Approve&gt; &amp;lt;@UADA&amp;gt;';
    expect([vote?.text, outcome?.text]).toEqual([
      `<@UADA> approves: ${escaped}`,
      `shop-prod (production) was approved at Approve / ProdGate: ${escaped}`,
    ]);
  });

  it('is one that Slack takes, whatever strangers wrote (S26)', () => {
    const some = hostileText(600);
    const revision = fc.record({ source: some, id: some, summary: some, url: some });
    fc.assert(
      fc.property(
        some,
        some,
        some,
        fc.array(revision, { maxLength: 8 }),
        revision,
        hostileLabels,
        (a, b, c, revisions, running, labels) => {
          const points: readonly GatePoint[] = [
            { ...POINT, stage: a, action: b, rollout: { ...POINT.rollout, name: c, executionId: a } },
            { ...READY_POINT, rollout: { ...READY_POINT.rollout, application: a, group: b, executionId: c } },
          ];
          const gate = aGate({
            shown: { revisions, running },
            request: { text: a, url: b },
            clicks: [aClick({ note: c })],
            byRule: Array.from({ length: 10 }, () => ({ rule: a, because: b, at: TEN_O_CLOCK })),
          });
          const states: readonly Gate['state'][] = [
            { kind: 'open' },
            { kind: 'applied', decision: aDecision({ note: a, newer: b }), at: TEN_O_CLOCK },
            {
              kind: 'applied',
              decision: aDecision({ why: 'policy', byRule: gate.byRule ?? [], by: [], names: [] }),
              at: TEN_O_CLOCK,
            },
            { kind: 'ended', ending: { as: 'rejected', by: b, summary: c, at: TEN_O_CLOCK } },
          ];
          for (const drawn of points.flatMap((point) => states.map((state) => ({ ...gate, point, state })))) {
            const message = gateMessage('gate-id', drawn, undefined, labels, aPolicy({ confirm: 'dialog' }));
            expect(slackProblems(message)).toEqual([]);
            const note = gateNoteMessage(drawn, labels, { kind: 'vote', click: 'k1' }, TEN_O_CLOCK);
            expect(note && slackProblems(note)).toEqual([]);
            expect(note?.text.match(/<[^>]*>/g)).toEqual(['<@UADA>']);
            const outcome = gateNoteMessage(drawn, labels, { kind: 'outcome' }, TEN_O_CLOCK);
            expect(outcome && slackProblems(outcome)).toEqual([]);
            expect(outcome?.text).not.toMatch(/<[^>]*>/);
          }
        },
      ),
    );
  });
});
