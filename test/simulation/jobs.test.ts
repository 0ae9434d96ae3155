import { describe, expect, it } from 'vitest';
import type { SampleTaken } from '../../shared/validation/take-sample.ts';
import { aPipeline, JOB_SECRETS } from '../support/jobs.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { checkOf, suiteOf } from '../support/suites.ts';
import type { HookBlow } from './hook-world.ts';
import { playJobs } from './job-world.ts';
import type { JobOutcome } from './job-world.ts';

const MINUTE_MS = 60_000;

/** Longer than a slice, so that its jobs are given back. */
const SUITE = suiteOf([
  checkOf({ kind: 'http', steps: [] }, { name: 'smoke' }),
  checkOf(
    { kind: 'http', steps: [] },
    { name: 'health', sample: { warmupMs: 20_000, intervalMs: 30_000, count: 3, timeoutMs: 10_000 } },
  ),
]);

const fails =
  (name: string) =>
  (request: { readonly check: { readonly name: string } }, now: number): SampleTaken => ({
    sample: {
      at: now,
      tookMs: 500,
      ...(request.check.name === name
        ? { outcome: 'fail', says: 'status 500, expected 200', evidence: 'GET /health' }
        : { outcome: 'pass', says: 'status 200' }),
    },
  });

const BLOWS: readonly Omit<HookBlow, 'step'>[] = (['killed', 'failed'] as const).flatMap((kind) =>
  [false, true].map((tookEffect) => ({ kind, tookEffect })),
);

/** What went otherwise than it has to, whatever befalls whoever works on it. */
const problemsOf = (outcome: JobOutcome, result: 'succeeded' | 'failed'): readonly string[] => {
  const { pipeline, stored, record, rollout, logged, left } = outcome;
  const [told, ...others] = pipeline.taken.filter((one) => one.result !== 'goes-on');
  const run = stored()?.run;
  return [
    ...(told === undefined ? ['no result'] : told.result === result ? [] : [`told ${told.result}`]),
    ...(others.length > 0 ? [`${others.length} more results`] : []),
    ...(pipeline.told.some((one) => one.result !== 'goes-on' && one.result !== result) ? ['told otherwise'] : []),
    ...(pipeline.jobs.some((job) => job.result === 'timed-out') ? ['silent for twenty minutes'] : []),
    ...(run?.state.kind === 'reported' ? [] : [`ends as ${run?.state.kind ?? 'nothing'}`]),
    ...(run !== undefined && 'conclusion' in run.state && run.state.conclusion.at > run.deadline + 90_000
      ? ['decided late']
      : []),
    ...(record()?.run.state.kind === 'reported' ? [] : ['no record']),
    ...(Object.values(rollout()?.validations ?? {})[0]?.summary.state ===
    (result === 'succeeded' ? 'continue' : 'rollback')
      ? []
      : ['not shown']),
    ...JOB_SECRETS.filter((secret) => `${left}${JSON.stringify(logged)}`.includes(secret)).map(() => 'tells a secret'),
  ];
};

describe('a job of a pipeline', () => {
  it.each([
    { what: 'what is good', sample: fails('nothing'), result: 'succeeded' as const },
    { what: 'what is bad', sample: fails('health'), result: 'failed' as const },
  ])(
    'has one result of $what, in time, whichever call kills or fails whoever makes it',
    async ({ sample, result }) => {
      const calm = await playJobs({ suites: [SUITE], sample });
      expect(problemsOf(calm, result)).toEqual([]);
      expect(calm.steps.length).toBeGreaterThan(30);
      const problems: string[] = [];
      for (const [step, call] of calm.steps.entries()) {
        for (const blow of BLOWS) {
          const outcome = await playJobs({ suites: [SUITE], sample, blow: { step, ...blow } });
          problems.push(
            ...problemsOf(outcome, result).map(
              (problem) => `${problem} (${blow.kind} at ${step}, ${call}, ${blow.tookEffect ? 'done' : 'not done'})`,
            ),
          );
        }
      }
      expect(problems).toEqual([]);
    },
    120_000,
  );

  it('is given back until its run is decided, and says how far it is', async () => {
    const outcome = await playJobs({ suites: [SUITE] });
    const goesOn = outcome.pipeline.taken.filter(({ result }) => result === 'goes-on');
    expect(goesOn.length).toBeGreaterThan(1);
    expect(goesOn.map(({ input }) => input['executionDetails'])).toContainEqual(
      expect.objectContaining({ summary: '1 of 2 checks have ended', percentComplete: 50 }),
    );
    expect(new Set(goesOn.map(({ job }) => job)).size).toBe(goesOn.length);
  });

  it.each([
    { againAfterMs: 0, atMost: 12 },
    { againAfterMs: 120_000, atMost: 4 },
  ])('ends as well when CodePipeline comes again after $againAfterMs ms', async ({ againAfterMs, atMost }) => {
    const outcome = await playJobs({ suites: [SUITE], againAfterMs });
    expect(problemsOf(outcome, 'succeeded')).toEqual([]);
    expect(outcome.pipeline.jobs.length).toBeLessThanOrEqual(atMost);
  });

  it('has one result however often Lambda calls with it', async () => {
    const outcome = await playJobs({ suites: [SUITE], sample: fails('health'), copies: 3 });
    expect(problemsOf(outcome, 'failed')).toEqual([]);
  });

  it('has the verdict of the sweep when nobody took samples in time', async () => {
    // What works on it dies for twelve minutes, and its message comes to life behind them.
    const outcome = await playJobs({
      suites: [SUITE],
      dies: (now) => now > TEN_O_CLOCK + 30_000 && now < TEN_O_CLOCK + 12 * MINUTE_MS,
    });
    expect(problemsOf(outcome, 'failed')).toEqual([]);
    expect(outcome.stored()?.run.state).toMatchObject({ conclusion: { why: { kind: 'deadline' } } });
    expect(outcome.logged.map(({ message }) => message)).toContain('run ended by the sweep');
  });

  it('fails within minutes where the table takes nothing, and nothing was tested', async () => {
    const outcome = await playJobs({ suites: [SUITE], fails: (operation) => operation === 'PutItem' });
    const [told] = outcome.pipeline.taken;
    expect(told?.input['failureDetails']).toMatchObject({
      type: 'SystemUnavailable',
      message: 'Gatehouse failed three times to begin, and nothing was decided',
    });
    expect(told?.at).toBeLessThan(TEN_O_CLOCK + 10 * MINUTE_MS);
    expect(outcome.samples).toBe(0);
  });

  it('is told its verdict although CodePipeline takes none for minutes', async () => {
    const outcome = await playJobs({
      suites: [SUITE],
      sample: fails('smoke'),
      fails: (operation, now) => operation.startsWith('PutJob') && now < TEN_O_CLOCK + 9 * MINUTE_MS,
    });
    expect(problemsOf(outcome, 'failed')).toEqual([]);
    expect(outcome.logged.map(({ message }) => message)).toContain('verdict not reported');
  });

  it('ends on record where the execution was stopped, and has told nobody', async () => {
    const outcome = await playJobs({ suites: [SUITE], stopsAfterMs: 25_000 });
    expect(outcome.pipeline.taken.filter(({ result }) => result !== 'goes-on')).toEqual([]);
    expect(outcome.stored()?.run.state).toMatchObject({ kind: 'decided' });
  });

  it('lets nothing go on that no check has passed', async () => {
    const outcome = await playJobs({ suites: [], pipeline: aPipeline() });
    expect(outcome.pipeline.taken.map(({ result }) => result)).toEqual(['failed']);
  });
});
