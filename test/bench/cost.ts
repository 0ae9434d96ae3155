import { DEPLOYED } from '../../local/virtual/world.ts';
import type { RolloutCount } from './count-rollout.ts';
import { PRICES } from './prices.ts';
import type { PriceName } from './prices.ts';

/** Part of a bill: so much of something, and what it costs in US dollars. */
export type Post = { readonly price: PriceName; readonly amount: number; readonly usd: number };

/** What the functions have, in GB: the parameter `memorySize` of serverless.yml. */
const MEMORY_GB = 512 / 1024;

/** A line of ours has 350 bytes on the local stack, one an event and one a delivery; the rest is Lambda's own lines, assumed. */
const BYTES_A_LINE = 500;

const post = (price: PriceName, amount: number): Post => ({
  price,
  amount,
  usd: (amount * PRICES[price].usd) / PRICES[price].per,
});

/** What so many rollouts like the one that was counted cost, apart from what is paid every month. */
export const costOf = (
  { events, aws, invocations, readUnits, writeUnits }: RolloutCount,
  rollouts: number,
): readonly Post[] => {
  const calls = (matches: (name: string) => boolean): number =>
    Object.entries(aws).reduce((sum, [name, count]) => sum + (matches(name) ? count : 0), 0);
  const { notify, deliver } = invocations;
  const seconds = (notify.ms + deliver.ms) / 1000;
  const publications = calls((name) => name === 'sns Publish');
  const perRollout: readonly (readonly [PriceName, number])[] = [
    ['busEvent', events],
    ['sqsStandard', calls((name) => name.startsWith('sqs ') && name.endsWith('(events)'))],
    ['sqsFifo', calls((name) => name.startsWith('sqs ') && !name.endsWith('(events)'))],
    ['lambdaRequest', notify.count + deliver.count],
    ['lambdaTime', seconds * MEMORY_GB],
    ['dynamoWrite', writeUnits],
    ['dynamoRead', readUnits],
    ['snsPublish', publications],
    ['snsMail', publications],
    ['look', calls((name) => name.startsWith('code'))],
    ['logs', (events + deliver.count) * BYTES_A_LINE],
  ];
  return perRollout.map(([price, amount]) => post(price, amount * rollouts));
};

const MINUTES_A_MONTH = 30 * 24 * 60;

/** How many pollers Lambda keeps at an idle queue, and how long each waits for a message. Assumed. */
const POLLERS = 5;
const POLL_SECONDS = 20;

/** A sweep that finds nothing makes one query. Assumed. */
const SWEEP_MS = 50;

/** What a month costs in which nothing is deployed. */
export const monthlyCost = (alarms: number): readonly Post[] => {
  const sweeps = (MINUTES_A_MONTH * 60_000) / DEPLOYED.sweep.everyMs;
  const emptyReceives = (MINUTES_A_MONTH * 60 * POLLERS) / POLL_SECONDS;
  return [
    post('schedule', sweeps),
    post('lambdaRequest', sweeps),
    post('lambdaTime', ((sweeps * SWEEP_MS) / 1000) * MEMORY_GB),
    // Of an index reads are eventually consistent: half a unit.
    post('dynamoRead', sweeps / 2),
    post('logs', sweeps * BYTES_A_LINE),
    post('sqsStandard', emptyReceives),
    post('sqsFifo', emptyReceives),
    post('alarm', alarms),
  ];
};

export const sumOf = (posts: readonly Post[]): number => posts.reduce((sum, { usd }) => sum + usd, 0);
