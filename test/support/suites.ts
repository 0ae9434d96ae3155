import type { Check, Probe, Suite } from '../../shared/validation/suite.ts';

/** A check that is required, once, with nothing that it forgives. */
export const checkOf = (probe: Probe, overrides: Partial<Check> = {}): Check => ({
  name: probe.kind,
  probe,
  expect: [],
  sample: { warmupMs: 0, intervalMs: 30_000, count: 1, timeoutMs: 10_000 },
  limits: { failures: 0, consecutiveErrors: 4, noData: 0, minSamples: 1 },
  severity: 'required',
  mode: 'enforce',
  onNoData: 'inconclusive',
  needs: [],
  ...overrides,
});

/** A suite of ten minutes that rolls back whatever does not pass. */
export const suiteOf = (checks: readonly Check[], overrides: Partial<Suite> = {}): Suite => ({
  name: 'orders',
  hash: 'a'.repeat(64),
  match: {},
  budget: { totalMs: 10 * 60_000, reserveMs: 5 * 60_000 },
  mode: 'enforce',
  vars: {},
  checks,
  decide: { pass: 'continue', fail: 'rollback', inconclusive: 'rollback', error: 'rollback', deadline: 'rollback' },
  ...overrides,
});
