import { describe, expect, it } from 'vitest';
import {
  applied,
  counted,
  ended,
  isAsked,
  isOver,
  looked,
  needsToken,
  opened,
  reasonOf,
  reopened,
  rulesIn,
  summaryOf,
  lapsed,
  superseded,
  voted,
  votesOf,
} from '../../../shared/gate/gate.ts';
import type { Click, Ending, Gate, Opening, Tally } from '../../../shared/gate/gate.ts';
import { aClick, aDecision, aGate, PAUSE_POINT, POINT, READY_POINT, RUN_POINT, TOKEN } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const NOW = TEN_O_CLOCK + 60_000;

const SHOWN = { revisions: [{ source: 'App', id: '3f2a1bc' }] };

const UNDECIDED: Tally = { verdict: undefined, by: [], filled: [0] };

const BY_RULE = [{ rule: 'small hours', because: 'ref main', at: NOW }];

const isUndecided = (): Tally => UNDECIDED;

/** The first vote that counts decides. */
const firstDecides = (clicks: readonly Click[]): Tally => {
  const [first] = votesOf(clicks);
  return first === undefined ? UNDECIDED : { verdict: first.verdict, by: [first], filled: [1] };
};

const decided = (given: Partial<Gate> = {}): Gate =>
  aGate({ state: { kind: 'decided', decision: aDecision() }, dueAt: NOW, ...given });

const { token: _token, ...WITHOUT_TOKEN } = aGate();

const OVER: readonly Gate[] = [
  { ...WITHOUT_TOKEN, state: { kind: 'applied', decision: aDecision(), at: NOW } },
  { ...WITHOUT_TOKEN, state: { kind: 'ended', ending: { as: 'expired', at: NOW } } },
];

describe('what opens a gate', () => {
  const opening: Opening = { point: POINT, openedAt: TEN_O_CLOCK, channels: ['C1'], token: TOKEN };

  it('asks, and has it looked at at once', () => {
    expect(opened(opening, NOW)(undefined)).toStrictEqual({ body: aGate({ dueAt: NOW }), outcome: true });
  });

  it('changes nothing when it is told again', () => {
    const known = aGate({ expiresAt: NOW, request: { text: 'Look at staging' } });
    expect(opened(opening, NOW)(known)).toStrictEqual({ outcome: true });
    expect(opened(opening, NOW)(aGate())).toStrictEqual({ outcome: true });
    const { token, ...bare } = opening;
    expect(opened(bare, NOW)(known)).toStrictEqual({ outcome: true });
    expect(opened({ ...opening, expiresAt: NOW, request: { text: 'Another text' } }, NOW)(known)).toStrictEqual({
      outcome: true,
    });
  });

  it('has it looked at until somebody has, and not when it is decided already', () => {
    expect(opened(opening, NOW)(aGate({ shown: SHOWN })).outcome).toBe(false);
    expect(opened(opening, NOW)(decided()).outcome).toBe(false);
    expect(opened({ ...opening, token: 'newer' }, NOW)(aGate({ shown: SHOWN })).outcome).toBe(false);
  });

  it.each<[string, Partial<Opening>]>([
    ['a token', { token: TOKEN }],
    ['the time when AWS gives up', { expiresAt: NOW }],
    ['what its author wants approvers to know', { request: { text: 'Look at staging' } }],
  ])('adds %s that only the second to tell of it knows', (_what, told) => {
    const { token, ...bare } = opening;
    expect(opened({ ...bare, ...told }, NOW)(WITHOUT_TOKEN)).toStrictEqual({
      body: { ...WITHOUT_TOKEN, ...told },
      outcome: true,
    });
  });

  it('takes the newest token and time, and keeps the channels, the begin and the request that were told first', () => {
    const known = aGate({ token: 'older', expiresAt: NOW, request: { text: 'Look at staging' } });
    const told = { point: POINT, channels: ['C2'], openedAt: NOW, request: { text: 'Another text' } };
    expect(opened({ ...told, token: TOKEN }, NOW)(known).body).toStrictEqual({ ...known, token: TOKEN });
    expect(opened({ ...told, expiresAt: NOW + 1 }, NOW)(known).body).toStrictEqual({ ...known, expiresAt: NOW + 1 });
  });

  it.each(OVER)('leaves one that is over as it is, without a token: $state.kind', (gate) => {
    expect(opened(opening, NOW)(gate)).toStrictEqual({ outcome: false });
  });
});

