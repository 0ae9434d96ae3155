import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readRecordedAnswers } from '../../local/recorded/recorded-answers.ts';
import { bundleFunctions } from '../../scripts/bundle.ts';
import { loadConfig } from '../../scripts/config/load-config.ts';
import { loadCompiled } from '../../scripts/load-compiled.ts';
import { budgetOf, weightsOf } from '../../scripts/size-budgets.ts';
import type { SizeBudget } from '../../scripts/size-budgets.ts';
import { ROOT } from '../support/command.ts';
import { measureClicks } from './clicks.ts';
import type { ClickFigures } from './clicks.ts';
import { measureColdStarts } from './cold-start.ts';
import type { ColdStarts } from './cold-start.ts';
import { costOf, monthlyCost } from './cost.ts';
import type { Post } from './cost.ts';
import { countRollout } from './count-rollout.ts';
import type { RolloutCount } from './count-rollout.ts';
import { LOADS, playLoads } from './loads.ts';
import type { LoadFigures, LoadName } from './loads.ts';
import { measureLocalStack } from './local-stack.ts';
import type { StackFigures } from './local-stack.ts';
import { measureNotify } from './notify-in-memory.ts';
import type { NotifyRate } from './notify-in-memory.ts';
import { measurePurePath } from './pure-path.ts';
import type { PurePath } from './pure-path.ts';

/** What can be measured, each by itself. */
export const PARTS = ['sizes', 'cold-start', 'cpu', 'clicks', 'stack', 'loads', 'cost'] as const;

export type Part = (typeof PARTS)[number];

/** Everything that was measured; what `--json` prints. */
export type Figures = {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly node: string;
    readonly system: string;
    /** How many processes wanted a core, over the last minute, when the run began. */
    readonly load: number;
  };
  readonly sizes?: readonly SizeFigures[];
  readonly coldStart?: { readonly runtimeClient: 'own' | 'aws-lambda-ric'; readonly functions: readonly ColdStarts[] };
  readonly cpu?: { readonly purePath: PurePath; readonly notify: NotifyRate };
  readonly clicks?: ClickFigures;
  readonly stack?: StackFigures;
  readonly loads?: readonly LoadFigures[];
  readonly cost?: CostFigures;
};

export type SizeFigures = {
  readonly name: string;
  readonly bytes: number;
  readonly gzipped: number;
  readonly budget: SizeBudget;
  /** What weighs most in it. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
};

export type CostFigures = {
  /** By recorded run: what it took, and what a thousand like it cost. */
  readonly rollouts: readonly { readonly count: RolloutCount; readonly perThousand: readonly Post[] }[];
  readonly month: readonly Post[];
};

export type MeasureOptions = {
  readonly parts: readonly Part[];
  readonly loads: readonly LoadName[];
  /** Processes started of each function. */
  readonly samples: number;
  /** The file of aws-lambda-ric to start functions with. */
  readonly ric: string | undefined;
  readonly onProgress: (text: string) => void;
};

const STORIES = ['success', 'failure-and-retry', 'deployment-success'];

/** Measures, one part after the other: they would disturb each other. */
export const measure = async (options: MeasureOptions): Promise<Figures> => {
  const { parts, loads, samples, ric, onProgress } = options;
  const has = (part: Part): boolean => parts.includes(part);
  let figures: Figures = { machine: describeMachine() };
  const config = await loadConfig(join(ROOT, 'gatehouse.yml'));
  if (has('sizes')) {
    onProgress('sizes');
    figures = { ...figures, sizes: await measureSizes() };
  }
  if (has('cpu')) {
    onProgress('cpu');
    figures = { ...figures, cpu: { purePath: await measurePurePath(config), notify: await measureNotify() } };
  }
  if (has('cold-start')) {
    const functions = await measureColdStarts(samples, ric, (round) => {
      onProgress(`cold-start, round ${round} of ${samples}`);
    });
    figures = { ...figures, coldStart: { runtimeClient: ric === undefined ? 'own' : 'aws-lambda-ric', functions } };
  }
  if (has('clicks')) {
    onProgress('clicks');
    figures = { ...figures, clicks: await measureClicks() };
  }
  if (has('stack')) {
    onProgress('stack');
    figures = { ...figures, stack: await measureLocalStack() };
  }
  if (has('loads')) {
    const played = await playLoads(loads, (name) => {
      onProgress(`loads, ${name} of ${LOADS.join(', ')}`);
    });
    figures = { ...figures, loads: played };
  }
  if (has('cost')) {
    onProgress('cost');
    figures = { ...figures, cost: await measureCost() };
  }
  return figures;
};

export const describeMachine = (): Figures['machine'] => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  system: `${process.platform} ${process.arch}`,
  load: loadavg()[0] ?? 0,
});

const measureSizes = async (): Promise<readonly SizeFigures[]> => {
  const bundles = await bundleFunctions(ROOT, await loadCompiled(ROOT));
  return Promise.all(
    bundles.map(async (bundle) => ({
      name: bundle.name,
      bytes: bundle.bytes,
      gzipped: gzipSync(await readFile(bundle.path), { level: 9 }).length,
      budget: budgetOf(bundle.name),
      largest: weightsOf(bundle).slice(0, 3),
    })),
  );
};

/** Counted in virtual time: the same on every machine. */
export const measureCost = async (): Promise<CostFigures> => {
  const answers = await readRecordedAnswers();
  const counts = await Promise.all(STORIES.map((story) => countRollout(story, answers)));
  return {
    rollouts: counts.map((count) => ({ count, perThousand: costOf(count, 1000) })),
    month: monthlyCost(await countAlarms()),
  };
};

const countAlarms = async (): Promise<number> => {
  const template = await readFile(join(ROOT, 'serverless.yml'), 'utf8');
  return template.match(/AWS::CloudWatch::Alarm$/gm)?.length ?? 0;
};
