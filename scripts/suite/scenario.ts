import * as v from 'valibot';
import { ALLOWANCES } from '../../shared/validation/run.ts';
import type { Allowance } from '../../shared/validation/run.ts';
import { HOOKS } from '../../shared/validation/suite.ts';
import type { Hook, Suite } from '../../shared/validation/suite.ts';
import { didYouMean } from '../config/near-name.ts';
import { pathName } from '../config/problem.ts';
import type { Path, Problem } from '../config/problem.ts';
import { readYaml } from '../config/read-yaml.ts';
import { schemaProblems } from '../config/schema-problems.ts';

/** What a check finds: `hang` never comes back by itself. */
export type Finding = {
  readonly outcome: 'pass' | 'fail' | 'between' | 'nodata' | 'error' | 'hang';
  /** Milliseconds from the begin, from when on every sample is so; left out: it is the next sample. */
  readonly at?: number;
  readonly takesMs: number;
  readonly says?: string;
  readonly value?: string;
  readonly expected?: string;
};

/** What happens while a suite runs: times are milliseconds from its begin. */
export type Scenario = {
  readonly hook?: Hook;
  /** It brings back what ran before. */
  readonly isRollback: boolean;
  readonly allow: readonly Allowance[];
  /** By names of checks; one that is not there passes each time. */
  readonly checks: Readonly<Record<string, readonly Finding[]>>;
  /** `check`: left out, it is about the whole. */
  readonly answers: readonly {
    readonly at: number;
    readonly check?: string;
    readonly verdict: 'approve' | 'reject';
    readonly by: string;
  }[];
  /** From `at` on, for so long, nobody works on it, and what was under way is lost. */
  readonly crashes: readonly { readonly at: number; readonly lastsMs: number }[];
};

/** A scenario cannot be played: every problem with its place. */
export class ScenarioInvalid extends Error {
  override readonly name = 'ScenarioInvalid';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const Duration = v.pipe(
  v.string(),
  v.regex(/^\d{1,5}(?:ms|s|m|h)$/, 'should be a whole number and a unit, like 30s or 5m'),
  v.transform((text) => {
    const [, count = '', unit = ''] = /^(\d+)(\D+)$/.exec(text) ?? [];
    return Number(count) * (UNITS_MS[unit] ?? 0);
  }),
);

const Outcome = v.picklist(['pass', 'fail', 'between', 'nodata', 'error', 'hang']);

const QUICK_MS = 100;

const text = v.exactOptional(v.string());

const FindingYml = v.union([
  v.pipe(
    Outcome,
    v.transform((outcome): Finding => ({ outcome, takesMs: QUICK_MS })),
  ),
  v.pipe(
    v.strictObject({
      outcome: Outcome,
      at: v.exactOptional(Duration),
      takes: v.exactOptional(Duration),
      says: text,
      value: text,
      expected: text,
    }),
    v.transform(({ takes = QUICK_MS, ...finding }): Finding => ({ ...finding, takesMs: takes })),
  ),
]);

const ScenarioYml = v.strictObject({
  hook: v.exactOptional(v.picklist(HOOKS)),
  rollback: v.exactOptional(v.boolean()),
  allow: v.exactOptional(v.array(v.picklist(ALLOWANCES))),
  checks: v.exactOptional(v.record(v.string(), v.pipe(v.array(FindingYml), v.nonEmpty('is empty')))),
  answers: v.exactOptional(
    v.array(
      v.strictObject({
        at: Duration,
        check: text,
        verdict: v.picklist(['approve', 'reject']),
        by: v.exactOptional(v.string()),
      }),
    ),
  ),
  crashes: v.exactOptional(v.array(v.strictObject({ at: Duration, lasts: v.exactOptional(Duration) }))),
});

/** When the sweep has come by and somebody works on it again. */
const SWEPT_MS = 90_000;

/** Reads a scenario for a suite, YAML or JSON. Throws `ScenarioInvalid` with all of its problems at once. */
export const readScenario = (text: string, file: string, suite: Suite): Scenario => {
  const read = readYaml(ScenarioYml, text);
  if ('unreadable' in read) {
    throw new ScenarioInvalid(read.unreadable.map(({ line = 1, says }) => `${file}:${line}  ${says}`));
  }
  const { value, lineAt } = read;
  const parsed = v.safeParse(ScenarioYml, value);
  const problems: readonly Problem[] = [
    ...read.problems,
    ...schemaProblems(ScenarioYml, parsed.issues ?? []),
    ...(parsed.success ? unknownChecks(parsed.output, suite) : []),
  ];
  if (problems.length > 0 || !parsed.success) {
    const lines = problems.map(({ path, says, line = lineAt(path) }) => ({ line, says: `${pathName(path)}: ${says}` }));
    throw new ScenarioInvalid(
      lines.sort((a, b) => a.line - b.line).map(({ line, says }) => `${file}:${line}  ${says}`),
    );
  }
  const { hook, rollback = false, allow = [], checks = {}, answers = [], crashes = [] } = parsed.output;
  return {
    ...(hook !== undefined && { hook }),
    isRollback: rollback,
    allow,
    checks,
    answers: answers.map((answer) => ({ by: 'somebody', ...answer })),
    crashes: crashes.map(({ at, lasts = SWEPT_MS }) => ({ at, lastsMs: lasts })),
  };
};

const unknownChecks = (
  { checks = {}, answers = [] }: v.InferOutput<typeof ScenarioYml>,
  suite: Suite,
): readonly Problem[] => {
  const sampled = suite.checks.filter(({ probe }) => probe.kind !== 'approval').map(({ name }) => name);
  const approvals = suite.checks.filter(({ probe }) => probe.kind === 'approval').map(({ name }) => name);
  const unless = (known: readonly string[], name: string, path: Path, what: string): readonly Problem[] =>
    known.includes(name) ? [] : [{ path, says: `${suite.name} has no ${what} of that name${didYouMean(name, known)}` }];
  return [
    ...Object.keys(checks).flatMap((name) => unless(sampled, name, ['checks', name], 'check to be sampled')),
    ...answers.flatMap(({ check }, index) =>
      check === undefined ? [] : unless(approvals, check, ['answers', index, 'check'], 'approval'),
    ),
  ];
};
