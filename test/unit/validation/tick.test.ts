import { describe, expect, it } from 'vitest';
import type { Input, Run, Sample, Ticked } from '../../../shared/validation/run.ts';
import type { Check } from '../../../shared/validation/suite.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import {
  aCheck,
  aCompareCheck,
  allowing,
  aMetricCheck,
  anAlarmsCheck,
  anApproval,
  aRun,
  aSample,
  deciding,
  limits,
  lookAt,
  sampling,
} from '../../support/runs.ts';

const ANOTHER = { by: 'worker-2' };

const seconds = (at: number | undefined): number | undefined => at && (at - TEN_O_CLOCK) / 1000;

const probesOf = ({ effects }: Ticked) => effects.flatMap((effect) => (effect.kind === 'probe' ? [effect] : []));

const asksOf = ({ effects }: Ticked) => effects.flatMap((effect) => (effect.kind === 'ask' ? [effect] : []));

/** What whoever takes the sample under way of a check comes back with. */
const sampledOf = (run: Run, check: number, outcome: Sample['outcome'], more: Partial<Sample> = {}): Input => ({
  kind: 'sampled',
  check,
  id: run.checks[check]?.inFlight?.id ?? 'none',
  sample: aSample(outcome, more),
});

/** The same of an alarms check, with what is red. */
const alarmsOf = (run: Run, check: number, outcome: Sample['outcome'], redNow: readonly string[]): Input => ({
  kind: 'sampled',
  check,
  id: run.checks[check]?.inFlight?.id ?? 'none',
  sample: aSample(outcome),
  redNow,
});

/** Takes samples of one check every half minute from the begin on, with these outcomes. */
const sampleAll = (run: Run, check: number, outcomes: readonly Sample['outcome'][]): Run =>
  outcomes.reduce((before, outcome, index) => {
    const { run: begun } = lookAt(before, index * 30);
    return lookAt(begun, index * 30 + 1, [sampledOf(begun, check, outcome)]).run;
  }, run);

const conclusionOf = ({ state }: Run) => ('conclusion' in state ? state.conclusion : undefined);

const endsOf = ({ checks }: Run) => checks.map(({ end }) => end?.as);

describe('a run', () => {
  it('takes a sample, is decided by it, tells the platform and is over', () => {
    const begun = lookAt(aRun([aCheck()]), 0);
    expect(begun.effects).toEqual([{ kind: 'probe', check: 0, id: '0.0.0', timeoutMs: 10_000 }]);
    const told = lookAt(begun.run, 1, [sampledOf(begun.run, 0, 'pass')]);
    expect(told.effects).toEqual([{ kind: 'report', action: 'continue' }]);
    const over = lookAt(told.run, 2, [{ kind: 'reported', as: 'done' }]);
    const conclusion = {
      action: 'continue',
      why: { kind: 'verdict', verdict: 'pass' },
      says: 'Every required check has passed.',
      at: TEN_O_CLOCK + 1000,
    };
    expect(over).toEqual({
      effects: [],
      run: { ...told.run, state: { kind: 'reported', conclusion, at: TEN_O_CLOCK + 2000 } },
    });
  });

  it('is returned itself where nothing has come of a look', () => {
    const begun = aRun([aCheck({ sample: sampling({ warmupMs: 60_000 }) })]);
    expect(lookAt(begun, 1).run).toBe(begun);
    const asked = aRun([anApproval()]);
    expect(lookAt(asked, 1).run).toBe(asked);
  });
});

