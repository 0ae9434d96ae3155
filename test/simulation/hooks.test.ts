import { describe, expect, it } from 'vitest';
import type { SampleTaken } from '../../shared/validation/take-sample.ts';
import { checkOf, suiteOf } from '../support/suites.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { playHook } from './hook-world.ts';
import type { HookBlow, HookOutcome } from './hook-world.ts';

const MINUTE_MS = 60_000;

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
const problemsOf = ({ deployment, record, rollout, stored }: HookOutcome, status: string): readonly string[] => {
  const [verdict, ...others] = deployment.taken;
  const run = stored()?.run;
  const deadline = run === undefined ? 0 : run.deadline;
  return [
    ...(verdict === undefined ? ['no verdict'] : verdict.status === status ? [] : [`told ${verdict.status}`]),
    ...(others.length > 0 ? [`${others.length} more verdicts`] : []),
    ...(deployment.told.some((told) => told.status !== status) ? ['told otherwise'] : []),
    ...(verdict !== undefined && verdict.at > deadline + 90_000 ? ['told late'] : []),
    ...(run?.state.kind === 'reported' ? [] : [`ends as ${run?.state.kind ?? 'nothing'}`]),
    ...(record()?.run.state.kind === 'reported' ? [] : ['no record']),
    ...(Object.values(rollout()?.validations ?? {})[0]?.summary.state ===
    (status === 'Succeeded' ? 'continue' : 'rollback')
      ? []
      : ['not shown']),
  ];
};

describe('a hook', () => {
  it.each([
    { deployment: 'a good deployment', sample: fails('nothing'), status: 'Succeeded' },
    { deployment: 'a bad one', sample: fails('health'), status: 'Failed' },
  ])(
    'has one verdict of $deployment, in time, whichever call kills or fails whoever makes it',
    async ({ sample, status }) => {
      const calm = await playHook({ suites: [SUITE], sample });
      expect(problemsOf(calm, status)).toEqual([]);
      expect(calm.steps.length).toBeGreaterThan(30);
      const problems: string[] = [];
      for (const [step, call] of calm.steps.entries()) {
        for (const blow of BLOWS) {
          const outcome = await playHook({ suites: [SUITE], sample, blow: { step, ...blow } });
          problems.push(
            ...problemsOf(outcome, status).map(
              (problem) => `${problem} (${blow.kind} at ${step}, ${call}, ${blow.tookEffect ? 'done' : 'not done'})`,
            ),
          );
        }
      }
      expect(problems).toEqual([]);
    },
    120_000,
  );

  it('has the verdict of the sweep when nobody else ever gets through (F53)', async () => {
    const outcome = await playHook({
      suites: [SUITE],
      dies: (by, now) => by === 'validate' && now > TEN_O_CLOCK + 5_000,
    });
    expect(problemsOf(outcome, 'Failed')).toEqual([]);
    expect(outcome.deployment.taken[0]?.at).toBeLessThan(TEN_O_CLOCK + 12 * MINUTE_MS);
    expect(outcome.stored()?.run.state).toMatchObject({ conclusion: { why: { kind: 'deadline' } } });
    expect(outcome.logged.map(({ message }) => message)).toContain('run ended by the sweep');
  });

  it('ends as failed where the table takes nothing, and nothing was tested', async () => {
    const outcome = await playHook({ suites: [SUITE], fails: (_by, operation) => operation === 'PutItem' });
    expect(outcome.deployment.taken.map(({ status }) => status)).toEqual(['Failed']);
    expect(outcome.deployment.taken[0]?.at).toBeLessThan(TEN_O_CLOCK + 10 * MINUTE_MS);
    expect(outcome.samples).toBe(0);
    expect(outcome.logged.map(({ message }) => message)).toContain('verdict without a record');
  });

  it('has one verdict however often it is called (F56)', async () => {
    const outcome = await playHook({ suites: [SUITE], sample: fails('health'), calls: 3 });
    expect(problemsOf(outcome, 'Failed')).toEqual([]);
    expect(outcome.deployment.told).toHaveLength(1);
  });
});
