import { kilobytes } from '../../scripts/size-budgets.ts';
import type { ClickTimes } from './clicks.ts';
import { sumOf } from './cost.ts';
import type { Post } from './cost.ts';
import { LOADS } from './loads.ts';
import type { LoadFigures, LoadName } from './loads.ts';
import type { CostFigures, Figures } from './measure.ts';
import { PRICES } from './prices.ts';

/** A table: its head, and its rows. The first column is text, the others are numbers. */
type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** The figures as a person reads them in a terminal. */
export const drawFigures = (figures: Figures): string => {
  const { machine, sizes, coldStart, cpu, clicks, stack, loads, cost } = figures;
  const sections: (readonly [string, string])[] = [];
  if (sizes !== undefined) {
    sections.push(['Bundles', inColumns(sizesTable(sizes))]);
  }
  if (coldStart !== undefined) {
    sections.push([
      `Cold start, from spawn to the first response (runtime client: ${coldStart.runtimeClient})`,
      inColumns(coldStartTable(coldStart)),
    ]);
  }
  if (cpu !== undefined) {
    sections.push(['CPU of one event', inColumns(cpuTable(cpu))]);
  }
  if (clicks !== undefined) {
    sections.push(['From a click to its acknowledgement', inColumns(clicksTable(clicks))]);
  }
  if (stack !== undefined) {
    sections.push(['Bundled functions on the local stack', inColumns(stackTable(stack))]);
  }
  if (loads !== undefined) {
    sections.push(['Loads in virtual time', `${inColumns(loadsTable(loads))}\n\n${missedTargets(loads)}`]);
  }
  if (cost !== undefined) {
    sections.push(
      ['Calls of a rollout', inColumns(callsTable(cost))],
      ['US dollars per 1,000 deployments', inColumns(costTable(cost))],
      ['US dollars per month, nothing deployed', inColumns(monthTable(cost))],
    );
  }
  return [describe(machine), ...sections.map(([title, body]) => `${title}\n\n${body}`)].join('\n\n\n');
};

/**
 * The sections of docs/performance.md for which there are figures, by name. Those of virtual time are the same on every
 * machine; the others say on which one they were measured.
 */
export const drawSections = (figures: Figures): ReadonlyMap<string, string> => {
  const { machine, sizes, coldStart, cpu, clicks, stack, loads = [], cost } = figures;
  const sections = new Map<string, string>();
  const measured = (name: string, table: Table): void => {
    sections.set(name, `${inMarkdown(table)}\n\n${describe(machine)}`);
  };
  if (sizes !== undefined) {
    sections.set('sizes', inMarkdown(sizesTable(sizes)));
  }
  if (coldStart !== undefined) {
    measured(coldStart.runtimeClient === 'own' ? 'cold-start' : 'cold-start-ric', coldStartTable(coldStart));
  }
  if (cpu !== undefined) {
    measured('cpu', cpuTable(cpu));
  }
  if (clicks !== undefined) {
    measured('clicks', clicksTable(clicks));
  }
  if (stack !== undefined) {
    measured('stack', stackTable(stack));
  }
  // The soak takes longer than all the others, too long for a test.
  const [soak, bursts] = [loads.filter(({ name }) => name === SOAK), loads.filter(({ name }) => name !== SOAK)];
  for (const [name, some, all] of [['loads', bursts, LOADS.length - 1] as const, ['soak', soak, 1] as const]) {
    if (some.length === all) {
      sections.set(name, `${inMarkdown(loadsTable(some))}\n\n${inMarkdown(targetsTable(some))}`);
    }
  }
  if (cost !== undefined) {
    sections.set('calls', inMarkdown(callsTable(cost)));
    sections.set('cost', inMarkdown(costTable(cost)));
    sections.set('month', inMarkdown(monthTable(cost)));
    sections.set('prices', inMarkdown(pricesTable()));
  }
  return sections;
};

const SOAK: LoadName = 'L5';

