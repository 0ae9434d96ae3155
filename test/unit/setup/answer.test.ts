import { afterEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../../../scripts/setup/answer.ts';

const failing = (name: string, message = 'no', more: object = {}) =>
  ask({ action: 'sns:Publish', host: 'sns' }, () => Promise.reject(Object.assign(new Error(message), { name }, more)));

describe('ask', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives what was told', async () => {
    expect(await ask({ action: 'a:B', host: 'h' }, () => Promise.resolve(7))).toEqual({ kind: 'told', value: 7 });
  });

  it.each(['ResourceNotFoundException', 'ParameterNotFound', 'QueueDoesNotExist', 'NotFoundException', 'NoSuchEntity'])(
    'takes %s for something that is missing',
    async (name) => {
      expect(await failing(name)).toEqual({ kind: 'missing' });
    },
  );

  it.each(['AccessDenied', 'AccessDeniedException', 'AuthorizationErrorException'])(
    'takes %s for a permission that the caller lacks',
    async (name) => {
      expect(await failing(name)).toEqual({ kind: 'denied', action: 'sns:Publish' });
    },
  );

  it('names the action that AWS names', async () => {
    const message = 'User: arn:aws:iam::1:user/a is not authorized to perform: kms:Decrypt on resource: arn';
    expect(await failing('AccessDeniedException', message)).toEqual({ kind: 'denied', action: 'kms:Decrypt' });
  });

  it.each([
    ['by its code', { code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    ['in what caused it', { cause: Object.assign(new Error('dns'), { code: 'ENOTFOUND' }) }, 'ENOTFOUND'],
  ])('knows a network that fails %s', async (_name, more, because) => {
    expect(await failing('Error', 'fetch failed', more)).toEqual({ kind: 'unreachable', host: 'sns', because });
  });

  it('knows a network that fails on every address', async () => {
    const refused = Object.assign(new Error('4'), { code: 'ECONNREFUSED' });
    const told = ask({ action: 'a:B', host: 'h' }, () => Promise.reject(new AggregateError([new Error('6'), refused])));
    expect(await told).toEqual({ kind: 'unreachable', host: 'h', because: 'ECONNREFUSED' });
  });

  it('waits for nothing that hangs', async () => {
    vi.useFakeTimers();
    const told = ask({ action: 'a:B', host: 'h' }, () => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(12_000);
    expect(await told).toEqual({ kind: 'unreachable', host: 'h', because: 'no answer within 12 s' });
  });

  it('keeps the words of any other error, without secrets', async () => {
    expect(await failing('KMSDisabledException', 'key off, token=xoxb-canary-1')).toEqual({
      kind: 'refused',
      error: 'KMSDisabledException: key off, token=[redacted]',
    });
  });
});
