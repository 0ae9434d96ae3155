import { describe, expect, it } from 'vitest';
import { createDecide } from '../../../functions/decide/decide.ts';
import type { AutoRule, GatePolicy } from '../../../shared/config/config.ts';
import { deliveryItem } from '../../../shared/delivery/delivery.ts';
import { gateId } from '../../../shared/gate/gate-id.ts';
import { gateItem } from '../../../shared/gate/stored-gate.ts';
import { gateMessage } from '../../../shared/message/gate-message.ts';
import { deliveryKey, gatePk } from '../../../shared/store/keys.ts';
import { anOpenGate, aPolicy, GATE, PAUSE_POINT, POINT, READY_POINT, TOKEN } from '../../support/gates.ts';

const MINUTE = 60_000;

const SUMMARY = 'Approved by the policy “small hours” of Gatehouse: always';

const look = (gate: string = GATE) => ({ kind: 'look', gate }) as const;

const aRule = (given: Partial<AutoRule> = {}): AutoRule => ({ name: 'small hours', fills: [0], when: {}, ...given });

const aPolicyWith = (auto: readonly AutoRule[], given: Partial<GatePolicy> = {}): GatePolicy =>
  aPolicy({ auto, ...given });

/** A policy of two rules, of which the first may be filled without people. */
const TWO_RULES = aPolicyWith([aRule()], {
  rules: [
    { name: 'ops', users: ['UGRACE'], groups: [], quorum: 1 },
    { name: 'developers', users: ['UADA', 'ULINUS'], groups: [], quorum: 1 },
  ],
});

const rejection = { verdict: 'reject', step: 'modal', note: 'Not today' } as const;

