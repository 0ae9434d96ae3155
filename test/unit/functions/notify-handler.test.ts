import { afterEach, describe, expect, it, vi } from 'vitest';
import { aPipelineEvent } from '../../support/events.ts';

const ENVIRONMENT = {
  TABLE_NAME: 'gatehouse-test',
  WAKE_UPS_QUEUE_URL: 'http://127.0.0.1:1/queue',
  TOPIC_ARN_PREFIX: 'arn:aws:sns:eu-west-1:111122223333:gatehouse-test-',
  OLDEST_EVENT_DAYS: '36500',
  VOTES_QUEUE_URL: 'http://127.0.0.1:1/votes',
  CHECKS_QUEUE_URL: 'http://127.0.0.1:1/checks',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  URL_SUFFIX: 'amazonaws.com',
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the handler of notify', () => {
  it('fails the whole batch when something happens that nobody thought of, and acknowledges no part of it (F18)', async () => {
    for (const [name, value] of Object.entries(ENVIRONMENT)) {
      vi.stubEnv(name, value);
    }
    // As a bug would have it: a configuration without its routes.
    vi.stubGlobal('GATEHOUSE_CONFIG', { slack: { workspace: 'T1', channels: {} }, environments: [] });
    vi.stubGlobal('GATEHOUSE_BAKES', []);
    const { handler } = await import('../../../functions/notify/index.ts');
    const records = ['m1', 'm2'].map((messageId) => ({ messageId, body: aPipelineEvent(), eventSource: 'aws:sqs' }));
    await expect(handler({ Records: records })).rejects.toThrow(TypeError);
  });
});
