import { describe, expect, it } from 'vitest';
import { gateStory } from '../../../local/explain/gate-story.ts';
import { gateId } from '../../../shared/gate/gate-id.ts';
import { gatePk } from '../../../shared/store/keys.ts';
import { anOpenGate, aPolicy, GATE, PAUSE_POINT, READY_POINT, TOKEN } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

describe('the story of a gate', () => {
  it('tells what was shown, every click with what came of it, and what AWS was told', async () => {
    const turn = await anOpenGate(aPolicy({ name: 'production' }));
    await turn.decide({ kind: 'look', gate: GATE });
    await turn.decide(turn.aVote({ user: 'UMALLORY' }));
    await turn.decide(turn.aVote({ note: 'Looks fine' }));
    const items = turn
      .items()
      .filter(({ key }) => key.pk === gatePk(GATE))
      .map(({ key, rev, body }) => ({ sk: key.sk, rev, body }));
    const story = gateStory({ id: GATE, items }, turn.config);
    const at = turn.clock.now();
    expect(story).toEqual({
      id: GATE,
      kind: 'pipeline-approval',
      where: 'Approve / ProdGate',
      stage: 'Approve',
      action: 'ProdGate',
      policy: 'production',
      state: 'applied',
      openedAt: TEN_O_CLOCK,
      expiresAt: TEN_O_CLOCK + 7 * 24 * 3_600_000,
      overdue: false,
      shown: ['3f2a1bc Fix login'],
      clicks: [
        {
          user: 'UMALLORY',
          name: 'mallory',
          verdict: 'approve',
          note: null,
          at,
          requestId: 'request-1',
          outcome: 'not-an-approver',
        },
        {
          user: 'UADA',
          name: 'ada',
          verdict: 'approve',
          note: 'Looks fine',
          at,
          requestId: 'request-2',
          outcome: 'counted',
        },
      ],
      rules: [],
      end: { says: 'Approved by ada (UADA) via Slack: Looks fine', at },
    });
    expect(JSON.stringify(story)).not.toContain(TOKEN);
  });

  it('tells which rules of the policy approved, and by which facts', async () => {
    const auto = [{ name: 'small hours', fills: [0], when: {} }];
    const turn = await anOpenGate(aPolicy({ auto }));
    const tell = () => {
      const items = turn
        .items()
        .filter(({ key }) => key.pk === gatePk(GATE))
        .map(({ key, rev, body }) => ({ sk: key.sk, rev, body }));
      return gateStory({ id: GATE, items }, turn.config);
    };
    const at = turn.clock.now();
    const rules = [{ rule: 'small hours', because: 'always', at }];
    turn.platform.troubles.push('throttled');
    await turn.decide({ kind: 'look', gate: GATE });
    expect(tell()).toMatchObject({ state: 'decided', rules });
    await turn.decide({ kind: 'look', gate: GATE });
    expect(tell()).toMatchObject({
      state: 'applied',
      clicks: [],
      rules,
      end: { says: 'Approved by the policy “small hours” of Gatehouse: always', at },
    });
  });

  it('tells which rules approve at a gate that still waits for people', async () => {
    const rules = [
      { name: 'ops', users: ['UGRACE'], groups: [], quorum: 1 },
      { name: 'developers', users: ['UADA'], groups: [], quorum: 1 },
    ];
    const turn = await anOpenGate(aPolicy({ rules, auto: [{ name: 'small hours', fills: [0], when: {} }] }));
    await turn.decide({ kind: 'look', gate: GATE });
    const items = turn.items().map(({ key, rev, body }) => ({ sk: key.sk, rev, body }));
    expect(gateStory({ id: GATE, items }, turn.config)).toMatchObject({
      state: 'open',
      rules: [{ rule: 'small hours', because: 'always', at: turn.clock.now() }],
    });
  });

  it('tells of a deployment where it waited, and that nobody was asked when it went on by itself', async () => {
    const id = gateId(READY_POINT);
    const turn = await anOpenGate(aPolicy({ match: { application: ['shop'] } }), undefined, READY_POINT);
    turn.platform.says = { kind: 'ended', ending: { as: 'unasked', at: TEN_O_CLOCK } };
    await turn.decide({ kind: 'look', gate: id });
    const items = turn
      .items()
      .filter(({ key }) => key.pk === gatePk(id))
      .map(({ key, rev, body }) => ({ sk: key.sk, rev, body }));
    expect(gateStory({ id, items }, turn.config)).toMatchObject({
      kind: 'deployment-ready',
      where: 'Traffic shift',
      stage: null,
      action: null,
      policy: 'gate 1',
      end: { says: 'nobody was asked: it goes on by itself' },
    });
  });

  it('tells of a pause hook in which lifecycle stage it was', async () => {
    const id = gateId(PAUSE_POINT);
    const turn = await anOpenGate(aPolicy({ match: { service: ['shop'] } }), undefined, PAUSE_POINT);
    await turn.decide(turn.aVote());
    const items = turn
      .items()
      .filter(({ key }) => key.pk === gatePk(id))
      .map(({ key, rev, body }) => ({ sk: key.sk, rev, body }));
    expect(gateStory({ id, items }, turn.config)).toMatchObject({
      kind: 'ecs-pause',
      where: 'POST_TEST_TRAFFIC_SHIFT / ecs-pause-e7tK9G',
      stage: 'POST_TEST_TRAFFIC_SHIFT',
      action: 'ecs-pause-e7tK9G',
      policy: 'gate 1',
      state: 'applied',
    });
  });

  it('is none where this version cannot read the gate', () => {
    expect(gateStory({ id: GATE, items: [{ sk: 'GATE', rev: 1, body: {} }] }, aConfig())).toBeUndefined();
  });
});

const aConfig = () => ({ slack: { workspace: 'T1', channels: {} }, environments: [], routes: [] });
