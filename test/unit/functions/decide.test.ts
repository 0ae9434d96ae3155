import { describe, expect, it } from 'vitest';
import { deliveryItem } from '../../../shared/delivery/delivery.ts';
import { opened } from '../../../shared/gate/gate.ts';
import { gateItem } from '../../../shared/gate/stored-gate.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { deliveryKey, gateKey, rolloutKey, rolloutPk } from '../../../shared/store/keys.ts';
import { anOpenGate, aPolicy, GATE, POINT, TOKEN } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const MINUTE = 60_000;

describe('decide', () => {
  it('approves once when one approver suffices, and says who in what AWS is told', async () => {
    const turn = await anOpenGate();
    expect(await turn.decide(turn.aVote({ note: 'Looks fine' }))).toBe('counted');
    expect(turn.platform.calls).toEqual([['approve', TOKEN, 'Approved by ada (UADA) via Slack: Looks fine']]);
    expect(await turn.state()).toBe('applied');
    expect(turn.notes()).toEqual(['outcome', 'vote UADA click-1']);
  });

  it('rejects with the reason', async () => {
    const turn = await anOpenGate();
    await turn.decide(turn.aVote({ verdict: 'reject', step: 'modal', note: 'Not on a Friday' }));
    expect(turn.platform.calls).toEqual([['reject', TOKEN, 'Rejected by ada (UADA) via Slack: Not on a Friday']]);
  });

  it('cuts what AWS is told to the 512 characters that it takes', async () => {
    const turn = await anOpenGate();
    await turn.decide(turn.aVote({ note: '😀'.repeat(300) }));
    expect(turn.platform.calls[0]?.[2].length).toBeLessThanOrEqual(512);
  });

  it('waits for the quorum, and names everybody whose vote made it', async () => {
    const turn = await anOpenGate(
      aPolicy({ rules: [{ name: 'all', users: ['UADA'], groups: ['SRELEASE'], quorum: 2 }] }),
    );
    await turn.decide(turn.aVote());
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
    await turn.decide(turn.aVote({ user: 'UHOPPER' }));
    expect(turn.platform.calls).toEqual([['approve', TOKEN, 'Approved by ada (UADA), hopper (UHOPPER) via Slack']]);
  });

  it('counts two clicks of one person as one vote', async () => {
    const turn = await anOpenGate(aPolicy({ rules: [{ name: 'all', users: ['UADA'], groups: [], quorum: 2 }] }));
    await turn.decide(turn.aVote());
    await turn.decide(turn.aVote());
    expect(await turn.state()).toBe('open');
  });

  it('acts once on a click that is brought twice (S10)', async () => {
    const turn = await anOpenGate(
      aPolicy({ rules: [{ name: 'all', users: ['UADA', 'UGRACE'], groups: [], quorum: 2 }] }),
    );
    const vote = turn.aVote();
    expect([await turn.decide(vote), await turn.decide(vote)]).toEqual(['counted', 'repeated']);
    expect((await turn.gate()).clicks.length).toBe(1);
  });

  it('lets the first of two opposite clicks win and tells the other who decided (F42)', async () => {
    const turn = await anOpenGate();
    await turn.decide(turn.aVote());
    expect(await turn.decide(turn.aVote({ user: 'UGRACE', verdict: 'reject', step: 'modal', note: 'No!' }))).toBe(
      'refused',
    );
    expect(turn.platform.calls.length).toBe(1);
    expect(turn.told).toEqual([['UGRACE', 'Your click was not counted: it was approved by <@UADA> already.']]);
  });

  it('lets a person change their mind until it is decided', async () => {
    const turn = await anOpenGate(
      aPolicy({ rejections: 2, rules: [{ name: 'all', users: ['UADA', 'UGRACE'], groups: [], quorum: 2 }] }),
    );
    await turn.decide(turn.aVote());
    await turn.decide(turn.aVote({ verdict: 'reject', step: 'modal', note: 'Wait' }));
    await turn.decide(turn.aVote({ user: 'UGRACE' }));
    expect(await turn.state()).toBe('open');
  });

  it('seats several rules with people of their own', async () => {
    const turn = await anOpenGate(
      aPolicy({
        rules: [
          { name: 'developers', users: ['UADA', 'UGRACE'], groups: [], quorum: 1 },
          { name: 'release', users: ['UADA'], groups: [], quorum: 1 },
        ],
      }),
    );
    await turn.decide(turn.aVote());
    expect(await turn.state()).toBe('open');
    await turn.decide(turn.aVote({ user: 'UGRACE' }));
    expect(await turn.state()).toBe('applied');
  });

  it('tries again with the same verdict when AWS throttles the call (F47)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled');
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow('no');
    expect(await turn.state()).toBe('decided');
    await turn.decide(vote);
    expect(turn.platform.calls.length).toBe(1);
    expect(await turn.state()).toBe('applied');
  });

  it('takes its own decision for done when the answer was lost (F44)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('lost');
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow('socket hang up');
    await turn.decide(vote);
    expect(turn.platform.calls.length).toBe(1);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { by: ['UADA'] } });
  });

  it('keeps the first verdict over a crash before the call, whatever comes after it (F43)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled');
    await expect(turn.decide(turn.aVote())).rejects.toThrow();
    await turn.decide(turn.aVote({ user: 'UGRACE', verdict: 'reject', step: 'modal', note: 'No' }));
    expect(turn.platform.calls.map(([verdict]) => verdict)).toEqual(['approve']);
  });

  it('refuses a click when the console has decided, and says who (F45)', async () => {
    const turn = await anOpenGate();
    turn.platform.says = { kind: 'ended', ending: { as: 'rejected', by: 'bob', summary: 'No', at: TEN_O_CLOCK } };
    expect(await turn.decide(turn.aVote())).toBe('refused');
    expect(turn.platform.calls).toEqual([]);
    expect(turn.told).toEqual([['UADA', 'Your click was not counted: it was rejected outside Slack already by bob.']]);
    expect((await turn.gate()).state).toMatchObject({ kind: 'ended', ending: { as: 'rejected', by: 'bob' } });
  });

  it('does nothing as long as AWS does not show what was decided about', async () => {
    const turn = await anOpenGate();
    turn.platform.says = { kind: 'unseen' };
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow('does not show yet');
    turn.platform.says = { kind: 'pending' };
    await expect(turn.decide(vote)).rejects.toThrow('does not show yet');
    turn.platform.says = { kind: 'pending', token: TOKEN };
    await turn.decide(vote);
    expect(turn.platform.calls.length).toBe(1);
  });

  it('tells whoever clicked when AWS has not answered for a quarter of an hour (F47)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled', 'throttled');
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow();
    await turn.clock.sleep(15 * MINUTE);
    expect(await turn.decide(vote)).toBe('given-up');
    expect(turn.told.map(([user]) => user)).toEqual(['UADA']);
  });

  it('says that it does not know a gate', async () => {
    const turn = await anOpenGate();
    expect(await turn.decide(turn.aVote({ gate: 'another' }))).toBe('unknown-gate');
    expect(turn.told).toEqual([['UADA', 'Your click was not counted: Gatehouse does not know this request any more.']]);
  });
});

