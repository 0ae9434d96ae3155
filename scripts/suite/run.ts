import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { STSClient } from '@aws-sdk/client-sts';
import * as v from 'valibot';
import type { AwsConnection } from '../../shared/aws/aws-client.ts';
import type { Config } from '../../shared/config/config.ts';
import { formatDuration } from '../../shared/message/duration.ts';
import { createTakeSample } from '../../shared/probe/take-sample.ts';
import { systemClock } from '../../shared/system-clock.ts';
import { summaryOf } from '../../shared/validation/run-summary.ts';
import type { Run, Sample } from '../../shared/validation/run.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { compileConfig } from '../config/compile-config.ts';
import { placeOptions, placeSettings, PLACE_HELP, readPlace } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { findSuite } from '../suites/find-suite.ts';
import { runVariables } from '../suites/run-variables.ts';
import { namesIn } from '../suites/template-problems.ts';
import { approvalsOf, runAtDesk, withoutApprovals } from './desk-run.ts';
import type { SuiteCommand } from './suite-command.ts';

const HELP = `Takes the samples of one suite from this desk, against what is really there, and says what it would come to.
Nobody is told a verdict, and nobody is asked: approvals are skipped.

  npm run suite -- run SUITE --var new.version=7 [--var NAME=VALUE...] [options]

  SUITE            the name of a suite of suites/, or a file
  --var NAME=VALUE what a hook would find out: function.name, old.version, new.version, ...; or another value for one
                   of the suite's own
  --since MINUTES  so long ago the deployment is taken to have begun, for metrics and alarms (0)
  --config FILE    another gatehouse.yml: it says which hosts may be asked, and where secrets are
${PLACE_HELP}
  --json           one JSON document instead of text
  --help           this text

Calls are made with your own AWS credentials, from the environment or a profile. What only a rule of gatehouse.yml could
allow counts as not allowed. Of the local stack LOCAL_HOSTS says which hosts are on this machine, as npm start prints it.

Exit code: 0 it would go on, 1 it would be rolled back or people would be asked, 2 usage or nothing to run.`;

const ROOT = join(import.meta.dirname, '../..');

const OPTIONS = {
  ...placeOptions,
  var: { type: 'string', multiple: true },
  since: { type: 'string', default: '0' },
  config: { type: 'string', default: join(ROOT, 'gatehouse.yml') },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const Hosts = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.pipe(v.string(), v.url())));

const readOptions = (args: readonly string[], environment: Environment) => {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  const [name, ...others] = positionals;
  if (!values.help && (name === undefined || others.length > 0)) {
    throw new Error('It runs one suite: say which');
  }
  if (!/^\d{1,4}$/.test(values.since)) {
    throw new Error('--since takes a number of minutes');
  }
  const variables = (values.var ?? []).map((text) => {
    const [, key, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw new Error(`--var takes NAME=VALUE, not ${text}`);
    }
    return [key, value] as const;
  });
  const { help, json, config } = values;
  const place = readPlace(values, environment);
  return {
    help,
    json,
    config,
    place,
    name: name ?? '',
    variables: Object.fromEntries(variables),
    sinceMs: Number(values.since) * 60_000,
  };
};

type Environment = Readonly<Record<string, string | undefined>>;

/** `npm run suite -- run`. */
export const runSuite = async (
  args: Parameters<SuiteCommand>[0],
  { print, tell }: Parameters<SuiteCommand>[1],
  environment: Environment = process.env,
): Promise<number> => {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args, environment);
  } catch (error) {
    tell(`${messageOf(error)}\n\n${HELP}`);
    return 2;
  }
  const { name, place, json, sinceMs } = options;
  if (options.help) {
    print(HELP);
    return 0;
  }
  let config: Config;
  let suite: Suite;
  try {
    config = compileConfig(await readFile(options.config, 'utf8'), basename(options.config));
    suite = await findSuite(name, config);
  } catch (error) {
    tell(messageOf(error));
    return 2;
  }
  const variables = { ...given(suite, place), ...options.variables };
  const missing = missingOf(suite, variables);
  if (missing.length > 0) {
    tell(`${suite.name} needs ${missing.map((one) => `--var ${one}=...`).join(' ')}`);
    return 2;
  }
  const run = await sampleAll(suite, { config, place, variables, sinceMs, environment }, json ? () => undefined : tell);
  print(json ? asJson(suite, run) : asText(suite, run));
  return run.state.kind !== 'asking' && summaryOf(run).state === 'continue' ? 0 : 1;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a desk knows by itself: where it looks, and what a suite matches letter by letter. */
