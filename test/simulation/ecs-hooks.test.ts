import { describe, expect, it } from 'vitest';
import { createChance } from '../../local/virtual/chance.ts';
import type { SampleTaken } from '../../shared/validation/take-sample.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { checkOf, suiteOf } from '../support/suites.ts';
import { playService } from './ecs-world.ts';
import type { EcsBlow, EcsOutcome, EcsWorldOptions } from './ecs-world.ts';

const MINUTE_MS = 60_000;

const SUITE = suiteOf([
  checkOf({ kind: 'http', steps: [] }, { name: 'smoke' }),
  checkOf(
    { kind: 'http', steps: [] },
    { name: 'health', sample: { warmupMs: 20_000, intervalMs: 30_000, count: 2, timeoutMs: 10_000 } },
  ),
]);

const STEPS = [
  { stage: 'POST_TEST_TRAFFIC_SHIFT' },
  { stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT', percent: 0 },
  { stage: 'PRODUCTION_TRAFFIC_SHIFT', percent: 100 },
] as const;

/** Fails a check at one of the stages. */
const fails =
  (name: string, stage: string) =>
  (
    request: { readonly check: { readonly name: string }; readonly variables: Readonly<Record<string, string>> },
    now: number,
  ): SampleTaken => ({
    sample: {
      at: now,
      tookMs: 500,
      ...(request.check.name === name && request.variables['hook'] === stage
        ? { outcome: 'fail', says: 'status 500, expected 200' }
        : { outcome: 'pass', says: 'status 200' }),
    },
  });

const BLOWS: readonly Omit<EcsBlow, 'step'>[] = (['killed', 'failed'] as const).flatMap((kind) =>
  [false, true].map((tookEffect) => ({ kind, tookEffect })),
);

type Expected = readonly ('SUCCEEDED' | 'FAILED')[];

/** What went otherwise than it has to, whatever befalls whoever works on it. */
const problemsOf = ({ ends, answers, runs }: EcsOutcome, expected: Expected, mayCrash: boolean): readonly string[] => {
  const told = ends.map(({ as }) => as);
  const crashed = told.indexOf('no answer');
  // What does not answer has ECS roll back, and there is nothing behind that.
  const heard = crashed === -1 ? told : told.slice(0, crashed);
  const failures = expected.filter((as) => as === 'FAILED').length;
  const late = runs.filter(
    ({ run: { state, deadline } }) => 'conclusion' in state && state.conclusion.at > deadline + 90_000,
  );
  const untrue = runs.filter(
    ({ run: { state, checks } }) =>
      state.kind === 'reported' &&
      state.conclusion.action === 'continue' &&
      checks.some(({ end }) => end?.as !== 'pass'),
  );
  return [
    ...(crashed !== -1 && !mayCrash ? ['no answer'] : []),
    ...(heard.some((as, index) => as !== expected[index]) || (crashed === -1 && heard.length !== expected.length)
      ? [`told ${told.join(' ')}`]
      : []),
    ...(answers.filter(({ hookStatus }) => hookStatus === 'FAILED').length > 0 && failures === 0 ? ['FAILED'] : []),
    ...(runs.length > ends.length ? [`${runs.length} runs of ${ends.length} steps`] : []),
    ...(late.length > 0 ? ['decided late'] : []),
    ...(untrue.length > 0 ? ['let go on though not everything has passed'] : []),
  ];
};

const GOOD = { sample: fails('nothing', ''), expected: ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'] } as const;
const BAD = {
  sample: fails('health', 'PRE_PRODUCTION_TRAFFIC_SHIFT'),
  expected: ['SUCCEEDED', 'FAILED'],
} as const;

const NATURES = [
  { deployment: 'a good deployment', ...GOOD },
  { deployment: 'one that is bad at its second step', ...BAD },
];

const play = (options: Partial<EcsWorldOptions>): Promise<EcsOutcome> =>
  playService({ suites: [SUITE], steps: STEPS, ...options });

describe('the hooks of an ECS deployment', () => {
  for (const { deployment, sample, expected } of NATURES) {
    it.each([{ ids: 'deployment' }, { ids: 'call' }] as const)(
      `have the verdict of ${deployment}, each step its own, whichever call kills or fails whoever makes it, with executions named by $ids (F74, F75)`,
      { timeout: 120_000 },
      async ({ ids }) => {
        const calm = await play({ sample, ids });
        expect(problemsOf(calm, expected, false)).toEqual([]);
        expect(calm.steps.length).toBeGreaterThan(60);
        const problems: string[] = [];
        for (const [step, call] of calm.steps.entries()) {
          for (const blow of BLOWS) {
            for (const forgives of blow.kind === 'killed' ? [false, true] : [false]) {
              const outcome = await play({ sample, ids, forgives, blow: { step, ...blow } });
              const mayCrash = blow.kind === 'killed' && !forgives;
              problems.push(
                ...problemsOf(outcome, expected, mayCrash).map(
                  (problem) =>
                    `${problem} (${blow.kind} at ${step}, ${call}, ${blow.tookEffect ? 'done' : 'not done'}${forgives ? ', called again' : ''})`,
                ),
              );
            }
          }
        }
        expect(problems).toEqual([]);
      },
    );

    it(`have the verdict of ${deployment} whatever is lost, slow, repeated and named anew (F74, F75)`, async () => {
      const problems: string[] = [];
      for (let seed = 1; seed <= 60; seed += 1) {
        const chance = createChance(seed);
        const [losing, carries] = [chance.random() * 0.4, chance.happens(0.8)];
        const ids = chance.oneOf('deployment', 'step', 'call');
        const copies = chance.between(1, 3);
        const latencyMs = chance.between(20, 1_500);
        const outcome = await play({
          sample,
          ids,
          carries,
          copies,
          latencyMs,
          loses: () => chance.happens(losing),
        });
        problems.push(...problemsOf(outcome, expected, false).map((problem) => `${problem} (seed ${seed}, ${ids})`));
      }
      expect(problems).toEqual([]);
    }, 120_000);
  }

  it('are decided by the sweep when no call gets through any more, and ECS hears that from the next one (F53)', async () => {
    const outcome = await play({
      steps: STEPS.slice(0, 1),
      forgives: true,
      // The function is away for a quarter of an hour: ECS goes on calling.
      fails: (by, _operation, now) =>
        by === 'validate' && now > TEN_O_CLOCK + 5_000 && now < TEN_O_CLOCK + 14 * MINUTE_MS,
    });
    expect(outcome.ends.map(({ as }) => as)).toEqual(['FAILED']);
    expect(outcome.logged.map(({ message }) => message)).toContain('run ended by the sweep');
    expect(outcome.runs[0]?.run.state).toMatchObject({ kind: 'reported', conclusion: { why: { kind: 'deadline' } } });
  });
});
