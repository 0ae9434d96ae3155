import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { print, runCommand, tell } from '../../local/command.ts';
import { drawFigures, drawSections } from './draw-figures.ts';
import { LOADS } from './loads.ts';
import { measure, PARTS } from './measure.ts';
import { withSections } from '../support/page-sections.ts';
import { PAGE } from './performance-page.ts';

const HELP = `Measures Gatehouse on this machine. Nothing leaves it.

  npm run bench -- [options]

  --only PARTS    some of: ${PARTS.join(', ')}
  --loads LOADS   some of: ${LOADS.join(', ')}
  --samples N     how many processes of each function are started (15)
  --ric FILE      starts functions with AWS's own runtime client instead of ours: the index.mjs of an
                  unpacked aws-lambda-ric (npm pack aws-lambda-ric)
  --write         puts what was measured into docs/performance.md as well
  --json          one JSON document instead of tables
  --help          this text

docs/performance.md says what the figures mean. Exit code: 0 it was measured, 2 usage.`;

const listOf = <const Names extends readonly [string, ...string[]]>(option: string, names: Names) =>
  v.pipe(
    v.string(),
    v.transform((text) => text.split(',')),
    v.array(v.picklist(names, `${option} takes some of: ${names.join(', ')}`)),
  );

const Options = v.object({
  help: v.boolean(),
  json: v.boolean(),
  write: v.boolean(),
  only: listOf('--only', PARTS),
  loads: listOf('--loads', LOADS),
  samples: v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{0,2}$/, '--samples takes a whole number from 1 on'),
    v.transform(Number),
  ),
  ric: v.optional(v.string()),
});
type Options = v.InferOutput<typeof Options>;

const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string', default: PARTS.join(',') },
      loads: { type: 'string', default: LOADS.join(',') },
      samples: { type: 'string', default: '15' },
      ric: { type: 'string' },
    },
  });
  return v.parse(Options, values);
};

const run = async ({ json, write, only, loads, samples, ric }: Options): Promise<number> => {
  const beganAt = performance.now();
  const figures = await measure({
    parts: only,
    loads,
    samples,
    ric,
    onProgress: (text) => {
      tell(`${((performance.now() - beganAt) / 1000).toFixed(0).padStart(4)} s  ${text}`);
    },
  });
  if (write) {
    await writeFile(PAGE, await withSections(await readFile(PAGE, 'utf8'), drawSections(figures)));
  }
  print(json ? JSON.stringify(figures) : drawFigures(figures));
  return 0;
};

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf: () => undefined });