describe('samples', () => {
  it('begin after the warm-up, and then one each interval from the begin of the one before', () => {
    const run = aRun([aCheck({ sample: sampling({ warmupMs: 20_000, count: 2 }) })]);
    expect(lookAt(run, 0)).toMatchObject({ effects: [], wakeAt: TEN_O_CLOCK + 20_000 });
    const first = lookAt(run, 20);
    expect(probesOf(first)).toHaveLength(1);
    const told = lookAt(first.run, 27, [sampledOf(first.run, 0, 'pass')]);
    expect(told.effects).toEqual([]);
    expect(seconds(told.wakeAt)).toBe(50);
    expect(lookAt(told.run, 49.999).effects).toEqual([]);
    expect(probesOf(lookAt(told.run, 50))).toHaveLength(1);
  });

  it('of different checks are taken side by side', () => {
    const run = aRun([aCheck(), aCheck({ name: 'other' })]);
    expect(probesOf(lookAt(run, 0)).map(({ check }) => check)).toEqual([0, 1]);
  });

  it('are tried again ten seconds after an error, whatever the interval, without using up the count', () => {
    const begun = lookAt(aRun([aCheck({ sample: sampling({ intervalMs: 300_000 }) })]), 0);
    const failed = lookAt(begun.run, 3, [sampledOf(begun.run, 0, 'error')]);
    expect(seconds(failed.wakeAt)).toBe(13);
    const again = lookAt(failed.run, 13);
    expect(probesOf(again)).toHaveLength(1);
    expect(conclusionOf(lookAt(again.run, 14, [sampledOf(again.run, 0, 'pass')]).run)?.action).toBe('continue');
  });

  it('are of whoever began them: others have nothing to do until their time is over', () => {
    const begun = lookAt(aRun([aCheck()]), 0);
    const other = lookAt(begun.run, 1, [], ANOTHER);
    expect(other.effects).toEqual([]);
    expect(other.run).toBe(begun.run);
    expect(seconds(other.wakeAt)).toBe(15);
  });

  it('are begun again by whoever finds what they themselves have written', () => {
    const begun = lookAt(aRun([aCheck()]), 0);
    expect(lookAt(begun.run, 1)).toEqual(begun);
  });

  it('count once, however often they are told', () => {
    const begun = lookAt(aRun([aCheck({ sample: sampling({ count: 3 }) })]), 0);
    const input = sampledOf(begun.run, 0, 'pass');
    const once = lookAt(begun.run, 1, [input]).run;
    expect(lookAt(begun.run, 1, [input, input]).run).toEqual(once);
    expect(lookAt(once, 2, [input]).run).toBe(once);
  });

  it('of another check’s id, or of a check that there is not, are nothing', () => {
    const begun = lookAt(aRun([aCheck({ sample: sampling({ count: 3 }) }), aCheck({ name: 'other' })]), 0);
    const stray = { kind: 'sampled', check: 1, id: '0.0.0', sample: aSample('fail') } as const;
    expect(lookAt(begun.run, 1, [stray, { ...stray, check: 7 }]).run).toBe(begun.run);
  });

  it('that hang for ever are given up five seconds after their own timeout, as an error (F52)', () => {
    const begun = lookAt(aRun([aCheck()]), 0);
    expect(lookAt(begun.run, 14.999, [], ANOTHER).run).toBe(begun.run);
    const given = lookAt(begun.run, 15, [], ANOTHER);
    expect(given.run.checks[0]?.samples).toEqual([
      {
        at: TEN_O_CLOCK,
        tookMs: 15_000,
        outcome: 'error',
        says: 'Whoever took it did not come back',
        lost: '0.0.0',
      },
    ]);
    expect(seconds(given.wakeAt)).toBe(25);
    expect(probesOf(lookAt(given.run, 25, [], ANOTHER))).toMatchObject([{ id: '0.1.25000' }]);
  });

  it('are gone on with by whoever looks next, where whoever began them is gone (F53)', () => {
    const begun = lookAt(aRun([aCheck()]), 0);
    const given = lookAt(begun.run, 15, [], ANOTHER);
    const again = lookAt(given.run, 25, [], ANOTHER);
    expect(probesOf(again)).toHaveLength(1);
    const told = lookAt(again.run, 26, [sampledOf(again.run, 0, 'pass')], ANOTHER);
    expect(told.effects).toEqual([{ kind: 'report', action: 'continue' }]);
  });

  it('that come after they were given up count in their place (F56)', () => {
    const begun = lookAt(aRun([aCheck()]), 0);
    const given = lookAt(begun.run, 15, [], ANOTHER);
    const late = lookAt(given.run, 20, [sampledOf(begun.run, 0, 'fail')]);
    expect(late.run.checks[0]?.samples).toEqual([aSample('fail')]);
    expect(conclusionOf(late.run)?.action).toBe('rollback');
  });

  it('that fail late turn a check that has passed meanwhile, as long as nothing is decided (F56)', () => {
    const begun = lookAt(aRun([aCheck(), aCheck({ name: 'other', sample: sampling({ count: 9 }) })]), 0);
    const late = sampledOf(begun.run, 0, 'fail');
    const given = lookAt(begun.run, 15, [], ANOTHER);
    const again = lookAt(given.run, 25, [], ANOTHER);
    const passed = lookAt(again.run, 26, [sampledOf(again.run, 0, 'pass')], ANOTHER).run;
    expect(endsOf(passed)).toEqual(['pass', undefined]);
    expect(conclusionOf(lookAt(passed, 27, [late]).run)).toMatchObject({ action: 'rollback' });
  });

  it('are not begun within the last second, and never last longer than until the deadline', () => {
    const run = aRun([aCheck({ sample: sampling({ warmupMs: 599_000 }) })]);
    expect(probesOf(lookAt(run, 599))).toMatchObject([{ timeoutMs: 1_000 }]);
    const late = lookAt(run, 599.5);
    expect(late.effects).toEqual([]);
    expect(seconds(late.wakeAt)).toBe(600);
  });

  it('keep their evidence where they are the first or among the last two of their check that have some', () => {
    const check = aCheck({ sample: sampling({ count: 9 }), limits: limits({ failures: 9 }) });
    const run = [0, 1, 2, 3, 4].reduce(
      (before, index) => {
        const begun = lookAt(before, index * 30).run;
        return lookAt(begun, index * 30 + 1, [sampledOf(begun, 0, 'fail', { evidence: `evidence ${index}` })]).run;
      },
      aRun([check]),
    );
    const samples = run.checks[0]?.samples ?? [];
    expect(samples.map(({ evidence }) => evidence?.at(-1))).toEqual(['0', undefined, undefined, '3', '4']);
    expect(samples.map(({ says }) => says)).toEqual(Array(5).fill('it says fail'));
  });
});

