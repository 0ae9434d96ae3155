import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { summaryOf } from '../../shared/validation/run-summary.ts';
import { compileConfig } from '../config/compile-config.ts';
import { findSuite } from '../suites/find-suite.ts';
import { clockOf, playScenario } from './play-scenario.ts';
import type { Played } from './play-scenario.ts';
import { readScenario } from './scenario.ts';
import type { SuiteCommand } from './suite-command.ts';

const HELP = `Plays a suite in virtual time, by what a scenario says that its checks find. Asks and sends nothing.

  npm run suite -- simulate SUITE --scenario FILE [options]

  SUITE            the name of a suite of suites/, or a file
  --scenario FILE  YAML or JSON: what checks find, what people answer, when workers are lost; docs/validation.md has all
  --config FILE    another gatehouse.yml to hold the suite against
  --json           one JSON document instead of text
  --help           this text

A scenario in short, all of it may be left out:

  checks:
    health: [pass, { outcome: fail, says: status 500 }, pass]   # one sample after the other, the last for ever
    latency: [{ at: 5m, outcome: nodata }]                      # from then on; pass, fail, between, nodata, error or hang
  answers: [{ at: 3m, check: go-ahead, verdict: approve, by: Ada }]
  crashes: [{ at: 1m, lasts: 90s }]
  allow: [deadline-continue]                                    # what a rule of gatehouse.yml would allow
  rollback: false

Exit code: 0 it goes on, 1 it is rolled back, 2 usage or nothing to play.`;

const ROOT = join(import.meta.dirname, '../..');

const OPTIONS = {
  scenario: { type: 'string' },
  config: { type: 'string', default: join(ROOT, 'gatehouse.yml') },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const readOptions = (args: readonly string[]) => {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  const [name, ...others] = positionals;
  if (!values.help && (name === undefined || others.length > 0)) {
    throw new Error('It plays one suite: say which');
  }
  if (!values.help && values.scenario === undefined) {
    throw new Error('It plays a scenario: say which by --scenario FILE');
  }
  return { ...values, name: name ?? '', scenario: values.scenario ?? '' };
};

/** `npm run suite -- simulate`. */
export const simulateSuite: SuiteCommand = async (args, { print, tell }) => {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args);
  } catch (error) {
    tell(`${messageOf(error)}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    print(HELP);
    return 0;
  }
  let played: Played;
  try {
    const config = compileConfig(await readFile(options.config, 'utf8'), basename(options.config));
    const suite = await findSuite(options.name, config);
    played = playScenario(suite, readScenario(await readFile(options.scenario, 'utf8'), options.scenario, suite));
  } catch (error) {
    tell(messageOf(error));
    return 2;
  }
  print(options.json ? asJson(played) : asText(played));
  const { state } = played.run;
  return 'conclusion' in state && state.conclusion.action === 'continue' ? 0 : 1;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const asText = ({ run, timeline }: Played): string => {
  const width = Math.max(...summaryOf(run).checks.map(({ name }) => name.length));
  return [
    ...timeline.map(({ at, says }) => `${clockOf(at)}  ${says}`),
    '',
    ...summaryOf(run).checks.map(({ name, verdict, advisory, taken, count, says }) =>
      [
        `  ${name.padEnd(width)}  ${verdict}${advisory ? ' (does not count)' : ''}`,
        `${taken} of ${count} samples`,
        ...(says === undefined ? [] : [says]),
      ].join(', '),
    ),
    '',
    summaryOf(run).state === 'continue' ? 'It goes on.' : 'It is rolled back.',
  ].join('\n');
};

const asJson = ({ run, timeline }: Played): string =>
  JSON.stringify({
    ...summaryOf(run),
    ...('conclusion' in run.state && { conclusion: run.state.conclusion }),
    timeline,
  });
