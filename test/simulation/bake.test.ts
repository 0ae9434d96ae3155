import { describe, expect, it } from 'vitest';
import type { Run } from '../../shared/validation/run.ts';
import type { SampleRequest, SampleTaken } from '../../shared/validation/take-sample.ts';
import { movingTraffic } from '../support/moving-traffic.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { checkOf, suiteOf } from '../support/suites.ts';
import { playBake } from './bake-world.ts';
import type { BakeBlow, BakeOutcome, BakeWorldOptions } from './bake-world.ts';

const MINUTE_MS = 60_000;

/** Long enough that whatever befalls whoever works on it is made up for within a step. */
const STEP_MS = 5 * MINUTE_MS;

const MATCH = { match: { hook: ['AllowTraffic'] } } as const;

const SUITE = suiteOf(
  [
    checkOf(
      { kind: 'http', steps: [] },
      { name: 'errors', sample: { warmupMs: 0, intervalMs: 20_000, count: 3, timeoutMs: 10_000 } },
    ),
  ],
  MATCH,
);

/** It would take longer than a step lasts. */
const SLOW = suiteOf(
  [
    checkOf(
      { kind: 'http', steps: [] },
      { name: 'errors', sample: { warmupMs: 0, intervalMs: 60_000, count: 8, timeoutMs: 10_000 } },
    ),
  ],
  MATCH,
);

/** Fails from that weight on. */
const sickFrom =
  (weight: number) =>
  ({ variables }: SampleRequest, now: number): SampleTaken => ({
    sample: {
      at: now,
      tookMs: 500,
      ...(Number(variables['new.weight']) >= weight
        ? { outcome: 'fail', says: '3 % err', evidence: 'GET /orders' }
        : { outcome: 'pass', says: '0 % err' }),
    },
  });

const play = (options: Partial<BakeWorldOptions> = {}): Promise<BakeOutcome> =>
  playBake({ suites: [SUITE], traffic: movingTraffic(30, STEP_MS), ...options });

const statesOf = ({ runs }: Pick<BakeOutcome, 'runs'>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...runs].map(([weight, { state }]) => [weight, state.kind === 'reported' ? state.conclusion.action : state.kind]),
  );

/** What holds whatever befalls whoever works on it. */
const problemsOf = (outcome: BakeOutcome): readonly string[] => {
  const { traffic, runs, records, watch } = outcome;
  const [stopped, ...more] = traffic.stopped;
  const decided = [...runs].filter(
    ([, { state }]) => state.kind === 'reported' && state.conclusion.action === 'rollback',
  );
  return [
    ...(more.length > 0 ? ['stopped more than once'] : []),
    ...(stopped !== undefined && decided.length === 0 ? ['stopped, and no verdict on record says so'] : []),
    ...(stopped === undefined && decided.length > 0 ? ['a verdict that stopped nothing'] : []),
    ...[...runs].flatMap(([weight, { state, checks }]) =>
      state.kind === 'running' || state.kind === 'asking' || state.kind === 'decided'
        ? [`${weight} is not over`]
        : // What came too late to stop anything is told as that.
          checks.some(({ end }) => end?.as === 'fail') && !isTold(state)
          ? [`${weight} has failed, and that is hidden`]
          : [],
    ),
    ...[...runs.keys()].flatMap((weight) => (records.has(weight) ? [] : [`no record of ${weight}`])),
    ...(watch === undefined ? ['no watch'] : watch.dueAt === undefined ? [] : ['the watch is not over']),
  ];
};

const isTold = (state: Run['state']): boolean =>
  state.kind === 'moot' || (state.kind === 'reported' && state.conclusion.action === 'rollback');

const BLOWS: readonly Omit<BakeBlow, 'step'>[] = (['killed', 'failed'] as const).flatMap((kind) =>
  [false, true].map((tookEffect) => ({ kind, tookEffect })),
);