describe('a click', () => {
  const { outcome: _outcome, ...click } = aClick({ name: 'ada', at: NOW });

  it('is recorded, and decides nothing as long as others have to vote', () => {
    const body = aGate({ clicks: [aClick({ name: 'ada', at: NOW })] });
    expect(voted(click, undefined, isUndecided)(aGate())).toStrictEqual({
      body,
      outcome: { kind: 'counted', gate: body },
    });
  });

  it('decides with the vote that makes it, and has it done at once', () => {
    const { body } = voted({ ...click, note: 'Looks fine' }, undefined, firstDecides)(aGate());
    expect(body).toStrictEqual(
      aGate({
        clicks: [aClick({ name: 'ada', at: NOW, note: 'Looks fine' })],
        state: { kind: 'decided', decision: aDecision({ note: 'Looks fine', at: NOW }) },
        dueAt: NOW,
      }),
    );
  });

  it('decides without a reason where none was given, and by the id of whoever has no name', () => {
    const { name, ...nameless } = click;
    const { body } = voted(nameless, undefined, firstDecides)(aGate());
    expect(body?.state).toStrictEqual({ kind: 'decided', decision: aDecision({ names: ['UADA'], at: NOW }) });
  });

  it('that is brought again counts once', () => {
    const gate = aGate({ clicks: [aClick()] });
    expect(voted(click, undefined, isUndecided)(gate)).toStrictEqual({ outcome: { kind: 'repeated', gate } });
  });

  it('that is brought again is refused again, though it would count by now', () => {
    const gate = aGate({ clicks: [aClick({ outcome: 'group-unread' })] });
    expect(voted(click, undefined, firstDecides)(gate)).toStrictEqual({
      outcome: { kind: 'refused', why: 'group-unread' },
    });
  });

  it('is a person’s own: another’s of the same name at Slack is another click', () => {
    const gate = aGate({ clicks: [aClick({ user: 'UGRACE' })] });
    expect(voted(click, undefined, isUndecided)(gate).body?.clicks.map(({ user }) => user)).toEqual(['UGRACE', 'UADA']);
  });

  it('that counts for nothing is kept with the reason', () => {
    expect(voted(click, 'guest', firstDecides)(aGate())).toStrictEqual({
      body: aGate({ clicks: [aClick({ name: 'ada', at: NOW, outcome: 'guest' })] }),
      outcome: { kind: 'refused', why: 'guest' },
    });
  });

  it.each([decided(), ...OVER])('comes too late once the gate is $state.kind, whoever clicked', (gate) => {
    expect(voted(click, 'guest', firstDecides)(gate)).toStrictEqual({
      body: { ...gate, clicks: [aClick({ name: 'ada', at: NOW, outcome: 'over' })] },
      outcome: { kind: 'refused', why: 'over' },
    });
  });

  it('at a gate that is not there comes too late', () => {
    expect(voted(click, undefined, firstDecides)(undefined)).toStrictEqual({
      outcome: { kind: 'refused', why: 'over' },
    });
  });

  it('of a crowd is refused without being kept, and that of an approver still counts', () => {
    const crowd = (size: number): Gate =>
      aGate({ clicks: Array.from({ length: size }, (_, at) => aClick({ key: `c${at}`, outcome: 'not-an-approver' })) });
    expect(voted(click, 'not-an-approver', isUndecided)(crowd(199)).body?.clicks.length).toBe(200);
    expect(voted(click, 'not-an-approver', isUndecided)(crowd(200))).toStrictEqual({
      outcome: { kind: 'refused', why: 'not-an-approver' },
    });
    expect(voted(click, undefined, isUndecided)(crowd(200)).body?.clicks.length).toBe(201);
  });
});

