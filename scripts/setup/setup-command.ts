import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { print, runCommand, tell } from '../../local/command.ts';
import { drawRows } from './draw-rows.ts';
import { placeOptions, readPlace } from './place.ts';
import type { Place } from './place.ts';
import { readRepository } from './repository.ts';
import type { Repository } from './repository.ts';
import { exitCodeOfRows } from './row.ts';
import type { Row } from './row.ts';

type Options = { readonly help: boolean; readonly json: boolean; readonly place: Place };

const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...placeOptions,
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  return { help: values.help, json: values.json, place: readPlace(values, process.env) };
};

/** Runs a command that does something about a stage and says by rows what came of it. Resolves with the exit code. */
export const runSetupCommand = (command: {
  readonly help: string;
  /** What it does, in a word: "Looking at". */
  readonly doing: string;
  readonly work: (place: Place, repository: Repository) => Promise<readonly Row[]>;
}): Promise<number> =>
  runCommand({
    help: command.help,
    readOptions,
    run: async ({ place, json }: Options) => {
      const { stage, region, local } = place;
      if (!json) {
        tell(`${command.doing} stage ${stage} in ${local ?? region} …\n`);
      }
      const repository = await readRepository(join(import.meta.dirname, '../..'), stage);
      const rows = await command.work(place, repository);
      print(json ? JSON.stringify({ stage, region, rows }) : drawRows(rows, process.stdout.isTTY));
      return exitCodeOfRows(rows);
    },
    // Whatever can go wrong is a row.
    exitCodeOf: () => undefined,
  });