describe('a check that needs another', () => {
  const needing = (overrides: Partial<Check> = {}) =>
    aCheck({ name: 'journeys', needs: ['smoke'], sample: sampling({ warmupMs: 20_000 }), ...overrides });

  it('begins, after its own warm-up, when that one has passed', () => {
    const begun = lookAt(aRun([needing(), aCheck()]), 0);
    expect(probesOf(begun).map(({ check }) => check)).toEqual([1]);
    const passed = lookAt(begun.run, 4, [sampledOf(begun.run, 1, 'pass')]);
    expect(passed.effects).toEqual([]);
    expect(seconds(passed.wakeAt)).toBe(24);
    expect(probesOf(lookAt(passed.run, 24)).map(({ check }) => check)).toEqual([0]);
  });

  it('waits for all that it needs', () => {
    const both = needing({ needs: ['smoke', 'other'], sample: sampling() });
    const begun = lookAt(aRun([both, aCheck(), aCheck({ name: 'other' })]), 0).run;
    const half = lookAt(begun, 1, [sampledOf(begun, 1, 'pass')]);
    expect(half.effects.map((effect) => effect.kind === 'probe' && effect.check)).toEqual([2]);
    expect(probesOf(lookAt(half.run, 2, [sampledOf(begun, 2, 'pass')])).map(({ check }) => check)).toEqual([0]);
  });

  it.each([
    ['inconclusive', 'nodata'],
    ['error', 'error'],
    ['fail', 'fail'],
  ] as const)('is skipped when that one came to %s, with all that need it', (as, outcome) => {
    const first = aCheck({ severity: 'advisory', limits: limits({ consecutiveErrors: 0 }) });
    const other = aCheck({ name: 'other', sample: sampling({ count: 9 }) });
    const last = aCheck({ name: 'last', needs: ['journeys'] });
    const run = sampleAll(aRun([last, needing(), first, other]), 2, [outcome]);
    expect(endsOf(run)).toEqual(['skipped', 'skipped', as, undefined]);
  });

  it('has not passed where it was skipped: without it the suite does not pass', () => {
    const begun = lookAt(aRun([aCheck({ severity: 'advisory' }), needing(), aCheck({ name: 'other' })]), 0).run;
    const run = lookAt(begun, 1, [sampledOf(begun, 0, 'fail'), sampledOf(begun, 2, 'pass')]).run;
    expect(conclusionOf(run)).toMatchObject({ action: 'rollback', why: { kind: 'verdict', verdict: 'inconclusive' } });
  });

  it('makes the suite vacuous where nothing else that counts has run', () => {
    const checks = [aCheck({ severity: 'advisory' }), needing()];
    const strict = sampleAll(aRun(checks), 0, ['fail']);
    expect(conclusionOf(strict)).toMatchObject({ action: 'rollback', why: { kind: 'vacuous' } });
    const loose = sampleAll(aRun(checks, {}, allowing('empty')), 0, ['fail']);
    expect(conclusionOf(loose)).toMatchObject({ action: 'continue', allowedBy: 'rule of empty' });
  });
});