describe('votes', () => {
  it('are the newest of each person that count, in the order in which they were given', () => {
    const first = aClick({ key: 'a1' });
    const refused = aClick({ key: 'a3', outcome: 'two-steps' });
    const grace = aClick({ key: 'g1', user: 'UGRACE' });
    const second = aClick({ key: 'a2', verdict: 'reject' });
    expect(votesOf([first, grace, second, refused])).toEqual([grace, second]);
  });

  it('that suffice by now decide at the next look, with the reason of the last of them', () => {
    const clicks = [
      aClick({ name: 'ada' }),
      aClick({ key: 'k2', user: 'ULINUS', note: 'Have a look' }),
      aClick({ key: 'k3', user: 'UGRACE', note: 'Looks fine' }),
    ];
    const all = (given: readonly Click[]): Tally => ({ verdict: 'approve', by: votesOf(given), filled: [3] });
    const body = aGate({
      clicks,
      state: {
        kind: 'decided',
        decision: aDecision({
          by: ['UADA', 'ULINUS', 'UGRACE'],
          names: ['ada', 'ULINUS', 'UGRACE'],
          note: 'Looks fine',
          at: NOW,
        }),
      },
      dueAt: NOW,
    });
    expect(counted(all, NOW)(aGate({ clicks }))).toStrictEqual({ body, outcome: body });
  });

  it('that do not suffice leave the gate open', () => {
    const gate = aGate({ clicks: [aClick()] });
    expect(counted(isUndecided, NOW)(gate)).toStrictEqual({ outcome: gate });
  });

  it('that suffice beside a rule of the policy decide together with it, and are named before it', () => {
    const clicks = [aClick({ name: 'ada', note: 'Looks fine' })];
    const together = (given: readonly Click[]): Tally => ({
      verdict: 'approve',
      by: votesOf(given),
      byRule: BY_RULE,
      filled: [1, 1],
    });
    expect(counted(together, NOW)(aGate({ clicks })).outcome?.state).toStrictEqual({
      kind: 'decided',
      decision: aDecision({ byRule: BY_RULE, note: 'Looks fine', at: NOW }),
    });
  });

  it.each([undefined, decided(), ...OVER])('decide nothing at a gate that is not open', (gate) => {
    const reject = (): Tally => ({ verdict: 'reject', by: [aClick({ verdict: 'reject' })], filled: [] });
    expect(counted(reject, NOW)(gate)).toStrictEqual({ outcome: gate });
  });
});

describe('a rule of the policy', () => {
  const byRule = (): Tally => ({ verdict: 'approve', by: [], byRule: BY_RULE, filled: [1] });
  const BY_POLICY = aDecision({ why: 'policy', by: [], names: [], byRule: BY_RULE, at: NOW });

  it('decides without anybody, of what was just looked up', () => {
    const body = aGate({ shown: SHOWN, state: { kind: 'decided', decision: BY_POLICY }, dueAt: NOW });
    expect(counted(byRule, NOW, { shown: SHOWN })(aGate())).toStrictEqual({ body, outcome: body });
  });

  it('decides about what was on record already', () => {
    const body = counted(byRule, NOW, { shown: { revisions: [] } })(aGate({ shown: SHOWN })).body;
    expect(body?.shown).toStrictEqual(SHOWN);
  });

  it('that suffices when somebody approves is the policy’s decision, without their words', () => {
    const { body } = voted(aClick({ note: 'Looks fine', at: NOW }), undefined, byRule)(aGate());
    expect(body?.state).toStrictEqual({ kind: 'decided', decision: BY_POLICY });
    expect(body?.clicks.map(({ note }) => note)).toEqual(['Looks fine']);
  });
});

