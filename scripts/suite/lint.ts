import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../../shared/config/config.ts';
import type { Probe, Suite, SuiteMatch } from '../../shared/validation/suite.ts';
import { compileConfig, ConfigInvalid } from '../config/compile-config.ts';
import type { CompiledSuite } from '../suites/compile-suite.ts';
import { doorsOf } from '../suites/doors.ts';
import { ofNoSuite, readSuites, suiteFiles } from '../suites/load-suites.ts';
import type { SuiteFile } from '../suites/load-suites.ts';
import { forecastLines } from '../suites/forecasts.ts';
import { withVars } from '../suites/probe-problems.ts';
import { secretsOf } from '../suites/suite-permissions.ts';
import { problemLine } from '../suites/suite-problem.ts';
import { spell, worstCaseOf } from '../suites/time-problems.ts';
import type { SuiteCommand } from './suite-command.ts';

const HELP = `Says what is wrong with suites: what packaging would refuse, and what counts for nothing. Asks and sends nothing.

  npm run suite -- lint [options] [PATH...]

A PATH is a file or a folder of files (.yml, .yaml). None: suites/

  --config FILE    another gatehouse.yml to hold them against
  --json           one JSON document instead of text
  --help           this text

Exit code: 0 nothing is wrong, 1 there are problems, 2 usage or nothing to read.`;

const ROOT = join(import.meta.dirname, '../..');

const OPTIONS = {
  config: { type: 'string', default: join(ROOT, 'gatehouse.yml') },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const readOptions = (args: readonly string[]) => {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  return { ...values, paths: positionals };
};

/** `npm run suite -- lint`. */
export const lintSuites: SuiteCommand = async (args, { print, tell }) => {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args);
  } catch (error) {
    tell(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    print(HELP);
    return 0;
  }
  const { paths, config: file, json } = options;
  let files: readonly SuiteFile[];
  let config: Config;
  try {
    files = await filesAt(paths);
    config = compileConfig(await readFile(file, 'utf8'), basename(file));
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    return error instanceof ConfigInvalid ? 1 : 2;
  }
  if (files.length === 0) {
    tell(`There is no suite in ${paths.length === 0 ? 'suites/' : paths.join(', ')}`);
    return 2;
  }
  const read = await readSuites(files, config);
  print(json ? asJson(read) : asText(read, paths.length === 0 ? ofNoSuite(config, read) : []));
  return read.some(({ problems }) => problems.length > 0) ? 1 : 0;
};

const filesAt = async (paths: readonly string[]): Promise<readonly SuiteFile[]> => {
  if (paths.length === 0) {
    return suiteFiles(join(ROOT, 'suites'));
  }
  const found = await Promise.all(
    paths.map(async (path) => ((await stat(path)).isDirectory() ? suiteFiles(path, path) : [{ path, name: path }])),
  );
  return found.flat();
};

const asJson = (read: readonly CompiledSuite[]): string =>
  JSON.stringify({
    suites: read.map(({ file, suite, problems, warnings }) => ({
      file,
      problems,
      warnings,
      ...(suite !== undefined &&
        problems.length === 0 && { suite, worstCaseMs: worstCaseOf(suite), may: mayOf(suite) }),
    })),
  });

const asText = (read: readonly CompiledSuite[], notes: readonly string[]): string => {
  const problems = read.flatMap((one) => one.problems);
  const warnings = read.flatMap((one) => one.warnings);
  const fine = read.filter((one) => one.problems.length === 0).flatMap(({ suite }) => suite ?? []);
  return [
    ...problems.map(problemLine),
    ...warnings.map((one) => problemLine({ ...one, says: `warning: ${one.says}` })),
    ...notes.map((note) => `warning: ${note}`),
    ...(problems.length + warnings.length + notes.length > 0 ? [''] : []),
    ...fine.flatMap(drawSuite),
    countOf(read.length, problems.length),
  ].join('\n');
};

const countOf = (suites: number, problems: number): string => {
  const of = suites === 1 ? '1 suite' : `${suites} suites`;
  return `${of}: ${problems === 0 ? 'nothing is wrong' : problems === 1 ? '1 problem' : `${problems} problems`}`;
};

const drawSuite = (suite: Suite): readonly string[] => {
  return [
    suite.name,
    `  for   ${doorOf(suite.match)}`,
    `  time  at most ${spell(worstCaseOf(suite))} of ${spell(suite.budget.totalMs)}, if nothing errs`,
    `  may   ${mayOf(suite).join('; ')}`,
    ...forecastLines(suite).map((line, index) => `  ${index === 0 ? 'see ' : '    '}  ${line}`),
    '',
  ];
};

/** Where it is asked for, by what can be told apart there. */
const doorOf = (match: SuiteMatch): string => {
  const { platform, hook } = match;
  const [door] = doorsOf(match);
  const names = door?.names ?? ['application', 'group'];
  return [
    platform ?? 'any platform',
    names.map((name) => any(match[name])).join(' / '),
    ...(door?.hooks.length === 0 ? [] : [hook?.join(', ') ?? 'any hook']),
  ].join(', ');
};

const any = (names: readonly string[] | undefined): string => names?.join(', ') ?? '*';

/** What a suite may do: its permissions, and where it goes. */
const mayOf = (suite: Suite): readonly string[] => {
  const may = suite.checks.map(({ probe }) => deedOf(probe, suite.vars));
  const secrets = [...secretsOf([suite])];
  return [...new Set([...may.flat(), ...secrets.map((name) => `read the secret "${name}"`)])].sort();
};

const deedOf = (probe: Probe, vars: Suite['vars']): readonly string[] => {
  switch (probe.kind) {
    case 'invoke':
      return [`invoke versions of ${probe.function}`];
    case 'lambda':
      return [`invoke ${probe.function}`];
    case 'http':
      return probe.steps.map(({ url }) => `call ${placeOf(withVars(url, vars))}`);
    case 'metric':
    case 'compare':
      return ['read metrics'];
    case 'alarms':
      return ['read alarms'];
    case 'calendar':
      return probe.ssm.map((name) => `read the change calendar ${name}`);
    case 'targetHealth':
      return ['read target groups'];
    case 'logs':
      return [`read the log ${withVars(probe.group, vars)}`];
    case 'approval':
      return ['ask people'];
  }
};

const placeOf = (url: string): string => /^https?:\/\/(?:\$\{[^}]*\}|[^/?#])*/.exec(url)?.[0] ?? url;
