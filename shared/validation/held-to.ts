import type { Allowance, Run } from './run.ts';
import type { Suite } from './suite.ts';

/** A suite as it counts in an environment, and what it asks for that its owner does not allow. */
export type HeldTo = { readonly suite: Suite; readonly refused: readonly Allowance[] };

/**
 * Holds a suite to what the owner of the environment allows: what would loosen it without leave counts as its strict
 * alternative.
 */
export const heldTo = (suite: Suite, allowances: Run['allowances']): HeldTo => {
  const { mode, decide, checks } = suite;
  const asks: Readonly<Partial<Record<Allowance, boolean>>> = {
    observe: mode === 'observe' || checks.some((check) => check.mode === 'observe'),
    'deadline-continue': decide.deadline === 'continue',
    'inconclusive-continue': decide.inconclusive === 'continue',
    'no-data-pass': checks.some(({ onNoData }) => onNoData === 'pass'),
    'between-pass': checks.some(({ between }) => between === 'pass'),
  };
  const isRefused = (allowance: Allowance): boolean => asks[allowance] === true && allowances[allowance] === undefined;
  const refused = ASKED_FOR.filter(isRefused);
  if (refused.length === 0) {
    return { suite, refused };
  }
  const strictly = <Value>(allowance: Allowance, loose: Value, strict: Value, value: Value): Value =>
    value === loose && isRefused(allowance) ? strict : value;
  return {
    suite: {
      ...suite,
      mode: strictly('observe', 'observe', 'enforce', mode),
      decide: {
        ...decide,
        deadline: strictly('deadline-continue', 'continue', 'rollback', decide.deadline),
        inconclusive: strictly('inconclusive-continue', 'continue', 'rollback', decide.inconclusive),
      },
      checks: checks.map((check) => ({
        ...check,
        mode: strictly('observe', 'observe', 'enforce', check.mode),
        onNoData: strictly('no-data-pass', 'pass', 'inconclusive', check.onNoData),
        ...(check.between !== undefined && {
          between: strictly('between-pass', 'pass', 'inconclusive', check.between),
        }),
      })),
    },
    refused,
  };
};

const ASKED_FOR = ['observe', 'deadline-continue', 'inconclusive-continue', 'no-data-pass', 'between-pass'] as const;