describe('a newer execution', () => {
  it('has an open gate rejected by nobody', () => {
    const decision = aDecision({
      verdict: 'reject',
      why: 'superseded',
      by: [],
      names: [],
      newer: 'execution-2',
      at: NOW,
    });
    const body = aGate({ state: { kind: 'decided', decision }, dueAt: NOW });
    expect(superseded('execution-2', NOW)(aGate())).toStrictEqual({ body, outcome: body });
  });

  it.each([undefined, decided(), ...OVER])('changes nothing at a gate that is not open', (gate) => {
    expect(superseded('execution-2', NOW)(gate)).toStrictEqual({ outcome: gate });
  });
});

describe('the end of the time to decide', () => {
  it('has an open gate rejected by nobody', () => {
    const decision = aDecision({ verdict: 'reject', why: 'expired', by: [], names: [], at: NOW });
    const body = aGate({ state: { kind: 'decided', decision }, dueAt: NOW });
    expect(lapsed(NOW)(aGate())).toStrictEqual({ body, outcome: body });
  });

  it.each([undefined, decided(), ...OVER])('changes nothing at a gate that is not open', (gate) => {
    expect(lapsed(NOW)(gate)).toStrictEqual({ outcome: gate });
  });
});

describe('a decision', () => {
  it('may be taken back until it is done', () => {
    const body = aGate({ dueAt: NOW });
    expect(reopened(decided())).toStrictEqual({ body, outcome: body });
  });

  it('that AWS has taken ends the gate, which then has no token and is looked at no more', () => {
    const body = { ...WITHOUT_TOKEN, state: { kind: 'applied', decision: aDecision(), at: NOW } };
    expect(applied(NOW)(decided())).toStrictEqual({ body, outcome: body });
  });

  it.each([undefined, aGate(), ...OVER])('is neither taken back nor done where there is none', (gate) => {
    expect(reopened(gate)).toStrictEqual({ outcome: gate });
    expect(applied(NOW)(gate)).toStrictEqual({ outcome: gate });
  });
});

describe('what the platform says of the end', () => {
  const SUMMARY = 'Approved by ada (UADA) via Slack';
  const approved: Ending = { as: 'approved', by: 'gatehouse-decide', summary: `${SUMMARY}: Looks fine`, at: NOW };
  const asDecided = { kind: 'applied', decision: aDecision(), at: NOW };

  const stateAfter = (ending: Ending, gate: Gate) => ended(ending)(gate).outcome?.state;

  it('is on record, and the gate has no token and is looked at no more', () => {
    const ending: Ending = { as: 'expired', at: NOW };
    const body = { ...WITHOUT_TOKEN, state: { kind: 'ended', ending } };
    expect(ended(ending)(aGate({ dueAt: NOW }))).toStrictEqual({ body, outcome: body });
  });

  it('was done here where verdict and people are those of the decision', () => {
    expect(stateAfter(approved, decided())).toStrictEqual(asDecided);
  });

  it.each<[string, Ending]>([
    ['it was rejected', { ...approved, as: 'rejected' }],
    ['it was stopped', { ...approved, as: 'stopped' }],
    ['others are named', { ...approved, summary: 'Approved by bob (UBOB) via Slack' }],
    ['it only quotes the decision', { ...approved, summary: `Not by us: ${SUMMARY}` }],
    ['no summary is there', { as: 'approved', at: NOW }],
  ])('was done elsewhere when %s', (_why, ending) => {
    expect(stateAfter(ending, decided())).toStrictEqual({ kind: 'ended', ending });
  });

  it('was done elsewhere when nothing was decided here', () => {
    expect(stateAfter(approved, aGate())).toStrictEqual({ kind: 'ended', ending: approved });
  });

  it('knows a decision of a rule’s, which another rule’s is not', () => {
    const decision = aDecision({ why: 'policy', by: [], names: [], byRule: BY_RULE });
    const gate = decided({ state: { kind: 'decided', decision } });
    const as = (rule: string): Ending => ({
      as: 'approved',
      summary: `Approved by the policy “${rule}” of Gatehouse: ref main`,
      at: NOW,
    });
    expect(stateAfter(as('small hours'), gate)).toStrictEqual({ kind: 'applied', decision, at: NOW });
    expect(stateAfter(as('large hours'), gate)).toMatchObject({ kind: 'ended' });
  });

  it('knows a rejection of ours, too', () => {
    const decision = aDecision({ verdict: 'reject', note: 'Not today' });
    const rejected: Ending = { as: 'rejected', summary: 'Rejected by ada (UADA) via Slack: Not today', at: NOW };
    expect(stateAfter(rejected, decided({ state: { kind: 'decided', decision } }))).toStrictEqual({
      kind: 'applied',
      decision,
      at: NOW,
    });
  });

  it.each([READY_POINT, PAUSE_POINT, RUN_POINT])(
    'is taken for ours where no summary is kept and it is what was decided',
    (point) => {
      const ready = decided({ point });
      expect(stateAfter({ as: 'approved', at: NOW }, ready)).toStrictEqual(asDecided);
      const rejected: Ending = { as: 'rejected', at: NOW };
      expect(stateAfter(rejected, ready)).toStrictEqual({ kind: 'ended', ending: rejected });
    },
  );

  it.each([undefined, ...OVER])('changes nothing once it is over', (gate) => {
    expect(ended(approved)(gate)).toStrictEqual({ outcome: gate });
  });
});

