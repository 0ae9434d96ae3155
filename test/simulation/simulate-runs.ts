import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { print, runCommand } from '../../local/command.ts';
import { simulateValidation } from './simulate-validation.ts';

const HELP = `Plays runs of drawn suites in which things go wrong, and holds the promises of validation against each.

  npm run simulate:runs -- [--seeds N] [--from S] [--harsh] [--bail] [--trace]

  --seeds N  how many worlds (1000)
  --from S   the first world's seed (1)
  --harsh    more goes wrong, and more often
  --bail     stops at the first world that breaks a promise
  --trace    prints what happens

Exit code: 0 all promises were kept, 1 some were not, 2 usage.`;

const wholeNumber = (option: string) =>
  v.pipe(v.string(), v.regex(/^\d{1,9}$/, `${option} takes a whole number`), v.transform(Number));

const Options = v.object({
  help: v.boolean(),
  harsh: v.boolean(),
  bail: v.boolean(),
  trace: v.boolean(),
  seeds: wholeNumber('--seeds'),
  from: wholeNumber('--from'),
});
type Options = v.InferOutput<typeof Options>;

const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      harsh: { type: 'boolean', default: false },
      bail: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
    },
  });
  return v.parse(Options, values);
};

const run = async ({ harsh, bail, trace, seeds, from }: Options): Promise<number> => {
  const beganAt = performance.now();
  const ends = new Map<string, number>();
  const sum = { broken: 0, faults: 0, samples: 0, worlds: 0 };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const world = await simulateValidation(seed, { harsh, ...(trace && { trace: print }) });
    sum.worlds += 1;
    sum.faults += world.faults;
    sum.samples += world.samples;
    ends.set(world.ended, (ends.get(world.ended) ?? 0) + 1);
    world.problems.forEach((problem) => {
      print(`world ${seed}: ${problem}`);
    });
    if (world.problems.length > 0) {
      sum.broken += 1;
      if (bail) {
        break;
      }
    }
  }
  for (const [end, count] of [...ends].sort(([, a], [, b]) => b - a)) {
    print(`${String(count).padStart(6)}  ${end}`);
  }
  const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
  const { worlds, samples, faults, broken } = sum;
  print(`${worlds} worlds in ${seconds} s, ${samples} samples, ${faults} faults: ${broken} broke a promise`);
  return broken === 0 ? 0 : 1;
};

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf: () => undefined });