describe('who may decide', () => {
  const refused = async (
    given: Parameters<Awaited<ReturnType<typeof anOpenGate>>['aVote']>[0],
    policy = aPolicy(),
    prepare: (turn: Awaited<ReturnType<typeof anOpenGate>>) => unknown = () => undefined,
  ) => {
    const turn = await anOpenGate(policy);
    await prepare(turn);
    const outcome = await turn.decide(turn.aVote(given));
    expect(turn.platform.calls.length).toBe(outcome === 'counted' ? 1 : 0);
    return (await turn.gate()).clicks.map((click) => click.outcome).at(-1);
  };

  it('is nobody but those whom gatehouse.yml names (S15)', async () => {
    expect(await refused({ user: 'UMALLORY' })).toBe('not-an-approver');
    expect(await refused({ user: 'UHOPPER' })).toBe('counted');
  });

  it('is nobody when no rule names anybody (B62)', async () => {
    expect(await refused({}, aPolicy({ rules: [] }))).toBe('not-an-approver');
  });

  it('is nobody of another workspace (S23)', async () => {
    expect(await refused({ team: 'T2' })).toBe('other-workspace');
  });

  it('is no bot and no guest', async () => {
    const as = (profile: { isBot: boolean; isGuest: boolean }) => (turn: { profiles: Map<string, typeof profile> }) =>
      turn.profiles.set('UADA', profile);
    expect(await refused({}, aPolicy(), as({ isBot: true, isGuest: false }))).toBe('bot');
    expect(await refused({}, aPolicy(), as({ isBot: false, isGuest: true }))).toBe('guest');
  });

  it('is nobody of a group that cannot be read (S22)', async () => {
    expect(
      await refused({ user: 'UHOPPER' }, aPolicy(), (turn) => {
        turn.groups.clear();
      }),
    ).toBe('group-unread');
  });

  it('is nobody about whom Slack tells nothing', async () => {
    expect(
      await refused({}, aPolicy(), (turn) => {
        turn.slackIsDown(true);
      }),
    ).toBe('person-unread');
  });

  it('is not who started it, nor who wrote it, unless they reject it', async () => {
    const started = (turn: Awaited<ReturnType<typeof anOpenGate>>) =>
      turn.event(
        { id: 's', 'detail-type': 'CodePipeline Pipeline Execution State Change' },
        {
          'execution-trigger': {
            'trigger-type': 'StartPipelineExecution',
            'trigger-detail': 'arn:aws:iam::111122223333:user/ada',
          },
        },
      );
    expect(await refused({}, aPolicy(), started)).toBe('started-it');
    expect(await refused({}, aPolicy({ selfApproval: 'allow' }), started)).toBe('counted');
    expect(await refused({ verdict: 'reject', step: 'modal', note: 'Stop' }, aPolicy(), started)).toBe('counted');
    const wrote = (turn: Awaited<ReturnType<typeof anOpenGate>>) =>
      turn.event(
        { id: 's', 'detail-type': 'CodePipeline Pipeline Execution State Change' },
        {
          'execution-trigger': {
            'author-display-name': 'Linus',
            'author-email': 'Linus@Example.com',
            'commit-id': 'abc',
          },
        },
      );
    expect(await refused({ user: 'ULINUS' }, aPolicy(), wrote)).toBe('wrote-it');
    expect(await refused({ user: 'UADA' }, aPolicy({ unknownAuthor: 'deny' }), wrote)).toBe('counted');
  });

  it('is nobody when nobody knows who wrote it, unless that is allowed', async () => {
    expect(await refused({}, aPolicy({ unknownAuthor: 'deny' }))).toBe('author-unknown');
  });

  it('takes a second step where the policy asks for one, and always to reject', async () => {
    expect(await refused({}, aPolicy({ confirm: 'modal' }))).toBe('two-steps');
    expect(await refused({ step: 'modal' }, aPolicy({ confirm: 'modal' }))).toBe('counted');
    expect(await refused({ verdict: 'reject' })).toBe('two-steps');
  });

  it('clicks on the message that asks, and on no other (S16, B50)', async () => {
    expect(await refused({ ts: '1700000000.000999' })).toBe('other-message');
    expect(await refused({ channel: 'C2' })).toBe('other-message');
  });

  it('is still one when AWS is called (S25)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled');
    const vote = turn.aVote({ user: 'UHOPPER' });
    await expect(turn.decide(vote)).rejects.toThrow();
    turn.groups.set('SRELEASE', new Set());
    await turn.decide({ kind: 'look', gate: GATE });
    expect([await turn.state(), turn.platform.calls]).toEqual(['open', []]);
  });

  it('is told to the refused alone, with who could', async () => {
    const turn = await anOpenGate();
    await turn.decide(turn.aVote({ user: 'UMALLORY' }));
    expect(turn.told).toEqual([
      [
        'UMALLORY',
        'Your click was not counted: you are not one of those who decide here. ada, grace, @release can decide here.',
      ],
    ]);
  });
});

