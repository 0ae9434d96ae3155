import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { isFaultKind } from './faults.ts';
import { playWorlds } from './play-worlds.ts';
import { reportBriefly, reportWorld } from './report-world.ts';
import type { Restrictions } from './restrictions.ts';

const HELP = `Plays small worlds in which things go wrong, and holds the promises against each.

  npm run simulate -- [--seeds N] [--from S] [--harsh] [--bail]
                      [--runs RUN,...] [--events EVENT,...] [--faults FAULT,...] [--without FAULT,...] [--trace]

  --seeds N   how many worlds (1000)
  --from S    the first world's seed (1)
  --harsh     more goes wrong, and more often
  --bail      stops at the first world that breaks a promise
  --runs      only these of a world's executions and deployments, by their numbers
  --events    only these events: event-1-5
  --faults    only these faults: freeze.3 is the third freeze; none: nothing goes wrong
  --without   leaves out kinds of faults (freeze) and single ones (freeze.3)
  --trace     prints what happens

Of the first worlds that break a promise the smallest part that breaks it is looked for, and printed
with the command that plays just that.

Exit code: 0 all promises were kept, 1 some were not, 2 usage.`;

const wholeNumber = (option: string) =>
  v.pipe(v.string(), v.regex(/^\d{1,9}$/, `${option} takes a whole number`), v.transform(Number));

/** The parts of a list, each of which has to be one of a kind; `none` is a list of nothing. */
const listOf = <Part>(part: v.GenericSchema<string, Part>) =>
  v.optional(
    v.pipe(
      v.string(),
      v.transform((list) => (list === 'none' ? [] : list.split(','))),
      v.array(part),
      v.transform((parts): ReadonlySet<Part> => new Set(parts)),
    ),
  );

const fault = v.pipe(
  v.string(),
  v.check(
    (name) => isFaultKind(name.replace(/\..*$/, '')),
    ({ input }) => `There is no fault called ${input}`,
  ),
);

const Options = v.object({
  help: v.boolean(),
  harsh: v.boolean(),
  bail: v.boolean(),
  runs: listOf(wholeNumber('--runs')),
  events: listOf(v.pipe(v.string(), v.regex(/^event-\d+-\d+$/, '--events takes ids like event-1-5'))),
  faults: listOf(fault),
  without: listOf(fault),
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
      runs: { type: 'string' },
      events: { type: 'string' },
      faults: { type: 'string' },
      without: { type: 'string' },
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

/** What breaks many worlds is seen in a few of them. */
const MOST_REPORTS = 3;

const run = async ({ seeds, from, harsh, bail, trace, runs, events, faults, without }: Options): Promise<number> => {
  const beganAt = performance.now();
  const restrictions: Restrictions = { runs, events, faults, without };
  const isWhole = Object.values(restrictions).every((parts) => parts === undefined);
  const sum = { worlds: 0, events: 0, posts: 0, edits: 0, faults: 0, failed: 0 };
  const options = { harsh, ...(!isWhole && { restrictions }), ...(trace && { trace: print }) };
  await playWorlds({ from, count: seeds }, options, async (world) => {
    sum.worlds += 1;
    sum.events += world.events;
    sum.posts += world.posts;
    sum.edits += world.edits;
    sum.faults += world.faults;
    if (world.problems.length > 0) {
      sum.failed += 1;
      const isShrunken = isWhole && !trace && sum.failed <= MOST_REPORTS;
      print(isShrunken ? await reportWorld(world, { harsh }) : reportBriefly(world, harsh, restrictions));
    }
    if (process.stderr.isTTY && sum.worlds % 50 === 0) {
      process.stderr.write(`\r${sum.worlds} of ${seeds} worlds, ${sum.failed} failed `);
    }
    return !(bail && sum.failed > 0);
  });
  if (process.stderr.isTTY) {
    process.stderr.write('\r\u001b[K');
  }
  const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
  print(
    `${sum.worlds} worlds in ${seconds} s: ${sum.events} events, ${sum.posts} posts, ${sum.edits} edits, ${sum.faults} faults; ` +
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