describe('a suite', () => {
  it('is decided as soon as a required check has failed; the others are canceled', () => {
    const begun = lookAt(aRun([aCheck(), aCheck({ name: 'other' }), aCheck({ name: 'last', needs: ['other'] })]), 0);
    const failed = lookAt(begun.run, 1, [sampledOf(begun.run, 0, 'fail')]);
    expect(failed.run.state).toMatchObject({
      kind: 'decided',
      conclusion: { action: 'rollback', why: { kind: 'verdict', verdict: 'fail' } },
    });
    const canceled = { samples: [], end: { as: 'canceled', at: TEN_O_CLOCK + 1000 } };
    expect(failed.run.checks.slice(1)).toEqual([canceled, canceled]);
    expect(lookAt(failed.run, 1.1, [sampledOf(begun.run, 1, 'pass')], ANOTHER).run).toBe(failed.run);
  });

  it('waits for all that is required before it is ERROR or INCONCLUSIVE, for one may still fail', () => {
    const quick = aCheck({ limits: limits({ consecutiveErrors: 0 }) });
    const begun = lookAt(aRun([quick, aCheck({ name: 'other' })], deciding({ error: 'ask' })), 0).run;
    const once = lookAt(begun, 1, [sampledOf(begun, 0, 'error')]).run;
    expect(once.state.kind).toBe('running');
    expect(conclusionOf(lookAt(once, 2, [sampledOf(begun, 1, 'fail')]).run)?.why).toMatchObject({ verdict: 'fail' });
    expect(lookAt(once, 2, [sampledOf(begun, 1, 'pass')]).run.state).toMatchObject({
      kind: 'asking',
      verdict: 'error',
    });
  });

  it('that has passed waits for what does not count, for that is still told', () => {
    const advisory = aCheck({ name: 'latency', severity: 'advisory', sample: sampling({ count: 2 }) });
    const begun = lookAt(aRun([aCheck(), advisory]), 0).run;
    const passed = lookAt(begun, 1, [sampledOf(begun, 0, 'pass'), sampledOf(begun, 1, 'pass')]).run;
    expect(passed.state.kind).toBe('running');
    const again = lookAt(passed, 30).run;
    expect(conclusionOf(lookAt(again, 31, [sampledOf(again, 1, 'fail')]).run)).toMatchObject({
      action: 'continue',
      says: 'Every required check has passed. Of those that do not count, latency has not.',
    });
  });

  it('that has passed does not wait for what does not count beyond the deadline', () => {
    const advisory = aCheck({ name: 'latency', severity: 'advisory', sample: sampling({ warmupMs: 3_600_000 }) });
    const passed = sampleAll(aRun([aCheck(), advisory]), 0, ['pass']);
    expect(lookAt(passed, 599.9).run.state.kind).toBe('running');
    const over = lookAt(passed, 600).run;
    expect(conclusionOf(over)).toMatchObject({ action: 'continue', why: { kind: 'verdict', verdict: 'pass' } });
  });

  it('that will not go on does not wait for what does not count', () => {
    const advisory = aCheck({ name: 'latency', severity: 'advisory', sample: sampling({ count: 2 }) });
    const run = sampleAll(aRun([aCheck(), advisory]), 0, ['nodata']);
    expect(conclusionOf(run)).toMatchObject({ action: 'rollback', why: { verdict: 'inconclusive' } });
    expect(endsOf(run)).toEqual(['inconclusive', 'canceled']);
  });

  it('row 7: that is only observed goes on and records what it would have come to', () => {
    const observed = (outcome: Sample['outcome']) =>
      conclusionOf(sampleAll(aRun([aCheck()], { mode: 'observe' }, allowing('observe')), 0, [outcome]));
    expect(observed('fail')).toMatchObject({
      action: 'continue',
      shadow: 'rollback',
      allowedBy: 'rule of observe',
      why: { kind: 'verdict', verdict: 'fail' },
    });
    expect(observed('pass')).toMatchObject({ action: 'continue', shadow: 'continue' });
    expect(observed('pass')).not.toHaveProperty('allowedBy');
  });

  it('that is only observed asks nobody', () => {
    const run = aRun([aCheck()], { mode: 'observe', ...deciding({ inconclusive: 'ask' }) }, allowing('observe'));
    expect(conclusionOf(sampleAll(run, 0, ['nodata']))).toMatchObject({ action: 'continue', shadow: 'rollback' });
  });

  it('goes on though it could not say only where a rule allows that', () => {
    const loose = deciding({ inconclusive: 'continue' });
    expect(conclusionOf(sampleAll(aRun([aCheck()], loose), 0, ['nodata']))?.action).toBe('rollback');
    const allowed = sampleAll(aRun([aCheck()], loose, allowing('inconclusive-continue')), 0, ['nodata']);
    expect(conclusionOf(allowed)).toMatchObject({ action: 'continue', allowedBy: 'rule of inconclusive-continue' });
  });
});

describe('the deadline', () => {
  const slow = aCheck({ sample: sampling({ count: 60 }), limits: limits({ failures: 2 }) });
  const loose = deciding({ deadline: 'continue' });

  it('decides what is not decided by then: Failed, with the reason (F52)', () => {
    const begun = lookAt(aRun([slow]), 590).run;
    expect(lookAt(begun, 599.999).run.state.kind).toBe('running');
    const over = lookAt(begun, 600);
    expect(over.effects).toEqual([{ kind: 'report', action: 'rollback' }]);
    expect(conclusionOf(over.run)).toEqual({
      action: 'rollback',
      why: { kind: 'deadline', verdict: 'inconclusive' },
      says: 'Time was over before the verdict: smoke had not ended.',
      at: TEN_O_CLOCK + 600_000,
    });
    expect(endsOf(over.run)).toEqual(['inconclusive']);
  });

  it('decides though all samples so far have passed, for not all were taken', () => {
    const run = sampleAll(aRun([slow]), 0, ['pass', 'pass']);
    expect(conclusionOf(lookAt(run, 600).run)).toMatchObject({
      action: 'rollback',
      why: { kind: 'deadline', verdict: 'pass' },
    });
  });

  it('lets it go on only where the suite says so and a rule allows that', () => {
    expect(conclusionOf(lookAt(aRun([slow], loose), 600).run)).toMatchObject({
      action: 'rollback',
      says: 'Time was over before the verdict: smoke had not ended. The suite asks for `deadline: continue`, which no rule allows here.',
    });
    const allowed = allowing('deadline-continue');
    expect(conclusionOf(lookAt(aRun([slow], loose, allowed), 600).run)).toMatchObject({
      action: 'continue',
      allowedBy: 'rule of deadline-continue',
    });
    expect(conclusionOf(lookAt(aRun([slow], {}, allowed), 600).run)?.action).toBe('rollback');
  });

  it('hides no failure: not one that comes with it, nor one by want of data', () => {
    const allowed = allowing('deadline-continue');
    const begun = lookAt(aRun([aCheck({ sample: sampling({ count: 60 }) })], loose, allowed), 595).run;
    expect(conclusionOf(lookAt(begun, 600, [sampledOf(begun, 0, 'fail')]).run)).toMatchObject({
      action: 'rollback',
      why: { kind: 'verdict', verdict: 'fail' },
    });
    const strict = aRun([{ ...slow, onNoData: 'fail' }], loose, allowed);
    expect(conclusionOf(lookAt(strict, 600).run)).toMatchObject({
      action: 'rollback',
      why: { kind: 'verdict', verdict: 'fail' },
      says: 'smoke has failed.',
    });
  });

  it('does not decide where the last sample comes with it', () => {
    const begun = lookAt(aRun([aCheck()]), 595).run;
    const last = lookAt(begun, 600, [sampledOf(begun, 0, 'pass')]).run;
    expect(conclusionOf(last)).toMatchObject({ action: 'continue', why: { kind: 'verdict', verdict: 'pass' } });
  });
});

