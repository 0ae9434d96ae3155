import { didYouMean } from '../config/near-name.ts';
import { PROBES } from './suite-of.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';

/** Checks that have one name, do no one thing, or need each other. */
export const nameProblems = ({ yml }: LintedSuite): readonly LintProblem[] => [
  ...notOneProbe(yml.checks),
  ...namesTwice(yml.checks),
  ...needsOfNobody(yml.checks),
  ...needsInCircles(yml.checks),
  ...needsThatDecideNothing(yml.checks),
];

type Checks = LintedSuite['yml']['checks'];

const notOneProbe = (checks: Checks): readonly LintProblem[] =>
  checks.flatMap((check, index): readonly LintProblem[] => {
    const [first, ...others] = PROBES.filter((kind) => check[kind] !== undefined);
    return first === undefined
      ? [{ path: ['checks', index], says: `does nothing: it has one of ${PROBES.join(', ')}` }]
      : others.map((kind) => ({
          path: ['checks', index, kind],
          says: `stands beside "${first}": a check does one thing`,
        }));
  });

const namesTwice = (checks: Checks): readonly LintProblem[] =>
  checks.flatMap(({ name }, index): readonly LintProblem[] => {
    const first = checks.findIndex((check) => check.name === name);
    return first === index
      ? []
      : [
          {
            path: ['checks', index, 'name'],
            says: `is already that of checks[${first}]`,
            dependsOn: [['checks', first, 'name']],
          },
        ];
  });

const needsOfNobody = (checks: Checks): readonly LintProblem[] => {
  const names = checks.map(({ name }) => name);
  return checks.flatMap(({ needs = [] }, index) =>
    needs.flatMap((need, place): readonly LintProblem[] =>
      names.includes(need)
        ? []
        : [
            {
              path: ['checks', index, 'needs', place],
              says: `no check of that name${didYouMean(need, names)}`,
              // Which may be the one that has no name yet.
              dependsOn: checks.map((_, other) => ['checks', other, 'name']),
            },
          ],
    ),
  );
};

const needsInCircles = (checks: Checks): readonly LintProblem[] => {
  const needsOf = (name: string): readonly string[] => checks.find((check) => check.name === name)?.needs ?? [];
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    needsOf(from).some((next) => {
      if (next === to) {
        return true;
      }
      if (seen.has(next)) {
        return false;
      }
      seen.add(next);
      return reaches(next, to, seen);
    });
  return checks.flatMap(({ name }, index): readonly LintProblem[] =>
    reaches(name, name)
      ? [{ path: ['checks', index, 'needs'], says: 'leads back to this check: it would wait for itself' }]
      : [],
  );
};

/** What is skipped decides nothing: by way of such a check a required one would not count. */
const needsThatDecideNothing = (checks: Checks): readonly LintProblem[] =>
  checks.flatMap((check, index) =>
    !decides(check)
      ? []
      : (check.needs ?? []).flatMap((need, place): readonly LintProblem[] => {
          const needed = checks.find(({ name }) => name === need);
          return needed === undefined || decides(needed)
            ? []
            : [
                {
                  path: ['checks', index, 'needs', place],
                  says: `"${need}" decides nothing: if it does not pass, this required check would be skipped`,
                },
              ];
        }),
  );

/** Whether a check is required and enforced. */
const decides = ({ severity, mode }: Checks[number]): boolean => severity !== 'advisory' && mode !== 'observe';
