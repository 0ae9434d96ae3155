import { heldTo } from './held-to.ts';
import type { CheckState, CheckVerdict, Run, Sample } from './run.ts';
import type { Check } from './suite.ts';
import { counts, isOpen } from './verdict.ts';

/** What people are shown of a run. */
export type RunSummary = {
  /** A lifecycle event or stage, perhaps with how much of the traffic, of a pipeline `Stage/Action`. */
  readonly hook?: string;
  readonly suite?: string;
  /** `moot`: the platform did not wait for it any more, or was told something else; `overtaken`: of a bake, by the next step. */
  readonly state: 'running' | 'asking' | 'continue' | 'rollback' | 'moot' | 'overtaken';
  /** In one line. */
  readonly says: string;
  readonly checks: readonly CheckSummary[];
};

export type CheckSummary = {
  readonly name: string;
  readonly verdict: CheckVerdict | 'running' | 'waiting' | 'skipped' | 'canceled';
  /** Of the sample that its verdict is about, or of the last there was. */
  readonly value?: string;
  readonly expected?: string;
  readonly says?: string;
  readonly link?: string;
  /** Whether nothing comes of it, whatever it finds. */
  readonly advisory: boolean;
  /** How many samples have been taken, of how many. */
  readonly taken: number;
  readonly count: number;
};

/** What people are shown of a run, wherever it is told. */
export const summaryOf = (run: Run): RunSummary => {
  const { suite, allowances } = run;
  const hook = placeOf(run);
  const checks = suite === undefined ? [] : heldTo(suite, allowances).suite.checks;
  return {
    ...(hook !== undefined && { hook }),
    ...(suite !== undefined && { suite: suite.name }),
    ...standingOf(run),
    checks: checks.map((check, index) => checkSummary(check, run.checks[index] ?? { samples: [] })),
  };
};

/** What comes again at each step of the traffic is told apart by how much of it the step is about. */
const placeOf = ({ hook, call, variables }: Run): string | undefined => {
  if (hook === undefined) {
    return undefined;
  }
  const weight = call.kind === 'bake' ? String(call.weight) : STEPPED.has(hook) ? variables['new.weight'] : undefined;
  return weight === undefined ? hook : `${hook} ${weight} %`;
};

const STEPPED: ReadonlySet<string> = new Set(['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']);

const standingOf = ({ state, checks }: Run): Pick<RunSummary, 'state' | 'says'> => {
  switch (state.kind) {
    case 'running': {
      const ended = checks.filter(({ end }) => end !== undefined).length;
      return { state: 'running', says: `${ended} of ${checks.length} checks have ended` };
    }
    case 'asking':
      return { state: 'asking', says: 'The checks could not say: people are asked' };
    case 'decided':
    case 'reported':
      return { state: state.conclusion.action, says: state.conclusion.says };
    case 'moot':
    case 'overtaken':
      return { state: state.kind, says: state.says };
  }
};

const checkSummary = (check: Check, state: CheckState): CheckSummary => {
  const { end, from, samples, answer } = state;
  const told = toldBy(state);
  const says = answer?.says ?? told?.says;
  return {
    name: check.name,
    verdict: end?.as ?? (from === undefined ? 'waiting' : 'running'),
    ...(told?.value !== undefined && { value: told.value }),
    ...(told?.expected !== undefined && { expected: told.expected }),
    ...(says !== undefined && { says }),
    ...(told?.link !== undefined && { link: told.link }),
    advisory: !counts(check),
    // While people are asked some go on being watched.
    taken: Math.min(check.sample.count, samples.filter(({ outcome }) => outcome !== 'error').length),
    count: check.sample.count,
  };
};

/** The sample that a verdict is best told by: the last of its kind, otherwise the last. */
const toldBy = ({ end, samples }: CheckState): Sample | undefined => {
  const isLeftOpen = end?.as === 'inconclusive' || (end?.as === 'pass' && isOpen(samples));
  const told = samples.findLast(({ outcome }) =>
    isLeftOpen ? outcome === 'nodata' || outcome === 'between' : outcome === end?.as,
  );
  return told ?? samples.at(-1);
};
