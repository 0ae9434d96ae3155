import { conclude } from './conclude.ts';
import { heldTo } from './held-to.ts';
import type { CheckState, Run, Why } from './run.ts';
import type { Check } from './suite.ts';
import { counts } from './verdict.ts';

/** What is known of a hook that was called. */
export type Beginning = Pick<Run, 'platform' | 'rollout' | 'call' | 'hook' | 'suite' | 'allowances' | 'deployedAt'> & {
  readonly variables: Run['variables'];
  /** Whether the deployment brings back what ran before. */
  readonly isRollback: boolean;
  /** Why it cannot begin, where it cannot. */
  readonly notBegun?: string;
  /** Epoch milliseconds: until when the platform waits. */
  readonly waitsUntil: number;
  readonly now: number;
};

/** Begins a run of a suite; it is decided at once where nothing is to be tested, or nothing can be. */
export const beginRun = ({ isRollback, notBegun, waitsUntil: platformDeadline, now, ...given }: Beginning): Run => {
  const { suite, allowances } = given;
  const checks = suite === undefined ? [] : heldTo(suite, allowances).suite.checks;
  const run: Run = {
    ...given,
    startedAt: now,
    deadline: suite ? Math.min(now + suite.budget.totalMs, platformDeadline - suite.budget.reserveMs) : now,
    platformDeadline,
    checks: checks.map((check) => beginCheck(check, now)),
    state: { kind: 'running' },
  };
  const why = whyAtOnce(run, isRollback, notBegun, checks);
  return why === undefined
    ? run
    : {
        ...run,
        checks: checks.map(() => ({ samples: [], end: { as: 'canceled', at: now } })),
        state: { kind: 'decided', conclusion: conclude(run, why, now), reports: 0, nextAt: now },
      };
};

const whyAtOnce = (
  { suite, allowances }: Run,
  isRollback: boolean,
  notBegun: string | undefined,
  checks: readonly Check[],
): Why | undefined => {
  if (isRollback) {
    return { kind: 'rollback' };
  }
  if (notBegun !== undefined) {
    return { kind: 'not-begun', says: notBegun };
  }
  if (suite === undefined) {
    return { kind: 'no-suite' };
  }
  // What does not count is run all the same where somebody may see what it says before it goes on.
  const isVacuous = checks.length === 0 || (!checks.some(counts) && allowances.empty === undefined);
  return isVacuous ? { kind: 'vacuous' } : undefined;
};

/** An alarm that is red when the run begins is looked at then, however late its check begins. */
const beginCheck = ({ needs, probe, sample }: Check, now: number): CheckState => ({
  samples: [],
  ...(needs.length === 0 && { from: now + sample.warmupMs, nextAt: now + sample.warmupMs }),
  ...(probe.kind === 'alarms' && { nextAt: now }),
});
