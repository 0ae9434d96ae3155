import { describe, expect, it } from 'vitest';
import { snsDocument } from '../../../shared/message/sns-document.ts';
import { overviewOf } from '../../../shared/rollout/overview.ts';
import type { StateChange } from '../../../shared/rollout/rollout.ts';
import { aChange, aDeploymentId, aRollout, aVersion, TEN_O_CLOCK } from '../../support/rollouts.ts';

/** The document as machines read it. */
const documentOf = (change: StateChange, ...others: readonly StateChange[]): unknown => {
  const rollout = aRollout(change, ...others);
  const labels = { environment: 'production', account: 'payments', region: 'Ireland' };
  return JSON.parse(JSON.stringify(snsDocument(change, rollout, overviewOf(rollout), labels)));
};

const OF_A_PIPELINE = {
  schema: 1,
  version: '000001#01795168800000#10',
  time: '2026-11-20T10:00:00Z',
  source: 'codepipeline',
  name: 'shop-prod',
  executionId: '0a1b2c3d-0000-4000-8000-000000000001',
  account: '111122223333',
  accountName: 'payments',
  region: 'eu-west-1',
  regionName: 'Ireland',
  partition: 'aws',
  environment: 'production',
  consoleUrl:
    'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-prod/executions/0a1b2c3d-0000-4000-8000-000000000001/timeline?region=eu-west-1',
};

const aFactId: unknown = expect.stringMatching(/^[0-9a-f]{32}$/);

describe('the document for machines', () => {
  it('tells which action changed, what it left behind, and how the rollout stands', () => {
    const failed = aChange({
      register: { kind: 'action', stage: 'Deploy', action: 'Release' },
      state: 'failed',
      result: { summary: 'Too few\nhealthy instances', errorCode: 'JobFailed', url: 'https://a.example/d-1' },
    });
    const started = aChange({
      version: { eventId: 'event-0' },
      facts: {
        trigger: { version: aVersion(), value: { kind: 'other', type: 'CronTrigger', detail: 'rule nightly' } },
      },
    });
    const waiting = aChange({
      register: { kind: 'action', stage: 'Deploy', action: 'Gate' },
      state: 'waiting',
      version: { time: TEN_O_CLOCK + 5000 },
      startedAt: TEN_O_CLOCK + 4000,
    });
    expect(documentOf(failed, started, waiting)).toEqual({
      ...OF_A_PIPELINE,
      rollback: 'no',
      eventId: 'event-1',
      factId: aFactId,
      register: 'action',
      stage: 'Deploy',
      action: 'Release',
      state: 'failed',
      result: { errorCode: 'JobFailed', summary: 'Too few healthy instances', url: 'https://a.example/d-1' },
      rollout: {
        state: 'waiting',
        attempt: 1,
        startedAt: '2026-11-20T10:00:00Z',
        failures: [
          {
            stage: 'Deploy',
            action: 'Release',
            errorCode: 'JobFailed',
            summary: 'Too few healthy instances',
            url: 'https://a.example/d-1',
          },
        ],
        waiting: [{ stage: 'Deploy', action: 'Gate', startedAt: '2026-11-20T10:00:04Z' }],
        stages: [{ stage: 'Deploy', state: 'waiting', startedAt: '2026-11-20T10:00:00Z' }],
        trigger: { kind: 'other', type: 'CronTrigger', detail: 'rule nightly' },
      },
    });
  });

  it('tells of a deployment which names it has, what it undoes, and what became of its instances', () => {
    const rollout = aDeploymentId();
    const end = aChange({
      rollout,
      state: 'failed',
      version: { attempt: 0, time: TEN_O_CLOCK + 60_000, rank: 40 },
      startedAt: TEN_O_CLOCK,
      facts: {
        failure: { version: aVersion(), value: { errorCode: 'HEALTH_CONSTRAINTS' } },
        rollbackOf: { version: aVersion(), value: 'd-BROKEN001' },
      },
    });
    const broken = Array.from({ length: 21 }, (_, index) =>
      aChange({
        rollout,
        register: { kind: 'instance', instance: `i-${String(index).padStart(2, '0')}` },
        state: 'failed',
      }),
    );
    const well = aChange({ rollout, register: { kind: 'instance', instance: 'mi-1' }, state: 'succeeded' });
    expect(documentOf(end, well, ...broken)).toEqual({
      ...OF_A_PIPELINE,
      rollback: 'yes',
      eventId: 'event-1',
      factId: aFactId,
      version: '000000#01795168860000#40',
      time: '2026-11-20T10:01:00Z',
      source: 'codedeploy',
      name: 'shop/prod',
      application: 'shop',
      group: 'prod',
      executionId: 'd-ABCDE1234',
      consoleUrl:
        'https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/d-ABCDE1234?region=eu-west-1',
      register: 'rollout',
      state: 'failed',
      rollout: {
        state: 'failed',
        attempt: 1,
        startedAt: '2026-11-20T10:00:00Z',
        endedAt: '2026-11-20T10:01:00Z',
        rollbackOf: 'd-BROKEN001',
        failure: { errorCode: 'HEALTH_CONSTRAINTS' },
        failures: [],
        waiting: [],
        stages: [],
        instances: {
          total: 22,
          succeeded: 1,
          failed: 21,
          failedNames: broken.slice(0, 20).map((_, index) => `i-${String(index).padStart(2, '0')}`),
          isPart: false,
        },
        shortened: true,
      },
    });
  });

  it('sorts the changes of one register as text', () => {
    const [first, retried] = [aChange(), aChange({ version: { attempt: 12, time: TEN_O_CLOCK - 1, rank: 9 } })];
    const [older, newer] = [first, retried].map((change) => documentOf(change));
    expect(older).toHaveProperty('version', '000001#01795168800000#10');
    expect(newer).toHaveProperty('version', '000012#01795168799999#09');
  });
});
