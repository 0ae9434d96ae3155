import { describe, expect, it } from 'vitest';
import type { AutoMatch, Person } from '../../../shared/config/config.ts';
import { approvedByRule } from '../../../shared/gate/approve-by-rule.ts';
import type { GateFacts } from '../../../shared/gate/approve-by-rule.ts';
import type { Facts, StateChange, Trigger } from '../../../shared/rollout/rollout.ts';
import type { ValidationMark } from '../../../shared/rollout/stored-rollout.ts';
import type { RunSummary } from '../../../shared/validation/run-summary.ts';
import { POINT, RUN_POINT } from '../../support/gates.ts';
import { aChange, aDeploymentId, aRollout, aVersion, TEN_O_CLOCK } from '../../support/rollouts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** 2026-11-20 is a Friday. */
const NOON = TEN_O_CLOCK + 2 * HOUR;

const PEOPLE: readonly Person[] = [
  { name: 'ada', user: 'UADA', iam: [], git: ['ada@example.com'] },
  { name: 'grace', user: 'UGRACE', iam: [], git: ['grace@example.com'] },
];

const fact = <Value>(value: Value) => ({ version: aVersion(), value });

const triggeredBy = (trigger: Trigger): Facts => ({ trigger: fact(trigger) });

const COMMIT: Trigger = {
  kind: 'commit',
  ref: 'main',
  author: 'Ada',
  email: 'ada@example.com',
  message: 'Skip review',
};

const known = (facts: Facts = {}, ...changes: readonly StateChange[]): GateFacts => ({
  point: POINT,
  stored: { rollout: aRollout(aChange({ facts }), ...changes) },
  people: PEOPLE,
});

const look = (when: AutoMatch, facts: GateFacts, now = NOON) =>
  approvedByRule({ auto: [{ name: 'small hours', fills: [0], when }] }, facts, now);

const approval = (because: string, at = NOON) => ({
  approvals: [{ rule: 'small hours', because, at }],
  nextAt: Infinity,
});

const notBefore = (nextAt: number) => ({ approvals: [], nextAt });

const NOT = notBefore(Infinity);

describe('a rule that approves', () => {
  it('approves whatever is known where it asks for nothing', () => {
    expect(look({}, { point: POINT, people: [] })).toEqual(approval('always'));
  });

  it('is none where the policy has none', () => {
    expect(approvedByRule({}, known(), NOON)).toEqual(NOT);
  });

  it('approves by itself, whatever others say', () => {
    const auto = [
      { name: 'by ref', fills: [0], when: { ref: ['main'] } },
      { name: 'by rollback', fills: [1], when: { rollback: true } as const },
      { name: 'in time', fills: [1], when: { freeze: [{ from: NOON, to: NOON + HOUR, why: 'sale' }] } },
      { name: 'always', fills: [1], when: {} },
    ];
    expect(approvedByRule({ auto }, known(triggeredBy(COMMIT)), NOON)).toEqual({
      approvals: [
        { rule: 'by ref', because: 'ref main', at: NOON },
        { rule: 'always', because: 'always', at: NOON },
      ],
      nextAt: NOON + HOUR,
    });
  });

  it('asks for everything that it names, and tells all of it', () => {
    const when: AutoMatch = { ref: ['main'], author: ['ada'], hours: [] };
    expect(look(when, known(triggeredBy(COMMIT)))).toEqual(
      approval('ref main, author ada, within its hours 2026-11-20 12:00 UTC'),
    );
    expect(look({ ...when, author: ['grace'] }, known(triggeredBy(COMMIT)))).toEqual(NOT);
    expect(look({ ...when, ref: ['release/*'] }, known(triggeredBy(COMMIT)))).toEqual(NOT);
  });

  it('tells no more than a record takes', () => {
    const because = look({ ref: ['*a'] }, known(triggeredBy({ kind: 'commit', ref: 'a'.repeat(200) })));
    expect(because).toEqual(approval(`ref ${'a'.repeat(99)}…`));
    const stages = Array.from({ length: 10 }, (_, index) => `Stage-${index}-of-many-with-a-long-name`);
    const all = look(
      { succeeded: stages.map((stage) => ({ stage })) },
      known({}, ...stages.map((stage) => aChange({ register: { kind: 'stage', stage }, state: 'succeeded' }))),
    );
    expect(all.approvals[0]?.because.length).toBeLessThanOrEqual(300);
    expect(all.approvals[0]?.because).toMatch(/^Stage-0-of-many-with-a-long-name succeeded .*…$/);
  });
});