describe('decide, with a rule that approves', () => {
  it('approves at the first look, once, and names the rule and nobody', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    expect(await turn.decide(look())).toBe('looked');
    expect(turn.platform.calls).toEqual([['approve', TOKEN, SUMMARY]]);
    expect((await turn.gate()).state).toEqual({
      kind: 'applied',
      at: turn.clock.now(),
      decision: {
        verdict: 'approve',
        why: 'policy',
        by: [],
        byRule: [{ rule: 'small hours', because: 'always', at: turn.clock.now() }],
        names: [],
        at: turn.clock.now(),
      },
    });
    await turn.decide(look());
    expect(turn.platform.calls.length).toBe(1);
  });

  it('shows what was approved, and that it was, without buttons', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    await turn.decide(look());
    const gate = await turn.gate();
    expect(gate.shown?.revisions.map(({ id }) => id)).toEqual(['3f2a1bc']);
    const { text, blocks } = gateMessage(GATE, gate, undefined, {}, aPolicy());
    expect(text).toBe('shop-prod was approved by policy at Approve / ProdGate: 3f2a1bc Fix login');
    expect(blocks.some(({ type }) => type === 'actions')).toBe(false);
    const { outcome: delivery } = await turn.changeItem(
      deliveryKey({ pk: gatePk(GATE), channel: 'C1' }),
      deliveryItem,
      (body) => ({ outcome: body }),
    );
    expect((delivery?.want ?? 0) > (delivery?.done ?? 0)).toBe(true);
    expect(turn.notes()).toEqual(['outcome']);
  });

  it.each([
    ['a deployment that is ready', READY_POINT, { application: ['shop'] }],
    ['a pause hook', PAUSE_POINT, { service: ['shop'] }],
  ])('approves at %s', async (_what, point, match) => {
    const turn = await anOpenGate(aPolicyWith([aRule()], { match }), undefined, point);
    await turn.decide(look(gateId(point)));
    expect(turn.platform.calls).toEqual([['approve', undefined, SUMMARY]]);
    expect(await turn.state()).toBe('applied');
  });

  it('goes by what is known of the rollout that waits', async () => {
    const when = { startedBy: ['arn:aws:sts::*:assumed-role/deployer/*'] };
    const turn = await anOpenGate(aPolicyWith([aRule({ when })]));
    await turn.decide(look());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
    await turn.event(
      { id: 'e-2' },
      {
        'execution-trigger': {
          'trigger-type': 'StartPipelineExecution',
          'trigger-detail': 'arn:aws:sts::111122223333:assumed-role/deployer/nightly',
        },
      },
    );
    await turn.decide(look());
    expect(turn.platform.calls[0]?.[2]).toBe(
      'Approved by the policy “small hours” of Gatehouse: started by arn:aws:sts::111122223333:assumed-role/deployer/nightly',
    );
  });

  it('waits for the hours in which it may, and is looked at when they begin', async () => {
    const turn = await anOpenGate();
    const now = turn.clock.now();
    const when = { freeze: [{ from: 0, to: now + 3 * MINUTE, why: 'sale' }] };
    const decide = createDecide({ ...turn, config: { ...turn.config, gates: [aPolicyWith([aRule({ when })])] } });
    await decide(look());
    expect(await turn.state()).toBe('open');
    // Its message and what it is about are on record by now.
    await decide(look());
    expect((await turn.gate()).dueAt).toBe(now + 3 * MINUTE);
    await turn.clock.sleep(3 * MINUTE);
    await decide(look());
    expect(await turn.state()).toBe('applied');
  });

  it('fills what it may fill, shows that, and leaves the rest to people', async () => {
    const turn = await anOpenGate(TWO_RULES);
    await turn.decide(look());
    const open = await turn.gate();
    expect(open).toMatchObject({ state: { kind: 'open' }, byRule: [{ rule: 'small hours', because: 'always' }] });
    expect(turn.platform.calls).toEqual([]);
    await turn.decide(turn.aVote({ user: 'ULINUS', note: 'Fine' }));
    expect(turn.platform.calls).toEqual([
      ['approve', TOKEN, 'Approved by linus (ULINUS) via Slack, and by the policy “small hours”: Fine'],
    ]);
    expect((await turn.gate()).state).toMatchObject({
      kind: 'applied',
      decision: { why: 'votes', by: ['ULINUS'], byRule: [{ rule: 'small hours' }] },
    });
  });

  it('counts with a vote only what holds at that moment', async () => {
    const turn = await anOpenGate(TWO_RULES);
    const when = { freeze: [{ from: turn.clock.now() + MINUTE, to: turn.clock.now() + 60 * MINUTE, why: 'sale' }] };
    const decide = createDecide({
      ...turn,
      config: { ...turn.config, gates: [{ ...TWO_RULES, auto: [aRule({ when })] }] },
    });
    await decide(look());
    expect((await turn.gate()).byRule?.length).toBe(1);
    await turn.clock.sleep(MINUTE);
    await decide(turn.aVote());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
    await decide(look());
    expect((await turn.gate()).byRule).toBeUndefined();
  });

  it('approves nothing that somebody has rejected before (S48)', async () => {
    const turn = await anOpenGate(TWO_RULES);
    const both = { ...TWO_RULES, rejections: 2, auto: [aRule({ fills: [0, 1] })] };
    const none = createDecide({ ...turn, config: { ...turn.config, gates: [{ ...both, auto: [] }] } });
    await none(look());
    await none(turn.aVote(rejection));
    const decide = createDecide({ ...turn, config: { ...turn.config, gates: [both] } });
    await decide(look());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
    await decide(turn.aVote({ ...rejection, user: 'UGRACE' }));
    expect(turn.platform.calls).toEqual([
      ['reject', TOKEN, 'Rejected by ada (UADA), grace (UGRACE) via Slack: Not today'],
    ]);
  });

  it('takes a rejection for a rejection though a rule would approve', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    const none = createDecide({ ...turn, config: { ...turn.config, gates: [aPolicy()] } });
    await none(look());
    await turn.decide(turn.aVote(rejection));
    expect(turn.platform.calls.map(([verdict]) => verdict)).toEqual(['reject']);
  });

  it('does not mind who started it or wrote it, for that is about people', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()], { selfApproval: 'deny', unknownAuthor: 'deny' }));
    await turn.decide(look());
    expect(await turn.state()).toBe('applied');
  });

  it('tells who clicks too late by what it was approved', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    await turn.decide(look());
    expect(await turn.decide(turn.aVote(rejection))).toBe('refused');
    expect(turn.told).toEqual([
      ['UADA', 'Your click was not counted: it was approved by the policy “small hours” already.'],
    ]);
  });

  it('gives way to a newer execution where the gate does, and to the time that is over', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()], { supersede: true }));
    turn.platform.says = { kind: 'pending', token: TOKEN, newer: 'execution-2' };
    await turn.decide(look());
    expect((await turn.gate()).state).toMatchObject({ decision: { why: 'superseded' } });
    const late = await anOpenGate(aPolicyWith([aRule()], { expireAfterMs: MINUTE }));
    await late.decide(look());
    expect((await late.gate()).state).toMatchObject({ decision: { verdict: 'reject', why: 'expired' } });
  });
});

