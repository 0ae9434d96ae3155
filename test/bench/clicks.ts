import { setTimeout as wait } from 'node:timers/promises';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT } from '../support/command.ts';
import { aClick, aRequest, formOf } from '../support/slack-requests.ts';
import { median } from './median.ts';

/** Milliseconds from the sending of a click to its acknowledgement. */
export type ClickTimes = { readonly median: number; readonly p99: number; readonly most: number };

export type ClickFigures = {
  readonly clicks: number;
  /** In a warm environment, one after the other. */
  readonly one: ClickTimes;
  /** A hundred within a second, over five gates, whether or not those before are answered. */
  readonly many: ClickTimes;
};

const CLICKS = 500;

/** Sends signed clicks through the HTTP API of the local stack to the bundled function, which queues them. */
export const measureClicks = async (): Promise<ClickFigures> => {
  const stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: false,
    schedules: false,
    log: () => undefined,
  });
  try {
    // Warms as many environments as there will be.
    await withinASecond(stack, 0);
    const one: number[] = [];
    for (let click = 1; click <= CLICKS; click += 1) {
      one.push(await send(stack, click));
    }
    return { clicks: CLICKS, one: timesOf(one), many: timesOf(await withinASecond(stack, CLICKS)) };
  } finally {
    await stack.stop();
  }
};

const withinASecond = (stack: Stack, after: number): Promise<readonly number[]> =>
  Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      await wait(index * 10);
      return send(stack, after + 1 + index);
    }),
  );

const timesOf = (times: readonly number[]): ClickTimes => {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    median: median(sorted),
    p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
    most: sorted.at(-1) ?? 0,
  };
};

const send = async (stack: Stack, click: number): Promise<number> => {
  const { headers, body } = aSigned(stack, click);
  const startedAt = performance.now();
  const response = await fetch(`${stack.gatehouse}${stack.slackRequestPath}`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  if (response.status !== 200) {
    throw new Error(`A click was answered with ${response.status}`);
  }
  return performance.now() - startedAt;
};

const aSigned = ({ signingSecret }: Stack, click: number) => {
  const value = `gate${click % 5}`.padEnd(22, '-');
  return aRequest(formOf(aClick({ value, action_ts: `1795428900.${String(click).padStart(6, '0')}` })), {
    at: Date.now(),
    secret: signingSecret,
  });
};

/** The same, as an HTTP API hands it to the function. */
export const aSignedClick = (stack: Stack, click: number): unknown => {
  const { headers, body } = aSigned(stack, click);
  return {
    version: '2.0',
    headers,
    body: body.toString('base64'),
    isBase64Encoded: true,
    requestContext: { requestId: `cold-${click}`, timeEpoch: Date.now(), http: { method: 'POST' } },
  };
};
