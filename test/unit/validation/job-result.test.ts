import { describe, expect, it } from 'vitest';
import { jobResultOf } from '../../../shared/validation/job-result.ts';
import type { Conclusion, Run } from '../../../shared/validation/run.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import { aCheck, aRun, aSample, sampling } from '../../support/runs.ts';

const ID = 'run-1';

/** Typed: what `expect` gives is `any`. */
const ofAThousand: unknown = expect.stringMatching(/^.{1000}$/);

const decided = (conclusion: Partial<Conclusion>, run: Run = aRun([aCheck()])): Run => ({
  ...run,
  state: {
    kind: 'decided',
    conclusion: {
      action: 'rollback',
      why: { kind: 'verdict', verdict: 'fail' },
      says: 'smoke has failed: status 500.',
      at: TEN_O_CLOCK,
      ...conclusion,
    },
    reports: 0,
    nextAt: TEN_O_CLOCK,
  },
});

describe('what CodePipeline is told of a run', () => {
  it('is how far it is, and never that it is done before it is', () => {
    const run = aRun([aCheck({ sample: sampling({ count: 4 }) }), aCheck({ name: 'home' }), aCheck({ name: 'later' })]);
    const [, ...others] = run.checks;
    const half: Run = { ...run, checks: [{ samples: [aSample('pass'), aSample('error')], from: 0 }, ...others] };
    expect(jobResultOf(ID, half)).toEqual({ kind: 'goes-on', summary: '0 of 3 checks have ended', percent: 16 });
    const end = { as: 'pass', at: 1 } as const;
    const all: Run = { ...run, checks: run.checks.map(() => ({ samples: [], from: 0, end })) };
    expect(jobResultOf(ID, all)).toMatchObject({ kind: 'goes-on', percent: 99 });
  });

  it('is why it lets the pipeline go on, and figures for later actions under names that CodePipeline takes', () => {
    const run = aRun([aCheck({ name: 'old.version: smoke' }), aCheck({ name: 'home' })]);
    const end = { as: 'pass', at: 1 } as const;
    const checks = [
      { samples: [aSample('pass', { value: '200', expected: '200' })], end },
      { samples: [], end },
    ];
    const says = 'Every required check has passed.';
    expect(
      jobResultOf(
        ID,
        decided({ action: 'continue', why: { kind: 'verdict', verdict: 'pass' }, says }, { ...run, checks }),
      ),
    ).toEqual({
      kind: 'succeeded',
      summary: says,
      variables: {
        verdict: 'pass',
        suite: 'orders',
        says,
        run: ID,
        'check-old-version--smoke': 'pass',
        'value-old-version--smoke': '200',
        'check-home': 'pass',
      },
    });
  });

  it('names the rule that let it go on although not all has passed', () => {
    const told = jobResultOf(ID, decided({ action: 'continue', why: { kind: 'no-suite' }, allowedBy: 'young' }));
    expect(told).toMatchObject({ variables: { verdict: 'no-suite', allowedBy: 'young' } });
  });

  it.each<[Conclusion['why'], string]>([
    [{ kind: 'verdict', verdict: 'fail' }, 'JobFailed'],
    [{ kind: 'verdict', verdict: 'inconclusive' }, 'JobFailed'],
    [{ kind: 'deadline', verdict: 'pass' }, 'JobFailed'],
    [{ kind: 'answer', verdict: 'error', answer: { verdict: 'reject', says: 'no', at: 1 } }, 'JobFailed'],
    [{ kind: 'verdict', verdict: 'error' }, 'SystemUnavailable'],
    [{ kind: 'no-suite' }, 'ConfigurationError'],
    [{ kind: 'vacuous' }, 'ConfigurationError'],
    [{ kind: 'not-begun', says: 'It is nowhere.' }, 'ConfigurationError'],
  ])('tells a failure by its kind: %j is %s', (why, type) => {
    expect(jobResultOf(ID, decided({ why }))).toMatchObject({ kind: 'failed', type });
  });

  it('is within the limits of CodePipeline, and tells no secret, however much there is to say', () => {
    const says = `It has failed: ${'x'.repeat(4_000)}`;
    expect(jobResultOf(ID, decided({ says }))).toMatchObject({
      message: ofAThousand,
    });
    const name = 'y'.repeat(100);
    const checks = Array.from({ length: 50 }, (_, index) => aCheck({ name: `${index}-${name}` }));
    const run = aRun(checks);
    const samples = [aSample('pass', { value: '⚠'.repeat(3_000) })];
    const told = jobResultOf(ID, {
      ...decided({ action: 'continue', says }, run),
      checks: run.checks.map(() => ({ samples, end: { as: 'pass', at: 1 } })),
    });
    const { summary, variables } = told.kind === 'succeeded' ? told : { summary: '', variables: {} };
    expect(summary).toHaveLength(2_048);
    expect(Buffer.byteLength(JSON.stringify(variables))).toBeLessThan(122_880);
    const secret = jobResultOf(ID, decided({ says: 'Authorization: Bearer abcdefghijkl' }));
    expect(JSON.stringify(secret)).not.toContain('abcdefghijkl');
  });
});
