import { describe, expect, it } from 'vitest';
import { redact, redactEntry, redactStart } from '../../shared/redact.ts';
import { cpuTimeOf } from '../support/cpu-time.ts';

// Put together here, so that no scanner takes a test for a leak.
const SECRETS = [
  ['x', 'oxb-123456789012-abcdefABCDEF'].join(''),
  ['x', 'app-1-A012-345-abcdef'].join(''),
  ['https://hooks.slack', '.com/services/T0/B0/abcdefghijkl'].join(''),
  ['AK', 'IAIOSFODNN7EXAMPLE'].join(''),
  ['Bearer ', 'abc.def.ghi'].join(''),
  ['eyJhbGciOi', '.eyJzdWIi.c2lnbmF0dXJl'].join(''),
];

describe('redact', () => {
  it.each(SECRETS)('takes %# out of a text', (secret) => {
    const clean = redact(`before ${secret} after`);
    expect(clean).not.toContain(secret.slice(-8));
    expect(clean).toMatch(/^before .*\[redacted\].* after$/);
  });

  it('takes out what stands under a telling name', () => {
    expect(redact('{"token":"1a2b3c4d","pipeline":"shop"}')).toBe('{"token":[redacted]","pipeline":"shop"}');
    expect(redact('password=hunter2&user=bob')).toBe('password=[redacted]&user=bob');
    expect(redact('https://s3.example.com/a?X-Amz-Signature=0af1&b=2')).toBe(
      'https://s3.example.com/a?X-Amz-Signature=[redacted]&b=2',
    );
    expect(redact('https://bob:hunter2@example.com/')).toBe('https://[redacted]@example.com/');
  });

  it('finds it in JSON within JSON, however deep', () => {
    const summary = JSON.stringify({
      summary: JSON.stringify({ token: 'canary-1', nested: JSON.stringify({ cookie: 'canary-2' }) }),
    });
    expect(redact(summary)).not.toContain('canary');
  });

  it.each(['authorization: Basic YWRhOmNhbmFyeQ==', 'Authorization: Bearer canary', 'Basic YWRhOmNhbmFyeTE4MTU='])(
    'takes out the credentials of %j',
    (text) => {
      expect(redact(`${text}, refused`)).toMatch(/^(?:authorization: )?\[redacted\], refused$/i);
    },
  );

  it.each([
    'shop-prod failed at Deploy: 3 of 4 targets (d-ABCDE1234)',
    'Basic checks of xapp-frontend failed',
    'the security token included in the request is invalid',
  ])('leaves an ordinary text as it is: %j', (text) => {
    expect(redact(text)).toBe(text);
  });

  it.each(['://', 'token:', 'token', 'eyJ-', 'eyJ-.', '-----BEGIN A-----', 'a-', '\\\\"', 'xoxb-', 'Bearer '])(
    'ends soon on %j a hundred kilobytes long (S45)',
    (part) => {
      expect(cpuTimeOf(() => redact(part.repeat(100_000 / part.length)))).toBeLessThan(1_000);
    },
  );
});

describe('redactStart', () => {
  it.each([0, 1, 60, 4_000, 12_000])(
    'shows no half of a secret, wherever the text of it is cut: %i before it',
    (before) => {
      const text = `${'password=a '.repeat(before / 10)}${'x '.repeat(before)}-----BEGIN KEY-----canary://a:canary@b eyJcanary.eyJcanary.c ${'y '.repeat(9_000)}`;
      for (const limit of [10, 100, 2_000, 20_000]) {
        const start = redactStart(text, limit);
        expect(start).not.toContain('canar');
        expect(start.length).toBeLessThanOrEqual(limit);
      }
    },
  );

  it('shows nothing rather than what may be the half of a secret at the end of what it has read', () => {
    const key = ['-----BEGIN ', `KEY-----${'k'.repeat(8_000)}`].join('');
    const before = `${key} ${key} ${'x '.repeat(1_050)}`;
    // Another ten characters, and it would be known for a secret.
    const text = `${before.padEnd(18_190)}${['Basic ', 'canary'.repeat(10)].join('')}`;
    expect(redactStart(text, 10_000)).not.toContain('canary'.slice(0, 4));
  });

  it('reads no more of a long text than it may have to show', () => {
    const long = 'token=a '.repeat(3_000_000);
    expect(cpuTimeOf(() => redactStart(long, 100))).toBeLessThan(1_000);
  });

  it('is the whole of a text that is short', () => {
    expect(redactStart('shop', 4)).toBe('shop');
  });
});

describe('redactEntry', () => {
  it('takes out all that stands under a telling name, in lists and objects too', () => {
    const headers = { 'set-cookie': ['a=canary'], authorization: { value: 'canary' }, 'x-request': ['id'] };
    expect(JSON.stringify({ headers }, redactEntry)).toBe(
      '{"headers":{"set-cookie":"[redacted]","authorization":"[redacted]","x-request":["id"]}}',
    );
  });

  it('leaves alone what is not there', () => {
    expect(JSON.stringify({ token: undefined, cookie: null, count: 2 }, redactEntry)).toBe('{"cookie":null,"count":2}');
  });

  it('cuts a value after it was redacted', () => {
    const value = `${'x'.repeat(1_981)} https://bob:canary@example.com/`;
    expect(redactEntry('note', value)).not.toContain('canary');
  });

  it('looks at names and at values', () => {
    expect(
      JSON.stringify({ slackToken: 'abc', note: `see ${SECRETS[0] ?? ''}`, rollout: 'X#1', count: 2 }, redactEntry),
    ).toBe('{"slackToken":"[redacted]","note":"see [redacted]","rollout":"X#1","count":2}');
  });
});
