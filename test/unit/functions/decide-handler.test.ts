import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GATE, TOKEN } from '../../support/gates.ts';

const ENVIRONMENT = {
  TABLE_NAME: 'gatehouse-test',
  WAKE_UPS_QUEUE_URL: 'http://127.0.0.1:1/queue',
  CHECKS_QUEUE_URL: 'https://sqs.example.com/111122223333/checks',
  SLACK_TOKEN_PARAMETER: '/gatehouse/test/slack-token',
  SLACK_API_URL: 'http://127.0.0.1:1/api/',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  // Nobody listens there.
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  URL_SUFFIX: 'amazonaws.com',
};

const printed: string[] = [];

beforeEach(() => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) {
    vi.stubEnv(name, value);
  }
  vi.stubGlobal('GATEHOUSE_CONFIG', { slack: { workspace: 'T1', channels: {} }, environments: [], routes: [] });
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const aVote = (key: string) =>
  JSON.stringify({
    kind: 'vote',
    gate: GATE,
    verdict: 'approve',
    step: 'button',
    by: { user: 'U0ADA', team: 'T1' },
    app: 'A1',
    channel: 'C1',
    ts: '1700000000.000100',
    key,
    at: Date.now(),
    requestId: 'request-1',
  });

describe('the handler of decide', () => {
  it('has a vote come again that cannot be counted yet, and puts aside what is no vote (F47)', async () => {
    const { handler } = await import('../../../functions/decide/index.ts');
    const Records = [
      { messageId: 'm1', body: `{"kind":"approve","token":"${TOKEN}"}`, eventSource: 'aws:sqs' },
      { messageId: 'm2', body: aVote('click-1'), eventSource: 'aws:sqs' },
      { messageId: 'm3', body: JSON.stringify({ kind: 'look', gate: GATE }), eventSource: 'aws:sqs' },
    ];
    // A gate that cannot be looked at stays due: the sweep asks again.
    await expect(handler({ Records })).resolves.toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
    const said = printed.join('');
    expect(said).toContain('"not a vote"');
    expect(said).toContain('"gate not decided"');
    expect(said).toContain('"gate not looked at"');
    expect(said).not.toContain(TOKEN);
  });
});
