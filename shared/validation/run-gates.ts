import type { RunPoint, Verdict } from '../gate/gate.ts';
import type { Platform, Seen } from '../gate/platform.ts';
import { unchanged } from '../store/change-item.ts';
import type { ChangeItem, Step } from '../store/change-item.ts';
import { runKey } from '../store/keys.ts';
import type { Answer, Run } from './run.ts';
import { runItem } from './stored-run.ts';
import type { StoredRun } from './stored-run.ts';

type RunGatesDeps = {
  readonly changeItem: ChangeItem;
  /** Has a run looked at. */
  readonly lookAtRun: (run: string) => Promise<void>;
  readonly now: () => number;
};

/** What runs of validation ask people. The truth is the run: an answer is written there, and the next look takes it in. */
export const createRunGates = ({ changeItem, lookAtRun, now }: RunGatesDeps): Platform<RunPoint> => ({
  look: async (point) => {
    const { outcome: stored } = await changeItem(runKey(point.run), runItem, unchanged);
    return seenOf(stored, point, now());
  },

  decide: async (point, _token, verdict, summary) => {
    const { outcome } = await changeItem(runKey(point.run), runItem, answered(point, verdict, summary, now()));
    if (outcome === 'done') {
      await lookAtRun(point.run);
    }
    return outcome;
  },

  // Everything is told when it is asked.
  describe: () => Promise.resolve({ shown: { revisions: [] } }),
});

const seenOf = (stored: StoredRun | undefined, point: RunPoint, now: number): Seen => {
  if (stored === undefined) {
    return { kind: 'ended', ending: { as: 'gone', at: now } };
  }
  const answer = answerIn(stored, point);
  if (answer !== undefined) {
    const { verdict, says, at } = answer;
    return { kind: 'ended', ending: { as: verdict === 'approve' ? 'approved' : 'rejected', summary: says, at } };
  }
  const { state, deadline } = stored.run;
  if (state.kind === 'running' || state.kind === 'asking') {
    return { kind: 'pending', checks: endsOf(stored.run) };
  }
  const { says, at, why } = state.conclusion;
  const isLate = why.kind === 'deadline' && at >= deadline;
  return { kind: 'ended', ending: { as: isLate ? 'expired' : 'stopped', summary: says, at } };
};

/** What the checks have come to that have ended. */
const endsOf = ({ suite, checks }: Run): ReadonlyMap<string, string> =>
  new Map(
    (suite?.checks ?? []).flatMap(({ name }, index): readonly (readonly [string, string])[] => {
      const end = checks[index]?.end;
      return end === undefined ? [] : [[name, end.as]];
    }),
  );

const answerIn = ({ run, answers = [] }: StoredRun, point: RunPoint): Answer | undefined => {
  const check = checkOf(run, point);
  return (
    (check === undefined ? run.answer : run.checks[check]?.answer) ?? answers.find((one) => one.check === check)?.answer
  );
};

/** Undefined: about the whole. */
const checkOf = ({ suite }: Run, { check }: RunPoint): number | undefined => {
  const index = check === '' ? -1 : (suite?.checks.findIndex(({ name }) => name === check) ?? -1);
  return index === -1 ? undefined : index;
};

/** Asked again about its own write it says the same. */
const answered =
  (point: RunPoint, verdict: Verdict, says: string, now: number) =>
  (stored: StoredRun | undefined): Step<StoredRun, 'done' | 'over'> => {
    if (stored === undefined) {
      return { outcome: 'over' };
    }
    const known = answerIn(stored, point);
    if (known !== undefined) {
      return { outcome: known.verdict === verdict && known.says === says ? 'done' : 'over' };
    }
    const { state } = stored.run;
    if (state.kind !== 'running' && state.kind !== 'asking') {
      return { outcome: 'over' };
    }
    const check = checkOf(stored.run, point);
    const answer: Answer = { verdict, says, at: now };
    return {
      body: {
        ...stored,
        answers: [...(stored.answers ?? []), { ...(check !== undefined && { check }), answer }],
        // Should the look that is sent for it be lost, the sweep sends another.
        dueAt: now,
      },
      outcome: 'done',
    };
  };
