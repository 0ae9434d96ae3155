import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { simulateWorld } from './simulate-world.ts';

const HELP = `Plays small worlds in which things go wrong, and holds the promises against each.

  npm run simulate -- [--seeds N] [--from S] [--harsh] [--bail] [--trace]

  --seeds N   how many worlds (1000)
  --from S    the first world's seed (1)
  --harsh     more goes wrong, and more often
  --bail      stops at the first world that breaks a promise
  --trace     prints what happens

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

const readOptions = (): Options => {
  const { values } = parseArgs({
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

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const run = async ({ seeds, from, harsh, bail, trace }: Options): Promise<number> => {
  const beganAt = performance.now();
  const sum = { events: 0, posts: 0, edits: 0, faults: 0, failed: 0 };
  for (let seed = from; seed < from + seeds && !(bail && sum.failed > 0); seed += 1) {
    const { problems, ...world } = await simulateWorld(seed, { harsh, ...(trace && { trace: print }) });
    sum.events += world.events;
    sum.posts += world.posts;
    sum.edits += world.edits;
    sum.faults += world.faults;
    if (problems.length > 0) {
      sum.failed += 1;
      print(`world ${seed} breaks its promises:`);
      print(problems.map((problem) => `  ${problem}`).join('\n'));
      print(`  again: npm run simulate -- --seeds 1 --from ${seed}${harsh ? ' --harsh' : ''} --trace`);
    }
    if (process.stderr.isTTY && seed % 50 === 0) {
      process.stderr.write(`\r${seed - from + 1} of ${seeds} worlds, ${sum.failed} failed `);
    }
  }
  if (process.stderr.isTTY) {
    process.stderr.write('\r\u001b[K');
  }
  const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
  print(
    `${seeds} worlds in ${seconds} s: ${sum.events} events, ${sum.posts} posts, ${sum.edits} edits, ${sum.faults} faults; ` +
      (sum.failed === 0 ? 'all promises kept' : `${sum.failed} worlds broke a promise`),
  );
  return sum.failed === 0 ? 0 : 1;
};

const main = async (): Promise<number> => {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}\n`);
    return 2;
  }
  if (options.help) {
    print(HELP);
    return 0;
  }
  return run(options);
};

process.exitCode = await main();
