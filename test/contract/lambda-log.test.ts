import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLambdaLog } from '../../shared/aws/lambda-log.ts';

const CANARY = ['x', 'oxb-1-canary'].join('');

/** What the log of a function prints, each line read as JSON. */
const printedBy = (write: (log: ReturnType<typeof createLambdaLog>) => void): readonly unknown[] => {
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  }
  write(createLambdaLog('deliver'));
  vi.restoreAllMocks();
  return lines
    .join('')
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the log of a function', () => {
  it('prints a line of JSON with stable keys for each call', () => {
    const lines = printedBy((log) => {
      log.info('message shown', { rollout: 'X#1', rev: 3, delivered: 'posted' });
      log.warn('delivery failed', { error: 'HTTP 503', ambiguous: false });
    });
    expect(lines).toMatchObject([
      { level: 'INFO', service: 'deliver', message: 'message shown', rollout: 'X#1', rev: 3, delivered: 'posted' },
      { level: 'WARN', service: 'deliver', message: 'delivery failed', error: 'HTTP 503', ambiguous: false },
    ]);
  });

  it.each(['\r', '\n', '\r\n', '\u2028', '\u2029', '\u0085'])(
    'keeps foreign text with %j within its line (S41)',
    (lineEnd) => {
      const text = `one${lineEnd}{"level":"ERROR"}${lineEnd}two`;
      const lines = printedBy((log) => {
        log.info('event handled', { reason: text });
        log.warn('event failed', { error: new Error(text) });
      });
      expect(lines).toMatchObject([{ reason: text }, { error: { message: text } }]);
    },
  );

  it('prints no secret, wherever it stands', () => {
    const lines = printedBy((log) => {
      log.error(`failed with ${CANARY}`, {
        slackToken: 'canary',
        error: new Error(`refused ${CANARY}`, { cause: new Error(`Bearer ${CANARY}`) }),
        published: [`https://hooks.slack.com/services/T0/B0/canary`],
      });
    });
    expect(JSON.stringify(lines)).not.toContain('canary');
    expect(lines).toMatchObject([{ message: 'failed with [redacted]', slackToken: '[redacted]' }]);
  });

  it('prints of an error what it is and why, not what was sent and answered (S43)', () => {
    const answered = { headers: { 'x-stranger': 'canary' }, body: 'canary' };
    const cause = Object.assign(new TypeError('reset'), { rawHeaders: ['authorization', 'canary'] });
    const [line] = printedBy((log) => {
      log.error('event failed', {
        error: Object.assign(new Error('refused', { cause }), { $response: answered, config: answered }),
      });
    });
    expect(JSON.stringify(line)).not.toContain('canary');
    expect(line).toMatchObject({
      error: { name: 'Error', message: 'refused', cause: { name: 'TypeError', message: 'reset' } },
    });
  });

  it('ends with an error that is its own cause', () => {
    const error = new Error('refused');
    error.cause = error;
    expect(
      printedBy((log) => {
        log.error('event failed', { error });
      }),
    ).toHaveLength(1);
  });
});