describe('a look at a gate', () => {
  it('adds what was found out, and says when to look again', () => {
    const request = { text: 'Look at staging' };
    const news = { links: { gate: 'https://example.slack.com/1' }, reminded: 1, overdue: true } as const;
    const body = aGate({ shown: SHOWN, expiresAt: NOW + 9, request, ...news, dueAt: NOW + 5 });
    expect(looked({ shown: SHOWN, expiresAt: NOW + 9, request }, news, NOW + 5)(aGate())).toStrictEqual({
      body,
      outcome: body,
    });
  });

  it('keeps which rules approve by now, and none of those that did before', () => {
    const before = aGate({ byRule: [{ rule: 'another', because: 'always', at: TEN_O_CLOCK }] });
    expect(looked({}, { reminded: 0 }, NOW, BY_RULE)(before).body).toStrictEqual(
      aGate({ byRule: BY_RULE, dueAt: NOW }),
    );
    expect(looked({}, { reminded: 0 }, NOW)(before).body).toStrictEqual(aGate({ dueAt: NOW }));
  });

  it('keeps what the approval’s own message told', () => {
    const gate = aGate({ expiresAt: NOW + 1, request: { url: 'https://staging.example.com/' } });
    const { body } = looked({ expiresAt: NOW + 9, request: { text: 'Another' } }, {}, NOW)(gate);
    expect(body).toStrictEqual({ ...gate, dueAt: NOW });
  });

  it.each([undefined, ...OVER])('changes nothing once it is over', (gate) => {
    expect(looked({ shown: SHOWN }, { reminded: 1 }, NOW)(gate)).toStrictEqual({ outcome: gate });
  });
});

describe('a gate', () => {
  it('is over once it is done or ended', () => {
    expect([aGate(), decided(), ...OVER].map(isOver)).toEqual([false, false, true, true]);
  });

  it('asks people unless it turns out that the rollout goes on by itself', () => {
    const unasked = aGate({ state: { kind: 'ended', ending: { as: 'unasked', at: NOW } } });
    expect([aGate(), decided(), ...OVER, unasked].map(isAsked)).toEqual([true, true, true, true, false]);
  });

  it('needs a token for an approval of a pipeline, and none for a deployment', () => {
    expect([POINT, READY_POINT, PAUSE_POINT, RUN_POINT].map(needsToken)).toEqual([true, false, false, false]);
  });
});

