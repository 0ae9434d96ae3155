import { describe, expect, it } from 'vitest';
import { createAsyncInvocations } from '../../../local/lambda/async-invocations.ts';
import type { AsyncConfig } from '../../../local/lambda/async-invocations.ts';
import { aHandClock } from '../../support/hand-clock.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:check';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:checks';

/** Invocations of a function that fails as often as told. */
const invoking = (failures: number, given: Partial<AsyncConfig> = {}, speed = 1) => {
  const clock = aHandClock(TEN_O_CLOCK);
  const runs: unknown[] = [];
  const sent: unknown[] = [];
  const invocations = createAsyncInvocations({
    configs: [{ functionName: 'check', retries: 2, mostAgeMs: 6 * 3_600_000, onFailure: QUEUE, ...given }],
    invoke: (name, event) => {
      runs.push([name, event, (clock.now() - TEN_O_CLOCK) / 1_000]);
      return Promise.resolve(
        runs.length <= failures
          ? { kind: 'failed', errorType: 'Runtime.ExitError', message: 'killed' }
          : { kind: 'returned', value: null },
      );
    },
    send: (queue, body) => {
      sent.push([queue, JSON.parse(body)]);
      return Promise.resolve();
    },
    ...{ now: clock.now, after: clock.after, newId: () => 'r-1', speed, log: () => undefined },
  });
  invocations.invoke('check', ARN, { id: 7 });
  return { clock, runs, sent, invocations };
};

describe('the asynchronous invocations of the local Lambda', () => {
  it('are over once the function has returned', async () => {
    const { clock, runs, sent } = invoking(0);
    await clock.pass(3_600_000);
    expect([runs, sent]).toEqual([[['check', { id: 7 }, 0]], []]);
  });

  it('are tried again after a minute and after two more', async () => {
    const { clock, runs, sent } = invoking(2);
    await clock.pass(3_600_000);
    expect(runs).toEqual([0, 60, 180].map((second) => ['check', { id: 7 }, second]));
    expect(sent).toEqual([]);
  });

  it('are told to the destination after that, as Lambda tells it', async () => {
    const { clock, runs, sent } = invoking(9);
    await clock.pass(3_600_000);
    expect(runs).toHaveLength(3);
    expect(sent).toEqual([
      [
        QUEUE,
        {
          version: '1.0',
          timestamp: new Date(TEN_O_CLOCK + 180_000).toISOString(),
          requestContext: {
            requestId: 'r-1',
            functionArn: `${ARN}:$LATEST`,
            condition: 'RetriesExhausted',
            approximateInvokeCount: 3,
          },
          requestPayload: { id: 7 },
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          responsePayload: { errorType: 'Runtime.ExitError', errorMessage: 'killed' },
        },
      ],
    ]);
  });

  it('wait less by a faster clock', async () => {
    const { clock, runs } = invoking(9, {}, 20);
    await clock.pass(9_000);
    expect(runs).toEqual([0, 3, 9].map((second) => ['check', { id: 7 }, second]));
  });

  it('are tried as often as the function says, and not when they are too old', async () => {
    const once = invoking(9, { retries: 0 });
    await once.clock.pass(3_600_000);
    expect([once.runs.length, once.sent.length]).toEqual([1, 1]);
    const old = invoking(9, { mostAgeMs: 90_000 });
    await old.clock.pass(3_600_000);
    expect(old.runs).toHaveLength(2);
    expect(old.sent).toMatchObject([[QUEUE, { requestContext: { condition: 'EventAgeExceeded' } }]]);
  });

  it('end with the stack', async () => {
    const { clock, runs, invocations } = invoking(9);
    await clock.pass(1_000);
    invocations.stop();
    await clock.pass(3_600_000);
    expect([runs.length, clock.waiting(), invocations.pending()]).toEqual([1, 0, 0]);
  });
});