describe('a gate', () => {
  it('is described when it is first looked at, and looked at again', async () => {
    const turn = await anOpenGate();
    await turn.decide({ kind: 'look', gate: GATE });
    const gate = await turn.gate();
    expect(gate.shown).toEqual({ revisions: [{ source: 'App', id: '3f2a1bc', summary: 'Fix login' }] });
    expect(gate.dueAt).toBeGreaterThan(turn.clock.now());
    expect(gate.links?.gate).toBe('https://example.slack.com/archives/C1/p1700000000000100');
  });

  it('says that it ended elsewhere (F41)', async () => {
    const turn = await anOpenGate();
    turn.platform.says = { kind: 'ended', ending: { as: 'stopped', at: TEN_O_CLOCK } };
    await turn.decide({ kind: 'look', gate: GATE });
    expect([await turn.state(), turn.notes()]).toEqual(['ended', ['outcome']]);
    expect(await turn.decide(turn.aVote())).toBe('refused');
  });

  it('gives way to a newer execution where the policy says so, and only there', async () => {
    const turn = await anOpenGate(aPolicy({ supersede: true }));
    turn.platform.says = { kind: 'pending', token: TOKEN, newer: 'execution-2' };
    await turn.decide({ kind: 'look', gate: GATE });
    expect(turn.platform.calls).toEqual([
      ['reject', TOKEN, 'Rejected by Gatehouse: superseded by execution execution-2'],
    ]);
    const other = await anOpenGate();
    other.platform.says = { kind: 'pending', token: TOKEN, newer: 'execution-2' };
    await other.decide({ kind: 'look', gate: GATE });
    expect(other.platform.calls).toEqual([]);
  });

  it('reminds once at each time, with one mention', async () => {
    const turn = await anOpenGate(aPolicy({ remindAfterMs: [30 * MINUTE, 60 * MINUTE], mention: ['SRELEASE'] }));
    await turn.decide({ kind: 'look', gate: GATE });
    expect(turn.notes()).toEqual([]);
    await turn.clock.sleep(25 * MINUTE);
    await turn.decide({ kind: 'look', gate: GATE });
    await turn.decide({ kind: 'look', gate: GATE });
    expect(turn.notes()).toEqual(['reminder 1']);
    await turn.clock.sleep(60 * MINUTE);
    await turn.decide({ kind: 'look', gate: GATE });
    expect(turn.notes()).toEqual(['reminder 1', 'reminder 2']);
  });

  it('raises one alarm when it is open too long', async () => {
    const turn = await anOpenGate(aPolicy({ openLimitMs: 30 * MINUTE }));
    await turn.clock.sleep(60 * MINUTE);
    await turn.decide({ kind: 'look', gate: GATE });
    await turn.decide({ kind: 'look', gate: GATE });
    expect(turn.logged.filter(({ message }) => message === 'gate open too long').length).toBe(1);
  });

  it('takes no token any more once it is over', async () => {
    const turn = await anOpenGate();
    await turn.decide(turn.aVote());
    await turn.changeItem(
      gateKey(GATE),
      gateItem,
      opened({ point: POINT, openedAt: TEN_O_CLOCK, channels: ['C1'], token: TOKEN }, turn.clock.now()),
    );
    expect(JSON.stringify(await turn.gate())).not.toContain(TOKEN);
  });

  it('keeps the token to itself', async () => {
    const turn = await anOpenGate();
    await turn.decide(turn.aVote({ user: 'UMALLORY' }));
    await turn.decide(turn.aVote());
    expect(JSON.stringify([turn.logged, turn.told, turn.wakeUps, turn.looks])).not.toContain(TOKEN);
  });
});

