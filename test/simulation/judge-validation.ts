import type { Conclusion, Run, Sample } from '../../shared/validation/run.ts';
import type { Check } from '../../shared/validation/suite.ts';

/** What the world knows of a run, besides what the run says of itself. */
export type Witness = {
  /** What the platform took for our verdict, and when; undefined: it has given up waiting, or was stopped. */
  readonly accepted: readonly { readonly action: Conclusion['action']; readonly at: number }[];
  /** Somebody has stopped the deployment, or the platform’s hour was over before anybody could begin. */
  readonly isStopped: boolean;
  readonly isRollback: boolean;
  /** Ids of samples that failed and that were told of while nothing was decided, by the places of their checks. */
  readonly failures: ReadonlyMap<number, ReadonlySet<string>>;
  /** What people said, by the place of the check; `whole`: when they were asked because the checks could not say. */
  readonly answers: ReadonlyMap<number | 'whole', 'approve' | 'reject'>;
  /** Looks that have come to nothing after the deadline. */
  readonly brokenSinceDeadline: number;
  readonly skewMs: number;
};

/** So late at most is a run decided whose worker is lost: the sweep comes by once a minute, and leaves others some time. */
const LATE_MS = 95_000;

/** With so many looks after the deadline that have come to nothing. */
const HOPELESS = 5;

/** Holds the promises of validation against a run that is over. It judges by its own counting, not by the engine's. */
export const judgeRun = (run: Run, witness: Witness): readonly string[] => {
  const { state, platformDeadline } = run;
  if (state.kind === 'running' || state.kind === 'asking' || state.kind === 'decided') {
    return [`P13: it is ${state.kind} after the platform has given up`];
  }
  const { conclusion } = state;
  const { accepted, isStopped } = witness;
  const [first, second] = accepted;
  // Where nobody comes through, one look after the other, nobody can report.
  const isCutOff = witness.brokenSinceDeadline >= HOPELESS;
  const broken: readonly (string | false)[] = [
    second !== undefined && 'P13: two reports took effect',
    first === undefined && !isStopped && !isCutOff && 'P13: nothing was reported',
    first !== undefined &&
      first.action !== conclusion.action &&
      `P13: reported ${first.action}, and not what is on record`,
    first !== undefined && first.at >= platformDeadline && 'P13: reported after the platform had given up',
    first !== undefined && state.kind !== 'reported' && !isCutOff && `P13: it was reported, and is ${state.kind}`,
    first === undefined && state.kind === 'reported' && 'P13: it says that it was reported, and was not',
    conclusion.at > latestOf(run, witness) && `P13: decided ${conclusion.at - run.deadline} ms after the deadline`,
    ...judgeFailures(run, conclusion, witness),
    conclusion.action === 'continue' && judgeLeave(run, conclusion, witness),
  ];
  return broken.filter((problem) => problem !== false);
};

const latestOf = ({ deadline, startedAt }: Run, { brokenSinceDeadline, skewMs }: Witness): number =>
  Math.max(deadline, startedAt) + 2 * skewMs + LATE_MS * (1 + brokenSinceDeadline);

/** A failure of what is required, and is not only observed by leave, is never hidden. */
const judgeFailures = (run: Run, conclusion: Conclusion, { failures, isRollback }: Witness): readonly string[] => {
  if (isRollback || (conclusion.shadow ?? conclusion.action) === 'rollback') {
    return [];
  }
  return (run.suite?.checks ?? []).flatMap((check, place) => {
    const count = failures.get(place)?.size ?? 0;
    const isRequired = check.severity === 'required' && !(check.mode === 'observe' && run.allowances.observe);
    return isRequired && count > check.limits.failures
      ? [`P13: ${check.name} has failed ${count} times, and it goes on`]
      : [];
  });
};

/** Why it may not go on: neither has every required check passed, nor does anything that is named let it. */
const judgeLeave = (run: Run, { allowedBy, why }: Conclusion, witness: Witness): string | false => {
  if (why.kind === 'rollback') {
    return !witness.isRollback && 'P13: it is no rollback, and goes on as one';
  }
  if (allowedBy !== undefined) {
    return !Object.values(run.allowances).includes(allowedBy) && `P13: there is no rule ${allowedBy}`;
  }
  if (why.kind === 'answer') {
    return witness.answers.get('whole') !== 'approve' && 'P13: nobody has approved it, and it goes on';
  }
  const required = (run.suite?.checks ?? []).map((check, place) => ({ check, place })).filter(isRequired);
  const unproven = required.filter(
    ({ check, place }) => !hasPassed(check, run.checks[place]?.samples ?? [], place, witness),
  );
  return (
    (required.length === 0 && 'P13: nothing is required, and it goes on') ||
    (unproven.length > 0 && `P13: ${unproven.map(({ check }) => check.name).join(', ')} has not passed, and it goes on`)
  );
};

const isRequired = ({ check }: { readonly check: Check }): boolean => check.severity === 'required';

/** Counts anew what is on record: enough was measured, and no more of it failed than is forgiven. */
const hasPassed = (check: Check, samples: readonly Sample[], place: number, { answers }: Witness): boolean => {
  if (check.probe.kind === 'approval') {
    return answers.get(place) === 'approve';
  }
  const count = (of: Sample['outcome']): number => samples.filter(({ outcome }) => outcome === of).length;
  const { failures, minSamples, noData } = check.limits;
  const isSteady = check.limits.consecutivePasses !== undefined;
  return (
    count('fail') <= failures &&
    count('pass') + count('fail') + count('between') >= Math.max(1, minSamples) &&
    (count('nodata') <= noData || isSteady) &&
    (samples.findLast(({ outcome }) => isOfData(outcome))?.outcome !== 'between' || isSteady)
  );
};

const isOfData = (outcome: Sample['outcome']): boolean => outcome !== 'nodata' && outcome !== 'error';
