import type { Bundle } from './bundle.ts';

/** What a function's bundle may weigh, in bytes: never more than `most`, better no more than `aim`. */
export type SizeBudget = { readonly most: number; readonly aim: number };

const KB = 1000;

/** Somebody waits in front of this one: Slack gives a click three seconds. */
const BUDGETS: ReadonlyMap<string, SizeBudget> = new Map([['interact', { most: 200 * KB, aim: 120 * KB }]]);

const OTHERS: SizeBudget = { most: 500 * KB, aim: 300 * KB };

export const budgetOf = (functionName: string): SizeBudget => BUDGETS.get(functionName) ?? OTHERS;

/** The packages and our own folders that a bundle is made of, what weighs most first. */
export const weightsOf = ({ inputs }: Bundle): readonly { readonly name: string; readonly bytes: number }[] =>
  [...Map.groupBy(inputs, ({ path }) => originOf(path))]
    .map(([name, files]) => ({ name, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }))
    .sort((a, b) => b.bytes - a.bytes);

/** The last `node_modules` on the way counts: that is the package whose code it is. */
const originOf = (path: string): string =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/').slice(0, 2).join('/');

/** The bundles that are over what they may weigh: by how much, and what weighs most in them. */
export const sizeProblems = (bundles: readonly Bundle[]): readonly string[] =>
  bundles.flatMap((bundle) => {
    const { most } = budgetOf(bundle.name);
    return bundle.bytes <= most
      ? []
      : [
          `${bundle.name} is ${kilobytes(bundle.bytes)}, ${kilobytes(bundle.bytes - most)} over its ${kilobytes(most)}. Its largest parts:`,
          ...weightsOf(bundle)
            .slice(0, MOST_NAMED)
            .map(({ name, bytes }) => `  ${kilobytes(bytes).padStart(8)}  ${name}`),
        ];
  });

const MOST_NAMED = 8;

/** Bytes as people read them; what is over a bound is never rounded down to it. */
export const kilobytes = (bytes: number): string => `${(Math.ceil(bytes / (KB / 10)) / 10).toFixed(1)} KB`;