describe('decide, with a rule that approves and something that goes wrong', () => {
  it('repeats the recorded decision, by its facts, though they do not hold any more', async () => {
    const turn = await anOpenGate();
    const when = { freeze: [{ from: turn.clock.now() + MINUTE, to: Infinity, why: 'sale' }] };
    const decide = createDecide({ ...turn, config: { ...turn.config, gates: [aPolicyWith([aRule({ when })])] } });
    turn.platform.troubles.push('throttled');
    const at = turn.clock.now();
    expect(await decide(look())).toBe('not-looked');
    expect(await turn.gate()).toMatchObject({ state: { kind: 'decided' }, dueAt: at });
    await turn.clock.sleep(2 * MINUTE);
    expect(await decide(look())).toBe('looked');
    expect(turn.platform.calls.length).toBe(1);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { why: 'policy', byRule: [{ at }] } });
  });

  it('takes its own decision for done when the answer was lost', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    turn.platform.troubles.push('lost');
    await turn.decide(look());
    await turn.decide(look());
    expect(turn.platform.calls.length).toBe(1);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { why: 'policy' } });
  });

  it('takes a decision back that the policy has no rule for any more (S49)', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    turn.platform.troubles.push('throttled');
    await turn.decide(look());
    const gates = [aPolicyWith([aRule({ name: 'another', when: { ref: ['main'] } })])];
    const decide = createDecide({ ...turn, config: { ...turn.config, gates } });
    await decide(look());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
  });

  it('takes a decision back that was made together with a rule which fills nothing any more', async () => {
    const turn = await anOpenGate(TWO_RULES);
    turn.platform.troubles.push('throttled');
    await turn.decide(look());
    await expect(turn.decide(turn.aVote())).rejects.toThrow('no');
    expect(await turn.state()).toBe('decided');
    const decide = createDecide({ ...turn, config: { ...turn.config, gates: [{ ...TWO_RULES, auto: [] }] } });
    await decide(look());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
  });

  it.each([
    ['AWS does not show what waits', { kind: 'unseen' } as const],
    ['AWS shows no token yet', { kind: 'pending' } as const],
  ])('approves nothing as long as %s', async (_what, says) => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    turn.platform.says = says;
    expect(await turn.decide(look())).toBe('looked');
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
    turn.platform.says = { kind: 'pending', token: TOKEN };
    await turn.decide(look());
    expect(await turn.state()).toBe('applied');
  });

  it('approves nothing of which nobody could tell what it is (S50)', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    const describe = () => Promise.reject(new Error('no'));
    const decide = createDecide({ ...turn, platform: { ...turn.platform, describe } });
    await decide(look());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
    await turn.decide(look());
    expect(await turn.state()).toBe('applied');
  });

  it('approves nothing where no gate matches any more', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule()]));
    const decide = createDecide({ ...turn, config: { ...turn.config, gates: [] } });
    await decide(look());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
  });

  it('fills no rules for nobody: a policy that names no approvers is never approved', async () => {
    const turn = await anOpenGate(aPolicyWith([aRule({ fills: [] })], { rules: [] }));
    await turn.decide(look());
    expect(await turn.state()).toBe('open');
  });

  it('reads a gate that was stored before there were such rules', () => {
    const stored = {
      point: POINT,
      channels: ['C1'],
      openedAt: 1,
      state: {
        kind: 'applied',
        at: 2,
        decision: { verdict: 'approve', why: 'votes', by: ['UADA'], names: ['ada'], at: 1 },
      },
      clicks: [],
      reminded: 0,
    };
    expect(gateItem.parse(stored)).toEqual(stored);
    const byRule = [{ rule: 'small hours', because: 'always', at: 1 }];
    const next = {
      ...stored,
      byRule,
      state: { kind: 'decided', decision: { verdict: 'approve', why: 'policy', by: [], byRule, names: [], at: 1 } },
    };
    expect(gateItem.parse(next)).toEqual(next);
  });
});
