import type { Config, EnvironmentMatch, GatePolicy } from '../../shared/config/config.ts';
import { matchesGlob } from '../../shared/routing/glob.ts';
import type { Allowance } from '../../shared/validation/run.ts';
import { BAKE } from '../../shared/validation/suite.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { mayMeet } from '../config/may-meet.ts';
import type { Path } from '../config/problem.ts';
import { DOORS, doorsOf } from './doors.ts';
import type { Door } from './doors.ts';
import { mayBeInconclusive } from './limit-problems.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';

/** A suite of which nothing counts: no verdict of it would be one. */
export const noSayProblems = ({ suite, config }: LintedSuite): readonly LintProblem[] =>
  suite.checks.some(({ severity, mode }) => severity === 'required' && mode === 'enforce') ||
  isAllowed('empty', suite, config)
    ? []
    : [
        {
          path: ['checks'],
          says: 'hold none that is required and enforced: whatever they find, the suite would have tested nothing',
        },
      ];

/** Decisions that can never be made. */
export const decisionProblems = (linted: LintedSuite): readonly LintProblem[] => [
  ...neverInconclusive(linted),
  ...neverAsked(linted),
  ...askedNobody(linted),
  ...askedTooLate(linted),
];

const neverInconclusive = ({ suite: { checks, decide } }: LintedSuite): readonly LintProblem[] =>
  decide.inconclusive === 'rollback' || checks.length === 0 || checks.some(mayBeInconclusive)
    ? []
    : [
        {
          path: ['decide', 'inconclusive'],
          says: 'can never come to pass: every check passes, fails or errs',
          dependsOn: [['checks']],
        },
      ];

/** What a suite asks for that no platform has together, and hooks that never come. */
const neverAsked = ({ suite: { match } }: LintedSuite): readonly LintProblem[] => {
  const { hook = [], ...names } = match;
  const doors = doorsOf(names);
  if (doors.length === 0) {
    return [{ path: ['match'], says: `matches nothing: ${DOORS.map(wordsOf).join('; ')}` }];
  }
  return hook.flatMap((one, place): readonly LintProblem[] =>
    doors.some(({ hooks }) => hooks.includes(one))
      ? []
      : [{ path: ['match', 'hook', place], says: `never comes for ${doors.map(hooksOf).join('; ')}` }],
  );
};

const wordsOf = ({ platform, names, hooks }: Door): string =>
  `${platform} has ${[...names, ...(hooks.length > 0 ? ['hook'] : [])].join(', ')}`;

const hooksOf = ({ platform, hooks }: Door): string =>
  `${platform}, which has ${hooks.length === 0 ? 'none' : hooks.join(', ')}`;

/** Nothing waits for an approval where traffic moves by itself. */
const askedTooLate = ({ suite: { match }, checks }: LintedSuite): readonly LintProblem[] =>
  match.hook?.includes(BAKE) === true
    ? checks.flatMap(({ index, check }) =>
        check.probe.kind === 'approval'
          ? [
              {
                path: ['checks', index, 'approval'],
                says: `has no meaning at ${BAKE}: the traffic moves on whether people approve or not. Ask them at BeforeAllowTraffic`,
                dependsOn: [['match', 'hook']],
              },
            ]
          : [],
      )
    : [];

const askedNobody = ({ suite, checks, config }: LintedSuite): readonly LintProblem[] => {
  if (config === undefined || (config.gates ?? []).some((gate) => isAskedBy(gate, suite))) {
    return [];
  }
  const says = `asks people, and there is nobody to ask: no gate of gatehouse.yml has match.suite for "${suite.name}"`;
  const asking: readonly Path[] = [
    ...(['inconclusive', 'error'] as const).flatMap((verdict) =>
      suite.decide[verdict] === 'ask' ? [['decide', verdict]] : [],
    ),
    ...checks.flatMap(({ index, check }) => (check.probe.kind === 'approval' ? [['checks', index, 'approval']] : [])),
  ];
  return asking.map((path) => ({ path, says, dependsOn: [['name'], ['match']] }));
};

const isAskedBy = ({ match }: GatePolicy, suite: Suite): boolean =>
  match.suite?.some((glob) => matchesGlob(glob, suite.name)) === true && mayMeanSuite(match, suite);

/** Whether what is asked of a rollout's names may hold where a suite runs. */
const mayMeanSuite = (match: EnvironmentMatch, suite: Suite): boolean =>
  doorsOf(suite.match).some(({ names }) =>
    PLACES.every(
      (place) =>
        (match[place] ?? []).length === 0 || (names.includes(place) && mayBeOf(match[place], suite.match[place])),
    ),
  );

const PLACES = ['application', 'group', 'cluster', 'service', 'pipeline'] as const;

const mayBeOf = (ours: readonly string[] | undefined, theirs: readonly string[] | undefined): boolean =>
  ours === undefined || theirs === undefined || ours.some((one) => theirs.some((other) => mayMeet(one, other)));

/** What a suite says that counts for nothing unless the owner of the environment allows it. */
export const looseningWarnings = ({ suite, checks, config }: LintedSuite): readonly LintProblem[] => {
  const loosening: readonly (readonly [Allowance, Path])[] = [
    ...(suite.mode === 'observe' ? [['observe', ['mode']] as const] : []),
    ...(suite.decide.inconclusive === 'continue'
      ? [['inconclusive-continue', ['decide', 'inconclusive']] as const]
      : []),
    ...(suite.decide.deadline === 'continue' ? [['deadline-continue', ['decide', 'deadline']] as const] : []),
    ...checks.flatMap(({ index, check }) => [
      ...(check.mode === 'observe' ? [['observe', ['checks', index, 'mode']] as const] : []),
      ...(check.between === 'pass' ? [['between-pass', ['checks', index, 'compare', 'between']] as const] : []),
      ...(check.onNoData === 'pass' ? [['no-data-pass', ['checks', index, 'onNoData']] as const] : []),
    ]),
  ];
  return config === undefined
    ? []
    : loosening
        .filter(([allowance]) => !isAllowed(allowance, suite, config))
        .map(([allowance, path]) => ({
          path,
          says: `counts for nothing: the strict way is taken. The owner of the environment allows it in gatehouse.yml, under validation.rules: { name: ..., match: { suite: ${suite.name} }, allow: [${allowance}] }`,
        }));
};

/** Whether some rule of `gatehouse.yml` may allow it where the suite runs. */
const isAllowed = (allowance: Allowance, suite: Suite, config: Config | undefined): boolean =>
  (config?.validation?.rules ?? []).some(
    ({ match, allow }) =>
      allow.includes(allowance) &&
      (match.suite === undefined || match.suite.some((glob) => matchesGlob(glob, suite.name))) &&
      mayMeanSuite(match, suite),
  );
