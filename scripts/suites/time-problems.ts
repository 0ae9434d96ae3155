import type { Check, Suite } from '../../shared/validation/suite.ts';
import { doorsOf } from './doors.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';

/** With less left, people are not asked. */
const LEAST_TO_ASK_MS = 5 * 60_000;

/** How many samples a run may take: it is one item of the table. */
const MOST_SAMPLES = 1_000;

/** What a suite cannot do in its time, or not at all. */
export const timeProblems = ({ suite, checks }: LintedSuite): readonly LintProblem[] => {
  const { totalMs, reserveMs } = suite.budget;
  const hasty = [...doorsOf(suite.match)].sort((a, b) => a.waitsMs - b.waitsMs)[0];
  const sampling = checks.flatMap(({ index }) => [
    ['checks', index, 'sample'],
    ['checks', index, 'needs'],
  ]);
  const dependsOn = [['defaults'], ['budget'], ...sampling];
  const late = checks.filter(({ check }) => worstCase(suite, check) > totalMs);
  const samples = suite.checks.reduce((sum, { sample }) => sum + sample.count, 0);
  const asks = [suite.decide.inconclusive, suite.decide.error].includes('ask');
  const rest = totalMs - worstCaseOf(suite);
  return [
    ...(hasty !== undefined && totalMs + reserveMs > hasty.waitsMs
      ? [
          {
            path: ['budget'],
            says: `total ${spell(totalMs)} and reserve ${spell(reserveMs)} are more than ${hasty.waits}: total can be ${spell(hasty.waitsMs - reserveMs)} at most`,
          },
        ]
      : []),
    ...late.map(({ index, check }) => ({
      path: ['checks', index],
      says: `may take ${spell(worstCase(suite, check))}${check.needs.length > 0 ? ', with what it needs' : ''}, and budget.total is ${spell(totalMs)}`,
      dependsOn,
    })),
    ...(late.length === 0 && asks && rest < LEAST_TO_ASK_MS
      ? [
          {
            path: ['decide'],
            says: `asks people, and the checks may leave them ${spell(rest)} of budget.total: 5m is the least`,
            dependsOn,
          },
        ]
      : []),
    ...(samples > MOST_SAMPLES
      ? [
          {
            path: ['checks'],
            says: `take ${samples} samples altogether, ${MOST_SAMPLES} are the most that a run can keep`,
            dependsOn,
          },
        ]
      : []),
  ];
};

/** How long the checks of a suite may take, if none of them errs. */
export const worstCaseOf = (suite: Suite): number =>
  Math.max(0, ...suite.checks.map((check) => worstCase(suite, check)));

/** How long after the begin of the hook the last sample of a check is taken, if nothing errs. */
export const lastSampleAt = (suite: Suite, check: Check): number => worstCase(suite, check) - check.sample.timeoutMs;

/** From the begin of the hook. What needs itself is told elsewhere. */
const worstCase = (suite: Suite, check: Check, waiting: readonly string[] = []): number => {
  const needed = suite.checks.filter(({ name }) => check.needs.includes(name) && !waiting.includes(name));
  return Math.max(0, ...needed.map((one) => worstCase(suite, one, [...waiting, check.name]))) + ownTime(check);
};

const ownTime = ({ probe, sample: { warmupMs, intervalMs, count, timeoutMs } }: Check): number =>
  probe.kind === 'approval' ? LEAST_TO_ASK_MS : warmupMs + (count - 1) * Math.max(intervalMs, timeoutMs) + timeoutMs;

/** `1h 5m`, `90ms`. */
export const spell = (ms: number): string => {
  const parts = [
    [Math.floor(ms / 3_600_000), 'h'],
    [Math.floor(ms / 60_000) % 60, 'm'],
    [Math.floor(ms / 1_000) % 60, 's'],
    [ms % 1_000, 'ms'],
  ] as const;
  const written = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return written.length === 0 ? '0s' : written.join(' ');
};
