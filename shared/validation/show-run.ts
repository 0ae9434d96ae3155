import { askFor } from '../delivery/ask-for.ts';
import { noteWanted, wanted } from '../delivery/delivery.ts';
import type { CheckNote } from '../delivery/note.ts';
import type { WakeUp } from '../delivery/wake-up.ts';
import { cutText } from '../message/cut-text.ts';
import { rolloutItem } from '../rollout/stored-rollout.ts';
import type { StoredRollout, ValidationMark } from '../rollout/stored-rollout.ts';
import type { ChangeItem, Step } from '../store/change-item.ts';
import { rolloutKey, rolloutPk } from '../store/keys.ts';
import type { RunAt } from './drive-run.ts';
import type { CheckState, Run } from './run.ts';
import { summaryOf } from './run-summary.ts';
import type { RunSummary } from './run-summary.ts';

type ShowDeps = {
  readonly changeItem: ChangeItem;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly clock: { readonly now: () => number };
};

/** What only figures tell is shown so often at most: Slack takes about fifty edits a minute in a workspace. */
const FIGURES_MS = 30_000;

/**
 * How many runs a rollout keeps in mind: a linear deployment of an ECS service has 34 steps, at each of which hooks of two
 * stages may be called, and a few more.
 */
const MOST_MARKS = 100;

/** Of a run that is behind another one so much is kept of why it let things go on. */
const MOST_PAST_SAYS = 120;

/**
 * Has a rollout's messages tell how a run stands, and their threads what has failed. False: the rollout has not been heard
 * of yet. `anyway`: also where the rollout tells it already, for whoever told it may have got no further.
 */
export const showRun = async (deps: ShowDeps, at: RunAt, anyway: boolean): Promise<boolean> => {
  const { changeItem, clock } = deps;
  const { run } = at;
  const pk = rolloutPk(run.rollout);
  const { outcome, item } = await changeItem(rolloutKey(pk), rolloutItem, marked(at, clock.now()));
  if (outcome === undefined) {
    return false;
  }
  const { channels, isNews } = outcome;
  if (!isNews && !anyway) {
    return true;
  }
  const transition = wanted(item?.rev ?? 0, clock.now());
  await askFor(
    deps,
    channels.map((channel) => ({ place: { pk, channel }, transition })),
  );
  const notes = notesOf(at);
  await askFor(
    deps,
    channels.flatMap((channel) =>
      notes.map(({ key, note }) => ({ place: { pk, channel, note: key }, transition: noteWanted(note, clock.now()) })),
    ),
  );
  return true;
};

type Marked = { readonly channels: readonly string[]; readonly isNews: boolean };

const marked =
  ({ id, run, rev }: RunAt, now: number) =>
  (stored: StoredRollout | undefined): Step<StoredRollout, Marked | undefined> => {
    if (stored === undefined) {
      return { outcome: undefined };
    }
    const { validations = {}, channels } = stored;
    const known = validations[id];
    const summary = summaryOf(run);
    const isOlder = known !== undefined && rev <= known.rev;
    const isQuiet = known !== undefined && isSameVerdict(known.summary, summary) && now - known.at < FIGURES_MS;
    const others = known === undefined ? placeIn(validations) : validations;
    if (isOlder || isQuiet || others === undefined) {
      return { outcome: { channels, isNews: isOlder && rev === known.rev } };
    }
    return {
      body: {
        ...stored,
        validations: { ...others, [id]: { rev, at: now, since: run.startedAt, summary } },
      },
      outcome: { channels, isNews: true },
    };
  };

type Marks = Readonly<Record<string, ValidationMark>>;

/**
 * The marks beside which a new one finds a place: of those that let it go on only how they ended is of interest by now, and
 * the oldest of them gives way. Undefined: there is none, for all of them say otherwise.
 */
const placeIn = (marks: Marks): Marks | undefined => {
  const past = Object.entries(marks).map(([id, mark]): readonly [string, ValidationMark] => [id, pastMark(mark)]);
  if (past.length < MOST_MARKS) {
    return Object.fromEntries(past);
  }
  const oldest = past
    .filter(([, { summary }]) => isPast(summary))
    .reduce<readonly [string, ValidationMark] | undefined>(
      (first, one) => (first === undefined || one[1].since < first[1].since ? one : first),
      undefined,
    );
  return oldest && Object.fromEntries(past.filter((one) => one !== oldest));
};

/** A step of a bake that was overtaken has let things go on, too. */
const isPast = ({ state }: RunSummary): boolean => state === 'continue' || state === 'overtaken';

const pastMark = (mark: ValidationMark): ValidationMark => {
  const { summary } = mark;
  return isPast(summary)
    ? { ...mark, summary: { ...summary, says: cutText(summary.says, MOST_PAST_SAYS), checks: [] } }
    : mark;
};

/** Whether two summaries differ in figures only. */
const isSameVerdict = (a: RunSummary, b: RunSummary): boolean => verdictsOf(a) === verdictsOf(b);

const verdictsOf = ({ state, hook, suite, checks }: RunSummary): string =>
  JSON.stringify([state, hook, suite, checks.map(({ name, verdict }) => [name, verdict])]);

/** What is said of each check that has failed, or that nobody could run, once. */
const notesOf = ({ id, run }: RunAt): readonly { readonly key: string; readonly note: CheckNote }[] =>
  run.checks.flatMap((state, index) => {
    const note = noteOf(run, state, index);
    return note === undefined ? [] : [{ key: `check ${id} ${index}`, note }];
  });

const noteOf = ({ suite }: Run, { end, samples, answer }: CheckState, index: number): CheckNote | undefined => {
  const check = suite?.checks[index];
  const verdict = end?.as;
  if (suite === undefined || check === undefined || (verdict !== 'fail' && verdict !== 'error')) {
    return undefined;
  }
  const told = samples.findLast(({ outcome }) => outcome === verdict);
  return {
    kind: 'check',
    suite: suite.name,
    check: check.name,
    verdict,
    says: answer?.says ?? told?.says ?? '',
    ...(told?.evidence !== undefined && { evidence: told.evidence }),
    ...(told?.link !== undefined && { link: told.link }),
  };
};