describe('what AWS is told with a decision', () => {
  it.each([
    ['Approved by ada (UADA) via Slack', aDecision()],
    ['Rejected by ada (UADA) via Slack: Not today', aDecision({ verdict: 'reject', note: 'Not today' })],
    ['Approved by ada (UADA), UGRACE via Slack', aDecision({ by: ['UADA', 'UGRACE'], names: ['ada', 'UGRACE'] })],
    [
      'Rejected by Gatehouse: superseded by execution execution-2',
      aDecision({ verdict: 'reject', why: 'superseded', by: [], names: [], newer: 'execution-2' }),
    ],
    [
      'Rejected by Gatehouse: nobody decided in time',
      aDecision({ verdict: 'reject', why: 'expired', by: [], names: [] }),
    ],
    [
      'Approved by the policy “small hours” of Gatehouse: ref main',
      aDecision({ why: 'policy', by: [], names: [], byRule: BY_RULE }),
    ],
    [
      'Approved by the policies “small hours”, “rollbacks” of Gatehouse: ref main; a rollback',
      aDecision({
        why: 'policy',
        by: [],
        names: [],
        byRule: [...BY_RULE, { rule: 'rollbacks', because: 'a rollback', at: NOW }],
      }),
    ],
    [
      'Approved by ada (UADA) via Slack, and by the policy “small hours”: Looks fine',
      aDecision({ byRule: BY_RULE, note: 'Looks fine' }),
    ],
    ['Approved by ada (UADA) via Slack, and by the policy “small hours”', aDecision({ byRule: BY_RULE })],
  ])('is %j', (summary, decision) => {
    expect(summaryOf(decision)).toBe(summary);
  });

  it('is cut to the 512 characters that AWS takes, and no character in half', () => {
    for (const name of ['ada', 'adam']) {
      const summary = summaryOf(aDecision({ names: [name], note: '😀'.repeat(300) }));
      expect(summary).toMatch(/^Approved by adam? \(UADA\) via Slack: (?:😀)+…$/u);
      expect(summary.length).toBeGreaterThan(509);
      expect(summary.length).toBeLessThanOrEqual(512);
      expect(summary.isWellFormed()).toBe(true);
    }
  });

  it('names what approved by rule, and by which facts where nobody had to vote', () => {
    expect([rulesIn({}), rulesIn({ byRule: [] })]).toEqual(['', '']);
    expect(rulesIn({ byRule: BY_RULE })).toBe('the policy “small hours”');
    expect(reasonOf(aDecision())).toBeUndefined();
    expect(reasonOf(aDecision({ byRule: BY_RULE, note: 'Looks fine' }))).toBe('Looks fine');
    expect(reasonOf(aDecision({ why: 'policy', byRule: BY_RULE }))).toBe('ref main');
  });

  it('has room for the facts however many rules have approved', () => {
    const byRule = Array.from({ length: 10 }, (_, index) => ({
      rule: `${index}${'x'.repeat(59)}`,
      because: 'y'.repeat(300),
      at: NOW,
    }));
    const summary = summaryOf(aDecision({ why: 'policy', by: [], names: [], byRule }));
    expect(summary).toMatch(/^Approved by the policies “0x+”, .*…: y+…$/u);
    expect(summary.length).toBeLessThanOrEqual(512);
  });

  it('has room for the reason however many have decided', () => {
    const by = Array.from({ length: 50 }, (_, index) => `U${index}`);
    const summary = summaryOf(aDecision({ by, names: by.map((user) => `${user} 😀`), note: 'Not today' }));
    expect(summary).toMatch(/^Approved by U0 😀 \(U0\), .*…: Not today$/u);
    expect(summary.length).toBeLessThanOrEqual(512);
    expect(summary.isWellFormed()).toBe(true);
  });
});
