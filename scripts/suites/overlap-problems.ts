import type { Suite, SuiteMatch } from '../../shared/validation/suite.ts';
import { matchesGlob } from '../../shared/routing/glob.ts';
import { NAMES } from '../../shared/validation/choose-suite.ts';
import { mayMeet } from '../config/may-meet.ts';
import type { Path } from '../config/problem.ts';
import type { CompiledSuite } from './compile-suite.ts';
import { doorsOf, hooksAt } from './doors.ts';
import type { SuiteProblem } from './suite-problem.ts';

/** Suites of one name, and suites between which a hook could not choose. */
export const overlapProblems = (all: readonly CompiledSuite[]): readonly SuiteProblem[] => {
  const read = all.filter(({ isWrongAt }) => !isWrongAt(['name']) && !isWrongAt(['match']));
  return read.flatMap((later, index) =>
    read.slice(0, index).flatMap((earlier): readonly SuiteProblem[] => {
      if (later.suite === undefined || earlier.suite === undefined) {
        return [];
      }
      const told = (path: Path, says: string): SuiteProblem => ({ file: later.file, line: later.lineAt(path), says });
      return [
        ...(later.suite.name === earlier.suite.name
          ? [told(['name'], `name: is already that of ${earlier.file}`)]
          : []),
        ...(matchEqually(later.suite, earlier.suite)
          ? [
              told(
                ['match'],
                `match: matches as well as ${earlier.file} ("${earlier.suite.name}") does, for the same hooks: say more in one of them`,
              ),
            ]
          : []),
      ];
    }),
  );
};

const CRITERIA = ['platform', 'hook', ...NAMES] as const;

/** Whether something may ask for which both rank the same, as shared/validation/choose-suite.ts ranks them. */
const matchEqually = ({ match: a }: Suite, { match: b }: Suite): boolean =>
  criteriaOf(a) === criteriaOf(b) &&
  doorsOf(a).some(
    (door) =>
      doorsOf(b).includes(door) &&
      hooksAt(door, a).some((hook) => hooksAt(door, b).includes(hook)) &&
      door.names
        .map((name) => leads(a[name], b[name]))
        .reduce((sums, next) => sums.flatMap((sum) => next.map((lead) => sum + lead)), [0])
        .includes(0),
  );

const criteriaOf = (match: SuiteMatch): number => CRITERIA.filter((criterion) => match[criterion] !== undefined).length;

/** By how much one of them may be ahead with a name that both match: who names it letter by letter counts one more. */
const leads = (ours: readonly string[] = ['*'], theirs: readonly string[] = ['*']): readonly number[] => {
  const names = [...ours, ...theirs].filter((one) => !isGlob(one));
  const named = names
    .filter((name) => [ours, theirs].every((globs) => globs.some((glob) => matchesGlob(glob, name))))
    .map((name) => Number(ours.includes(name)) - Number(theirs.includes(name)));
  const others = ours.filter(isGlob).some((one) => theirs.filter(isGlob).some((other) => mayMeet(one, other)));
  return [...new Set([...named, ...(others ? [0] : [])])];
};

const isGlob = (name: string): boolean => /[*?]/.test(name);
