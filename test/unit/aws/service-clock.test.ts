import { describe, expect, it } from 'vitest';
import { createServiceClock } from '../../../shared/aws/service-clock.ts';
import type { ServiceClock } from '../../../shared/aws/service-clock.ts';

/** A machine whose clock is fast by `fastMs`, and a service that is right and answers after 40 ms. */
const createMachine = (fastMs: number) => {
  let trueTime = Date.UTC(2026, 10, 20, 10) + 250;
  let fast = fastMs;
  const clock = createServiceClock({ now: () => trueTime + fast, sleep: () => Promise.resolve() });
  return {
    clock,
    error: (): number => clock.now() - trueTime,
    letPass: (ms: number): void => {
      trueTime += ms;
    },
    setTo: (ms: number): void => {
      fast = ms;
    },
    ask: (of: ServiceClock = clock): void => {
      const sentAt = trueTime + fast;
      trueTime += 20;
      const date = Math.floor(trueTime / 1000) * 1000;
      trueTime += 20;
      of.hear(sentAt, date);
    },
  };
};

describe('the clock of a service', () => {
  it.each([0, 200, -200])('leaves a machine alone that is %i ms fast, which no answer contradicts', (fast) => {
    const { clock, ask, error } = createMachine(fast);
    ask();
    expect(error()).toBe(fast);
    expect(clock.now()).toBeGreaterThan(0);
  });

  it.each([300_000, -300_000, 2_000, -2_000])('is right to about a second on a machine that is %i ms fast', (fast) => {
    const { ask, error } = createMachine(fast);
    expect(error()).toBe(fast);
    ask();
    expect(Math.abs(error())).toBeLessThanOrEqual(1_040);
  });

  it('comes closer with each answer', () => {
    const { ask, error, letPass } = createMachine(300_000);
    const errors = [0, 370, 370, 370].map((ms) => {
      letPass(ms);
      ask();
      return Math.abs(error());
    });
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    expect(errors.at(-1)).toBeLessThan(errors[0] ?? 0);
  });

  it('believes the newest answer when the machine was set meanwhile', () => {
    const { ask, error, setTo } = createMachine(300_000);
    ask();
    setTo(0);
    ask();
    expect(Math.abs(error())).toBeLessThanOrEqual(1_040);
  });

  it('learns nothing of the time from an answer that took long', () => {
    const { clock, error, letPass } = createMachine(10_000);
    const sentAt = clock.now();
    letPass(60_000);
    clock.hear(sentAt, sentAt + 20_000);
    expect(error()).toBe(10_000);
  });

  it('takes no notice of a date that is none', () => {
    const { clock, error } = createMachine(5);
    clock.hear(clock.now(), Number.NaN);
    expect(error()).toBe(5);
  });
});