describe('people who are asked because the checks could not say', () => {
  const asking = deciding({ inconclusive: 'ask', error: 'ask' });
  const answer = { verdict: 'approve', says: 'Ada: seen before', at: TEN_O_CLOCK + 60_000 } as const;
  const approve: Input = { kind: 'answered', answer };
  const reject: Input = { kind: 'answered', answer: { ...answer, verdict: 'reject' } };
  const asked = () => sampleAll(aRun([aCheck()], asking), 0, ['nodata']);

  it('are asked until the deadline, with what the checks say, and again each minute', () => {
    const begun = lookAt(aRun([aCheck()], asking), 0).run;
    const told = lookAt(begun, 1, [sampledOf(begun, 0, 'nodata', { says: 'no data points' })]);
    expect(told.run.state).toEqual({ kind: 'asking', verdict: 'inconclusive', at: TEN_O_CLOCK + 1000 });
    expect(told.effects).toEqual([
      { kind: 'ask', until: TEN_O_CLOCK + 600_000, says: 'smoke could not be judged: no data points.' },
    ]);
    expect(seconds(told.wakeAt)).toBe(61);
    expect(lookAt(told.run, 61)).toMatchObject({ effects: told.effects, run: told.run });
  });

  it('decide, the first to answer', () => {
    expect(conclusionOf(lookAt(asked(), 60, [approve]).run)).toEqual({
      action: 'continue',
      why: { kind: 'answer', verdict: 'inconclusive', answer },
      says: 'The checks could not say, and people were asked: Ada: seen before',
      at: TEN_O_CLOCK + 60_000,
    });
    expect(conclusionOf(lookAt(asked(), 60, [reject]).run)?.action).toBe('rollback');
    expect(conclusionOf(lookAt(asked(), 60, [approve, reject]).run)?.action).toBe('continue');
  });

  it('are not asked with less than five minutes left: that is the deadline’s', () => {
    const begun = lookAt(aRun([aCheck({ sample: sampling({ warmupMs: 299_000 }) })], asking), 299).run;
    expect(lookAt(begun, 300, [sampledOf(begun, 0, 'nodata')]).run.state.kind).toBe('asking');
    expect(conclusionOf(lookAt(begun, 300.001, [sampledOf(begun, 0, 'nodata')]).run)).toMatchObject({
      action: 'rollback',
      why: { kind: 'deadline', verdict: 'inconclusive' },
      says: 'Time was over before the verdict: too little of it was left to ask people.',
    });
  });

  it('come too late at the deadline', () => {
    const answeredAt = (at: number): Input => ({ kind: 'answered', answer: { ...answer, at: TEN_O_CLOCK + at } });
    expect(conclusionOf(lookAt(asked(), 600, [answeredAt(600_000)]).run)).toMatchObject({
      action: 'rollback',
      why: { kind: 'deadline', verdict: 'inconclusive' },
      says: 'The checks could not say, and nobody has answered in time.',
    });
    expect(conclusionOf(lookAt(asked(), 601, [answeredAt(599_999)]).run)?.action).toBe('continue');
  });

  it('are not heard before they are asked', () => {
    const begun = lookAt(aRun([aCheck()], asking), 0).run;
    expect(lookAt(begun, 0.5, [approve]).run).toBe(begun);
  });

  it.each([
    ['alarms', anAlarmsCheck({ name: 'watched' })],
    ['metric', aMetricCheck({ name: 'watched' })],
    ['compare', aCompareCheck({ name: 'watched' })],
    ['targetHealth', aCheck({ name: 'watched', probe: { kind: 'targetHealth', targetGroup: 'web-2' } })],
    ['logs', aCheck({ name: 'watched', probe: { kind: 'logs', group: 'orders', pattern: 'ERROR' } })],
  ])('wait in vain once what is watched meanwhile (%s) has failed', (_kind, watched) => {
    const begun = lookAt(aRun([aCheck(), watched], asking), 0).run;
    const both = lookAt(begun, 1, [sampledOf(begun, 0, 'nodata'), alarmsOf(begun, 1, 'pass', [])]);
    expect(both.run.state.kind).toBe('asking');
    expect(seconds(both.wakeAt)).toBe(30);
    const second = lookAt(both.run, 30);
    expect(probesOf(second).map(({ check }) => check)).toEqual([1]);
    const steady = lookAt(second.run, 31, [sampledOf(second.run, 1, 'pass')]).run;
    expect(steady.state.kind).toBe('asking');
    const third = lookAt(steady, 60).run;
    const failed = lookAt(third, 61, [sampledOf(third, 1, 'fail'), approve]).run;
    expect(conclusionOf(failed)).toMatchObject({ action: 'rollback', why: { kind: 'verdict', verdict: 'fail' } });
    expect(endsOf(failed)).toEqual(['inconclusive', 'fail']);
  });

  it('are not disturbed by what does not count, was skipped or is not watched', () => {
    const checks = [
      aCheck(),
      anAlarmsCheck({ severity: 'advisory' }),
      aMetricCheck({ name: 'skipped', needs: ['smoke'] }),
      aCheck({ name: 'passed' }),
    ];
    const begun = lookAt(aRun(checks, asking), 0).run;
    const told = [sampledOf(begun, 0, 'nodata'), alarmsOf(begun, 1, 'pass', []), sampledOf(begun, 3, 'pass')];
    const asked = lookAt(begun, 1, told).run;
    expect(endsOf(asked)).toEqual(['inconclusive', 'pass', 'skipped', 'pass']);
    expect(probesOf(lookAt(asked, 120))).toEqual([]);
    expect(seconds(lookAt(asked, 120).wakeAt)).toBe(121);
    expect(seconds(lookAt(asked, 121).wakeAt)).toBe(181);
  });

  it('are not disturbed by alarms of a check that was skipped before anybody could see what was red', () => {
    const begun = lookAt(aRun([aCheck(), anAlarmsCheck({ needs: ['smoke'] })], asking), 0).run;
    const asked = lookAt(begun, 1, [sampledOf(begun, 1, 'error'), sampledOf(begun, 0, 'nodata')]).run;
    expect(endsOf(asked)).toEqual(['inconclusive', 'skipped']);
    expect(asked.state.kind).toBe('asking');
    expect(probesOf(lookAt(asked, 30))).toEqual([]);
  });

  it('see what does not count run on until it has ended', () => {
    const advisory = aCheck({ name: 'latency', severity: 'advisory', sample: sampling({ count: 2 }) });
    const begun = lookAt(aRun([aCheck(), advisory], asking), 0).run;
    const asked = lookAt(begun, 1, [sampledOf(begun, 0, 'nodata'), sampledOf(begun, 1, 'pass')]).run;
    const again = lookAt(asked, 30);
    expect(probesOf(again)).toMatchObject([{ check: 1 }]);
    expect(endsOf(lookAt(again.run, 31, [sampledOf(again.run, 1, 'pass')]).run)).toEqual(['inconclusive', 'pass']);
  });
});

