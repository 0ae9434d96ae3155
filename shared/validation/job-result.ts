import { cutText } from '../message/cut-text.ts';
import { redact } from '../redact.ts';
import type { Conclusion, Run, Why } from './run.ts';
import { summaryOf } from './run-summary.ts';
import type { CheckSummary } from './run-summary.ts';

/** What CodePipeline takes as the kind of a failure. */
export type JobFailure = 'JobFailed' | 'ConfigurationError' | 'SystemUnavailable';

/** What is told of a job: that it goes on, or how it ended. */
export type JobResult =
  | { readonly kind: 'goes-on'; readonly summary: string; readonly percent: number }
  | {
      readonly kind: 'succeeded';
      readonly summary: string;
      /** What later actions may name: `#{namespace.verdict}`. */
      readonly variables: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'failed'; readonly type: JobFailure; readonly message: string };

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ExecutionDetails.html */
const MOST_SUMMARY = 2_048;

/** Less than AWS takes: what fails is read in a narrow column. */
const MOST_MESSAGE = 1_000;

/** What an author compares with and prints; a suite has fifty checks at most. */
const MOST_VALUE = 500;

/** What CodePipeline is told of a run. */
export const jobResultOf = (id: string, run: Run): JobResult => {
  switch (run.state.kind) {
    case 'running':
    case 'asking': {
      const { says, checks } = summaryOf(run);
      return { kind: 'goes-on', summary: cutText(says, MOST_SUMMARY), percent: percentOf(checks) };
    }
    case 'decided':
    case 'reported':
    case 'moot':
    case 'overtaken':
      return endOf(id, run, run.state.conclusion);
  }
};

const endOf = (id: string, run: Run, conclusion: Conclusion): JobResult => {
  const says = redact(conclusion.says);
  switch (conclusion.action) {
    case 'continue':
      return { kind: 'succeeded', summary: cutText(says, MOST_SUMMARY), variables: variablesOf(id, run, conclusion) };
    case 'rollback':
      return { kind: 'failed', type: FAILURES[failureOf(conclusion.why)], message: cutText(says, MOST_MESSAGE) };
  }
};

type Reason = Exclude<Why['kind'], 'verdict'> | 'error' | 'verdict';

const failureOf = (why: Why): Reason => (why.kind === 'verdict' && why.verdict === 'error' ? 'error' : why.kind);

/** A verdict is about what the pipeline ships; the rest is about how it was asked for, or about us. */
const FAILURES: Readonly<Record<Reason, JobFailure>> = {
  verdict: 'JobFailed',
  answer: 'JobFailed',
  deadline: 'JobFailed',
  rollback: 'JobFailed',
  error: 'SystemUnavailable',
  'no-suite': 'ConfigurationError',
  vacuous: 'ConfigurationError',
  'not-begun': 'ConfigurationError',
};

/** It is done only when it is. */
const percentOf = (checks: readonly CheckSummary[]): number => {
  const all = checks.reduce((sum, { count }) => sum + count, 0);
  const done = checks.reduce((sum, check) => sum + (isOpen(check) ? check.taken : check.count), 0);
  return all === 0 ? 0 : Math.min(99, Math.floor((100 * done) / all));
};

const isOpen = ({ verdict }: CheckSummary): boolean => verdict === 'running' || verdict === 'waiting';

const variablesOf = (id: string, run: Run, { why, says, allowedBy }: Conclusion): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(summaryOf(run).checks.flatMap(figuresOf)),
  verdict: 'verdict' in why ? why.verdict : why.kind,
  ...(run.suite !== undefined && { suite: run.suite.name }),
  says: valueOf(says),
  run: id,
  ...(allowedBy !== undefined && { allowedBy: valueOf(allowedBy) }),
});

const figuresOf = ({ name, verdict, value }: CheckSummary): readonly (readonly [string, string])[] => [
  [`check-${partOf(name)}`, verdict],
  ...(value === undefined || value === '' ? [] : [[`value-${partOf(name)}`, valueOf(value)] as const]),
];

const valueOf = (text: string): string => cutText(redact(text), MOST_VALUE);

/** Names of variables are of letters, digits, `@`, `-` and `_`. */
const partOf = (name: string): string => name.replaceAll(/[^A-Za-z0-9@\-_]/g, '-');
