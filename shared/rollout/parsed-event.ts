import type { BaseIssue } from 'valibot';
import { getDotPath } from 'valibot';
import type { StateChange } from './rollout.ts';

/** What an input turned out to be. Nothing is thrown: an event that cannot be used has a place to land. */
export type ParsedEvent =
  | { readonly kind: 'change'; readonly change: StateChange }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'quarantined'; readonly reason: string };

/** Reads the events of one source, by their detail-type. */
export type ParseDetail = (detailType: string, event: object) => ParsedEvent;

export const ignored = (reason: string): ParsedEvent => ({ kind: 'ignored', reason });

export const quarantined = (reason: string): ParsedEvent => ({ kind: 'quarantined', reason });

/** Names the fields that are wrong and what they should be, never what they hold. */
export const describeIssues = (issues: readonly BaseIssue<unknown>[]): string =>
  issues.map((issue) => `${getDotPath(issue) ?? 'event'}: ${describeIssue(issue)}`).join('; ');

const describeIssue = ({ kind, received, expected, message }: BaseIssue<unknown>): string => {
  if (received === 'undefined') {
    return 'missing';
  }
  return kind === 'schema' ? `should be ${expected ?? 'something else'}` : message;
};