const given = ({ match }: Suite, { region }: Place): Readonly<Record<string, string>> => {
  const only = (names: readonly string[] | undefined): string | undefined =>
    names?.length === 1 && !/[*?]/.test(names[0] ?? '') ? names[0] : undefined;
  const { platform, ...names } = match;
  const known = Object.entries(names).flatMap(([name, globs]): readonly (readonly [string, string])[] => {
    const one = only(globs);
    return one === undefined ? [] : [[name, one]];
  });
  return { region, ...Object.fromEntries(known) };
};

const missingOf = (suite: Suite, variables: Readonly<Record<string, string>>): readonly string[] => {
  const names = namesIn(JSON.stringify(withoutApprovals(suite).checks));
  return [...new Set(names)].filter((name) => runVariables().includes(name) && !Object.hasOwn(variables, name)).sort();
};

type Surroundings = {
  readonly config: Config;
  readonly place: Place;
  readonly variables: Readonly<Record<string, string>>;
  readonly sinceMs: number;
  readonly environment: Environment;
};

const sampleAll = async (
  suite: Suite,
  { config, place, variables, sinceMs, environment }: Surroundings,
  tell: (text: string) => void,
): Promise<Run> => {
  const { http = { hosts: [], privateHosts: [], ports: [] }, secrets = {} } = config.validation ?? {};
  const takeSample = createTakeSample({
    connection: await connectionAt(place, environment),
    http,
    secrets,
    localHosts: place.local === undefined ? undefined : localHostsOf(environment['LOCAL_HOSTS']),
    clock: systemClock,
  });
  const held = withoutApprovals(suite);
  const asking = approvalsOf(suite);
  tell(
    `Running ${suite.name} in ${place.local ?? place.region}, for ${formatDuration(suite.budget.totalMs)} at most …`,
  );
  asking.forEach((one) => {
    tell(`         ${one}: skipped here, for only people can decide it`);
  });
  return runAtDesk(
    { suite: held, variables, sinceMs },
    {
      takeSample,
      clock: systemClock,
      random: Math.random,
      hear: (index, sample, taken) => {
        const check = held.checks[index];
        const time = new Date(sample.at).toISOString().slice(11, 19);
        tell(`${time} ${check?.name ?? ''} (${taken} of ${check?.sample.count ?? 0}): ${tellSample(sample)}`);
      },
    },
  );
};

const tellSample = ({ outcome, says, tookMs }: Sample): string => `${outcome} in ${tookMs} ms: ${says}`;

const localHostsOf = (text: string | undefined): Readonly<Record<string, string>> | undefined =>
  text === undefined ? undefined : v.parse(Hosts, text);

/** Credentials are found as the AWS CLI finds them. */
const connectionAt = async (place: Place, environment: Environment): Promise<AwsConnection> => {
  const { accessKeyId, secretAccessKey, sessionToken } = await new STSClient(placeSettings(place)).config.credentials();
  return {
    region: place.region,
    urlSuffix: place.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com',
    endpoint: place.local ?? environment['AWS_ENDPOINT_URL'],
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
  };
};

/** What the checks came to here, where nobody is told and nobody is asked. */
const verdictOf = (suite: Suite, run: Run): string => {
  const asking = approvalsOf(suite);
  const { state, says } = summaryOf(run);
  const verdict =
    run.state.kind === 'asking'
      ? 'People would be asked: the checks could not say.'
      : `${state === 'continue' ? 'It would go on' : 'It would be rolled back'}: ${says}`;
  return asking.length === 0 ? verdict : `${verdict} Nobody was asked about ${asking.join(', ')}: skipped here.`;
};

const asJson = (suite: Suite, run: Run): string =>
  JSON.stringify({
    suite: suite.name,
    hash: suite.hash,
    action: run.state.kind === 'asking' ? 'ask' : summaryOf(run).state,
    says: verdictOf(suite, run),
    variables: run.variables,
    checks: summaryOf(run).checks.map((check, index) => ({ ...check, samples: run.checks[index]?.samples ?? [] })),
    skippedHere: approvalsOf(suite),
  });

const MARKS: Readonly<Record<string, string>> = { pass: '✓', fail: '✗' };

const asText = (suite: Suite, run: Run): string => {
  const lines = summaryOf(run).checks.flatMap(({ name, verdict, says, advisory }, index) => {
    const evidence = run.checks[index]?.samples.findLast((sample) => sample.evidence !== undefined)?.evidence;
    return [
      `${MARKS[verdict] ?? '-'} ${name}: ${verdict}${advisory ? ' (advisory)' : ''}${says === undefined ? '' : `, ${says}`}`,
      ...(verdict === 'pass' || evidence === undefined ? [] : evidence.split('\n').map((line) => `    ${line}`)),
    ];
  });
  const skipped = approvalsOf(suite).map((name) => `- ${name}: skipped here`);
  return ['', ...lines, ...skipped, '', verdictOf(suite, run)].join('\n');
};
