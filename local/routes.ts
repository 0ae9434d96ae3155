import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileConfig, ConfigInvalid } from '../scripts/config/compile-config.ts';
import { print, runCommand, UsageError } from './command.ts';
import { readRecordedEvents, readText, Unreadable } from './replay/read-recorded-events.ts';
import { drawRoutes } from './routes/draw-routes.ts';
import { explainEvents } from './routes/explain-events.ts';

const HELP = `Says for recorded events which routes of gatehouse.yml match, and why the others do not.

  npm run routes -- [options] PATH...

A PATH is a file with one event or an array of events, or with one event a line; a folder of such files
(.json, .ndjson, .jsonl); or - for standard input.

  --config FILE    another gatehouse.yml
  --json           one JSON document instead of text
  --help           this text

Exit code: 0 it was said, 1 gatehouse.yml has problems, 2 usage or nothing to read.`;

const CONFIG = join(import.meta.dirname, '../gatehouse.yml');

type Options = { readonly help: boolean; readonly json: boolean; readonly config: string; readonly paths: string[] };

const readOptions = (args: readonly string[]): Options => {
  const { values, positionals: paths } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      config: { type: 'string', default: CONFIG },
    },
  });
  if (!values.help && paths.length === 0) {
    throw new UsageError('Name at least one PATH');
  }
  if (paths.includes('')) {
    throw new UsageError('A PATH is empty');
  }
  if (paths.filter((path) => path === '-').length > 1) {
    throw new UsageError('Standard input can be read once');
  }
  return { ...values, paths };
};

const run = async ({ paths, config: file, json }: Options): Promise<number> => {
  const config = compileConfig(await readText(file), basename(file));
  const events = explainEvents(await readRecordedEvents(paths, process.stdin), config);
  print(json ? JSON.stringify({ events }) : drawRoutes(events, config, process.stdout.isTTY));
  return 0;
};

/** What a person can mend says what it is: a path that leads nowhere, a gatehouse.yml with problems. */
const exitCodeOf = (error: Error): number | undefined =>
  error instanceof Unreadable ? 2 : error instanceof ConfigInvalid ? 1 : undefined;

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf });
