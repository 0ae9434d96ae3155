import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AwsClient } from '../../shared/aws/aws-client.ts';
import { createSlackSecrets } from '../../shared/aws/slack-secrets.ts';

const NAMES = { signing: '/g/signing', previous: '/g/previous', token: '/g/token' };
const MINUTE = 60_000;

/** An SSM with these parameters, which takes its time. */
const anSsm = (given: Record<string, string>) => {
  const ssm = { values: given, calls: 0, delayMs: 0, down: false, now: 1_000_000 };
  const client: AwsClient = async (operation, input, signal) => {
    ssm.calls += 1;
    expect([operation, input]).toEqual([
      'GetParameters',
      { Names: ['/g/signing', '/g/previous', '/g/token'], WithDecryption: true },
    ]);
    await wait(ssm.delayMs, undefined, { signal });
    if (ssm.down) {
      throw new Error('ThrottlingException');
    }
    return { Parameters: Object.entries(ssm.values).map(([Name, Value]) => ({ Name, Value })), InvalidParameters: [] };
  };
  const read = createSlackSecrets(client, NAMES, { now: () => ssm.now });
  return { ssm, read: () => read(ssm.now + 1_000) };
};

const PLAIN = { '/g/signing': 'one', '/g/token': 'xoxb-1' };

describe('the secrets of Slack', () => {
  it('are asked for in one call, and once in five minutes', async () => {
    const { ssm, read } = anSsm(PLAIN);
    await expect(read()).resolves.toEqual({ signing: ['one'], token: 'xoxb-1' });
    ssm.now += 5 * MINUTE - 1;
    await read();
    expect(ssm.calls).toBe(1);
    ssm.values = { '/g/signing': 'two', '/g/token': 'xoxb-2' };
    ssm.now += 1;
    await expect(read()).resolves.toEqual({ signing: ['two'], token: 'xoxb-2' });
  });

  it('are two to sign with while one takes the other’s place, and one again when that is over (S8, F51)', async () => {
    const { ssm, read } = anSsm({ ...PLAIN, '/g/previous': 'zero' });
    await expect(read()).resolves.toEqual({ signing: ['one', 'zero'], token: 'xoxb-1' });
    ssm.values = PLAIN;
    ssm.now += 5 * MINUTE;
    await expect(read()).resolves.toEqual({ signing: ['one'], token: 'xoxb-1' });
  });

  it.each(['/g/signing', '/g/token'])('cannot be had without %s, or when it is empty (S9)', async (name) => {
    for (const values of [
      { ...PLAIN, [name]: '' },
      Object.fromEntries(Object.entries(PLAIN).filter(([key]) => key !== name)),
    ]) {
      await expect(anSsm(values).read()).rejects.toThrow(`The SSM parameter ${name} is missing or empty`);
    }
  });

  it('outlast trouble with SSM, which is asked again after half a minute (F50)', async () => {
    const { ssm, read } = anSsm(PLAIN);
    await read();
    ssm.down = true;
    ssm.now += 5 * MINUTE;
    await expect(read()).resolves.toEqual({ signing: ['one'], token: 'xoxb-1' });
    await read();
    expect(ssm.calls).toBe(2);
    ssm.down = false;
    ssm.values = { ...PLAIN, '/g/signing': 'two' };
    ssm.now += 30_000;
    await expect(read()).resolves.toEqual({ signing: ['two'], token: 'xoxb-1' });
  });

  it('that are known are not waited for longer than half a second (F50)', async () => {
    const { ssm, read } = anSsm(PLAIN);
    await read();
    ssm.delayMs = 5_000;
    ssm.now += 5 * MINUTE;
    const startedAt = performance.now();
    await expect(read()).resolves.toEqual({ signing: ['one'], token: 'xoxb-1' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('that nobody knows yet are given up when the time is over (F50)', async () => {
    const { ssm, read } = anSsm(PLAIN);
    ssm.delayMs = 5_000;
    await expect(read()).rejects.toThrow();
  });

  it('are asked for once, however many want them, and again when that failed', async () => {
    const { ssm, read } = anSsm(PLAIN);
    ssm.delayMs = 20;
    ssm.down = true;
    const early = read();
    await wait(5);
    const late = read();
    await expect(early).rejects.toThrow('ThrottlingException');
    ssm.down = false;
    await expect(late).resolves.toEqual({ signing: ['one'], token: 'xoxb-1' });
    expect(ssm.calls).toBe(2);
  });

  it('are told by nobody who could not have them (S42)', async () => {
    const values = { '/g/signing': 'canary', '/g/token': '' };
    await expect(anSsm(values).read()).rejects.toThrow(/^(?!.*canary)/);
  });
});