describe('an approval check', () => {
  const answer = { verdict: 'approve', says: 'Ada: go', at: TEN_O_CLOCK + 30_000 } as const;
  const answered = (check: number, verdict: 'approve' | 'reject'): Input => ({
    kind: 'answered',
    check,
    answer: { ...answer, verdict },
  });

  it('asks once its turn has come, again each minute, and passes by the first answer', () => {
    const asked = lookAt(aRun([anApproval('Does it look right?'), aCheck({ sample: sampling({ count: 9 }) })]), 0);
    const ask = { kind: 'ask', check: 0, until: TEN_O_CLOCK + 600_000, says: 'Does it look right?' };
    expect(asksOf(asked)).toEqual([ask]);
    expect(lookAt(asked.run, 5, [], ANOTHER).effects).toEqual([ask]);
    const approved = lookAt(asked.run, 10, [answered(0, 'approve')]);
    expect(endsOf(approved.run)).toEqual(['pass', undefined]);
    expect(asksOf(approved)).toEqual([]);
    expect(endsOf(lookAt(approved.run, 11, [answered(0, 'reject')]).run)).toEqual(['pass', undefined]);
    expect(endsOf(lookAt(asked.run, 10, [answered(0, 'approve'), answered(0, 'reject')]).run)).toEqual([
      'pass',
      undefined,
    ]);
  });

  it('says what it is about by the variables that there are', () => {
    const check = anApproval('Version ${new.version} of ${what} in ${constructor}?');
    const asked = lookAt(aRun([check], { vars: { what: 'orders', 'new.version': '1' } }), 0);
    expect(asksOf(asked)).toMatchObject([{ says: 'Version 7 of orders in ${constructor}?' }]);
  });

  it('fails the suite where it is rejected', () => {
    const asked = lookAt(aRun([anApproval()]), 0);
    expect(asksOf(asked)).toMatchObject([{ says: 'approval is to be approved.' }]);
    expect(seconds(asked.wakeAt)).toBe(60);
    const rejected = lookAt(asked.run, 31, [answered(0, 'reject')]).run;
    expect(conclusionOf(rejected)).toMatchObject({ action: 'rollback', says: 'approval has failed: Ada: go.' });
  });

  it('is asked after its warm-up, when what it needs has passed', () => {
    const approval = anApproval('Go?', { needs: ['smoke'], sample: sampling({ warmupMs: 10_000 }) });
    const begun = lookAt(aRun([aCheck(), approval]), 0);
    const passed = lookAt(begun.run, 2, [sampledOf(begun.run, 0, 'pass')]);
    expect(passed.effects).toEqual([]);
    expect(seconds(passed.wakeAt)).toBe(12);
    expect(lookAt(passed.run, 11).effects).toEqual([]);
    expect(asksOf(lookAt(passed.run, 12))).toMatchObject([{ check: 1 }]);
  });

  it('counts no answer that is about another check, or about the whole', () => {
    const begun = lookAt(aRun([aCheck(), anApproval()]), 0).run;
    expect(lookAt(begun, 1, [answered(0, 'approve'), { kind: 'answered', answer }]).run).toBe(begun);
  });

  it('is decided by the deadline where nobody answers', () => {
    expect(conclusionOf(lookAt(aRun([anApproval()]), 600).run)).toMatchObject({
      action: 'rollback',
      why: { kind: 'deadline', verdict: 'inconclusive' },
    });
  });
});

