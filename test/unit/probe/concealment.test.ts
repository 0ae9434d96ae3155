import { describe, expect, it } from 'vitest';
import { createConcealment } from '../../../shared/probe/concealment.ts';

describe('what was secret in a sample', () => {
  it('is taken out of its texts, however it is written there', () => {
    const { keepSecret, conceal } = createConcealment();
    const secret = 'pass "word"/ü 1';
    keepSecret(secret);
    const spellings = [
      secret,
      JSON.stringify(secret),
      JSON.stringify(JSON.stringify(secret)),
      encodeURIComponent(secret),
      new URLSearchParams({ secret }).toString(),
      Buffer.from(secret).toString('base64'),
    ];
    for (const spelling of spellings) {
      expect(conceal(`a ${spelling} b`)).toMatch(/^a .*\[redacted\].* b$/);
      expect(conceal(`a ${spelling} b`)).not.toMatch(/word|cGFzc/);
    }
    expect(conceal('a passage')).toBe('a passage');
  });

  it('may be a part of another secret', () => {
    const { keepSecret, conceal } = createConcealment();
    keepSecret('abc');
    keepSecret('abcdef');
    expect(conceal('abcdef abc')).toBe('[redacted] [redacted]');
  });

  it('is nothing when it is empty', () => {
    const { keepSecret, conceal } = createConcealment();
    keepSecret('');
    expect(conceal('as it is')).toBe('as it is');
  });
});
