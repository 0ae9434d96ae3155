import { describe, expect, it } from 'vitest';
import { failureOfStatus, failureOfWord, isTokenRefused, rateLimited } from '../../../shared/delivery/slack-reply.ts';

describe('failureOfWord', () => {
  it.each([
    ['ratelimited', { kind: 'rate-limited', retryAfterMs: 30_000 }],
    ['internal_error', { kind: 'transient', error: 'internal_error', ambiguous: false }],
    ['fatal_error', { kind: 'transient', error: 'fatal_error', ambiguous: true }],
    ['token_revoked', { kind: 'unauthorized', error: 'token_revoked' }],
    ['missing_scope', { kind: 'unauthorized', error: 'missing_scope' }],
    ['invalid_blocks', { kind: 'unacceptable', error: 'invalid_blocks' }],
    ['not_in_channel', { kind: 'refused', error: 'not_in_channel' }],
    ['a word of tomorrow', { kind: 'refused', error: 'a word of tomorrow' }],
    ['constructor', { kind: 'refused', error: 'constructor' }],
  ])('sorts %s', (word, failure) => {
    expect(failureOfWord(word)).toEqual(failure);
  });
});

describe('a token', () => {
  it.each([
    ['invalid_auth', true],
    ['token_revoked', true],
    ['missing_scope', false],
    ['not_in_channel', false],
    ['fatal_error', false],
  ])('that is there by now may do better after %s: %s', (word, may) => {
    expect(isTokenRefused(failureOfWord(word))).toBe(may);
  });
});

describe('failureOfStatus', () => {
  it.each([
    [500, { kind: 'transient', error: 'HTTP 500', ambiguous: true }],
    [502, { kind: 'transient', error: 'HTTP 502', ambiguous: true }],
    [503, { kind: 'transient', error: 'HTTP 503', ambiguous: false }],
    [408, { kind: 'transient', error: 'HTTP 408', ambiguous: true }],
    [404, { kind: 'refused', error: 'HTTP 404' }],
  ])('sorts %i', (status, failure) => {
    expect(failureOfStatus(status)).toEqual(failure);
  });
});

describe('rateLimited', () => {
  it.each([
    [1, 1_000],
    [600, 600_000],
    [1_000_000, 3_600_000],
    [0, 30_000],
    [-5, 30_000],
    [Number.NaN, 30_000],
    [undefined, 30_000],
  ])('waits for %s seconds as %i ms', (seconds, retryAfterMs) => {
    expect(rateLimited(seconds)).toEqual({ kind: 'rate-limited', retryAfterMs });
  });
});