describe('an alarms check', () => {
  it('learns with its first sample which alarms were red before', () => {
    const begun = lookAt(aRun([anAlarmsCheck({ sample: sampling({ count: 9 }) })]), 0).run;
    const once = lookAt(begun, 1, [alarmsOf(begun, 0, 'pass', ['orders-5xx'])]).run;
    expect(once.checks[0]).toMatchObject({ redBefore: ['orders-5xx'], samples: [{ outcome: 'pass' }] });
    const again = lookAt(once, 30).run;
    expect(lookAt(again, 31, [alarmsOf(again, 0, 'pass', [])]).run.checks[0]?.redBefore).toEqual(['orders-5xx']);
  });

  it('is looked at when the run begins, however long its warm-up; that is no sample', () => {
    const begun = lookAt(aRun([anAlarmsCheck({ sample: sampling({ warmupMs: 60_000, count: 9 }) })]), 0);
    expect(probesOf(begun)).toHaveLength(1);
    const known = lookAt(begun.run, 1, [alarmsOf(begun.run, 0, 'nodata', ['orders-5xx'])]);
    expect(known.run.checks[0]).toMatchObject({ redBefore: ['orders-5xx'], samples: [] });
    expect(seconds(known.wakeAt)).toBe(60);
    const first = lookAt(known.run, 60).run;
    expect(lookAt(first, 61, [alarmsOf(first, 0, 'pass', [])]).run.checks[0]).toMatchObject({
      redBefore: ['orders-5xx'],
      samples: [{ outcome: 'pass' }],
    });
  });

  it('is looked at again in ten seconds where it could not be seen what was red', () => {
    const check = anAlarmsCheck({ sample: sampling({ warmupMs: 60_000 }), needs: ['smoke'] });
    const begun = lookAt(aRun([check, aCheck({ sample: sampling({ count: 9 }) })]), 0);
    const unknown = lookAt(begun.run, 1, [sampledOf(begun.run, 0, 'error')]);
    expect(unknown.run.checks[0]).toEqual({ samples: [], nextAt: TEN_O_CLOCK + 11_000 });
    const again = lookAt(unknown.run, 11).run;
    const known = lookAt(again, 12, [alarmsOf(again, 0, 'pass', [])]).run;
    expect(known.checks[0]).toEqual({ samples: [], redBefore: [] });
  });

  it('begins after what it needs though it is being looked at', () => {
    const begun = lookAt(aRun([anAlarmsCheck({ needs: ['smoke'] }), aCheck()]), 0).run;
    const passed = lookAt(begun, 1, [sampledOf(begun, 1, 'pass')]).run;
    const known = lookAt(passed, 2, [alarmsOf(begun, 0, 'pass', ['orders-5xx'])]);
    expect(known.run.checks[0]).toMatchObject({ samples: [], redBefore: ['orders-5xx'] });
    expect(probesOf(known)).toMatchObject([{ check: 0, id: '0.0.2000' }]);
  });

  it('alone is asked what is red', () => {
    const begun = lookAt(aRun([aCheck({ sample: sampling({ count: 9 }) })]), 0).run;
    const told = lookAt(begun, 1, [alarmsOf(begun, 0, 'pass', ['orders-5xx'])]).run;
    expect(told.checks[0]).not.toHaveProperty('redBefore');
  });
});

