import { describe, expect, it } from 'vitest';
import { createDecide } from '../../../functions/decide/decide.ts';
import type { GatePolicy } from '../../../shared/config/config.ts';
import { deliveryItem } from '../../../shared/delivery/delivery.ts';
import { gateId } from '../../../shared/gate/gate-id.ts';
import { opened } from '../../../shared/gate/gate.ts';
import { gateItem } from '../../../shared/gate/stored-gate.ts';
import { gateMessage } from '../../../shared/message/gate-message.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { deliveryKey, gateKey, gatePk, rolloutKey, rolloutPk } from '../../../shared/store/keys.ts';
import { anOpenGate, aPolicy, GATE, POINT, TOKEN } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const MINUTE = 60_000;

/** What approvers see of a gate by now. */
const shownOf = async (turn: Pick<Awaited<ReturnType<typeof anOpenGate>>, 'gate'>) => {
  const { text, blocks } = gateMessage(GATE, await turn.gate(), undefined, { environment: 'production' }, aPolicy());
  return { text, hasButtons: blocks.some(({ type }) => type === 'actions') };
};

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

  it('takes its own decision for done when AWS calls it made already and has shown it as waiting (F44)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('lost');
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow('socket hang up');
    turn.platform.lags = 1;
    expect(await turn.decide(vote)).toBe('repeated');
    expect(turn.platform.calls.length).toBe(1);
    expect((await turn.gate()).state).toMatchObject({ kind: 'applied', decision: { by: ['UADA'] } });
  });

  it.each(['approved', 'rejected'] as const)(
    'tells the truth when AWS calls it made already because somebody else has %s it (F44)',
    async (as) => {
      const turn = await anOpenGate();
      turn.platform.says = { kind: 'ended', ending: { as, by: 'bob', summary: 'By hand', at: TEN_O_CLOCK } };
      turn.platform.lags = 1;
      expect(await turn.decide(turn.aVote())).toBe('counted');
      expect(turn.platform.calls).toEqual([]);
      expect((await turn.gate()).state).toMatchObject({ kind: 'ended', ending: { as, by: 'bob' } });
      expect((await shownOf(turn)).text).toContain(`was ${as} outside Slack`);
    },
  );

  it('keeps the first verdict over a crash before the call, whatever comes after it (F43)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled');
    await expect(turn.decide(turn.aVote())).rejects.toThrow();
    await turn.decide(turn.aVote({ user: 'UGRACE', verdict: 'reject', step: 'modal', note: 'No' }));
    expect(turn.platform.calls.map(([verdict]) => verdict)).toEqual(['approve']);
  });

  it('acts on what was decided before a crash when the sweep has it looked at, without another click (F43)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled');
    await expect(turn.decide(turn.aVote())).rejects.toThrow();
    expect((await turn.gate()).dueAt).toBeLessThanOrEqual(turn.clock.now());
    await turn.decide({ kind: 'look', gate: GATE });
    expect(turn.platform.calls).toEqual([['approve', TOKEN, 'Approved by ada (UADA) via Slack']]);
    expect(await turn.state()).toBe('applied');
  });

  it('refuses a click when the console has decided, and says who (F45)', async () => {
    const turn = await anOpenGate();
    turn.platform.says = { kind: 'ended', ending: { as: 'rejected', by: 'bob', summary: 'No', at: TEN_O_CLOCK } };
    expect(await turn.decide(turn.aVote())).toBe('refused');
    expect(turn.platform.calls).toEqual([]);
    expect(turn.told).toEqual([['UADA', 'Your click was not counted: it was rejected outside Slack already by bob.']]);
    expect((await turn.gate()).state).toMatchObject({ kind: 'ended', ending: { as: 'rejected', by: 'bob' } });
    expect(await shownOf(turn)).toEqual({
      text: 'shop-prod (production) was rejected outside Slack at Approve / ProdGate',
      hasButtons: false,
    });
  });

  it('refuses a click after the time is over, and calls nobody (S27)', async () => {
    const turn = await anOpenGate();
    turn.platform.says = { kind: 'ended', ending: { as: 'expired', at: TEN_O_CLOCK } };
    expect([await turn.decide(turn.aVote()), await turn.decide(turn.aVote())]).toEqual(['refused', 'refused']);
    expect(turn.platform.calls).toEqual([]);
    const late = 'Your click was not counted: the time to decide is over.';
    expect(turn.told).toEqual([
      ['UADA', late],
      ['UADA', late],
    ]);
    expect((await turn.gate()).clicks.map(({ outcome }) => outcome)).toEqual(['over', 'over']);
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
    expect(turn.told).toEqual([
      [
        'UADA',
        'Your click counts, but AWS has not taken the decision for a quarter of an hour. Gatehouse goes on trying; if it cannot wait, decide in the console.',
      ],
    ]);
    await turn.decide({ kind: 'look', gate: GATE });
    expect(await turn.state()).toBe('applied');
  });

  it('says that a click had no effect when it could not even be recorded for so long (F47)', async () => {
    let isDown = false;
    const turn = await anOpenGate(aPolicy(), (store) => ({
      ...store,
      read: (key) => (isDown ? Promise.reject(new Error('down')) : store.read(key)),
    }));
    isDown = true;
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow('down');
    await turn.clock.sleep(15 * MINUTE);
    expect(await turn.decide(vote)).toBe('given-up');
    expect(turn.told.map(([, text]) => text)).toEqual([
      'Your click had no effect: AWS did not answer for a quarter of an hour. Click again, or decide in the console.',
    ]);
  });

  it('shows what was decided while AWS will not have it (F47)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled');
    await expect(turn.decide(turn.aVote())).rejects.toThrow();
    const item = await turn.store.read(gateKey(GATE));
    const delivery = await turn.store.read(deliveryKey({ pk: gatePk(GATE), channel: 'C1' }));
    expect(deliveryItem.parse(delivery?.body).want).toBe(item?.rev);
    expect(turn.notes()).toEqual(['vote UADA click-1']);
    expect(await shownOf(turn)).toEqual({
      text: 'shop-prod (production) was approved at Approve / ProdGate',
      hasButtons: false,
    });
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

  type Turn = Awaited<ReturnType<typeof anOpenGate>>;
  const nothing = (): void => undefined;

  it.each<[string, string, Parameters<Turn['aVote']>[0], Partial<GatePolicy>, (turn: Turn) => void]>([
    ['whom a rule names', 'counted', {}, {}, nothing],
    ['who is in a group that a rule names', 'counted', { user: 'UHOPPER' }, {}, nothing],
    ['whom no rule names', 'not-an-approver', { user: 'UMALLORY' }, {}, nothing],
    ['who calls themselves like one', 'not-an-approver', { user: 'UMALLORY', name: 'ada' }, {}, nothing],
    [
      'who left the group',
      'not-an-approver',
      { user: 'UHOPPER' },
      {},
      ({ groups }) => groups.set('SRELEASE', new Set()),
    ],
    [
      'of a group that nobody can read',
      'group-unread',
      { user: 'UHOPPER' },
      {},
      ({ groups }) => {
        groups.clear();
      },
    ],
    ['while no rule names anybody', 'not-an-approver', {}, { rules: [] }, nothing],
    ['of another workspace', 'other-workspace', { team: 'T2' }, {}, nothing],
    ['of an organisation', 'other-workspace', { team: 'E1' }, {}, nothing],
    ['whose workspace nobody tells', 'other-workspace', { team: 'unknown' }, {}, nothing],
    ['who is a bot', 'bot', {}, {}, ({ profiles }) => profiles.set('UADA', { isBot: true, isGuest: false })],
    ['who is a guest', 'guest', {}, {}, ({ profiles }) => profiles.set('UADA', { isBot: false, isGuest: true })],
    [
      'about whom Slack tells nothing',
      'person-unread',
      {},
      {},
      ({ slackIsDown }) => {
        slackIsDown(true);
      },
    ],
    ['in another channel', 'other-message', { channel: 'C2' }, {}, nothing],
    ['at another message', 'other-message', { ts: '1700000000.000999' }, {}, nothing],
  ])('says of somebody %s: %s (S15)', async (_who, outcome, given, policy, prepare) => {
    expect(await refused(given, aPolicy(policy), prepare)).toBe(outcome);
  });

  it('is nobody when no gate of gatehouse.yml is about it any more (S15)', async () => {
    const turn = await anOpenGate();
    const decide = createDecide({ ...turn, config: { ...turn.config, gates: [] } });
    expect(await decide(turn.aVote())).toBe('refused');
    expect(turn.platform.calls).toEqual([]);
    expect((await turn.gate()).clicks.map(({ outcome }) => outcome)).toEqual(['no-policy']);
  });

  it('is nobody when no rule names anybody (B62)', async () => {
    expect(await refused({}, aPolicy({ rules: [] }))).toBe('not-an-approver');
  });

  it('is nobody of another workspace, though a rule names them (S23, B49)', async () => {
    expect(await refused({ team: 'T2' })).toBe('other-workspace');
    expect(await refused({ team: 'E1' })).toBe('other-workspace');
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

  it('clicks in the app that gatehouse.yml names (S16, B48)', async () => {
    const turn = await anOpenGate();
    const decide = createDecide({
      ...turn,
      config: { ...turn.config, slack: { ...turn.config.slack, app: 'A1' } },
    });
    expect(await decide(turn.aVote({ app: 'A2' }))).toBe('refused');
    expect(turn.platform.calls).toEqual([]);
    expect(turn.told.map(([, text]) => text)).toEqual([
      'Your click was not counted: it was not a click in the app that gatehouse.yml names.',
    ]);
    expect(await decide(turn.aVote({ app: 'A1' }))).toBe('counted');
  });

  it('clicks on the message that asks, and on no other (S16, B50)', async () => {
    expect(await refused({ ts: '1700000000.000999' })).toBe('other-message');
    expect(await refused({ channel: 'C2' })).toBe('other-message');
  });

  it('clicks on the message of the very gate, whose id no other message may carry (S17, B47)', async () => {
    const turn = await anOpenGate();
    const actionExecutionId = '9e9e9e9e-0000-4000-8000-00000000000a';
    await turn.event({ id: 'event-2' }, { 'action-execution-id': actionExecutionId });
    const other = gateId({ ...POINT, actionExecutionId });
    await turn.changeItem(deliveryKey({ pk: gatePk(other), channel: 'C1' }), deliveryItem, () => ({
      body: { want: 1, done: 1, fence: 1, failures: 0, ts: '1700000000.000200' },
      outcome: undefined,
    }));
    expect(await turn.decide(turn.aVote({ gate: other }))).toBe('refused');
    expect(await turn.decide(turn.aVote({ ts: '1700000000.000200' }))).toBe('refused');
    expect(turn.platform.calls).toEqual([]);
    expect(turn.told.map(([, text]) => text)).toEqual(
      Array(2).fill(
        'Your click was not counted: it was not a click on the message that asks. Use the buttons of that one.',
      ),
    );
    expect(await turn.decide(turn.aVote({ gate: other, ts: '1700000000.000200' }))).toBe('counted');
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
    expect(await shownOf(turn)).toEqual({
      text: 'shop-prod (production) was stopped at Approve / ProdGate',
      hasButtons: false,
    });
    expect(await turn.decide(turn.aVote())).toBe('refused');
    expect(turn.told).toEqual([['UADA', 'Your click was not counted: it was stopped.']]);
    expect(turn.platform.calls).toEqual([]);
  });

  it('has no buttons and takes no click once a newer execution has come in its place (F41)', async () => {
    const turn = await anOpenGate(aPolicy({ supersede: true }));
    expect((await shownOf(turn)).hasButtons).toBe(true);
    turn.platform.says = { kind: 'pending', token: TOKEN, newer: 'execution-2' };
    expect(await turn.decide(turn.aVote())).toBe('refused');
    expect(await turn.decide(turn.aVote({ user: 'UGRACE' }))).toBe('refused');
    expect(turn.platform.calls.map(([verdict]) => verdict)).toEqual(['reject']);
    const late = 'Your click was not counted: a newer execution has come in its place: execution-2.';
    expect(turn.told).toEqual([
      ['UADA', late],
      ['UGRACE', late],
    ]);
    expect(await shownOf(turn)).toEqual({
      text: 'shop-prod (production) was superseded at Approve / ProdGate',
      hasButtons: false,
    });
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

  it('is rejected by nobody when nobody has decided in time, where the policy says so', async () => {
    const turn = await anOpenGate(
      aPolicy({
        expireAfterMs: 30 * MINUTE,
        rules: [{ name: 'all', users: ['UADA', 'UGRACE'], groups: [], quorum: 2 }],
      }),
    );
    await turn.decide(turn.aVote());
    await turn.clock.sleep(15 * MINUTE);
    await turn.decide({ kind: 'look', gate: GATE });
    expect(turn.platform.calls).toEqual([]);
    await turn.clock.sleep(15 * MINUTE);
    expect(await turn.decide(turn.aVote({ user: 'UGRACE' }))).toBe('refused');
    expect(turn.platform.calls).toEqual([['reject', TOKEN, 'Rejected by Gatehouse: nobody decided in time']]);
    expect(turn.told).toEqual([['UGRACE', 'Your click was not counted: nobody decided in time, and it was rejected.']]);
    expect(await shownOf(turn)).toEqual({
      text: 'shop-prod (production) expired at Approve / ProdGate: 3f2a1bc Fix login',
      hasButtons: false,
    });
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

  it('keeps the token to itself, whatever fails: in its log, in what it tells, in what it has others look at (S42)', async () => {
    const turn = await anOpenGate();
    turn.platform.troubles.push('throttled', 'lost');
    await turn.decide(turn.aVote({ user: 'UMALLORY' }));
    const vote = turn.aVote();
    await expect(turn.decide(vote)).rejects.toThrow();
    await turn.decide({ kind: 'look', gate: GATE });
    await turn.clock.sleep(15 * MINUTE);
    await turn.decide(vote);
    expect(turn.platform.calls.length).toBe(1);
    const said = JSON.stringify([turn.logged, turn.told, turn.wakeUps, turn.looks], (_key, value: unknown) =>
      value instanceof Error ? [value.message, value.stack] : value,
    );
    expect(said).not.toContain(TOKEN);
    // And nowhere in the table when it is over.
    expect(JSON.stringify(turn.items())).not.toContain(TOKEN);
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
