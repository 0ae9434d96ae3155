import { describe, expect, it } from 'vitest';
import { conclude } from '../../shared/validation/conclude.ts';
import type { Effect } from '../../shared/validation/run.ts';
import { tick } from '../../shared/validation/tick.ts';
import { simulateValidation } from './simulate-validation.ts';
import type { ValidationOptions } from './simulate-validation.ts';

const WORLDS = 120;
const HARSH_WORLDS = 60;

const play = async (from: number, count: number, options: ValidationOptions = {}) => {
  const broken: string[] = [];
  const ends = new Map<string, number>();
  let faults = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const world = await simulateValidation(seed, options);
    faults += world.faults;
    ends.set(world.ended, (ends.get(world.ended) ?? 0) + 1);
    broken.push(...world.problems.map((problem) => `world ${seed}: ${problem}`));
  }
  return { broken, ends, faults };
};

/** The first kind of problem that the judge sees with a broken engine, without what is different in each world. */
const seenWith = async (look: typeof tick): Promise<string | undefined> => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const [problem] = (await simulateValidation(seed, { look })).problems;
    if (problem !== undefined) {
      return problem;
    }
  }
  return undefined;
};

describe('validate', () => {
  it('hides no failure, and reports once and in time what is on record, whatever fails (P13, F53, F56)', async () => {
    const { broken, ends, faults } = await play(1, WORLDS);
    expect(broken).toEqual([]);
    // What nothing has happened to would be kept by anybody.
    expect(faults).toBeGreaterThan(WORLDS);
    for (const end of [
      'reported continue, verdict',
      'reported rollback, verdict',
      'reported rollback, deadline',
      'reported continue, answer',
      'reported rollback, answer',
      'reported continue, rollback',
      'reported rollback, no-suite',
    ]) {
      expect(ends.get(end), end).toBeGreaterThan(0);
    }
  });

  it(`and in ${HARSH_WORLDS} worlds in which nearly everything goes wrong`, async () => {
    expect((await play(1, HARSH_WORLDS, { harsh: true })).broken).toEqual([]);
  });
});

describe('the judge of these worlds', () => {
  it('sees a failure that is hidden', async () => {
    expect(
      await seenWith((run, at, inputs) =>
        tick(
          run,
          at,
          inputs.map((input) =>
            input.kind === 'sampled' && input.sample.outcome === 'fail'
              ? { ...input, sample: { ...input.sample, outcome: 'pass' } }
              : input,
          ),
        ),
      ),
    ).toMatch(/has failed \d+ times, and it goes on/);
  });

  it('sees that it is decided too late', async () => {
    expect(
      await seenWith(({ deadline, ...run }, at, inputs) => {
        const ticked = tick({ ...run, deadline: deadline + 20 * 60_000 }, at, inputs);
        return { ...ticked, run: { ...ticked.run, deadline } };
      }),
    ).toMatch(/ms after the deadline|nothing was reported/);
  });

  it('sees a report of something else than what is on record', async () => {
    const turned = (effect: Effect): Effect =>
      effect.kind === 'report' && effect.action === 'rollback' ? { ...effect, action: 'continue' } : effect;
    expect(
      await seenWith((run, at, inputs) => {
        const ticked = tick(run, at, inputs);
        return { ...ticked, effects: ticked.effects.map(turned) };
      }),
    ).toMatch('which is not on record');
  });

  it('sees a decision that is made again', async () => {
    expect(
      await seenWith((run, at, inputs) => {
        const ticked = tick(run, at, inputs);
        const { state } = ticked.run;
        return state.kind === 'reported'
          ? {
              ...ticked,
              run: {
                ...ticked.run,
                state: { ...state, conclusion: { ...state.conclusion, says: 'Something else' } },
              },
            }
          : ticked;
      }),
    ).toMatch('what was decided has changed');
  });

  it('sees what goes on though nothing was tested', async () => {
    expect(
      await seenWith((run, at, inputs) => {
        const ticked = tick(run, at, inputs);
        const { state } = ticked.run;
        if (state.kind !== 'decided' || state.conclusion.why.kind !== 'deadline' || run.state.kind === 'decided') {
          return ticked;
        }
        const why = { kind: 'verdict', verdict: 'pass' } as const;
        const conclusion = conclude({ ...ticked.run, allowances: {} }, why, at.now);
        return { ...ticked, run: { ...ticked.run, state: { ...state, conclusion } }, effects: [] };
      }),
    ).toMatch('has not passed, and it goes on');
  });

  it('sees a report that is made once only, and lost', async () => {
    expect(
      await seenWith((run, at, inputs) => {
        const ticked = tick(run, at, inputs);
        const isRepeated = run.state.kind === 'decided' && run.state.reports > 0;
        return isRepeated ? { ...ticked, effects: [] } : ticked;
      }),
    ).toMatch(/nothing was reported|it was reported, and is/);
  });

  it('sees a run that nobody is to look at again', async () => {
    expect(
      await seenWith((run, at, inputs) => {
        const { wakeAt, ...ticked } = tick(run, at, inputs);
        return ticked;
      }),
    ).toMatch('nobody is to look at it');
  });
});
