import { askFor } from '../delivery/ask-for.ts';
import { noteWanted, wanted } from '../delivery/delivery.ts';
import type { CheckNote } from '../delivery/note.ts';
import type { WakeUp } from '../delivery/wake-up.ts';
import { rolloutItem } from '../rollout/stored-rollout.ts';
import type { StoredRollout } from '../rollout/stored-rollout.ts';
import type { ChangeItem, Step } from '../store/change-item.ts';
import { rolloutKey, rolloutPk } from '../store/keys.ts';
import type { RunAt } from './drive-run.ts';
import type { CheckState, Run } from './run.ts';
import { BAKE } from './suite.ts';
import { summaryOf } from './run-summary.ts';
import type { RunSummary } from './run-summary.ts';

type ShowDeps = {
  readonly changeItem: ChangeItem;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly clock: { readonly now: () => number };
};

/** What only figures tell is shown so often at most: Slack takes about fifty edits a minute in a workspace. */
const FIGURES_MS = 30_000;

/** How many runs a rollout keeps in mind; it has five hooks at most, but a bake may have a hundred steps. */
const MOST_MARKS = 20;

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
    const { channels } = stored;
    const known = stored.validations?.[id];
    const validations = withRoom(stored.validations ?? {}, id);
    const summary = summaryOf(run);
    const isOlder = known !== undefined && rev <= known.rev;
    const isQuiet = known !== undefined && isSameVerdict(known.summary, summary) && now - known.at < FIGURES_MS;
    const isFull = known === undefined && Object.keys(validations).length >= MOST_MARKS;
    if (isOlder || isQuiet || isFull) {
      return { outcome: { channels, isNews: isOlder && rev === known.rev } };
    }
    return {
      body: {
        ...stored,
        validations: { ...validations, [id]: { rev, at: now, since: run.startedAt, summary } },
      },
      outcome: { channels, isNews: true },
    };
  };

/** Where there are too many, the oldest step of a bake makes room that stopped nothing. */
const withRoom = (marks: Marks, id: string): Marks => {
  if (marks[id] !== undefined || Object.keys(marks).length < MOST_MARKS) {
    return marks;
  }
  const [oldest] = Object.entries(marks)
    .filter(([, { summary }]) => summary.hook?.startsWith(`${BAKE} `) === true && PASSED.includes(summary.state))
    .sort(([, a], [, b]) => a.since - b.since);
  return oldest === undefined ? marks : Object.fromEntries(Object.entries(marks).filter(([one]) => one !== oldest[0]));
};

type Marks = NonNullable<StoredRollout['validations']>;

const PASSED: readonly RunSummary['state'][] = ['continue', 'overtaken'];

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