describe('the report', () => {
  const decided = () => sampleAll(aRun([aCheck()]), 0, ['pass']);
  const at = (run: Run) => (run.state.kind === 'decided' ? seconds(run.state.nextAt) : undefined) ?? NaN;

  it('is repeated by longer and longer waits, between one second and thirty, until it is taken', () => {
    const waits = (random: number) => {
      let run = decided();
      return Array.from({ length: 7 }, () => {
        const now = at(run);
        const ticked = lookAt(run, now, [], { random: () => random });
        expect(ticked.effects).toEqual([{ kind: 'report', action: 'continue' }]);
        expect(seconds(ticked.wakeAt)).toBe(at(ticked.run));
        run = ticked.run;
        return Math.round(at(run) - now);
      });
    };
    expect(waits(0)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(waits(1)).toEqual([4, 8, 16, 30, 30, 30, 30]);
  });

  it('is not made by others at the same time', () => {
    const run = decided();
    const other = lookAt(run, 1.4, [], ANOTHER);
    expect(other.effects).toEqual([]);
    expect(other.run).toBe(run);
    expect(seconds(other.wakeAt)).toBe(at(run));
  });

  it('stays what was decided, whatever comes in late', () => {
    const begun = lookAt(aRun([aCheck()]), 0).run;
    const run = lookAt(begun, 1, [sampledOf(begun, 0, 'pass')]).run;
    const late = [sampledOf(begun, 0, 'fail'), { kind: 'report-failed', says: '503' } as const];
    expect(lookAt(run, 1.1, late).run).toBe(run);
  });

  it('is over where the platform was told so before', () => {
    expect(lookAt(decided(), 5, [{ kind: 'reported', as: 'already-so' }]).run.state.kind).toBe('reported');
  });

  it('is moot where the platform was told something else', () => {
    const says = 'CodeDeploy says Succeeded';
    const refused = lookAt(decided(), 5, [{ kind: 'refused', says }]);
    expect(refused).toMatchObject({
      effects: [],
      run: { state: { kind: 'moot', says, conclusion: { action: 'continue' }, at: TEN_O_CLOCK + 5000 } },
    });
    expect(refused.wakeAt).toBeUndefined();
    const after: readonly Input[] = [
      { kind: 'reported', as: 'done' },
      { kind: 'refused', says: 'again' },
    ];
    expect(lookAt(refused.run, 6, after).run).toBe(refused.run);
  });

  it('is moot before it was decided where the platform has ended the hook', () => {
    const begun = lookAt(aRun([aCheck()]), 0).run;
    const refused = lookAt(begun, 5, [{ kind: 'refused', says: 'The deployment was stopped' }]);
    expect(refused.effects).toEqual([]);
    expect(refused.run.state).toMatchObject({
      kind: 'moot',
      says: 'The deployment was stopped',
      conclusion: { action: 'rollback', why: { kind: 'deadline', verdict: 'inconclusive' } },
    });
    expect(lookAt(begun, 5, [{ kind: 'reported', as: 'done' }]).run).toBe(begun);
  });

  it('is tried until the platform does not wait any more and cannot say what came of it, and then is moot', () => {
    const last = lookAt(decided(), 3899);
    expect(last.effects).toHaveLength(1);
    expect(seconds(last.wakeAt)).toBe(3900);
    expect(seconds(lookAt(last.run, 3899.1).wakeAt)).toBe(3900);
    expect(lookAt(last.run, 3900)).toMatchObject({
      effects: [],
      run: { state: { kind: 'moot', conclusion: { action: 'continue' }, at: TEN_O_CLOCK + 3_900_000 } },
    });
  });

  it.each<Run['call']>([
    { kind: 'ecs-hook', executionId: 'e', weights: '' },
    { kind: 'codepipeline-job', jobId: 'j', turn: 1 },
  ])('is not made where the platform comes for it: $kind', (call) => {
    const told = sampleAll(aRun([aCheck()], {}, { call }), 0, ['pass']);
    expect(told.state).toMatchObject({ kind: 'decided', reports: 0, conclusion: { action: 'continue' } });
    const later = lookAt(told, 60);
    expect(later.effects).toEqual([]);
    expect(later.run).toBe(told);
    expect(seconds(later.wakeAt)).toBe(3900);
    expect(lookAt(told, 61, [{ kind: 'reported', as: 'done' }]).run.state).toMatchObject({
      kind: 'reported',
      conclusion: { action: 'continue' },
    });
    expect(lookAt(told, 3900).run.state.kind).toBe('moot');
  });

  it('is made of no step that the next has overtaken, unless it was decided before', () => {
    const call = { kind: 'bake', weight: 10, step: 1, of: 9, since: 0 } as const;
    const says = 'The next step has begun';
    const begun = lookAt(aRun([aCheck()], {}, { call }), 0).run;
    const overtaken = lookAt(begun, 5, [{ kind: 'overtaken', says }]);
    expect(overtaken).toMatchObject({
      effects: [],
      run: { state: { kind: 'overtaken', says, at: TEN_O_CLOCK + 5000 } },
    });
    expect(lookAt(overtaken.run, 6, [{ kind: 'reported', as: 'done' }]).run).toBe(overtaken.run);
    expect(overtaken.wakeAt).toBeUndefined();
    const failed = lookAt(begun, 1, [sampledOf(begun, 0, 'fail')]).run;
    expect(lookAt(failed, 1.1, [{ kind: 'overtaken', says }]).run).toBe(failed);
  });

  it('of a run that is over is made no more', () => {
    const over = lookAt(decided(), 5, [{ kind: 'reported', as: 'done' }]).run;
    expect(lookAt(over, 5000)).toEqual({ run: over, effects: [] });
  });
});