const describe = ({ cpu, cores, memoryGb, node, system, load }: Figures['machine']): string =>
  `${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, ${system}; load ${load.toFixed(1)} at the begin`;

const sizesTable = (sizes: NonNullable<Figures['sizes']>): Table => ({
  head: ['function', 'bytes', 'gzip', 'bound', 'aim', 'largest parts'],
  rows: sizes.map(({ name, bytes, gzipped, budget, largest }) => [
    name,
    kilobytes(bytes),
    kilobytes(gzipped),
    kilobytes(budget.most),
    kilobytes(budget.aim),
    largest.map((part) => `${part.name} ${kilobytes(part.bytes)}`).join(', '),
  ]),
});

const coldStartTable = ({ functions }: NonNullable<Figures['coldStart']>): Table => ({
  head: ['function', 'median ms', 'least ms', 'most ms', 'ratio', 'CPU ms', 'CPU ratio', 'bound', 'aim', 'processes'],
  rows: functions.map(({ name, median, least, most, ratio, cpu, cpuRatio, samples }) => [
    name,
    median.toFixed(0),
    least.toFixed(0),
    most.toFixed(0),
    ratio.toFixed(2),
    Number.isNaN(cpu) ? '' : cpu.toFixed(0),
    Number.isNaN(cpu) ? '' : cpuRatio.toFixed(2),
    ...(COLD_BOUNDS.get(name) ?? ['', '']),
    String(samples),
  ]),
});

/** Bound and aim: of each function, and of each door of validate. */
const COLD_BOUNDS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['notify', ['1.90', '1.50']],
  ['deliver', ['1.90', '1.50']],
  ['sweep', ['1.90', '1.50']],
  ['decide', ['1.90', '1.50']],
  ['validate', ['1.90', '1.50']],
  ['validate, ECS calls', ['1.90', '1.50']],
  ['validate, a job is told', ['1.90', '1.50']],
  ['interact', ['1.50', '1.25']],
]);

const clicksTable = ({ clicks, one, many }: NonNullable<Figures['clicks']>): Table => ({
  head: ['what', 'median', '99 of 100', 'most', 'bound', 'aim'],
  rows: [
    [`${count(clicks)} clicks, one after the other`, ...timesOf(one), '50 ms', '20 ms'],
    ['100 clicks within a second, on 5 gates', ...timesOf(many), '50 ms', '20 ms'],
  ],
});

const timesOf = ({ median, p99, most }: ClickTimes): readonly string[] =>
  [median, p99, most].map((ms) => `${ms.toFixed(1)} ms`);

const cpuTable = ({ purePath, notify }: NonNullable<Figures['cpu']>): Table => ({
  head: ['what', 'measured', 'bound', 'aim'],
  rows: [
    ['parse, fold, route, render: median', `${purePath.median.toFixed(1)} µs`, '100 µs', '50 µs'],
    ['the same, the least of all samples', `${purePath.least.toFixed(1)} µs`, '', ''],
    ...Object.entries(purePath.parts).map(([part, us]) => [`of that: ${part}`, `${us.toFixed(1)} µs`, '', '']),
    ['notify, all of it, table in memory', `${count(Math.round(notify.perSecond))} events/s a core`, '5,000', ''],
  ],
});

const stackTable = ({ rollout, throughput }: NonNullable<Figures['stack']>): Table => ({
  head: ['what', 'measured'],
  rows: [
    [`${count(throughput.events)} events at once, taken in`, `${throughput.perSecond.toFixed(0)} events/s`],
    ...Object.entries({ ...rollout.aws, ...rollout.slack }).map(([name, calls]) => [
      `${name}, calls for the ${rollout.events} events of ${rollout.story}`,
      String(calls),
    ]),
    [`lines of log for them`, `${rollout.logLines}, ${count(rollout.logBytes)} bytes`],
  ],
});