describe('what a rule goes by: the ref', () => {
  it.each([
    ['main', ['main'], true],
    ['release/2026-11', ['main', 'release/*'], true],
    ['mainline', ['main'], false],
    ['feature/main', ['main'], false],
  ])('is the branch or tag of the trigger: %s by %j', (ref, globs, holds) => {
    expect(look({ ref: globs }, known(triggeredBy({ kind: 'commit', ref })))).toEqual(
      holds ? approval(`ref ${ref}`) : NOT,
    );
  });

  it.each([
    ['nothing is known of the execution', { point: POINT, people: PEOPLE }],
    ['nobody tells what triggered it', known()],
    ['the commit tells no ref', known(triggeredBy({ kind: 'commit', author: 'main' }))],
    ['it was started by something else', known(triggeredBy({ kind: 'other', type: 'Webhook', detail: 'main' }))],
  ])('is unknown, and does not hold, where %s', (_what, facts) => {
    expect(look({ ref: ['*main'] }, facts)).toEqual(NOT);
  });
});

describe('what a rule goes by: the author', () => {
  it('is whom people know by what the commit says, and no name that it only looks like', () => {
    const by = (trigger: Trigger) => look({ author: ['ada'] }, known(triggeredBy(trigger)));
    expect(by({ kind: 'commit', email: 'Ada@Example.com' })).toEqual(approval('author ada'));
    expect(by({ kind: 'commit', email: 'grace@example.com' })).toEqual(NOT);
    expect(by({ kind: 'commit', author: 'ada' })).toEqual(NOT);
    expect(by({ kind: 'commit' })).toEqual(NOT);
    expect(by({ kind: 'other', type: 'StartPipelineExecution', detail: 'ada@example.com' })).toEqual(NOT);
    expect(look({ author: ['ada'] }, known())).toEqual(NOT);
  });
});

describe('what a rule goes by: who started it', () => {
  const ARN = 'arn:aws:sts::111122223333:assumed-role/deployer/nightly';
  const GLOB = 'arn:aws:sts::*:assumed-role/deployer/*';
  const started = (given: Partial<Trigger & { kind: 'other' }>) =>
    look(
      { startedBy: [GLOB] },
      known(triggeredBy({ kind: 'other', type: 'StartPipelineExecution', detail: ARN, ...given })),
    );

  it('is the principal that called StartPipelineExecution', () => {
    expect(started({})).toEqual(approval(`started by ${ARN}`));
    expect(started({ detail: 'arn:aws:sts::111122223333:assumed-role/intern/nightly' })).toEqual(NOT);
  });

  it('is nobody of another kind of trigger, whatever that tells', () => {
    expect(started({ type: 'Webhook' })).toEqual(NOT);
    expect(look({ startedBy: [GLOB] }, known(triggeredBy({ kind: 'other', type: 'StartPipelineExecution' })))).toEqual(
      NOT,
    );
    expect(look({ startedBy: [GLOB] }, known(triggeredBy({ kind: 'commit', author: ARN, ref: ARN })))).toEqual(NOT);
    expect(look({ startedBy: [GLOB] }, known())).toEqual(NOT);
  });
});

describe('what a rule goes by: what has succeeded before', () => {
  const staging = (state: StateChange['state'], given: Partial<StateChange['version']> = {}) =>
    aChange({ register: { kind: 'stage', stage: 'Staging' }, state, version: { eventId: 'e2', ...given } });
  const BAKED: AutoMatch = { succeeded: [{ stage: 'Staging', forMs: 2 * HOUR }] };

  it('is a stage, from the moment on for which it is asked', () => {
    const facts = known({}, staging('succeeded'));
    expect(look(BAKED, facts, NOON - 1)).toEqual(notBefore(NOON));
    expect(look(BAKED, facts, NOON)).toEqual(approval('Staging succeeded 2026-11-20 10:00 UTC'));
    expect(look({ succeeded: [{ stage: 'Staging' }] }, facts, TEN_O_CLOCK)).toEqual(
      approval('Staging succeeded 2026-11-20 10:00 UTC', TEN_O_CLOCK),
    );
  });

  it.each(['in-progress', 'failed', 'stopped', 'waiting'] as const)('is no stage that is %s', (state) => {
    expect(look(BAKED, known({}, staging(state)), NOON + 24 * HOUR)).toEqual(NOT);
  });

  it('is no stage of which nothing was heard, and none that was begun again', () => {
    expect(look(BAKED, known())).toEqual(NOT);
    expect(look(BAKED, { point: POINT, people: [] })).toEqual(NOT);
    const again = known({}, staging('succeeded'), staging('in-progress', { attempt: 2, eventId: 'e3' }));
    expect(look(BAKED, again, NOON + 24 * HOUR)).toEqual(NOT);
  });

  it('is an action where one is named', () => {
    const when: AutoMatch = { succeeded: [{ stage: 'Staging', action: 'Smoke' }] };
    const smoke = aChange({ register: { kind: 'action', stage: 'Staging', action: 'Smoke' }, state: 'succeeded' });
    expect(look(when, known({}, smoke))).toEqual(approval('Staging/Smoke succeeded 2026-11-20 10:00 UTC'));
    expect(look(when, known({}, staging('succeeded')))).toEqual(NOT);
    expect(look({ succeeded: [{ stage: 'Staging' }] }, known({}, smoke))).toEqual(NOT);
  });

  it('is all of them, and waits for the last', () => {
    const build = aChange({ register: { kind: 'stage', stage: 'Build' }, state: 'succeeded' });
    const when: AutoMatch = {
      succeeded: [
        { stage: 'Build', forMs: HOUR },
        { stage: 'Staging', forMs: 3 * HOUR },
      ],
    };
    expect(look(when, known({}, build, staging('succeeded')), TEN_O_CLOCK)).toEqual(notBefore(TEN_O_CLOCK + 3 * HOUR));
    expect(look(when, known({}, build), TEN_O_CLOCK)).toEqual(NOT);
  });

  it('is no stage that is only called like something else there is', () => {
    expect(look({ succeeded: [{ stage: '__proto__' }] }, known())).toEqual(NOT);
  });
});

