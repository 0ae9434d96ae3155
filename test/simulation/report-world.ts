import type { Restrictions } from './restrictions.ts';
import { shrinkWorld } from './shrink.ts';
import { simulateWorld } from './simulate-world.ts';
import type { Simulated, SimulationOptions } from './simulate-world.ts';

/** So much of a trace is read; how it ended says more than how it began. */
const MOST_LINES = 60;

/** Reads that went well, and sweeps that go by: the whole trace has them. */
const IDLE = /(?:GetItem|Query): done$|sweep \d+ (?:folded \S+ to \d+|\w+: done)$/;

/** What is printed of a world that breaks a promise: what it broke, the smallest world that does, and how to play that. */
export const reportWorld = async (
  broken: Simulated,
  options: Pick<SimulationOptions, 'harsh' | 'overTable'>,
): Promise<string> => {
  const { seed } = broken;
  const play = (restrictions: Restrictions, trace?: (line: string) => void) =>
    simulateWorld(seed, { ...options, restrictions, ...(trace && { trace }) });
  const { restrictions, simulated } = await shrinkWorld(broken, (some) => play(some));
  const lines: string[] = [];
  await play(restrictions, (line) => {
    if (!IDLE.test(line)) {
      lines.push(line);
    }
  });
  const { runs, events, faults } = simulated.parts;
  return [
    ...problemsOf(broken),
    `the smallest that was found has ${counted(runs, 'run')}, ${counted(events, 'event')}, ${counted(faults, 'fault')}:`,
    ...simulated.problems.map((problem) => `  ${problem}`),
    ...(lines.length > MOST_LINES ? [`  … ${lines.length - MOST_LINES} lines that matter before these`] : []),
    ...lines.slice(-MOST_LINES).map((line) => `  ${line}`),
    `again: ${commandOf(seed, options.harsh === true, restrictions)}`,
  ].join('\n');
};

/** What is printed of a world of which no smaller one was looked for. */
export const reportBriefly = (broken: Simulated, harsh: boolean, restrictions: Restrictions): string =>
  [...problemsOf(broken), `again: ${commandOf(broken.seed, harsh, restrictions)}`].join('\n');

const problemsOf = ({ seed, problems }: Simulated): readonly string[] => [
  `world ${seed} breaks its promises:`,
  ...problems.map((problem) => `  ${problem}`),
];

const counted = (things: readonly unknown[], name: string): string =>
  `${things.length} ${name}${things.length === 1 ? '' : 's'}`;

/** The command that plays exactly this world. */
const commandOf = (seed: number, harsh: boolean, { runs, events, faults, without }: Restrictions): string =>
  [
    `npm run simulate -- --seeds 1 --from ${seed}`,
    ...(harsh ? ['--harsh'] : []),
    ...listed('--runs', runs),
    ...listed('--events', events),
    ...listed('--faults', faults),
    ...listed('--without', without),
    '--trace',
  ].join(' ');

const listed = (option: string, parts: ReadonlySet<unknown> | undefined): readonly string[] =>
  parts === undefined ? [] : [`${option} ${parts.size === 0 ? 'none' : [...parts].join()}`];