describe('the message of a rollout', () => {
  it('leads to the one that asks, once it is known where that is', async () => {
    const turn = await anOpenGate();
    await turn.decide({ kind: 'look', gate: GATE });
    const item = await turn.store.read(rolloutKey(rolloutPk(POINT.rollout)));
    const { gates } = rolloutItem.parse(item?.body);
    const link = 'https://example.slack.com/archives/C1/p1700000000000100';
    expect(gates).toEqual({ [GATE]: { stage: 'Approve', action: 'ProdGate', at: TEN_O_CLOCK, link } });
    const wanted = await turn.store.read(deliveryKey({ pk: rolloutPk(POINT.rollout), channel: 'C1' }));
    expect(deliveryItem.parse(wanted?.body).want).toBe(item?.rev);
  });
});

describe('votes that came while a group could not be read', () => {
  it('count when it can, without another click', async () => {
    const turn = await anOpenGate(
      aPolicy({ rules: [{ name: 'all', users: ['UADA'], groups: ['SRELEASE'], quorum: 2 }] }),
    );
    await turn.decide(turn.aVote({ user: 'UHOPPER' }));
    const members = turn.groups.get('SRELEASE') ?? new Set();
    turn.groups.clear();
    await turn.decide(turn.aVote());
    expect(await turn.state()).toBe('open');
    turn.groups.set('SRELEASE', members);
    await turn.decide({ kind: 'look', gate: GATE });
    expect([await turn.state(), turn.platform.calls.length]).toEqual(['applied', 1]);
  });
});