describe('what a rule goes by: what was validated', () => {
  const aMark = (summary: Partial<RunSummary> = {}): ValidationMark => ({
    rev: 1,
    at: TEN_O_CLOCK,
    since: TEN_O_CLOCK,
    summary: {
      suite: 'orders-before',
      state: 'continue',
      says: '',
      checks: [aCheck('smoke'), aCheck('slow', { verdict: 'fail', advisory: true })],
      ...summary,
    },
  });
  const aCheck = (name: string, given: Partial<RunSummary['checks'][number]> = {}): RunSummary['checks'][number] => ({
    name,
    verdict: 'pass',
    advisory: false,
    taken: 1,
    count: 1,
    ...given,
  });
  const marked = (...marks: readonly ValidationMark[]): GateFacts => ({
    point: RUN_POINT,
    stored: {
      rollout: aRollout(aChange({ rollout: aDeploymentId() })),
      validations: Object.fromEntries(marks.map((mark, index) => [`run-${index}`, mark])),
    },
    people: [],
  });
  const PASSED: AutoMatch = { validated: [{ suite: ['orders-*'], verdict: 'pass' }] };
  const WENT_ON: AutoMatch = { validated: [{ suite: ['orders-*'], verdict: 'continue' }] };

  it('is a run that let the deployment go on, and of which each required check passed', () => {
    expect(look(PASSED, marked(aMark()))).toEqual(approval('orders-before passed'));
    expect(look(WENT_ON, marked(aMark()))).toEqual(approval('orders-before went on'));
  });

  it.each([
    ['of which a required check did not pass', { checks: [aCheck('smoke'), aCheck('other', { verdict: 'skipped' })] }],
    ['that had no checks', { checks: [] }],
    ['that had none which counts', { checks: [aCheck('slow', { advisory: true })] }],
  ])('has not passed where it is one %s, though it went on', (_what, summary) => {
    expect(look(PASSED, marked(aMark(summary)))).toEqual(NOT);
    expect(look(WENT_ON, marked(aMark(summary)))).toEqual(approval('orders-before went on'));
  });

  it.each(['rollback', 'moot'] as const)('is none that came to %s, though another went on', (state) => {
    expect(look(PASSED, marked(aMark(), aMark({ suite: 'orders-after', state })))).toEqual(NOT);
    expect(look(WENT_ON, marked(aMark(), aMark({ state })))).toEqual(NOT);
  });

  it.each(['running', 'asking'] as const)('is looked at again in a minute as long as one is %s', (state) => {
    expect(look(WENT_ON, marked(aMark(), aMark({ state })))).toEqual(notBefore(NOON + MINUTE));
  });

  it('is no run of another suite, and none where there are none (S47)', () => {
    expect(
      look(PASSED, marked(aMark({ suite: 'web-before' }), aMark({ state: 'continue', suite: 'xorders-a' }))),
    ).toEqual(NOT);
    const { suite, ...summary } = aMark().summary;
    expect(look(PASSED, marked({ ...aMark(), summary }))).toEqual(NOT);
    expect(look(PASSED, marked())).toEqual(NOT);
    expect(look(PASSED, known())).toEqual(NOT);
    expect(look(PASSED, { point: POINT, people: [] })).toEqual(NOT);
  });

  it('is never the very run that asks', () => {
    const facts = marked(aMark());
    const asking = aMark({ suite: 'orders-after', state: 'asking' });
    const validations = { ...facts.stored?.validations, [RUN_POINT.run]: asking };
    const stored = { rollout: aRollout(aChange()), validations };
    expect(look(PASSED, { ...facts, stored })).toEqual(approval('orders-before passed'));
    expect(look(PASSED, { ...facts, stored, point: POINT })).toEqual(notBefore(NOON + MINUTE));
  });

  it('names each suite once', () => {
    expect(look(PASSED, marked(aMark(), aMark(), aMark({ suite: 'orders-after' })))).toEqual(
      approval('orders-before and orders-after passed'),
    );
  });
});

