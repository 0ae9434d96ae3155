import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../shared/delivery/backoff.ts';
import { circuitClosed, circuitOpened, methodPaused } from '../../../shared/delivery/pause.ts';

const NOW = 1_000_000;
const MINUTE = 60_000;

describe('methodPaused', () => {
  it('leaves the method alone until the latest time that was named', () => {
    expect(methodPaused(NOW)(undefined).body).toEqual({ until: NOW, count: 0 });
    expect(methodPaused(NOW + 1)({ until: NOW, count: 0 }).body).toEqual({ until: NOW + 1, count: 0 });
    expect(methodPaused(NOW)({ until: NOW, count: 0 }).body).toBeUndefined();
    expect(methodPaused(NOW - 1)({ until: NOW, count: 0 }).body).toBeUndefined();
  });
});

describe('the circuit', () => {
  it('opens, is tried at ever longer intervals, and says once that it opened', () => {
    const first = circuitOpened('token_revoked', NOW)(undefined);
    expect(first).toEqual({
      body: { until: NOW + MINUTE, count: 1, error: 'token_revoked' },
      outcome: { wasClosed: true, until: NOW + MINUTE },
    });
    expect(circuitOpened('token_revoked', NOW + MINUTE)(first.body).outcome).toEqual({
      wasClosed: false,
      until: NOW + 3 * MINUTE,
    });
    expect(circuitOpened('e', NOW)({ until: 0, count: 20 }).outcome.until).toBe(NOW + 15 * MINUTE);
  });

  it('stays as it is while it is open', () => {
    expect(circuitOpened('e', NOW)({ until: NOW + 5, count: 1 })).toEqual({
      outcome: { wasClosed: false, until: NOW + 5 },
    });
  });

  it('closes after a call that went well', () => {
    expect(circuitClosed({ until: NOW, count: 3, error: 'e' })).toEqual({
      body: { until: 0, count: 0 },
      outcome: true,
    });
    expect(circuitClosed(undefined)).toEqual({ outcome: false });
    expect(circuitClosed({ until: 0, count: 0 })).toEqual({ outcome: false });
  });
});

describe('backoffMs', () => {
  it('grows from five seconds to five minutes, with full jitter', () => {
    expect([0, 1, 2, 6, 99].map((failures) => backoffMs(failures, 1))).toEqual([
      5_000, 10_000, 20_000, 300_000, 300_000,
    ]);
    expect(backoffMs(99, 0)).toBe(0);
  });
});
