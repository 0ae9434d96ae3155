import { createHash } from 'node:crypto';
import type { Config } from '../../shared/config/config.ts';
import type { JsonValue } from '../../shared/validation/json-value.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { pathName } from '../config/problem.ts';
import type { Path, Problem } from '../config/problem.ts';
import { readYaml } from '../config/read-yaml.ts';
import { withoutSecrets } from '../config/secret-literals.ts';
import { lintSuite } from './lint-suite.ts';
import { readPayload } from './read-payload.ts';
import type { ReadFile } from './read-payload.ts';
import { checksOf, suiteOf } from './suite-of.ts';
import { SuiteInvalid } from './suite-problem.ts';
import type { SuiteProblem } from './suite-problem.ts';
import { SuiteYml } from './suite-yml.ts';
import { isWithin, usableParts } from './usable-parts.ts';

/** What a file of `suites/` comes to. */
export type CompiledSuite = {
  readonly file: string;
  /** What can be made of it whatever else is wrong; to be used only without problems. */
  readonly suite?: Suite;
  readonly problems: readonly SuiteProblem[];
  /** What can be used and yet may not be what was meant. */
  readonly warnings: readonly SuiteProblem[];
  readonly lineAt: (path: Path) => number;
  /** Whether what is at a path, or in it, cannot be used as it is written. */
  readonly isWrongAt: (path: Path) => boolean;
};

export type Surroundings = {
  /** What the owner of the environment lets suites do. Left out: what depends on it is not looked at. */
  readonly config?: Config;
  /** Reads a file by its path from the suite's; undefined when it is not there. */
  readonly readFile?: ReadFile;
};

/** How many bytes a suite may have, as a file and compiled: it is kept with each of its runs, in one item of the table. */
const MOST_BYTES = 60_000;

/** So that a check whose function is no name has its other mistakes told as well. */
const STAND_INS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['name', 'unnamed'],
  ['checks', []],
  ['checks.*.name', 'unnamed'],
  ['checks.*.invoke.function', 'unnamed'],
  ['checks.*.lambda.function', 'unnamed'],
  ['checks.*.http.steps.*.url', 'https://unnamed/'],
  ['checks.*.alarms.names', ['unnamed']],
  ['checks.*.metric.namespace', 'unnamed'],
  ['checks.*.metric.metric', 'unnamed'],
  ['checks.*.metric.stat', 'Sum'],
  ['checks.*.compare.kind', 'ratio'],
  ['checks.*.compare.baseline', 'before-deployment:30m'],
  ['checks.*.compare.tolerate', { absolute: 0 }],
  ...['bad', 'all', 'series'].flatMap((key): readonly [string, unknown][] => [
    [`checks.*.compare.${key}.namespace`, 'unnamed'],
    [`checks.*.compare.${key}.metric`, 'unnamed'],
  ]),
  ['checks.*.logs.group', 'unnamed'],
  ['checks.*.logs.pattern', 'unnamed'],
  ['checks.*.targetHealth.targetGroup', 'unnamed'],
  ['checks.*.calendar.hours.*.tz', 'UTC'],
  ['checks.*.expect.*.path', '@'],
  ['checks.*.expect.*.op', 'exists'],
]);

/** Compiles the text of a file of `suites/`. Throws `SuiteInvalid` with all of its problems at once. */
export const compileSuite = (text: string, file: string, surroundings: Surroundings = {}): Suite => {
  const { suite, problems } = readSuite(text, file, surroundings);
  if (suite === undefined || problems.length > 0) {
    throw new SuiteInvalid(problems);
  }
  return suite;
};

/** Reads the text of a file of `suites/` and finds out all that is wrong with it. Never throws. */
export const readSuite = (text: string, file: string, { config, readFile }: Surroundings): CompiledSuite => {
  if (Buffer.byteLength(text) > MOST_BYTES) {
    return refused(file, [{ says: `the file: is longer than ${MOST_BYTES} bytes` }]);
  }
  const read = readYaml(SuiteYml, text);
  if ('unreadable' in read) {
    return refused(file, read.unreadable);
  }
  const { output, problems: unusable, written } = usableParts(SuiteYml, read.value, STAND_INS);
  const found: Problem[] = [...unusable, ...read.problems];
  const placed = ({ path, says, line = read.lineAt(path) }: Problem): SuiteProblem => ({
    file,
    line,
    says: withoutSecrets(`${pathName(path)}: ${says}`),
  });
  if (output === undefined) {
    return { ...refused(file, []), problems: found.map(placed), lineAt: read.lineAt };
  }
  const payloads = new Map<string, JsonValue>();
  for (const [index, { invoke }] of output.checks.entries()) {
    if (invoke?.payloadFrom !== undefined) {
      const payload = readPayload(invoke.payloadFrom, readFile);
      if (payload.kind === 'read') {
        payloads.set(invoke.payloadFrom, payload.value);
      } else {
        found.push({ path: written(['checks', index, 'invoke', 'payloadFrom']), says: payload.says });
      }
    }
  }
  const checks = checksOf(output, payloads);
  const suite = suiteOf(output, checks, hashOf(text, payloads));
  if (Buffer.byteLength(JSON.stringify(suite)) > MOST_BYTES) {
    found.push({ path: [], says: `with what it refers to, it is longer than ${MOST_BYTES} bytes` });
  }
  const linted = lintSuite({ yml: output, suite, checks, ...(config !== undefined && { config }) });
  // What has a mistake in it may only seem to be wrong as a whole.
  const isOwn = ({ path, dependsOn = [] }: (typeof linted.problems)[number]): boolean =>
    [path, ...dependsOn].map(written).every((place) => !found.some((other) => isWithin(other.path, place)));
  const told = (list: typeof linted.problems): readonly Problem[] =>
    list.filter(isOwn).map(({ path, says }) => ({ path: written(path), says }));
  return {
    file,
    suite,
    problems: [...found, ...told(linted.problems)].map(placed).sort(byLine),
    warnings: told(linted.warnings).map(placed).sort(byLine),
    lineAt: read.lineAt,
    isWrongAt: (path) => found.some((problem) => isWithin(problem.path, path)),
  };
};

const byLine = (a: SuiteProblem, b: SuiteProblem): number => a.line - b.line;

const refused = (
  file: string,
  problems: readonly { readonly line?: number; readonly says: string }[],
): CompiledSuite => ({
  file,
  problems: problems.map(({ line = 1, says }) => ({ file, line, says: withoutSecrets(says) })),
  warnings: [],
  lineAt: () => 1,
  isWrongAt: () => true,
});

/** Of the file, and of the payload files that became part of the suite. */
const hashOf = (text: string, payloads: ReadonlyMap<string, JsonValue>): string => {
  const hash = createHash('sha256').update(text);
  for (const payload of payloads.values()) {
    hash.update(`\0${JSON.stringify(payload)}`);
  }
  return hash.digest('hex');
};