describe('what a rule goes by: checks of the run that asks', () => {
  const ends = (...all: readonly (readonly [string, string])[]): GateFacts => ({
    point: RUN_POINT,
    checks: new Map(all),
    people: [],
  });
  const HEALTHY: AutoMatch = { checks: { health: ['pass'], errors: ['pass', 'inconclusive'] } };

  it('are each of those that it names, by what they have come to', () => {
    expect(look(HEALTHY, ends(['health', 'pass'], ['errors', 'inconclusive'], ['other', 'fail']))).toEqual(
      approval('health pass, errors inconclusive'),
    );
    expect(look(HEALTHY, ends(['health', 'inconclusive'], ['errors', 'pass']))).toEqual(NOT);
    expect(look(HEALTHY, ends(['health', 'pass'], ['errors', 'canceled']))).toEqual(NOT);
  });

  it('are looked at again in a minute as long as one of them has not ended, and could still do', () => {
    expect(look(HEALTHY, ends(['health', 'pass']))).toEqual(notBefore(NOON + MINUTE));
    expect(look(HEALTHY, ends(['health', 'fail']))).toEqual(NOT);
  });

  it('are unknown where no run asks', () => {
    expect(look(HEALTHY, known())).toEqual(NOT);
  });
});

describe('what a rule goes by: that it is a rollback', () => {
  it.each<[string, Facts]>([
    ['names the deployment that it undoes', { rollbackOf: fact('d-BEFORE') }],
    ['was made by CodeDeploy', { creator: fact('codeDeployRollback') }],
    ['was triggered as one', triggeredBy({ kind: 'other', type: 'AutomatedRollback' })],
  ])('holds where it %s', (_what, facts) => {
    expect(look({ rollback: true }, known(facts))).toEqual(approval('a rollback'));
  });

  it('does not hold where it is none, or nobody has said', () => {
    expect(look({ rollback: true }, known({ creator: fact('user') }))).toEqual(NOT);
    expect(look({ rollback: true }, known())).toEqual(NOT);
    expect(look({ rollback: true }, { point: POINT, people: [] })).toEqual(NOT);
  });
});

describe('what a rule goes by: the time', () => {
  const OFFICE = { days: [1, 2, 3, 4, 5], from: 9 * 60, to: 16 * 60, tz: 'Europe/London' };

  it('holds within its hours, and says when it does next', () => {
    expect(look({ hours: [OFFICE] }, known(), TEN_O_CLOCK)).toEqual(
      approval('within its hours 2026-11-20 10:00 UTC', TEN_O_CLOCK),
    );
    expect(look({ hours: [OFFICE] }, known(), TEN_O_CLOCK - 90 * MINUTE)).toEqual(notBefore(TEN_O_CLOCK - HOUR));
    // Until Monday.
    expect(look({ hours: [OFFICE] }, known(), TEN_O_CLOCK + 6 * HOUR)).toEqual(notBefore(TEN_O_CLOCK + 71 * HOUR));
  });

  it('does not hold while it is frozen, whatever the hours say', () => {
    const freeze = [{ from: TEN_O_CLOCK, to: NOON, why: 'sale' }];
    expect(look({ hours: [OFFICE], freeze }, known(), TEN_O_CLOCK)).toEqual(notBefore(NOON));
    expect(look({ freeze }, known(), NOON)).toEqual(approval('not frozen 2026-11-20 12:00 UTC'));
  });

  it('is nothing to wait for where something else does not hold', () => {
    expect(look({ hours: [OFFICE], ref: ['main'] }, known(), TEN_O_CLOCK - 2 * HOUR)).toEqual(NOT);
  });

  it('never comes where a calendar never opens', () => {
    expect(look({ hours: [{ ...OFFICE, days: [] }] }, known())).toEqual(NOT);
  });
});