const loadsTable = (loads: readonly LoadFigures[]): Table => ({
  head: [
    'load',
    'events',
    'done after',
    'at most',
    'bound',
    'ratio',
    'posts',
    'edits',
    'twice',
    'stale',
    'Slack calls',
    '429',
    'DLQ',
  ],
  rows: loads.map(({ name, played, slowestMs, bound }) => [
    name,
    count(played.events),
    seconds(played.convergedMs - (bound?.beginsMs ?? 0)),
    seconds(slowestMs - (bound?.beginsMs ?? 0)),
    bound === undefined ? '' : seconds(bound.ms),
    bound === undefined ? '' : bound.ratio.toFixed(2),
    count(played.posts),
    count(played.edits),
    String(played.duplicates),
    String(played.stale),
    count(played.slackCalls),
    String(played.rateLimited),
    String(played.deadLetters),
  ]),
});

/** Each load's targets and what was got. */
const targetsTable = (loads: readonly LoadFigures[]): Table => ({
  head: ['load', 'target', 'asked', 'got', 'met'],
  rows: loads.flatMap(({ name, targets }) =>
    targets.map(({ what, asked, got, met }) => [name, what, number(asked), number(got), met ? 'yes' : 'no']),
  ),
});

const missedTargets = (loads: readonly LoadFigures[]): string => {
  const missed = loads.flatMap(({ name, targets }) =>
    targets
      .filter(({ met }) => !met)
      .map(({ what, asked, got }) => `${name} misses its target: ${number(got)} ${what}, asked ${number(asked)}`),
  );
  return missed.length === 0 ? 'All targets are met.' : missed.join('\n');
};

const callsTable = ({ rollouts }: CostFigures): Table => {
  const names = [...new Set(rollouts.flatMap(({ count: { aws, slack } }) => Object.keys({ ...aws, ...slack })))];
  return {
    head: ['call', ...rollouts.map(({ count: { story, events } }) => `${story} (${events} events)`)],
    rows: names.map((name) => [
      name,
      ...rollouts.map(({ count: { aws, slack } }) => String(aws[name] ?? slack[name] ?? 0)),
    ]),
  };
};

const costTable = ({ rollouts }: CostFigures): Table => ({
  head: ['part', ...rollouts.map(({ count: { story } }) => story)],
  rows: [
    ...(rollouts[0]?.perThousand ?? []).map(({ price }, place) => [
      PRICES[price].of,
      ...rollouts.map(({ perThousand }) => dollars(perThousand[place]?.usd ?? 0)),
    ]),
    ['all', ...rollouts.map(({ perThousand }) => dollars(sumOf(perThousand)))],
  ],
});

const monthTable = ({ month }: CostFigures): Table => ({
  head: ['part', 'amount', 'US dollars'],
  rows: [...month.map(rowOf), ['all', '', dollars(sumOf(month))]],
});

const rowOf = ({ price, amount, usd }: Post): readonly string[] => [
  PRICES[price].of,
  `${count(Math.round(amount))} ${PRICES[price].unit}`,
  dollars(usd),
];

const pricesTable = (): Table => ({
  head: ['price', 'US dollars', 'per', 'known from'],
  rows: Object.values(PRICES).map(({ of, usd, per, unit, known }) => [
    of,
    String(usd),
    `${count(per)} ${unit}`,
    KNOWN[known],
  ]),
});

const KNOWN = {
  aws: 'a stored copy of AWS’s page',
  others: 'what others wrote in 2025 and 2026',
  memory: 'UNVERIFIED',
} as const;

/** A table in Markdown, numbers to the right. */
const inMarkdown = ({ head, rows }: Table): string =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

const inColumns = ({ head, rows }: Table): string => {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((cells) => (cells[column] ?? '').length)));
  return [head, ...rows]
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const THOUSANDS = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const count = (value: number): string => THOUSANDS.format(value);

const number = (value: number): string => (Number.isInteger(value) ? count(value) : value.toFixed(2));

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const dollars = (usd: number): string => usd.toFixed(4);
