import type { Chance } from '../../local/virtual/chance.ts';
import { ALLOWANCES } from '../../shared/validation/run.ts';
import type { Run } from '../../shared/validation/run.ts';
import type { Check, Probe, Suite } from '../../shared/validation/suite.ts';
import { aCompareCheck, aMetricCheck } from '../support/runs.ts';
import { suiteOf } from '../support/suites.ts';

const MINUTE_MS = 60_000;

/** Draws a suite: a few checks of all kinds that need each other, with limits, decisions and a time of any kind. */
export const drawSuite = (chance: Chance): Suite => {
  const count = chance.between(1, 4);
  const checks = Array.from({ length: count }, (_, index) => drawCheck(chance, index));
  return suiteOf(checks, {
    budget: { totalMs: chance.between(2, 55) * MINUTE_MS, reserveMs: 5 * MINUTE_MS },
    mode: chance.happens(0.1) ? 'observe' : 'enforce',
    decide: {
      pass: 'continue',
      fail: 'rollback',
      inconclusive: chance.oneOf('ask', 'rollback', 'continue'),
      error: chance.oneOf('ask', 'rollback'),
      deadline: chance.oneOf('rollback', 'rollback', 'continue'),
    },
  });
};

const drawCheck = (chance: Chance, index: number): Check => {
  const count = chance.between(1, 12);
  return {
    name: `check-${index}`,
    probe: drawProbe(chance),
    expect: [],
    sample: {
      warmupMs: chance.oneOf(0, 0, 20_000, 3 * MINUTE_MS),
      intervalMs: chance.oneOf(2_000, 15_000, 30_000, 2 * MINUTE_MS),
      count,
      timeoutMs: chance.oneOf(5_000, 10_000, 30_000),
    },
    limits: {
      failures: chance.oneOf(0, 0, 0, 1, 3),
      ...(chance.happens(0.2) && { consecutiveFailures: chance.between(1, 3) }),
      consecutiveErrors: chance.between(0, 4),
      noData: chance.oneOf(0, 0, count),
      minSamples: chance.between(1, count),
      ...(chance.happens(0.2) && { consecutivePasses: chance.between(1, 3) }),
    },
    severity: chance.happens(0.75) ? 'required' : 'advisory',
    mode: chance.happens(0.9) ? 'enforce' : 'observe',
    onNoData: chance.oneOf('inconclusive', 'inconclusive', 'pass', 'fail'),
    ...(chance.happens(0.3) && { between: chance.oneOf('inconclusive', 'pass') }),
    needs: index > 0 && chance.happens(0.25) ? [`check-${chance.between(0, index - 1)}`] : [],
  };
};

const drawProbe = (chance: Chance): Probe =>
  chance.oneOf<Probe>(
    { kind: 'http', steps: [] },
    { kind: 'http', steps: [] },
    { kind: 'alarms', names: ['orders-5xx'] },
    aMetricCheck().probe,
    aCompareCheck().probe,
    { kind: 'approval' },
  );

/** Draws what the owner of the environment allows: mostly nothing. */
export const drawAllowances = (chance: Chance): Run['allowances'] =>
  Object.fromEntries(
    ALLOWANCES.filter(() => chance.happens(0.15)).map((allowance) => [allowance, `rule of ${allowance}`]),
  );