/** Plays it once in peace, then once for each call and each way in which it may go wrong. */
const withEachBlow = async (
  options: () => Partial<BakeWorldOptions>,
  wrong: (outcome: BakeOutcome) => readonly string[],
  every = 1,
): Promise<{ readonly calm: BakeOutcome; readonly problems: readonly string[] }> => {
  const calm = await play(options());
  const problems: string[] = [...wrong(calm)];
  for (const [step, call] of calm.steps.entries()) {
    for (const blow of step % every === 0 ? BLOWS : []) {
      const outcome = await play({ ...options(), blow: { step, ...blow } });
      problems.push(
        ...wrong(outcome).map(
          (problem) => `${problem} (${blow.kind} at ${step}, ${call}, ${blow.tookEffect ? 'done' : 'not done'})`,
        ),
      );
    }
  }
  return { calm, problems };
};

describe('a bake', () => {
  it('stops what fails at a step, once, and has a run at each step before it, whichever call kills or fails whoever makes it', async () => {
    const { calm, problems } = await withEachBlow(
      () => ({ sample: sickFrom(60) }),
      (outcome) => [
        ...problemsOf(outcome),
        ...(outcome.traffic.stopped[0]?.weight === 60 ? [] : ['not stopped at 60 %']),
        ...(JSON.stringify([...outcome.runs.keys()]) === '[30,60]' ? [] : ['not a run at each step']),
      ],
    );
    expect(problems).toEqual([]);
    expect(statesOf(calm)).toEqual({ 30: 'continue', 60: 'rollback' });
    expect(calm.traffic.stopped[0]?.at).toBeLessThan(TEN_O_CLOCK + STEP_MS + 5_000 + 30_000);
  }, 300_000);

  it('lets what is good go on, with a run at each step, whichever call kills or fails whoever makes it', async () => {
    const { calm, problems } = await withEachBlow(
      () => ({ suites: [SLOW], traffic: movingTraffic(40, STEP_MS) }),
      (outcome) => [
        ...problemsOf(outcome),
        ...(outcome.traffic.told.length === 0 ? [] : ['told to stop']),
        ...(JSON.stringify([...outcome.runs.keys()]) === '[40,80]' ? [] : ['not a run at each step']),
      ],
      // Most looks are alike.
      3,
    );
    expect(problems).toEqual([]);
    expect(statesOf(calm)).toEqual({ 40: 'overtaken', 80: 'overtaken' });
  }, 300_000);

  it.each([
    { how: 'half of the messages are lost', copies: (message: number) => (message % 2 === 0 ? 1 : 0) },
    { how: 'messages come twice', copies: () => 2 },
    {
      how: 'no message arrives but what the sweep sends anew',
      copies: (message: number, by: string) => (message === 0 || by === 'sweep' ? 1 : 0),
    },
  ])('stops what fails at a step, once, where $how (F79, F80)', async ({ copies }) => {
    const outcome = await play({ sample: sickFrom(60), copies });
    expect(problemsOf(outcome)).toEqual([]);
    expect(outcome.traffic.stopped.map(({ weight }) => weight)).toEqual([60]);
    // Copies come to an end, and do not multiply.
    expect(outcome.sent).toBeLessThan(200);
  });

  it('is begun once, however often it is heard of, and whenever', async () => {
    const outcome = await play({ heardAfterMs: [1_000, 1_000, 2_500, STEP_MS, 2 * STEP_MS, 4 * STEP_MS] });
    expect(problemsOf(outcome)).toEqual([]);
    expect(outcome.logged.filter(({ message }) => message === 'watch begun')).toHaveLength(1);
    expect(outcome.logged.filter(({ message }) => message === 'run begun')).toHaveLength(3);
  });

  it('that is heard of late has runs at the steps that are left', async () => {
    const outcome = await play({ heardAfterMs: [STEP_MS + 20_000] });
    expect(problemsOf(outcome)).toEqual([]);
    expect([...outcome.runs.keys()]).toEqual([60, 90]);
  });

  it('is ended by the sweep where nobody else ever gets through: a step without a verdict in time is one, too', async () => {
    const outcome = await play({
      suites: [{ ...SUITE, budget: { totalMs: 2 * MINUTE_MS, reserveMs: MINUTE_MS } }],
      traffic: movingTraffic(30, 20 * MINUTE_MS),
      dies: (by, now) => by === 'validate' && now > TEN_O_CLOCK + 12_000,
    });
    expect(outcome.traffic.stopped.map(({ weight }) => weight)).toEqual([30]);
    expect(outcome.runs.get(30)?.state).toMatchObject({ conclusion: { why: { kind: 'deadline' } } });
    expect(outcome.logged.map(({ message }) => message)).toContain('run ended by the sweep');
  });

  it('stops nothing where the owner lets what is open go on', async () => {
    const open = (_request: SampleRequest, now: number): SampleTaken => ({
      sample: { at: now, tookMs: 100, outcome: 'nodata', says: 'none' },
    });
    const suite = { ...SUITE, decide: { ...SUITE.decide, inconclusive: 'continue' as const } };
    const strict = await play({ suites: [suite], sample: open });
    expect(strict.traffic.stopped.map(({ weight }) => weight)).toEqual([30]);
    const rules = [{ name: 'steps', match: {}, allow: ['inconclusive-continue' as const] }];
    const allowed = await play({ suites: [suite], sample: open, rules });
    expect(allowed.traffic.told).toEqual([]);
    expect(statesOf(allowed)).toEqual({ 30: 'continue', 60: 'continue', 90: 'continue' });
    expect(problemsOf(allowed)).toEqual([]);
  });

  it('has each sample see all since the traffic began, with its part of what may go wrong', async () => {
    const { requests, rollout } = await play();
    expect(new Set(requests.map(({ since }) => since))).toEqual(new Set([TEN_O_CLOCK + 5_000]));
    expect(new Set(requests.map(({ share }) => share))).toEqual(new Set([1 / 3]));
    expect(new Set(requests.map(({ deployedAt }) => deployedAt))).toEqual(new Set([TEN_O_CLOCK]));
    expect(Object.values(rollout?.validations ?? {}).map(({ summary }) => summary.hook)).toEqual([
      'AllowTraffic 30 %',
      'AllowTraffic 60 %',
      'AllowTraffic 90 %',
    ]);
  });

  it('has ever smaller parts of it where nobody says how many steps there are', async () => {
    const traffic = movingTraffic(30, STEP_MS);
    traffic.troubles.set('GetDeploymentConfig', ['AccessDeniedException']);
    const { requests } = await play({ traffic });
    expect([...new Set(requests.map(({ share }) => share))]).toEqual([1 / 2, 1 / 6, 1 / 12]);
  });

  it('tells of its many steps, and what stopped it', async () => {
    const outcome = await play({ traffic: movingTraffic(1, MINUTE_MS), sample: sickFrom(70) });
    expect(outcome.traffic.stopped.map(({ weight }) => weight)).toEqual([70]);
    const summaries = Object.values(outcome.rollout?.validations ?? {}).map(({ summary }) => summary);
    expect(summaries).toHaveLength(70);
    expect(summaries).toContainEqual(expect.objectContaining({ hook: 'AllowTraffic 70 %', state: 'rollback' }));
  });

  it.each([
    { what: 'a rollback', traffic: () => movingTraffic(30, STEP_MS, { creator: 'codeDeployRollback' }) },
    {
      what: 'what brings back the version before a deployment that failed',
      traffic: () => movingTraffic(30, STEP_MS, { rollbackInfo: { rollbackTriggeringDeploymentId: 'd-FAILED' } }),
    },
    { what: 'a deployment to ECS', traffic: () => movingTraffic(30, STEP_MS, { computePlatform: 'ECS' }) },
    { what: 'what moves all at once', traffic: () => movingTraffic(100, STEP_MS) },
    {
      what: 'a deployment that no suite is for',
      traffic: () => movingTraffic(30, STEP_MS, { applicationName: 'others' }),
    },
    { what: 'what has ended', traffic: () => movingTraffic(30, STEP_MS, { status: 'Succeeded' }) },
  ])('never is of $what (F82)', async ({ traffic }) => {
    const suites = [{ ...SUITE, match: { ...SUITE.match, application: ['orders'] } }];
    const outcome = await play({ suites, traffic: traffic(), sample: sickFrom(1) });
    expect([outcome.watch, outcome.runs.size, outcome.traffic.told]).toEqual([undefined, 0, []]);
    expect(outcome.logged.map(({ message }) => message)).toContain('not watched');
  });

  it('never is by a suite that does not name it', async () => {
    const outcome = await play({ suites: [{ ...SUITE, match: {} }], sample: sickFrom(1) });
    expect([outcome.watch, outcome.traffic.told]).toEqual([undefined, []]);
  });
});
