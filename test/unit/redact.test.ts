import { describe, expect, it } from 'vitest';
import { redact, redactEntry } from '../../shared/redact.ts';

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

  it('leaves an ordinary text as it is', () => {
    const text = 'shop-prod failed at Deploy: 3 of 4 targets (d-ABCDE1234)';
    expect(redact(text)).toBe(text);
  });

  it.each(['://', 'token:', 'token', 'eyJ-', 'eyJ-.', '-----BEGIN A-----', 'a-', '\\\\"', 'xoxb-', 'Bearer '])(
    'ends soon on %j a hundred kilobytes long',
    (part) => {
      const started = performance.now();
      redact(part.repeat(100_000 / part.length));
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );
});

describe('redactEntry', () => {
  it('looks at names and at values', () => {
    expect(
      JSON.stringify({ slackToken: 'abc', note: `see ${SECRETS[0] ?? ''}`, rollout: 'X#1', count: 2 }, redactEntry),
    ).toBe('{"slackToken":"[redacted]","note":"see [redacted]","rollout":"X#1","count":2}');
  });
});
