import { assertionProblems } from './assertion-problems.ts';
import { decisionProblems, looseningWarnings, noSayProblems } from './decision-problems.ts';
import { forecastWarnings } from './forecasts.ts';
import { limitProblems } from './limit-problems.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';
import { nameProblems } from './name-problems.ts';
import { probeProblems } from './probe-problems.ts';
import { templateProblems } from './template-problems.ts';
import { timeProblems } from './time-problems.ts';

/** What no schema can see: what could never work, and what may not be what was meant. */
export const lintSuite = (
  linted: LintedSuite,
): { readonly problems: readonly LintProblem[]; readonly warnings: readonly LintProblem[] } => ({
  problems: [
    ...nameProblems(linted),
    ...probeProblems(linted),
    ...assertionProblems(linted),
    ...limitProblems(linted),
    ...timeProblems(linted),
    ...templateProblems(linted),
    ...noSayProblems(linted),
    ...decisionProblems(linted),
  ],
  warnings: [...looseningWarnings(linted), ...forecastWarnings(linted)],
});
