import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { compileConfig, ConfigInvalid } from '../scripts/config/compile-config.ts';
import type { Config } from '../shared/config/config.ts';
import { print, runCommand, UsageError } from './command.ts';
import { drawReplay } from './replay/draw-replay.ts';
import { readRecordedAnswers, recordedJoin, recordedLookUp } from './recorded/recorded-answers.ts';
import { readRecordedEvents, readText, Unreadable } from './replay/read-recorded-events.ts';
import { replayEvents } from './replay/replay-events.ts';
import { scheduleEvents } from './replay/schedule-events.ts';

const HELP = `Replays recorded events through Gatehouse in virtual time: what people would see, and what became of each event.

  npm run replay -- [options] PATH...

A PATH is a file with one event or an array of events, or with one event a line; a folder of such files
(.json, .ndjson, .jsonl); or - for standard input. What SQS gives to Lambda counts as its messages.

  --config FILE    another gatehouse.yml
  --shuffle SEED   the events in another order, decided by the number SEED
  --repeat N       every event N times
  --json           one JSON document instead of drawings
  --help           this text

Exit code: 0 everything came to its end, 1 it did not or gatehouse.yml has problems, 2 usage or nothing to read.`;

const CONFIG = join(import.meta.dirname, '../gatehouse.yml');

const wholeNumber = (option: string, least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,10}$/, `${option} takes a whole number`),
    v.transform(Number),
    v.minValue(least, `${option} takes a whole number from ${least} on`),
    v.maxValue(most, `${option} takes a whole number up to ${most}`),
  );

const Options = v.object({
  help: v.boolean(),
  json: v.boolean(),
  config: v.string(),
  shuffle: v.optional(wholeNumber('--shuffle', 0, 2 ** 32 - 1)),
  repeat: wholeNumber('--repeat', 1, 1000),
  paths: v.array(v.pipe(v.string(), v.nonEmpty('A PATH is empty'))),
});
type Options = v.InferOutput<typeof Options>;

const readOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      config: { type: 'string', default: CONFIG },
      shuffle: { type: 'string' },
      repeat: { type: 'string', default: '1' },
    },
  });
  const options = v.parse(Options, { ...values, paths: positionals });
  if (!options.help && options.paths.length === 0) {
    throw new UsageError('Name at least one PATH');
  }
  if (options.paths.filter((path) => path === '-').length > 1) {
    throw new UsageError('Standard input can be read once');
  }
  return options;
};

/** Shows how far it is, once it takes long enough for anybody to wonder. */
const createProgress = (total: number): { readonly show: (sent: number) => void; readonly clear: () => void } => {
  const { stderr } = process;
  const every = 500;
  return {
    show: (sent) => {
      if (stderr.isTTY && sent % every === 0) {
        stderr.write(`\r${sent} of ${total} events`);
      }
    },
    clear: () => {
      if (stderr.isTTY && total >= every) {
        stderr.write('\r\u001b[K');
      }
    },
  };
};

const run = async ({ paths, config: file, json, shuffle, repeat }: Options): Promise<number> => {
  const config: Config = compileConfig(await readText(file), basename(file));
  const schedule = scheduleEvents(await readRecordedEvents(paths, process.stdin), { repeat, shuffle });
  const progress = createProgress(schedule.events.length);
  const answers = await readRecordedAnswers();
  const aws = { lookUp: recordedLookUp(answers), join: recordedJoin(answers) };
  const replayed = await replayEvents(config, schedule, aws, progress.show);
  progress.clear();
  const names = new Map(Object.entries(config.slack.channels).map(([name, id]) => [id, name]));
  print(json ? JSON.stringify(replayed) : drawReplay(replayed, (id) => names.get(id) ?? id, process.stdout.isTTY));
  return replayed.converged ? 0 : 1;
};

/** What a person can mend says what it is: a path that leads nowhere, a gatehouse.yml with problems. */
const exitCodeOf = (error: Error): number | undefined =>
  error instanceof Unreadable ? 2 : error instanceof ConfigInvalid ? 1 : undefined;

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf });
