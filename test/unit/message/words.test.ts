import { describe, expect, it } from 'vitest';
import { consoleLink } from '../../../shared/message/console-link.ts';
import { describeStart } from '../../../shared/message/describe-trigger.ts';
import { formatDuration } from '../../../shared/message/duration.ts';
import { momentOf } from '../../../shared/message/moment.ts';
import { rolloutName } from '../../../shared/message/rollout-name.ts';
import { rolloutWords, wordsOf } from '../../../shared/message/state-words.ts';
import { STATES } from '../../../shared/rollout/state.ts';
import { aDeploymentId, aRolloutId, aServiceDeploymentId, aVersion, TEN_O_CLOCK } from '../../support/rollouts.ts';

describe('formatDuration', () => {
  it.each([
    [-5, '0 s'],
    [0, '0 s'],
    [999, '0 s'],
    [42_900, '42 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [252_000, '4 min 12 s'],
    [3_599_999, '59 min 59 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_399_999, '23 h 59 min'],
    [86_400_000, '1 d'],
    [273_600_000, '3 d 4 h'],
  ])('says %i milliseconds as %s', (milliseconds, said) => {
    expect(formatDuration(milliseconds)).toBe(said);
  });
});

describe('momentOf', () => {
  it('gives a time for Slack and for everybody else', () => {
    expect(momentOf(TEN_O_CLOCK + 4711)).toEqual({ epochSeconds: 1795168804, utc: '2026-11-20T10:00:04Z' });
  });

  it.each([-1, Date.UTC(2100, 0), Number.POSITIVE_INFINITY, Number.NaN])('gives none for %d', (time) => {
    expect(momentOf(time)).toBeUndefined();
  });
});

describe('consoleLink', () => {
  it.each([
    [
      { partition: 'aws', region: 'eu-west-1' },
      'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-prod/executions/0a1b2c3d-0000-4000-8000-000000000001/timeline?region=eu-west-1',
    ],
    [
      { partition: 'aws-cn', region: 'cn-north-1' },
      'https://cn-north-1.console.amazonaws.cn/codesuite/codepipeline/pipelines/shop-prod/executions/0a1b2c3d-0000-4000-8000-000000000001/timeline?region=cn-north-1',
    ],
    [
      { partition: 'aws-us-gov', region: 'us-gov-west-1' },
      'https://console.amazonaws-us-gov.com/codesuite/codepipeline/pipelines/shop-prod/executions/0a1b2c3d-0000-4000-8000-000000000001/timeline?region=us-gov-west-1',
    ],
    [{ partition: 'aws-iso', region: 'us-iso-east-1' }, undefined],
    [{ partition: 'constructor' }, undefined],
    [
      { name: 'a/../b@1|x>', executionId: '?#&' },
      'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/a%2F..%2Fb%401%7Cx%3E/executions/%3F%23%26/timeline?region=eu-west-1',
    ],
  ])('of %j is %s', (given, link) => {
    expect(consoleLink(aRolloutId(given))).toBe(link);
  });

  it.each([
    [{}, 'https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/d-ABCDE1234?region=eu-west-1'],
    [
      { partition: 'aws-cn', region: 'cn-north-1' },
      'https://cn-north-1.console.amazonaws.cn/codesuite/codedeploy/deployments/d-ABCDE1234?region=cn-north-1',
    ],
    [
      { partition: 'aws-us-gov', region: 'us-gov-west-1' },
      'https://console.amazonaws-us-gov.com/codesuite/codedeploy/deployments/d-ABCDE1234?region=us-gov-west-1',
    ],
    [
      { executionId: '../x|y>' },
      'https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/..%2Fx%7Cy%3E?region=eu-west-1',
    ],
  ])('of a deployment %j is %s', (given, link) => {
    expect(consoleLink(aDeploymentId(given))).toBe(link);
  });

  it.each([
    [{}, 'https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/shop/deployments?region=eu-west-1'],
    [
      { partition: 'aws-us-gov', region: 'us-gov-west-1' },
      'https://console.amazonaws-us-gov.com/ecs/v2/clusters/prod/services/shop/deployments?region=us-gov-west-1',
    ],
    [{ cluster: '' }, 'https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters?region=eu-west-1'],
    [
      { cluster: '../x', service: 'a|b>' },
      'https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/..%2Fx/services/a%7Cb%3E/deployments?region=eu-west-1',
    ],
  ])('of a service deployment %j is %s', (given, link) => {
    expect(consoleLink(aServiceDeploymentId(given))).toBe(link);
  });
});

describe('rolloutName', () => {
  it.each([
    [aRolloutId(), 'shop-prod'],
    [aDeploymentId(), 'shop / prod'],
    [aServiceDeploymentId(), 'prod / shop'],
    [aServiceDeploymentId({ cluster: '' }), 'shop'],
    [aRolloutId({ name: '\u200b' }), '(unnamed)'],
    [aDeploymentId({ group: '\u200b' }), 'shop / (unnamed)'],
    [aDeploymentId({ application: 'a'.repeat(30) }), `${'a'.repeat(12)}… / prod`],
    [aDeploymentId({ application: 'a'.repeat(30), group: 'b'.repeat(30) }), `${'a'.repeat(12)}… / ${'b'.repeat(12)}…`],
  ])('of %j in thirty characters is %s', (id, name) => {
    expect(rolloutName(id, 30)).toBe(name);
  });
});

describe('wordsOf', () => {
  it('says each state in words of its own, with a sign', () => {
    const words = STATES.map(wordsOf);
    expect(new Set(words.map(({ label }) => label)).size).toBe(STATES.length);
    expect(words.map(({ emoji, label, predicate }) => `${emoji} ${label} | ${predicate}`)).toEqual([
      '🔄 in progress | is in progress',
      '🛑 stopping | is stopping',
      '⏳ waiting for approval | is waiting for approval',
      '✅ succeeded | succeeded',
      '❌ failed | failed',
      '🛑 stopped | was stopped',
      '🚫 canceled | was canceled',
      '⏭️ superseded | was superseded',
      '⏹️ abandoned | was abandoned',
    ]);
  });
});

describe('rolloutWords', () => {
  it('says that ECS rolls back where it stops', () => {
    expect(STATES.filter((state) => rolloutWords('ecs', state) !== wordsOf(state))).toEqual(['stopping']);
    expect(rolloutWords('ecs', 'stopping').predicate).toBe('is rolling back');
  });

  it('says that a deployment which waits is ready for traffic, and everything else as ever', () => {
    const different = STATES.filter((state) => rolloutWords('codedeploy', state) !== wordsOf(state));
    expect(different).toEqual(['waiting']);
    expect(rolloutWords('codedeploy', 'waiting').predicate).toBe('is ready for traffic');
    expect(STATES.map((state) => rolloutWords('codepipeline', state))).toEqual(STATES.map(wordsOf));
  });
});

describe('describeStart', () => {
  it.each([
    [
      {
        kind: 'commit' as const,
        author: 'Ada Lovelace',
        ref: 'main',
        commit: '3f2a9c1d5b7e8f60412c9d8e7a6b5c4d3e2f1a09',
        message: 'Round up',
        repository: 'acme/shop',
      },
      ['Round up', 'Ada Lovelace · main · 3f2a9c1'],
    ],
    [{ kind: 'commit' as const, repository: 'acme/shop' }, ['acme/shop']],
    [{ kind: 'commit' as const, message: '\u200b' }, []],
    [{ kind: 'commit' as const, commit: 'not a hash of git at all' }, ['not a hash of git at all']],
    [
      { kind: 'other' as const, type: 'StartPipelineExecution', detail: 'arn:aws:iam::111122223333:user/team/alice' },
      ['Started by alice · StartPipelineExecution'],
    ],
    [
      {
        kind: 'other' as const,
        type: 'StartPipelineExecution',
        detail: 'arn:aws-cn:sts::111122223333:assumed-role/Deployer/alice@example.com',
      },
      ['Started by alice@example.com · StartPipelineExecution'],
    ],
    [
      {
        kind: 'other' as const,
        type: 'CloudWatchEvent',
        detail: 'arn:aws:events:eu-west-1:111122223333:rule/shop-source',
      },
      ['Started by rule shop-source · CloudWatchEvent'],
    ],
    [
      {
        kind: 'other' as const,
        type: 'WebhookV2',
        detail: 'arn:aws:codeconnections:eu-west-1:111122223333:connection/6d1c0f6e-2b7a-4c55-9d0e-3a1f5b7c9e21',
      },
      ['Started by WebhookV2'],
    ],
    [{ kind: 'other' as const, type: 'PollForSourceChanges' }, ['Started by PollForSourceChanges']],
    [{ kind: 'other' as const, type: 'Webhook', detail: 'nightly' }, ['Started by nightly · Webhook']],
    [{ kind: 'other' as const, type: '\u200b' }, []],
  ])('says %j as %j', (trigger, lines) => {
    expect(describeStart({ trigger: { version: aVersion(), value: trigger } })).toEqual(lines);
  });

  it.each([
    ['user', ['Started by a user']],
    ['codeDeployRollback', ['Started by CodeDeploy, to roll back']],
    ['constructor', []],
  ])('says of a deployment made by %j: %j', (creator, lines) => {
    expect(describeStart({ creator: { version: aVersion(), value: creator } })).toEqual(lines);
  });

  it('says nothing where nobody knows', () => {
    expect(describeStart({})).toEqual([]);
  });
});
