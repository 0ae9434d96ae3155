import { getDotPath } from 'valibot';
import type { BaseIssue } from 'valibot';

/** Names the fields that are wrong and what they should be, never what they hold. */
export const describeIssues = (issues: readonly BaseIssue<unknown>[]): string =>
  issues.map((issue) => `${getDotPath(issue) ?? 'event'}: ${describeIssue(issue)}`).join('; ');

const describeIssue = ({ kind, received, expected, message }: BaseIssue<unknown>): string => {
  if (received === 'undefined') {
    return 'missing';
  }
  return kind === 'schema' ? `should be ${expected ?? 'something else'}` : message;
};
