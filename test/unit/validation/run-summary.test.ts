import { describe, expect, it } from 'vitest';
import { beginRun } from '../../../shared/validation/begin.ts';
import { summaryOf } from '../../../shared/validation/run-summary.ts';
import type { Conclusion, Run, Sample } from '../../../shared/validation/run.ts';
import { sampleRequest } from '../../../shared/validation/sample-request.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import {
  aBeginning,
  aCheck,
  aCompareCheck,
  allowing,
  anAlarmsCheck,
  anApproval,
  aRun,
  aSample,
  sampling,
} from '../../support/runs.ts';

const conclusion: Conclusion = {
  action: 'rollback',
  why: { kind: 'verdict', verdict: 'fail' },
  says: 'smoke has failed.',
  at: TEN_O_CLOCK,
};

describe('the summary of a run', () => {
  it('tells a comparison that is left open by the last look that says so, whatever came of it', () => {
    const between = aSample('between', { says: 'not proven either way' });
    const shown = (as: 'pass' | 'inconclusive', samples: readonly Sample[]) =>
      summaryOf({ ...aRun([aCompareCheck()]), checks: [{ from: 0, samples, end: { as, at: 1 } }] }).checks[0]?.says;
    expect(shown('pass', [aSample('pass'), between])).toBe('not proven either way');
    expect(shown('inconclusive', [aSample('pass'), between])).toBe('not proven either way');
    expect(shown('pass', [between, aSample('pass')])).toBe('it says pass');
  });

  it('tells each check with what it found against what was expected', () => {
    const checks = [
      aCheck({ sample: sampling({ count: 3 }) }),
      aCheck({ name: 'journeys', needs: ['smoke'] }),
      aCheck({ name: 'latency', severity: 'advisory' }),
      anApproval('Go?'),
    ];
    const run: Run = {
      ...aRun(checks),
      checks: [
        {
          from: 0,
          samples: [
            aSample('error'),
            aSample('pass', { value: '200', expected: '200', link: 'https://web.example.com' }),
          ],
        },
        { samples: [] },
        { samples: [aSample('fail', { says: '900 ms' }), aSample('pass')], end: { as: 'fail', at: 1 } },
        {
          samples: [],
          answer: { verdict: 'approve', says: 'Ada: go', at: 1 },
          end: { as: 'pass', at: 1 },
        },
      ],
    };
    expect(summaryOf(run)).toEqual({
      hook: 'BeforeAllowTraffic',
      suite: 'orders',
      state: 'running',
      says: '2 of 4 checks have ended',
      checks: [
        {
          name: 'smoke',
          verdict: 'running',
          value: '200',
          expected: '200',
          says: 'it says pass',
          link: 'https://web.example.com',
          advisory: false,
          taken: 1,
          count: 3,
        },
        { name: 'journeys', verdict: 'waiting', advisory: false, taken: 0, count: 1 },
        { name: 'latency', verdict: 'fail', says: '900 ms', advisory: true, taken: 1, count: 1 },
        { name: 'approval', verdict: 'pass', says: 'Ada: go', advisory: false, taken: 0, count: 1 },
      ],
    });
  });

  it('tells of what could not be judged the last sample that had no data', () => {
    const samples = [aSample('nodata', { says: 'no data points' }), aSample('pass')];
    const run = { ...aRun([aCheck()]), checks: [{ samples, end: { as: 'inconclusive', at: 1 } }] } as const;
    expect(summaryOf(run).checks).toMatchObject([{ verdict: 'inconclusive', says: 'no data points' }]);
  });

  it.each<[Run['state'], string, string]>([
    [{ kind: 'asking', verdict: 'error', at: 1 }, 'asking', 'The checks could not say: people are asked'],
    [{ kind: 'decided', conclusion, reports: 1, nextAt: 1 }, 'rollback', 'smoke has failed.'],
    [{ kind: 'reported', conclusion: { ...conclusion, action: 'continue' }, at: 1 }, 'continue', 'smoke has failed.'],
    [{ kind: 'moot', conclusion, says: 'It was stopped', at: 1 }, 'moot', 'It was stopped'],
    [{ kind: 'overtaken', conclusion, says: 'The next has begun', at: 1 }, 'overtaken', 'The next has begun'],
  ])('tells how it stands: %j', (state, told, says) => {
    expect(summaryOf({ ...aRun([aCheck()]), state })).toMatchObject({ state: told, says });
  });

  it('shows as it counts what the suite would only observe', () => {
    const observed = [aCheck({ mode: 'observe' })];
    const advisory = (run: Run) => summaryOf(run).checks.map((check) => check.advisory);
    expect(advisory(aRun(observed))).toEqual([false]);
    expect(advisory(aRun([...observed, aCheck()], {}, allowing('observe')))).toEqual([true, false]);
  });

  it('names no suite where there is none, and no hook that is not known', () => {
    const { suite, hook, ...beginning } = aBeginning();
    expect(summaryOf(beginRun(beginning))).toEqual({
      state: 'rollback',
      says: 'No suite matches: nothing was tested.',
      checks: [],
    });
  });
});

describe('what is to be sampled', () => {
  const run = aRun([aCheck(), anAlarmsCheck()], { vars: { path: '/health', 'new.version': 'x' } });
  const probe = { kind: 'probe', check: 1, id: '1.0.0', timeoutMs: 5_000 } as const;

  it('is the check, with the suite’s own variables and, before these, the deployment’s', () => {
    expect(sampleRequest(run, probe)).toEqual({
      check: anAlarmsCheck(),
      variables: { path: '/health', 'new.version': '7' },
      since: TEN_O_CLOCK,
      timeoutMs: 5_000,
    });
  });

  it('is told which alarms were red before, once that is known', () => {
    const known = { ...run, checks: [{ samples: [] }, { samples: [], redBefore: ['orders-5xx'] }] };
    expect(sampleRequest(known, probe)?.redBefore).toEqual(['orders-5xx']);
  });

  it('is nothing where there is no such check', () => {
    expect(sampleRequest(run, { ...probe, check: 2 })).toBeUndefined();
  });
});
